-- Providers by whose accounts people can sign in, beside those of the configuration file. `settings` has the keys that would stand in the
-- file, with their values as in an environment variable, in JSON; it is NULL for a provider of the file, of which nothing is kept but
-- whether it is disabled. `sealed_secrets` has the keys that are secret, in the same form.
CREATE TABLE upstream (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    settings TEXT,
    sealed_secrets TEXT,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);
