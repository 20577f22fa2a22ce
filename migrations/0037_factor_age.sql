-- Until when a factor that is added stands in for one of `protected_since` that has gone, and is as old as that one.
ALTER TABLE user_account ADD COLUMN protected_until BIGINT;
-- When a passkey was first used to sign in: one that the browser made by itself protects its account from then on.
ALTER TABLE passkey ADD COLUMN proven_at BIGINT;
