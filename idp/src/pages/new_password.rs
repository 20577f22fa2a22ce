//! Why a new password is not accepted, as the pages say it.

use std::time::Duration;

use axum::http::StatusCode;

use super::Wording;
use crate::account::own_words::OwnWords;
use crate::account::password_rules::{self, Problem};
use crate::app::App;
use crate::base::clock::seconds_up;
use crate::base::secret::Secret;
use crate::hashing::Busy;
use crate::login::limits;

/// Why a new password was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordProblem {
    /// Nothing was typed.
    Missing,
    /// Fewer characters than the least.
    TooShort {
        /// The least number of characters.
        least: u64,
    },
    /// More bytes than are hashed.
    TooLong,
    /// Made of the names of the person, of the application or of this provider.
    OwnWords,
    /// In collections of stolen passwords.
    Stolen,
    /// A common password, or one that is as easily guessed.
    TooCommon,
    /// Too many were sent with the same link or code.
    TooOften {
        /// How long to wait, in seconds.
        seconds: u64,
    },
}

impl PasswordProblem {
    /// The message on the page.
    pub fn wording(self) -> Wording {
        match self {
            Self::Missing => Wording::new("password-missing"),
            Self::TooShort { least } => Wording::counted("password-too-short", "least", least),
            Self::TooLong => Wording::new("password-too-long"),
            Self::OwnWords => Wording::new("password-own-words"),
            Self::Stolen => Wording::new("password-stolen"),
            Self::TooCommon => Wording::new("password-too-common"),
            Self::TooOften { seconds } => Wording::counted("sign-in-too-many-tries", "seconds", seconds),
        }
    }

    /// The status of a page that tells it, and how long to wait.
    pub fn answer(problem: Option<Self>) -> (StatusCode, Option<Duration>) {
        match problem {
            None => (StatusCode::OK, None),
            Some(Self::TooOften { seconds }) => (StatusCode::TOO_MANY_REQUESTS, Some(Duration::from_secs(seconds))),
            Some(_) => (StatusCode::BAD_REQUEST, None),
        }
    }
}

/// Counts a new password, for the link or the code that it comes with, and checks it.
pub async fn check_counted(
    app: &App,
    of: &str,
    password: &Secret,
    own: OwnWords,
) -> Result<Option<PasswordProblem>, Busy> {
    if let Err(wait) = limits::new_password(app, of).await {
        return Ok(Some(PasswordProblem::TooOften { seconds: seconds_up(wait) }));
    }
    check_password(app, password, own).await
}

/// Checks a new password, which must not be made of its person's own words.
pub async fn check_password(app: &App, password: &Secret, own: OwnWords) -> Result<Option<PasswordProblem>, Busy> {
    if password.expose().is_empty() {
        return Ok(Some(PasswordProblem::Missing));
    }
    let least = app.config.login.password_min_length;
    let checked = password_rules::check(&app.hashing, password, own, least).await?;
    Ok(checked.err().map(|problem| match problem {
        Problem::TooShort => PasswordProblem::TooShort { least: least.into() },
        Problem::TooLong => PasswordProblem::TooLong,
        Problem::OwnWords => PasswordProblem::OwnWords,
        Problem::Stolen => PasswordProblem::Stolen,
        Problem::Guessable => PasswordProblem::TooCommon,
    }))
}
