-- The tokens that providers have given for accounts there, where the provider's `token_clients` wants them kept. `sealed` is JSON. A row
-- without an account waits for its tokens to be revoked at the provider: the account was unlinked, or nobody may have them any more.
-- `issuer` and `client_id` are those of the provider's settings then: no other provider, nor client there, ever sees them, whatever the settings
-- say now. `account_key` is the hash of what the account there is known by, which tells whether it was linked again before its tokens were revoked.
-- `busy_until`: until when nobody else asks the provider about them.
CREATE TABLE upstream_token (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT UNIQUE REFERENCES upstream_account (id) ON DELETE SET NULL,
    provider TEXT NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    account_key TEXT NOT NULL,
    sealed TEXT NOT NULL,
    kept_at BIGINT NOT NULL,
    busy_until BIGINT,
    tries BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX upstream_token_provider ON upstream_token (provider) WHERE account_id IS NOT NULL;
CREATE INDEX upstream_token_key ON upstream_token (account_key) WHERE account_id IS NULL;
CREATE INDEX upstream_token_ended ON upstream_token (provider, id) WHERE account_id IS NULL;
