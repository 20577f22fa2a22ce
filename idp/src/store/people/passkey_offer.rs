//! The answers to the offer of a passkey after a sign-in.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Conn, Result};

/// Whether a user has answered the offer.
pub async fn is_answered(conn: &mut Conn, user: &Id) -> Result<bool> {
    let row: Option<(Timestamp,)> = sqlx::query_as("SELECT answered_at FROM passkey_offer WHERE user_id = $1")
        .bind(user)
        .fetch_optional(conn)
        .await?;
    Ok(row.is_some())
}

/// Notes that a user has answered it, or needs no offer any more.
pub async fn answer(conn: &mut Conn, user: &Id, now: Timestamp) -> Result<()> {
    sqlx::query("INSERT INTO passkey_offer (user_id, answered_at) VALUES ($1, $2) ON CONFLICT (user_id) DO NOTHING")
        .bind(user)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// When a user has answered the offer.
pub async fn answered_at(conn: &mut Conn, user: &Id) -> Result<Option<Timestamp>> {
    let row: Option<(Timestamp,)> = sqlx::query_as("SELECT answered_at FROM passkey_offer WHERE user_id = $1")
        .bind(user)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|row| row.0))
}
