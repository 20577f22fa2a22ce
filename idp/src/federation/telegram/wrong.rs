//! Why something that is said to be signed by Telegram is not accepted.

use std::fmt;
use std::time::Duration;

use crate::oidc::difference::shown;

/// Why something that is said to be signed by Telegram is not accepted; for the operator alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is not of the form that Telegram writes.
    Unreadable(&'static str),
    /// A name is there twice.
    Repeated(String),
    /// A name is not one of Telegram's.
    Unknown(String),
    /// A name or its value has a character that makes what is signed ambiguous.
    Character(String),
    /// A name is missing.
    Missing(&'static str),
    /// No bot that may vouch for it has signed it: it was changed, or is another bot's or environment's.
    Forged,
    /// It was signed too long ago.
    Old(Duration),
    /// It was signed in the future.
    Ahead,
    /// It is about a bot, and not about a person.
    Bot,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => f.write_str(why),
            Self::Repeated(name) => write!(f, "{} is there twice", shown(name)),
            Self::Unknown(name) => write!(f, "{} is none of Telegram's names", shown(name)),
            Self::Character(name) => write!(f, "{} has a character that makes it ambiguous", shown(name)),
            Self::Missing(name) => write!(f, "{name} is missing"),
            Self::Forged => {
                f.write_str("it was not signed for this bot: it was changed, or is another bot's or environment's")
            }
            Self::Old(age) => write!(f, "it was signed {} s ago", age.as_secs()),
            Self::Ahead => f.write_str("it was signed in the future"),
            Self::Bot => f.write_str("it is about a bot"),
        }
    }
}
