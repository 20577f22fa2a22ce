-- Changes of email addresses by their people, in the order of `number` for each user. For a week, the mailbox of `old_address` can
-- take back a change and all that came after it, by the link with this hash (`one_time_link`); both are NULL if nobody had proven
-- the old address, or there was none.
CREATE TABLE address_change (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    old_address TEXT,
    new_address TEXT NOT NULL,
    link_hash TEXT,
    expires_at BIGINT NOT NULL
);
CREATE INDEX address_change_user ON address_change (user_id, number);
CREATE INDEX address_change_expires ON address_change (expires_at);
