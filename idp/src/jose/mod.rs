//! Ring 1: keys, and signed tokens made and checked with them.
//!
//! JOSE is done by josekit on OpenSSL; what it leaves open is decided here, strictly, since the only tokens that are
//! verified are those that this provider made itself.

pub mod algorithm;
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
