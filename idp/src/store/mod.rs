//! Ring 2: the only SQL. A file is a table; a function is a statement; a single use is one guarded statement.

pub mod authorization_code;
pub mod client;
pub mod consent;
pub mod db;
pub mod ephemeral;
pub mod epoch;
pub mod event;
pub mod failed_sign_in;
pub mod former_signing_key;
pub mod grant;
pub mod installation;
pub mod known_device;
pub mod one_time_link;
pub mod password;
pub mod process;
pub mod refresh_family;
pub mod resource;
pub mod revoked_access_token;
pub mod session;
pub mod signing_key;
pub mod sweep;
pub mod user;
