-- When a mail server had the letter and did not say whether it took it. The release before says so in last_error alone.
ALTER TABLE outbox ADD COLUMN perhaps_taken_at BIGINT;
