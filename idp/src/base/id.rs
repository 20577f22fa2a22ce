//! Identifiers of rows.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::clock::Clock;
use super::encoding::sha256;
use super::random::Random;

/// The identifier of a row: a UUIDv7 as text (RFC 9562 §5.7), sorted by creation time and never shown outside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(String);

impl Id {
    /// A new identifier.
    pub fn new(clock: &Clock, random: &Random) -> Self {
        let millis = u64::try_from(clock.now().micros() / 1_000).unwrap_or(0);
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &random.bytes::<10>()).into_uuid();
        Self(uuid.to_string())
    }

    /// A short name of the row for operators: eight hexadecimal digits, which do not lead back to the identifier.
    pub fn handle(&self) -> String {
        let [a, b, c, d, ..] = sha256(self.0.as_bytes());
        format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Id {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A random UUIDv4 as text (RFC 9562 §5.4), for handles that must not reveal when they were made.
pub fn uuid_v4(random: &Random) -> String {
    uuid::Builder::from_random_bytes(random.bytes()).into_uuid().to_string()
}
