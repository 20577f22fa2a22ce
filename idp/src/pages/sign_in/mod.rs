//! Signing in: one file per method, and the choice among signed-in accounts.

pub mod mail;
pub mod password;
pub mod select_account;
