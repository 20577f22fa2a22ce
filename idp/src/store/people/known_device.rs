//! Browsers that a user has signed in with.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::store::db::{Conn, Result};

/// How many browsers of one user are remembered. Each has a separate count of attempts, so without a limit, somebody
/// who once knew the password could collect any number of attempts.
const MOST: i64 = 20;

/// Whether a browser is new to a user who has signed in with others. Browsers of earlier releases are known by their
/// sessions, until all of these end.
pub async fn is_another(conn: &mut Conn, browser: &TokenHash, user: &Id) -> Result<bool> {
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT id FROM user_account WHERE id = $2
            AND (EXISTS (SELECT 1 FROM known_device WHERE user_id = $2) OR EXISTS (SELECT 1 FROM session WHERE user_id = $2))
            AND NOT EXISTS (SELECT 1 FROM known_device WHERE user_id = $2 AND browser_hash = $1)
            AND NOT EXISTS (SELECT 1 FROM browser b JOIN session s ON s.browser_id = b.id
                             WHERE b.secret_hash = $1 AND s.user_id = $2 AND s.generation = user_account.generation)",
    )
    .bind(browser)
    .bind(user)
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// Notes that a user has signed in with a browser; beyond the limit, the browsers seen longest ago are removed.
pub async fn note(conn: &mut Conn, browser: &TokenHash, user: &Id, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO known_device (browser_hash, user_id, last_seen_at) VALUES ($1, $2, $3)
         ON CONFLICT (browser_hash, user_id) DO UPDATE SET last_seen_at = excluded.last_seen_at",
    )
    .bind(browser)
    .bind(user)
    .bind(now)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "DELETE FROM known_device WHERE user_id = $1 AND browser_hash <> $2 AND browser_hash NOT IN (
            SELECT browser_hash FROM known_device WHERE user_id = $1 ORDER BY last_seen_at DESC, browser_hash LIMIT $3)",
    )
    .bind(user)
    .bind(browser)
    .bind(MOST)
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets the browsers of a user, but one: whoever knew the old password may have signed in with any of the others.
pub async fn forget(conn: &mut Conn, user: &Id, but: Option<&TokenHash>) -> Result<()> {
    sqlx::query("DELETE FROM known_device WHERE user_id = $1 AND browser_hash <> $2")
        .bind(user)
        .bind(but.map_or("", TokenHash::as_str))
        .execute(conn)
        .await?;
    Ok(())
}

/// When a user has last signed in with each of the browsers that are remembered, the newest first.
pub async fn last_seen(conn: &mut Conn, user: &Id) -> Result<Vec<Timestamp>> {
    let rows: Vec<(Timestamp,)> =
        sqlx::query_as("SELECT last_seen_at FROM known_device WHERE user_id = $1 ORDER BY last_seen_at DESC")
            .bind(user)
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Whether a user has signed in with a browser since a moment.
pub async fn is_known(conn: &mut Conn, browser: &TokenHash, user: &Id, since: Timestamp) -> Result<bool> {
    let row: Option<(Id,)> = sqlx::query_as(
        "SELECT user_id FROM known_device WHERE browser_hash = $1 AND user_id = $2 AND last_seen_at > $3",
    )
    .bind(browser)
    .bind(user)
    .bind(since)
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// Whether whoever has an identifier, in its normal form, has signed in with a browser since a moment.
pub async fn is_of_identifier(
    conn: &mut Conn,
    browser: &TokenHash,
    normalised: &str,
    since: Timestamp,
) -> Result<bool> {
    let row: Option<(Id,)> = sqlx::query_as(
        "SELECT k.user_id FROM user_identifier i JOIN known_device k ON k.user_id = i.user_id
          WHERE i.normalised = $1 AND k.browser_hash = $2 AND k.last_seen_at > $3",
    )
    .bind(normalised)
    .bind(browser)
    .bind(since)
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// Whether anybody has signed in with a browser since a moment.
pub async fn is_of_anybody(conn: &mut Conn, browser: &TokenHash, since: Timestamp) -> Result<bool> {
    let row: Option<(Id,)> =
        sqlx::query_as("SELECT user_id FROM known_device WHERE browser_hash = $1 AND last_seen_at > $2 LIMIT 1")
            .bind(browser)
            .bind(since)
            .fetch_optional(conn)
            .await?;
    Ok(row.is_some())
}

/// Removes browsers without a sign-in since a moment.
pub async fn delete_unseen(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM known_device WHERE (browser_hash, user_id) IN (
            SELECT browser_hash, user_id FROM known_device WHERE last_seen_at < $1 LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
