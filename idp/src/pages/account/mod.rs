//! The account pages: one file per section.

pub mod activity;
pub mod applications;
pub mod authenticator;
pub mod channels;
pub mod connections;
pub mod data;
pub mod email;
pub mod passkeys;
pub mod password;
pub mod profile;
pub mod recovery_codes;
pub mod security;
pub mod sessions;
pub mod switch;
pub mod verify;
