-- Recovery codes that were replaced: for a week they still set a password, since a thief of it may have replaced them.
CREATE TABLE replaced_recovery_code (
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    replaced_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, hash)
);
CREATE INDEX replaced_recovery_code_replaced ON replaced_recovery_code (replaced_at);
-- The browser, by the hash of its secret, in which a code has set a password: whoever sends the form again, does the same there.
ALTER TABLE recovery_code ADD COLUMN used_in TEXT;
-- When a recovery code has set this password; NULL if something else has.
ALTER TABLE password ADD COLUMN recovered_at BIGINT;
