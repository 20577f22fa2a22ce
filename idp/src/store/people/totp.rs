//! Authenticator apps: RFC 6238.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Conn, Result};

/// A user's authenticator app.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Totp {
    /// The secret that it shares with us, sealed.
    pub sealed_secret: String,
    /// When it was set up.
    pub created_at: Timestamp,
    /// When one of its codes was last used to sign in.
    pub last_used_at: Option<Timestamp>,
    /// Since when it protects its account, if another factor has vouched for it.
    pub since: Option<Timestamp>,
}

/// The authenticator app of a user.
pub async fn find(conn: &mut Conn, user: &Id) -> Result<Option<Totp>> {
    Ok(sqlx::query_as("SELECT sealed_secret, created_at, last_used_at, since FROM totp WHERE user_id = $1")
        .bind(user)
        .fetch_optional(conn)
        .await?)
}

/// Adds the app whose code of this time step was right; returns `false` if the user has one already.
pub async fn insert(conn: &mut Conn, user: &Id, sealed_secret: &str, step: i64, now: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO totp (user_id, sealed_secret, last_step, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id) DO NOTHING",
    )
    .bind(user)
    .bind(sealed_secret)
    .bind(step)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes since when the app of a user protects its account.
pub async fn note_since(conn: &mut Conn, user: &Id, since: Timestamp) -> Result<()> {
    sqlx::query("UPDATE totp SET since = $2 WHERE user_id = $1").bind(user).bind(since).execute(conn).await?;
    Ok(())
}

/// Puts the app whose code of this time step was right in place of the one that was set up at a moment; returns `false` if the user has
/// another one by now, or none. Times are that moment and now.
pub async fn replace(
    conn: &mut Conn,
    user: &Id,
    sealed_secret: &str,
    step: i64,
    (before, now): (Timestamp, Timestamp),
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE totp SET sealed_secret = $2, last_step = $3, created_at = $4, last_used_at = NULL
          WHERE user_id = $1 AND created_at = $5",
    )
    .bind(user)
    .bind(sealed_secret)
    .bind(step)
    .bind(now)
    .bind(before)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Uses up the codes of a time step and of all before it; returns `false` if they were used up already, or if the secret
/// is not the user's any more. Of several callers with one code exactly one gets `true`: RFC 6238 §5.2.
pub async fn use_step(conn: &mut Conn, user: &Id, sealed_secret: &str, step: i64, now: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE totp SET last_step = $3, last_used_at = $4 WHERE user_id = $1 AND sealed_secret = $2 AND last_step < $3",
    )
    .bind(user)
    .bind(sealed_secret)
    .bind(step)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a user's app; returns whether there was one.
pub async fn delete(conn: &mut Conn, user: &Id) -> Result<bool> {
    let done = sqlx::query("DELETE FROM totp WHERE user_id = $1").bind(user).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}
