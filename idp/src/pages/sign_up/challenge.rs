//! The challenge before a sign-up, as the page poses it.

use std::time::Duration;

use crate::app::App;
use crate::base::clock::seconds_up;
use crate::flow::authorization::Step;
use crate::http::error::Error;
use crate::http::request::visitor::Visitor;
use crate::login::challenge::{self, Challenge, Puzzle, Solver, Verdict};
use crate::oidc::params::Params;
use crate::pages::Wording;

/// Why a form was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeProblem {
    /// It came without proof of work that counts, and has to be sent again.
    Unproven,
    /// It came without proof of work, and too early.
    TooEarly {
        /// How long to wait until it can be sent again.
        seconds: u64,
    },
}

impl ChallengeProblem {
    /// The message on the page.
    pub fn wording(self) -> Wording {
        match self {
            Self::Unproven => Wording::new("challenge-unproven"),
            Self::TooEarly { seconds } => Wording::counted("challenge-too-early", "seconds", seconds),
        }
    }

    /// How long to wait.
    pub fn wait(self) -> Option<Duration> {
        match self {
            Self::Unproven => None,
            Self::TooEarly { seconds } => Some(Duration::from_secs(seconds)),
        }
    }
}

fn solver<'a>(visitor: &'a Visitor, step: Option<&'a Step>) -> Solver<'a> {
    let interaction = step.map_or("", |step| step.interaction.id());
    Solver { browser: &visitor.browser, bucket: &visitor.bucket, interaction }
}

/// What the page asks for when it is opened.
pub(super) async fn pose(app: &App, visitor: &Visitor, step: Option<&Step>) -> Option<Puzzle> {
    match Challenge::before_sign_up(app, &visitor.bucket).await {
        Challenge::None => None,
        Challenge::ProofOfWork => Some(challenge::pose(app, solver(visitor, step))),
    }
}

/// What the page asks for if it is shown again, and what is wrong with what was sent.
pub(super) async fn judge(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    params: &Params,
) -> Result<(Option<Puzzle>, Option<ChallengeProblem>), Error> {
    let Some(next) = pose(app, visitor, step).await else { return Ok((None, None)) };
    let (sealed, answer) = (params.get("challenge").unwrap_or_default(), params.get("answer").unwrap_or_default());
    Ok(match challenge::judge(app, solver(visitor, step), sealed, answer.trim()).await? {
        Verdict::Passed => (Some(next), None),
        Verdict::Failed => (Some(next), Some(ChallengeProblem::Unproven)),
        Verdict::Early(wait, same) => (Some(same), Some(ChallengeProblem::TooEarly { seconds: seconds_up(wait) })),
    })
}
