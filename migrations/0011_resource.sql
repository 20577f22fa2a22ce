-- Resources that access tokens can be for (RFC 8707), such as APIs.
CREATE TABLE resource (
    identifier TEXT NOT NULL PRIMARY KEY,
    -- What people are shown.
    name TEXT NOT NULL,
    -- The scopes that mean something there and nowhere else, separated by spaces.
    scope TEXT NOT NULL,
    -- How long access tokens for it live, in seconds, and what signs them; NULL is as the configuration says for all.
    access_token_seconds BIGINT,
    signing_algorithm TEXT,
    -- When the configuration file declared it, if it did.
    declared_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
