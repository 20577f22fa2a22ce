-- The last characters of a client secret, by which an operator tells it from the others. They are part of its checksum, and so
-- give away nothing of the secret. NULL for secrets of earlier releases and of the configuration file.
ALTER TABLE client_secret ADD COLUMN ending TEXT;
