//! What users have allowed clients, remembered.

use super::db::{Conn, Result};
use crate::base::clock::Timestamp;
use crate::base::id::Id;

/// The scope that a user has allowed a client before, as it was written.
pub async fn find(conn: &mut Conn, user: &Id, client: &Id) -> Result<Option<String>> {
    let row: Option<(String,)> = sqlx::query_as("SELECT scope FROM consent WHERE user_id = $1 AND client_row = $2")
        .bind(user)
        .bind(client)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|row| row.0))
}

/// Remembers what a user allows a client from now on.
pub async fn set(conn: &mut Conn, new_id: &Id, user: &Id, client: &Id, scope: &str, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO consent (id, user_id, client_row, scope, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)
         ON CONFLICT (user_id, client_row) DO UPDATE SET scope = excluded.scope, updated_at = excluded.updated_at",
    )
    .bind(new_id)
    .bind(user)
    .bind(client)
    .bind(scope)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Withdraws a consent and ends what came of it; whether there was one.
pub async fn withdraw(conn: &mut Conn, user: &Id, client: &Id, now: Timestamp) -> Result<bool> {
    sqlx::query("UPDATE client_grant SET ended_at = $3 WHERE user_id = $1 AND client_row = $2 AND ended_at IS NULL")
        .bind(user)
        .bind(client)
        .bind(now)
        .execute(&mut *conn)
        .await?;
    let done = sqlx::query("DELETE FROM consent WHERE user_id = $1 AND client_row = $2")
        .bind(user)
        .bind(client)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}
