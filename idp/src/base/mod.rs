//! Ring 0: time, randomness, identifiers and secrets. Tests must control them, and they do not depend on the specs.

pub mod base32;
pub mod cbor;
pub mod clock;
pub mod crash_point;
pub mod device;
pub mod encoding;
pub mod hmac;
pub mod id;
pub mod language;
pub mod language_file;
pub mod messages;
pub mod network;
pub mod random;
pub mod reference;
pub mod refusal;
pub mod seal;
pub mod secret;
pub mod token;
pub mod veil;
pub mod written_code;
