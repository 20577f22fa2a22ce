//! The servers on this database, so that a command can name those that have not followed a change.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Change, Conn, Result, Tx};

/// Reports that a process is alive, and which state of the signing keys it uses.
#[derive(Clone, Debug)]
pub struct Report {
    /// The process.
    pub process: Id,
    /// Its name in messages.
    pub name: String,
    /// Which state of the keys it works with.
    pub keys_generation: i64,
    /// Whether it is the only one on its database: all other rows are of processes that were killed.
    pub alone: bool,
}

impl Change for Report {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        if self.alone {
            sqlx::query("DELETE FROM process WHERE id <> $1").bind(&self.process).execute(&mut **tx).await?;
        }
        sqlx::query(
            "INSERT INTO process (id, name, keys_generation, seen_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (id) DO UPDATE SET keys_generation = excluded.keys_generation, seen_at = excluded.seen_at",
        )
        .bind(self.process)
        .bind(self.name)
        .bind(self.keys_generation)
        .bind(tx.now())
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// The names of the processes that were seen since a moment and use an earlier state of the signing keys.
pub async fn behind(conn: &mut Conn, keys_generation: i64, since: Timestamp) -> Result<Vec<String>> {
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT name FROM process WHERE keys_generation < $1 AND seen_at > $2 ORDER BY name")
            .bind(keys_generation)
            .bind(since)
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Removes a process that ends: one statement.
#[derive(Clone, Debug)]
pub struct Delete {
    /// The process.
    pub process: Id,
}

impl Change for Delete {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        sqlx::query("DELETE FROM process WHERE id = $1").bind(self.process).execute(&mut **tx).await?;
        Ok(())
    }
}

/// Removes processes that were not seen since a moment.
pub async fn delete_unseen(conn: &mut Conn, since: Timestamp) -> Result<u64> {
    Ok(sqlx::query("DELETE FROM process WHERE seen_at < $1").bind(since).execute(conn).await?.rows_affected())
}

/// The names of the processes that were seen since a moment.
pub async fn seen(conn: &mut Conn, since: Timestamp) -> Result<Vec<String>> {
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT name FROM process WHERE seen_at > $1 ORDER BY name").bind(since).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
