-- Which process asks for the updates of a bot, and until when the others leave that to it.
CREATE TABLE channel_receiver (
    channel TEXT NOT NULL PRIMARY KEY,
    process TEXT NOT NULL,
    held_until BIGINT NOT NULL
);
-- The updates of bots that something was done about: one that comes twice counts once.
CREATE TABLE channel_update (
    channel TEXT NOT NULL,
    update_id BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (channel, update_id)
);
CREATE INDEX channel_update_received ON channel_update (received_at);
