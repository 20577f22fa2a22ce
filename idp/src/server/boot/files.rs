//! The files beside a database: their names, and their permissions, which are for the owner alone.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::config::{Config, DatabaseUrl};

/// The permission bits of everyone but the owner.
const OTHERS: u32 = 0o077;

/// The permission bits that make a folder open: others may read or write, or its group may write.
const OPEN: u32 = 0o027;

/// The lock file that a server or a restore locks exclusively.
pub(super) const SERVED: &str = ".lock";

/// The lock file that every process with the database open shares, and that a restore locks exclusively.
pub(super) const OPENED: &str = ".use";

/// The files beside a database that are locked.
pub(crate) const LOCKS: [&str; 2] = [SERVED, OPENED];

/// Options that open a file for writing; a file that they create is private to its owner.
pub(super) fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

/// Makes the files of an SQLite database private to their owner. SQLite gives later files the mode of the database, so
/// they are private, too.
pub(super) fn keep_private(database: &Path) -> io::Result<()> {
    match private_options().create_new(true).open(database) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    for ending in ["", "-wal", "-shm"].into_iter().chain(LOCKS) {
        tighten(&beside(database, ending));
    }
    Ok(())
}

/// Makes a file private to its owner, or warns that others can read it.
pub(super) fn tighten(path: &Path) {
    // A missing file needs no change.
    let Ok(metadata) = fs::metadata(path) else { return };
    let mode = metadata.permissions().mode();
    if metadata.is_file() && mode & OTHERS != 0 {
        // This fails if the file belongs to another user, who lets this process write to it.
        if let Err(error) = fs::set_permissions(path, PermissionsExt::from_mode(mode & !OTHERS)) {
            let path = path.display();
            tracing::warn!("others can read {path}, and its mode cannot be changed: {error}");
        }
    }
}

/// Warns of folders in which others than the owner can read or replace the database and the master key.
pub(crate) fn warn_of_open_folders(config: &Config) {
    for (folder, mode) in open_folders(config) {
        let folder = folder.display();
        tracing::warn!("the folder {folder} is open to others (mode {mode:o}): run chmod 700 on it");
    }
}

/// The folders in which others than the owner can read or replace the database and the master key, with their modes.
pub(crate) fn open_folders(config: &Config) -> Vec<(PathBuf, u32)> {
    let mut folders = vec![config.data_dir.clone()];
    if let DatabaseUrl::Sqlite(path) = config.database_url()
        && let Some(folder) = path.parent()
    {
        folders.push(if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() });
    }
    folders.dedup();
    let mode = |folder: &Path| fs::metadata(folder).map_or(0, |metadata| metadata.permissions().mode() & 0o777);
    let with_mode = folders.into_iter().map(|folder| (mode(&folder), folder));
    with_mode.filter(|(mode, _)| mode & OPEN != 0).map(|(mode, folder)| (folder, mode)).collect()
}

/// The files beside a database, and the master key, that others than their owner can read.
pub(crate) fn open_files(config: &Config) -> Vec<PathBuf> {
    let mut files = vec![config.data_dir.join("master.key")];
    if let DatabaseUrl::Sqlite(path) = config.database_url() {
        files.extend(["", "-wal", "-shm"].map(|ending| beside(&path, ending)));
    }
    let open = |path: &PathBuf| fs::metadata(path).is_ok_and(|data| data.permissions().mode() & OTHERS != 0);
    files.into_iter().filter(open).collect()
}

/// Creates missing folders of a database and a master key, private to their owner.
pub(super) fn prepare_folders(config: &Config) -> Result<()> {
    let mut folders = vec![config.data_dir.clone()];
    if let DatabaseUrl::Sqlite(path) = config.database_url()
        && let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty())
    {
        folders.push(parent.to_owned());
    }
    for folder in folders {
        if folder.is_dir() {
            continue;
        }
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder).with_context(|| format!("the folder {} cannot be created", folder.display()))?;
    }
    Ok(())
}

/// The file beside a database with this ending.
pub(crate) fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
