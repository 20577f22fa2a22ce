//! `[secrets]`: the keys that seal secrets at rest.

use super::reader::section;
use crate::base::seal::SealingKey;

section! {
    /// What seals secrets at rest. Make a key with `openssl rand -base64 32`.
    pub struct Secrets("secrets") {
        /// The master key, 32 random bytes, under which all secrets in the database are sealed.
        master_key: Option<SealingKey> = None,
            otherwise("with SQLite, made at the first start in `data_dir`; with PostgreSQL it must be written");
        /// Former master keys that still open what they sealed, until it has been sealed under the present one.
        previous_master_keys: Vec<SealingKey> = vec![];
    }
}
