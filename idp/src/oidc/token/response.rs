//! Answers of the token endpoint.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::oidc::scope::ScopeSet;

/// The name of access tokens in an exchange: RFC 8693 §3.
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// How an access token is shown: RFC 6749 §7.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum TokenType {
    /// Whoever bears it may use it: RFC 6750.
    #[default]
    Bearer,
}

/// The tokens in an answer: RFC 6749 §5.1, Core §3.1.3.3.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: String,
    /// How it is shown.
    pub token_type: TokenType,
    /// How many seconds it lives.
    pub expires_in: u64,
    /// What was issued in an exchange: RFC 8693 §2.2.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<&'static str>,
    /// The refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The ID Token, where the scope has `openid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// The granted scope; always sent, though it is required only if it differs from the requested one.
    #[serde(skip_serializing_if = "ScopeSet::is_empty")]
    pub scope: ScopeSet,
}

impl TokenResponse {
    /// An answer with only an access token.
    pub fn new(access_token: String, lifetime: Duration, scope: ScopeSet) -> Self {
        let expires_in = lifetime.as_secs();
        Self {
            access_token,
            token_type: TokenType::Bearer,
            expires_in,
            issued_token_type: None,
            refresh_token: None,
            id_token: None,
            scope,
        }
    }
}

impl fmt::Debug for TokenResponse {
    /// Without the tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenResponse({})", self.scope)
    }
}

/// The answer of a token exchange with a token that another provider has given: RFC 8693 §2.2.1.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct UpstreamTokenResponse {
    /// The access token of the other provider.
    pub access_token: String,
    /// What that is.
    pub issued_token_type: &'static str,
    /// How it is shown there.
    pub token_type: String,
    /// How many seconds it lives, if the provider has said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// For what it is there.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scope: String,
}

impl fmt::Debug for UpstreamTokenResponse {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UpstreamTokenResponse({})", self.scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_not_is_not_written() {
        let mut response = TokenResponse::new("at".to_owned(), Duration::from_secs(600), ScopeSet::default());
        let json = |response: &TokenResponse| serde_json::to_string(response).unwrap();
        assert_eq!(json(&response), r#"{"access_token":"at","token_type":"Bearer","expires_in":600}"#);
        response.refresh_token = Some("rt".to_owned());
        response.id_token = Some("it".to_owned());
        response.scope = ["openid", "email"].into_iter().collect();
        assert_eq!(
            json(&response),
            r#"{"access_token":"at","token_type":"Bearer","expires_in":600,"refresh_token":"rt","id_token":"it","scope":"openid email"}"#
        );
        assert!(!format!("{response:?}").contains("rt"));
    }
}
