//! Who may use an SQLite file at the same time: one server and any number of commands, but nothing else during a
//! restore.
//!
//! Each rule is a lock on a file beside the database. A lock on the database itself would be lost: the system releases
//! all locks of a process on a file as soon as the process closes that file once, and SQLite relies on its own locks.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use rustix::fs::OFlags;

use crate::base::refusal;
use crate::config::{Config, DatabaseUrl};
use crate::server::boot::files::{OPENED, SERVED, beside, prepare_folders, private_options};

/// Holds an SQLite file for this process: a second server on it would not see what this one has in memory.
#[derive(Debug)]
pub struct Hold {
    files: Vec<File>,
}

impl Hold {
    /// Changes the owner of the lock files to the owner of the database.
    pub(crate) fn give(&self, uid: u32, gid: u32) -> std::io::Result<()> {
        self.files.iter().try_for_each(|file| give(file, uid, gid))
    }
}

/// Locks the database file for a server; the error names what holds it.
pub fn take_hold(config: &Config) -> Result<Option<Hold>> {
    let DatabaseUrl::Sqlite(path) = config.database_url() else { return Ok(None) };
    let why =
        "another Latchkey serves from it already. An SQLite file belongs to one server; for several, use PostgreSQL";
    Ok(Some(Hold { files: vec![served(config, &path, why)?] }))
}

/// Locks the database file exclusively: replacing it must not meet a command that is writing.
pub(crate) fn take_away(config: &Config, database: &Path) -> Result<Hold> {
    let why = "a server has it open: stop it first";
    let served = served(config, database, why)?;
    let opened = lock_file(database, OPENED)?;
    match opened.try_lock() {
        Ok(()) => Ok(Hold { files: vec![served, opened] }),
        Err(TryLockError::WouldBlock) => bail!("another process is using {}, try again", database.display()),
        Err(TryLockError::Error(error)) => Err(error).context("the database file cannot be locked"),
    }
}

fn served(config: &Config, database: &Path, why: &str) -> Result<File> {
    prepare_folders(config)?;
    let file = lock_file(database, SERVED)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            // A restore holds this lock, too; then `share` reports it.
            share(database)?;
            bail!("the database {} is in use: {why}", database.display())
        }
        Err(TryLockError::Error(error)) => Err(error).context("the database file cannot be locked"),
    }
}

/// Keeps a database from being replaced while the returned file is open.
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
    // Some file systems require read access for a shared lock. Links are refused: their maker could have root open
    // another file.
    let nofollow = OFlags::NOFOLLOW.bits().cast_signed();
    let file = private_options().read(true).create(true).truncate(false).custom_flags(nofollow).open(&path);
    let file = file.map_err(|error| anyhow!(refusal::explained(&path, &error)));
    let file = file.with_context(|| format!("the lock file {} cannot be opened", path.display()))?;
    let own = file.metadata().with_context(|| format!("the lock file {} cannot be read", path.display()))?;
    if !own.is_file() || own.nlink() != 1 {
        bail!("the lock file {} is a link, or not a regular file: remove it", path.display());
    }
    // Root acts for the user of the service, who has to open this file, too.
    if let Ok(whose) = fs::metadata(database) {
        let _ = give(&file, whose.uid(), whose.gid());
    }
    Ok(file)
}

fn give(file: &File, uid: u32, gid: u32) -> std::io::Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) == (uid, gid) { Ok(()) } else { fchown(file, Some(uid), Some(gid)) }
}
