//! The servers on this database, so that a command can say who has not followed a change.

use super::db::{Conn, Result};
use crate::base::clock::Timestamp;
use crate::base::id::Id;

/// Says that a process is there, and which state of the signing keys it works with.
pub async fn report(conn: &mut Conn, id: &Id, name: &str, keys_generation: i64, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO process (id, name, keys_generation, seen_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET keys_generation = excluded.keys_generation, seen_at = excluded.seen_at",
    )
    .bind(id)
    .bind(name)
    .bind(keys_generation)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// The names of the processes that were seen since a moment and work with an earlier state of the signing keys.
pub async fn behind(conn: &mut Conn, keys_generation: i64, since: Timestamp) -> Result<Vec<String>> {
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT name FROM process WHERE keys_generation < $1 AND seen_at > $2 ORDER BY name")
            .bind(keys_generation)
            .bind(since)
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Forgets a process that ends.
pub async fn delete(conn: &mut Conn, id: &Id) -> Result<()> {
    sqlx::query("DELETE FROM process WHERE id = $1").bind(id).execute(conn).await?;
    Ok(())
}

/// Forgets all but one, which is the only one on its database.
pub async fn delete_others(conn: &mut Conn, id: &Id) -> Result<()> {
    sqlx::query("DELETE FROM process WHERE id <> $1").bind(id).execute(conn).await?;
    Ok(())
}

/// Forgets processes that were not seen since a moment.
pub async fn delete_unseen(conn: &mut Conn, since: Timestamp) -> Result<u64> {
    Ok(sqlx::query("DELETE FROM process WHERE seen_at < $1").bind(since).execute(conn).await?.rows_affected())
}
