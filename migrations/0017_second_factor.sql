-- Authenticator apps (RFC 6238), one for a user. A code counts once: `last_step` is the newest time step of which a code was
-- accepted, and only codes of later steps are.
CREATE TABLE totp (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES user_account (id) ON DELETE CASCADE,
    sealed_secret TEXT NOT NULL,
    last_step BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);

-- Codes for who has lost the other second factors, ten for a user, each of which works once.
CREATE TABLE recovery_code (
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (user_id, hash)
);

-- Browsers in which a user is not asked for the second factor, until a time. The generation is the user's at that moment: what
-- ends all sessions ends this, too.
CREATE TABLE trusted_browser (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    browser_hash TEXT NOT NULL,
    generation BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    user_agent TEXT,
    UNIQUE (user_id, browser_hash)
);
CREATE INDEX trusted_browser_expires ON trusted_browser (expires_at);

-- Tries to type a code, in buckets such as one sign-in or one hour of a user.
CREATE TABLE code_try (
    bucket TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    tries BIGINT NOT NULL,
    began_at BIGINT NOT NULL
);
CREATE INDEX code_try_user ON code_try (user_id);
CREATE INDEX code_try_began ON code_try (began_at);
