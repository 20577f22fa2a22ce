-- Since when the account has had an email address, if this one took the place of another one; NULL counts from when it was verified, or
-- from the beginning if the account was made with it.
ALTER TABLE user_identifier ADD COLUMN since BIGINT;
-- Since when a factor protects its account, if another one vouched for it: that one was proven in the session that added it.
ALTER TABLE totp ADD COLUMN since BIGINT;
ALTER TABLE passkey ADD COLUMN since BIGINT;
-- The session that has removed a factor: what it adds stands in for that one.
ALTER TABLE user_account ADD COLUMN protected_in TEXT;
-- The generation that a user has since a recovery code has set a password.
ALTER TABLE recovery_code ADD COLUMN used_for BIGINT;
