//! The one table of protocol errors.

use std::borrow::Cow;
use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::base::reference::Reference;
use crate::oidc::difference::Difference;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $status:literal, $description:literal;)+) => {
        /// A registered error code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ $name,)+
        }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as it is sent.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The HTTP status if the error is sent as a response and not in a redirect.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The default description.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$name => $description,)+ }
            }
        }
    };
}

codes! {
    /// RFC 6749 §4.1.2.1, §5.2; RFC 6750 §3.1.
    InvalidRequest = "invalid_request", 400, "The request is malformed.";
    /// RFC 6749 §5.2; with a challenge the status is 401.
    InvalidClient = "invalid_client", 400, "The client could not be authenticated.";
    /// RFC 6749 §5.2.
    InvalidGrant = "invalid_grant", 400, "The grant is wrong, expired, used, revoked or another client's.";
    /// RFC 6749 §4.1.2.1, §5.2.
    UnauthorizedClient = "unauthorized_client", 400, "The client may not do this.";
    /// RFC 6749 §5.2.
    UnsupportedGrantType = "unsupported_grant_type", 400, "This grant type is not offered.";
    /// RFC 6749 §4.1.2.1, §5.2.
    InvalidScope = "invalid_scope", 400, "The scope is malformed or more than was granted.";
    /// RFC 6749 §4.1.2.1.
    UnsupportedResponseType = "unsupported_response_type", 400, "This response type is not offered.";
    /// RFC 6749 §4.1.2.1; at the token endpoint RFC 8628 §3.5.
    AccessDenied = "access_denied", 400, "The user refused.";
    /// RFC 6749 §4.1.2.1.
    ServerError = "server_error", 500, "Something went wrong on our side.";
    /// RFC 6749 §4.1.2.1.
    TemporarilyUnavailable = "temporarily_unavailable", 503, "The service is busy; try again shortly.";
    /// RFC 6750 §3.1.
    InvalidToken = "invalid_token", 401, "The access token is wrong, expired or revoked.";
    /// RFC 6750 §3.1.
    InsufficientScope = "insufficient_scope", 403, "The access token was not granted the scope for this.";
    /// OpenID Connect Core §3.1.2.6.
    InteractionRequired = "interaction_required", 400, "The user would have to do something, but nothing may be shown.";
    /// OpenID Connect Core §3.1.2.6.
    LoginRequired = "login_required", 400, "The user would have to sign in.";
    /// OpenID Connect Core §3.1.2.6.
    AccountSelectionRequired = "account_selection_required", 400, "The user would have to choose an account.";
    /// OpenID Connect Core §3.1.2.6.
    ConsentRequired = "consent_required", 400, "The user would have to consent.";
    /// OpenID Connect Core Error Code unmet_authentication_requirements 1.0; RFC 9470 §5.
    UnmetAuthenticationRequirements = "unmet_authentication_requirements", 400, "No class of acr_values can be reached by this user, or was reached by this sign-in.";
    /// OpenID Connect Core §3.1.2.6.
    RequestNotSupported = "request_not_supported", 400, "Request objects are not offered.";
    /// OpenID Connect Core §3.1.2.6.
    RequestUriNotSupported = "request_uri_not_supported", 400, "The parameter request_uri is not offered.";
    /// OpenID Connect Core §3.1.2.6.
    RegistrationNotSupported = "registration_not_supported", 400, "The parameter registration is not offered.";
    /// RFC 8707 §2.
    InvalidTarget = "invalid_target", 400, "The resource is unknown or not allowed.";
}

impl ErrorCode {
    /// Whether it says to a request that may show nothing that the person would have to do something: Core §3.1.2.6.
    pub const fn is_silent(self) -> bool {
        matches!(
            self,
            Self::InteractionRequired | Self::LoginRequired | Self::AccountSelectionRequired | Self::ConsentRequired
        )
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An answer that says what went wrong: RFC 6749 §5.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The registered code, for machines.
    pub code: ErrorCode,
    /// A sentence for the developer of the client.
    pub description: Cow<'static, str>,
    /// Details for the operator's log only; never part of an answer.
    pub difference: Option<Box<Difference>>,
}

impl Error {
    /// An error with this description; characters that RFC 6749 §5.2 does not allow in it become `?`.
    pub fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        let allowed = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
        let mut description = description.into();
        if !description.chars().all(allowed) {
            description = description.chars().map(|c| if allowed(c) { c } else { '?' }).collect::<String>().into();
        }
        Self { code, description, difference: None }
    }

    /// The same error, with what came and what was expected.
    #[must_use]
    pub fn because(self, difference: Difference) -> Self {
        Self { difference: Some(Box::new(difference)), ..self }
    }

    /// `invalid_request` with this description.
    pub fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidRequest, description)
    }

    /// `invalid_grant` with this description.
    pub fn invalid_grant(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidGrant, description)
    }

    /// `invalid_client` with this description.
    pub fn invalid_client(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidClient, description)
    }

    /// The HTTP status of a response with this error.
    pub const fn status(&self) -> u16 {
        self.code.status()
    }
}

/// A description with the reference by which the operator finds out more. Both are within the characters of RFC 6749 §5.2.
pub fn with_reference(description: &str, reference: &Reference) -> String {
    format!("{description} (reference {reference})")
}

impl From<ErrorCode> for Error {
    fn from(code: ErrorCode) -> Self {
        Self { code, description: code.description().into(), difference: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.description)
    }
}

impl std::error::Error for Error {}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut json = serializer.serialize_struct("Error", 2)?;
        json.serialize_field("error", self.code.as_str())?;
        json.serialize_field("error_description", &self.description)?;
        json.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_distinct_and_their_descriptions_within_the_charset() {
        for (i, code) in ErrorCode::ALL.iter().enumerate() {
            assert_eq!(Error::new(*code, code.description()).description, code.description());
            assert!(ErrorCode::ALL[..i].iter().all(|other| other.as_str() != code.as_str()), "{code}");
        }
    }

    #[test]
    fn an_error_is_written_as_the_spec_writes_it() {
        let error = Error::new(ErrorCode::InvalidGrant, "Too late.");
        let json = serde_json::to_string(&error).unwrap();
        assert_eq!(json, r#"{"error":"invalid_grant","error_description":"Too late."}"#);
    }

    proptest! {
        #[test]
        fn no_description_leaves_the_charset(text in "\\PC{0,40}", bytes in any::<String>()) {
            for text in [text, bytes] {
                let error = Error::invalid_request(text);
                prop_assert!(error.description.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)));
            }
        }
    }
}
