-- Why requests were refused: how each was judged, step by step, without a secret, under the code that was shown for it.
CREATE TABLE explanation (
    reference TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    about TEXT NOT NULL,
    client_id TEXT,
    request_id TEXT,
    steps TEXT NOT NULL
);
CREATE INDEX explanation_at ON explanation (at);
