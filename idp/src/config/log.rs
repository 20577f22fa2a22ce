//! `[log]`: the format, level and retention of the log.

use std::time::Duration;

use super::reader::{between, section};
use super::units::days;
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
    /// What the log tells the operator. Tokens, codes, cookies and passwords are in it at no level.
    pub struct Log("log") {
        /// How lines are written.
        format: LogFormat = LogFormat::Text;
        /// From which weight on events are written.
        level: LogLevel = LogLevel::Info;
        /// How long what happened (sign-ins, revocations, changes) is kept in the database.
        events_kept: Duration = days(400), must(between(days(1), days(3650)));
    }
}

named!(LogFormat, LogLevel);
