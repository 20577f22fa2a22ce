//! `[[clients]]`, `[[scopes]]` and `[[resources]]`: what is declared in the file instead of kept in the database.

use std::path::PathBuf;
use std::time::Duration;

use super::logo::Logo;
use super::pages::link;
use super::reader::{between, if_set, rule, section};
use crate::base::network::Network;
use crate::base::secret::Secret;
use crate::jose::Algorithm;
use crate::oidc::client::metadata::{ClientKind, TokenEndpointAuthMethod};
use crate::oidc::client::registration::NewClient;
use crate::oidc::resource::{LIFETIMES, Resource, check_identifier};
use crate::oidc::scope::ScopeSet;

section! {
    /// A client that is declared here, and can only be changed here.
    pub struct DeclaredClient("clients") {
        /// The identifier that the client sends.
        client_id: String = String::new(), required();
        /// The name that people see.
        name: Option<String> = None, otherwise("the `client_id`");
        /// The kind of application.
        kind: ClientKind = ClientKind::Web, required();
        /// The secret; several are accepted at once, so that one can be replaced without an outage. In an environment
        /// variable, write a single secret as it is; write several, or one with a comma, as a list like in the file.
        secrets: Vec<Secret> = vec![],
            must(rule("secrets of at least 16 characters", |all: &Vec<Secret>| all.iter().all(|s| s.expose().len() >= 16))),
            should(rule("secrets of at least 32 characters, since a short one can be guessed: openssl rand -base64 32",
                |all: &Vec<Secret>| all.iter().all(|s| s.expose().chars().count() >= 32)));
        /// The addresses that people may be sent back to, compared character by character.
        redirect_uris: Vec<String> = vec![];
        /// The addresses that people may be sent to after they have signed out.
        post_logout_redirect_uris: Vec<String> = vec![];
        /// The origins whose scripts may call the token endpoint, besides, for `spa`, those of its redirect URIs.
        origins: Vec<String> = vec![];
        /// The scopes that it may ask for, separated by spaces.
        scope: Option<ScopeSet> = None, otherwise("by its kind");
        /// How it authenticates at the token endpoint.
        token_endpoint_auth_method: Option<TokenEndpointAuthMethod> = None, otherwise("by its kind: none, or a secret in the header or the body");
        /// Whether it must use PKCE; public clients always must.
        require_pkce: Option<bool> = None, otherwise("true");
        /// Whether a refresh token is replaced at each use.
        rotate_refresh_tokens: Option<bool> = None, otherwise("true for public clients");
        /// Whether it is the operator's own, so that people are not asked for consent.
        first_party: bool = false;
        /// Whether people need a second factor to sign in to it. Who has none sets up an app on the way.
        require_second_factor: bool = false;
        /// Whether people can begin an anonymous account at it, without telling who they are, where `login.sign_up` is open to everybody.
        anonymous_accounts: bool = false;
        /// The addresses and ranges from which people may sign in to it; for a public client also those from which it may use
        /// the token endpoint, and for a service those from which it may get tokens for itself.
        allowed_networks: Vec<Network> = vec![], otherwise("every address that is not denied");
        /// The addresses and ranges from which they may not, even if they lie within an allowed one.
        denied_networks: Vec<Network> = vec![];
        /// What its ID tokens are signed with; one of `tokens.signing_algorithms`.
        id_token_signed_response_alg: Option<Algorithm> = None, otherwise("the first of `tokens.signing_algorithms`");
        /// What its access tokens are signed with where no registered resource decides; one of
        /// `tokens.signing_algorithms`.
        access_token_signed_response_alg: Option<Algorithm> = None, otherwise("the first of `tokens.signing_algorithms`");
        /// Whether its ID tokens, too, contain the claims of the granted scopes (name, email address, …), as many
        /// libraries expect. If false, only UserInfo returns these claims (OpenID Connect Core §5.4).
        id_token_claims: bool = true;
        /// The resources that its access tokens are for if a request names none (RFC 8707).
        default_resources: Vec<String> = vec![];
        /// Further resources that it may ask for; each must be one of `[[resources]]`.
        resources: Vec<String> = vec![];
        /// The resources for which it introspects tokens.
        resource_identifiers: Vec<String> = vec![];
        /// A file with its logo, of at most 256 KiB (PNG, JPEG, WebP or SVG): pages load nothing from elsewhere.
        logo: Option<PathBuf> = None,
            must(if_set(rule("a picture of at most 256 KiB (PNG, JPEG, WebP or SVG)", |path: &PathBuf| Logo::read(path).is_ok())));
        /// Its home page.
        client_uri: Option<String> = None, must(if_set(link(&["https", "http"])));
        /// Its terms of service.
        tos_uri: Option<String> = None, must(if_set(link(&["https", "http"])));
        /// Its privacy policy.
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
        /// What people are asked to allow, in words for them.
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
        /// The name that people see.
        name: Option<String> = None, otherwise("the `identifier`");
        /// The scopes that belong to this resource alone, separated by spaces; `[[scopes]]` can describe them.
        scopes: ScopeSet = ScopeSet::default();
        /// How long access tokens for it are valid; a token for several resources is valid for the shortest of their
        /// lifetimes.
        access_token: Option<Duration> = None, otherwise("that of `tokens.access_token`"),
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

impl DeclaredClient {
    /// The client that this declares.
    pub fn to_new(&self) -> NewClient {
        let mut new = NewClient::of_kind(self.kind);
        let metadata = &mut new.metadata;
        if let Some(scope) = &self.scope {
            metadata.scope.clone_from(scope);
        }
        metadata.token_endpoint_auth_method = self.token_endpoint_auth_method.or(metadata.token_endpoint_auth_method);
        metadata.require_pkce = self.require_pkce.unwrap_or(metadata.require_pkce);
        metadata.rotate_refresh_tokens = self.rotate_refresh_tokens;
        metadata.require_second_factor = self.require_second_factor;
        metadata.anonymous_accounts = self.anonymous_accounts;
        metadata.allowed_networks.clone_from(&self.allowed_networks);
        metadata.denied_networks.clone_from(&self.denied_networks);
        metadata.id_token_signed_response_alg = self.id_token_signed_response_alg;
        metadata.access_token_signed_response_alg = self.access_token_signed_response_alg;
        metadata.id_token_claims = self.id_token_claims;
        metadata.default_resources.clone_from(&self.default_resources);
        metadata.resources.clone_from(&self.resources);
        metadata.resource_identifiers.clone_from(&self.resource_identifiers);
        // That it can be read has been checked.
        metadata.logo_uri = self.logo.as_deref().and_then(|path| Logo::read(path).ok()).map(|logo| logo.data_url());
        metadata.client_uri.clone_from(&self.client_uri);
        metadata.tos_uri.clone_from(&self.tos_uri);
        metadata.policy_uri.clone_from(&self.policy_uri);
        new.client_id = Some(self.client_id.clone());
        new.name.clone_from(&self.name);
        new.redirect_uris.clone_from(&self.redirect_uris);
        new.post_logout_redirect_uris.clone_from(&self.post_logout_redirect_uris);
        new.origins.clone_from(&self.origins);
        new.first_party = self.first_party;
        new.with_own_origins()
    }
}
