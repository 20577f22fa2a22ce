//! Ring 3: the accounts of people, and what they are found by.

pub mod identifier;
pub mod password_rules;
pub mod users;
