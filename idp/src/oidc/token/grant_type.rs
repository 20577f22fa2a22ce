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
    /// By what Telegram gives to a Mini App: an extension grant, RFC 6749 §4.5. Which clients may use it, the channels say.
    #[serde(rename = "urn:latchkey:params:oauth:grant-type:telegram-init-data")]
    TelegramInitData,
    /// For what the client has in place of a grant: RFC 8693. No metadata of a client names it: the configuration says what it may exchange.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:token-exchange")]
    TokenExchange,
}

impl GrantType {
    /// All grants that are offered.
    pub const ALL: [Self; 5] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::TelegramInitData,
        Self::TokenExchange,
    ];

    /// The value of `grant_type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::TelegramInitData => "urn:latchkey:params:oauth:grant-type:telegram-init-data",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
        }
    }

    /// The grant of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == name)
    }
}
