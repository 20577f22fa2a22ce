-- The normal form of the address that a link was sent to: whoever uses it reads the mailbox. NULL if it was sent to none, as what an
-- operator prints, and in rows of earlier releases.
ALTER TABLE one_time_link ADD COLUMN address TEXT;
