//! Deletions that people have asked for.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Conn, Result};

/// Notes that a user's account is to be deleted at a moment; an earlier request stands.
pub async fn insert(conn: &mut Conn, user: &Id, due_at: Timestamp, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO account_deletion (user_id, asked_at, due_at) VALUES ($1, $2, $3) ON CONFLICT (user_id) DO NOTHING",
    )
    .bind(user)
    .bind(now)
    .bind(due_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a request back; returns whether there was one.
pub async fn delete(conn: &mut Conn, user: &Id) -> Result<bool> {
    let done = sqlx::query("DELETE FROM account_deletion WHERE user_id = $1").bind(user).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// When a user's account is to be deleted, if that was asked for.
pub async fn due_at(conn: &mut Conn, user: &Id) -> Result<Option<Timestamp>> {
    let row: Option<(Timestamp,)> = sqlx::query_as("SELECT due_at FROM account_deletion WHERE user_id = $1")
        .bind(user)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|row| row.0))
}

/// Users whose deletion is due, after the one with this id.
pub async fn due(conn: &mut Conn, after: &str, now: Timestamp, limit: i64) -> Result<Vec<Id>> {
    let rows: Vec<(Id,)> = sqlx::query_as(
        "SELECT user_id FROM account_deletion WHERE due_at <= $1 AND user_id > $2 ORDER BY user_id LIMIT $3",
    )
    .bind(now)
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
