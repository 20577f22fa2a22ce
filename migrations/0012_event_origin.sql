-- Where the request came from that caused an event: NULL for what a command or a job did, and in rows of earlier releases. The
-- client is the one that the request named, by its identifier, which outlives its row.
ALTER TABLE event ADD COLUMN address TEXT;
ALTER TABLE event ADD COLUMN user_agent TEXT;
ALTER TABLE event ADD COLUMN request_id TEXT;
ALTER TABLE event ADD COLUMN client_id TEXT;
