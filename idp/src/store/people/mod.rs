//! Users: their identifiers, credentials and sessions.

pub mod failed_sign_in;
pub mod known_device;
pub mod mail_proof;
pub mod one_time_link;
pub mod outbox;
pub mod password;
pub mod session;
pub mod user;
