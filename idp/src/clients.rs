//! Finding, adding and removing clients; `declare` does it for those of the configuration file.

pub mod declare;
pub mod remembered;

use std::sync::Arc;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::crash_point::crash_point;
use crate::base::id::Id;
use crate::base::secret::Secret;
use crate::base::token::{Token, TokenKind};
use crate::oidc::client::metadata::Client;
use crate::oidc::client::registration::NewClient;
use crate::store::client::{self, Registered};
use crate::store::db::{Error, Result};
use crate::store::event::Event;
use crate::store::installation;

/// How many grants of a client that is removed go at once.
const BATCH: i64 = 500;

/// The name by which declarations and removals take turns.
const TURN: &str = "clients";

/// A client by the name that requests name it by, as it was at most a second ago.
pub async fn find(app: &App, client_id: &str) -> Result<Option<Arc<Registered>>> {
    let now = app.now();
    if let Some(client) = app.remembered_clients.get(client_id, now) {
        return Ok(Some(client));
    }
    let found = client::find(&mut *app.db.read().await?, client_id, now).await?.map(Arc::new);
    app.remembered_clients.put(client_id, found.as_ref(), now);
    Ok(found)
}

/// Adds a client and gives it a secret if it can keep one; the secret is in the answer and nowhere else. `Conflict` if
/// its name is taken.
pub async fn add(app: &App, new: NewClient) -> Result<(Client, Option<Secret>)> {
    let client = build(app, new);
    let secret = (!client.is_public()).then(|| Token::new(TokenKind::ClientSecret, &app.pen.random));
    let hash = secret.as_ref().map(Token::hash);
    let (now, pen, secret_id, kept) = (app.now(), app.pen.clone(), app.id(), client.clone());
    app.db
        .write(move |conn| {
            Box::pin(async move {
                client::insert(conn, &kept, false, now).await?;
                if let Some(hash) = &hash {
                    client::insert_secret(conn, &secret_id, &kept.id, hash, now).await?;
                }
                pen.record(conn, &Event::ClientCreated { client: kept.id }).await
            })
        })
        .await?;
    Ok((client, secret.map(|secret| secret.expose().into())))
}

fn build(app: &App, new: NewClient) -> Client {
    let client_id = new.client_id.unwrap_or_else(|| app.pen.random.name::<12>());
    Client {
        id: app.id(),
        name: new.name.unwrap_or_else(|| client_id.clone()),
        client_id,
        kind: new.kind,
        metadata: new.metadata,
        redirect_uris: new.redirect_uris,
        post_logout_redirect_uris: new.post_logout_redirect_uris,
        origins: new.origins,
        first_party: new.first_party,
        disabled: false,
        has_secret: false,
        created_at: app.now(),
    }
}

/// Removes a client by its name; whether it was there. `Conflict` if the configuration file declares it, or declares it again
/// meanwhile; one that has left the file is disabled, and can go.
pub async fn remove(app: &App, client_id: &str) -> Result<bool> {
    let (name, now) = (client_id.to_owned(), app.now());
    // Disabled first: then nothing of it works, and its grants can be removed in batches while the server runs.
    let disabled = app.db.write(move |conn| {
        Box::pin(async move {
            installation::in_turn(conn, TURN).await?;
            let Some(found) = client::find(conn, &name, now).await? else { return Ok(None) };
            if found.declared && !found.client.disabled {
                return Err(Error::Conflict);
            }
            let id = found.client.id.clone();
            Ok(client::disable(conn, &id, now).await?.map(|since| (id, since)))
        })
    });
    let Some((id, since)) = disabled.await? else { return Ok(false) };
    app.remembered_clients.forget();
    let removed = remove_disabled(app, id, since).await;
    app.remembered_clients.forget();
    removed
}

/// Removes a client that has been disabled since this moment, batch by batch. `Conflict` if it is enabled again.
pub async fn remove_disabled(app: &App, id: Id, since: Timestamp) -> Result<bool> {
    loop {
        let row = id.clone();
        let more = app
            .db
            .write(move |conn| Box::pin(async move { client::delete_some_parts(conn, &row, since, BATCH).await }));
        let more = more.await?;
        crash_point("client_removed.in_part");
        if !more {
            break;
        }
    }
    let (pen, now) = (app.pen.clone(), app.now());
    app.db
        .write(move |conn| {
            Box::pin(async move {
                if client::delete(conn, &id, since).await? {
                    pen.record(conn, &Event::ClientRemoved { client: id }).await?;
                    return Ok(true);
                }
                match client::find_by_row(conn, &id, now).await? {
                    Some(_) => Err(Error::Conflict),
                    // Another command was faster.
                    None => Ok(false),
                }
            })
        })
        .await
}
