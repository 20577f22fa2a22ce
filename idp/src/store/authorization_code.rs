//! Authorization codes.

use super::db::{Conn, Result};
use super::grant::{COLUMNS, Grant, TABLES, live_grant};
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;

/// A code as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AuthorizationCode {
    /// The grant that it stands for.
    pub grant_id: Id,
    /// The client that it was given to.
    pub client_row: Id,
    /// Where it was sent.
    pub redirect_uri: String,
    /// The S256 challenge: RFC 7636 §4.2.
    pub code_challenge: Option<String>,
    /// The nonce for the ID token.
    pub nonce: Option<String>,
    /// When it was made.
    #[sqlx(rename = "code_created_at")]
    pub created_at: Timestamp,
    /// When it dies.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
    /// How often its own client failed to prove itself.
    pub failures: i64,
}

/// Keeps a code.
pub async fn insert(conn: &mut Conn, hash: &TokenHash, code: &AuthorizationCode) -> Result<()> {
    sqlx::query(
        "INSERT INTO authorization_code (hash, grant_id, redirect_uri, code_challenge, nonce, created_at, expires_at, failures)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0)",
    )
    .bind(hash)
    .bind(&code.grant_id)
    .bind(&code.redirect_uri)
    .bind(&code.code_challenge)
    .bind(&code.nonce)
    .bind(code.created_at)
    .bind(code.expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// A code, used and expired ones included, and its grant if that is live.
pub async fn find(
    conn: &mut Conn,
    hash: &TokenHash,
    now: Timestamp,
) -> Result<Option<(AuthorizationCode, Option<Grant>)>> {
    let sql = format!(
        "SELECT a.grant_id, a.redirect_uri, a.code_challenge, a.nonce, a.created_at AS code_created_at, a.expires_at, a.used_at,
                a.failures, {COLUMNS}, CAST(CASE WHEN {} THEN 1 ELSE 0 END AS BIGINT) AS live
           FROM {TABLES} JOIN authorization_code a ON a.grant_id = g.id WHERE a.hash = $2",
        live_grant("$1")
    );
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(now).bind(hash).fetch_optional(conn).await?;
    Ok(row.map(|row| (row.code, (row.live == 1).then_some(row.grant))))
}

/// A code with its grant in one row, so that one statement brings both.
#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    code: AuthorizationCode,
    #[sqlx(flatten)]
    grant: Grant,
    live: i64,
}

/// Marks a code used, if it was good and unused. Of many callers exactly one is told `true`.
pub async fn redeem(conn: &mut Conn, hash: &TokenHash, now: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE authorization_code SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2",
    )
    .bind(hash)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts a failure of the code's own client, and burns the code at the last one it is allowed; whether it burnt now.
pub async fn fail(conn: &mut Conn, hash: &TokenHash, allowed: i64, now: Timestamp) -> Result<bool> {
    let row: Option<(i64,)> = sqlx::query_as(
        "UPDATE authorization_code
            SET failures = failures + 1, expires_at = CASE WHEN failures + 1 >= $2 THEN $3 ELSE expires_at END
          WHERE hash = $1 AND used_at IS NULL AND expires_at > $3 RETURNING failures",
    )
    .bind(hash)
    .bind(allowed)
    .bind(now)
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some_and(|(failures,)| failures >= allowed))
}

/// Forgets codes that expired before a moment.
pub async fn delete_expired(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM authorization_code WHERE hash IN (
            SELECT hash FROM authorization_code WHERE expires_at < $1 LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
