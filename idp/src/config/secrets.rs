//! `[secrets]`: the keys that seal secrets at rest.

use super::reader::section;
use crate::base::seal::SealingKey;

section! {
    /// The keys that encrypt secrets in the database. Make one with `openssl rand -base64 32`.
    pub struct Secrets("secrets") {
        /// The master key, 32 random bytes, which encrypts all other secrets in the database.
        master_key: Option<SealingKey> = None,
            otherwise("with SQLite, made in `data_dir` at the first start; with PostgreSQL, required");
        /// Former master keys, which open what they have encrypted until it is encrypted with the present one.
        previous_master_keys: Vec<SealingKey> = vec![];
    }
}
