-- The chats with bots that people have bound to their accounts. A chat is known by the channel's name in the configuration and by the
-- sender's number or name there. `kind` is that of the channel when it was bound. `joined_at` is when the account here was made by it;
-- NULL if it was bound to one that was there.
CREATE TABLE channel_binding (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    sender TEXT NOT NULL,
    shown_as TEXT,
    bound_at BIGINT NOT NULL,
    joined_at BIGINT,
    last_used_at BIGINT,
    UNIQUE (channel, sender),
    UNIQUE (user_id, channel)
);
