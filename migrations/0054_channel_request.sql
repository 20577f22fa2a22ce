-- What waits for somebody at a bot, or was begun there and waits for somebody in a browser, for ten minutes at most and once: a chat that is
-- to be bound (`bind`, `code`), a sign-in that is to be approved (`sign_in`), a link that signs in (`ticket`). `claimed_at` is when the other
-- side has come, `answered_at` when it has said yes, `refused_at` when it has said no, or something
-- wrong. What `sealed` holds of a sign-in are the numbers, and in which browser and from where it was begun.
CREATE TABLE channel_request (
    id TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    channel TEXT NOT NULL,
    handle_hash TEXT NOT NULL,
    code_hash TEXT,
    browser_hash TEXT,
    session_id TEXT,
    user_id TEXT REFERENCES user_account (id) ON DELETE CASCADE,
    sender TEXT,
    shown_as TEXT,
    sealed TEXT,
    claimed_at BIGINT,
    answered_at BIGINT,
    refused_at BIGINT,
    used_at BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    UNIQUE (handle_hash),
    UNIQUE (code_hash)
);
CREATE INDEX channel_request_expires ON channel_request (expires_at);
CREATE INDEX channel_request_sender ON channel_request (channel, sender);
CREATE INDEX channel_request_user ON channel_request (user_id);
