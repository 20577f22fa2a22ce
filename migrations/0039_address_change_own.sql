-- The normal form of the address whose place the new one took, whether or not its mailbox can take the change back, and 1 if the new
-- address was a verified one of the user before: then a way back leaves it. Rows of earlier releases have neither.
ALTER TABLE address_change ADD COLUMN replaced TEXT;
ALTER TABLE address_change ADD COLUMN was_own BIGINT NOT NULL DEFAULT 0;
