//! Answers of the introspection endpoint: RFC 7662 §2.2.

use serde::Serialize;

use crate::base::clock::Timestamp;
use crate::oidc::claims::access_token::AccessToken;
use crate::oidc::client::metadata::Client;
use crate::oidc::scope::ScopeSet;
use crate::oidc::token::response::TokenType;

/// The answer about a token; for an inactive one it says only that it is inactive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Introspection {
    active: bool,
    #[serde(flatten)]
    token: Option<Active>,
}

/// The answer about an active token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Active {
    /// What it is for.
    #[serde(skip_serializing_if = "ScopeSet::is_empty")]
    pub scope: ScopeSet,
    /// Who may use it.
    pub client_id: String,
    /// The name by which its person signs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// How a resource receives it; `None` for a refresh token, which no resource receives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<TokenType>,
    /// When it ends, in seconds.
    pub exp: i64,
    /// When it was made, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// Whose it is.
    pub sub: String,
    /// Where it may be used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aud: Vec<String>,
    /// Who made it.
    pub iss: String,
    /// Its unique name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// Who acts for its person: RFC 8693 §4.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
    /// How strongly its person proved who they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// When they did, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
}

/// Who acts for somebody else: RFC 8693 §4.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Actor {
    /// The client.
    pub sub: String,
}

impl Introspection {
    /// The answer for a token that is unknown, expired, revoked or not visible to the caller.
    pub const fn inactive() -> Self {
        Self { active: false, token: None }
    }

    /// The answer for a token that is active.
    pub const fn active(token: Active) -> Self {
        Self { active: true, token: Some(token) }
    }
}

impl Active {
    /// The answer about an access token.
    pub fn access_token(token: &AccessToken, issuer: &str, username: Option<String>) -> Self {
        Self {
            scope: token.scope.clone(),
            client_id: token.client_id.clone(),
            username,
            token_type: Some(TokenType::Bearer),
            exp: token.expires_at.seconds(),
            iat: Some(token.issued_at.seconds()),
            sub: token.sub.clone(),
            aud: token.audience.clone(),
            iss: issuer.to_owned(),
            jti: Some(token.jti.clone()),
            act: token.actor.clone().map(|sub| Actor { sub }),
            acr: token.acr.clone(),
            auth_time: token.auth_time.map(Timestamp::seconds),
        }
    }
}

/// Whether a client may see a token: one of its own, or one for a resource that it represents (RFC 7662 §4).
pub fn may_see(caller: &Client, client_id: &str, audience: &[String]) -> bool {
    caller.client_id == client_id
        || caller.metadata.resource_identifiers.iter().any(|resource| audience.contains(resource))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::client::metadata::ClientKind;
    use serde_json::json;

    #[test]
    fn of_an_inactive_token_nothing_else_is_told() {
        assert_eq!(serde_json::to_string(&Introspection::inactive()).unwrap(), r#"{"active":false}"#);
    }

    #[test]
    fn of_an_active_token_what_is_known_is_told() {
        let scope = ScopeSet::parse("openid").unwrap();
        let token =
            Active { scope, client_id: "rp".into(), exp: 5, sub: "alice".into(), iss: "i".into(), ..Active::default() };
        assert_eq!(
            serde_json::to_value(Introspection::active(token)).unwrap(),
            json!({ "active": true, "scope": "openid", "client_id": "rp", "exp": 5, "sub": "alice", "iss": "i" })
        );
    }

    #[test]
    fn b16_only_its_client_and_its_resources_see_a_token() {
        let mut caller = Client::sample(ClientKind::Service);
        let audience = ["https://api.example".to_owned()];
        assert!(may_see(&caller, "rp", &[]));
        assert!(!may_see(&caller, "other", &audience));
        caller.metadata.resource_identifiers = audience.to_vec();
        assert!(may_see(&caller, "other", &audience));
        assert!(!may_see(&caller, "other", &[]));
    }
}
