//! Browsers in which a user is not asked for the second factor.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::store::db::{Conn, Result};

/// How many browsers of one user are trusted at once; beyond it, the oldest trust ends.
const MOST: i64 = 20;

/// A browser that a user trusts.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TrustedBrowser {
    /// The row.
    pub id: Id,
    /// The browser's User-Agent, when it was trusted.
    pub user_agent: Option<String>,
    /// When it was trusted.
    pub created_at: Timestamp,
    /// Until when it is.
    pub expires_at: Timestamp,
}

/// A browser that is to be trusted.
#[derive(Clone, Debug)]
pub struct NewTrust {
    /// The row.
    pub id: Id,
    /// The hash of the browser's secret.
    pub browser: TokenHash,
    /// The user's generation.
    pub generation: i64,
    /// Until when it is trusted.
    pub expires_at: Timestamp,
    /// The browser's User-Agent.
    pub user_agent: Option<String>,
}

/// The condition under which the trust `t` of the user `u` counts at `$now`.
const COUNTS: &str = "t.expires_at > $now AND t.generation = u.generation";

/// Whether a user has trusted a browser since a moment, and still does.
pub async fn is_trusted(
    conn: &mut Conn,
    user: &Id,
    browser: &TokenHash,
    since: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    let sql = format!(
        "SELECT t.id FROM trusted_browser t JOIN user_account u ON u.id = t.user_id
          WHERE t.user_id = $1 AND t.browser_hash = $2 AND t.created_at > $4 AND {}",
        COUNTS.replace("$now", "$3")
    );
    let row: Option<(Id,)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(user)
        .bind(browser)
        .bind(now)
        .bind(since)
        .fetch_optional(conn)
        .await?;
    Ok(row.is_some())
}

/// The browsers that a user trusts, the newest first.
pub async fn of_user(conn: &mut Conn, user: &Id, now: Timestamp) -> Result<Vec<TrustedBrowser>> {
    let sql = format!(
        "SELECT t.id, t.user_agent, t.created_at, t.expires_at FROM trusted_browser t JOIN user_account u ON u.id = t.user_id
          WHERE t.user_id = $1 AND {} ORDER BY t.created_at DESC, t.id DESC",
        COUNTS.replace("$now", "$2")
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user).bind(now).fetch_all(conn).await?)
}

/// Trusts a browser; trust that it had before is replaced.
pub async fn insert(conn: &mut Conn, user: &Id, new: &NewTrust, now: Timestamp) -> Result<()> {
    sqlx::query("DELETE FROM trusted_browser WHERE user_id = $1 AND browser_hash = $2")
        .bind(user)
        .bind(&new.browser)
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "INSERT INTO trusted_browser (id, user_id, browser_hash, generation, created_at, expires_at, user_agent)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&new.id)
    .bind(user)
    .bind(&new.browser)
    .bind(new.generation)
    .bind(now)
    .bind(new.expires_at)
    .bind(&new.user_agent)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "DELETE FROM trusted_browser WHERE user_id = $1 AND id NOT IN (
            SELECT id FROM trusted_browser WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2)",
    )
    .bind(user)
    .bind(MOST)
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets the trust of a user in browsers go on in the next generation.
pub async fn carry_over(conn: &mut Conn, user: &Id, generation: i64) -> Result<()> {
    sqlx::query("UPDATE trusted_browser SET generation = $2 + 1 WHERE user_id = $1 AND generation = $2")
        .bind(user)
        .bind(generation)
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends the trust in one browser of a user; returns whether there was any.
pub async fn delete(conn: &mut Conn, user: &Id, id: &Id) -> Result<bool> {
    let done = sqlx::query("DELETE FROM trusted_browser WHERE user_id = $1 AND id = $2")
        .bind(user)
        .bind(id)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the trust of a user in the browser of a session.
pub async fn delete_of_session(conn: &mut Conn, user: &Id, session: &Id) -> Result<()> {
    sqlx::query(
        "DELETE FROM trusted_browser WHERE user_id = $1 AND browser_hash IN (
            SELECT b.secret_hash FROM browser b JOIN session s ON s.browser_id = b.id WHERE s.id = $2)",
    )
    .bind(user)
    .bind(session)
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends the trust in all browsers of a user but that of a session.
pub async fn delete_others(conn: &mut Conn, user: &Id, session: &Id) -> Result<()> {
    sqlx::query(
        "DELETE FROM trusted_browser WHERE user_id = $1 AND browser_hash NOT IN (
            SELECT b.secret_hash FROM browser b JOIN session s ON s.browser_id = b.id WHERE s.id = $2)",
    )
    .bind(user)
    .bind(session)
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends the trust in all browsers of a user.
pub async fn delete_all(conn: &mut Conn, user: &Id) -> Result<()> {
    sqlx::query("DELETE FROM trusted_browser WHERE user_id = $1").bind(user).execute(conn).await?;
    Ok(())
}

/// Removes trust that ended before a moment.
pub async fn delete_expired(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM trusted_browser WHERE id IN (SELECT id FROM trusted_browser WHERE expires_at < $1 LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
