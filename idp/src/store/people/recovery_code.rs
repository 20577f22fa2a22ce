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

/// The same in a browser, which is remembered.
pub async fn consume_in(
    conn: &mut Conn,
    user: &Id,
    hash: &TokenHash,
    browser: &TokenHash,
    now: Timestamp,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE recovery_code SET used_at = $3, used_in = $4 WHERE user_id = $1 AND hash = $2 AND used_at IS NULL",
    )
    .bind(user)
    .bind(hash)
    .bind(now)
    .bind(browser)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The use of a code in a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Use {
    /// When it was used.
    pub used_at: Timestamp,
    /// The generation that its user has had since then.
    pub used_for: i64,
}

/// The use of a code in a browser; `None` if it was not used there to set a password, or if that is over.
pub async fn use_in(conn: &mut Conn, user: &Id, hash: &TokenHash, browser: &TokenHash) -> Result<Option<Use>> {
    let sql = "SELECT used_at, used_for FROM recovery_code
                WHERE user_id = $1 AND hash = $2 AND used_in = $3 AND used_at IS NOT NULL AND used_for IS NOT NULL";
    Ok(sqlx::query_as(sql).bind(user).bind(hash).bind(browser).fetch_optional(conn).await?)
}

/// Notes the generation that a user has since a code has set the password.
pub async fn note_used_for(conn: &mut Conn, user: &Id, hash: &TokenHash, generation: i64) -> Result<()> {
    sqlx::query("UPDATE recovery_code SET used_for = $3 WHERE user_id = $1 AND hash = $2")
        .bind(user)
        .bind(hash)
        .bind(generation)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets in which browsers a user has used codes, so that a form which was sent there does nothing when it is sent again.
pub async fn forget_uses(conn: &mut Conn, user: &Id) -> Result<()> {
    sqlx::query("UPDATE recovery_code SET used_in = NULL, used_for = NULL WHERE user_id = $1 AND used_in IS NOT NULL")
        .bind(user)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether a user has this code, used up.
pub async fn is_used(conn: &mut Conn, user: &Id, hash: &TokenHash) -> Result<bool> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT user_id FROM recovery_code WHERE user_id = $1 AND hash = $2 AND used_at IS NOT NULL")
            .bind(user)
            .bind(hash)
            .fetch_optional(conn)
            .await?;
    Ok(row.is_some())
}

/// Removes all recovery codes of a user that were not replaced; returns how many there were.
pub async fn delete(conn: &mut Conn, user: &Id) -> Result<u64> {
    let done = sqlx::query("DELETE FROM recovery_code WHERE user_id = $1").bind(user).execute(conn).await?;
    Ok(done.rows_affected())
}

/// How many replaced codes of a user are kept. The first ones are: those that come after many others are hardly the owner's.
const MOST_KEPT: i64 = 100;

/// Keeps the unused codes of a user that are about to be replaced.
pub async fn keep(conn: &mut Conn, user: &Id, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO replaced_recovery_code (user_id, hash, created_at, replaced_at)
         SELECT user_id, hash, created_at, CAST($2 AS BIGINT) FROM recovery_code
          WHERE user_id = $1 AND used_at IS NULL
            AND (SELECT COUNT(*) FROM replaced_recovery_code r WHERE r.user_id = $1) < $3",
    )
    .bind(user)
    .bind(now)
    .bind(MOST_KEPT)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether a user has this code, unused, or replaced since a moment.
pub async fn is_there(conn: &mut Conn, user: &Id, hash: &TokenHash, since: Timestamp) -> Result<bool> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT user_id FROM recovery_code WHERE user_id = $1 AND hash = $2 AND used_at IS NULL
         UNION ALL SELECT user_id FROM replaced_recovery_code WHERE user_id = $1 AND hash = $2 AND replaced_at >= $3",
    )
    .bind(user)
    .bind(hash)
    .bind(since)
    .fetch_all(conn)
    .await?;
    Ok(!rows.is_empty())
}

/// Puts back the codes among which this one was replaced since a moment; those that came after them go. Returns `false`,
/// and changes nothing, if it is none of them.
pub async fn put_back(conn: &mut Conn, user: &Id, hash: &TokenHash, since: Timestamp) -> Result<bool> {
    let row: Option<(Timestamp,)> = sqlx::query_as(
        "SELECT replaced_at FROM replaced_recovery_code WHERE user_id = $1 AND hash = $2 AND replaced_at >= $3",
    )
    .bind(user)
    .bind(hash)
    .bind(since)
    .fetch_optional(&mut *conn)
    .await?;
    let Some((replaced_at,)) = row else { return Ok(false) };
    delete(&mut *conn, user).await?;
    for sql in [
        "INSERT INTO recovery_code (user_id, hash, created_at)
         SELECT user_id, hash, created_at FROM replaced_recovery_code WHERE user_id = $1 AND replaced_at = $2",
        "DELETE FROM replaced_recovery_code WHERE user_id = $1 AND replaced_at >= $2",
    ] {
        sqlx::query(sql).bind(user).bind(replaced_at).execute(&mut *conn).await?;
    }
    Ok(true)
}

/// When each of the replaced codes of a user was replaced, the oldest first.
pub async fn replaced_at(conn: &mut Conn, user: &Id) -> Result<Vec<Timestamp>> {
    let sql = "SELECT replaced_at FROM replaced_recovery_code WHERE user_id = $1 ORDER BY replaced_at";
    let rows: Vec<(Timestamp,)> = sqlx::query_as(sql).bind(user).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Removes the replaced codes of a user; returns how many there were.
pub async fn delete_replaced(conn: &mut Conn, user: &Id) -> Result<u64> {
    let done = sqlx::query("DELETE FROM replaced_recovery_code WHERE user_id = $1").bind(user).execute(conn).await?;
    Ok(done.rows_affected())
}

/// Removes codes that were replaced before a moment.
pub async fn delete_replaced_before(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM replaced_recovery_code WHERE hash IN (
            SELECT hash FROM replaced_recovery_code WHERE replaced_at < $1 LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
