-- A key that was revoked is trusted by nobody any more, from that moment on.
ALTER TABLE signing_key ADD COLUMN revoked_at BIGINT;

-- Public halves of keys that are published no more, by which an old ID token is still known as ours when somebody signs out.
CREATE TABLE former_signing_key (
    kid TEXT NOT NULL PRIMARY KEY,
    public_jwk TEXT NOT NULL,
    removed_at BIGINT NOT NULL,
    revoked_at BIGINT
);

-- The servers on this database: which state of the signing keys each works with. A row goes with its process, or is swept.
CREATE TABLE process (
    id TEXT NOT NULL PRIMARY KEY,
    -- What a person knows it by.
    name TEXT NOT NULL,
    keys_generation BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
