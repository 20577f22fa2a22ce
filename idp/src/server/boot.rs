//! Builds the application from its configuration.

mod files;
mod hold;
pub(crate) mod restore;

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use tokio_util::task::TaskTracker;

use crate::app::{App, Parts};
use crate::base::clock::Clock;
use crate::base::id::Id;
use crate::base::messages::Messages;
use crate::base::random::Random;
use crate::base::refusal;
use crate::base::seal::SealingKey;
use crate::clients::declare;
use crate::config::{Config, DatabaseUrl, Login, Tokens};
use crate::hashing::{Bounds, Cost, Hashing};
use crate::keys::signing::{Keys, Rotation, When};
use crate::keys::vault::{KeyFile, Vault};
use crate::mail::mailer::{self, Mailer};
use crate::mail::tray::Tray;
use crate::metrics::Metrics;
use crate::notices::Notices;
use crate::oidc::resource::LIFETIMES;
use crate::site::{PresentSite, Site};
use crate::store::db::{self, Change, Db, Limits, Schema, Tx};
use crate::store::ephemeral::{self, Ephemeral, Redis};
use crate::store::installation;
use crate::store::installation::epoch;
use crate::store::people::passkey;
use crate::tokens::grant_name::GrantNames;

/// The sources of time and randomness, and the durability of SQLite: the parts that tests replace.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The clock.
    pub clock: Clock,
    /// The random source.
    pub random: Random,
    /// Whether SQLite waits until each commit is on disk.
    pub durable: bool,
    /// Where letters stay in place of a mail server.
    pub tray: Option<Tray>,
}

impl Surroundings {
    /// The surroundings of a real process.
    pub fn real() -> Self {
        Self { clock: Clock::System, random: Random::System, durable: true, tray: None }
    }
}

/// How long a start or a command waits for a busy database: other replicas may start at the same moment. Requests wait
/// for less, since a person waits for them.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why the database is opened. This decides what may be changed in it on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To serve: makes the database, the master key and the signing keys, brings the schema up to date, and declares what the
    /// configuration declares.
    Serve,
    /// To bring the schema up to date; makes a database and a master key where there are none.
    Migrate,
    /// To begin an epoch in the copy of a backup: brings its schema up to date, and makes nothing.
    Restore,
    /// To run a command; only what the command says is changed.
    Command,
}

impl Purpose {
    /// Whether a missing database and master key are created.
    fn makes(self) -> bool {
        matches!(self, Self::Serve | Self::Migrate)
    }
}

/// Why a command does not work on this database.
#[derive(Debug)]
pub struct NotOurs(String);

impl std::fmt::Display for NotOurs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotOurs {}

/// Opens the database and everything else in order to serve. From then on the configured time limits hold.
pub async fn open(config: Config, surroundings: Surroundings) -> Result<App> {
    let app = open_patiently(Purpose::Serve, config, surroundings).await?;
    serve_requests(&app);
    Ok(app)
}

fn configured(config: &Config) -> Limits {
    Limits { acquire: config.database.acquire_timeout, statement: config.database.statement_timeout }
}

/// Opens the database and everything else, and keeps the long time limits of a start.
pub async fn open_patiently(purpose: Purpose, config: Config, surroundings: Surroundings) -> Result<App> {
    open_called(&subject(&config), purpose, config, surroundings).await
}

/// What messages call the database.
fn subject(config: &Config) -> String {
    match config.database_url() {
        DatabaseUrl::Sqlite(path) => format!("database {}", path.display()),
        url => format!("database {} (database.url)", url.place()),
    }
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
        is_nobody_elses(&subject, &tables)?;
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
    is_ours(config, &db).await?;
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
    let Surroundings { clock, random, tray, .. } = surroundings;
    match purpose {
        Purpose::Serve | Purpose::Migrate => is_nobody_elses(subject, &db.tables().await?)?,
        Purpose::Restore => is_of_latchkey(subject, &db).await?,
        Purpose::Command => is_ours(&config, &db).await?,
    }
    if let Purpose::Migrate | Purpose::Restore = purpose {
        is_of_this_issuer(&config, &db, subject).await?;
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
        keep_passkeys(&config, &db).await?;
        keys.rotate(&db, &vault, When::Missing).await.context("the signing keys cannot be created")?;
        keep_issuer(&config, &db).await.context("the database cannot be written")?;
    }
    let epoch = epoch::find(&mut *db.read().await?).await.context("the database cannot be read")?;
    let site = Site::new(&config.issuer, &config.pages, Arc::new(Messages::new(&config.languages)?))?;
    let site = site.with_terms(&config.terms);
    let grant_names = GrantNames::open(&db, &vault, &clock, purpose == Purpose::Serve).await;
    let grant_names = grant_names.context("the database cannot be read")?;
    let app = App::new(Parts {
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
        metrics: Metrics::new(),
        audit: Default::default(),
        notices: Notices::default(),
        maintenance: Default::default(),
        remembered_clients: Default::default(),
        remembered_resources: Default::default(),
        site: PresentSite::new(site),
        requests: TaskTracker::new(),
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
async fn keep_passkeys(config: &Config, db: &Db) -> Result<()> {
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

/// The schedule of signing key rotation.
fn rotation(tokens: &Tokens) -> Rotation {
    Rotation {
        algorithms: tokens.signing_algorithms.clone(),
        every: tokens.key_rotation,
        ahead: tokens.key_publish_ahead,
        // The longest lifetime that any resource may have, registered now or when a token was made.
        longest_token: LIFETIMES[1].max(tokens.access_token).max(tokens.id_token),
    }
}

/// What sends letters, if that is configured.
pub(crate) fn mailer(config: &Config) -> Result<Mailer> {
    let Some(from) = &config.mail.from else { return Ok(Mailer::default()) };
    let mut trusted = Vec::new();
    if let Some(path) = &config.mail.ca_file {
        let read = std::fs::read(path).map_err(|error| anyhow!(refusal::explained(path, &error)));
        trusted.push(read.context("mail.ca_file cannot be read")?);
    }
    let (servers, timeout) = (config.mail.transports.as_slice(), config.mail.timeout);
    // Not the domain of the sender: a server that receives for it refuses strangers that call themselves that.
    let hello = config.issuer.domain().filter(|name| name.contains('.')).unwrap_or(from.domain());
    let options = mailer::Options { from, hello, servers, trusted: &trusted, timeout };
    Mailer::new(&options).map_err(|why| anyhow!("mail.ca_file holds no certificate that can be used: {why}"))
}

/// The place where passwords are hashed.
fn hashing(login: &Login, random: Random) -> Hashing {
    let cost = Cost {
        memory_kib: login.argon2_memory.in_kib(),
        iterations: login.argon2_iterations,
        parallelism: login.argon2_parallelism,
    };
    let bounds = Bounds {
        at_once: login.hashing_at_once.map(|n| n as usize),
        queue: login.hashing_queue as usize,
        wait: login.hashing_wait,
    };
    Hashing::new(cost, bounds, random)
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

async fn open_database(
    config: &Config,
    surroundings: &Surroundings,
    purpose: Purpose,
    held: Option<File>,
    subject: &str,
) -> Result<Db> {
    let url = config.database_url();
    let limits = configured(config);
    let options = db::Options {
        url: match &url {
            DatabaseUrl::Sqlite(path) => db::sqlite_url(path),
            DatabaseUrl::Postgres(url) => url.expose().to_owned(),
        },
        max_connections: config.database.max_connections,
        limits: Limits { acquire: limits.acquire.max(PATIENCE), statement: limits.statement.max(PATIENCE) },
        durable: surroundings.durable,
        make: purpose.makes(),
        clock: surroundings.clock.clone(),
        random: surroundings.random.clone(),
        letters: surroundings.tray.is_some() || config.mail.from.is_some(),
        actor: match purpose {
            Purpose::Serve => SERVER.to_owned(),
            Purpose::Migrate | Purpose::Restore | Purpose::Command => operator(),
        },
    };
    if let DatabaseUrl::Sqlite(path) = &url {
        let made = files::keep_private(path).map_err(|error| anyhow!(refusal::explained(path, &error)));
        made.with_context(|| format!("the {subject} cannot be created"))?;
    }
    Db::open(&options, held).await.map_err(|error| unopened(config, error)).with_context(|| not_opened(subject))
}

/// What events call a change that the server makes by itself.
const SERVER: &str = "server";

/// What events call a change by the command line: `command`, with the name of the system's user who has run it.
fn operator() -> String {
    let id = rustix::process::geteuid().as_raw();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let of_id = |line: &&str| line.split(':').nth(2).is_some_and(|field| field.parse() == Ok(id));
    let name = users.lines().find(of_id).and_then(|line| line.split(':').next()).map(str::to_owned);
    let name = name.unwrap_or_else(|| format!("uid {id}"));
    // Whoever became root by sudo is named, too; root could write anything here.
    match std::env::var("SUDO_USER") {
        Ok(before) if !before.is_empty() && before != name => format!("command {name} ({before} by sudo)"),
        _ => format!("command {name}"),
    }
}

fn not_opened(subject: &str) -> String {
    format!("the {subject} cannot be opened")
}

/// The error for a database that does not open; SQLite does not say whether permissions are the cause.
fn unopened(config: &Config, error: impl Into<anyhow::Error>) -> anyhow::Error {
    if let DatabaseUrl::Sqlite(path) = config.database_url()
        && let Err(refused) = File::options().read(true).write(true).open(&path)
        && refused.kind() != ErrorKind::NotFound
    {
        return anyhow!(refusal::explained(&path, &refused));
    }
    let error = error.into();
    match error.downcast_ref::<db::Error>() {
        Some(error) => anyhow!(error.cause()),
        None => error,
    }
}

/// Inspects an SQLite file before it is changed, and refuses a file that does not suit this purpose. The returned file
/// keeps the database from being replaced.
async fn look_into_file(
    purpose: Purpose,
    config: &Config,
    own_key: Option<&KeyFile>,
    subject: &str,
) -> Result<Option<File>> {
    let DatabaseUrl::Sqlite(path) = config.database_url() else { return Ok(None) };
    let bytes = match std::fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => Some(metadata.len()),
        Ok(_) => None,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => None,
        Err(error) => return Err(anyhow!(refusal::explained(&path, &error))).with_context(|| not_opened(subject)),
    };
    if !purpose.makes() && bytes.is_none() {
        // Opening it would create an empty database.
        let path = std::path::absolute(&path).unwrap_or(path);
        bail!(NotOurs(format!("There is no database at {}.", path.display())));
    }
    if purpose.makes() {
        files::prepare_folders(config)?;
    }
    let held = match purpose {
        // The copy and the database that it will replace are held by the restore already.
        Purpose::Restore => None,
        _ => Some(hold::share(&path).map_err(|error| unopened(config, error)).with_context(|| not_opened(subject))?),
    };
    let tables = match bytes {
        None | Some(0) => Vec::new(),
        Some(_) => {
            let tables = Db::tables_of(&path, PATIENCE).await.map_err(|error| unopened(config, error));
            tables.with_context(|| not_opened(subject))?
        }
    };
    if let (Some(file), true) = (own_key, purpose.makes()) {
        // Before a database is created: an empty one would hide the problem.
        let checked = file.check(&path, has_ours(&tables));
        checked.with_context(|| format!("the master key file {}", file.path().display()))?;
        file.paths().iter().for_each(|path| files::tighten(path));
    }
    match purpose {
        // For a backup, a later check names what is missing.
        Purpose::Restore => {}
        _ => is_nobody_elses(subject, &tables)?,
    }
    Ok(held)
}

/// Whether these include tables of Latchkey.
fn has_ours(tables: &[String]) -> bool {
    ["installation", "data_key"].iter().all(|own| tables.iter().any(|table| table == own))
}

/// Refuses a database that belongs to another program: it has tables, but none of Latchkey.
fn is_nobody_elses(subject: &str, tables: &[String]) -> Result<()> {
    // A first start that ended in the middle leaves the list of migrations behind.
    match tables.iter().find(|table| *table != "_sqlx_migrations") {
        Some(other) if !has_ours(tables) => bail!(NotOurs(format!(
            "The {subject} has tables of another program (such as {other}) and none of Latchkey: give Latchkey its own database."
        ))),
        _ => Ok(()),
    }
}

/// Refuses a database or a backup that belongs to another issuer. A database without tables belongs to no issuer yet.
async fn is_of_this_issuer(config: &Config, db: &Db, subject: &str) -> Result<()> {
    if !has_ours(&db.tables().await.context("the database cannot be read")?) {
        return Ok(());
    }
    let issuer = installation::find(&mut *db.read().await?, ISSUER).await?;
    match issuer.filter(|issuer| issuer != config.issuer.as_str()) {
        None => Ok(()),
        Some(other) => bail!(NotOurs(format!(
            "The {subject} belongs to {other}, and this configuration is that of {}. If the issuer has changed on purpose, do \
             this with the one from before, and then start the server with the new one.",
            config.issuer.as_str()
        ))),
    }
}

/// Refuses a database of another program, or one that this release cannot work with.
async fn is_ours(config: &Config, db: &Db) -> Result<()> {
    let shown = config.database_url().shown();
    match db.schema().await.context("the database cannot be read")? {
        Schema::Missing => {
            bail!(NotOurs(format!("The database {shown} does not belong to Latchkey, or was never used.")))
        }
        Schema::Behind => bail!(NotOurs(format!(
            "The database {shown} was made by an earlier release. Migrate it first: start the server of this release, \
             or run latchkey migrate."
        ))),
        Schema::UpToDate => {}
    }
    // A command must not make the missing data key, nor a master key with it.
    if installation::data_keys(&mut *db.read().await?).await?.is_empty() {
        bail!(NotOurs(format!("The database {shown} was never used.")));
    }
    let issuer = installation::find(&mut *db.read().await?, ISSUER).await?;
    match issuer.filter(|issuer| issuer != config.issuer.as_str()) {
        None => Ok(()),
        Some(other) => bail!(NotOurs(format!(
            "The database {shown} belongs to {other}, and this configuration is that of {}.",
            config.issuer.as_str()
        ))),
    }
}

/// Refuses to restore from a file that is not a Latchkey database.
async fn is_of_latchkey(subject: &str, db: &Db) -> Result<()> {
    if !has_ours(&db.tables().await.with_context(|| format!("the {subject} cannot be read"))?) {
        bail!(NotOurs(format!("The {subject} does not belong to Latchkey.")));
    }
    Ok(())
}

/// The installation fact that names the issuer of this database.
const ISSUER: &str = "issuer";

/// Writes the issuer into the database, so that commands with the configuration of another issuer refuse it.
async fn keep_issuer(config: &Config, db: &Db) -> db::Result<()> {
    let issuer = config.issuer.as_str();
    let before = installation::find(&mut *db.read().await?, ISSUER).await?;
    if before.as_deref() == Some(issuer) {
        return Ok(());
    }
    if let Some(before) = before {
        tracing::warn!(
            "the issuer was {before} and is {issuer} now: applications that are configured with the old one refuse its tokens"
        );
    }
    db.write_one(KeepIssuer { issuer: issuer.to_owned() }).await
}

/// Writes the issuer into the database: one statement.
#[derive(Clone)]
struct KeepIssuer {
    issuer: String,
}

impl Change for KeepIssuer {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> db::Result<()> {
        installation::set(tx, ISSUER, &self.issuer).await
    }
}

/// The ephemeral store: Redis if the configuration names one, else the memory of this process.
async fn ephemeral(config: &Config, vault: &Vault, clock: &Clock, random: &Random) -> Result<Ephemeral> {
    let Some(url) = &config.ephemeral.redis_url else { return Ok(Ephemeral::memory(clock.clone())) };
    let options = ephemeral::Options {
        url: url.expose().clone(),
        prefix: config.ephemeral.redis_prefix.clone(),
        timeout: config.ephemeral.redis_timeout,
    };
    let redis = Redis::new(&options, vault.derive("ephemeral"), clock.clone(), random.clone());
    let redis = redis.context("ephemeral.redis_url is not the address of a Redis")?;
    match redis.begin().await {
        Ok(Some(policy)) => tracing::warn!(
            "Redis evicts keys when its memory is full (maxmemory-policy {policy}): a form that was sent may be sent again"
        ),
        Ok(None) => {}
        Err(_) => tracing::warn!(
            "serving without Redis until {url} (ephemeral.redis_url) answers: each process counts limits for itself"
        ),
    }
    Ok(Ephemeral::Redis(Arc::new(redis)))
}

/// The master keys that may open the database, the present one first.
async fn master_keys(config: &Config, own: Option<&KeyFile>, db: &Db, random: &Random) -> Result<Vec<SealingKey>> {
    let mut keys: Vec<_> = config.secrets.master_key.iter().cloned().collect();
    match (own, config.database_url()) {
        (Some(file), DatabaseUrl::Sqlite(path)) => {
            let sealed = installation::is_sealed(&mut *db.read().await?).await?;
            let key = file.open(&path, sealed, random);
            keys.push(key.with_context(|| format!("the master key file {}", file.path().display()))?);
        }
        // A replica must not create a second one.
        (Some(_), DatabaseUrl::Postgres(_)) => bail!(
            "secrets.master_key is missing. On PostgreSQL it must be given, the same to every replica: make one with\n  \
             openssl rand -base64 32 > master.key\n\
             and name the file with LATCHKEY__SECRETS__MASTER_KEY_FILE or secrets.master_key_file"
        ),
        (None, _) => {}
    }
    keys.extend(config.secrets.previous_master_keys.iter().cloned());
    Ok(keys)
}

/// Replaces the long time limits of a start by the configured ones: from now on requests wait for the database.
pub fn serve_requests(app: &App) {
    app.db.limit(configured(&app.config));
}

/// The file of the master key that Latchkey creates; `None` if the configuration has a key.
fn own_key_file(config: &Config) -> Option<KeyFile> {
    config.secrets.master_key.is_none().then(|| KeyFile::at(config.data_dir.join("master.key")))
}

/// Which key was tried on which database, for messages.
fn which_key(config: &Config, subject: &str) -> String {
    let key = match own_key_file(config) {
        Some(file) => format!("the master key file {}", file.path().display()),
        None => "secrets.master_key".to_owned(),
    };
    format!("{key} and the {subject}")
}

/// Refuses to restore a backup if the master key that Latchkey had created is missing, before anything is created
/// there.
pub(crate) fn key_is_there(config: &Config, backup: &Path) -> Result<()> {
    let Some(file) = own_key_file(config) else { return Ok(()) };
    let key = std::path::absolute(file.path()).unwrap_or_else(|_| file.path().to_owned());
    if file.is_there().with_context(|| format!("the master key file {}", key.display()))? {
        return Ok(());
    }
    bail!(NotOurs(format!(
        "There is no master key at {}, and without it nothing in the backup {} can be opened: put it there first.",
        key.display(),
        backup.display()
    )))
}

pub(crate) use files::beside;
pub(crate) use files::{open_files, open_folders, warn_of_open_folders};
pub(crate) use hold::take_away;
pub use hold::take_hold;
pub(crate) use restore::forget_unfinished_restore;
