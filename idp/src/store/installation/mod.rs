//! Facts about this installation, and the data key.

pub mod audit_checkpoint;
pub mod channel_receiver;
pub mod epoch;
pub mod event;
pub mod explanation;
pub mod former_signing_key;
pub mod happened;
pub mod order;
pub mod process;
pub mod signing_key;
pub mod sweep;
pub mod upstream;

use crate::store::db::{Change, Conn, Result, Tx};

/// A fact by its name.
pub async fn find(conn: &mut Conn, name: &str) -> Result<Option<String>> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT value FROM installation WHERE name = $1").bind(name).fetch_optional(conn).await?;
    Ok(row.map(|row| row.0))
}

/// Writes a fact that does not exist yet, and returns the stored value: if several callers write, one wins.
pub async fn insert_once(conn: &mut Conn, name: &str, value: &str) -> Result<String> {
    sqlx::query("INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
        .bind(name)
        .bind(value)
        .execute(&mut *conn)
        .await?;
    Ok(find(conn, name).await?.unwrap_or_else(|| value.to_owned()))
}

/// Writes a fact, and replaces any earlier value.
pub async fn set(conn: &mut Conn, name: &str, value: &str) -> Result<()> {
    sqlx::query(
        "INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(name)
    .bind(value)
    .execute(conn)
    .await?;
    Ok(())
}

/// Raises a fact that is a number by one.
pub async fn raise(conn: &mut Conn, name: &str) -> Result<()> {
    sqlx::query(
        "INSERT INTO installation (name, value) VALUES ($1, '1')
         ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(installation.value AS BIGINT) + 1 AS TEXT)",
    )
    .bind(name)
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a fact.
pub async fn remove(conn: &mut Conn, name: &str) -> Result<()> {
    sqlx::query("DELETE FROM installation WHERE name = $1").bind(name).execute(conn).await?;
    Ok(())
}

/// Waits for its turn: transactions that take turns on one name run one after the other, and each sees what the one
/// before it has done. On PostgreSQL, code that writes only if a row is missing needs this, because its condition does
/// not see uncommitted rows of other transactions.
pub async fn in_turn(conn: &mut Conn, thing: &str) -> Result<()> {
    set(conn, &format!("turn.{thing}"), "").await
}

/// Whether an SQLite file has a data key; the file may have no tables.
pub async fn is_sealed(conn: &mut Conn) -> Result<bool> {
    let table: Option<(String,)> =
        sqlx::query_as("SELECT name FROM sqlite_master WHERE name = 'data_key'").fetch_optional(&mut *conn).await?;
    if table.is_none() {
        return Ok(false);
    }
    let key: Option<(String,)> = sqlx::query_as("SELECT id FROM data_key LIMIT 1").fetch_optional(conn).await?;
    Ok(key.is_some())
}

/// A data key, wrapped by a master key.
#[derive(Clone, sqlx::FromRow)]
pub struct DataKey {
    /// Names the key in blobs.
    pub id: String,
    /// The key, sealed by the master key.
    pub wrapped: String,
}

/// The data keys, newest first.
pub async fn data_keys(conn: &mut Conn) -> Result<Vec<DataKey>> {
    Ok(sqlx::query_as("SELECT id, wrapped FROM data_key ORDER BY created_at DESC").fetch_all(conn).await?)
}

/// Stores a new data key, unless there is one; returns the data keys that exist then.
#[derive(Clone)]
pub struct KeepFirstDataKey(pub DataKey);

impl Change for KeepFirstDataKey {
    type Outcome = Vec<DataKey>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Vec<DataKey>> {
        in_turn(tx, "data_key").await?;
        sqlx::query(
            "INSERT INTO data_key (id, wrapped, created_at)
             SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM data_key)",
        )
        .bind(self.0.id)
        .bind(self.0.wrapped)
        .bind(tx.now())
        .execute(&mut **tx)
        .await?;
        data_keys(tx).await
    }
}

/// Replaces the wrapping of a data key, when the master key has changed.
#[derive(Clone)]
pub struct RewrapDataKey(pub DataKey);

impl Change for RewrapDataKey {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        sqlx::query("UPDATE data_key SET wrapped = $2 WHERE id = $1")
            .bind(self.0.id)
            .bind(self.0.wrapped)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}
