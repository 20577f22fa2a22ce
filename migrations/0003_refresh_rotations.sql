-- For each rotation of the last moments: the hash of the token that was presented, the time, and its successor, sealed under a key
-- that only the text of that token gives and again under the data key. A JSON array, oldest first.
--
-- The successors that earlier releases have sealed are cleared by a job, some at a time: in one statement they would keep every
-- refresh waiting.
ALTER TABLE refresh_family ADD COLUMN rotations TEXT;
