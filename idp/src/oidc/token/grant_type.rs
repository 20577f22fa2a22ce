//! `grant_type`: RFC 6749 §1.3.

use serde::{Deserialize, Serialize};

/// A way to get tokens: RFC 6749 §1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// By a code from the authorization endpoint: RFC 6749 §4.1.
    AuthorizationCode,
    /// By a refresh token: RFC 6749 §6.
    RefreshToken,
    /// For the client itself: RFC 6749 §4.4.
    ClientCredentials,
}

impl GrantType {
    /// All grants that are offered.
    pub const ALL: [Self; 3] = [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials];

    /// The value of `grant_type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
        }
    }

    /// The grant of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == name)
    }
}
