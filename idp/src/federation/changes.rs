//! Adding, changing and removing providers while servers run.

use super::offered::{is_known, place, secrets};
use super::telegram;
use crate::app::App;
use crate::base::id::Id;
use crate::config::{Problems, Upstream};
use crate::keys::vault::Vault;
use crate::store::db::{Change, Json, Result, Tx};
use crate::store::installation;
use crate::store::installation::event::Event;
use crate::store::installation::upstream::{self, Keys, StoredUpstream};
use crate::store::people::upstream_account;

/// The name by which changes take turns.
const TURN: &str = "upstreams";

/// Why a provider is not changed.
#[derive(Clone, Debug)]
pub enum Refused {
    /// There is none of this name.
    Unknown,
    /// There is one of this name already.
    Exists,
    /// It is in the configuration file, where alone it can be changed.
    Declared,
    /// What is kept of it cannot be opened: it was sealed with another key.
    Unreadable,
    /// The settings cannot be as they are.
    Faults(Problems),
}

/// What is to change of a provider, as keys of the configuration.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The keys that get another value.
    pub set: Keys,
    /// The same of keys that are secret.
    pub secrets: Keys,
    /// The keys that go back to their defaults.
    pub unset: Vec<String>,
}

impl Changes {
    /// Whether nothing is to change.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.secrets.is_empty() && self.unset.is_empty()
    }
}

/// Adds a provider.
pub async fn add(app: &App, name: &str, changes: Changes) -> Result<std::result::Result<Upstream, Refused>> {
    write(app, name, changes, true).await
}

/// Changes a provider.
pub async fn edit(app: &App, name: &str, changes: Changes) -> Result<std::result::Result<Upstream, Refused>> {
    write(app, name, changes, false).await
}

async fn write(
    app: &App,
    name: &str,
    changes: Changes,
    is_new: bool,
) -> Result<std::result::Result<Upstream, Refused>> {
    if app.config.upstreams.iter().any(|one| one.name == name) {
        return Ok(Err(if is_new { Refused::Exists } else { Refused::Declared }));
    }
    let change = Write { name: name.to_owned(), id: app.id(), changes, is_new, vault: app.vault.clone() };
    let written = app.db.write(change).await;
    app.upstreams.forget();
    written
}

#[derive(Clone)]
struct Write {
    name: String,
    id: Id,
    changes: Changes,
    is_new: bool,
    vault: Vault,
}

impl Change for Write {
    type Outcome = std::result::Result<Upstream, Refused>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Outcome> {
        let Self { name, id, changes, is_new, vault } = self;
        installation::in_turn(tx, TURN).await?;
        let there = upstream::list(tx).await?.into_iter().find(|row| row.name == name);
        // A row without settings is what is left of a provider that was in the configuration file.
        let there = there.filter(|row| row.settings.is_some() || is_new);
        let now = tx.now();
        let new = StoredUpstream {
            id,
            name: name.clone(),
            settings: None,
            sealed_secrets: None,
            created_at: now,
            disabled_at: None,
        };
        let mut row = match there {
            Some(row) if is_new && row.settings.is_some() => return Ok(Err(Refused::Exists)),
            Some(row) => row,
            None if is_new => new,
            None => return Ok(Err(Refused::Unknown)),
        };
        let mut settings = row.settings.take().map(|json| json.0).unwrap_or_default();
        let Some(mut kept) = secrets(&vault, &row) else { return Ok(Err(Refused::Unreadable)) };
        // What a later release has written stays for it.
        let of_later: Vec<String> = settings.keys().chain(kept.keys()).filter(|key| !is_known(key)).cloned().collect();
        settings.extend(changes.set);
        kept.extend(changes.secrets);
        for key in &changes.unset {
            settings.remove(key);
            kept.remove(key);
        }
        let mut all = settings.clone();
        all.extend(kept.clone());
        all.retain(|key, _| !of_later.contains(key));
        let upstream = match Upstream::of_keys(&name, &all) {
            Ok(upstream) => upstream,
            Err(problems) => return Ok(Err(Refused::Faults(problems))),
        };
        row.settings = Some(Json(settings));
        row.sealed_secrets = match kept.is_empty() {
            true => None,
            false => {
                let plain = serde_json::to_vec(&kept).unwrap_or_default();
                Some(vault.seal(tx.random(), &place(&row.id), &plain))
            }
        };
        upstream::put(tx, &row).await?;
        let event = match is_new {
            true => Event::UpstreamCreated { upstream: name },
            false => Event::UpstreamChanged { upstream: name },
        };
        tx.record(&event).await?;
        Ok(Ok(upstream))
    }
}

/// Lets people come in by a provider, or not; also one of the configuration file. Nobody who is signed in is signed out. Returns `false` if
/// it was so before.
pub async fn set_disabled(app: &App, name: &str, disabled: bool) -> Result<std::result::Result<bool, Refused>> {
    let by_bot = name == telegram::PROVIDER && app.config.channels.iter().any(telegram::is_bot);
    let is_declared = by_bot || app.config.upstreams.iter().any(|one| one.name == name);
    let switched = app.db.write(Switch { name: name.to_owned(), id: app.id(), disabled, is_declared }).await;
    app.upstreams.forget();
    switched
}

#[derive(Clone)]
struct Switch {
    name: String,
    id: Id,
    disabled: bool,
    is_declared: bool,
}

impl Change for Switch {
    type Outcome = std::result::Result<bool, Refused>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Outcome> {
        let Self { name, id, disabled, is_declared } = self;
        installation::in_turn(tx, TURN).await?;
        let there = upstream::list(tx).await?.into_iter().find(|row| row.name == name);
        let now = tx.now();
        let mut row = match there {
            Some(row) if is_declared || row.settings.is_some() => row,
            None if is_declared => StoredUpstream {
                id,
                name: name.clone(),
                settings: None,
                sealed_secrets: None,
                created_at: now,
                disabled_at: None,
            },
            _ => return Ok(Err(Refused::Unknown)),
        };
        if row.disabled_at.is_some() == disabled {
            return Ok(Ok(false));
        }
        row.disabled_at = disabled.then_some(now);
        upstream::put(tx, &row).await?;
        let event = match disabled {
            true => Event::UpstreamDisabled { upstream: name },
            false => Event::UpstreamEnabled { upstream: name },
        };
        tx.record(&event).await?;
        Ok(Ok(true))
    }
}

/// Removes a provider. The accounts there that people have linked stay in the database, and let nobody in until there is a provider of this
/// name and issuer again; returns how many these are.
pub async fn remove(app: &App, name: &str) -> Result<std::result::Result<i64, Refused>> {
    if app.config.upstreams.iter().any(|one| one.name == name) {
        return Ok(Err(Refused::Declared));
    }
    let removed = app.db.write(Remove { name: name.to_owned() }).await;
    app.upstreams.forget();
    removed
}

#[derive(Clone)]
struct Remove {
    name: String,
}

impl Change for Remove {
    type Outcome = std::result::Result<i64, Refused>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Outcome> {
        installation::in_turn(tx, TURN).await?;
        let there = upstream::list(tx).await?.into_iter().find(|row| row.name == self.name);
        let Some(row) = there.filter(|row| row.settings.is_some()) else { return Ok(Err(Refused::Unknown)) };
        upstream::delete(tx, &row.id).await?;
        let accounts = upstream_account::count(tx, &self.name).await?;
        tx.record(&Event::UpstreamRemoved { upstream: self.name }).await?;
        Ok(Ok(accounts))
    }
}
