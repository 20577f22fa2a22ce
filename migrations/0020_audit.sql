-- The audit log: events name who made a change that no request caused, and checkpoints sign them.
--
-- `actor` is NULL for what a request caused, and in rows of earlier releases. `origin_hash` commits to address and user agent with
-- the random `origin_salt`; the deletion of a user removes all but the hash. `checkpoint` is the number of the checkpoint that covers
-- the event.
ALTER TABLE event ADD COLUMN actor TEXT;
ALTER TABLE event ADD COLUMN origin_salt TEXT;
ALTER TABLE event ADD COLUMN origin_hash TEXT;
ALTER TABLE event ADD COLUMN checkpoint BIGINT;
CREATE INDEX event_uncovered ON event (at, id) WHERE checkpoint IS NULL;
CREATE INDEX event_covered ON event (checkpoint, at, id) WHERE checkpoint IS NOT NULL;

-- Each covers events, and the checkpoint before it by its hash.
CREATE TABLE audit_checkpoint (
    number BIGINT NOT NULL PRIMARY KEY,
    made_at BIGINT NOT NULL,
    -- Where the one before ended, and where this one does: what is written later with an earlier time is late.
    from_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    -- The times of the earliest and the latest of its events.
    earliest_at BIGINT NOT NULL,
    latest_at BIGINT NOT NULL,
    -- The events in their order, a line with id and digest for each.
    events TEXT NOT NULL,
    -- The hash of the checkpoint before.
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    signature TEXT NOT NULL
);
