//! The door to the database: SQLite or PostgreSQL behind one dialect.
//!
//! Reads come from a pool that cannot write. Writes go through [`Db::write`], which takes the work as a whole: it runs
//! to its end even if the caller has gone, an `Ok` is on disk when it returns, and an `Err` rolls back. On SQLite, which has
//! one writer, all work that waits is committed together (`writer`), so that many share one wait for the disk.

mod pool;
mod writer;

use std::fmt;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::LazyLock;
use std::time::Duration;

use sqlx::any::{AnyTypeInfo, install_default_drivers};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::migrate::Migrator;
use sqlx::{Any, AnyConnection, Connection, Database, Decode, Encode, Type};
use tokio_util::task::TaskTracker;

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;

use pool::Pool;
pub use pool::{PooledConnection, Usage};
use writer::{Extent, Queue};

/// What brings the schema up to date. A newer release may have been here: its changes are such that this one runs on.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("../migrations");
    migrations.set_ignore_missing(true);
    migrations
});

/// One connection, in a transaction or not.
pub type Conn = AnyConnection;

/// What a store function returns.
pub type Result<T> = std::result::Result<T, Error>;

/// A piece of work on a connection, as [`Db::write`] takes it.
pub type Work<'c, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'c>>;

/// Why the database did not do what it was asked.
#[derive(Debug)]
pub enum Error {
    /// Another row holds a value that must be unique.
    Conflict,
    /// The database cannot be reached or has no connection to spare: worth a retry.
    Unavailable(sqlx::Error),
    /// A statement failed, or a row does not hold what it should.
    Failed(sqlx::Error),
    /// A stored value is not what was stored.
    Corrupt(&'static str),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict => f.write_str("a row with this value exists already"),
            Self::Unavailable(error) => write!(f, "the database is not available: {error}"),
            Self::Failed(error) => write!(f, "the database failed: {error}"),
            Self::Corrupt(what) => write!(f, "the database holds a value that cannot be read: {what}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => Self::Conflict,
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => {
                Self::Unavailable(error)
            }
            sqlx::Error::Database(database) if database.code().is_some_and(|code| is_passing(&code)) => {
                Self::Unavailable(error)
            }
            _ => Self::Failed(error),
        }
    }
}

/// Whether a database's error code tells of a state that may pass, and not of a wrong statement.
fn is_passing(code: &str) -> bool {
    if code.len() == 5 {
        // PostgreSQL: connection, resources, operator intervention (shutdown, time-out), read-only, lock not available.
        return ["08", "53", "57", "25006", "55P03"].iter().any(|class| code.starts_with(class));
    }
    // SQLite: busy, locked, read-only, disk failing, disk full, file not to be opened; the low byte of the extended code.
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
}

/// How to reach the database, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct Options {
    /// `sqlite:` followed by a path, or `postgres://…`.
    pub url: String,
    /// The most connections that are open for reading; PostgreSQL writes through them, too.
    pub max_connections: u32,
    /// How long a request waits for a connection.
    pub acquire_timeout: Duration,
    /// How long PostgreSQL may work on one statement.
    pub statement_timeout: Duration,
    /// Whether SQLite waits until each commit is on disk. Tests of what has nothing to do with power cuts do not.
    pub durable: bool,
}

/// The database.
#[derive(Clone, Debug)]
pub struct Db {
    reader: Pool,
    writer: Pool,
    /// Where work waits for the one writer of SQLite.
    queue: Option<Queue>,
    tracker: TaskTracker,
}

impl Db {
    /// Opens the database; an SQLite file is made where there is none.
    pub async fn open(options: &Options) -> Result<Self> {
        install_default_drivers();
        if is_sqlite(&options.url) { Self::open_sqlite(options).await } else { Self::open_postgres(options).await }
    }

    async fn open_sqlite(options: &Options) -> Result<Self> {
        let separator = if options.url.contains('?') { '&' } else { '?' };
        let url = format!("{}{separator}mode=rwc", options.url);
        let pragmas = format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = {}; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
             PRAGMA busy_timeout = {};",
            if options.durable { "FULL" } else { "OFF" },
            options.acquire_timeout.as_millis()
        );
        let pool = |connections: u32, setup: String| {
            let (url, timeout) = (url.clone(), options.acquire_timeout);
            Pool::new(pool::Options { url, setup, connections, timeout, remote: false })
        };
        let writer = pool(1, pragmas.clone());
        // Makes the file, and says so if it cannot be made.
        drop(writer.acquire().await?);
        // Every write makes the pages old that a reader has; more than a lookup needs would be memory for nothing.
        let reader =
            pool(options.max_connections, format!("{pragmas} PRAGMA query_only = ON; PRAGMA cache_size = -512;"));
        let queue = Queue::new(writer.clone(), options.acquire_timeout);
        Ok(Self { reader, writer, queue: Some(queue), tracker: TaskTracker::new() })
    }

    async fn open_postgres(options: &Options) -> Result<Self> {
        // Every statement finds its rows by an index. What the planner makes of a table that was small when it looked, or of
        // conditions whose yield it cannot know, reads whole tables: measured, four times the work for UserInfo.
        let setup = format!(
            "SET statement_timeout = {0}; SET lock_timeout = {0}; SET idle_in_transaction_session_timeout = {1}; \
             SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off; \
             SET plan_cache_mode = force_generic_plan; \
             SET client_min_messages = warning;",
            options.statement_timeout.as_millis(),
            options.statement_timeout.as_millis() * 2
        );
        let pool = Pool::new(pool::Options {
            url: options.url.clone(),
            setup,
            connections: options.max_connections,
            timeout: options.acquire_timeout,
            remote: true,
        });
        drop(pool.acquire().await?);
        Ok(Self { reader: pool.clone(), writer: pool, queue: None, tracker: TaskTracker::new() })
    }

    /// Brings the schema up to date.
    pub async fn migrate(&self) -> Result<()> {
        // On a connection without the limits of requests: another replica may be at it, and a large table takes its time.
        let mut conn = self.writer.connect().await?;
        MIGRATIONS.run(&mut conn).await.map_err(|error| Error::Failed(sqlx::Error::Migrate(Box::new(error))))
    }

    /// Writes a copy of an SQLite database as it is at this moment to a file that is not there yet. Neither readers nor the
    /// writer wait for it.
    pub async fn copy_to(&self, path: &Path) -> Result<()> {
        let mut conn = self.writer.connect().await?;
        sqlx::query("VACUUM INTO $1").bind(path.to_string_lossy().into_owned()).execute(&mut conn).await?;
        conn.close().await?;
        Ok(())
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

    /// Does the work in a transaction, to its end even if the caller goes away, and commits it if it is `Ok`.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> Work<'c, T> + Send + 'static,
    {
        if let Some(queue) = &self.queue {
            return queue.write(Extent::Several, self.tracker.token(), work).await;
        }
        let writer = self.writer.clone();
        let task = self.tracker.spawn(async move {
            let mut conn = writer.acquire().await?;
            let mut transaction = conn.begin().await?;
            let outcome = work(&mut transaction).await;
            match &outcome {
                Ok(_) => transaction.commit().await?,
                // Now, and not when the connection is used next: until then others would wait for its locks.
                Err(_) => transaction.rollback().await?,
            }
            outcome
        });
        task.await.unwrap_or_else(|stopped| Err(unavailable(stopped)))
    }

    /// Does work that is a single statement, which is atomic by itself: [`Db::write`] without the cost of a transaction.
    pub async fn write_one<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> Work<'c, T> + Send + 'static,
    {
        if let Some(queue) = &self.queue {
            return queue.write(Extent::One, self.tracker.token(), work).await;
        }
        let writer = self.writer.clone();
        let task = self.tracker.spawn(async move {
            let mut conn = writer.acquire().await?;
            work(&mut conn).await
        });
        task.await.unwrap_or_else(|stopped| Err(unavailable(stopped)))
    }

    /// Waits for the work that has begun, then closes all connections.
    pub async fn close(&self) {
        self.tracker.close();
        self.tracker.wait().await;
        self.reader.close().await;
        self.writer.close().await;
    }
}

fn unavailable(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Unavailable(sqlx::Error::Io(std::io::Error::other(why)))
}

/// Whether the address names an SQLite file.
pub fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite:")
}

/// The address of an SQLite file.
pub fn sqlite_url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

macro_rules! stored_as {
    ($type:ty, $column:ty, $into:expr, $from:expr) => {
        impl Type<Any> for $type {
            fn type_info() -> AnyTypeInfo {
                <$column as Type<Any>>::type_info()
            }
            fn compatible(info: &AnyTypeInfo) -> bool {
                <$column as Type<Any>>::compatible(info)
            }
        }
        impl<'q> Encode<'q, Any> for $type {
            fn encode_by_ref(
                &self,
                buffer: &mut <Any as Database>::ArgumentBuffer,
            ) -> std::result::Result<IsNull, BoxDynError> {
                let into: fn(&$type) -> $column = $into;
                <$column as Encode<'q, Any>>::encode(into(self), buffer)
            }
        }
        impl<'r> Decode<'r, Any> for $type {
            fn decode(value: <Any as Database>::ValueRef<'r>) -> std::result::Result<Self, BoxDynError> {
                let from: fn($column) -> $type = $from;
                Ok(from(<$column as Decode<'r, Any>>::decode(value)?))
            }
        }
    };
}

stored_as!(Timestamp, i64, |time| time.micros(), Timestamp::from_micros);
stored_as!(Id, String, |id| id.as_str().to_owned(), Id::from);
stored_as!(TokenHash, String, |hash| hash.as_str().to_owned(), TokenHash::stored);
