-- Until when an explanation is kept, by the configuration of the process that wrote it; NULL in rows of earlier releases.
ALTER TABLE explanation ADD COLUMN kept_until BIGINT;
CREATE INDEX explanation_kept_until ON explanation (kept_until);
-- To tell which secret a client has tried.
CREATE INDEX client_secret_hash ON client_secret (hash);
