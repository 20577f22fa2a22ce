//! `latchkey keys`.

use clap::Subcommand;
use serde::Serialize;

use super::output::{Output, harmless, table};
use crate::base::clock::Timestamp;

/// What can be done about signing keys.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum KeysCommand {
    /// List the keys that are published, in use and retired
    List,
    /// Make the next key, which signs once it has been published long enough
    Rotate {
        /// Sign with it at once: clients that have not fetched it yet refuse tokens until they do
        #[arg(long)]
        now: bool,
    },
}

/// A signing key as it is listed.
#[derive(Clone, Debug, Serialize)]
pub struct KeyRow {
    /// The identifier in tokens and in the key set: RFC 7517 §4.5.
    pub kid: String,
    /// The algorithm.
    pub algorithm: String,
    /// `published`, `in use` or `retired`.
    pub state: &'static str,
    /// From when it signs; RFC 3339 in JSON.
    #[serde(serialize_with = "super::user::rfc3339")]
    pub active_at: Timestamp,
}

/// The answer to `keys list`.
pub fn list(keys: &[KeyRow]) -> Output {
    let row = |key: &KeyRow| [key.kid.clone(), key.algorithm.clone(), key.state.to_owned(), key.active_at.to_string()];
    let rows: Vec<_> = keys.iter().map(row).collect();
    Output::new(table(["KEY", "ALGORITHM", "STATE", "SIGNS FROM"], &rows, "There are no keys yet."), &keys)
}

/// The answer to `keys rotate`.
pub fn rotated(key: &KeyRow) -> Output {
    let text = format!("Made the {} key {}, which signs from {}.", key.algorithm, harmless(&key.kid), key.active_at);
    Output::new(text, key)
}
