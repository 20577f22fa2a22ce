-- Tries to sign in with names that nobody has, counted for each network and range of minutes until the range is over; then
-- one event tells of them.
CREATE TABLE failed_sign_in (
    network TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    PRIMARY KEY (began_at, network)
);
