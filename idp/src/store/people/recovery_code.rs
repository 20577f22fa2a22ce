//! Codes for who has lost the other second factors.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::store::db::{Conn, Result};

/// The recovery codes that a user has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct RecoveryCodes {
    /// How many were made.
    pub made: i64,
    /// How many of them are unused.
    pub unused: i64,
    /// When they were made.
    pub created_at: Option<Timestamp>,
}

/// The recovery codes of a user.
pub async fn of_user(conn: &mut Conn, user: &Id) -> Result<RecoveryCodes> {
    Ok(sqlx::query_as(
        "SELECT COUNT(*) AS made, COUNT(*) - COUNT(used_at) AS unused, MAX(created_at) AS created_at
           FROM recovery_code WHERE user_id = $1",
    )
    .bind(user)
    .fetch_one(conn)
    .await?)
}

/// Replaces all recovery codes of a user.
pub async fn replace(conn: &mut Conn, user: &Id, hashes: &[TokenHash], now: Timestamp) -> Result<()> {
    delete(&mut *conn, user).await?;
    for hash in hashes {
        sqlx::query("INSERT INTO recovery_code (user_id, hash, created_at) VALUES ($1, $2, $3)")
            .bind(user)
            .bind(hash)
            .bind(now)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Uses a code up; returns `false` if it was used before, or is none of the user's. Of several callers exactly one gets
/// `true`.
pub async fn consume(conn: &mut Conn, user: &Id, hash: &TokenHash, now: Timestamp) -> Result<bool> {
    let done =
        sqlx::query("UPDATE recovery_code SET used_at = $3 WHERE user_id = $1 AND hash = $2 AND used_at IS NULL")
            .bind(user)
            .bind(hash)
            .bind(now)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes all recovery codes of a user.
pub async fn delete(conn: &mut Conn, user: &Id) -> Result<()> {
    sqlx::query("DELETE FROM recovery_code WHERE user_id = $1").bind(user).execute(conn).await?;
    Ok(())
}
