-- Invitations to make an account. Who has the code may use it as often as `uses_left` says, until it expires or is revoked.
--
-- `address` is the one address that it is for; NULL if it is for anybody. `mailed_at` is when the code was sent there and told to
-- nobody else, so that whoever has it has proven the address; NULL if the operator got the code. `roles` is a list in JSON.
CREATE TABLE invitation (
    id TEXT NOT NULL PRIMARY KEY,
    code_hash TEXT NOT NULL UNIQUE,
    address TEXT,
    mailed_at BIGINT,
    roles TEXT NOT NULL,
    uses BIGINT NOT NULL,
    uses_left BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX invitation_expires ON invitation (expires_at);

-- Who has joined by which invitation.
CREATE TABLE invitation_use (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES user_account (id) ON DELETE CASCADE,
    invitation_id TEXT NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
    used_at BIGINT NOT NULL
);
CREATE INDEX invitation_use_invitation ON invitation_use (invitation_id);
