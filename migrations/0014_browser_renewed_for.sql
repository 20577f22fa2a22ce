-- Whose sign-in gave a browser its present session cookie: if the answer is lost, that person signs in once more with the cookie
-- before.
ALTER TABLE browser ADD COLUMN renewed_for TEXT;
