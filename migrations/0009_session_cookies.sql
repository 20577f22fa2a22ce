-- The session cookie before the present one opens for a short while what it opened before: an answer that was lost signs nobody
-- out. Where only some of a browser's accounts are to be kept signed in, a cookie of its own outlives the browser's closing for
-- them.
ALTER TABLE browser ADD COLUMN previous_sid_hash TEXT;
ALTER TABLE browser ADD COLUMN sid_renewed_at BIGINT;
ALTER TABLE browser ADD COLUMN kept_sid_hash TEXT;
CREATE INDEX browser_previous_sid ON browser (previous_sid_hash);
CREATE INDEX browser_kept_sid ON browser (kept_sid_hash);
