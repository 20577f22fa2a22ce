//! Builds the application from its configuration.

mod database;
mod files;
mod hold;
mod owner;
mod parts;
pub(crate) mod restore;
mod secrets;
mod surroundings;

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use tokio_util::task::TaskTracker;

use crate::app::{App, Parts};
use crate::base::id::Id;
use crate::base::messages::Messages;
use crate::base::refusal;
use crate::clients::declare;
use crate::config::{Config, DatabaseUrl};
use crate::keys::signing::{Keys, When};
use crate::keys::vault::Vault;
use crate::mail::mailer::Mailer;
use crate::mail::stop::Stop;
use crate::metrics::Metrics;
use crate::notices::Notices;
use crate::site::{PresentSite, Site};
use crate::store::db::{Db, Schema};
use crate::store::ephemeral::Ephemeral;
use crate::store::installation::epoch;
use crate::store::people::passkey;
use crate::tokens::grant_name::GrantNames;

use database::{configured, look_into_file, not_opened, open_database, subject, unopened};
use owner::{has_ours, keep_issuer, refuse_other_programs, require_latchkey, require_ours, require_this_issuer};
use parts::{ephemeral, hashing, rotation};
use secrets::{master_keys, own_key_file, which_key};

/// Opens the database and everything else in order to serve. From then on the configured time limits hold.
pub async fn open(config: Config, surroundings: Surroundings) -> Result<App> {
    let app = open_patiently(Purpose::Serve, config, surroundings).await?;
    serve_requests(&app);
    Ok(app)
}

/// Opens the database and everything else, and keeps the long time limits of a start.
pub async fn open_patiently(purpose: Purpose, config: Config, surroundings: Surroundings) -> Result<App> {
    open_called(&subject(&config), purpose, config, surroundings).await
}

/// Whether the database of this configuration answers, without a change to it: the state of its schema, or `None` if its file
/// does not exist yet.
pub(crate) async fn reach(config: &Config) -> Result<Option<Schema>> {
    let subject = subject(config);
    if let DatabaseUrl::Sqlite(path) = config.database_url() {
        match std::fs::metadata(&path) {
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(error) => return Err(anyhow!(refusal::explained(&path, &error))).with_context(|| not_opened(&subject)),
        }
        let tables = Db::tables_of(&path, configured(config).acquire).await.map_err(|error| unopened(config, error));
        let tables = tables.with_context(|| not_opened(&subject))?;
        refuse_other_programs(&subject, &tables)?;
        return Ok(Some(if has_ours(&tables) { Schema::UpToDate } else { Schema::Missing }));
    }
    let db = open_database(config, &Surroundings::real(), Purpose::Command, None, &subject).await?;
    let schema = db.schema().await.map_err(|error| anyhow!(error.cause())).with_context(|| not_opened(&subject));
    db.close().await;
    schema.map(Some)
}

/// Opens the database as it is, without the master key, in order to read what is not sealed.
pub(crate) async fn open_to_read(config: &Config) -> Result<Db> {
    let subject = subject(config);
    let held = look_into_file(Purpose::Command, config, None, &subject).await?;
    let db = open_database(config, &Surroundings::real(), Purpose::Command, held, &subject).await?;
    require_ours(config, &db).await?;
    Ok(db)
}

/// Opens the copy of a backup in order to begin an epoch in it; messages name the backup.
pub(crate) async fn open_copy(backup: &Path, config: Config, surroundings: Surroundings) -> Result<App> {
    open_called(&format!("backup {}", backup.display()), Purpose::Restore, config, surroundings).await
}

/// The same for a database that messages call `subject`.
async fn open_called(subject: &str, purpose: Purpose, config: Config, surroundings: Surroundings) -> Result<App> {
    let own_key = own_key_file(&config);
    let held = look_into_file(purpose, &config, own_key.as_ref(), subject).await?;
    let db = open_database(&config, &surroundings, purpose, held, subject).await?;
    let Surroundings { clock, random, tray, names, .. } = surroundings;
    match purpose {
        Purpose::Serve | Purpose::Migrate => refuse_other_programs(subject, &db.tables().await?)?,
        Purpose::Restore => require_latchkey(subject, &db).await?,
        Purpose::Command => require_ours(&config, &db).await?,
    }
    if let Purpose::Migrate | Purpose::Restore = purpose {
        require_this_issuer(&config, &db, subject).await?;
    }
    let masters = master_keys(&config, own_key.as_ref(), &db, &random).await?;
    if purpose != Purpose::Command {
        db.migrate().await.with_context(|| format!("the schema of the {subject} cannot be migrated"))?;
    }
    let vault = match purpose.makes() {
        true => Vault::open(&db, &masters, &random).await,
        false => Vault::open_as_it_is(&db, &masters).await,
    };
    let vault = vault.with_context(|| which_key(&config, subject))?;
    if let (Some(file), true) = (&own_key, purpose.makes()) {
        file.finish().with_context(|| format!("the master key file {}", file.path().display()))?;
    }
    let keys = Keys::open(&db, &vault, clock.clone(), random.clone(), rotation(&config.tokens)).await;
    let keys = keys.context("the signing keys cannot be loaded")?;
    if purpose == Purpose::Serve {
        if epoch::is_unfinished(&mut *db.read().await?).await? {
            bail!("a restore of this database was begun and did not end: run latchkey restore again, without a file");
        }
        require_the_domain_of_passkeys(&config, &db).await?;
        keys.rotate(&db, &vault, When::Missing).await.context("the signing keys cannot be created")?;
        keep_issuer(&config, &db).await.context("the database cannot be written")?;
    }
    let epoch = epoch::find(&mut *db.read().await?).await.context("the database cannot be read")?;
    let site = Site::new(&config.issuer, &config.pages, Arc::new(Messages::new(&config.languages)?))?;
    let site = site.with_terms(&config.terms);
    let grant_names = GrantNames::open(&db, &vault, &clock, purpose == Purpose::Serve).await;
    let grant_names = grant_names.context("the database cannot be read")?;
    let metrics = Metrics::new();
    let app = App::new(Parts {
        outbound: parts::outbound(&config, names, metrics.outbound.clone())?,
        grant_names,
        epoch,
        csrf: vault.derive("csrf"),
        interactions: vault.derive("interaction"),
        ephemeral: match purpose {
            Purpose::Serve => ephemeral(&config, &vault, &clock, &random).await?,
            // With access to the database itself, rate limits have no purpose.
            Purpose::Migrate | Purpose::Restore | Purpose::Command => Ephemeral::memory(clock.clone()),
        },
        hashing: hashing(&config.login, random.clone()),
        mailer: match tray {
            Some(tray) => Mailer::into_tray(tray),
            None => mailer(&config)?,
        },
        metrics,
        audit: Default::default(),
        notices: Notices::default(),
        maintenance: Default::default(),
        remembered_clients: Default::default(),
        remembered_resources: Default::default(),
        upstreams: Default::default(),
        site: PresentSite::new(site),
        requests: TaskTracker::new(),
        // What is noted after that wants some time, too.
        stop: Stop { patience: config.http.shutdown_timeout.mul_f64(0.8), ..Stop::default() },
        process: Id::new(&clock, &random),
        config,
        db,
        vault,
        keys,
        clock,
        random,
    });
    if purpose == Purpose::Serve {
        declare_clients(&app).await?;
    }
    Ok(app)
}

/// Refuses a domain of passkeys with which some that are stored would stop working, unless the operator has said that they may.
async fn require_the_domain_of_passkeys(config: &Config, db: &Db) -> Result<()> {
    let present = config.passkeys.rp_id(&config.issuer);
    let stored = passkey::relying_parties(&mut *db.read().await?).await.context("the database cannot be read")?;
    let keeps = |rp_id: &String| present == Some(rp_id) || config.passkeys.retired_rp_ids.contains(rp_id);
    match stored.iter().find(|(rp_id, _)| !keeps(rp_id)) {
        None => {
            let keep = passkey::KeepRelyingParty { rp_id: present.map(str::to_owned) };
            db.write_one(keep).await.context("the database cannot be written")
        }
        Some((rp_id, count)) => bail!(
            "{count} passkeys belong to {rp_id} and would stop working, since the domain of passkeys is now {}: set \
             passkeys.rp_id = \"{rp_id}\" to keep them, or add it to passkeys.retired_rp_ids to give them up",
            present.unwrap_or("none")
        ),
    }
}

/// Declares what the configuration declares, unless some client or resource could then not get a signature.
async fn declare_clients(app: &App) -> Result<()> {
    let declared = declare::declare(app, &app.config).await;
    let declared = declared.context("the clients of the configuration cannot be written")?;
    let mut unsignable = declared.unsignable.clone();
    if unsignable.is_empty() {
        // This is checked even if nothing is declared, or if a newer edition is in force.
        unsignable = declare::unsignable(app).await.context("the database cannot be read")?;
    }
    if !unsignable.is_empty() {
        bail!("{}", unsignable.join("\n"));
    }
    declared.log();
    Ok(())
}

/// Replaces the long time limits of a start by the configured ones: from now on requests wait for the database.
pub fn serve_requests(app: &App) {
    app.db.limit(configured(&app.config));
}

pub(crate) use files::beside;
pub(crate) use files::{open_files, open_folders, warn_of_open_folders};
pub(crate) use hold::take_away;
pub use hold::take_hold;
pub use owner::NotOurs;
pub(crate) use parts::{mailer, try_outbound};
pub(crate) use restore::forget_unfinished_restore;
pub(crate) use secrets::key_is_there;
pub use surroundings::{Purpose, Surroundings};
