//! Who may use an SQLite file at the same time: one server, any number of commands, and nobody while it is replaced.
//!
//! Each rule is a lock on a file beside the database. One on the database itself would be lost: the system gives up all
//! locks that a process has on a file as soon as it closes the file once, and SQLite relies on its own.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};

use crate::base::refusal;
use crate::config::{Config, DatabaseUrl};
use crate::server::boot::files::{OPENED, SERVED, beside, prepare_folders, private_options};

/// Holds an SQLite file for this process: a second server on it would know nothing of what this one has in memory.
#[derive(Debug)]
pub struct Hold {
    _files: Vec<File>,
}

/// Takes hold of the database file for a server, or says who cannot.
pub fn take_hold(config: &Config) -> Result<Option<Hold>> {
    let DatabaseUrl::Sqlite(path) = config.database_url() else { return Ok(None) };
    Ok(Some(Hold { _files: vec![served(config, &path)?] }))
}

/// Takes the database file away from everybody: what is to replace it must not meet a command that is writing.
pub(crate) fn take_away(config: &Config, database: &Path) -> Result<Hold> {
    let served = served(config, database)?;
    let opened = lock_file(database, OPENED)?;
    match opened.try_lock() {
        Ok(()) => Ok(Hold { _files: vec![served, opened] }),
        Err(TryLockError::WouldBlock) => bail!("somebody is at work on {}, try again", database.display()),
        Err(TryLockError::Error(error)) => Err(error).context("the database file cannot be locked"),
    }
}

fn served(config: &Config, database: &Path) -> Result<File> {
    prepare_folders(config)?;
    let file = lock_file(database, SERVED)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another Latchkey serves from {} already. An SQLite file belongs to one server; for several, use PostgreSQL",
            database.display()
        ),
        Err(TryLockError::Error(error)) => Err(error).context("the database file cannot be locked"),
    }
}

/// Keeps a database from being replaced for as long as the file that this returns is open.
pub(super) fn share(database: &Path) -> Result<File> {
    let file = lock_file(database, OPENED)?;
    match file.try_lock_shared() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("a restore of {} is under way: try again when it has ended", database.display())
        }
        Err(TryLockError::Error(error)) => Err(error).context("the database file cannot be locked"),
    }
}

fn lock_file(database: &Path, ending: &str) -> Result<File> {
    let path = beside(database, ending);
    let file = private_options().create(true).truncate(false).open(&path);
    let file = file.map_err(|error| anyhow!(refusal::explained(&path, &error)));
    let file = file.with_context(|| format!("the lock file {} cannot be opened", path.display()))?;
    // Root does something for the user of the service, who has to open this, too.
    if let (Ok(own), Ok(whose)) = (file.metadata(), fs::metadata(database))
        && (own.uid(), own.gid()) != (whose.uid(), whose.gid())
    {
        let _ = chown(&path, Some(whose.uid()), Some(whose.gid()));
    }
    Ok(file)
}
