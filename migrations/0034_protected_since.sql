-- Since when an account has had a second factor, where that one was removed: whoever replaces a factor of years is not somebody
-- who has just got the first one.
ALTER TABLE user_account ADD COLUMN protected_since BIGINT;
