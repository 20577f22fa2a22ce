-- Accounts whose people have asked for their deletion, and when it is due. Signing in before takes it back.
CREATE TABLE account_deletion (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES user_account (id) ON DELETE CASCADE,
    asked_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL
);
CREATE INDEX account_deletion_due ON account_deletion (due_at);
