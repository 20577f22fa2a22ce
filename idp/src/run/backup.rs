//! `latchkey backup` and `latchkey restore`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use serde_json::json;

use super::{failed, open};
use crate::app::App;
use crate::boot;
use crate::cli::backup::{Backup, Restore};
use crate::cli::{Failure, Outcome, Output};
use crate::config::{Config, DatabaseUrl};
use crate::store::epoch;
use crate::store::event::Event;

const BESIDE: &str = "Keep beside it, and not in the same place: the master key (master.key in the data directory, or \
                      wherever secrets.master_key comes from), without which nothing in it can be opened, and the configuration.";

/// Writes a copy of the database as it is now.
pub(super) async fn backup(app: &App, backup: &Backup) -> Outcome {
    if let DatabaseUrl::Postgres(_) = app.config.database_url() {
        return Err(Failure::Usage(format!(
            "PostgreSQL is backed up by its own tools: pg_dump --format=custom --file=latchkey.dump. {BESIDE}"
        )));
    }
    let file = &backup.file;
    if file.exists() {
        return Err(Failure::Conflict(format!("{} is there already", file.display())));
    }
    // Under another name until it is whole and on disk.
    let unfinished = with_ending(file, ".unfinished");
    let _ = fs::remove_file(&unfinished);
    private(&unfinished).with_context(|| format!("{} cannot be written", unfinished.display()))?;
    app.db.copy_to(&unfinished).await.map_err(failed)?;
    finish(&unfinished, file).with_context(|| format!("{} cannot be written", file.display()))?;
    let bytes = fs::metadata(file).map(|metadata| metadata.len()).unwrap_or(0);
    let text = format!("Wrote {} ({} KiB). {BESIDE}", file.display(), bytes / 1024);
    Ok(Output::new(text, &json!({ "file": file, "bytes": bytes })))
}

/// Goes back to a backup, and begins a new epoch.
pub(super) async fn restore(config: Config, restore: &Restore) -> Outcome {
    let (DatabaseUrl::Sqlite(present), file) = (config.database_url(), &restore.file) else {
        return restore_in_place(config, restore).await;
    };
    let Some(file) = file else {
        return Err(Failure::Usage("Which backup? latchkey restore FILE".to_owned()));
    };
    // Held until the end: no server may begin on what is about to be replaced.
    let _hold = boot::take_hold(&config)?;
    let restored = with_ending(&present, ".restoring");
    remove(&restored);
    fs::copy(file, &restored).with_context(|| format!("{} cannot be read", file.display()))?;
    let mut on_copy = config;
    on_copy.database.url = Some(DatabaseUrl::Sqlite(restored.clone()));
    let begun = begin_epoch(on_copy).await;
    if begun.is_err() {
        remove(&restored);
    }
    begun?;
    let before = with_ending(&present, ".before-restore");
    put_aside(&present, &before).context("the present database cannot be put aside")?;
    finish(&restored, &present).context("the restored database cannot be put in its place")?;
    let text = format!(
        "Went back to {}. Everybody signs in anew. The database from before is {}.",
        file.display(),
        before.display()
    );
    Ok(Output::new(text, &json!({ "restored": file, "before": before })))
}

/// On PostgreSQL the data is back already, by pg_restore.
async fn restore_in_place(config: Config, restore: &Restore) -> Outcome {
    if restore.file.is_some() {
        let text =
            "PostgreSQL is restored by its own tools: pg_restore, and after that latchkey restore without a file";
        return Err(Failure::Usage(text.to_owned()));
    }
    begin_epoch(config).await?;
    let text = "Began a new epoch: everybody signs in anew, and nothing that was used before works again.";
    Ok(Output::new(text, &json!({ "restored": true })))
}

async fn begin_epoch(config: Config) -> Result<(), Failure> {
    let sqlite = matches!(config.database_url(), DatabaseUrl::Sqlite(_));
    let app = open(config).await?;
    let wrong = if sqlite { app.db.check().await.map_err(failed)? } else { None };
    if let Some(wrong) = wrong {
        app.db.close().await;
        return Err(anyhow!("the backup is damaged: {wrong}").into());
    }
    let (now, pen) = (app.now(), app.pen.clone());
    let begun = app
        .db
        .write(move |conn| {
            Box::pin(async move {
                epoch::begin(conn, now).await?;
                pen.record(conn, &Event::Restored).await
            })
        })
        .await;
    app.db.close().await;
    Ok(begun.map_err(failed)?)
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn remove(database: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(with_ending(database, ending));
    }
}

/// Gives a database another name beside its own, under which it is complete; one that is not there leaves alone what has the
/// other name.
fn put_aside(present: &Path, before: &Path) -> std::io::Result<()> {
    if !present.exists() {
        return Ok(());
    }
    remove(before);
    // These must not be there when another database has the name.
    for ending in ["-wal", "-shm"] {
        let from = with_ending(present, ending);
        if from.exists() {
            fs::rename(&from, with_ending(before, ending))?;
        }
    }
    // There is a database of this name at every moment; else a server could begin with an empty one.
    fs::hard_link(present, before).or_else(|_| fs::rename(present, before))
}

/// Makes an empty file that is for its owner alone.
fn private(path: &Path) -> std::io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Gives a file that is written its name, and waits until both are on disk.
fn finish(from: &Path, to: &Path) -> std::io::Result<()> {
    File::open(from)?.sync_all()?;
    fs::rename(from, to)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
