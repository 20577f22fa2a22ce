//! How a client is listed and shown.

use serde::Serialize;

use crate::base::clock::Timestamp;
use crate::base::network::Network;
use crate::commands::output::{Output, details, table, yes_no};
use crate::jose::Algorithm;
use crate::oidc::client::metadata::{Client, ClientKind, TokenEndpointAuthMethod};
use crate::oidc::token::grant_type::GrantType;
use crate::store::clients::client::Registered;

/// A client as it is listed and shown.
#[derive(Clone, Debug, Serialize)]
pub struct ClientRow {
    /// The identifier.
    pub client_id: String,
    /// The name.
    pub name: String,
    /// The kind.
    pub kind: ClientKind,
    /// The addresses to send people back to.
    pub redirect_uris: Vec<String>,
    /// The addresses to send people to after sign-out.
    pub post_logout_redirect_uris: Vec<String>,
    /// The origins that may call the token endpoint.
    pub origins: Vec<String>,
    /// The scopes that it may ask for.
    pub scope: String,
    /// The grants that it may use.
    pub grant_types: Vec<GrantType>,
    /// The response types that it may ask for.
    pub response_types: Vec<String>,
    /// How it authenticates, if one method was chosen.
    pub token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    /// Whether people are not asked for consent.
    pub first_party: bool,
    /// Whether it must use PKCE.
    pub require_pkce: bool,
    /// Whether its refresh tokens are replaced at each use.
    pub rotate_refresh_tokens: bool,
    /// Whether people need a second factor to sign in to it.
    pub require_second_factor: bool,
    /// Whether people can begin an anonymous account at it.
    pub anonymous_accounts: bool,
    /// The algorithm of its ID tokens, if one was chosen.
    pub id_token_signed_response_alg: Option<Algorithm>,
    /// The algorithm of its access tokens, if one was chosen.
    pub access_token_signed_response_alg: Option<Algorithm>,
    /// Whether its ID tokens hold the claims of the granted scopes, too.
    pub id_token_claims: bool,
    /// The resources of its access tokens if its request names none.
    pub default_resources: Vec<String>,
    /// The other resources that it may ask for.
    pub resources: Vec<String>,
    /// The resources that it stands for.
    pub resource_identifiers: Vec<String>,
    /// The networks that people, or a service, may come from.
    pub allowed_networks: Vec<Network>,
    /// The networks that they may not come from.
    pub denied_networks: Vec<Network>,
    /// The media type of its logo, if it has one.
    pub logo: Option<String>,
    /// Its home page.
    pub client_uri: Option<String>,
    /// Its terms of service.
    pub tos_uri: Option<String>,
    /// Its privacy policy.
    pub policy_uri: Option<String>,
    /// How old a sign-in may be, in seconds.
    pub default_max_age: Option<u64>,
    /// Where it receives a sign-in that begins elsewhere.
    pub initiate_login_uri: Option<String>,
    /// Its contacts.
    pub contacts: Vec<String>,
    /// How many of its secrets are valid.
    pub secrets: usize,
    /// The members that are as usual for its kind.
    pub defaults: Vec<&'static str>,
    /// The algorithm of tokens for which none was chosen.
    #[serde(skip)]
    pub first_algorithm: Option<Algorithm>,
    /// Whether it is disabled.
    pub disabled: bool,
    /// Whether it is declared in the configuration, and can only be changed there.
    pub declared: bool,
    /// When it was added; RFC 3339 in JSON.
    #[serde(serialize_with = "crate::commands::values::rfc3339")]
    pub created_at: Timestamp,
    /// When it was last changed; RFC 3339 in JSON.
    #[serde(serialize_with = "crate::commands::values::rfc3339")]
    pub updated_at: Timestamp,
}

impl ClientRow {
    /// The row of a client.
    pub fn new(registered: &Registered, offered: &[Algorithm]) -> Self {
        let (client, metadata) = (&*registered.client, registered.client.metadata.clone());
        let media_type = |url: &String| url.trim_start_matches("data:").split([';', ',']).next().map(str::to_owned);
        Self {
            client_id: client.client_id.clone(),
            name: client.name.clone(),
            kind: client.kind,
            redirect_uris: client.redirect_uris.clone(),
            post_logout_redirect_uris: client.post_logout_redirect_uris.clone(),
            origins: client.origins.clone(),
            scope: metadata.scope.to_string(),
            grant_types: metadata.grant_types,
            response_types: metadata.response_types,
            token_endpoint_auth_method: metadata.token_endpoint_auth_method,
            first_party: client.first_party,
            require_pkce: client.requires_pkce(),
            rotate_refresh_tokens: client.rotates_refresh_tokens(),
            require_second_factor: metadata.require_second_factor,
            anonymous_accounts: metadata.anonymous_accounts,
            id_token_signed_response_alg: metadata.id_token_signed_response_alg,
            access_token_signed_response_alg: metadata.access_token_signed_response_alg,
            id_token_claims: metadata.id_token_claims,
            default_resources: metadata.default_resources,
            resources: metadata.resources,
            resource_identifiers: metadata.resource_identifiers,
            allowed_networks: metadata.allowed_networks,
            denied_networks: metadata.denied_networks,
            logo: metadata.logo_uri.as_ref().and_then(media_type),
            client_uri: metadata.client_uri,
            tos_uri: metadata.tos_uri,
            policy_uri: metadata.policy_uri,
            default_max_age: metadata.default_max_age,
            initiate_login_uri: metadata.initiate_login_uri,
            contacts: metadata.contacts,
            secrets: registered.secrets.len(),
            defaults: defaults(client),
            first_algorithm: offered.first().copied(),
            disabled: client.disabled,
            declared: registered.declared,
            created_at: client.created_at,
            updated_at: registered.updated_at,
        }
    }

    /// Whether it needs a secret and has none that is valid.
    pub fn is_without_secret(&self) -> bool {
        self.token_endpoint_auth_method != Some(TokenEndpointAuthMethod::None) && self.secrets == 0
    }

    /// The details of the client, one member per line; what is as usual for its kind is marked.
    fn details(&self) -> String {
        let marked = |name: &'static str, value: String| {
            let mark = if self.defaults.contains(&name) && !value.is_empty() { " (default)" } else { "" };
            (name, format!("{value}{mark}"))
        };
        let words = |all: &[String]| all.join(" ");
        let networks = |all: &[Network]| all.iter().map(Network::to_string).collect::<Vec<_>>().join(" ");
        let optional = |value: &Option<String>| value.clone().unwrap_or_default();
        let algorithm = |chosen: Option<Algorithm>| {
            chosen.or(self.first_algorithm).map(Algorithm::as_str).unwrap_or_default().to_owned()
        };
        let either = "client_secret_basic or client_secret_post";
        let method = self.token_endpoint_auth_method.map_or(either, TokenEndpointAuthMethod::as_str);
        let grants: Vec<_> = self.grant_types.iter().map(|grant| grant.as_str()).collect();
        let declared = if self.declared { "yes, and can be changed only there" } else { "no" };
        let public = self.token_endpoint_auth_method == Some(TokenEndpointAuthMethod::None);
        let secrets = if public { "none, since it is public".to_owned() } else { format!("{} valid", self.secrets) };
        details(&[
            ("client_id", self.client_id.clone()),
            marked("name", self.name.clone()),
            ("kind", self.kind.as_str().to_owned()),
            ("redirect_uris", words(&self.redirect_uris)),
            ("post_logout_redirect_uris", words(&self.post_logout_redirect_uris)),
            ("origins", words(&self.origins)),
            marked("scope", self.scope.clone()),
            marked("grant_types", grants.join(" ")),
            marked("response_types", words(&self.response_types)),
            marked("first_party", yes_no(self.first_party)),
            marked("token_endpoint_auth_method", method.to_owned()),
            ("secrets", secrets),
            marked("require_pkce", yes_no(self.require_pkce)),
            marked("rotate_refresh_tokens", yes_no(self.rotate_refresh_tokens)),
            marked("require_second_factor", yes_no(self.require_second_factor)),
            marked("anonymous_accounts", yes_no(self.anonymous_accounts)),
            marked("id_token_signed_response_alg", algorithm(self.id_token_signed_response_alg)),
            marked("access_token_signed_response_alg", algorithm(self.access_token_signed_response_alg)),
            marked("id_token_claims", yes_no(self.id_token_claims)),
            ("default_resources", words(&self.default_resources)),
            ("resources", words(&self.resources)),
            ("resource_identifiers", words(&self.resource_identifiers)),
            ("allowed_networks", networks(&self.allowed_networks)),
            ("denied_networks", networks(&self.denied_networks)),
            ("logo", optional(&self.logo)),
            ("client_uri", optional(&self.client_uri)),
            ("tos_uri", optional(&self.tos_uri)),
            ("policy_uri", optional(&self.policy_uri)),
            ("default_max_age", self.default_max_age.map(|age| format!("{age} s")).unwrap_or_default()),
            ("initiate_login_uri", optional(&self.initiate_login_uri)),
            ("contacts", words(&self.contacts)),
            ("disabled", yes_no(self.disabled)),
            ("declared in the configuration", declared.to_owned()),
            ("created_at", self.created_at.to_string()),
            ("updated_at", self.updated_at.to_string()),
        ])
    }
}

/// The members of a client that are as usual for its kind.
fn defaults(client: &Client) -> Vec<&'static str> {
    let (metadata, preset) = (&client.metadata, client.kind.preset());
    let method = metadata.token_endpoint_auth_method;
    let usual = [
        ("name", client.name == client.client_id),
        ("scope", metadata.scope == preset.scope),
        ("grant_types", metadata.grant_types == preset.grant_types),
        ("response_types", metadata.response_types == preset.response_types),
        ("first_party", !client.first_party),
        ("token_endpoint_auth_method", method == preset.token_endpoint_auth_method),
        ("require_pkce", metadata.require_pkce == preset.require_pkce),
        ("rotate_refresh_tokens", metadata.rotate_refresh_tokens.is_none()),
        ("require_second_factor", !metadata.require_second_factor),
        ("anonymous_accounts", !metadata.anonymous_accounts),
        ("id_token_signed_response_alg", metadata.id_token_signed_response_alg.is_none()),
        ("access_token_signed_response_alg", metadata.access_token_signed_response_alg.is_none()),
        ("id_token_claims", metadata.id_token_claims == preset.id_token_claims),
    ];
    usual.into_iter().filter(|(_, usual)| *usual).map(|(name, _)| name).collect()
}

/// The answer to `client list`.
pub(super) fn list(clients: &[ClientRow]) -> Output {
    let row = |client: &ClientRow| {
        let state = match (client.disabled, client.declared) {
            (true, _) => "disabled",
            (false, true) => "declared",
            (false, false) => "",
        };
        [client.client_id.clone(), client.name.clone(), client.kind.as_str().to_owned(), state.to_owned()]
    };
    let rows: Vec<_> = clients.iter().map(row).collect();
    let none = "There are no clients. Add one: latchkey client add --kind web --redirect-uri https://…";
    Output::new(table(["CLIENT ID", "NAME", "KIND", ""], &rows, none), &clients)
}

/// The answer to `client show`.
pub(super) fn show(client: &ClientRow) -> Output {
    Output::new(client.details(), client)
}

/// The output of a command that has worked on a client: what it has done, and the client.
pub(super) fn with_head(head: &str, client: &ClientRow) -> Output {
    let mut output = show(client);
    output.text = format!("{head}\n\n{}", output.text);
    output
}

#[cfg(test)]
pub(super) fn sample() -> ClientRow {
    let client = Client { client_id: "shop".to_owned(), name: "Shop".to_owned(), ..Client::sample(ClientKind::Web) };
    let registered = Registered {
        client: std::sync::Arc::new(client),
        secrets: Vec::new(),
        declared: false,
        updated_at: Timestamp::from_seconds(0),
    };
    ClientRow::new(&registered, &[Algorithm::RS256])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_listed_in_columns() {
        assert_eq!(list(&[sample()]).text, "CLIENT ID  NAME  KIND\nshop       Shop  web");
        assert!(list(&[]).text.starts_with("There are no clients."));
    }

    #[test]
    fn what_is_as_usual_for_the_kind_is_marked_and_what_was_chosen_is_not() {
        let mut row = sample();
        row.defaults.retain(|name| *name != "id_token_signed_response_alg");
        row.id_token_signed_response_alg = Some(Algorithm::ES256);
        let text = show(&row).text;
        for line in [
            "name                              Shop\n",
            "token_endpoint_auth_method        client_secret_basic or client_secret_post (default)\n",
            "id_token_signed_response_alg      ES256\n",
            "access_token_signed_response_alg  RS256 (default)\n",
            "require_pkce                      yes (default)\n",
            "declared in the configuration     no\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(!text.contains("policy_uri"), "{text}");
    }
}
