//! `latchkey backup` and `latchkey restore`.

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::crash_point::crash_point;
use crate::base::refusal;
use crate::commands::output::{Failure, Outcome, Output, failed};
use crate::config::{Config, DatabaseUrl};
use crate::server::boot::{self, Purpose, beside, restore};
use crate::store::db::Db;
use crate::store::installation::epoch;
use anyhow::{Context, anyhow};
use clap::Args;
use serde_json::json;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

/// Where a backup goes.
#[derive(Args, Clone, Debug)]
pub struct Backup {
    /// The file to write; it must not exist
    pub file: PathBuf,
}

/// Where a backup comes from.
#[derive(Args, Clone, Debug)]
pub struct Restore {
    /// The backup; omit it on PostgreSQL, after pg_restore
    pub file: Option<PathBuf>,
}

const BESIDE: &str = "Back up two more things, in another place: the configuration, and the master key (master.key in the data \
                      directory, or wherever secrets.master_key comes from). Without the master key, a backup is useless.";

/// Writes a copy of the database as it is now.
pub(super) async fn backup(app: &App, backup: &Backup) -> Outcome {
    if let DatabaseUrl::Postgres(_) = app.config.database_url() {
        return Err(Failure::Usage(format!(
            "Back up PostgreSQL with its own tools: pg_dump --format=custom --file=latchkey.dump. {BESIDE}"
        )));
    }
    let file = &backup.file;
    if file.exists() {
        return Err(Failure::Conflict(format!("{} exists already.", file.display())));
    }
    let log = beside(file, "-wal");
    if log.exists() {
        let why = "It is the log of another database, and a restore would take it for that of the backup.";
        return Err(Failure::Conflict(format!("{} exists already. {why}", log.display())));
    }
    // The copy has another name until it is complete and on disk.
    let unfinished = beside(file, ".unfinished");
    let _ = fs::remove_file(&unfinished);
    private(&unfinished).with_context(|| format!("{} cannot be written", unfinished.display()))?;
    app.db.copy_to(&unfinished).await.map_err(failed)?;
    finish(&unfinished, file).with_context(|| format!("{} cannot be written", file.display()))?;
    let bytes = fs::metadata(file).map(|metadata| metadata.len()).unwrap_or(0);
    let text = format!("Backed up to {} ({} KiB). {BESIDE}", file.display(), bytes / 1024);
    Ok(Output::new(text, &json!({ "file": file, "bytes": bytes })))
}

/// Restores a backup, and begins a new epoch. After a crash at any step either the present database or the restored one
/// is in place, and the present one is complete under one of its names. The command can simply be run again.
pub(super) async fn restore(config: Config, restore: &Restore) -> Outcome {
    let (DatabaseUrl::Sqlite(present), file) = (config.database_url(), &restore.file) else {
        return restore_in_place(config, restore).await;
    };
    let Some(file) = file else {
        return Err(Failure::Usage("A backup is required: latchkey restore FILE".to_owned()));
    };
    // Checked before any file is created, since the folder may be the wrong one.
    let cannot_be_read = || format!("the backup {} cannot be read", file.display());
    let opened = File::open(file).map_err(|error| anyhow!(refusal::explained(file, &error)));
    drop(opened.with_context(cannot_be_read)?);
    boot::key_is_there(&config, file)?;
    // Root restores for the service's user, who cannot open files that belong to root.
    let owner = Owner::of(&present)?;
    // Held until the end: no process may open a database that is about to be replaced.
    let hold = boot::take_away(&config, &present)?;
    hold.give(owner.uid, owner.gid)
        .with_context(|| format!("the lock files of {} cannot be given away", present.display()))?;
    for own in [present.clone(), beside(&present, restore::RESTORING)] {
        if is_same(file, &own) {
            let why = "A restore has left it under this second name. Name a backup.";
            return Err(Failure::Usage(format!("{} is the database {} itself. {why}", file.display(), own.display())));
        }
    }
    boot::forget_unfinished_restore(&present).context("what an earlier restore has left cannot be removed")?;
    let restored = beside(&present, restore::RESTORING);
    for ending in ["", "-wal"] {
        // If a database was copied with its log, by hand or by an earlier restore, its last writes are in the log.
        let from = beside(file, ending);
        if ending.is_empty() || from.exists() {
            copy(&from, &beside(&restored, ending)).with_context(cannot_be_read)?;
        }
    }
    crash_point("restore.copied");
    let mut on_copy = config;
    on_copy.database.url = Some(DatabaseUrl::Sqlite(restored.clone()));
    let prepared = match begin_epoch_on_copy(on_copy, file).await {
        // Merged, it is a single file.
        Ok(()) => merge(&restored).await.map_err(Failure::from).and_then(|()| owner.give(&restored, true)),
        refused => refused,
    };
    if prepared.is_err() {
        restore::remove(&restored);
    }
    prepared?;
    File::open(&restored).and_then(|file| file.sync_all()).context("the restored database cannot be written")?;
    crash_point("restore.prepared");
    let before = put_aside(&present, boot::Surroundings::real().clock.now()).await?;
    crash_point("restore.put_aside");
    finish(&restored, &present).context("the restored database cannot be put in its place")?;
    crash_point("restore.done");
    let mut text = format!(
        "Restored {}. All sessions, tokens and links have ended; everybody has to sign in again. {CODES_AND_VISITORS}",
        file.display()
    );
    if let Some(before) = &before {
        text += &format!(" The previous database is kept as {}.", before.display());
    }
    Ok(Output::new(text, &json!({ "restored": file, "before": before })))
}

/// What else ends that nobody would expect.
const CODES_AND_VISITORS: &str = "All recovery codes are void, since some may have been used after the backup: people create new ones under \
    Security, and whoever has only a username and a lost password needs `latchkey user set-password`. Visitors have lost their accounts.";

/// Restores on PostgreSQL, where pg_restore has already brought the data back.
async fn restore_in_place(config: Config, restore: &Restore) -> Outcome {
    if restore.file.is_some() {
        let text = "Restore PostgreSQL with its own tools: run pg_restore, and then latchkey restore without a file.";
        return Err(Failure::Usage(text.to_owned()));
    }
    begin_epoch(&boot::open_patiently(Purpose::Command, config, boot::Surroundings::real()).await?).await?;
    let text = format!(
        "Ended all sessions, tokens and links from before the restore; everybody has to sign in again. {CODES_AND_VISITORS}"
    );
    Ok(Output::new(text, &json!({ "restored": true })))
}

/// Begins an epoch on a copy of a backup, which an earlier release may have written.
async fn begin_epoch_on_copy(config: Config, file: &Path) -> Result<(), Failure> {
    let app = boot::open_copy(file, config, boot::Surroundings::real()).await?;
    if let Some(wrong) = app.db.check().await.map_err(failed)? {
        app.db.close().await;
        return Err(anyhow!("the backup {} is damaged: {wrong}", file.display()).into());
    }
    begin_epoch(&app).await
}

async fn begin_epoch(app: &App) -> Result<(), Failure> {
    let begun = epoch::begin(&app.db, || crash_point("restore.epoch")).await;
    app.db.close().await;
    Ok(begun.map_err(failed)?)
}

/// The owner and mode of the database file.
#[derive(Clone, Copy)]
struct Owner {
    uid: u32,
    gid: u32,
    mode: u32,
}

impl Owner {
    /// The owner and mode of a file; if it does not exist, the owner of its folder and mode 0600.
    fn of(path: &Path) -> Result<Self, Failure> {
        if let Ok(data) = fs::metadata(path) {
            return Ok(Self { uid: data.uid(), gid: data.gid(), mode: data.mode() & 0o777 });
        }
        let folder = restore::folder_of(path);
        // A folder that does not exist yet will belong to the user who runs the command.
        let data = fs::metadata(folder).or_else(|_| fs::metadata("."));
        let data = data.with_context(|| format!("{} cannot be read", folder.display()))?;
        Ok(Self { uid: data.uid(), gid: data.gid(), mode: 0o600 })
    }

    /// Sets the owner of a file and, if `with_mode`, its mode.
    fn give(self, path: &Path, with_mode: bool) -> Result<(), Failure> {
        let given = || -> std::io::Result<()> {
            let data = fs::metadata(path)?;
            if (data.uid(), data.gid()) != (self.uid, self.gid) {
                chown(path, Some(self.uid), Some(self.gid))?;
            }
            if with_mode {
                fs::set_permissions(path, PermissionsExt::from_mode(self.mode))?;
            }
            Ok(())
        };
        let failed = || format!("{} cannot be given to the owner of the database (run this as root)", path.display());
        Ok(given().with_context(failed)?)
    }
}

/// Copies a file into a new one that only its owner can read.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut source = File::open(from)?;
    private(to)?;
    let mut target = File::options().write(true).open(to)?;
    std::io::copy(&mut source, &mut target)?;
    target.sync_all()
}

/// Writes the write-ahead log of a database into its file, and removes the log.
async fn merge(database: &Path) -> anyhow::Result<()> {
    Db::merge(database).await.with_context(|| format!("the log of {} cannot be written to it", database.display()))
}

/// Gives the present database a second name in its folder, and returns that name. The first name stays until the
/// restored database takes it: if the file were missing, a server would begin with an empty database.
async fn put_aside(present: &Path, now: Timestamp) -> Result<Option<PathBuf>, Failure> {
    if !present.exists() {
        return Ok(None);
    }
    let merged = match Db::merge(present).await {
        Ok(()) => true,
        Err(error) if error.is_busy() => {
            return Err(anyhow!("another process is using {}, try again: {error}", present.display()).into());
        }
        // The database may be damaged, which is a reason to restore: it is kept unchanged, with its log.
        Err(error) => {
            tracing::warn!("the previous database cannot be read and is kept as it is: {error}");
            false
        }
    };
    crash_point("restore.merged");
    let before = free_name(present, now);
    let kept = || -> std::io::Result<()> {
        if !merged {
            for ending in ["-wal", ""] {
                let from = beside(present, ending);
                if from.exists() {
                    copy(&from, &beside(&before, ending))?;
                }
            }
        } else if fs::hard_link(present, &before).is_err() {
            // Not every file system has hard links.
            copy(present, &before)?;
        }
        File::open(restore::folder_of(present))?.sync_all()
    };
    kept().context("the present database cannot be put aside")?;
    let owner = Owner::of(present)?;
    owner.give(&before, true)?;
    crash_point("restore.kept");
    // SQLite would apply this log to the restored database. Its content was merged into the file, or copied.
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(beside(present, ending));
    }
    Ok(Some(before))
}

/// An unused name, with the time in it.
fn free_name(present: &Path, now: Timestamp) -> PathBuf {
    let name = beside(present, &format!("{}{}", restore::BEFORE, now.to_string().replace(':', "-")));
    let taken = |path: &PathBuf| !path.exists() && !beside(path, "-wal").exists();
    let more = (2..).map(|n| beside(&name, &format!(".{n}")));
    std::iter::once(name.clone()).chain(more).find(taken).unwrap_or(name)
}

/// Whether two paths name the same file.
fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| fs::metadata(path).ok().map(|data| (data.dev(), data.ino()));
    place(one).is_some_and(|one| place(other) == Some(one))
}

/// Creates an empty file that only its owner can read.
fn private(path: &Path) -> std::io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Renames a written file, and waits until the file and its name are on disk.
fn finish(from: &Path, to: &Path) -> std::io::Result<()> {
    File::open(from)?.sync_all()?;
    fs::rename(from, to)?;
    File::open(restore::folder_of(to))?.sync_all()
}
