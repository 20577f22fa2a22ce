-- Passkeys (WebAuthn): a user has any number, and a credential belongs to one user. `user_handle` is the handle that the authenticator
-- keeps beside the key; NULL if another system made the credential and the handle is not known, and then it is not compared.
-- `rp_id` is the relying party for which it was made: it works for no other. `backup` says whether the key can leave its device
-- (`bound`, `eligible`, `synced`); NULL if that is not known yet.
CREATE TABLE passkey (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    credential_id TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    rp_id TEXT NOT NULL,
    user_handle TEXT,
    counter BIGINT NOT NULL,
    backup TEXT,
    aaguid TEXT,
    name TEXT,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX passkey_user ON passkey (user_id);
CREATE INDEX passkey_rp_id ON passkey (rp_id);
