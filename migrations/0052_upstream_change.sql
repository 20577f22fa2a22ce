-- Accounts at other providers that were linked (`is_link` 1) or unlinked (0) lately, one row for each letter with a link that undoes the
-- change; letters about the same change have the same `change_id`. The link works while `address`, to which the letter went, is one of
-- the account's, or can still be put back. The rest is the account there, so that it can be linked again.
CREATE TABLE upstream_change (
    link_hash TEXT NOT NULL PRIMARY KEY,
    change_id TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    is_link BIGINT NOT NULL,
    provider TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    shown_as TEXT,
    linked_at BIGINT NOT NULL,
    joined_at BIGINT,
    taken TEXT,
    changed_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX upstream_change_user ON upstream_change (user_id);
CREATE INDEX upstream_change_expires ON upstream_change (expires_at);
-- What the provider has said about its person (JSON): `told` waits for the sign-in to be completed, `taken` is what the profile has got
-- of it. A claim that is another one than in `taken` was changed here, and stays.
ALTER TABLE upstream_account ADD COLUMN told TEXT;
ALTER TABLE upstream_account ADD COLUMN taken TEXT;
