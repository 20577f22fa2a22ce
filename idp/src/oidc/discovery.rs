//! The provider's description of itself: OpenID Connect Discovery 1.0, RFC 8414.

use serde_json::{Map, Value, json};

use crate::jose::Algorithm;
use crate::oidc::authorization::code_challenge;
use crate::oidc::authorization::prompt::Prompt;
use crate::oidc::authorization::response_mode::ResponseMode;
use crate::oidc::authorization::response_type::ResponseType;
use crate::oidc::claims;
use crate::oidc::claims::acr::Acr;
use crate::oidc::client::metadata::TokenEndpointAuthMethod;
use crate::oidc::scope::ScopeSet;
use crate::oidc::token::grant_type::GrantType;

/// The path of the authorization endpoint below the issuer.
pub const AUTHORIZE: &str = "/authorize";
/// The path of the token endpoint below the issuer.
pub const TOKEN: &str = "/token";
/// The path of the UserInfo endpoint below the issuer.
pub const USERINFO: &str = "/userinfo";
/// The path of the introspection endpoint below the issuer.
pub const INTROSPECT: &str = "/introspect";
/// The path of the revocation endpoint below the issuer.
pub const REVOKE: &str = "/revoke";
/// The path of the end session endpoint below the issuer.
pub const END_SESSION: &str = "/end_session";
/// The path of the key set below the issuer.
pub const JWKS: &str = "/jwks";

/// Below this path of the issuer, bots ask for what is done for the people who write to them. No specification has it.
pub const CHANNELS: &str = "/channels";

/// The endpoints that machines call: they get errors as JSON, also beside the issuer's path.
pub const FOR_MACHINES: [&str; 6] = [TOKEN, USERINFO, INTROSPECT, REVOKE, JWKS, CHANNELS];

/// What differs from one provider to another.
#[derive(Clone, Debug)]
pub struct Provider<'a> {
    /// The issuer, with its path and without a slash at the end.
    pub issuer: &'a str,
    /// The scopes that are known.
    pub scopes: &'a ScopeSet,
    /// Whether people can sign up by themselves.
    pub sign_up: bool,
    /// Whether people can sign in with passkeys.
    pub has_passkeys: bool,
    /// The grants that some client can use: RFC 8414 §2.
    pub grants: &'a [GrantType],
    /// What ID Tokens can be signed with: the configured algorithms that there are keys of.
    pub algorithms: &'a [Algorithm],
    /// The languages of the pages.
    pub ui_locales: &'a [&'a str],
    /// What the operator does with people's data.
    pub policy_uri: Option<&'a str>,
    /// The operator's terms of service.
    pub tos_uri: Option<&'a str>,
}

/// The document: Discovery §3, RFC 8414 §2. What has no elements is left out.
pub fn document(provider: &Provider<'_>) -> Map<String, Value> {
    let url = |path: &str| Value::from(format!("{}{path}", provider.issuer.trim_end_matches('/')));
    let methods: Vec<_> = TokenEndpointAuthMethod::ALL.map(TokenEndpointAuthMethod::as_str).into();
    let with_secret: Vec<_> = methods.iter().filter(|method| **method != "none").collect();
    let grants: Vec<_> = provider.grants.iter().map(|grant| grant.as_str()).collect();
    let protocol_claims = ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"];
    let members = [
        ("issuer", json!(provider.issuer)),
        ("authorization_endpoint", url(AUTHORIZE)),
        ("token_endpoint", url(TOKEN)),
        ("userinfo_endpoint", url(USERINFO)),
        ("jwks_uri", url(JWKS)),
        ("introspection_endpoint", url(INTROSPECT)),
        ("revocation_endpoint", url(REVOKE)),
        ("end_session_endpoint", url(END_SESSION)),
        ("scopes_supported", provider.scopes.iter().collect()),
        ("response_types_supported", json!(ResponseType::ALL.map(ResponseType::as_str))),
        ("response_modes_supported", json!(ResponseMode::ALL.map(ResponseMode::as_str))),
        ("grant_types_supported", json!(grants)),
        ("subject_types_supported", json!(["public"])),
        ("id_token_signing_alg_values_supported", provider.algorithms.iter().map(|a| a.as_str()).collect()),
        ("token_endpoint_auth_methods_supported", json!(methods)),
        ("introspection_endpoint_auth_methods_supported", json!(with_secret)),
        ("revocation_endpoint_auth_methods_supported", json!(methods)),
        ("code_challenge_methods_supported", json!([code_challenge::METHOD])),
        ("prompt_values_supported", json!(Prompt::offered(provider.sign_up))),
        ("acr_values_supported", json!(Acr::supported(provider.has_passkeys).map(Acr::as_str).collect::<Vec<_>>())),
        ("claim_types_supported", json!(["normal"])),
        ("claims_supported", protocol_claims.into_iter().chain(claims::supported()).collect()),
        ("claims_parameter_supported", json!(false)),
        ("request_parameter_supported", json!(false)),
        ("request_uri_parameter_supported", json!(false)),
        ("authorization_response_iss_parameter_supported", json!(true)),
        ("ui_locales_supported", json!(provider.ui_locales)),
        ("op_policy_uri", json!(provider.policy_uri)),
        ("op_tos_uri", json!(provider.tos_uri)),
    ];
    let empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    members.into_iter().filter(|(_, value)| !empty(value)).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Where the document is found, for an issuer with this path (`""` or `"/auth"`): below the issuer (Discovery §4.1)
/// and between host and path (RFC 8414 §3.1), in both places under both names, since clients try them all.
pub fn paths(issuer_path: &str) -> Vec<String> {
    let path = issuer_path.trim_end_matches('/');
    let mut paths = Vec::new();
    for name in ["openid-configuration", "oauth-authorization-server"] {
        for candidate in [format!("{path}/.well-known/{name}"), format!("/.well-known/{name}{path}")] {
            if !paths.contains(&candidate) {
                paths.push(candidate);
            }
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(scopes: &ScopeSet, sign_up: bool) -> Map<String, Value> {
        document(&Provider {
            issuer: "https://op.example/auth",
            scopes,
            sign_up,
            has_passkeys: true,
            grants: &[GrantType::AuthorizationCode, GrantType::RefreshToken],
            algorithms: &[Algorithm::RS256],
            ui_locales: &["en", "ru"],
            policy_uri: None,
            tos_uri: Some("https://op.example/terms"),
        })
    }

    #[test]
    fn every_endpoint_in_the_document_is_for_machines_or_one_of_those_for_people() {
        for (member, value) in provider(&ScopeSet::standard(), true) {
            let path = value.as_str().and_then(|url| url.strip_prefix("https://op.example/auth"));
            if let Some(path) = path.filter(|_| member.ends_with("_endpoint") || member == "jwks_uri") {
                assert!(FOR_MACHINES.contains(&path) || [AUTHORIZE, END_SESSION].contains(&path), "{member}");
            }
        }
    }

    #[test]
    fn the_document_says_what_discovery_asks_for() {
        let document = provider(&ScopeSet::standard(), true);
        for required in [
            "issuer",
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
            "response_types_supported",
            "subject_types_supported",
            "id_token_signing_alg_values_supported",
            "userinfo_endpoint",
            "scopes_supported",
            "claims_supported",
        ] {
            assert!(document.contains_key(required), "{required}");
        }
        assert_eq!(document["token_endpoint"], "https://op.example/auth/token");
        assert_eq!(document["request_uri_parameter_supported"], false, "its default is true");
        assert_eq!(document["grant_types_supported"], json!(["authorization_code", "refresh_token"]));
        assert_eq!(
            document["introspection_endpoint_auth_methods_supported"],
            json!(["client_secret_basic", "client_secret_post"])
        );
        assert_eq!(
            document["prompt_values_supported"],
            json!(["none", "login", "consent", "select_account", "create"])
        );
        assert_eq!(document["op_tos_uri"], "https://op.example/terms");
    }

    #[test]
    fn what_is_empty_or_not_offered_is_not_there() {
        let document = provider(&ScopeSet::default(), false);
        assert!(!document.contains_key("scopes_supported") && !document.contains_key("op_policy_uri"));
        assert_eq!(document["prompt_values_supported"], json!(["none", "login", "consent", "select_account"]));
    }

    #[test]
    fn the_document_is_found_in_both_ways() {
        assert_eq!(paths(""), ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]);
        assert_eq!(
            paths("/auth/"),
            [
                "/auth/.well-known/openid-configuration",
                "/.well-known/openid-configuration/auth",
                "/auth/.well-known/oauth-authorization-server",
                "/.well-known/oauth-authorization-server/auth",
            ]
        );
    }
}
