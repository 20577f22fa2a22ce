//! S5. A restore that is interrupted, or meets somebody else.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use latchkey::config::{Config, DatabaseUrl};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection};

use super::operator::{done, said};
use crate::harness::{Process, TestApp, latchkey, left_out, refused, run};

/// A database on which a server was killed, so that what is in its log is in no other place; with a backup from before.
struct Killed {
    config: Config,
    path: PathBuf,
    backup: PathBuf,
}

async fn killed() -> Option<Killed> {
    let app = TestApp::beside_a_process().await;
    let config = app.app.config.clone();
    let DatabaseUrl::Sqlite(path) = config.database_url() else {
        left_out("SQLite");
        return None;
    };
    // A folder of its own, in which one can see what a restore leaves.
    let own = path.with_extension("folder");
    std::fs::create_dir(&own).unwrap();
    app.app.db.close().await;
    let moved = own.join("latchkey.db");
    std::fs::copy(&path, &moved).unwrap();
    let mut config = config;
    config.database.url = Some(DatabaseUrl::Sqlite(moved.clone()));
    let backup = own.join("backup");
    let server = Process::start(&config, &[]).await;
    done(&run(latchkey(&config).args(["backup"]).arg(&backup)));
    done(&run(latchkey(&config).args(["user", "add", "--username", "alice"])));
    drop(server);
    assert!(std::fs::metadata(with(&moved, "-wal")).unwrap().len() > 0, "there is something to lose");
    Some(Killed { config, path: moved, backup })
}

fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

impl Killed {
    /// The databases that were put aside.
    fn before(&self) -> Vec<PathBuf> {
        let folder = std::fs::read_dir(self.path.parent().unwrap()).unwrap();
        let paths = folder.map(|entry| entry.unwrap().path());
        let mut found: Vec<_> = paths
            .filter(|path| {
                let name = path.file_name().unwrap().to_str().unwrap();
                name.contains(".before-restore-")
                    && !name.ends_with("-wal")
                    && !name.ends_with("-shm")
                    && !name.ends_with(".lock")
                    && !name.ends_with(".use")
            })
            .collect();
        found.sort();
        found
    }

    fn has_alice(&self, database: &Path) -> bool {
        let mut config = self.config.clone();
        config.database.url = Some(DatabaseUrl::Sqlite(database.to_owned()));
        let shown = run(latchkey(&config).args(["user", "show", "alice"]));
        assert!(matches!(shown.status.code(), Some(0 | 3)), "{database:?}: {}", said(&shown));
        shown.status.success()
    }

    fn restore(&self, environment: &[(&str, &str)]) -> Output {
        run(latchkey(&self.config).arg("restore").arg(&self.backup).envs(environment.iter().copied()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_a_restore_that_is_killed_at_any_step_loses_nothing_and_can_be_done_again() {
    for point in ["copied", "epoch", "prepared", "merged", "kept", "put_aside", "done"] {
        let Some(killed) = killed().await else { return };
        let doomed = killed.restore(&[("LATCHKEY_TEST_KILL_AT", &format!("restore.{point}"))]);
        assert_eq!(doomed.status.signal(), Some(9), "{point}: {}", said(&doomed));
        let in_place = killed.has_alice(&killed.path);
        assert_eq!(in_place, point != "done", "{point}: either the one or the other");
        assert!(in_place || killed.before().iter().any(|path| killed.has_alice(path)), "{point}");

        // A server that begins instead leaves no second name of its own database, and no copy that nobody asked for.
        if in_place {
            drop(Process::start(&killed.config, &[]).await);
            assert_eq!(killed.before(), Vec::<PathBuf>::new(), "{point}");
            assert!(!with(&killed.path, ".restoring").exists(), "{point}");
        }
        done(&killed.restore(&[]));
        assert!(!killed.has_alice(&killed.path), "{point}");
        let before = killed.before();
        assert!(before.iter().any(|path| killed.has_alice(path)), "{point}: {before:?}");
        assert_eq!(before.len(), if point == "done" { 2 } else { 1 }, "{point}: {before:?}");
        drop(Process::start(&killed.config, &[]).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_a_restore_waits_for_no_command_and_no_command_meets_a_restore() {
    let Some(killed) = killed().await else { return };
    let lock = || std::fs::File::options().write(true).create(true).truncate(false).open(with(&killed.path, ".use"));
    let path = killed.path.to_str().unwrap();
    // As a command has it that is at work.
    let command = lock().unwrap();
    command.lock_shared().unwrap();
    assert!(killed.has_alice(&killed.path), "commands work side by side");
    let refused = killed.restore(&[]);
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    assert!(said(&refused).contains(&format!("another process is using {path}, try again")), "{}", said(&refused));
    assert!(!with(&killed.path, ".restoring").exists());
    drop(command);
    // As a server has it.
    let server = std::fs::File::options().write(true).open(with(&killed.path, ".lock")).unwrap();
    server.lock().unwrap();
    let refused = killed.restore(&[]);
    assert!(said(&refused).contains("a server has it open: stop it first"), "{}", said(&refused));
    drop(server);
    // As a restore has it.
    let restore = lock().unwrap();
    restore.lock().unwrap();
    for args in [["user", "list"].as_slice(), &["migrate"], &["backup", "another"]] {
        let refused = run(latchkey(&killed.config).args(args).current_dir(killed.path.parent().unwrap()));
        assert_eq!(refused.status.code(), Some(1), "{args:?}: {}", said(&refused));
        assert!(said(&refused).contains(&format!("a restore of {path} is under way")), "{}", said(&refused));
    }
    let served = std::fs::File::options().write(true).open(with(&killed.path, ".lock")).unwrap();
    served.lock().unwrap();
    let serve = refused_start(&killed.config);
    assert!(serve.contains(&format!("a restore of {path} is under way")), "{serve}");
    drop((restore, served));
    assert!(killed.has_alice(&killed.path));
    // The database itself under another name is no backup.
    let second = with(&killed.path, ".before-restore-x");
    std::fs::hard_link(&killed.path, &second).unwrap();
    let refused = run(latchkey(&killed.config).arg("restore").arg(&second));
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(second.exists() && killed.has_alice(&killed.path));
    done(&killed.restore(&[]));
}

fn refused_start(config: &Config) -> String {
    said(&refused(config))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_a_lock_file_that_is_a_link_is_refused_and_what_it_leads_to_stays_whose_it_is() {
    let Some(killed) = killed().await else { return };
    let target = with(&killed.path, ".target");
    std::fs::write(&target, "mine").unwrap();
    let lock = with(&killed.path, ".use");
    std::fs::remove_file(&lock).unwrap();
    for link in [
        |from: &Path, to: &Path| std::os::unix::fs::symlink(from, to),
        |from: &Path, to: &Path| std::fs::hard_link(from, to),
    ] {
        link(&target, &lock).unwrap();
        let refused = run(latchkey(&killed.config).args(["user", "list"]));
        assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
        assert!(said(&refused).contains(lock.to_str().unwrap()), "{}", said(&refused));
        std::fs::remove_file(&lock).unwrap();
    }
    // The log of another database beside what is to be a backup.
    let backup = with(&killed.path, ".new");
    std::fs::write(with(&backup, "-wal"), "another").unwrap();
    let refused = run(latchkey(&killed.config).arg("backup").arg(&backup));
    assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
    assert!(!backup.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_what_is_in_the_log_beside_a_backup_is_restored_too() {
    let Some(mut killed) = killed().await else { return };
    // Everything is in the file but one change, which is in the log alone: nobody has merged it.
    let options = SqliteConnectOptions::new().filename(&killed.path).journal_mode(SqliteJournalMode::Wal);
    let mut writer = options.pragma("wal_autocheckpoint", "0").connect().await.unwrap();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut writer).await.unwrap();
    let change = "UPDATE user_identifier SET normalised = 'carol', as_written = 'carol', skeleton = 'carol' WHERE normalised = 'alice'";
    assert_eq!(sqlx::query(change).execute(&mut writer).await.unwrap().rows_affected(), 1);
    killed.backup = with(&killed.path, ".copy");
    for ending in ["-wal", ""] {
        std::fs::copy(with(&killed.path, ending), with(&killed.backup, ending)).unwrap();
    }
    writer.close().await.unwrap();
    let log = std::fs::read(with(&killed.backup, "-wal")).unwrap();
    std::fs::remove_file(with(&killed.backup, "-wal")).unwrap();
    done(&killed.restore(&[]));
    assert!(killed.has_alice(&killed.path), "without the log");
    let told = run(latchkey(&killed.config).args(["audit", "list", "--kind", "restored", "--json"]));
    assert!(said(&told).contains("\"by\": \"command\""), "{}", said(&told));
    std::fs::write(with(&killed.backup, "-wal"), &log).unwrap();
    done(&killed.restore(&[]));
    assert!(!killed.has_alice(&killed.path), "with the change in the log");
    assert_eq!(std::fs::read(with(&killed.backup, "-wal")).unwrap(), log, "the backup stays as it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_a_restore_by_root_belongs_to_whoever_the_database_belonged_to_and_twice_loses_nothing() {
    let Some(killed) = killed().await else { return };
    let own = std::fs::metadata(&killed.path).unwrap().uid();
    // Root, as which these tests may run, restores for a user of the service.
    let owner = if own == 0 { 4242 } else { own };
    let folder = killed.path.parent().unwrap().to_owned();
    for path in [folder.clone(), killed.path.clone(), with(&killed.path, "-wal"), with(&killed.path, "-shm")] {
        chown(path, Some(owner), Some(if own == 0 { 4243 } else { std::fs::metadata(&folder).unwrap().gid() }))
            .unwrap();
    }
    for lock in [".lock", ".use"] {
        let _ = std::fs::remove_file(with(&killed.path, lock));
    }
    std::fs::set_permissions(&killed.path, PermissionsExt::from_mode(0o640)).unwrap();
    for round in 1..=3 {
        done(&killed.restore(&[]));
        assert_eq!(killed.before().len(), round, "each keeps its own");
        for path in killed.before().iter().chain([&killed.path]) {
            assert_eq!(std::fs::metadata(path).unwrap().mode() & 0o777, 0o640, "{path:?}: who could read it still can");
        }
    }
    assert_eq!(killed.before().iter().filter(|path| killed.has_alice(path)).count(), 1);
    // Where no file was, the folder says whose it is.
    std::fs::remove_file(&killed.path).unwrap();
    done(&killed.restore(&[]));
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let data = std::fs::metadata(&path).unwrap();
        if path != killed.backup {
            assert_eq!(data.uid(), owner, "{path:?}");
        }
    }
    assert_eq!(std::fs::metadata(&killed.path).unwrap().mode() & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_a_restore_in_place_that_is_killed_lets_no_server_start_until_it_is_done() {
    let app = TestApp::beside_a_process().await;
    let config = &app.app.config;
    let DatabaseUrl::Postgres(_) = config.database_url() else { return left_out("PostgreSQL") };
    app.user("alice").await;
    let doomed = run(latchkey(config).arg("restore").env("LATCHKEY_TEST_KILL_AT", "restore.epoch"));
    assert_eq!(doomed.status.signal(), Some(9), "{}", said(&doomed));
    let server = refused(config);
    assert!(said(&server).contains("latchkey restore"), "{}", said(&server));
    done(&run(latchkey(config).arg("restore")));
    drop(Process::start(config, &[]).await);
}
