//! The condition of the database, for `latchkey doctor`.

use std::collections::BTreeMap;

use crate::base::clock::Timestamp;
use crate::store::db::{Db, Result};

/// What a database says about itself.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Its version, such as `16.4`.
    pub version: String,
    /// How many bytes it takes.
    pub bytes: i64,
    /// Settings of PostgreSQL by their names; empty for SQLite.
    pub settings: BTreeMap<&'static str, String>,
}

/// The settings of PostgreSQL that matter.
const SETTINGS: [&str; 8] = [
    "server_version_num",
    "server_encoding",
    "fsync",
    "full_page_writes",
    "synchronous_commit",
    "max_connections",
    "default_transaction_read_only",
    "in_recovery",
];

/// What the database says about itself.
pub async fn of(db: &Db) -> Result<Condition> {
    let mut conn = db.read().await?;
    if db.is_sqlite() {
        let (version,): (String,) = sqlx::query_as("SELECT sqlite_version()").fetch_one(&mut *conn).await?;
        let (pages,): (i64,) = sqlx::query_as("PRAGMA page_count").fetch_one(&mut *conn).await?;
        let (size,): (i64,) = sqlx::query_as("PRAGMA page_size").fetch_one(&mut *conn).await?;
        return Ok(Condition { version, bytes: pages.saturating_mul(size), settings: BTreeMap::new() });
    }
    let (version, bytes): (String, i64) =
        sqlx::query_as("SELECT current_setting('server_version')::text, pg_database_size(current_database())::bigint")
            .fetch_one(&mut *conn)
            .await?;
    let mut settings = BTreeMap::new();
    for name in SETTINGS {
        let sql = match name {
            "in_recovery" => "SELECT CAST(pg_is_in_recovery() AS TEXT) WHERE CAST($1 AS TEXT) IS NOT NULL",
            _ => "SELECT current_setting(CAST($1 AS TEXT))",
        };
        let (value,): (String,) = sqlx::query_as(sql).bind(name).fetch_one(&mut *conn).await?;
        settings.insert(name, value);
    }
    Ok(Condition { version, bytes, settings })
}

/// What time it is for PostgreSQL; `None` for SQLite, which has the clock of this process.
pub async fn time(db: &Db) -> Result<Option<Timestamp>> {
    if db.is_sqlite() {
        return Ok(None);
    }
    let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)";
    let (micros,): (i64,) = sqlx::query_as(sql).fetch_one(&mut *db.read().await?).await?;
    Ok(Some(Timestamp::from_micros(micros)))
}
