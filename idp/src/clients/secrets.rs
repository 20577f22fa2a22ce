//! The secrets of a client: several work at once, so that one can be replaced without an outage.

use std::time::Duration;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::secret::Secret;
use crate::base::token::{Token, TokenKind};
use crate::clients::edit::{self, own};
use crate::clients::stored;
use crate::store::clients::client::{self, NewSecret};
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;

/// A secret as operators know it.
#[derive(Clone, Debug)]
pub struct Known {
    /// The short name of its row.
    pub handle: String,
    /// Its last characters, if they are known.
    pub ending: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working, if it does by itself.
    pub expires_at: Option<Timestamp>,
    /// Whether it works now.
    pub valid: bool,
}

fn known(secret: client::Secret, now: Timestamp) -> Known {
    Known {
        handle: secret.id.handle(),
        valid: secret.is_valid(now),
        ending: secret.ending,
        created_at: secret.created_at,
        expires_at: secret.expires_at,
    }
}

/// Why a change of a client's secrets is refused.
#[derive(Debug)]
pub enum Refused {
    /// The client cannot be changed.
    Client(edit::Refused),
    /// The client is public.
    Public,
    /// It has no secret of this handle, but these.
    Unknown(Vec<String>),
    /// It is the last one that works.
    Last,
}

/// The secrets of a client, oldest first.
pub async fn list(app: &App, client_id: &str) -> Result<std::result::Result<Vec<Known>, Refused>> {
    let (now, conn) = (app.now(), &mut *app.db.read().await?);
    let Some(found) = client::find(conn, client_id, now).await? else {
        return Ok(Err(Refused::Client(edit::Refused::Unknown)));
    };
    if found.client.is_public() {
        return Ok(Err(Refused::Public));
    }
    let secrets = client::secrets(conn, &found.client.id).await?;
    Ok(Ok(secrets.into_iter().map(|secret| known(secret, now)).collect()))
}

/// Gives a client one more secret, which works beside the others. It is returned here and is never available again.
pub async fn add(
    app: &App,
    client_id: &str,
    lifetime: Option<Duration>,
) -> Result<std::result::Result<(Secret, Known), Refused>> {
    let secret = Token::new(TokenKind::ClientSecret, &app.random);
    let new = stored(&secret, lifetime.map(|lifetime| app.now() + lifetime));
    let added = app.db.write(Add { client_id: client_id.to_owned(), secret: new }).await;
    app.remembered_clients.forget();
    Ok(added?.map(|known| (secret.expose().into(), known)))
}

/// Gives a client a secret.
#[derive(Clone)]
struct Add {
    client_id: String,
    secret: NewSecret,
}

impl Change for Add {
    type Outcome = std::result::Result<Known, Refused>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Outcome> {
        let Self { client_id, secret } = self;
        let found = match own(tx, &client_id).await? {
            Ok(found) if found.client.is_public() => return Ok(Err(Refused::Public)),
            Ok(found) => found,
            Err(refused) => return Ok(Err(Refused::Client(refused))),
        };
        let (id, now, client_row) = (tx.id(), tx.now(), found.client.id.clone());
        client::insert_secret(tx, &id, &client_row, &secret, now).await?;
        tx.record(&Event::ClientSecretAdded { client_row, secret: id.handle() }).await?;
        let NewSecret { ending, expires_at, .. } = secret;
        Ok(Ok(known(client::Secret { id, ending, created_at: now, expires_at }, now)))
    }
}

/// Removes a secret of a client, by its handle: it stops working. The last one that works is refused unless
/// `even_last`.
pub async fn remove(
    app: &App,
    client_id: &str,
    handle: &str,
    even_last: bool,
) -> Result<std::result::Result<(), Refused>> {
    let remove = Remove { client_id: client_id.to_owned(), handle: handle.to_owned(), even_last };
    let removed = app.db.write(remove).await;
    app.remembered_clients.forget();
    removed
}

/// Removes a secret.
#[derive(Clone)]
struct Remove {
    client_id: String,
    handle: String,
    even_last: bool,
}

impl Change for Remove {
    type Outcome = std::result::Result<(), Refused>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Outcome> {
        let Self { client_id, handle, even_last } = self;
        let found = match own(tx, &client_id).await? {
            Ok(found) if found.client.is_public() => return Ok(Err(Refused::Public)),
            Ok(found) => found,
            Err(refused) => return Ok(Err(Refused::Client(refused))),
        };
        let (now, client_row) = (tx.now(), found.client.id.clone());
        let (named, others): (Vec<_>, Vec<_>) =
            client::secrets(tx, &client_row).await?.into_iter().partition(|secret| secret.id.handle() == handle);
        let Some(secret) = named.into_iter().next() else {
            return Ok(Err(Refused::Unknown(others.iter().map(|secret| secret.id.handle()).collect())));
        };
        if secret.is_valid(now) && !even_last && !others.iter().any(|other| other.is_valid(now)) {
            return Ok(Err(Refused::Last));
        }
        client::delete_secret(tx, &secret.id).await?;
        tx.record(&Event::ClientSecretRemoved { client_row, secret: handle }).await?;
        Ok(Ok(()))
    }
}
