-- Which versions of the terms a user has accepted, and when.
CREATE TABLE terms_acceptance (
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    terms_version TEXT NOT NULL,
    accepted_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, terms_version)
);
