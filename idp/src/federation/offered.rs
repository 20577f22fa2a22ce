//! The providers that there are: those of the configuration, and those that were added by command.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use super::remembered::Offered;
use super::telegram;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::config::Upstream;
use crate::keys::vault::Vault;
use crate::store::db::Result;
use crate::store::installation::upstream::{self, Keys, StoredUpstream};
use crate::store::people::upstream_account::{self, Providers};

/// How long the list is used that was last read. A change by another process takes effect everywhere after that.
const FRESH: Duration = Duration::from_secs(1);

/// All providers as they were at most a second ago: those of the configuration first, in its order, then the others by their names.
pub async fn all(app: &App) -> Result<Arc<Vec<Offered>>> {
    let now = app.now();
    if let Some(list) = app.upstreams.list(now - FRESH) {
        return Ok(list);
    }
    let mut list = read(app).await?;
    // The sign-in page offers it by the login widget of a bot alone.
    if telegram::widget_channel(app).is_none() {
        list.retain(|one| !is_by_bot(one));
    }
    let list = Arc::new(list);
    app.upstreams.put_list(now, &list);
    Ok(list)
}

/// Telegram as a provider like any other, where people come by a bot of it.
fn by_bot(app: &App, disabled_at: Option<Timestamp>) -> Option<Offered> {
    let any = || app.config.channels.iter().find(|channel| telegram::is_bot(channel));
    let settings = Arc::new(telegram::as_upstream(telegram::widget_channel(app).or_else(any)?));
    Some(Offered { settings, is_declared: true, disabled_at })
}

/// Providers by which accounts are linked, and which there are no more, each with the number of accounts.
pub async fn missing(app: &App) -> Result<Vec<(String, i64)>> {
    let there = read(app).await?;
    let mut conn = app.db.read().await?;
    // One that cannot be read at the moment is not gone.
    let stored = upstream::list(&mut conn).await?.into_iter().filter(|row| row.settings.is_some());
    let names: BTreeSet<String> =
        there.iter().map(|one| one.settings.name.clone()).chain(stored.map(|row| row.name)).collect();
    let mut missing = Vec::new();
    for name in upstream_account::provider_names(&mut conn).await? {
        if !names.contains(&name) {
            let accounts = upstream_account::count(&mut conn, &name).await?;
            missing.push((name, accounts));
        }
    }
    Ok(missing)
}

/// Whether a provider is Telegram by a bot, which has no client there.
pub fn is_by_bot(one: &Offered) -> bool {
    one.settings.name == telegram::PROVIDER && one.settings.client_id.is_empty()
}

/// All providers as they are; Telegram, too, where people come by a bot of it in any way.
pub async fn read(app: &App) -> Result<Vec<Offered>> {
    let stored = upstream::list(&mut *app.db.read().await?).await?;
    let row_of = |name: &str| stored.iter().find(|row| row.name == name);
    let declared = app.config.upstreams.iter().map(|one| Offered {
        settings: Arc::new(one.clone()),
        is_declared: true,
        disabled_at: row_of(&one.name).and_then(|row| row.disabled_at),
    });
    let is_declared = |row: &StoredUpstream| app.config.upstreams.iter().any(|one| one.name == row.name);
    let others = stored.iter().filter(|row| !is_declared(row)).filter_map(|row| match opened(&app.vault, row) {
        Ok(settings) => {
            settings.map(|it| Offered { settings: Arc::new(it), is_declared: false, disabled_at: row.disabled_at })
        }
        Err(why) => {
            tracing::error!(upstream = row.name, why, "an upstream cannot be read");
            None
        }
    });
    let mut all: Vec<Offered> = declared.chain(others).collect();
    if !all.iter().any(|one| one.settings.name == telegram::PROVIDER) {
        all.extend(by_bot(app, row_of(telegram::PROVIDER).and_then(|row| row.disabled_at)));
    }
    Ok(all)
}

/// Whether this release knows a key of `[[upstreams]]`.
pub(super) fn is_known(key: &str) -> bool {
    static KNOWN: LazyLock<BTreeSet<&'static str>> =
        LazyLock::new(|| Upstream::keys().into_iter().map(|(key, ..)| key).collect());
    KNOWN.contains(key)
}

/// What is stored of a provider; `None` if it was in the configuration file, and is not any more. A key that only a later release knows is
/// left out: after a way back to this one, people still come in.
pub fn opened(vault: &Vault, row: &StoredUpstream) -> std::result::Result<Option<Upstream>, String> {
    let Some(settings) = &row.settings else { return Ok(None) };
    let mut keys = settings.0.clone();
    keys.extend(secrets(vault, row).ok_or("its secrets cannot be opened")?);
    keys.retain(|key, _| is_known(key));
    Upstream::of_keys(&row.name, &keys).map(Some).map_err(|problems| problems.to_string())
}

/// The keys of a provider that are secret; `None` if they cannot be opened.
pub fn secrets(vault: &Vault, row: &StoredUpstream) -> Option<Keys> {
    match &row.sealed_secrets {
        Some(sealed) => serde_json::from_slice(&vault.unseal(&place(&row.id), sealed)?).ok(),
        None => Some(Keys::new()),
    }
}

/// Where the secrets of a provider are sealed to.
pub fn place(id: &Id) -> String {
    format!("upstream/sealed_secrets/{id}")
}

/// The provider of this name, also one that is disabled.
pub async fn named(app: &App, name: &str) -> Result<Option<Offered>> {
    Ok(all(app).await?.iter().find(|one| one.settings.name == name).cloned())
}

/// The provider of this name, if people can come in by it.
pub async fn find(app: &App, name: &str) -> Result<Option<Arc<Upstream>>> {
    let found = named(app, name).await?.filter(|one| one.disabled_at.is_none());
    Ok(found.map(|one| one.settings))
}

/// The providers by which people can come in.
pub async fn providers(app: &App) -> Result<Providers> {
    let all = all(app).await?;
    let open = all.iter().filter(|one| one.disabled_at.is_none());
    let open = open.map(|one| (one.settings.name.clone(), one.settings.issuers().to_owned()));
    let is_off = upstream::is_disabled(&mut *app.db.read().await?, telegram::PROVIDER).await?;
    let bots = app.config.channels.iter().filter(|channel| !is_off && telegram::lets_in(channel));
    let by_bots = bots.map(|channel| (telegram::PROVIDER.to_owned(), telegram::issuer(channel.environment).to_owned()));
    Ok(Providers(open.chain(by_bots).collect()))
}
