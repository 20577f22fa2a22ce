//! The options of `latchkey client add` and `latchkey client edit`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::base::network::Network;
use crate::commands::output::Failure;
use crate::commands::values::{algorithms, network, scope};
use crate::config::Logo;
use crate::jose::Algorithm;
use crate::oidc::client::metadata::{ClientKind, TokenEndpointAuthMethod};
use crate::oidc::client::registration::{Fault, Member, NewClient};
use crate::oidc::scope::ScopeSet;

/// The largest logo of a client, in KiB: it is embedded in every page.
const LARGEST_LOGO: usize = 32;

/// The members that have one value.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Name shown to users [default: the client ID]
    #[arg(long)]
    pub name: Option<String>,
    /// Logo shown beside the name: a PNG, JPEG, WebP or SVG file of at most 32 KiB
    #[arg(long, value_name = "FILE")]
    pub logo: Option<PathBuf>,
    /// Home page of the application
    #[arg(long, value_name = "URL")]
    pub client_uri: Option<String>,
    /// Terms of service of the application
    #[arg(long, value_name = "URL")]
    pub tos_uri: Option<String>,
    /// Privacy policy of the application
    #[arg(long, value_name = "URL")]
    pub policy_uri: Option<String>,
    /// Scopes that it may request, separated by spaces [default: by kind]
    #[arg(long, value_parser = scope)]
    pub scope: Option<ScopeSet>,
    /// Trust it as one of your own applications: users are not asked for consent [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub first_party: Option<bool>,
    /// How it authenticates at the token endpoint [default: by kind]
    #[arg(long, value_name = "METHOD", value_parser = methods())]
    pub token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    /// Whether it must use PKCE; only a client with a secret can do without [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub require_pkce: Option<bool>,
    /// Whether its refresh tokens are replaced at each use; those of a public client always are [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub rotate_refresh_tokens: Option<bool>,
    /// Whether users need a second factor to sign in to it; those who have none set up an app on the way [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub require_second_factor: Option<bool>,
    /// Whether people can begin an anonymous account at it, without telling who they are, while everybody can sign up [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub anonymous_accounts: Option<bool>,
    /// Algorithm of its ID tokens [default: the first of tokens.signing_algorithms]
    #[arg(long, value_name = "ALGORITHM", value_parser = algorithms())]
    pub id_token_signed_response_alg: Option<Algorithm>,
    /// Algorithm of its access tokens for UserInfo and for resources that are not registered; a registered resource has
    /// its own [default: the first of tokens.signing_algorithms]
    #[arg(long, value_name = "ALGORITHM", value_parser = algorithms())]
    pub access_token_signed_response_alg: Option<Algorithm>,
    /// Whether its ID tokens hold the claims of the granted scopes (name, email address, …), which UserInfo always
    /// returns [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub id_token_claims: Option<bool>,
}

impl Settings {
    /// Reads the logo, as the URL that holds it.
    pub fn read_logo(&self) -> Result<Option<String>, Failure> {
        let Some(file) = &self.logo else { return Ok(None) };
        let logo = Logo::read_within(file, LARGEST_LOGO);
        let logo = logo.map_err(|error| Failure::Usage(format!("--logo: {error:#}")))?;
        Ok(Some(logo.data_url()))
    }

    /// Sets the members that were given.
    pub fn make(self, logo: Option<String>, new: &mut NewClient) {
        let metadata = &mut new.metadata;
        metadata.logo_uri = logo.or(metadata.logo_uri.take());
        metadata.client_uri = self.client_uri.or(metadata.client_uri.take());
        metadata.tos_uri = self.tos_uri.or(metadata.tos_uri.take());
        metadata.policy_uri = self.policy_uri.or(metadata.policy_uri.take());
        if let Some(scope) = self.scope {
            metadata.scope = scope;
        }
        metadata.token_endpoint_auth_method = self.token_endpoint_auth_method.or(metadata.token_endpoint_auth_method);
        metadata.require_pkce = self.require_pkce.unwrap_or(metadata.require_pkce);
        metadata.rotate_refresh_tokens = self.rotate_refresh_tokens.or(metadata.rotate_refresh_tokens);
        metadata.require_second_factor = self.require_second_factor.unwrap_or(metadata.require_second_factor);
        metadata.anonymous_accounts = self.anonymous_accounts.unwrap_or(metadata.anonymous_accounts);
        metadata.id_token_signed_response_alg =
            self.id_token_signed_response_alg.or(metadata.id_token_signed_response_alg);
        metadata.access_token_signed_response_alg =
            self.access_token_signed_response_alg.or(metadata.access_token_signed_response_alg);
        metadata.id_token_claims = self.id_token_claims.unwrap_or(metadata.id_token_claims);
        new.name = self.name.or(new.name.take());
        new.first_party = self.first_party.unwrap_or(new.first_party);
    }
}

/// An option that can be set back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unset(&'static str);

impl Unset {
    /// The options.
    const ALL: [&'static str; 15] = [
        "name",
        "logo",
        "client-uri",
        "tos-uri",
        "policy-uri",
        "scope",
        "first-party",
        "token-endpoint-auth-method",
        "require-pkce",
        "rotate-refresh-tokens",
        "require-second-factor",
        "anonymous-accounts",
        "id-token-signed-response-alg",
        "access-token-signed-response-alg",
        "id-token-claims",
    ];

    /// Sets the member back to the default of the client's kind.
    pub fn make(self, new: &mut NewClient) {
        let (preset, metadata) = (new.kind.preset(), &mut new.metadata);
        match self.0 {
            "name" => new.name = None,
            "logo" => metadata.logo_uri = None,
            "client-uri" => metadata.client_uri = None,
            "tos-uri" => metadata.tos_uri = None,
            "policy-uri" => metadata.policy_uri = None,
            "scope" => metadata.scope = preset.scope,
            "first-party" => new.first_party = false,
            "token-endpoint-auth-method" => metadata.token_endpoint_auth_method = preset.token_endpoint_auth_method,
            "require-pkce" => metadata.require_pkce = preset.require_pkce,
            "rotate-refresh-tokens" => metadata.rotate_refresh_tokens = None,
            "require-second-factor" => metadata.require_second_factor = false,
            "anonymous-accounts" => metadata.anonymous_accounts = false,
            "id-token-signed-response-alg" => metadata.id_token_signed_response_alg = None,
            "access-token-signed-response-alg" => metadata.access_token_signed_response_alg = None,
            _ => metadata.id_token_claims = preset.id_token_claims,
        }
    }
}

pub(super) fn unsettable() -> impl TypedValueParser<Value = Unset> {
    PossibleValuesParser::new(Unset::ALL)
        .try_map(|name| Unset::ALL.into_iter().find(|one| *one == name).map(Unset).ok_or("no such option"))
}

pub(super) fn kinds() -> impl TypedValueParser<Value = ClientKind> {
    let unknown = "no such kind";
    PossibleValuesParser::new(ClientKind::ALL.map(ClientKind::as_str))
        .try_map(move |name| ClientKind::from_name(&name).ok_or(unknown))
}

fn methods() -> impl TypedValueParser<Value = TokenEndpointAuthMethod> {
    let all = TokenEndpointAuthMethod::ALL;
    PossibleValuesParser::new(all.map(TokenEndpointAuthMethod::as_str))
        .try_map(move |name| all.into_iter().find(|method| method.as_str() == name).ok_or("no such method"))
}

/// What is added to the lists of a client, and removed from them. Each can be given several times.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct ListChanges {
    /// Add a redirect URI
    #[arg(long = "add-redirect-uri", value_name = "URI")]
    add_redirect_uris: Vec<String>,
    /// Remove a redirect URI
    #[arg(long = "remove-redirect-uri", value_name = "URI")]
    remove_redirect_uris: Vec<String>,
    /// Add a URI to return to after sign-out
    #[arg(long = "add-post-logout-redirect-uri", value_name = "URI")]
    add_post_logout_redirect_uris: Vec<String>,
    /// Remove a URI to return to after sign-out
    #[arg(long = "remove-post-logout-redirect-uri", value_name = "URI")]
    remove_post_logout_redirect_uris: Vec<String>,
    /// Add an origin whose scripts may call the token endpoint; for spa, those of the redirect URIs come and go with them
    #[arg(long = "add-origin", value_name = "ORIGIN")]
    add_origins: Vec<String>,
    /// Remove an origin
    #[arg(long = "remove-origin", value_name = "ORIGIN")]
    remove_origins: Vec<String>,
    /// Add scopes that it may request, separated by spaces
    #[arg(long = "add-scope", value_name = "SCOPE", value_parser = scope)]
    add_scopes: Vec<ScopeSet>,
    /// Remove scopes, separated by spaces
    #[arg(long = "remove-scope", value_name = "SCOPE", value_parser = scope)]
    remove_scopes: Vec<ScopeSet>,
    /// Add a resource that its access tokens are for when it names none
    #[arg(long = "add-resource", value_name = "URI")]
    add_default_resources: Vec<String>,
    /// Remove a resource that its access tokens are for when it names none
    #[arg(long = "remove-resource", value_name = "URI")]
    remove_default_resources: Vec<String>,
    /// Add another resource that it may request
    #[arg(long = "add-may-ask-for", value_name = "URI")]
    add_resources: Vec<String>,
    /// Remove another resource that it may request
    #[arg(long = "remove-may-ask-for", value_name = "URI")]
    remove_resources: Vec<String>,
    /// Add a resource that it represents when it introspects tokens
    #[arg(long = "add-resource-identifier", value_name = "URI")]
    add_resource_identifiers: Vec<String>,
    /// Remove a resource that it represents
    #[arg(long = "remove-resource-identifier", value_name = "URI")]
    remove_resource_identifiers: Vec<String>,
    /// Add a network that users may sign in from, or that a service may get tokens from
    #[arg(long = "add-allowed-network", value_name = "CIDR", value_parser = network)]
    add_allowed_networks: Vec<Network>,
    /// Remove such a network; without any, they may come from every network that is not denied
    #[arg(long = "remove-allowed-network", value_name = "CIDR", value_parser = network)]
    remove_allowed_networks: Vec<Network>,
    /// Add a network that they may not come from, even if it lies within an allowed one
    #[arg(long = "add-denied-network", value_name = "CIDR", value_parser = network)]
    add_denied_networks: Vec<Network>,
    /// Remove such a network
    #[arg(long = "remove-denied-network", value_name = "CIDR", value_parser = network)]
    remove_denied_networks: Vec<Network>,
}

impl ListChanges {
    /// Removes and adds; what is to be removed and is not there is a fault.
    pub fn make(&self, new: &mut NewClient) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        // The origins of the redirect URIs before they change.
        let own_origins = new.own_origins();
        let words =
            |sets: &[ScopeSet]| -> Vec<String> { sets.iter().flat_map(ScopeSet::iter).map(str::to_owned).collect() };
        let mut scopes: Vec<String> = new.metadata.scope.iter().map(str::to_owned).collect();
        let NewClient { metadata, redirect_uris, post_logout_redirect_uris, origins, .. } = new;
        for (member, list, add, remove) in [
            (Member::RedirectUris, redirect_uris, &self.add_redirect_uris, &self.remove_redirect_uris),
            (
                Member::PostLogoutRedirectUris,
                post_logout_redirect_uris,
                &self.add_post_logout_redirect_uris,
                &self.remove_post_logout_redirect_uris,
            ),
            (Member::Origins, origins, &self.add_origins, &self.remove_origins),
            (Member::Scope, &mut scopes, &words(&self.add_scopes), &words(&self.remove_scopes)),
            (
                Member::DefaultResources,
                &mut metadata.default_resources,
                &self.add_default_resources,
                &self.remove_default_resources,
            ),
            (Member::Resources, &mut metadata.resources, &self.add_resources, &self.remove_resources),
            (
                Member::ResourceIdentifiers,
                &mut metadata.resource_identifiers,
                &self.add_resource_identifiers,
                &self.remove_resource_identifiers,
            ),
        ] {
            faults.extend(changed((member, list), add, remove, &own_origins));
        }
        new.metadata.scope = scopes.into_iter().collect();
        let networks = &mut new.metadata.allowed_networks;
        let (add, remove) = (&self.add_allowed_networks, &self.remove_allowed_networks);
        faults.extend(changed((Member::AllowedNetworks, networks), add, remove, &[]));
        let networks = &mut new.metadata.denied_networks;
        let (add, remove) = (&self.add_denied_networks, &self.remove_denied_networks);
        faults.extend(changed((Member::DeniedNetworks, networks), add, remove, &[]));
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

/// Removes from a list and adds to it; what is to be removed and is not there is a fault.
fn changed<T: Clone + PartialEq + ToString>(
    (member, list): (Member, &mut Vec<T>),
    add: &[T],
    remove: &[T],
    own_origins: &[String],
) -> Vec<Fault> {
    let mut faults = Vec::new();
    for value in remove {
        if list.contains(value) {
            list.retain(|one| one != value);
            continue;
        }
        let shown = value.to_string();
        let why = match list.is_empty() {
            _ if member == Member::Origins && own_origins.contains(&shown) => {
                format!("{shown:?} is the origin of a redirect URI; it goes when that is removed")
            }
            true => format!("{shown:?} cannot be removed: there are none"),
            false => {
                let there: Vec<_> = list.iter().map(ToString::to_string).collect();
                format!("{shown:?} cannot be removed: there are only {}", there.join(" "))
            }
        };
        faults.push(Fault::of(member, why));
    }
    for value in add {
        if !list.contains(value) {
            list.push(value.clone());
        }
    }
    faults
}

/// The faults of a client, each in a line, by the options of `client add` or, for lists when it is edited, by the member.
pub(super) fn lines(faults: &[Fault], editing: bool) -> String {
    let option = |member: Member| match member {
        Member::ClientId => "--client-id",
        Member::Name => "--name",
        Member::Scope => "--scope",
        Member::RequirePkce => "--require-pkce",
        Member::RotateRefreshTokens => "--rotate-refresh-tokens",
        Member::TokenEndpointAuthMethod => "--token-endpoint-auth-method",
        Member::IdTokenSignedResponseAlg => "--id-token-signed-response-alg",
        Member::AccessTokenSignedResponseAlg => "--access-token-signed-response-alg",
        Member::ClientUri => "--client-uri",
        Member::TosUri => "--tos-uri",
        Member::PolicyUri => "--policy-uri",
        // Such a fault may lie in what was there before.
        list if editing => list.as_str(),
        Member::RedirectUris => "--redirect-uri",
        Member::PostLogoutRedirectUris => "--post-logout-redirect-uri",
        Member::Origins => "--origin",
        Member::DefaultResources => "--resource",
        Member::Resources => "--may-ask-for",
        Member::ResourceIdentifiers => "--resource-identifier",
        Member::AllowedNetworks => "--allowed-network",
        Member::DeniedNetworks => "--denied-network",
        Member::AnonymousAccounts => "--anonymous-accounts",
    };
    let faults: Vec<_> = faults.iter().map(|Fault { member, why }| format!("{}: {why}", option(*member))).collect();
    faults.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spa() -> NewClient {
        let mut new = NewClient::of_kind(ClientKind::Spa);
        new.redirect_uris = vec!["https://a.example/".to_owned(), "https://b.example/".to_owned()];
        new
    }

    #[test]
    fn what_is_not_in_a_list_cannot_be_removed_and_what_is_there_is_told() {
        let mut new = spa();
        let changes = ListChanges {
            remove_redirect_uris: vec!["https://c.example/".to_owned(), "https://a.example/".to_owned()],
            remove_origins: vec!["https://b.example".to_owned(), "https://d.example".to_owned()],
            ..ListChanges::default()
        };
        let faults = changes.make(&mut new).unwrap_err();
        let text = lines(&faults, true);
        assert_eq!(
            text,
            "redirect_uris: \"https://c.example/\" cannot be removed: there are only https://a.example/ https://b.example/\n\
             origins: \"https://b.example\" is the origin of a redirect URI; it goes when that is removed\n\
             origins: \"https://d.example\" cannot be removed: there are none"
        );
    }

    /// The options of lists, as a command line has them.
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        lists: ListChanges,
    }

    #[test]
    fn each_option_adds_to_a_list_of_its_own_and_its_twin_removes_from_it() {
        use clap::{CommandFactory, Parser};

        let plain = NewClient { redirect_uris: spa().redirect_uris, ..NewClient::of_kind(ClientKind::Web) };
        let edited = |option: &str, value: &str, before: &NewClient| {
            let mut after = before.clone();
            let line = Line::try_parse_from(["x", &format!("--{option}"), value]).unwrap_or_else(|why| panic!("{why}"));
            line.lists.make(&mut after).unwrap_or_else(|faults| panic!("{option}: {faults:?}"));
            after
        };
        let line = Line::command();
        let options: Vec<_> = line.get_arguments().filter_map(|argument| argument.get_long()).collect();
        let mut results = Vec::new();
        for added in options.iter().filter_map(|option| option.strip_prefix("add-")) {
            let value = match added {
                "scope" => "orders",
                "allowed-network" | "denied-network" => "10.0.0.0/8",
                _ => "https://x.example",
            };
            let after = edited(&format!("add-{added}"), value, &plain);
            assert_ne!(after, plain, "{added}");
            assert_eq!(edited(&format!("remove-{added}"), value, &after), plain, "{added}");
            assert!(!results.contains(&after), "{added} and another option change the same list");
            results.push(after);
        }
        assert_eq!(results.len() * 2, options.len(), "{options:?}");
    }

    #[test]
    fn scopes_are_added_and_removed_word_by_word() {
        let mut new = spa();
        let scopes = |text| vec![ScopeSet::parse(text).unwrap()];
        new.metadata.scope = ScopeSet::parse("openid email phone").unwrap();
        let changes = ListChanges {
            add_scopes: scopes("profile openid"),
            remove_scopes: scopes("email phone"),
            ..ListChanges::default()
        };
        changes.make(&mut new).unwrap();
        assert_eq!(new.metadata.scope.to_string(), "openid profile");
    }

    #[test]
    fn every_single_value_can_be_set_and_set_back() {
        let plain = spa();
        let mut new = spa();
        let settings = Settings {
            name: Some("Shop".to_owned()),
            client_uri: Some("https://a.example".to_owned()),
            tos_uri: Some("https://a.example/tos".to_owned()),
            policy_uri: Some("https://a.example/privacy".to_owned()),
            scope: Some(ScopeSet::parse("openid").unwrap()),
            first_party: Some(true),
            token_endpoint_auth_method: Some(TokenEndpointAuthMethod::ClientSecretBasic),
            require_pkce: Some(false),
            rotate_refresh_tokens: Some(true),
            require_second_factor: Some(true),
            anonymous_accounts: Some(true),
            id_token_signed_response_alg: Some(Algorithm::ES256),
            access_token_signed_response_alg: Some(Algorithm::ES256),
            id_token_claims: Some(false),
            logo: None,
        };
        settings.clone().make(Some("data:".to_owned()), &mut new);
        Settings::default().make(None, &mut new);
        assert_eq!(new.metadata.logo_uri.as_deref(), Some("data:"), "what is not given stays");
        let mut set = new.clone();
        for name in Unset::ALL {
            let before = set.clone();
            Unset(name).make(&mut set);
            assert_ne!(set, before, "{name}");
        }
        assert_eq!(set, plain);
    }
}
