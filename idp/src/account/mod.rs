//! Ring 3: the accounts of people.

pub mod activity;
pub mod address_change;
pub mod administrators;
pub mod anonymous;
pub mod authenticator;
pub mod delete;
pub mod edit;
pub mod export;
pub mod forgotten;
pub mod invitation;
pub mod mail_code;
pub mod own_words;
pub mod passkey_provider;
pub mod passkeys;
pub mod password_link;
pub mod password_rules;
pub mod profile;
pub mod recent_factors;
pub mod recovery;
pub mod roles;
pub mod sign_up;
pub mod stolen_passwords;
pub mod terms;
pub mod upgrade;
pub mod users;
