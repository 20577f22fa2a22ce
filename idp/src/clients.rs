//! Finding clients, and adding them: by command, and from the configuration file.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::secret::Secret;
use crate::base::token::{Token, TokenHash, TokenKind};
use crate::config::NewClient;
use crate::oidc::client_metadata::Client;
use crate::store::client::{self, Registered};
use crate::store::db::{Error, Result};
use crate::store::event::Event;
use crate::store::installation;

/// For how long a client is remembered. A change that another process makes is seen everywhere after that.
const A_MOMENT: Duration = Duration::from_secs(1);

/// How many clients are remembered.
const CAPACITY: usize = 10_000;

/// The clients that requests have named of late: reading one anew for each request would cost as much as all the rest of a
/// token without a person.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<HashMap<String, (Timestamp, Arc<Registered>)>>);

impl Remembered {
    fn entries(&self) -> MutexGuard<'_, HashMap<String, (Timestamp, Arc<Registered>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets all, because something about them has changed.
    pub fn forget(&self) {
        self.entries().clear();
    }
}

/// A client by the name that requests name it by, as it was at most a second ago.
pub async fn find(app: &App, client_id: &str) -> Result<Option<Arc<Registered>>> {
    let now = app.now();
    if let Some((read_at, client)) = app.remembered_clients.entries().get(client_id)
        && *read_at <= now
        && now.since(*read_at) < A_MOMENT
    {
        return Ok(Some(Arc::clone(client)));
    }
    let found = client::find(&mut *app.db.read().await?, client_id, now).await?.map(Arc::new);
    let mut entries = app.remembered_clients.entries();
    match &found {
        Some(client) => {
            if entries.len() >= CAPACITY {
                entries.clear();
            }
            entries.insert(client_id.to_owned(), (now, Arc::clone(client)));
        }
        // Names that nobody has are anybody's to invent.
        None => drop(entries.remove(client_id)),
    }
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

/// Removes a client by its name; whether it was there. `Conflict` if the configuration file declares it; one that has left
/// the file is disabled, and can go.
pub async fn remove(app: &App, client_id: &str) -> Result<bool> {
    let Some(found) = client::find(&mut *app.db.read().await?, client_id, app.now()).await? else { return Ok(false) };
    if found.declared && !found.client.disabled {
        return Err(Error::Conflict);
    }
    let (id, pen) = (found.client.id.clone(), app.pen.clone());
    let removed = app
        .db
        .write(move |conn| {
            Box::pin(async move {
                let removed = client::delete(conn, &id).await?;
                pen.record(conn, &Event::ClientRemoved { client: id }).await?;
                Ok(removed)
            })
        })
        .await;
    app.remembered_clients.forget();
    removed
}

/// The clients whose ID tokens want an algorithm that is not there, by their names: each of their exchanges would fail.
pub async fn unsignable(app: &App) -> Result<Vec<String>> {
    let all = client::list(&mut *app.db.read().await?, app.now()).await?;
    let offered = &app.config.tokens.signing_algorithms;
    let unsignable = all.iter().filter(|one| !one.client.disabled && one.client.id_token_algorithm(offered).is_none());
    Ok(unsignable.map(|one| one.client.client_id.clone()).collect())
}

/// Writes the clients that the configuration file declares; those that it no longer declares are disabled.
pub async fn declare(app: &App) -> Result<()> {
    let declared: Vec<(Client, Vec<TokenHash>, Vec<Id>)> = app
        .config
        .clients
        .iter()
        .map(|declared| {
            let client = build(app, declared.to_new());
            let hashes: Vec<_> = declared.secrets.iter().map(|secret| TokenHash::of(secret.expose())).collect();
            let ids = hashes.iter().map(|_| app.id()).collect();
            (client, hashes, ids)
        })
        .collect();
    let now = app.now();
    let present = client::list(&mut *app.db.read().await?, now).await?;
    if declared.is_empty() && !present.iter().any(|known| known.declared) {
        return Ok(());
    }
    app.db
        .write(move |conn| {
            Box::pin(async move {
                installation::in_turn(conn, "clients").await?;
                let present = client::list(conn, now).await?;
                for known in present.iter().filter(|known| known.declared) {
                    if !declared.iter().any(|(client, ..)| client.client_id == known.client.client_id) {
                        client::disable(conn, &known.client.id, now).await?;
                    }
                }
                for (mut client, hashes, ids) in declared {
                    match present.iter().find(|known| known.client.client_id == client.client_id) {
                        Some(known) => {
                            client.id = known.client.id.clone();
                            client::replace_declared(conn, &client, now).await?;
                        }
                        None => client::insert(conn, &client, true, now).await?,
                    }
                    for (hash, id) in hashes.iter().zip(&ids) {
                        client::insert_secret(conn, id, &client.id, hash, now).await?;
                    }
                }
                Ok(())
            })
        })
        .await
}
