//! `latchkey client`.

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::secret::Secret;
use crate::clients;
use crate::commands::output::{Failure, Outcome, Output, details, failed, harmless, table, yes_no};
use crate::commands::values::{algorithms, scope};
use crate::config::Logo;
use crate::jose::Algorithm;
use crate::oidc::client::metadata::Client;
use crate::oidc::client::metadata::{ClientKind, TokenEndpointAuthMethod};
use crate::oidc::client::registration::{Fault, Member, NewClient};
use crate::oidc::scope::ScopeSet;
use crate::resources;
use crate::store::clients::client;
use crate::store::db::Error;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::path::PathBuf;

/// The largest logo of a client, in bytes: it is embedded in every page.
const LARGEST_LOGO: usize = 32 * 1024;

/// What can be done about clients.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Add a client; its secret, if it has one, is shown once
    Add(Box<AddClient>),
    /// List all clients
    List,
    /// Show one client
    Show {
        /// The client's identifier
        client_id: String,
    },
    /// Remove a client, and with it all that it was granted
    Remove {
        /// The client's identifier
        client_id: String,
    },
}

/// A client to add. What is not said is as usual for its kind.
#[derive(Args, Clone, Debug)]
pub struct AddClient {
    /// What kind of application it is: web has a server that keeps a secret, spa runs in the browser, native on a
    /// device, service acts for itself
    #[arg(long, value_parser = kinds())]
    pub kind: ClientKind,
    /// An address that people may be sent back to; may be given several times
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub redirect_uris: Vec<String>,
    /// An address that people may be sent to after they have signed out; may be given several times
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    pub post_logout_redirect_uris: Vec<String>,
    /// An origin whose scripts may call the token endpoint, besides, for spa, those of its redirect URIs; may be given several times
    #[arg(long = "origin", value_name = "ORIGIN")]
    pub origins: Vec<String>,
    /// The name that people are shown [default: the identifier]
    #[arg(long)]
    pub name: Option<String>,
    /// A picture of at most 32 KiB (PNG, JPEG, WebP or SVG) that people are shown beside the name
    #[arg(long, value_name = "FILE")]
    pub logo: Option<PathBuf>,
    /// The identifier [default: a random one]
    #[arg(long)]
    pub client_id: Option<String>,
    /// The scopes that it may ask for, separated by spaces [default: as its kind]
    #[arg(long, value_parser = scope)]
    pub scope: Option<ScopeSet>,
    /// It is our own: people are not asked for consent
    #[arg(long)]
    pub first_party: bool,
    /// How it proves itself at the token endpoint [default: as its kind]
    #[arg(long, value_name = "METHOD", value_parser = methods())]
    pub token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    /// Accept requests without PKCE, from an old client that keeps a secret
    #[arg(long)]
    pub without_pkce: bool,
    /// What its ID tokens are signed with [default: the first of tokens.signing_algorithms]
    #[arg(long, value_name = "ALGORITHM", value_parser = algorithms())]
    pub id_token_signed_response_alg: Option<Algorithm>,
    /// Give the claims of the granted scopes (name, mail address, …) at UserInfo alone, and not in ID tokens
    #[arg(long)]
    pub without_id_token_claims: bool,
    /// A resource that its access tokens are for when it does not say; may be given several times
    #[arg(long = "resource", value_name = "URI")]
    pub default_resources: Vec<String>,
    /// Another resource that it may ask for, registered by latchkey resource; may be given several times
    #[arg(long = "may-ask-for", value_name = "URI")]
    pub resources: Vec<String>,
    /// A resource that it stands for when it introspects a token; may be given several times
    #[arg(long = "resource-identifier", value_name = "URI")]
    pub resource_identifiers: Vec<String>,
}

fn kinds() -> impl TypedValueParser<Value = ClientKind> {
    let unknown = "no such kind";
    PossibleValuesParser::new(ClientKind::ALL.map(ClientKind::as_str))
        .try_map(move |name| ClientKind::from_name(&name).ok_or(unknown))
}

fn methods() -> impl TypedValueParser<Value = TokenEndpointAuthMethod> {
    let all = TokenEndpointAuthMethod::ALL;
    PossibleValuesParser::new(all.map(TokenEndpointAuthMethod::as_str))
        .try_map(move |name| all.into_iter().find(|method| method.as_str() == name).ok_or("no such method"))
}

impl AddClient {
    /// The client to add; an error if its options contradict each other.
    pub fn to_new(&self) -> Result<NewClient, Failure> {
        let mut new = NewClient::of_kind(self.kind);
        let metadata = &mut new.metadata;
        if let Some(file) = &self.logo {
            let logo = Logo::read(file).map_err(|error| Failure::Usage(format!("--logo: {error:#}")))?;
            if logo.bytes.len() > LARGEST_LOGO {
                return Err(Failure::Usage("--logo: the picture is larger than 32 KiB".to_owned()));
            }
            metadata.logo_uri = Some(logo.data_url());
        }
        if let Some(scope) = &self.scope {
            metadata.scope.clone_from(scope);
        }
        metadata.token_endpoint_auth_method = self.token_endpoint_auth_method.or(metadata.token_endpoint_auth_method);
        metadata.require_pkce &= !self.without_pkce;
        metadata.id_token_signed_response_alg = self.id_token_signed_response_alg;
        metadata.id_token_claims = !self.without_id_token_claims;
        metadata.default_resources.clone_from(&self.default_resources);
        metadata.resources.clone_from(&self.resources);
        metadata.resource_identifiers.clone_from(&self.resource_identifiers);
        new.client_id.clone_from(&self.client_id);
        new.name.clone_from(&self.name);
        new.redirect_uris.clone_from(&self.redirect_uris);
        new.post_logout_redirect_uris.clone_from(&self.post_logout_redirect_uris);
        new.origins.clone_from(&self.origins);
        new.first_party = self.first_party;
        let new = new.with_own_origins();
        told(&new.faults())?;
        Ok(new)
    }
}

/// Reports the faults of a client by the options that cause them.
fn told(faults: &[Fault]) -> Result<(), Failure> {
    let option = |member| match member {
        Member::ClientId => "--client-id",
        Member::Name => "--name",
        Member::RedirectUris => "--redirect-uri",
        Member::PostLogoutRedirectUris => "--post-logout-redirect-uri",
        Member::Origins => "--origin",
        Member::Scope => "--scope",
        Member::RequirePkce => "--without-pkce",
        Member::TokenEndpointAuthMethod => "--token-endpoint-auth-method",
        Member::IdTokenSignedResponseAlg => "--id-token-signed-response-alg",
        Member::DefaultResources => "--resource",
        Member::Resources => "--may-ask-for",
        Member::ResourceIdentifiers => "--resource-identifier",
        // These can be set only in the configuration.
        Member::ClientUri | Member::TosUri | Member::PolicyUri => member.as_str(),
    };
    let faults: Vec<_> = faults.iter().map(|Fault { member, why }| format!("{}: {why}", option(*member))).collect();
    if faults.is_empty() { Ok(()) } else { Err(Failure::Usage(faults.join("\n"))) }
}

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
    /// Whether people are not asked for consent.
    pub first_party: bool,
    /// Whether it must use PKCE.
    pub require_pkce: bool,
    /// The algorithm of its ID tokens, if one was chosen.
    pub id_token_signed_response_alg: Option<Algorithm>,
    /// Whether its ID tokens hold the claims of the granted scopes, too.
    pub id_token_claims: bool,
    /// The resources of its access tokens if its request names none.
    pub default_resources: Vec<String>,
    /// The other resources that it may ask for.
    pub resources: Vec<String>,
    /// The resources that it stands for.
    pub resource_identifiers: Vec<String>,
    /// Whether it is disabled.
    pub disabled: bool,
    /// Whether it is declared in the configuration, and can only be changed there.
    pub declared: bool,
    /// When it was added; RFC 3339 in JSON.
    #[serde(serialize_with = "crate::commands::values::rfc3339")]
    pub created_at: Timestamp,
}

/// The output of `client add`; the secret is shown only this once.
pub fn added(client: &ClientRow, secret: Option<&Secret>) -> Output {
    let mut output = show(client);
    let head = format!("Added the client {}.\n\n{}", harmless(&client.client_id), output.text);
    output.text = match secret {
        Some(secret) => format!("{head}\n\nIts secret, which is not shown again:\n\n  {}", secret.expose()),
        None => format!("{head}\n\nIt has no secret; it proves itself by PKCE."),
    };
    if let (Some(secret), Some(json)) = (secret, output.json.as_object_mut()) {
        json.insert("client_secret".to_owned(), secret.expose().into());
    }
    output
}

/// The answer to `client list`.
pub fn list(clients: &[ClientRow]) -> Output {
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
pub fn show(client: &ClientRow) -> Output {
    let text = details(&[
        ("client_id", client.client_id.clone()),
        ("name", client.name.clone()),
        ("kind", client.kind.as_str().to_owned()),
        ("redirect_uris", client.redirect_uris.join(" ")),
        ("post_logout_redirect_uris", client.post_logout_redirect_uris.join(" ")),
        ("origins", client.origins.join(" ")),
        ("scope", client.scope.clone()),
        ("first_party", yes_no(client.first_party)),
        ("require_pkce", yes_no(client.require_pkce)),
        ("id_token_signed_response_alg", client.id_token_signed_response_alg.map_or("", Algorithm::as_str).to_owned()),
        ("id_token_claims", yes_no(client.id_token_claims)),
        ("default_resources", client.default_resources.join(" ")),
        ("resources", client.resources.join(" ")),
        ("resource_identifiers", client.resource_identifiers.join(" ")),
        ("disabled", yes_no(client.disabled)),
        ("declared", yes_no(client.declared)),
        ("created_at", client.created_at.to_string()),
    ]);
    Output::new(text, client)
}

/// The answer to `client remove`.
pub fn removed(client_id: &str) -> Output {
    let text = format!("Removed the client {}, and with it all that it was granted.", harmless(client_id));
    Output::new(text, &serde_json::json!({ "client_id": client_id, "removed": true }))
}

/// There is no such client.
pub fn not_found(client_id: &str) -> Failure {
    Failure::NotFound(format!("There is no client {}.", harmless(client_id)))
}

/// Runs a command on clients.
pub(super) async fn command(app: &App, command: ClientCommand) -> Outcome {
    match command {
        ClientCommand::Add(add) => {
            let new = add.to_new()?;
            let known = resources::known(app).await.map_err(failed)?;
            told(&new.not_offered(app.config.offered(&known)))?;
            let name = new.client_id.clone().unwrap_or_default();
            match clients::add(app, new).await {
                Ok((client, secret)) => Ok(added(&client_row(&client, false), secret.as_ref())),
                Err(Error::Conflict) => Err(Failure::Conflict(format!("There is a client {name} already."))),
                Err(error) => Err(failed(error).into()),
            }
        }
        ClientCommand::List => {
            let all = client::list(&mut *app.db.read().await.map_err(failed)?, app.now()).await.map_err(failed)?;
            let rows: Vec<_> = all.iter().map(|one| client_row(&one.client, one.declared)).collect();
            Ok(list(&rows))
        }
        ClientCommand::Show { client_id } => {
            let mut conn = app.db.read().await.map_err(failed)?;
            match client::find(&mut conn, &client_id, app.now()).await.map_err(failed)? {
                Some(found) => Ok(show(&client_row(&found.client, found.declared))),
                None => Err(not_found(&client_id)),
            }
        }
        ClientCommand::Remove { client_id } => match clients::remove(app, &client_id).await {
            Ok(true) => Ok(removed(&client_id)),
            Ok(false) => Err(not_found(&client_id)),
            Err(Error::Conflict) => Err(Failure::Conflict(format!(
                "The client {client_id} is declared in the configuration file; remove it there."
            ))),
            Err(error) => Err(failed(error).into()),
        },
    }
}

fn client_row(client: &Client, declared: bool) -> ClientRow {
    ClientRow {
        client_id: client.client_id.clone(),
        name: client.name.clone(),
        kind: client.kind,
        redirect_uris: client.redirect_uris.clone(),
        post_logout_redirect_uris: client.post_logout_redirect_uris.clone(),
        origins: client.origins.clone(),
        scope: client.metadata.scope.to_string(),
        first_party: client.first_party,
        require_pkce: client.requires_pkce(),
        id_token_signed_response_alg: client.metadata.id_token_signed_response_alg,
        id_token_claims: client.metadata.id_token_claims,
        default_resources: client.metadata.default_resources.clone(),
        resources: client.metadata.resources.clone(),
        resource_identifiers: client.metadata.resource_identifiers.clone(),
        disabled: client.disabled,
        declared,
        created_at: client.created_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> ClientRow {
        ClientRow {
            client_id: "shop".to_owned(),
            name: "Shop".to_owned(),
            kind: ClientKind::Web,
            redirect_uris: vec!["https://shop.example.com/callback".to_owned()],
            post_logout_redirect_uris: Vec::new(),
            origins: Vec::new(),
            scope: "openid".to_owned(),
            first_party: false,
            require_pkce: true,
            id_token_signed_response_alg: None,
            id_token_claims: true,
            default_resources: Vec::new(),
            resources: Vec::new(),
            resource_identifiers: Vec::new(),
            disabled: false,
            declared: false,
            created_at: Timestamp::from_seconds(0),
        }
    }

    #[test]
    fn a_secret_is_shown_when_a_client_is_added_and_never_else() {
        let secret = Secret::from("lk_cs_x");
        let output = added(&row(), Some(&secret));
        assert!(output.text.contains("lk_cs_x"));
        assert_eq!(output.json["client_secret"], "lk_cs_x");
        assert_eq!(output.json["created_at"], "1970-01-01T00:00:00Z");
        assert_eq!(added(&row(), None).json.get("client_secret"), None);
        assert_eq!(show(&row()).json.get("client_secret"), None);
    }

    #[test]
    fn clients_are_listed_in_columns() {
        assert_eq!(list(&[row()]).text, "CLIENT ID  NAME  KIND\nshop       Shop  web");
        assert!(list(&[]).text.starts_with("There are no clients."));
    }
}
