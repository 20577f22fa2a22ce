//! The present password, which some forms of the account ask for, as they say what is wrong with it.

use std::time::Duration;

use super::Wording;
use crate::app::App;
use crate::base::clock::seconds_up;
use crate::base::secret::Secret;
use crate::flow::account_holder::AccountHolder;
use crate::http::error::Error;
use crate::login::identifier;
use crate::login::limits;
use crate::login::password::{self, Outcome, Proof};
use crate::store::people::user;

/// Why the present password was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresentPasswordProblem {
    /// Nothing was typed.
    Missing,
    /// It is another one.
    Wrong,
    /// Too many were tried.
    TooManyTries {
        /// How long to wait, in seconds.
        seconds: u64,
    },
}

impl PresentPasswordProblem {
    /// The message on the page.
    pub fn wording(self) -> Wording {
        match self {
            Self::Missing => Wording::new("account-password-current-missing"),
            Self::Wrong => Wording::new("account-password-current-wrong"),
            Self::TooManyTries { seconds } => Wording::counted("sign-in-too-many-tries", "seconds", seconds),
        }
    }

    /// How long to wait.
    pub fn wait(self) -> Option<Duration> {
        match self {
            Self::TooManyTries { seconds } => Some(Duration::from_secs(seconds)),
            Self::Missing | Self::Wrong => None,
        }
    }
}

/// Counts a try in this session; what is wrong if there were too many.
pub async fn limited(app: &App, holder: &AccountHolder) -> Option<PresentPasswordProblem> {
    let wait = limits::new_password(app, holder.session.id.as_str()).await.err()?;
    Some(PresentPasswordProblem::TooManyTries { seconds: seconds_up(wait) })
}

/// Checks the password of the signed-in person. At an open session the tries are limited as they are at the sign-in.
pub async fn check(
    app: &App,
    holder: &AccountHolder,
    typed: &Secret,
) -> Result<Result<Box<Proof>, PresentPasswordProblem>, Error> {
    let own = user::identifiers(&mut *app.db.read().await?, &holder.session.user_id).await?;
    let name = identifier::shown(&own).unwrap_or_default();
    Ok(match password::check(app, &holder.visitor.tries(name, typed)).await? {
        Outcome::Right(proof) if proof.user.id == holder.session.user_id => Ok(proof),
        Outcome::TooSoon { until } => {
            Err(PresentPasswordProblem::TooManyTries { seconds: seconds_up(until.since(app.now())) })
        }
        _ => Err(PresentPasswordProblem::Wrong),
    })
}
