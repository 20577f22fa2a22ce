//! Opens the database.

use std::fs::File;
use std::io::ErrorKind;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use super::files;
use super::hold;
use super::owner::{NotOurs, has_ours, refuse_other_programs};
use super::surroundings::{Purpose, Surroundings};
use crate::base::refusal;
use crate::config::{Config, DatabaseUrl};
use crate::keys::vault::KeyFile;
use crate::store::db::{self, Db, Limits};

/// How long a start or a command waits for a busy database: other replicas may start at the same moment. Requests wait
/// for less, since a person waits for them.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn configured(config: &Config) -> Limits {
    Limits { acquire: config.database.acquire_timeout, statement: config.database.statement_timeout }
}

/// What messages call the database.
pub(super) fn subject(config: &Config) -> String {
    match config.database_url() {
        DatabaseUrl::Sqlite(path) => format!("database {}", path.display()),
        url => format!("database {} (database.url)", url.place()),
    }
}

pub(super) async fn open_database(
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

pub(super) fn not_opened(subject: &str) -> String {
    format!("the {subject} cannot be opened")
}

/// The error for a database that does not open; SQLite does not say whether permissions are the cause.
pub(super) fn unopened(config: &Config, error: impl Into<anyhow::Error>) -> anyhow::Error {
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
pub(super) async fn look_into_file(
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
        _ => refuse_other_programs(subject, &tables)?,
    }
    Ok(held)
}
