//! Why a new password is not accepted, as the pages say it.

use super::Wording;
use crate::account::own_words::OwnWords;
use crate::account::password_rules::{self, Problem};
use crate::app::App;
use crate::base::secret::Secret;
use crate::hashing::Busy;

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
        }
    }
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
