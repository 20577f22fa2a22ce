-- The tokens that providers have given for accounts there, where the provider's `token_clients` wants them kept. `sealed` is JSON. A row
-- without an account waits for its tokens to be revoked at the provider: the account was unlinked, or nobody may have them any more.
-- `busy_until`: one process is asking the provider, and the others leave that to it, or it is not asked again before.
CREATE TABLE upstream_token (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT UNIQUE REFERENCES upstream_account (id) ON DELETE SET NULL,
    provider TEXT NOT NULL,
    sealed TEXT NOT NULL,
    kept_at BIGINT NOT NULL,
    given_at BIGINT,
    busy_until BIGINT,
    tries BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX upstream_token_ended ON upstream_token (id) WHERE account_id IS NULL;
