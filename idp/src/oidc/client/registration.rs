//! The one validation of a client, whoever registers it: RFC 7591 §2, OpenID Connect Registration §2.

use url::Url;

use crate::jose::Algorithm;
use crate::oidc::client::metadata::{Client, ClientKind, ClientMetadata, TokenEndpointAuthMethod};
use crate::oidc::client::redirect_uri::{check_redirect_uri, origin};
use crate::oidc::resource::{Known, check_identifier, differ};
use crate::oidc::token::grant_type::GrantType;

/// A client that is to be registered or changed, from any source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClient {
    /// The identifier, if one was chosen.
    pub client_id: Option<String>,
    /// The name that people are shown, if one was chosen.
    pub name: Option<String>,
    /// What kind of application it is.
    pub kind: ClientKind,
    /// The preset of its kind, changed by its own settings.
    pub metadata: ClientMetadata,
    /// The addresses that people may be sent back to.
    pub redirect_uris: Vec<String>,
    /// The addresses that people may be sent to after they have signed out.
    pub post_logout_redirect_uris: Vec<String>,
    /// The origins whose scripts may call the token endpoint.
    pub origins: Vec<String>,
    /// Whether it belongs to the operator.
    pub first_party: bool,
}

/// A member of a client's registration that can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Each is the member of this name: RFC 7591 §2, and what this provider adds.
pub enum Member {
    ClientId,
    Name,
    RedirectUris,
    PostLogoutRedirectUris,
    Origins,
    Scope,
    RequirePkce,
    RotateRefreshTokens,
    TokenEndpointAuthMethod,
    IdTokenSignedResponseAlg,
    AccessTokenSignedResponseAlg,
    DefaultResources,
    Resources,
    ResourceIdentifiers,
    ClientUri,
    TosUri,
    PolicyUri,
    AllowedNetworks,
    DeniedNetworks,
    AnonymousAccounts,
}

impl Member {
    /// The member's name, as registration and the configuration spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientId => "client_id",
            Self::Name => "name",
            Self::RedirectUris => "redirect_uris",
            Self::PostLogoutRedirectUris => "post_logout_redirect_uris",
            Self::Origins => "origins",
            Self::Scope => "scope",
            Self::RequirePkce => "require_pkce",
            Self::RotateRefreshTokens => "rotate_refresh_tokens",
            Self::TokenEndpointAuthMethod => "token_endpoint_auth_method",
            Self::IdTokenSignedResponseAlg => "id_token_signed_response_alg",
            Self::AccessTokenSignedResponseAlg => "access_token_signed_response_alg",
            Self::DefaultResources => "default_resources",
            Self::Resources => "resources",
            Self::ResourceIdentifiers => "resource_identifiers",
            Self::ClientUri => "client_uri",
            Self::TosUri => "tos_uri",
            Self::PolicyUri => "policy_uri",
            Self::AllowedNetworks => "allowed_networks",
            Self::DeniedNetworks => "denied_networks",
            Self::AnonymousAccounts => "anonymous_accounts",
        }
    }
}

/// A member that prevents registration: RFC 7591 §3.2.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The member.
    pub member: Member,
    /// What it should be, or why its value is not allowed.
    pub why: String,
}

impl Fault {
    /// A fault of this member.
    pub fn of(member: Member, why: impl Into<String>) -> Self {
        Self { member, why: why.into() }
    }
}

/// A client whose every member is valid, and which asks for nothing that this provider does not offer. Only
/// [`NewClient::validated`] makes one, so that nothing else can be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidClient(NewClient);

impl ValidClient {
    /// The client, to be read.
    pub fn as_new(&self) -> &NewClient {
        &self.0
    }

    /// The client, to be stored.
    pub fn into_new(self) -> NewClient {
        self.0
    }
}

/// What clients can have at this provider.
#[derive(Clone, Copy, Debug)]
pub struct Offered<'a> {
    /// The scopes and resources that are known.
    pub known: &'a Known,
    /// The algorithms that can be signed with.
    pub algorithms: &'a [Algorithm],
}

impl NewClient {
    /// A client with the defaults of its kind only.
    pub fn of_kind(kind: ClientKind) -> Self {
        Self {
            client_id: None,
            name: None,
            kind,
            metadata: kind.preset(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            origins: Vec::new(),
            first_party: false,
        }
    }

    /// A client as it is registered, to be changed.
    pub fn of_client(client: &Client) -> Self {
        Self {
            client_id: Some(client.client_id.clone()),
            name: Some(client.name.clone()),
            kind: client.kind,
            metadata: client.metadata.clone(),
            redirect_uris: client.redirect_uris.clone(),
            post_logout_redirect_uris: client.post_logout_redirect_uris.clone(),
            origins: client.origins.clone(),
            first_party: client.first_party,
        }
    }

    /// Makes it a client of another kind: what was as usual for the old kind becomes as usual for the new one, and the
    /// rest stays.
    pub fn set_kind(&mut self, kind: ClientKind) {
        let (before, after) = (self.kind.preset(), kind.preset());
        self.kind = kind;
        self.metadata.grant_types = after.grant_types;
        self.metadata.response_types = after.response_types;
        if self.metadata.scope == before.scope {
            self.metadata.scope = after.scope;
        }
        if self.metadata.token_endpoint_auth_method == before.token_endpoint_auth_method {
            self.metadata.token_endpoint_auth_method = after.token_endpoint_auth_method;
        }
    }

    /// Validates the client, with the origins of its own pages.
    pub fn validated(self, offered: Offered<'_>) -> Result<ValidClient, Vec<Fault>> {
        let valid = self.with_own_origins();
        let mut faults = valid.faults();
        faults.extend(valid.not_offered(offered));
        if faults.is_empty() { Ok(ValidClient(valid)) } else { Err(faults) }
    }

    /// Whether the client cannot keep a secret.
    pub fn is_public(&self) -> bool {
        self.metadata.token_endpoint_auth_method == Some(TokenEndpointAuthMethod::None)
    }

    /// Adds the origins of a browser application's redirect URIs: its scripts run there.
    pub fn with_own_origins(mut self) -> Self {
        if self.kind == ClientKind::Spa {
            let own = self.own_origins();
            self.origins.extend(own);
            self.origins.sort();
            self.origins.dedup();
        }
        self
    }

    /// Takes the origins of a browser application's redirect URIs away, before these or the kind change.
    pub fn without_own_origins(mut self) -> Self {
        let own = self.own_origins();
        self.origins.retain(|origin| !own.contains(origin));
        self
    }

    /// The origins of the redirect URIs, if its scripts run there.
    pub fn own_origins(&self) -> Vec<String> {
        match self.kind {
            ClientKind::Spa => self.redirect_uris.iter().filter_map(|uri| origin(uri)).collect(),
            ClientKind::Web | ClientKind::Native | ClientKind::Service => Vec::new(),
        }
    }

    /// The requested values that this provider does not offer.
    pub fn not_offered(&self, offered: Offered<'_>) -> Vec<Fault> {
        let mut faults = Vec::new();
        for unknown in self.metadata.scope.iter().filter(|scope| !offered.known.scopes.contains(scope)) {
            let why = format!(
                "no scope {unknown:?} is defined; define it under [[scopes]] in the configuration file, or with the resource \
                 that it belongs to: latchkey resource add https://api.example.com --scope {unknown}"
            );
            faults.push(Fault::of(Member::Scope, why));
        }
        let registered = |uri: &String| offered.known.resources.iter().any(|one| one.identifier == *uri);
        for unknown in self.metadata.resources.iter().filter(|uri| !registered(uri)) {
            let why = format!("there is no resource {unknown:?}; register it with latchkey resource add {unknown}");
            faults.push(Fault::of(Member::Resources, why));
        }
        if differ(&self.metadata, &offered.known.resources, offered.algorithms) {
            let why = "their tokens want different algorithms, and one token is for all of them; name the others in resources";
            faults.push(Fault::of(Member::DefaultResources, why));
        }
        for (member, wanted) in [
            (Member::IdTokenSignedResponseAlg, self.metadata.id_token_signed_response_alg),
            (Member::AccessTokenSignedResponseAlg, self.metadata.access_token_signed_response_alg),
        ] {
            if let Some(algorithm) = wanted.filter(|it| !offered.algorithms.contains(it)) {
                faults.push(Fault::of(member, format!("{algorithm} is not among tokens.signing_algorithms")));
            }
        }
        faults
    }

    /// Every member that is invalid whatever the provider offers.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut refuse = |wrong: bool, member: Member, why: &str| {
            if wrong {
                faults.push(Fault::of(member, why));
            }
        };
        let service = self.kind == ClientKind::Service;
        let keeps_secrets = matches!(self.kind, ClientKind::Web | ClientKind::Service);
        let well_named = |id: &String| (1..=255).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
        let id = &self.client_id;
        refuse(!id.as_ref().is_none_or(well_named), Member::ClientId, "allowed: 1 to 255 visible ASCII characters");
        // The consent page shows people this name.
        let nameless = self.name.as_ref().is_some_and(|name| !name.chars().any(char::is_alphanumeric));
        refuse(nameless, Member::Name, "allowed: a name that has a letter or a digit");
        let uris = Member::RedirectUris;
        refuse(!service && self.redirect_uris.is_empty(), uris, "at least one is needed, for this kind");
        refuse(service && !self.redirect_uris.is_empty(), uris, "none is allowed: nobody signs in to a service");
        let method = Member::TokenEndpointAuthMethod;
        refuse(service && self.is_public(), method, "allowed: a method with a secret, for this kind");
        refuse(!keeps_secrets && !self.is_public(), method, "allowed: none, since this kind can keep no secret");
        let pkce = "a client without a secret must use PKCE";
        refuse(self.is_public() && !self.metadata.require_pkce, Member::RequirePkce, pkce);
        let nobody = "nobody would be admitted: they deny all that is allowed";
        refuse(self.metadata.networks().admits_nobody(), Member::DeniedNetworks, nobody);
        let anonymous = self.metadata.anonymous_accounts;
        let people = self.metadata.grant_types.contains(&GrantType::AuthorizationCode);
        let member = Member::AnonymousAccounts;
        refuse(anonymous && !people, member, "not for a client that nobody signs in to");
        let proves = self.metadata.require_second_factor;
        refuse(
            anonymous && proves,
            member,
            "not with require_second_factor: an anonymous account has no factor at all",
        );
        let rotates = "refresh tokens of a client without a secret are always replaced: RFC 9700 §2.2.2";
        let keeps = self.metadata.rotate_refresh_tokens == Some(false);
        refuse(self.is_public() && keeps, Member::RotateRefreshTokens, rotates);
        for (member, uris) in
            [(uris, &self.redirect_uris), (Member::PostLogoutRedirectUris, &self.post_logout_redirect_uris)]
        {
            let wrong = uris.iter().filter_map(|uri| check_redirect_uri(self.kind, uri).err());
            faults.extend(wrong.map(|why| Fault::of(member, why)));
        }
        for (member, uris) in [
            (Member::DefaultResources, &self.metadata.default_resources),
            (Member::Resources, &self.metadata.resources),
            (Member::ResourceIdentifiers, &self.metadata.resource_identifiers),
        ] {
            faults.extend(uris.iter().filter_map(|uri| Some(Fault::of(member, check_identifier(uri).err()?))));
        }
        // Pages show these as links.
        for (member, uri) in [
            (Member::ClientUri, &self.metadata.client_uri),
            (Member::TosUri, &self.metadata.tos_uri),
            (Member::PolicyUri, &self.metadata.policy_uri),
        ] {
            let web = |uri: &String| Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
            if !uri.as_ref().is_none_or(web) {
                faults.push(Fault::of(member, "allowed: a URL that begins with https: or http:"));
            }
        }
        let wrong = self.origins.iter().filter(|text| origin(text).as_ref() != Some(text));
        let why = |text| format!("{text:?} is no origin, such as \"https://example.com\"");
        faults.extend(wrong.map(|text| Fault::of(Member::Origins, why(text))));
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::resource::Resource;
    use crate::oidc::scope::ScopeSet;

    fn client(kind: ClientKind, redirect_uris: &[&str]) -> NewClient {
        NewClient {
            redirect_uris: redirect_uris.iter().map(|uri| (*uri).to_owned()).collect(),
            ..NewClient::of_kind(kind)
        }
    }

    fn faults(client: &NewClient) -> Vec<&'static str> {
        client.faults().iter().map(|fault| fault.member.as_str()).collect()
    }

    #[test]
    fn each_kind_is_sound_with_its_preset_and_its_redirect_uris() {
        for (kind, uris) in [
            (ClientKind::Web, &["https://rp.example/callback"][..]),
            (ClientKind::Spa, &["http://localhost:3000/"]),
            (ClientKind::Native, &["com.example.app:/callback", "http://127.0.0.1/callback"]),
            (ClientKind::Service, &[]),
        ] {
            assert_eq!(client(kind, uris).faults(), [], "{kind:?}");
        }
    }

    #[test]
    fn what_contradicts_itself_is_named_by_its_member() {
        let uri = &["https://rp.example/callback"][..];
        assert_eq!(faults(&client(ClientKind::Web, &[])), ["redirect_uris"]);
        assert_eq!(faults(&client(ClientKind::Service, uri)), ["redirect_uris"]);
        assert_eq!(faults(&client(ClientKind::Web, &["https://rp.example/#x", "javascript:1"])), ["redirect_uris"; 2]);
        let mut spa = client(ClientKind::Spa, uri);
        spa.metadata.require_pkce = false;
        spa.metadata.rotate_refresh_tokens = Some(false);
        spa.client_id = Some("my app".to_owned());
        spa.origins = vec!["https://rp.example/".to_owned()];
        assert_eq!(faults(&spa), ["client_id", "require_pkce", "rotate_refresh_tokens", "origins"]);
        for nameless in ["", " ", "\u{200b}\u{202e}"] {
            let mut named = client(ClientKind::Web, uri);
            named.name = Some(nameless.to_owned());
            assert_eq!(faults(&named), ["name"], "{nameless:?}");
        }
        let mut service = client(ClientKind::Service, &[]);
        service.metadata.default_resources = vec!["hello world".to_owned(), "https://api.example".to_owned()];
        service.metadata.resource_identifiers = vec!["orders".to_owned()];
        assert_eq!(faults(&service), ["default_resources", "resource_identifiers"]);
        let mut web = client(ClientKind::Web, uri);
        web.post_logout_redirect_uris = vec!["https://rp.example/*".to_owned()];
        assert_eq!(faults(&web), ["post_logout_redirect_uris"]);
        web.metadata.tos_uri = Some("javascript:alert(1)".to_owned());
        web.metadata.policy_uri = Some("https://rp.example/privacy".to_owned());
        assert_eq!(faults(&web), ["post_logout_redirect_uris", "tos_uri"]);
        spa.metadata.token_endpoint_auth_method = None;
        assert_eq!(faults(&spa), ["client_id", "token_endpoint_auth_method", "origins"]);
        let mut closed = client(ClientKind::Web, uri);
        closed.metadata.allowed_networks = vec!["10.1.0.0/16".to_owned().try_into().unwrap()];
        assert_eq!(faults(&closed), [""; 0]);
        closed.metadata.anonymous_accounts = true;
        assert_eq!(faults(&closed), [""; 0]);
        closed.metadata.require_second_factor = true;
        assert_eq!(faults(&closed), ["anonymous_accounts"]);
        closed.metadata.require_second_factor = false;
        service.metadata.anonymous_accounts = true;
        assert_eq!(faults(&service), ["anonymous_accounts", "default_resources", "resource_identifiers"]);
        closed.metadata.denied_networks = vec!["10.0.0.0/8".to_owned().try_into().unwrap()];
        assert_eq!(faults(&closed), ["denied_networks"]);
    }

    #[test]
    fn what_this_provider_does_not_offer_is_named_by_its_member() {
        let mut service = client(ClientKind::Service, &[]);
        service.metadata.scope = ScopeSet::parse("read openid").unwrap();
        service.metadata.id_token_signed_response_alg = Some(Algorithm::PS256);
        service.metadata.resources = vec!["https://api.example".to_owned()];
        let known = Known::new(ScopeSet::standard(), Vec::new());
        let not_offered = service.not_offered(Offered { known: &known, algorithms: &[Algorithm::RS256] });
        let members: Vec<_> = not_offered.iter().map(|fault| fault.member.as_str()).collect();
        assert_eq!(members, ["scope", "resources", "id_token_signed_response_alg"]);
        let api = Resource {
            identifier: "https://api.example".to_owned(),
            name: "Api".to_owned(),
            scopes: ScopeSet::parse("read").unwrap(),
            access_token: None,
            algorithm: None,
        };
        let known = Known::new(ScopeSet::standard(), vec![api]);
        assert_eq!(service.not_offered(Offered { known: &known, algorithms: &[Algorithm::PS256] }), []);
    }

    #[test]
    fn a_browser_application_may_call_from_where_its_redirect_uris_are() {
        let uris = &["https://rp.example/a", "https://rp.example/b", "http://localhost:3000/"];
        assert_eq!(
            client(ClientKind::Spa, uris).with_own_origins().origins,
            ["http://localhost:3000", "https://rp.example"]
        );
        assert_eq!(client(ClientKind::Web, uris).with_own_origins().origins, [""; 0]);
        let mut spa = client(ClientKind::Spa, uris);
        spa.origins = vec!["https://other.example".to_owned()];
        assert_eq!(spa.with_own_origins().without_own_origins().origins, ["https://other.example"]);
    }

    #[test]
    fn a_client_of_another_kind_has_its_presets_and_keeps_what_was_chosen() {
        let mut web = client(ClientKind::Web, &["https://rp.example/callback"]);
        web.set_kind(ClientKind::Spa);
        assert_eq!(web.metadata, ClientKind::Spa.preset());
        web.metadata.scope = ScopeSet::parse("openid").unwrap();
        web.set_kind(ClientKind::Web);
        assert_eq!(web.metadata.token_endpoint_auth_method, None);
        assert_eq!(web.metadata.scope, ScopeSet::parse("openid").unwrap());
        web.set_kind(ClientKind::Service);
        assert_eq!(faults(&web), ["redirect_uris"]);
        assert_eq!(web.metadata.grant_types, ClientKind::Service.preset().grant_types);
    }
}
