//! Ring 3: the accounts of people, and what they are found by.

pub mod authenticator;
pub mod delete;
pub mod device;
pub mod edit;
pub mod identifier;
pub mod passkey_provider;
pub mod passkeys;
pub mod password_rules;
pub mod profile;
pub mod users;
