//! Whether the updates of a bot are received: each change is told once.

use std::fmt;

use crate::config::DeclaredChannel;
use crate::login;
use crate::store::db;
use crate::telegram::api::Error;

/// Why no updates were received.
#[derive(Debug)]
pub enum Failure {
    /// Telegram did not tell any.
    Telegram(Error),
    /// Nothing could be done about one, which is asked for again.
    Ours(login::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Telegram(error) => error.fmt(f),
            Self::Ours(error) => error.fmt(f),
        }
    }
}

impl From<db::Error> for Failure {
    fn from(error: db::Error) -> Self {
        Self::Ours(error.into())
    }
}

/// What the operator was told: each change once.
#[derive(Debug, Default)]
pub struct Report {
    is_failing: bool,
}

impl Report {
    /// Notes that something has worked.
    pub fn worked(&mut self, channel: &DeclaredChannel) {
        if std::mem::take(&mut self.is_failing) {
            tracing::info!(channel = channel.name, "the updates of a bot are received again");
        }
    }

    /// Notes that something has not.
    pub fn failed(&mut self, channel: &DeclaredChannel, why: &Failure) {
        if !std::mem::replace(&mut self.is_failing, true) {
            tracing::warn!(channel = channel.name, %why, "the updates of a bot cannot be received");
        }
    }
}
