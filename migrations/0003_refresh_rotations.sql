-- The rotations of the last moments: whose token, when, and its successor, sealed under a key that only the text of that token
-- gives and again under the data key. A JSON array, oldest first.
ALTER TABLE refresh_family ADD COLUMN rotations TEXT;

-- What was sealed before opens with a key that this very row gives. What a retry may still ask for stays for a minute, counted
-- from the last refresh of all, and goes with the first sweep.
UPDATE refresh_family SET sealed_successor = NULL
 WHERE sealed_successor IS NOT NULL AND rotated_at < (SELECT MAX(rotated_at) FROM refresh_family) - 60000000;
