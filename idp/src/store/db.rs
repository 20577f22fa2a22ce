//! The door to the database: SQLite or PostgreSQL behind one dialect.
//!
//! Reads come from a pool that cannot write. Writes go through [`Db::write`], which takes a [`Change`] as a whole: it runs
//! to its end even if the caller has gone, an `Ok` is on disk when it returns, and an `Err` rolls back. On SQLite, which has
//! one writer, all changes that wait are committed together (`writer`), so that many share one wait for the disk.

mod change;
mod column;
mod error;
mod pool;
mod writer;

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use sqlx::any::install_default_drivers;
use sqlx::migrate::Migrator;
use sqlx::{AnyConnection, Connection};
use tokio_util::task::TaskTracker;

use crate::base::clock::Clock;
use crate::base::random::Random;

pub use change::{Change, Conn, Tx};
use change::{Source, in_transaction};
pub use column::Json;
pub use error::{Error, Result};
use error::{is_lost, unavailable};
use pool::{Pool, Terms};
pub use pool::{PooledConnection, Usage};
use writer::{Extent, Queue};

/// What brings the schema up to date. A newer release may have been here: its changes are such that this one runs on.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("../migrations");
    migrations.set_ignore_missing(true);
    migrations
});

/// How to reach the database, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct Options {
    /// `sqlite:` followed by a path, or `postgres://…`.
    pub url: String,
    /// The most connections that are open for reading; PostgreSQL writes through them, too.
    pub max_connections: u32,
    /// How long things may take.
    pub limits: Limits,
    /// Whether SQLite waits until each commit is on disk. Tests of what has nothing to do with power cuts do not.
    pub durable: bool,
    /// Whether an SQLite file is made where there is none.
    pub make: bool,
    /// Where new rows get their times from.
    pub clock: Clock,
    /// Where new rows get their ids from, together with the clock.
    pub random: Random,
}

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long one waits for a connection.
    pub acquire: Duration,
    /// How long PostgreSQL may work on one statement.
    pub statement: Duration,
}

/// How far the schema of a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// There is none: it is empty, or somebody else's.
    Missing,
    /// An earlier release has made it.
    Behind,
    /// This release can work with it.
    UpToDate,
}

/// The database.
#[derive(Clone, Debug)]
pub struct Db {
    reader: Pool,
    writer: Pool,
    /// Where changes wait for the one writer of SQLite.
    queue: Option<Queue>,
    source: Source,
    durable: bool,
    tracker: TaskTracker,
    /// What nobody else may have until the database is closed.
    held: Arc<Mutex<Option<File>>>,
}

/// The terms of connections that read and of those that write.
fn terms(options: &Options) -> (Terms, Terms) {
    match is_sqlite(&options.url) {
        true => sqlite_terms(options.limits, options.durable),
        false => (postgres_terms(options.limits), postgres_terms(options.limits)),
    }
}

fn sqlite_terms(limits: Limits, durable: bool) -> (Terms, Terms) {
    let pragmas = format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {}; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
         PRAGMA busy_timeout = {};",
        if durable { "FULL" } else { "OFF" },
        limits.acquire.as_millis()
    );
    // Every write makes the pages old that a reader has; more than a lookup needs would be memory for nothing.
    let reading = format!("{pragmas} PRAGMA query_only = ON; PRAGMA cache_size = -512;");
    (Terms { setup: reading, timeout: limits.acquire }, Terms { setup: pragmas, timeout: limits.acquire })
}

fn postgres_terms(limits: Limits) -> Terms {
    // Every statement finds its rows by an index. What the planner makes of a table that was small when it looked, or of
    // conditions whose yield it cannot know, reads whole tables: measured, four times the work for UserInfo.
    let setup = format!(
        "SET statement_timeout = {0}; SET lock_timeout = {0}; SET idle_in_transaction_session_timeout = {1}; \
         SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off; \
         SET plan_cache_mode = force_generic_plan; \
         SET client_min_messages = warning;",
        limits.statement.as_millis(),
        limits.statement.as_millis() * 2
    );
    Terms { setup, timeout: limits.acquire }
}

impl Db {
    /// Opens the database, and keeps a lock on a file until the database is closed.
    pub async fn open(options: &Options, held: Option<File>) -> Result<Self> {
        install_default_drivers();
        let (reading, writing) = terms(options);
        let sqlite = is_sqlite(&options.url);
        let url = match sqlite {
            true => {
                let separator = if options.url.contains('?') { '&' } else { '?' };
                format!("{}{separator}mode={}", options.url, if options.make { "rwc" } else { "rw" })
            }
            false => options.url.clone(),
        };
        let pool =
            |connections, terms| Pool::new(pool::Options { url: url.clone(), connections, remote: !sqlite, terms });
        let reader = pool(options.max_connections, reading);
        let writer = if sqlite { pool(1, writing) } else { reader.clone() };
        // Makes the file where it may, and says so if the database cannot be reached.
        drop(writer.acquire().await?);
        let source = Source { clock: options.clock.clone(), random: options.random.clone() };
        let queue = sqlite.then(|| Queue::new(writer.clone(), source.clone()));
        let held = Arc::new(Mutex::new(held));
        Ok(Self { reader, writer, queue, source, durable: options.durable, tracker: TaskTracker::new(), held })
    }

    /// Sets other limits from now on: a start may take its time, a request may not.
    pub fn limit(&self, limits: Limits) {
        let (reading, writing) = match self.queue {
            Some(_) => sqlite_terms(limits, self.durable),
            None => (postgres_terms(limits), postgres_terms(limits)),
        };
        self.writer.change(writing);
        self.reader.change(reading);
    }

    /// Brings the schema up to date.
    pub async fn migrate(&self) -> Result<()> {
        // On a connection without the limits of requests: another replica may be at it, and a large table takes its time.
        let mut conn = self.writer.connect().await?;
        MIGRATIONS.run(&mut conn).await.map_err(|error| Error::Failed(sqlx::Error::Migrate(Box::new(error))))
    }

    /// The names of the tables, whoever has made them.
    pub async fn tables(&self) -> Result<Vec<String>> {
        tables(&mut *self.read().await?, self.queue.is_some()).await
    }

    /// The same of an SQLite file, in which opening it for this alone changes nothing.
    pub async fn tables_of(path: &Path, patience: Duration) -> Result<Vec<String>> {
        install_default_drivers();
        let mut conn = AnyConnection::connect(&format!("{}?mode=rw", sqlite_url(path))).await?;
        let patience = format!("PRAGMA busy_timeout = {}", patience.as_millis());
        sqlx::query(sqlx::AssertSqlSafe(patience)).execute(&mut conn).await?;
        let found = tables(&mut conn, true).await;
        conn.close().await?;
        found
    }

    /// How far the schema is for this release.
    pub async fn schema(&self) -> Result<Schema> {
        let mut conn = self.read().await?;
        let there = match self.queue {
            Some(_) => "SELECT name FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'",
            None => "SELECT to_regclass('_sqlx_migrations')::text AS name",
        };
        let there: Option<(Option<String>,)> = sqlx::query_as(there).fetch_optional(&mut *conn).await?;
        if there.is_none_or(|row| row.0.is_none()) {
            return Ok(Schema::Missing);
        }
        let done: Vec<(i64,)> = sqlx::query_as("SELECT version FROM _sqlx_migrations WHERE success ORDER BY version")
            .fetch_all(&mut *conn)
            .await?;
        // Migrations of a newer release do not matter: each release runs on the schema of the next.
        let behind = Self::migrations().any(|(version, _)| !done.iter().any(|row| row.0 == version));
        Ok(if behind { Schema::Behind } else { Schema::UpToDate })
    }

    /// Writes a copy of an SQLite database as it is at this moment to a file that is not there yet. Neither readers nor the
    /// writer wait for it.
    pub async fn copy_to(&self, path: &Path) -> Result<()> {
        let mut conn = self.writer.connect().await?;
        sqlx::query("VACUUM INTO $1").bind(path.to_string_lossy().into_owned()).execute(&mut conn).await?;
        conn.close().await?;
        Ok(())
    }

    /// Writes the log of an SQLite database into its file, so that there is one file; fails while anybody else has it open.
    pub async fn merge(path: &Path) -> Result<()> {
        install_default_drivers();
        let mut conn = AnyConnection::connect(&format!("{}?mode=rw", sqlite_url(path))).await?;
        // Leaving WAL mode writes the log into the file. It fails while anybody else has the database open.
        let mode: std::result::Result<(String,), _> =
            sqlx::query_as("PRAGMA journal_mode = DELETE").fetch_one(&mut conn).await;
        conn.close().await?;
        match mode?.0.as_str() {
            "delete" => Ok(()),
            _ => Err(unavailable("somebody else has the database open")),
        }
    }

    /// What is wrong with an SQLite file, if anything is.
    pub async fn check(&self) -> Result<Option<String>> {
        let row: (String,) = sqlx::query_as("PRAGMA integrity_check").fetch_one(&mut *self.read().await?).await?;
        Ok(Some(row.0).filter(|verdict| verdict != "ok"))
    }

    /// The numbers and names of the migrations that this release brings.
    pub fn migrations() -> impl Iterator<Item = (i64, &'static str)> {
        MIGRATIONS.iter().map(|migration| (migration.version, &*migration.description))
    }

    /// A connection for reading.
    pub async fn read(&self) -> Result<PooledConnection> {
        Ok(self.reader.acquire().await?)
    }

    /// How busy the connections for reading are; on PostgreSQL these are all.
    pub fn usage(&self) -> Usage {
        self.reader.usage()
    }

    /// Makes a change in a transaction, to its end even if the caller goes away, and commits it if it is `Ok`. It is made a
    /// second time, from the beginning, where PostgreSQL has undone it because of others.
    pub async fn write<C: Change>(&self, change: C) -> Result<C::Outcome> {
        self.written(Extent::Several, change).await
    }

    /// Makes a change that is a single statement, which is atomic by itself: [`Db::write`] without the cost of a transaction.
    pub async fn write_one<C: Change>(&self, change: C) -> Result<C::Outcome> {
        self.written(Extent::One, change).await
    }

    async fn written<C: Change>(&self, extent: Extent, change: C) -> Result<C::Outcome> {
        if let Some(queue) = &self.queue {
            return queue.write(extent, self.tracker.token(), change).await;
        }
        let (writer, source) = (self.writer.clone(), self.source.clone());
        let task = self.tracker.spawn(async move {
            match write_remote(&writer, &source, extent, change.clone()).await {
                Err(error) if error.is_undone() => {
                    // Whoever waited for the locks that were given up goes first; else both would meet again.
                    tokio::time::sleep(PAUSE).await;
                    write_remote(&writer, &source, extent, change).await
                }
                outcome => outcome,
            }
        });
        task.await.unwrap_or_else(|stopped| Err(unavailable(stopped)))
    }

    /// Waits for the changes that have begun, then closes all connections.
    pub async fn close(&self) {
        self.tracker.close();
        self.tracker.wait().await;
        self.reader.close().await;
        self.writer.close().await;
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

async fn tables(conn: &mut AnyConnection, sqlite: bool) -> Result<Vec<String>> {
    let sql = match sqlite {
        true => "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'",
        // Where ours would be made; those of an extension are nobody's data.
        false => {
            "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')
                AND NOT EXISTS (SELECT 1 FROM pg_depend d
                                 WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')"
        }
    };
    let rows: Vec<(String,)> = sqlx::query_as(sql).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Makes a change on a connection to PostgreSQL, and gives the connection up if the error means that it is of no more use.
async fn write_remote<C: Change>(writer: &Pool, source: &Source, extent: Extent, change: C) -> Result<C::Outcome> {
    let mut conn = writer.acquire().await?;
    let outcome = match extent {
        Extent::One => change.apply(&mut Tx::new(&mut conn, source)).await,
        Extent::Several => in_transaction(&mut conn, source, change).await,
    };
    if let Err(Error::Unavailable(error)) = &outcome
        && is_lost(error)
    {
        conn.give_up();
    }
    outcome
}

/// How long a change waits, after PostgreSQL has undone it because of others, before it is made once more.
const PAUSE: Duration = Duration::from_millis(20);

/// Whether the address names an SQLite file.
pub fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite:")
}

/// The address of an SQLite file.
pub fn sqlite_url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}
