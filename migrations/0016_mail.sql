-- Letters that wait to be sent, and those that no mail server took. Written in the transaction that causes them, removed when a
-- server has one. What opens something (codes, links) is in `sealed` alone.
CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    -- Whom it concerns; the letters of a deleted user go with the user.
    user_id TEXT REFERENCES user_account (id) ON DELETE CASCADE,
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- What a newer letter of the same takes the place of.
    about TEXT,
    -- The tag of the language, unless it is that of the user's profile.
    language TEXT,
    -- What it says, a JSON object.
    data TEXT NOT NULL,
    sealed TEXT,
    -- The mail server that it is given to first: the next one each time that a person asks again.
    first_server BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    -- From then on it is of no use.
    expires_at BIGINT NOT NULL,
    -- When it is sent next; later than now while a process sends it. NULL: no more.
    next_try_at BIGINT,
    tries BIGINT NOT NULL,
    -- The process and try that send it.
    claim TEXT,
    last_error TEXT
);
CREATE INDEX outbox_next_try ON outbox (next_try_at);
CREATE INDEX outbox_about ON outbox (about);
CREATE INDEX outbox_user ON outbox (user_id);
CREATE INDEX outbox_expires ON outbox (expires_at);

-- What somebody must have read in a letter: a link, and a code of six digits. The newest of a purpose alone counts.
CREATE TABLE mail_proof (
    id TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    -- NULL: nobody has the address, so that no letter was sent and no code fits, or somebody is about to make an account.
    user_id TEXT REFERENCES user_account (id) ON DELETE CASCADE,
    -- The address that the letter went to, normalised.
    address TEXT NOT NULL,
    -- The browser in which it was asked for, where that matters.
    browser_hash TEXT,
    -- What goes on with it, sealed.
    sealed TEXT,
    link_hash TEXT UNIQUE,
    -- Under a key of the vault: six digits are soon guessed.
    code_hash TEXT NOT NULL,
    -- The mail server that the letter began with.
    server BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX mail_proof_user ON mail_proof (user_id, purpose);
CREATE INDEX mail_proof_address ON mail_proof (address, purpose);
CREATE INDEX mail_proof_expires ON mail_proof (expires_at);

-- A word that the user has chosen, sealed: letters show it, so that their reader knows them.
ALTER TABLE user_account ADD COLUMN mail_word TEXT;
