//! One's own account: a file per section.

pub mod applications;
pub mod password;
pub mod profile;
pub mod sessions;
