//! Ring 1: keys, and signed tokens made and checked with them.
//!
//! josekit on OpenSSL implements JOSE. What it leaves open is decided strictly here, since only tokens that this
//! provider made itself are verified.

pub mod algorithm;
pub mod assertion;
pub mod json;
pub mod key;
pub mod key_set;
pub mod sign;
pub mod typ;
pub mod verify;

pub use algorithm::Algorithm;
pub use key::SigningKey;
pub use key_set::KeySet;
pub use sign::sign;
pub use typ::Typ;
pub use verify::{VerifyError, verify};
