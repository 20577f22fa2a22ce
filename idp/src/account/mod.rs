//! Ring 3: the accounts of people, and what they are found by.

pub mod activity;
pub mod administrators;
pub mod authenticator;
pub mod delete;
pub mod device;
pub mod edit;
pub mod export;
pub mod forgotten;
pub mod identifier;
pub mod invitation;
pub mod mail_code;
pub mod mail_word;
pub mod own_words;
pub mod passkey_provider;
pub mod passkeys;
pub mod password_link;
pub mod password_rules;
pub mod profile;
pub mod recent_factors;
pub mod recovery;
pub mod removed_factors;
pub mod sign_up;
pub mod stolen_passwords;
pub mod terms;
pub mod users;
