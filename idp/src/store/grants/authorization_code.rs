//! Authorization codes.

use sqlx::any::AnyRow;
use sqlx::{FromRow, Row as _};

use crate::base::clock::Timestamp;
use crate::base::token::TokenHash;
use crate::oidc::token::authorization_code::Code;
use crate::store::db::{Conn, Result};
use crate::store::grants::grant::{COLUMNS, Grant, TABLES, live_grant};

impl FromRow<'_, AnyRow> for Code {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            grant_id: row.try_get("grant_id")?,
            client_row: row.try_get("client_row")?,
            redirect_uri: row.try_get("redirect_uri")?,
            code_challenge: row.try_get("code_challenge")?,
            nonce: row.try_get("nonce")?,
            expires_at: row.try_get("expires_at")?,
            used_at: row.try_get("used_at")?,
            failures: row.try_get("failures")?,
        })
    }
}

/// Stores a new code.
pub async fn insert(conn: &mut Conn, hash: &TokenHash, code: &Code, created_at: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO authorization_code (hash, grant_id, redirect_uri, code_challenge, nonce, created_at, expires_at, failures)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0)",
    )
    .bind(hash)
    .bind(&code.grant_id)
    .bind(&code.redirect_uri)
    .bind(&code.code_challenge)
    .bind(&code.nonce)
    .bind(created_at)
    .bind(code.expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Finds a code, including used and expired ones, and its grant if that is live.
pub async fn find(conn: &mut Conn, hash: &TokenHash, now: Timestamp) -> Result<Option<(Code, Option<Grant>)>> {
    let sql = format!(
        "SELECT a.grant_id, a.redirect_uri, a.code_challenge, a.nonce, a.expires_at, a.used_at, a.failures,
                {COLUMNS}, CAST(CASE WHEN {} THEN 1 ELSE 0 END AS BIGINT) AS live
           FROM {TABLES} JOIN authorization_code a ON a.grant_id = g.id WHERE a.hash = $2",
        live_grant("$1")
    );
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(now).bind(hash).fetch_optional(conn).await?;
    Ok(row.map(|row| (row.code, (row.live == 1).then_some(row.grant))))
}

/// A code with its grant in one row, so that one statement reads both.
#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    code: Code,
    #[sqlx(flatten)]
    grant: Grant,
    live: i64,
}

/// Marks a code as used, if it was valid and unused. Exactly one of several callers gets `true`.
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

/// Counts a failure of the client that the code was issued to, and invalidates the code at the last allowed one;
/// returns whether this call invalidated it.
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

/// Removes codes that expired before a moment.
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
