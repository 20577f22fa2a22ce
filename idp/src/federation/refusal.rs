//! Why nobody comes in by another provider.

use std::fmt;

use crate::oidc::difference::shown;
use crate::outbound::failure::Failure;
use crate::store::ephemeral::Unavailable;

/// Why nobody comes in by another provider. People are told little of it, the operator all.
#[derive(Debug)]
pub enum Refusal {
    /// The person did not want to, or the provider did not let them.
    Denied(String),
    /// The provider lets them in, and the operator does not: what it says about them is not what `allowed` wants.
    NotAllowed,
    /// The provider cannot be asked, or does not answer.
    Unreachable(Failure),
    /// What it answers is not what it has to be.
    Wrong(String),
    /// Our own store did not answer.
    Unavailable(Unavailable),
}

impl Refusal {
    /// What it answers is not what it has to be.
    pub(super) fn wrong(what: impl fmt::Display) -> Self {
        // It may hold what a stranger has written.
        Self::Wrong(shown(&what.to_string()))
    }
}

impl From<Unavailable> for Refusal {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(why) => write!(f, "the provider answered {why}"),
            Self::NotAllowed => f.write_str("the account has none of the claims of which one is needed (allowed)"),
            Self::Unreachable(failure) => failure.fmt(f),
            Self::Wrong(what) => f.write_str(what),
            Self::Unavailable(unavailable) => unavailable.fmt(f),
        }
    }
}
