//! Ring 3: how people prove who they are, and what a browser remembers of it.

use std::fmt;

use crate::hashing;
use crate::store;

pub mod challenge;
pub mod devices;
pub mod factor_age;
pub mod identifier;
pub mod interaction;
pub mod letter;
pub mod limits;
pub mod networks;
pub mod passkey;
pub mod password;
pub mod recovery_code;
pub mod second_factor;
pub mod session;
pub mod step_up;
pub mod suspicion;
mod told_profile;
pub mod totp;

/// Why a sign-in could not be decided.
#[derive(Debug)]
pub enum Error {
    /// The database failed.
    Store(store::db::Error),
    /// Too many passwords are being hashed.
    Busy,
    /// What counts once cannot be counted now.
    Unavailable(store::ephemeral::Unavailable),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Busy => f.write_str("too many passwords are being hashed"),
            Self::Unavailable(unavailable) => unavailable.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<store::db::Error> for Error {
    fn from(error: store::db::Error) -> Self {
        Self::Store(error)
    }
}

impl From<store::ephemeral::Unavailable> for Error {
    fn from(unavailable: store::ephemeral::Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl From<hashing::Busy> for Error {
    fn from(hashing::Busy: hashing::Busy) -> Self {
        Self::Busy
    }
}
