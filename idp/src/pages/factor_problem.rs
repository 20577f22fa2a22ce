//! Why a code of a second factor was refused, as the pages say it.

use std::time::Duration;

use axum::http::StatusCode;

use super::Wording;
use crate::app::App;
use crate::base::clock::{Timestamp, minutes_up, seconds_up};
use crate::http::diagnosis::Diagnosis;
use crate::login::second_factor::Typed;
use crate::oidc::difference::Difference;
use crate::oidc::reason::Reason;

/// Why a code was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorProblem {
    /// None was typed.
    Missing,
    /// The code of the app is wrong, too old, or was used before.
    Wrong,
    /// The recovery code is wrong, or was used before.
    RecoveryCodeWrong,
    /// A recovery code has set the password, and another one is no second factor.
    SameSheet,
    /// Too many tries at this account.
    TooManyTries {
        /// How long to wait, in minutes.
        minutes: u64,
    },
    /// Too many tries in this sign-in, which begins again.
    SignInOver,
    /// Too many forms in this sign-in.
    TooOften {
        /// How long to wait, in seconds.
        seconds: u64,
    },
}

impl FactorProblem {
    /// The problem with a code that is not right.
    pub fn wrong(typed: Typed<'_>) -> Self {
        match typed {
            Typed::Code(_) => Self::Wrong,
            Typed::RecoveryCode(_) => Self::RecoveryCodeWrong,
        }
    }

    /// The problem if no code counts until a moment.
    pub fn too_many(until: Timestamp, now: Timestamp) -> Self {
        Self::TooManyTries { minutes: minutes_up(until.since(now)) }
    }

    /// The problem if a form is not looked at.
    pub fn too_often(wait: Duration) -> Self {
        Self::TooOften { seconds: seconds_up(wait) }
    }

    /// The message on the page.
    pub fn wording(self) -> Wording {
        match self {
            Self::Missing => Wording::new("second-factor-missing"),
            Self::Wrong => Wording::new("second-factor-wrong"),
            Self::RecoveryCodeWrong => Wording::new("second-factor-recovery-wrong"),
            Self::SameSheet => Wording::new("second-factor-same-sheet"),
            Self::TooManyTries { minutes } => Wording::counted("second-factor-too-many-tries", "minutes", minutes),
            Self::SignInOver => Wording::new("second-factor-over"),
            Self::TooOften { seconds } => Wording::counted("sign-in-too-many-tries", "seconds", seconds),
        }
    }

    /// How long to wait.
    pub fn wait(self) -> Option<Duration> {
        match self {
            Self::TooManyTries { minutes } => Some(Duration::from_secs(60 * minutes)),
            Self::TooOften { seconds } => Some(Duration::from_secs(seconds)),
            _ => None,
        }
    }

    /// The field that it is about.
    pub fn field(self) -> &'static str {
        if matches!(self, Self::RecoveryCodeWrong | Self::SameSheet) { "recovery_code" } else { "code" }
    }

    /// The same as a reason, for the log.
    pub const fn reason(self) -> Reason {
        match self {
            Self::Missing => Reason::SecondFactorMissing,
            Self::Wrong => Reason::SecondFactorWrong,
            Self::RecoveryCodeWrong => Reason::SecondFactorRecoveryWrong,
            Self::SameSheet => Reason::SecondFactorSameSheet,
            Self::TooManyTries { .. } => Reason::SecondFactorTooManyTries,
            Self::SignInOver => Reason::SecondFactorOver,
            Self::TooOften { .. } => Reason::SecondFactorTooOften,
        }
    }

    /// What the operator is told about it. How the code was judged is kept, unless none was typed.
    pub async fn diagnosis(self, app: &App) -> Diagnosis {
        let is_wrong = matches!(self, Self::Wrong | Self::RecoveryCodeWrong);
        let difference = Difference::new("code", "another one", "a code of the account's app that was not used");
        let diagnosis = Diagnosis::new(self.reason(), is_wrong.then_some(difference));
        if self == Self::Missing { diagnosis } else { diagnosis.explained(app).await }
    }

    /// The status of the answer.
    pub fn status(self) -> StatusCode {
        match self {
            Self::TooManyTries { .. } | Self::SignInOver | Self::TooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}
