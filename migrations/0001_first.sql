-- The first schema. One text for SQLite and PostgreSQL: columns are TEXT or BIGINT, ids are UUIDv7 text, times are
-- microseconds since 1970, JSON is text, a yes or no is a nullable time. `client_row` refers to `client.id`, because
-- `client_id` is the protocol's word for another thing.

-- Facts about this installation: fingerprint of the data key, epoch.
CREATE TABLE installation (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Data keys, each wrapped by a master key; the master key changes without touching what the data key sealed.
CREATE TABLE data_key (
    id TEXT NOT NULL PRIMARY KEY,
    wrapped TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Signing keys: published from `created_at`, sign from `active_at` until the next one is active, published until
-- `removed_at` (set when the successor became active and the last token has died).
CREATE TABLE signing_key (
    kid TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    sealed_private TEXT NOT NULL,
    public_jwk TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    active_at BIGINT NOT NULL,
    retired_at BIGINT,
    removed_at BIGINT,
    -- One key of an algorithm begins at one moment: of two replicas that rotate at once, one wins.
    UNIQUE (algorithm, active_at)
);

CREATE TABLE user_account (
    id TEXT NOT NULL PRIMARY KEY,
    sub TEXT NOT NULL UNIQUE,
    passkey_handle TEXT NOT NULL UNIQUE,
    -- The standard claims of OIDC Core 5.1 that are kept as they are, a JSON object.
    profile TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    disabled_at BIGINT,
    -- Sessions and grants of an earlier generation are over (password changed, disabled, signed out everywhere). A
    -- number and not a time, so that it holds whatever the clocks of replicas say.
    generation BIGINT NOT NULL
);

CREATE TABLE user_identifier (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    as_written TEXT NOT NULL,
    normalised TEXT NOT NULL,
    -- What it looks like (Unicode TR 39): of two names that look alike the second is refused.
    skeleton TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    verified_at BIGINT,
    UNIQUE (kind, normalised),
    UNIQUE (kind, skeleton)
);
CREATE INDEX user_identifier_user ON user_identifier (user_id);
CREATE INDEX user_identifier_normalised ON user_identifier (normalised);

-- `wrap` names the legacy hash inside the argon2id, for passwords that came from another product.
CREATE TABLE password (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES user_account (id) ON DELETE CASCADE,
    phc TEXT NOT NULL,
    wrap TEXT,
    changed_at BIGINT NOT NULL
);

-- Failed tries by bucket: a user, or a user on a known device, or the hash of an identifier that nobody has.
CREATE TABLE password_failure (
    bucket TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    next_try_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX password_failure_updated ON password_failure (updated_at);

-- Links that work once.
CREATE TABLE one_time_link (
    hash TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX one_time_link_user ON one_time_link (user_id, purpose);
CREATE INDEX one_time_link_expires ON one_time_link (expires_at);

CREATE TABLE role (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT,
    created_at BIGINT NOT NULL
);
CREATE TABLE user_role (
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    role_id TEXT NOT NULL REFERENCES role (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, role_id)
);
CREATE INDEX user_role_role ON user_role (role_id);
CREATE TABLE user_group (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT,
    created_at BIGINT NOT NULL
);
CREATE TABLE user_group_member (
    group_id TEXT NOT NULL REFERENCES user_group (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX user_group_member_user ON user_group_member (user_id);
CREATE TABLE user_attribute (
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (user_id, name)
);

-- A browser that somebody signed in with. `secret_hash` is that of its long-lived cookie (a known device), `sid_hash`
-- that of its session cookie, which is new after each authentication.
CREATE TABLE browser (
    id TEXT NOT NULL PRIMARY KEY,
    secret_hash TEXT NOT NULL UNIQUE,
    sid_hash TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL
);
CREATE INDEX browser_last_seen ON browser (last_seen_at);

-- A user who is signed in in a browser. `sid` is the claim, not the cookie.
CREATE TABLE session (
    id TEXT NOT NULL PRIMARY KEY,
    sid TEXT NOT NULL UNIQUE,
    browser_id TEXT NOT NULL REFERENCES browser (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    -- The user's when it began.
    generation BIGINT NOT NULL,
    auth_time BIGINT NOT NULL,
    amr TEXT NOT NULL,
    acr TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_active_at BIGINT NOT NULL,
    idle_seconds BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    kept_at BIGINT,
    ended_at BIGINT,
    user_agent TEXT,
    address TEXT
);
CREATE INDEX session_browser ON session (browser_id);
CREATE INDEX session_of_user ON session (user_id);
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE client (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- Registration metadata (RFC 7591 2), a JSON object.
    metadata TEXT NOT NULL,
    first_party_at BIGINT,
    -- Declared in the configuration file, and so read-only elsewhere.
    declared_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    disabled_at BIGINT
);
-- Several at once, so that a secret can be replaced without an outage. Hashed, or sealed where the protocol needs
-- the secret itself.
CREATE TABLE client_secret (
    id TEXT NOT NULL PRIMARY KEY,
    client_row TEXT NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    hash TEXT,
    sealed TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT
);
CREATE INDEX client_secret_client ON client_secret (client_row);
CREATE TABLE client_redirect_uri (
    client_row TEXT NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    -- `redirect` or `post_logout`.
    kind TEXT NOT NULL,
    uri TEXT NOT NULL,
    PRIMARY KEY (client_row, kind, uri)
);
-- Origins whose scripts may call the token endpoint: a preflight request carries no client_id.
CREATE TABLE client_origin (
    client_row TEXT NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    origin TEXT NOT NULL,
    PRIMARY KEY (client_row, origin)
);
CREATE INDEX client_origin_origin ON client_origin (origin);

-- What a user has allowed a client, remembered for the next time.
CREATE TABLE consent (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    client_row TEXT NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    scope TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (user_id, client_row)
);
CREATE INDEX consent_client ON consent (client_row);

-- What came of one authorization: all codes and tokens hang on it, and end with it.
CREATE TABLE client_grant (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    client_row TEXT NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    -- That of the session.
    generation BIGINT NOT NULL,
    scope TEXT NOT NULL,
    -- Audience of its access tokens, a JSON array.
    resources TEXT NOT NULL,
    auth_time BIGINT NOT NULL,
    amr TEXT NOT NULL,
    acr TEXT NOT NULL,
    -- Whether it outlives the session (OIDC Core 11).
    offline_at BIGINT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX client_grant_session ON client_grant (session_id);
CREATE INDEX client_grant_user ON client_grant (user_id, client_row);
CREATE INDEX client_grant_client ON client_grant (client_row);
CREATE INDEX client_grant_created ON client_grant (created_at);

CREATE TABLE authorization_code (
    hash TEXT NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES client_grant (id) ON DELETE CASCADE,
    redirect_uri TEXT NOT NULL,
    code_challenge TEXT,
    nonce TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    failures BIGINT NOT NULL
);
CREATE INDEX authorization_code_grant ON authorization_code (grant_id);
CREATE INDEX authorization_code_expires ON authorization_code (expires_at);

-- All refresh tokens that descend from one code, in one row: only the newest and the one before it are known.
CREATE TABLE refresh_family (
    handle_hash TEXT NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL UNIQUE REFERENCES client_grant (id) ON DELETE CASCADE,
    current_hash TEXT NOT NULL,
    previous_hash TEXT,
    -- The current token, sealed under a key derived from the previous one.
    sealed_successor TEXT,
    created_at BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    -- When it was last used, which counts as activity of the session.
    last_used_at BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX refresh_family_expires ON refresh_family (expires_at);
CREATE INDEX refresh_family_idle ON refresh_family (idle_expires_at);

-- Access tokens that were revoked before their time.
CREATE TABLE revoked_access_token (
    jti TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX revoked_access_token_expires ON revoked_access_token (expires_at);

-- What happened, written with the change that it tells of. No foreign keys: it outlives what it names.
CREATE TABLE event (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    user_id TEXT,
    client_row TEXT,
    session_id TEXT,
    data TEXT NOT NULL
);
CREATE INDEX event_at ON event (at);
CREATE INDEX event_user ON event (user_id, at);
