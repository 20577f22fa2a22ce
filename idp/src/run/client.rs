//! `latchkey client`.

use super::failed;
use crate::app::App;
use crate::cli::client::{ClientCommand, ClientRow, added, list, not_found, removed, show, told};
use crate::cli::{Failure, Outcome};
use crate::clients;
use crate::oidc::client_metadata::Client;
use crate::resources;
use crate::store::client;
use crate::store::db::Error;

/// Does what is asked about clients.
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
