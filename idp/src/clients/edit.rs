//! Changes clients that commands have added.

use crate::app::App;
use crate::clients::{Offer, TURN, build};
use crate::oidc::client::metadata::Client;
use crate::oidc::client::registration::{Fault, NewClient};
use crate::store::clients::client::{self, Registered};
use crate::store::db::{Change, Result, Tx};
use crate::store::installation;
use crate::store::installation::event::Event;

/// Why a change of a client is refused.
#[derive(Debug)]
pub enum Refused {
    /// No client has this identifier.
    Unknown,
    /// The configuration file declares it, and only the file can change it.
    Declared,
    /// The configuration file has declared it and no longer does, so that it is disabled.
    LeftFile,
    /// The result would be invalid.
    Faults(Vec<Fault>),
    /// It would become public, and lose so many secrets.
    LosesSecrets(usize),
}

/// A client that no configuration declares, if there is one of this name. The change that asks takes turns with
/// declarations.
pub(super) async fn own(tx: &mut Tx<'_>, client_id: &str) -> Result<std::result::Result<Registered, Refused>> {
    installation::in_turn(tx, TURN).await?;
    let now = tx.now();
    Ok(match client::find(tx, client_id, now).await? {
        None => Err(Refused::Unknown),
        Some(found) if found.declared && found.client.disabled => Err(Refused::LeftFile),
        Some(found) if found.declared => Err(Refused::Declared),
        Some(found) => Ok(found),
    })
}

/// Changes a client by `edited`, which has the present state, and validates the result as a whole; returns whether it
/// differs. If the client becomes public, its secrets are removed, which is refused unless `may_lose_secrets`.
pub async fn edit(
    app: &App,
    client_id: &str,
    may_lose_secrets: bool,
    edited: impl FnOnce(&mut NewClient) -> std::result::Result<(), Vec<Fault>> + Clone + Send + 'static,
) -> Result<std::result::Result<bool, Refused>> {
    let edit = Edit { client_id: client_id.to_owned(), edited, may_lose_secrets, offer: Offer::of(app) };
    let outcome = app.db.write(edit).await;
    app.remembered_clients.forget();
    outcome
}

/// Reads a client, changes it and writes it.
#[derive(Clone)]
struct Edit<F> {
    client_id: String,
    edited: F,
    may_lose_secrets: bool,
    offer: Offer,
}

impl<F> Change for Edit<F>
where
    F: FnOnce(&mut NewClient) -> std::result::Result<(), Vec<Fault>> + Clone + Send + 'static,
{
    type Outcome = std::result::Result<bool, Refused>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Outcome> {
        let found = match own(tx, &self.client_id).await? {
            Ok(found) => found,
            Err(refused) => return Ok(Err(refused)),
        };
        let before = NewClient::of_client(&found.client);
        let mut after = before.clone().without_own_origins();
        if let Err(faults) = (self.edited)(&mut after) {
            return Ok(Err(Refused::Faults(faults)));
        }
        let valid = match self.offer.validate(tx, after).await? {
            Ok(valid) => valid,
            Err(faults) => return Ok(Err(Refused::Faults(faults))),
        };
        if *valid.as_new() == before {
            return Ok(Ok(false));
        }
        let (now, client_row) = (tx.now(), found.client.id.clone());
        if valid.as_new().is_public() && !found.secrets.is_empty() {
            if !self.may_lose_secrets {
                return Ok(Err(Refused::LosesSecrets(found.secrets.len())));
            }
            client::delete_secrets(tx, &client_row).await?;
        }
        let Client { id, client_id, disabled, has_secret, created_at, .. } = (*found.client).clone();
        let changed = Client { disabled, has_secret, ..build(id, client_id, valid.into_new(), created_at) };
        client::replace(tx, &changed, now).await?;
        tx.record(&Event::ClientChanged { client_row }).await?;
        Ok(Ok(true))
    }
}

/// Disables a client, so that it stops working, or enables it again with all that it was granted; returns whether that
/// changed anything. A client that has become invalid meanwhile is not enabled.
pub async fn set_disabled(app: &App, client_id: &str, disabled: bool) -> Result<std::result::Result<bool, Refused>> {
    let outcome = app.db.write(SetDisabled { client_id: client_id.to_owned(), disabled, offer: Offer::of(app) }).await;
    app.remembered_clients.forget();
    outcome
}

/// Disables or enables a client.
#[derive(Clone)]
struct SetDisabled {
    client_id: String,
    disabled: bool,
    offer: Offer,
}

impl Change for SetDisabled {
    type Outcome = std::result::Result<bool, Refused>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Outcome> {
        let found = match own(tx, &self.client_id).await? {
            Ok(found) => found,
            Err(refused) => return Ok(Err(refused)),
        };
        if found.client.disabled == self.disabled {
            return Ok(Ok(false));
        }
        let (client_row, now) = (found.client.id.clone(), tx.now());
        let event = if self.disabled {
            client::disable(tx, &client_row, now).await?;
            Event::ClientDisabled { client_row }
        } else {
            // While it was disabled, nothing that it needs was held for it: resources may have got different algorithms, or
            // the configuration lost one, and no server would start.
            if let Err(faults) = self.offer.validate(tx, NewClient::of_client(&found.client)).await? {
                return Ok(Err(Refused::Faults(faults)));
            }
            client::enable(tx, &client_row, now).await?;
            Event::ClientEnabled { client_row }
        };
        tx.record(&event).await?;
        Ok(Ok(true))
    }
}
