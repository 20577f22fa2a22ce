-- Until when one process does something about an update, and another one that gets it leaves that to it: if the process is killed, the update
-- counts once more after this moment. NULL once it is done, and in rows of the release before.
ALTER TABLE channel_update ADD COLUMN busy_until BIGINT;
