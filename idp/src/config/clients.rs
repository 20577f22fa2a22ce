//! `[[clients]]` and `[[scopes]]`: what is declared in the file instead of kept in the database.

use std::path::PathBuf;
use std::time::Duration;

use super::pages::link;
use super::reader::{between, if_set, rule, section};
use crate::base::secret::Secret;
use crate::jose::Algorithm;
use crate::oidc::client_metadata::{ClientKind, ClientMetadata, TokenEndpointAuthMethod, check_redirect_uri};
use crate::oidc::redirect_uri::origin;
use crate::oidc::resource::{Known, LIFETIMES, Resource, check_identifier, differ};
use crate::oidc::scope::ScopeSet;
use crate::site::Logo;

section! {
    /// A client; it can be changed here only.
    pub struct DeclaredClient("clients") {
        /// The identifier that the client sends.
        client_id: String = String::new(), required();
        /// The name that people are shown.
        name: Option<String> = None, otherwise("the `client_id`");
        /// What kind of application it is.
        kind: ClientKind = ClientKind::Web, required();
        /// The secret; several are accepted at once, so that one can be replaced without an outage. In an environment
        /// variable, write a single secret as it is; write several, or one with a comma, as a list like in the file.
        secrets: Vec<Secret> = vec![],
            must(rule("secrets of at least 16 characters", |all: &Vec<Secret>| all.iter().all(|s| s.expose().len() >= 16))),
            should(rule("secrets of at least 32 characters, since a short one can be guessed: openssl rand -base64 32",
                |all: &Vec<Secret>| all.iter().all(|s| s.expose().chars().count() >= 32)));
        /// The addresses that people may be sent back to, compared letter by letter.
        redirect_uris: Vec<String> = vec![];
        /// The addresses that people may be sent to after they have signed out.
        post_logout_redirect_uris: Vec<String> = vec![];
        /// The origins whose scripts may call the token endpoint, besides, for `spa`, those of its redirect URIs.
        origins: Vec<String> = vec![];
        /// The scopes that it may ask for, separated by spaces.
        scope: Option<ScopeSet> = None, otherwise("as its kind");
        /// How it proves itself at the token endpoint.
        token_endpoint_auth_method: Option<TokenEndpointAuthMethod> = None, otherwise("as its kind; a secret by either way");
        /// Whether it must use PKCE; public clients always must.
        require_pkce: Option<bool> = None, otherwise("true");
        /// Whether its refresh tokens are replaced at each use.
        rotate_refresh_tokens: Option<bool> = None, otherwise("true for public clients");
        /// Whether it is the operator's own, so that people are not asked for consent.
        first_party: bool = false;
        /// What its ID tokens are signed with; one of `tokens.signing_algorithms`.
        id_token_signed_response_alg: Option<Algorithm> = None, otherwise("the first of `tokens.signing_algorithms`");
        /// Whether its ID tokens, too, contain the claims of the granted scopes (name, mail address, …), as many libraries
        /// expect. If false, only UserInfo returns these claims (OpenID Connect Core §5.4).
        id_token_claims: bool = true;
        /// What its access tokens are for when it does not say (RFC 8707).
        default_resources: Vec<String> = vec![];
        /// Further resources that it may ask for, each one of `[[resources]]`.
        resources: Vec<String> = vec![];
        /// The resources that it stands for when it introspects a token.
        resource_identifiers: Vec<String> = vec![];
        /// A file with its picture, of at most 256 KiB (PNG, JPEG, WebP or SVG): pages load nothing from elsewhere.
        logo: Option<PathBuf> = None,
            must(if_set(rule("a picture of at most 256 KiB (PNG, JPEG, WebP or SVG)", |path: &PathBuf| Logo::read(path).is_ok())));
        /// Where its home page is.
        client_uri: Option<String> = None, must(if_set(link(&["https", "http"])));
        /// Where its terms of service are.
        tos_uri: Option<String> = None, must(if_set(link(&["https", "http"])));
        /// Where its privacy policy is.
        policy_uri: Option<String> = None, must(if_set(link(&["https", "http"])));
    }
}

section! {
    /// A scope besides the standard ones.
    pub struct DeclaredScope("scopes") {
        /// The word that clients ask with (RFC 6749 §3.3).
        name: String = String::new(), required(),
            must(rule("one word of visible ASCII without quotes and backslashes",
                |name: &String| !name.contains(' ') && ScopeSet::parse(name).is_ok()));
        /// What people are asked to allow, in their words.
        description: Option<String> = None, otherwise("the `name`");
    }
}

section! {
    /// A resource that access tokens can be for (RFC 8707), such as an API.
    pub struct DeclaredResource("resources") {
        /// The URI that clients name it by in `resource`, and tokens in `aud`.
        identifier: String = String::new(), required(),
            must(rule("an absolute URI without a fragment, such as \"https://api.example.com\"",
                |uri: &String| check_identifier(uri).is_ok()));
        /// The name that people are shown.
        name: Option<String> = None, otherwise("the `identifier`");
        /// The scopes that mean something there and nowhere else, separated by spaces; `[[scopes]]` can put them into words.
        scopes: ScopeSet = ScopeSet::default();
        /// How long access tokens for it are valid; a token for several resources is valid for the shortest of their times.
        access_token: Option<Duration> = None, otherwise("as `tokens.access_token` says"),
            must(if_set(between(LIFETIMES[0], LIFETIMES[1])));
        /// What access tokens for it are signed with; one of `tokens.signing_algorithms`.
        signing_algorithm: Option<Algorithm> = None, otherwise("the first of `tokens.signing_algorithms`");
    }
}

impl DeclaredResource {
    /// The resource that this declares.
    pub fn to_resource(&self) -> Resource {
        Resource {
            identifier: self.identifier.clone(),
            name: self.name.clone().unwrap_or_else(|| self.identifier.clone()),
            scopes: self.scopes.clone(),
            access_token: self.access_token,
            algorithm: self.signing_algorithm,
        }
    }
}

/// A client to be, from whichever door it comes.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// The identifier, if one was chosen.
    pub client_id: Option<String>,
    /// The name that people are shown, if one was chosen.
    pub name: Option<String>,
    /// What kind of application it is.
    pub kind: ClientKind,
    /// What its kind's preset and its own wishes make together.
    pub metadata: ClientMetadata,
    /// The addresses that people may be sent back to.
    pub redirect_uris: Vec<String>,
    /// The addresses that people may be sent to after they have signed out.
    pub post_logout_redirect_uris: Vec<String>,
    /// The origins whose scripts may call the token endpoint.
    pub origins: Vec<String>,
    /// Whether it is the operator's own.
    pub first_party: bool,
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
    /// Whether the client can keep no secret.
    pub fn is_public(&self) -> bool {
        self.metadata.token_endpoint_auth_method == Some(TokenEndpointAuthMethod::None)
    }

    /// Adds the origins of a browser application's redirect URIs: its scripts run there.
    pub fn with_own_origins(mut self) -> Self {
        if self.kind == ClientKind::Spa {
            self.origins.extend(self.redirect_uris.iter().filter_map(|uri| origin(uri)));
            self.origins.sort();
            self.origins.dedup();
        }
        self
    }

    /// What it asks for that this provider does not offer: the member of the metadata and what it should be.
    pub fn not_offered(&self, offered: Offered<'_>) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        for unknown in self.metadata.scope.iter().filter(|scope| !offered.known.scopes.contains(scope)) {
            faults.push((
                "scope",
                format!("there is no scope {unknown:?}; declare it as a table of [[scopes]], or with its resource"),
            ));
        }
        let registered = |uri: &String| offered.known.resources.iter().any(|one| one.identifier == *uri);
        for unknown in self.metadata.resources.iter().filter(|uri| !registered(uri)) {
            faults.push(("resources", format!("there is no resource {unknown:?}")));
        }
        if differ(&self.metadata.default_resources, &offered.known.resources, offered.algorithms) {
            let why = "their tokens want different algorithms, and one token is for all of them; name the others in resources";
            faults.push(("default_resources", why.to_owned()));
        }
        if let Some(algorithm) =
            self.metadata.id_token_signed_response_alg.filter(|it| !offered.algorithms.contains(it))
        {
            let why = format!("{algorithm} is not among tokens.signing_algorithms");
            faults.push(("id_token_signed_response_alg", why));
        }
        faults
    }

    /// All that is wrong with it by itself: the member of the metadata and what it should be.
    pub fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        let mut refuse = |wrong: bool, member: &'static str, why: &str| {
            if wrong {
                faults.push((member, why.to_owned()));
            }
        };
        let service = self.kind == ClientKind::Service;
        let keeps_secrets = matches!(self.kind, ClientKind::Web | ClientKind::Service);
        let well_named = |id: &String| (1..=255).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
        let id = &self.client_id;
        refuse(!id.as_ref().is_none_or(well_named), "client_id", "allowed: 1 to 255 visible ASCII characters");
        // People are asked about it by its name.
        let nameless = self.name.as_ref().is_some_and(|name| !name.chars().any(char::is_alphanumeric));
        refuse(nameless, "name", "allowed: a name that has a letter or a digit");
        let uris = "redirect_uris";
        refuse(!service && self.redirect_uris.is_empty(), uris, "at least one is needed, for this kind");
        refuse(service && !self.redirect_uris.is_empty(), uris, "none is allowed: nobody signs in to a service");
        let method = "token_endpoint_auth_method";
        refuse(service && self.is_public(), method, "allowed: a method with a secret, for this kind");
        refuse(!keeps_secrets && !self.is_public(), method, "allowed: none, since this kind can keep no secret");
        let pkce = "a client without a secret must use PKCE";
        refuse(self.is_public() && !self.metadata.require_pkce, "require_pkce", pkce);
        for (member, uris) in
            [(uris, &self.redirect_uris), ("post_logout_redirect_uris", &self.post_logout_redirect_uris)]
        {
            faults.extend(uris.iter().filter_map(|uri| Some((member, check_redirect_uri(self.kind, uri).err()?))));
        }
        for (member, uris) in [
            ("default_resources", &self.metadata.default_resources),
            ("resources", &self.metadata.resources),
            ("resource_identifiers", &self.metadata.resource_identifiers),
        ] {
            faults.extend(uris.iter().filter_map(|uri| Some((member, check_identifier(uri).err()?))));
        }
        let wrong = self.origins.iter().filter(|text| origin(text).as_ref() != Some(text));
        faults.extend(wrong.map(|text| ("origins", format!("{text:?} is no origin, such as \"https://example.com\""))));
        faults
    }
}

impl DeclaredClient {
    /// The client that this declares.
    pub fn to_new(&self) -> NewClient {
        let mut metadata = self.kind.preset();
        metadata.scope = self.scope.clone().unwrap_or(metadata.scope);
        metadata.token_endpoint_auth_method = self.token_endpoint_auth_method.or(metadata.token_endpoint_auth_method);
        metadata.require_pkce = self.require_pkce.unwrap_or(metadata.require_pkce);
        metadata.rotate_refresh_tokens = self.rotate_refresh_tokens;
        metadata.id_token_signed_response_alg = self.id_token_signed_response_alg;
        metadata.id_token_claims = self.id_token_claims;
        metadata.default_resources.clone_from(&self.default_resources);
        metadata.resources.clone_from(&self.resources);
        metadata.resource_identifiers.clone_from(&self.resource_identifiers);
        // That it can be read has been checked.
        metadata.logo_uri = self.logo.as_deref().and_then(|path| Logo::read(path).ok()).map(|logo| logo.data_url());
        metadata.client_uri.clone_from(&self.client_uri);
        metadata.tos_uri.clone_from(&self.tos_uri);
        metadata.policy_uri.clone_from(&self.policy_uri);
        let new = NewClient {
            client_id: Some(self.client_id.clone()),
            name: self.name.clone(),
            kind: self.kind,
            metadata,
            redirect_uris: self.redirect_uris.clone(),
            post_logout_redirect_uris: self.post_logout_redirect_uris.clone(),
            origins: self.origins.clone(),
            first_party: self.first_party,
        };
        new.with_own_origins()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(kind: ClientKind, redirect_uris: &[&str]) -> NewClient {
        NewClient {
            client_id: None,
            name: None,
            kind,
            metadata: kind.preset(),
            redirect_uris: redirect_uris.iter().map(|uri| (*uri).to_owned()).collect(),
            post_logout_redirect_uris: Vec::new(),
            origins: Vec::new(),
            first_party: false,
        }
    }

    fn faults(client: &NewClient) -> Vec<&'static str> {
        client.faults().into_iter().map(|(member, _)| member).collect()
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
        spa.client_id = Some("my app".to_owned());
        spa.origins = vec!["https://rp.example/".to_owned()];
        assert_eq!(faults(&spa), ["client_id", "require_pkce", "origins"]);
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
        spa.metadata.token_endpoint_auth_method = None;
        assert_eq!(faults(&spa), ["client_id", "token_endpoint_auth_method", "origins"]);
    }

    #[test]
    fn what_this_provider_does_not_offer_is_named_by_its_member() {
        let mut service = client(ClientKind::Service, &[]);
        service.metadata.scope = ScopeSet::parse("read openid").unwrap();
        service.metadata.id_token_signed_response_alg = Some(Algorithm::PS256);
        service.metadata.resources = vec!["https://api.example".to_owned()];
        let known = Known::new(ScopeSet::standard(), Vec::new());
        let not_offered = service.not_offered(Offered { known: &known, algorithms: &[Algorithm::RS256] });
        let members: Vec<_> = not_offered.iter().map(|(member, _)| *member).collect();
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
    }
}
