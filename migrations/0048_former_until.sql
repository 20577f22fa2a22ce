-- What was kept of how letters were written is forgotten when its time is over.
CREATE INDEX user_account_former_until ON user_account (former_until) WHERE former_until IS NOT NULL;
