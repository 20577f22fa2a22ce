//! `[log]`: the format, level and retention of the log.

use std::time::Duration;

use super::reader::{between, section};
use super::units::{days, seconds};
use super::value::named;

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Text, Self::Json];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// The lowest level of events that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Only failures.
    Error,
    /// Also anything that looks wrong.
    Warn,
    /// Also normal events.
    Info,
    /// Also their details.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    /// The level that this word names.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == name)
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

section! {
    /// What is logged and kept. Tokens, codes, cookies and passwords are never logged, at any level.
    pub struct Log("log") {
        /// The format of the lines.
        format: LogFormat = LogFormat::Text;
        /// The lowest level that is logged.
        level: LogLevel = LogLevel::Info;
        /// Whether the line of each request has the address of the client, for tools such as fail2ban that ban addresses.
        addresses: bool = false;
        /// How long events (sign-ins, revocations, changes) are kept in the database.
        events_kept: Duration = days(400), must(between(days(1), days(3650)));
        /// How long `latchkey explain` can tell why a request was refused; `0s` keeps no explanations, and no codes are shown.
        explanations_kept: Duration = days(7), must(between(seconds(0), days(90)));
    }
}

named!(LogFormat, LogLevel);
