//! Users: their identifiers, credentials and sessions.

pub mod account_deletion;
pub mod address_change;
pub mod anonymous_account;
pub mod channel_binding;
pub mod channel_request;
pub mod code_try;
pub mod failed_sign_in;
pub mod invitation;
pub mod known_device;
pub mod mail_proof;
pub mod one_time_link;
pub mod outbox;
pub mod passkey;
pub mod passkey_offer;
pub mod password;
pub mod recovery_code;
pub mod role;
pub mod session;
pub mod terms_acceptance;
pub mod totp;
pub mod trusted_browser;
pub mod upstream_account;
pub mod upstream_change;
pub mod upstream_token;
pub mod user;
