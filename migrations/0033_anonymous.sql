-- Accounts that nobody has told anything about yet, and that nobody can sign in to: they have neither an identifier nor a password, only the
-- session in which they were begun. Those that are not used are removed; whoever signs up keeps theirs, and then has no row here.
CREATE TABLE anonymous_account (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES user_account (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL
);
CREATE INDEX anonymous_account_last_used ON anonymous_account (last_used_at, user_id);
