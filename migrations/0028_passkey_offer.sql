-- Who has answered the offer to make a passkey, which comes once after a sign-in.
CREATE TABLE passkey_offer (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES user_account (id) ON DELETE CASCADE,
    answered_at BIGINT NOT NULL
);
-- When the browser made a passkey without asking its person (conditional create); NULL if the person made it.
ALTER TABLE passkey ADD COLUMN automatic_at BIGINT;
