//! What is wrong with the form of a sign-up.

use std::time::Duration;

use super::challenge::ChallengeProblem;
use crate::account::sign_up::Refusal;
use crate::base::clock::seconds_up;
use crate::http::error::Error;
use crate::pages::Wording;
use crate::pages::new_password::PasswordProblem;

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpField {
    /// The code of an invitation.
    Invitation,
    /// The username.
    Username,
    /// The mail address.
    Email,
    /// The person's name.
    Name,
    /// The password.
    Password,
    /// The box for the terms.
    Terms,
}

impl SignUpField {
    /// The field's name in the form.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Username => "username",
            Self::Email => "email",
            Self::Name => "name",
            Self::Password => "password",
            Self::Terms => "terms",
        }
    }
}

/// An error in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpProblem {
    /// No invitation was typed, and one is needed.
    InvitationMissing,
    /// The invitation is none, works no more, or is for another address.
    InvitationInvalid,
    /// No username was typed.
    UsernameMissing,
    /// It is no username.
    UsernameMalformed,
    /// Somebody has the username, or one that looks like it.
    UsernameTaken,
    /// No mail address was typed.
    EmailMissing,
    /// It is not a mail address.
    EmailMalformed,
    /// No account can be made with an address of this domain.
    EmailDomain,
    /// The mail address belongs to an account.
    EmailTaken,
    /// The name is too long.
    NameTooLong,
    /// The password was not accepted.
    Password(PasswordProblem),
    /// The terms were not accepted.
    TermsNotAccepted,
    /// The anonymous account that was to be kept is there no more, or somebody's already.
    NothingToKeep,
    /// The work was not proven.
    Challenge(ChallengeProblem),
    /// Too many sign-ups, or wrong invitations, from this network.
    TooMany {
        /// How long to wait, in seconds.
        seconds: u64,
    },
}

impl SignUpProblem {
    /// The problem if a form is not looked at because of its network.
    pub(super) fn too_many(wait: Duration) -> Self {
        Self::TooMany { seconds: seconds_up(wait) }
    }

    /// The field with the error.
    pub fn field(self) -> SignUpField {
        match self {
            Self::InvitationMissing | Self::InvitationInvalid => SignUpField::Invitation,
            Self::UsernameMissing | Self::UsernameMalformed | Self::UsernameTaken => SignUpField::Username,
            Self::EmailMissing | Self::EmailMalformed | Self::EmailDomain | Self::EmailTaken => SignUpField::Email,
            Self::NameTooLong => SignUpField::Name,
            Self::TermsNotAccepted => SignUpField::Terms,
            // Whatever else is asked for, the password has to be typed again.
            Self::Password(_) | Self::NothingToKeep | Self::Challenge(_) | Self::TooMany { .. } => {
                SignUpField::Password
            }
        }
    }

    /// How long to wait.
    pub(super) fn wait(self) -> Option<Duration> {
        match self {
            Self::Challenge(problem) => problem.wait(),
            Self::TooMany { seconds } => Some(Duration::from_secs(seconds)),
            _ => None,
        }
    }

    /// The message on the page.
    pub fn wording(self) -> Wording {
        match self {
            Self::InvitationMissing => Wording::new("sign-up-invitation-missing"),
            Self::InvitationInvalid => Wording::new("sign-up-invitation-invalid"),
            Self::UsernameMissing => Wording::new("sign-up-username-missing"),
            Self::UsernameMalformed => Wording::new("sign-up-username-malformed"),
            Self::UsernameTaken => Wording::new("sign-up-username-taken"),
            Self::EmailMissing => Wording::new("sign-up-email-missing"),
            Self::EmailMalformed => Wording::new("sign-up-email-malformed"),
            Self::EmailDomain => Wording::new("sign-up-email-domain"),
            Self::EmailTaken => Wording::new("sign-up-email-taken"),
            Self::NameTooLong => Wording::new("sign-up-name-too-long"),
            Self::NothingToKeep => Wording::new("sign-up-nothing-to-keep"),
            Self::Password(problem) => problem.wording(),
            Self::TermsNotAccepted => Wording::new("sign-up-terms-missing"),
            Self::Challenge(problem) => problem.wording(),
            Self::TooMany { seconds } => Wording::counted("sign-in-too-many-tries", "seconds", seconds),
        }
    }
}

/// What the page says of a refusal.
pub(super) fn refused(refusal: Refusal) -> Result<SignUpProblem, Error> {
    match refusal {
        Refusal::Closed => Err(Error::SignUpOff),
        Refusal::Invitation => Ok(SignUpProblem::InvitationInvalid),
        Refusal::Domain => Ok(SignUpProblem::EmailDomain),
    }
}
