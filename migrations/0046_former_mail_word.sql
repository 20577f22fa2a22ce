-- The word for letters, sealed, and the language, as they were before a change of them, and until when a letter about a change of the
-- address has these: whoever has changed all three may be a thief.
ALTER TABLE user_account ADD COLUMN former_mail_word TEXT;
ALTER TABLE user_account ADD COLUMN former_locale TEXT;
ALTER TABLE user_account ADD COLUMN former_until BIGINT;
