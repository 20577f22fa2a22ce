//! People: how they are found, what they prove themselves by, and where they are signed in.

pub mod failed_sign_in;
pub mod known_device;
pub mod one_time_link;
pub mod password;
pub mod session;
pub mod user;
