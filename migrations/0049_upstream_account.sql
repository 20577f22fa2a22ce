-- The accounts at other providers by which people sign in. An account there is known by its provider's name here, its issuer and its
-- subject, and by nothing that can change or be given to somebody else. `shown_as` is what its person knows it by: an address or a name.
-- `joined_at` is when the account here was made by it; NULL if it was linked to one that was there.
CREATE TABLE upstream_account (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    shown_as TEXT,
    linked_at BIGINT NOT NULL,
    joined_at BIGINT,
    last_used_at BIGINT,
    UNIQUE (provider, issuer, subject)
);
CREATE INDEX upstream_account_user ON upstream_account (user_id);
