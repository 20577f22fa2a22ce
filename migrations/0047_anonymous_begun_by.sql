-- The interaction that has begun an anonymous account, by its hash: its form, sent again, goes on with that account.
ALTER TABLE anonymous_account ADD COLUMN begun_by TEXT;
