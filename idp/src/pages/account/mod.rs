//! The account pages: one file per section.

pub mod applications;
pub mod email;
pub mod password;
pub mod profile;
pub mod sessions;
pub mod switch;
pub mod verify;
