//! The versions of the terms that users have accepted.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Conn, Result};

/// A version that a user has accepted.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Acceptance {
    /// The version.
    pub terms_version: String,
    /// When it was accepted.
    pub accepted_at: Timestamp,
}

/// Notes that a user accepts a version; returns `false` if they had before.
pub async fn insert(conn: &mut Conn, user: &Id, version: &str, now: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO terms_acceptance (user_id, terms_version, accepted_at) VALUES ($1, $2, $3)
         ON CONFLICT (user_id, terms_version) DO NOTHING",
    )
    .bind(user)
    .bind(version)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether a user has accepted a version.
pub async fn is_there(conn: &mut Conn, user: &Id, version: &str) -> Result<bool> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT user_id FROM terms_acceptance WHERE user_id = $1 AND terms_version = $2")
            .bind(user)
            .bind(version)
            .fetch_optional(conn)
            .await?;
    Ok(row.is_some())
}

/// The versions that a user has accepted, the earliest first.
pub async fn of_user(conn: &mut Conn, user: &Id) -> Result<Vec<Acceptance>> {
    let sql = "SELECT terms_version, accepted_at FROM terms_acceptance WHERE user_id = $1 ORDER BY accepted_at, terms_version";
    Ok(sqlx::query_as(sql).bind(user).fetch_all(conn).await?)
}
