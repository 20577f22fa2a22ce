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

/// How providers say that the person did not want to: RFC 6749 §4.1.2.1, Apple, LinkedIn (both of its words), and Telegram's widget.
const NO: [&str; 5] =
    ["access_denied", "user_cancelled_authorize", "user_cancelled_login", "user_cancelled_signup", "no"];

impl Refusal {
    /// Whether the person did not want to, as far as the provider says so.
    pub fn is_by_person(&self) -> bool {
        let Self::Denied(why) = self else { return false };
        // Behind it there may be a description.
        why.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().is_some_and(|word| NO.contains(&word))
    }

    /// What was expected in its place, for the operator.
    pub const fn expected(&self) -> &'static str {
        match self {
            Self::Denied(_) => "a code",
            Self::NotAllowed => "an account that the provider's `allowed` admits",
            Self::Unreachable(_) | Self::Unavailable(_) => "an answer",
            Self::Wrong(_) => "an answer as the provider has to give it",
        }
    }

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
