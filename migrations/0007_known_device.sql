-- Browsers that a user has signed in with, by the hash of the browser's own secret. They outlive the sessions that began in
-- them: who signs out is known here the next time, and strangers' tries do not shut them out. Those of earlier releases are known
-- by their sessions, as before.
CREATE TABLE known_device (
    browser_hash TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    last_seen_at BIGINT NOT NULL,
    PRIMARY KEY (browser_hash, user_id)
);
CREATE INDEX known_device_user ON known_device (user_id, last_seen_at);
CREATE INDEX known_device_last_seen ON known_device (last_seen_at);
