//! Errors of the database.

use std::borrow::Cow;
use std::fmt;

use sqlx::migrate::MigrateError;

use super::column::Unreadable;

/// What a store function returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a database operation failed.
#[derive(Debug)]
pub enum Error {
    /// Another row holds a value that must be unique.
    Conflict,
    /// The database cannot be reached or has no connection to spare: worth a retry.
    Unavailable(sqlx::Error),
    /// A statement failed, or a row has unexpected content.
    Failed(sqlx::Error),
    /// A stored value is not what was stored: which one, or which column it was read from.
    Corrupt(Cow<'static, str>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict => f.write_str("a row with this value exists already"),
            Self::Unavailable(error) => write!(f, "the database is not available: {}", plain(error)),
            Self::Failed(error) => write!(f, "the database failed: {}", plain(error)),
            Self::Corrupt(what) => write!(f, "the database holds a value that cannot be read: {what}"),
        }
    }
}

impl std::error::Error for Error {}

impl Error {
    /// The cause alone, for a message that says what could not be done.
    pub fn cause(&self) -> String {
        match self {
            Self::Unavailable(error) | Self::Failed(error) => plain(error),
            error => error.to_string(),
        }
    }

    /// Whether the database is merely busy with another process.
    pub(crate) fn is_busy(&self) -> bool {
        match self {
            Self::Unavailable(sqlx::Error::Database(error)) => {
                // SQLite: busy, locked; the low byte of the extended code.
                error.code().is_some_and(|code| code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6)))
            }
            Self::Unavailable(_) => true,
            _ => false,
        }
    }

    /// Whether none of the work was done, and a retry may succeed.
    pub(super) fn is_undone(&self) -> bool {
        let Self::Unavailable(sqlx::Error::Database(error)) = self else { return false };
        error.code().is_some_and(|code| is_undone(&code))
    }
}

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
            sqlx::Error::ColumnDecode { index, source } if source.is::<Unreadable>() => {
                Self::Corrupt(index.trim_matches('"').to_owned().into())
            }
            _ => Self::Failed(error),
        }
    }
}

/// What a driver says, in the words of the database or the system alone: sqlx adds what every error has, and the line in the
/// sources of PostgreSQL.
pub fn plain(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Tls(error) | sqlx::Error::Configuration(error) => error.to_string(),
        sqlx::Error::PoolTimedOut => "no connection became free in time".to_owned(),
        sqlx::Error::Migrate(error) => match &**error {
            MigrateError::Execute(error) => plain(error),
            MigrateError::ExecuteMigration(error, version) => format!("migration {version}: {}", plain(error)),
            error => error.to_string(),
        },
        error => error.to_string(),
    }
}

/// Whether a migration could not lock what it changes in time: `lock_not_available`.
pub(super) fn is_locked(error: &MigrateError) -> bool {
    let (MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _)) = error else { return false };
    matches!(cause, sqlx::Error::Database(error) if error.code().as_deref() == Some("55P03"))
}

/// Whether a database's error code means a transient state rather than a wrong statement.
fn is_passing(code: &str) -> bool {
    if code.len() == 5 {
        // PostgreSQL: connection, resources, operator intervention (shutdown, time-out), lock not available.
        return ["08", "53", "57", "55P03"].iter().any(|class| code.starts_with(class)) || is_undone(code);
    }
    // SQLite: busy, locked, out of memory, read-only, interrupted, I/O error, disk full, file cannot be opened; the low
    // byte of the extended code.
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5..=10 | 13 | 14))
}

/// Whether PostgreSQL has certainly done none of the work, and a retry may succeed: a serialization failure, a
/// deadlock, a transaction that was idle for too long, a read-only server.
fn is_undone(code: &str) -> bool {
    matches!(code, "40001" | "40P01" | "25P03" | "25006")
}

/// Whether this error means that its connection is unusable: the server has closed it, or has become read-only since
/// another one took over.
pub(super) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.len() == 5 && ["08", "57P", "25P03", "25006"].iter().any(|it| code.starts_with(it))
        }),
        _ => false,
    }
}

pub(super) fn unavailable(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Unavailable(sqlx::Error::Io(std::io::Error::other(why)))
}
