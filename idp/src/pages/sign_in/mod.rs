//! Signing in: a file per method, and the choice among those who are signed in.

pub mod password;
pub mod select_account;
