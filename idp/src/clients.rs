//! Finds, adds and removes clients; `edit` changes them, and `declare` does so for those of the configuration file.

pub mod declare;
pub mod edit;
pub mod remembered;
pub mod secrets;

use std::sync::Arc;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::crash_point::crash_point;
use crate::base::id::Id;
use crate::base::secret::Secret;
use crate::base::token::{Token, TokenKind};
use crate::jose::Algorithm;
use crate::oidc::client::metadata::Client;
use crate::oidc::client::registration::{Fault, NewClient, Offered, ValidClient};
use crate::oidc::resource::Known;
use crate::oidc::scope::ScopeSet;
use crate::resources;
use crate::store::clients::client::{self, DeleteParts, NewSecret, Registered};
use crate::store::clients::resource;
use crate::store::db::{Change, Error, Result, Tx};
use crate::store::installation;
use crate::store::installation::event::Event;

/// How many grants of a client are removed at once.
const BATCH: i64 = 500;

/// The name by which declarations, changes and removals take turns.
const TURN: &str = "clients";

/// The client with this `client_id`, as it was at most a second ago.
pub async fn find(app: &App, client_id: &str) -> Result<Option<Arc<Registered>>> {
    let now = app.now();
    if let Some(client) = app.remembered_clients.get(client_id, now) {
        return Ok(Some(client));
    }
    let found = client::find(&mut *app.db.read().await?, client_id, now).await?.map(Arc::new);
    app.remembered_clients.put(client_id, found.as_ref(), now);
    Ok(found)
}

/// What the configuration offers to clients, besides the resources in the database.
#[derive(Clone)]
struct Offer {
    /// The scopes that exist independently of resources.
    scopes: ScopeSet,
    /// The signing algorithms.
    algorithms: Vec<Algorithm>,
}

impl Offer {
    fn of(app: &App) -> Self {
        Self { scopes: app.config.own_scopes(), algorithms: app.config.tokens.signing_algorithms.clone() }
    }

    /// Validates a client that the transaction writes. The resources that it is validated against stay as they are until
    /// then. The caller has taken the turn of clients.
    async fn validate(self, tx: &mut Tx<'_>, new: NewClient) -> Result<std::result::Result<ValidClient, Vec<Fault>>> {
        resources::in_turn(tx).await?;
        let stored = resource::list(tx).await?.into_iter().map(|one| one.resource).collect();
        let known = Known::new(self.scopes, stored);
        Ok(new.validated(Offered { known: &known, algorithms: &self.algorithms }))
    }
}

/// Validates a client and adds it, with a secret if it can keep one. The secret is returned here and is never available
/// again. `Conflict` if the name is taken.
pub async fn add(app: &App, new: NewClient) -> Result<std::result::Result<(Client, Option<Secret>), Vec<Fault>>> {
    let secret = (!new.is_public()).then(|| Token::new(TokenKind::ClientSecret, &app.random));
    let add = Add {
        row: app.id(),
        client_id: new.client_id.clone().unwrap_or_else(|| app.random.name::<12>()),
        new,
        secret: secret.as_ref().map(|secret| stored(secret, None)),
        offer: Offer::of(app),
    };
    let added = app.db.write(add).await?;
    Ok(added.map(|client| (client, secret.map(|secret| secret.expose().into()))))
}

/// What is stored of a secret.
fn stored(secret: &Token, expires_at: Option<Timestamp>) -> NewSecret {
    NewSecret { hash: secret.hash(), ending: Some(secret.ending().to_owned()), expires_at }
}

/// Validates and adds a client, and its secret if it has one.
#[derive(Clone)]
struct Add {
    row: Id,
    client_id: String,
    new: NewClient,
    secret: Option<NewSecret>,
    offer: Offer,
}

impl Change for Add {
    type Outcome = std::result::Result<Client, Vec<Fault>>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Outcome> {
        let Self { row, client_id, new, secret, offer } = self;
        installation::in_turn(tx, TURN).await?;
        let valid = match offer.validate(tx, new).await? {
            Ok(valid) => valid,
            Err(faults) => return Ok(Err(faults)),
        };
        let now = tx.now();
        let client = build(row, client_id, valid.into_new(), now);
        client::insert(tx, &client, false, now).await?;
        if let Some(secret) = &secret {
            let id = tx.id();
            client::insert_secret(tx, &id, &client.id, secret, now).await?;
        }
        tx.record(&Event::ClientCreated { client_row: client.id.clone() }).await?;
        Ok(Ok(client))
    }
}

/// The client as it is stored; `new` was validated.
fn build(row: Id, client_id: String, new: NewClient, now: Timestamp) -> Client {
    Client {
        id: row,
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
        created_at: now,
    }
}

/// Removes a client by its name; returns whether it existed. `Conflict` if the configuration file declares it, or
/// declares it again meanwhile. A client that has left the file is disabled, and can be removed.
pub async fn remove(app: &App, client_id: &str) -> Result<bool> {
    // The client is disabled first: it then stops working, and its grants can be removed in batches while the server
    // runs.
    let disabled = app.db.write(Disable { client_id: client_id.to_owned() }).await?;
    let Some((client_row, since)) = disabled else { return Ok(false) };
    app.remembered_clients.forget();
    let removed = remove_disabled(app, client_row, since).await;
    app.remembered_clients.forget();
    removed
}

/// Disables a client that is to be removed; returns its row and since when it is disabled.
#[derive(Clone)]
struct Disable {
    client_id: String,
}

impl Change for Disable {
    type Outcome = Option<(Id, Timestamp)>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<(Id, Timestamp)>> {
        installation::in_turn(tx, TURN).await?;
        let now = tx.now();
        let Some(found) = client::find(tx, &self.client_id, now).await? else { return Ok(None) };
        if found.declared && !found.client.disabled {
            return Err(Error::Conflict);
        }
        let client_row = found.client.id.clone();
        Ok(client::disable(tx, &client_row, now).await?.map(|since| (client_row, since)))
    }
}

/// Removes a client that has been disabled since this moment, batch by batch. `Conflict` if it is enabled again.
pub async fn remove_disabled(app: &App, client_row: Id, since: Timestamp) -> Result<bool> {
    loop {
        let more =
            app.db.write(DeleteParts { client_row: client_row.clone(), disabled_at: since, rows: BATCH }).await?;
        crash_point("client_removed.in_part");
        if !more {
            break;
        }
    }
    app.db.write(Remove { client_row, disabled_at: since }).await
}

/// Removes a client that has been disabled since a moment; returns whether it existed.
#[derive(Clone)]
struct Remove {
    client_row: Id,
    disabled_at: Timestamp,
}

impl Change for Remove {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let Self { client_row, disabled_at } = self;
        if client::delete(tx, &client_row, disabled_at).await? {
            tx.record(&Event::ClientRemoved { client_row }).await?;
            return Ok(true);
        }
        let now = tx.now();
        match client::find_by_row(tx, &client_row, now).await? {
            Some(_) => Err(Error::Conflict),
            // Another command was faster.
            None => Ok(false),
        }
    }
}
