//! Ring 3: the keys that seal, and the keys that sign.

pub mod probe;
pub mod signing;
pub mod vault;
pub mod verified;
