//! Ring 3: how people prove who they are, and what a browser remembers of it.

use std::fmt;

use crate::hashing;
use crate::oidc::claims::acr::{Acr, Method};
use crate::store;
use crate::store::people::session::Session;

pub mod interaction;
pub mod letter;
pub mod password;
pub mod session;

/// The strongest class (`acr`) that the user of a session can reach: every user has a password and nothing else.
pub fn reachable(_session: &Session) -> Acr {
    Acr::of(&[Method::Password])
}

/// Why a sign-in could not be decided.
#[derive(Debug)]
pub enum Error {
    /// The database failed.
    Store(store::db::Error),
    /// Too many passwords are being hashed.
    Busy,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Busy => f.write_str("too many passwords are being hashed"),
        }
    }
}

impl std::error::Error for Error {}

impl From<store::db::Error> for Error {
    fn from(error: store::db::Error) -> Self {
        Self::Store(error)
    }
}

impl From<hashing::Busy> for Error {
    fn from(hashing::Busy: hashing::Busy) -> Self {
        Self::Busy
    }
}
