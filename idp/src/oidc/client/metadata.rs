//! What is known about a client.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::network::{Network, NetworkRule};
use crate::jose::Algorithm;
use crate::oidc::scope::ScopeSet;
use crate::oidc::token::grant_type::GrantType;

/// The kinds of client that an operator can choose: RFC 6749 §2.1, RFC 8252.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// An application on a server, which can keep a secret.
    Web,
    /// An application in a browser, which cannot.
    Spa,
    /// An application on a person's device, which cannot either.
    Native,
    /// A service that acts for itself and for no person.
    Service,
}

impl ClientKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Web, Self::Spa, Self::Native, Self::Service];

    /// The kind's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Spa => "spa",
            Self::Native => "native",
            Self::Service => "service",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The metadata that a client of this kind begins with.
    pub fn preset(self) -> ClientMetadata {
        let standard = ClientMetadata::default();
        match self {
            Self::Web => standard,
            Self::Spa | Self::Native => {
                ClientMetadata { token_endpoint_auth_method: Some(TokenEndpointAuthMethod::None), ..standard }
            }
            Self::Service => ClientMetadata {
                grant_types: vec![GrantType::ClientCredentials],
                response_types: Vec::new(),
                scope: ScopeSet::default(),
                ..standard
            },
        }
    }
}

/// How a client proves who it is at the token endpoint: Core §9, RFC 7591 §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenEndpointAuthMethod {
    /// Its secret in the `Authorization` header.
    ClientSecretBasic,
    /// Its secret in the body.
    ClientSecretPost,
    /// Not at all: it is a public client.
    None,
}

impl TokenEndpointAuthMethod {
    /// All methods.
    pub const ALL: [Self; 3] = [Self::ClientSecretBasic, Self::ClientSecretPost, Self::None];

    /// The method's registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::None => "none",
        }
    }
}

/// The metadata of a client, with the names and defaults of registration: RFC 7591 §2, OpenID Connect Registration §2.
///
/// Redirect URIs and the name are not among them, since they have tables and columns of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientMetadata {
    /// The grants that the client may use.
    pub grant_types: Vec<GrantType>,
    /// The response types that the client may ask for.
    pub response_types: Vec<String>,
    /// How the client authenticates; if `None`, its secret may come in the header or in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    /// The scopes that the client may be given.
    pub scope: ScopeSet,
    /// A picture of the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// The client's home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// What the client does with people's data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// The client's terms of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// How old a sign-in may be, in seconds, where a request does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u64>,
    /// Whether ID Tokens must say when the person signed in; they always do.
    pub require_auth_time: bool,
    /// What the client's ID Tokens are signed with, if it is not the provider's first algorithm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<Algorithm>,
    /// What the client's access tokens are signed with where no registered resource decides, if it is not the
    /// provider's first algorithm. No specification has this member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_signed_response_alg: Option<Algorithm>,
    /// Whether ID Tokens, too, contain the claims of the granted scopes; if not, only UserInfo returns them (Core
    /// §5.4).
    pub id_token_claims: bool,
    /// Whether a confidential client must use PKCE; a public one always must.
    pub require_pkce: bool,
    /// The audience of access tokens where a request names no resource.
    pub default_resources: Vec<String>,
    /// The registered resources that the client may ask for, besides its default ones: RFC 8707.
    pub resources: Vec<String>,
    /// The resources that the client represents: it may introspect tokens made for them.
    pub resource_identifiers: Vec<String>,
    /// Where the client receives a sign-in that begins elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    /// The contacts of the client: RFC 7591 §2.
    pub contacts: Vec<String>,
    /// Whether people need a second factor to sign in to the client. No specification has this member.
    pub require_second_factor: bool,
    /// Whether people can begin an anonymous account at the client. No specification has this member.
    pub anonymous_accounts: bool,
    /// The networks that people, or the client where it acts for itself, may come from; if empty, all that are not denied. No
    /// specification has this member, nor the next one.
    pub allowed_networks: Vec<Network>,
    /// The networks that they may not come from, even if they are allowed.
    pub denied_networks: Vec<Network>,
    /// Whether a confidential client's refresh tokens rotate; a public one's always do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotate_refresh_tokens: Option<bool>,
}

impl Default for ClientMetadata {
    fn default() -> Self {
        Self {
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            response_types: vec!["code".to_owned()],
            token_endpoint_auth_method: None,
            scope: ScopeSet::standard(),
            logo_uri: None,
            client_uri: None,
            policy_uri: None,
            tos_uri: None,
            default_max_age: None,
            require_auth_time: false,
            id_token_signed_response_alg: None,
            access_token_signed_response_alg: None,
            id_token_claims: true,
            require_pkce: true,
            default_resources: Vec::new(),
            resources: Vec::new(),
            resource_identifiers: Vec::new(),
            initiate_login_uri: None,
            contacts: Vec::new(),
            require_second_factor: false,
            anonymous_accounts: false,
            allowed_networks: Vec::new(),
            denied_networks: Vec::new(),
            rotate_refresh_tokens: None,
        }
    }
}

impl ClientMetadata {
    /// From where people, or the client where it acts for itself, may come.
    pub fn networks(&self) -> NetworkRule<'_> {
        NetworkRule { allowed: &self.allowed_networks, denied: &self.denied_networks }
    }
}

/// A client as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The row.
    pub id: Id,
    /// The name by which requests name it.
    pub client_id: String,
    /// The name by which people know it.
    pub name: String,
    /// What kind of application it is.
    pub kind: ClientKind,
    /// All other metadata of registration.
    pub metadata: ClientMetadata,
    /// Where codes may be sent.
    pub redirect_uris: Vec<String>,
    /// Where people may be sent after signing out.
    pub post_logout_redirect_uris: Vec<String>,
    /// The web origins from which it may call.
    pub origins: Vec<String>,
    /// Whether it belongs to the operator, so that people need not consent to it.
    pub first_party: bool,
    /// Whether it is disabled.
    pub disabled: bool,
    /// Whether it has a secret that is valid.
    pub has_secret: bool,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Client {
    /// Whether the client cannot keep a secret: RFC 6749 §2.1. A confidential client does not become public when its
    /// last secret is removed.
    pub fn is_public(&self) -> bool {
        self.metadata.token_endpoint_auth_method == Some(TokenEndpointAuthMethod::None)
    }

    /// Whether an answer to this address may reach another program than this client: any program on the device can take
    /// a custom scheme or a port, and a public client has no secret to authenticate with. RFC 8252 §8.6.
    pub fn could_be_another(&self, redirect_uri: &str) -> bool {
        let claimed = redirect_uri.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
        self.is_public() && !claimed
    }

    /// Whether the client must use PKCE: RFC 9700 §2.1.1.
    pub fn requires_pkce(&self) -> bool {
        self.is_public() || self.metadata.require_pkce
    }

    /// Whether each use of a refresh token returns a new one: RFC 9700 §4.14.2.
    pub fn rotates_refresh_tokens(&self) -> bool {
        self.is_public() || self.metadata.rotate_refresh_tokens == Some(true)
    }

    /// Which of the provider's algorithms signs the client's ID Tokens; `None` if the client requires another.
    ///
    /// The first release stored RS256 if no algorithm was chosen. So if RS256 is not offered, the first algorithm is
    /// used.
    pub fn id_token_algorithm(&self, offered: &[Algorithm]) -> Option<Algorithm> {
        match self.metadata.id_token_signed_response_alg {
            Some(wanted) if offered.contains(&wanted) => Some(wanted),
            None | Some(Algorithm::RS256) => offered.first().copied(),
            Some(_) => None,
        }
    }

    /// Whether people can begin an anonymous account at the client. Where a second factor is required, they cannot.
    pub fn begins_anonymous_accounts(&self) -> bool {
        self.metadata.anonymous_accounts && !self.metadata.require_second_factor
    }

    /// From where people, or the client where it acts for itself, may come.
    pub fn networks(&self) -> NetworkRule<'_> {
        self.metadata.networks()
    }

    /// Whether the client may use this grant.
    pub fn allows_grant(&self, grant: GrantType) -> bool {
        self.metadata.grant_types.contains(&grant)
    }

    /// The part of this scope that the client may be given.
    pub fn allowed_scope(&self, scope: &ScopeSet) -> ScopeSet {
        scope.intersection(&self.metadata.scope)
    }

    #[cfg(test)]
    pub(crate) fn sample(kind: ClientKind) -> Self {
        let redirect_uri = match kind {
            ClientKind::Native => "http://127.0.0.1/callback",
            _ => "https://rp.example/callback?tenant=1",
        };
        Self {
            id: "client-row".into(),
            client_id: "rp".to_owned(),
            name: "A relying party".to_owned(),
            kind,
            metadata: kind.preset(),
            redirect_uris: vec![redirect_uri.to_owned()],
            post_logout_redirect_uris: vec!["https://rp.example/bye".to_owned()],
            origins: Vec::new(),
            first_party: false,
            disabled: false,
            has_secret: true,
            created_at: Timestamp::from_seconds(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_what_each_kind_needs() {
        for (kind, public, grants) in [
            (ClientKind::Web, false, vec![GrantType::AuthorizationCode, GrantType::RefreshToken]),
            (ClientKind::Spa, true, vec![GrantType::AuthorizationCode, GrantType::RefreshToken]),
            (ClientKind::Native, true, vec![GrantType::AuthorizationCode, GrantType::RefreshToken]),
            (ClientKind::Service, false, vec![GrantType::ClientCredentials]),
        ] {
            let client = Client::sample(kind);
            assert_eq!((client.is_public(), &client.metadata.grant_types), (public, &grants), "{kind:?}");
            assert!(client.requires_pkce());
            assert_eq!(client.rotates_refresh_tokens(), public);
        }
    }

    #[test]
    fn a_public_client_cannot_opt_out_of_pkce_or_rotation() {
        let mut client = Client::sample(ClientKind::Spa);
        client.metadata.require_pkce = false;
        client.metadata.rotate_refresh_tokens = Some(false);
        assert!(client.requires_pkce() && client.rotates_refresh_tokens());
    }

    #[test]
    fn e7_only_a_public_client_on_a_device_could_be_another() {
        for (kind, redirect_uri, could) in [
            (ClientKind::Native, "http://127.0.0.1/callback", true),
            (ClientKind::Native, "com.example.app:/callback", true),
            (ClientKind::Native, "https://app.example/callback", false),
            (ClientKind::Spa, "http://localhost:3000/callback", true),
            (ClientKind::Spa, "https://app.example/callback", false),
            (ClientKind::Web, "http://127.0.0.1/callback", false),
        ] {
            assert_eq!(Client::sample(kind).could_be_another(redirect_uri), could, "{kind:?} {redirect_uri}");
        }
    }

    #[test]
    fn a_client_without_a_valid_secret_does_not_become_public() {
        let client = Client { has_secret: false, ..Client::sample(ClientKind::Web) };
        assert!(!client.is_public());
    }

    #[test]
    fn id_tokens_are_signed_as_the_client_says_and_else_by_the_first_algorithm() {
        use Algorithm::{ES256, PS256, RS256};
        let of = |said: Option<Algorithm>, offered: &[Algorithm]| {
            let mut client = Client::sample(ClientKind::Web);
            client.metadata.id_token_signed_response_alg = said;
            client.id_token_algorithm(offered)
        };
        assert_eq!(of(None, &[ES256, RS256]), Some(ES256));
        assert_eq!(of(Some(RS256), &[ES256, RS256]), Some(RS256));
        assert_eq!(of(Some(RS256), &[ES256]), Some(ES256), "the default of rows that are older");
        assert_eq!(of(Some(PS256), &[ES256, RS256]), None);
    }

    #[test]
    fn metadata_are_kept_and_what_is_unknown_is_ignored() {
        let metadata = ClientKind::Native.preset();
        let json = serde_json::to_string(&metadata).unwrap();
        assert_eq!(serde_json::from_str::<ClientMetadata>(&json).unwrap(), metadata);
        let read: ClientMetadata = serde_json::from_str(r#"{"token_endpoint_auth_method":"none","x":1}"#).unwrap();
        assert_eq!(read, metadata);
    }
}
