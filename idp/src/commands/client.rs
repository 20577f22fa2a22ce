//! `latchkey client`.

mod row;
mod secret;
mod settings;

use clap::{Args, Subcommand};

pub use row::ClientRow;
pub use secret::SecretCommand;
use settings::{ListChanges, Settings, Unset, kinds, lines, unsettable};

use crate::app::App;
use crate::base::network::Network;
use crate::base::secret::Secret;
use crate::clients;
use crate::clients::edit::{self, Refused};
use crate::commands::output::{Failure, Outcome, Output, failed, harmless};
use crate::commands::values::network;
use crate::oidc::client::metadata::ClientKind;
use crate::oidc::client::registration::NewClient;
use crate::store::clients::client;
use crate::store::db::Error;

/// What can be done about clients.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Add a client; its secret, if it has one, is shown once
    Add(Box<AddClient>),
    /// Change a client; what is not given stays as it is
    Edit(Box<EditClient>),
    /// List all clients
    List,
    /// Show all settings of a client
    Show {
        /// Client ID
        client_id: String,
    },
    /// Disable a client: it stops working until it is enabled
    Disable {
        /// Client ID
        client_id: String,
    },
    /// Enable a client that is disabled
    Enable {
        /// Client ID
        client_id: String,
    },
    /// Manage the secrets of a client; several work at once, so that one can be replaced without an outage
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Remove a client and everything that it was granted
    Remove {
        /// Client ID
        client_id: String,
    },
}

/// A client to add. What is not given is the default of its kind.
#[derive(Args, Clone, Debug)]
pub struct AddClient {
    /// Kind of application: web runs on a server and keeps a secret, spa runs in the browser, native on a device, service
    /// acts for itself
    #[arg(long, value_parser = kinds())]
    pub kind: ClientKind,
    /// Client ID [default: a random one]
    #[arg(long)]
    pub client_id: Option<String>,
    /// Redirect URI; can be given several times
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub redirect_uris: Vec<String>,
    /// URI to return to after sign-out; can be given several times
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    pub post_logout_redirect_uris: Vec<String>,
    /// Origin whose scripts may call the token endpoint; for spa, those of its redirect URIs may anyway; can be given
    /// several times
    #[arg(long = "origin", value_name = "ORIGIN")]
    pub origins: Vec<String>,
    /// Resource that its access tokens are for when it names none; can be given several times
    #[arg(long = "resource", value_name = "URI")]
    pub default_resources: Vec<String>,
    /// Another resource that it may request, registered by latchkey resource; can be given several times
    #[arg(long = "may-ask-for", value_name = "URI")]
    pub resources: Vec<String>,
    /// Resource that it represents when it introspects tokens; can be given several times
    #[arg(long = "resource-identifier", value_name = "URI")]
    pub resource_identifiers: Vec<String>,
    /// Network that users may sign in from, or that a service may get tokens from; can be given several times [default: every
    /// network that is not denied]
    #[arg(long = "allowed-network", value_name = "CIDR", value_parser = network)]
    pub allowed_networks: Vec<Network>,
    /// Network that they may not come from, even if it lies within an allowed one; can be given several times
    #[arg(long = "denied-network", value_name = "CIDR", value_parser = network)]
    pub denied_networks: Vec<Network>,
    /// The members that have one value
    #[command(flatten)]
    pub settings: Settings,
}

impl AddClient {
    /// The client to add; an error if its options contradict each other.
    pub fn to_new(&self) -> Result<NewClient, Failure> {
        let mut new = NewClient::of_kind(self.kind);
        self.settings.clone().make(self.settings.read_logo()?, &mut new);
        new.metadata.default_resources.clone_from(&self.default_resources);
        new.metadata.resources.clone_from(&self.resources);
        new.metadata.resource_identifiers.clone_from(&self.resource_identifiers);
        new.metadata.allowed_networks.clone_from(&self.allowed_networks);
        new.metadata.denied_networks.clone_from(&self.denied_networks);
        new.client_id.clone_from(&self.client_id);
        new.redirect_uris.clone_from(&self.redirect_uris);
        new.post_logout_redirect_uris.clone_from(&self.post_logout_redirect_uris);
        new.origins.clone_from(&self.origins);
        let faults = new.faults();
        if faults.is_empty() { Ok(new) } else { Err(Failure::Usage(lines(&faults, false))) }
    }
}

/// What is to change of a client.
#[derive(Args, Clone, Debug)]
pub struct EditClient {
    /// Client ID, which cannot be changed
    pub client_id: String,
    /// Kind of application; settings that were the default of the old kind become the default of the new one
    #[arg(long, value_parser = kinds())]
    pub kind: Option<ClientKind>,
    /// The members that have one value
    #[command(flatten)]
    pub settings: Settings,
    /// The members that are lists
    #[command(flatten)]
    pub lists: ListChanges,
    /// Set an option back to its default; can be given several times
    #[arg(long, value_name = "OPTION", value_parser = unsettable())]
    pub unset: Vec<Unset>,
    /// Delete the client's secrets if it becomes public
    #[arg(long)]
    pub yes: bool,
}

/// The output of `client add`; the secret is shown only this once.
pub fn added(client: &ClientRow, secret: Option<&Secret>) -> Output {
    let mut output = row::with_head(&format!("Added client {}.", harmless(&client.client_id)), client);
    let tail = match secret {
        Some(secret) => format!("Its secret, which is not shown again:\n\n  {}", secret.expose()),
        None => "It has no secret: it is public and authenticates by PKCE.".to_owned(),
    };
    output.text = format!("{}\n\n{tail}", output.text);
    if let (Some(secret), Some(json)) = (secret, output.json.as_object_mut()) {
        json.insert("client_secret".to_owned(), secret.expose().into());
    }
    output
}

/// The answer to `client remove`.
pub fn removed(client_id: &str) -> Output {
    let text = format!("Removed client {} and everything that it was granted.", harmless(client_id));
    Output::new(text, &serde_json::json!({ "client_id": client_id, "removed": true }))
}

/// There is no such client.
pub fn not_found(client_id: &str) -> Failure {
    Failure::NotFound(format!("No client found with the client ID {}.", harmless(client_id)))
}

fn refused(why: Refused, client_id: &str) -> Failure {
    let shown = harmless(client_id);
    match why {
        Refused::Unknown => not_found(client_id),
        Refused::Declared => Failure::Conflict(format!(
            "Client {shown} is declared in the configuration file; change it there, under [[clients]] with \
             client_id = {client_id:?}."
        )),
        Refused::LeftFile => Failure::Conflict(format!(
            "Client {shown} is disabled because it is no longer in the configuration file that declared it. Declare it there \
             again, or remove it: latchkey client remove {shown}"
        )),
        Refused::Faults(faults) => Failure::Usage(lines(&faults, true)),
        Refused::LosesSecrets(count) => {
            let secrets = if count == 1 { "Its secret".to_owned() } else { format!("Its {count} secrets") };
            Failure::Usage(format!(
                "Client {shown} would become public. {secrets} would be deleted; to do that, add --yes."
            ))
        }
    }
}

/// Runs a command on clients.
pub(super) async fn command(app: &App, command: ClientCommand) -> Outcome {
    match command {
        ClientCommand::Add(client) => add(app, &client).await,
        ClientCommand::Edit(edit) => change(app, *edit).await,
        ClientCommand::List => {
            let all = client::list(&mut *app.db.read().await.map_err(failed)?, app.now()).await.map_err(failed)?;
            let offered = &app.config.tokens.signing_algorithms;
            Ok(row::list(&all.iter().map(|one| ClientRow::new(one, offered)).collect::<Vec<_>>()))
        }
        ClientCommand::Show { client_id } => Ok(row::show(&read(app, &client_id).await?)),
        ClientCommand::Disable { client_id } => set_disabled(app, &client_id, true).await,
        ClientCommand::Enable { client_id } => set_disabled(app, &client_id, false).await,
        ClientCommand::Secret(command) => secret::command(app, command, refused).await,
        ClientCommand::Remove { client_id } => match clients::remove(app, &client_id).await {
            Ok(true) => Ok(removed(&client_id)),
            Ok(false) => Err(not_found(&client_id)),
            Err(Error::Conflict) => Err(match read(app, &client_id).await {
                Ok(client) if !client.declared => {
                    let shown = harmless(&client_id);
                    Failure::Conflict(format!("Client {shown} was enabled again while it was removed; it stays."))
                }
                _ => refused(Refused::Declared, &client_id),
            }),
            Err(error) => Err(failed(error).into()),
        },
    }
}

async fn read(app: &App, client_id: &str) -> Result<ClientRow, Failure> {
    let found = client::find(&mut *app.db.read().await.map_err(failed)?, client_id, app.now()).await.map_err(failed)?;
    let offered = &app.config.tokens.signing_algorithms;
    found.map(|found| ClientRow::new(&found, offered)).ok_or_else(|| not_found(client_id))
}

async fn add(app: &App, client: &AddClient) -> Outcome {
    let new = client.to_new()?;
    match clients::add(app, new).await {
        Ok(Err(faults)) => Err(Failure::Usage(lines(&faults, false))),
        Ok(Ok((added_now, secret))) => Ok(added(&read(app, &added_now.client_id).await?, secret.as_ref())),
        Err(Error::Conflict) => {
            let name = harmless(client.client_id.as_deref().unwrap_or_default());
            Err(Failure::Conflict(format!("There is already a client with the client ID {name}.")))
        }
        Err(error) => Err(failed(error).into()),
    }
}

async fn change(app: &App, wanted: EditClient) -> Outcome {
    let EditClient { client_id, kind, settings, lists, unset, yes } = wanted;
    if kind.is_none() && unset.is_empty() && settings == Settings::default() && lists == ListChanges::default() {
        let why = "Nothing to change: give at least one option. They are listed by latchkey client edit --help";
        return Err(Failure::Usage(why.to_owned()));
    }
    let logo = settings.read_logo()?;
    let edited = move |new: &mut NewClient| {
        if let Some(kind) = kind {
            new.set_kind(kind);
        }
        for one in unset {
            one.make(new);
        }
        settings.make(logo, new);
        lists.make(new)
    };
    let changed = edit::edit(app, &client_id, yes, edited).await.map_err(failed)?;
    let changed = changed.map_err(|why| refused(why, &client_id))?;
    let shown = harmless(&client_id);
    let mut head = match changed {
        true => format!("Changed client {shown}."),
        false => format!("Nothing to change: client {shown} has these settings already."),
    };
    let client = read(app, &client_id).await?;
    if changed && client.is_without_secret() {
        head = format!("{head} It has no valid secret. Add one: latchkey client secret add {shown}");
    }
    Ok(with_changed(row::with_head(&head, &client), changed))
}

async fn set_disabled(app: &App, client_id: &str, disabled: bool) -> Outcome {
    let changed = edit::set_disabled(app, client_id, disabled).await.map_err(failed)?;
    let shown = harmless(client_id);
    let changed = changed.map_err(|why| match why {
        Refused::Faults(faults) => Failure::Conflict(format!(
            "Client {shown} cannot be enabled as it is. Change it first, with latchkey client edit {shown}:\n{}",
            lines(&faults, true)
        )),
        why => refused(why, client_id),
    })?;
    let text = match (changed, disabled) {
        (true, true) => format!("Disabled client {shown}. What it was granted works again when it is enabled."),
        (true, false) => format!("Enabled client {shown}."),
        (false, true) => format!("Client {shown} is disabled already."),
        (false, false) => format!("Client {shown} is enabled already."),
    };
    Ok(with_changed(Output::new(text, &read(app, client_id).await?), changed))
}

/// Says in the output for programs whether anything has changed.
fn with_changed(mut output: Output, changed: bool) -> Output {
    if let Some(json) = output.json.as_object_mut() {
        json.insert("changed".to_owned(), changed.into());
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_when_a_client_is_added_and_never_else() {
        let secret = Secret::from("lk_cs_x");
        let output = added(&row::sample(), Some(&secret));
        assert!(output.text.contains("lk_cs_x"));
        assert_eq!(output.json["client_secret"], "lk_cs_x");
        assert_eq!(output.json["created_at"], "1970-01-01T00:00:00Z");
        assert_eq!(added(&row::sample(), None).json.get("client_secret"), None);
        assert_eq!(row::show(&row::sample()).json.get("client_secret"), None);
    }
}
