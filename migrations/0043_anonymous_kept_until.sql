-- Until when an anonymous account is kept at least, by the configuration of the process that noted its last use.
ALTER TABLE anonymous_account ADD COLUMN kept_until BIGINT NOT NULL DEFAULT 0;
UPDATE anonymous_account SET kept_until = last_used_at;
CREATE INDEX anonymous_account_kept_until ON anonymous_account (kept_until, user_id);
