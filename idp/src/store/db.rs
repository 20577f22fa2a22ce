//! The interface to the database: SQLite or PostgreSQL behind one SQL dialect.
//!
//! Reads use a pool that cannot write. Writes go through [`Db::write`], which takes a [`Change`] as a whole: the change
//! runs to its end even if the caller is dropped, an `Ok` is on disk when it returns, and an `Err` rolls back. SQLite
//! has one writer, so all waiting changes are committed together (`writer`), and many changes share one wait for the
//! disk.

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
use crate::store::letters::Letters;

pub use change::{Change, Conn, Tx};
use change::{Source, in_transaction};
pub use column::Json;
pub use error::{Error, Result, plain};
use error::{is_lost, unavailable};
use pool::{Pool, Terms};
pub use pool::{PooledConnection, Usage};
use writer::{Extent, Queue};

/// The migrations of the schema. A newer release may have migrated the database: its changes are such that this release
/// still works.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("../migrations");
    migrations.set_ignore_missing(true);
    migrations
});

/// How long a migration that could not lock its table lets others use it.
const BETWEEN_MIGRATIONS: Duration = Duration::from_secs(2);

/// How to reach the database, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct Options {
    /// `sqlite:` followed by a path, or `postgres://…`.
    pub url: String,
    /// The most connections that are open for reading; PostgreSQL writes through them, too.
    pub max_connections: u32,
    /// The time limits.
    pub limits: Limits,
    /// Whether SQLite waits until each commit is on disk. Tests that are not about power cuts do not wait.
    pub durable: bool,
    /// Whether a missing SQLite file is created.
    pub make: bool,
    /// The source of the times of new rows.
    pub clock: Clock,
    /// The source of the ids of new rows, together with the clock.
    pub random: Random,
    /// Whether changes write letters.
    pub letters: bool,
    /// Who makes the changes that no request causes, as events name them.
    pub actor: String,
}

/// The time limits of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a caller waits for a connection.
    pub acquire: Duration,
    /// How long PostgreSQL may work on one statement.
    pub statement: Duration,
}

/// The state of the schema of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// No schema: the database is empty, or belongs to another program.
    Missing,
    /// An earlier release made it, and it needs migrations.
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
    /// The exclusive lock that is kept until the database is closed.
    held: Arc<Mutex<Option<File>>>,
}

/// The terms of read connections and of write connections.
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
    // Every write invalidates the pages that a reader has cached, so a cache larger than a lookup needs would waste
    // memory.
    let reading = format!("{pragmas} PRAGMA query_only = ON; PRAGMA cache_size = -512;");
    (Terms { setup: reading, timeout: limits.acquire }, Terms { setup: pragmas, timeout: limits.acquire })
}

fn postgres_terms(limits: Limits) -> Terms {
    // Every statement finds its rows by an index. Otherwise the planner reads whole tables, if a table was small when
    // it looked or if it cannot estimate a condition: measured, four times the work for UserInfo.
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
        // Creates the file where allowed, and fails if the database cannot be reached.
        drop(writer.acquire().await?);
        let letters = options.letters.then(Arc::default);
        let (clock, random) = (options.clock.clone(), options.random.clone());
        let source = Source { clock, random, actor: options.actor.as_str().into(), origin: None, letters };
        let queue = sqlite.then(|| Queue::new(writer.clone(), source.clone()));
        let held = Arc::new(Mutex::new(held));
        Ok(Self { reader, writer, queue, source, durable: options.durable, tracker: TaskTracker::new(), held })
    }

    /// Sets other limits from now on: a start may take longer than a request.
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
        // This connection lacks the limits of requests: another replica may be migrating, and a large table takes time.
        let mut conn = self.writer.connect().await?;
        if !self.is_sqlite() {
            // Whoever wants a table after the migration waits behind it. So it gives up soon, and lets them pass.
            sqlx::query("SET lock_timeout = '1s'").execute(&mut conn).await?;
        }
        loop {
            match MIGRATIONS.run(&mut conn).await {
                Err(error) if error::is_locked(&error) => {
                    tracing::warn!("the migration of the schema waits for other transactions to end");
                    tokio::time::sleep(BETWEEN_MIGRATIONS).await;
                }
                done => return done.map_err(|error| Error::Failed(sqlx::Error::Migrate(Box::new(error)))),
            }
        }
    }

    /// Whether it is an SQLite file.
    pub fn is_sqlite(&self) -> bool {
        self.queue.is_some()
    }

    /// The names of all tables, of any program.
    pub async fn tables(&self) -> Result<Vec<String>> {
        tables(&mut *self.read().await?, self.queue.is_some()).await
    }

    /// The same for an SQLite file, which opening it for this purpose does not change.
    pub async fn tables_of(path: &Path, patience: Duration) -> Result<Vec<String>> {
        install_default_drivers();
        let mut conn = AnyConnection::connect(&format!("{}?mode=rw", sqlite_url(path))).await?;
        let patience = format!("PRAGMA busy_timeout = {}", patience.as_millis());
        sqlx::query(sqlx::AssertSqlSafe(patience)).execute(&mut conn).await?;
        let found = tables(&mut conn, true).await;
        conn.close().await?;
        found
    }

    /// The state of the schema for this release.
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

    /// Writes a copy of an SQLite database, as of this moment, to a file that does not exist yet. Neither readers nor
    /// the writer wait for it.
    pub async fn copy_to(&self, path: &Path) -> Result<()> {
        let mut conn = self.writer.connect().await?;
        sqlx::query("VACUUM INTO $1").bind(path.to_string_lossy().into_owned()).execute(&mut conn).await?;
        conn.close().await?;
        Ok(())
    }

    /// Merges the write-ahead log of an SQLite database into its file, so that there is one file; fails while another
    /// process has it open.
    pub async fn merge(path: &Path) -> Result<()> {
        install_default_drivers();
        let mut conn = AnyConnection::connect(&format!("{}?mode=rw", sqlite_url(path))).await?;
        // Leaving WAL mode merges the log into the file. It fails while another process has the database open.
        let mode: std::result::Result<(String,), _> =
            sqlx::query_as("PRAGMA journal_mode = DELETE").fetch_one(&mut conn).await;
        conn.close().await?;
        match mode?.0.as_str() {
            "delete" => Ok(()),
            _ => Err(unavailable("somebody else has the database open")),
        }
    }

    /// The defect of an SQLite file, if it has one.
    pub async fn check(&self) -> Result<Option<String>> {
        let row: (String,) = sqlx::query_as("PRAGMA integrity_check").fetch_one(&mut *self.read().await?).await?;
        Ok(Some(row.0).filter(|verdict| verdict != "ok"))
    }

    /// The numbers and names of the migrations in this release.
    pub fn migrations() -> impl Iterator<Item = (i64, &'static str)> {
        MIGRATIONS.iter().map(|migration| (migration.version, &*migration.description))
    }

    /// A connection for reading.
    pub async fn read(&self) -> Result<PooledConnection> {
        Ok(self.reader.acquire().await?)
    }

    /// How busy the read connections are; on PostgreSQL these are all connections.
    pub fn usage(&self) -> Usage {
        self.reader.usage()
    }

    /// Makes a change in a transaction, to its end even if the caller is dropped, and commits it if it is `Ok`. If
    /// PostgreSQL undoes the change because of concurrent transactions, it is made a second time from the beginning.
    pub async fn write<C: Change>(&self, change: C) -> Result<C::Outcome> {
        self.written(Extent::Several, change).await
    }

    /// Makes a change that is a single, and so atomic, statement: [`Db::write`] without the cost of a transaction.
    pub async fn write_one<C: Change>(&self, change: C) -> Result<C::Outcome> {
        self.written(Extent::One, change).await
    }

    /// Tells of the letters that changes write here; `None` if none are sent.
    pub fn letters(&self) -> Option<&Letters> {
        self.source.letters.as_deref()
    }

    async fn written<C: Change>(&self, extent: Extent, change: C) -> Result<C::Outcome> {
        let before = self.letters().map(Letters::count);
        let outcome = self.made(extent, change).await;
        // The change that has counted up sees a difference itself, whatever others do meanwhile.
        if let (Some(letters), true) = (self.letters(), outcome.is_ok())
            && before != Some(letters.count())
        {
            letters.tell();
        }
        outcome
    }

    async fn made<C: Change>(&self, extent: Extent, change: C) -> Result<C::Outcome> {
        if let Some(queue) = &self.queue {
            return queue.write(extent, self.tracker.token(), change).await;
        }
        let (writer, source) = (self.writer.clone(), self.source.of_this_task());
        let task = self.tracker.spawn(async move {
            match write_remote(&writer, &source, extent, change.clone()).await {
                Err(error) if error.is_undone() => {
                    // The transaction that waited for the released locks goes first; otherwise both would conflict
                    // again.
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
        // The schema in which Latchkey creates its tables; tables of extensions do not count.
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

/// Makes a change on a PostgreSQL connection, and drops the connection if the error means that it is unusable.
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

/// How long a change waits before its second try, after PostgreSQL has undone it because of concurrent transactions.
const PAUSE: Duration = Duration::from_millis(20);

/// Whether the address names an SQLite file.
pub fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite:")
}

/// The address of an SQLite file.
pub fn sqlite_url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}
