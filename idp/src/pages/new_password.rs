//! Why a new password is not accepted, as the pages say it.

use super::Wording;
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
            Self::TooCommon => Wording::new("password-too-common"),
        }
    }
}

/// Checks a new password; the person's names in it make it easier to guess.
pub async fn check_password(app: &App, password: &Secret, own: &[&str]) -> Result<Option<PasswordProblem>, Busy> {
    if password.expose().is_empty() {
        return Ok(Some(PasswordProblem::Missing));
    }
    let least = app.config.login.password_min_length;
    let checked = password_rules::check(&app.hashing, password, own, least).await?;
    Ok(checked.err().map(|problem| match problem {
        Problem::TooShort => PasswordProblem::TooShort { least: least.into() },
        Problem::TooLong => PasswordProblem::TooLong,
        Problem::Guessable => PasswordProblem::TooCommon,
    }))
}
