//! `latchkey client secret`.

use std::time::Duration;

use clap::Subcommand;
use serde::Serialize;
use serde_json::json;

use crate::app::App;
use crate::clients::edit;
use crate::clients::secrets::{self, Known, Refused};
use crate::commands::output::{Failure, Outcome, Output, failed, harmless, table};
use crate::commands::values::duration;

/// The shortest lifetime of a secret.
const SHORTEST: Duration = Duration::from_secs(60);

/// What can be done about the secrets of a client.
#[derive(Clone, Debug, Subcommand)]
pub enum SecretCommand {
    /// Add a secret and show it once; the others keep working
    Add {
        /// Client ID
        client_id: String,
        /// Let it expire after this time, such as 30d [default: never]
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        expires_in: Option<Duration>,
    },
    /// List the secrets by short names; the secrets themselves are not stored
    List {
        /// Client ID
        client_id: String,
    },
    /// Remove a secret, which stops working
    Remove {
        /// Client ID
        client_id: String,
        /// Short name of the secret, as listed
        secret: String,
        /// Remove it even if it is the last valid one
        #[arg(long)]
        yes: bool,
    },
}

/// A secret as it is listed.
#[derive(Clone, Debug, Serialize)]
struct SecretRow {
    /// The short name.
    secret: String,
    /// The last four characters, if they are known.
    ending: Option<String>,
    /// When it was added.
    created_at: String,
    /// When it expires, if it does.
    expires_at: Option<String>,
    /// Whether it works.
    valid: bool,
}

impl From<&Known> for SecretRow {
    fn from(known: &Known) -> Self {
        Self {
            secret: known.handle.clone(),
            ending: known.ending.clone(),
            created_at: known.created_at.to_string(),
            expires_at: known.expires_at.map(|at| at.to_string()),
            valid: known.valid,
        }
    }
}

fn list(client_id: &str, rows: &[SecretRow]) -> Output {
    let row = |one: &SecretRow| {
        let ending = one.ending.as_ref().map(|ending| format!("…{ending}")).unwrap_or_default();
        let expires = one.expires_at.clone().unwrap_or_else(|| "never".to_owned());
        let state = if one.valid { "" } else { "expired" };
        [one.secret.clone(), ending, one.created_at.clone(), expires, state.to_owned()]
    };
    let none = format!("Client {0} has no secrets. Add one: latchkey client secret add {0}", harmless(client_id));
    let cells: Vec<_> = rows.iter().map(row).collect();
    Output::new(table(["SECRET", "ENDS WITH", "CREATED", "EXPIRES", ""], &cells, &none), &rows)
}

/// Runs a command on the secrets of a client.
pub(super) async fn command(
    app: &App,
    command: SecretCommand,
    refused: impl Fn(edit::Refused, &str) -> Failure,
) -> Outcome {
    let explain = |why: Refused, client_id: &str| match why {
        Refused::Client(why) => refused(why, client_id),
        Refused::Public => Failure::Usage(format!(
            "Client {0} is public: it authenticates by PKCE and has no secret. An application on a server can have one: \
             latchkey client edit {0} --kind web",
            harmless(client_id)
        )),
        Refused::Unknown(others) if others.is_empty() => {
            Failure::NotFound(format!("Client {} has no secrets.", harmless(client_id)))
        }
        Refused::Unknown(others) => {
            Failure::NotFound(format!("Client {} has only these secrets: {}", harmless(client_id), others.join(" ")))
        }
        Refused::Last => Failure::Usage(format!(
            "This is the last valid secret of client {0}, which cannot authenticate without one. Add another first: latchkey \
             client secret add {0}. To remove it all the same, add --yes.",
            harmless(client_id)
        )),
    };
    match command {
        SecretCommand::Add { client_id, expires_in } => {
            if expires_in.is_some_and(|lifetime| lifetime < SHORTEST) {
                return Err(Failure::Usage("--expires-in: allowed: at least 1m".to_owned()));
            }
            let added = secrets::add(app, &client_id, expires_in).await.map_err(failed)?;
            let (secret, known) = added.map_err(|why| explain(why, &client_id))?;
            let until = known.expires_at.map(|at| format!(", valid until {at}")).unwrap_or_default();
            let text = format!(
                "Added secret {} to client {}{until}. It is not shown again:\n\n  {}",
                known.handle,
                harmless(&client_id),
                secret.expose()
            );
            let mut output = Output::new(text, &SecretRow::from(&known));
            if let Some(json) = output.json.as_object_mut() {
                json.insert("client_secret".to_owned(), secret.expose().into());
            }
            Ok(output)
        }
        SecretCommand::List { client_id } => {
            let listed = secrets::list(app, &client_id).await.map_err(failed)?;
            let known = listed.map_err(|why| explain(why, &client_id))?;
            Ok(list(&client_id, &known.iter().map(SecretRow::from).collect::<Vec<_>>()))
        }
        SecretCommand::Remove { client_id, secret, yes } => {
            let removed = secrets::remove(app, &client_id, &secret, yes).await.map_err(failed)?;
            removed.map_err(|why| explain(why, &client_id))?;
            let text = format!("Removed secret {secret} from client {}.", harmless(&client_id));
            Ok(Output::new(text, &json!({ "client_id": client_id, "secret": secret, "removed": true })))
        }
    }
}
