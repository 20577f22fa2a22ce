//! Why a new password is not taken, in the words of the pages.

use super::Wording;
use crate::account::password_rules::{self, Problem};
use crate::app::App;
use crate::base::secret::Secret;
use crate::hashing::Busy;

/// Why a new password was not taken; said by sign-up and by setting a password.
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
    /// On the list of passwords that attackers try first, or as easily guessed.
    TooCommon,
}

impl PasswordProblem {
    /// What a person reads.
    pub fn wording(self) -> Wording {
        match self {
            Self::Missing => Wording::new("password-missing"),
            Self::TooShort { least } => Wording::counted("password-too-short", "least", least),
            Self::TooLong => Wording::new("password-too-long"),
            Self::TooCommon => Wording::new("password-too-common"),
        }
    }
}

/// What is wrong with a new password of somebody who is called this.
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
