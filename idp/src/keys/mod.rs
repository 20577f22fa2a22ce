//! Ring 3: what seals, and what signs.

pub mod signing;
pub mod vault;
pub mod verified;
