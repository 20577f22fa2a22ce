//! What somebody must have read in a letter: a link, or a code of six digits.

use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::store::db::{Conn, Result};

/// How often a code may be typed wrongly.
pub const TRIES: i64 = 5;

/// How long after a letter another one of the same is the answer to its not having arrived.
const ASKS_AGAIN: Duration = Duration::from_secs(60 * 60);

/// What reading a letter allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To verify an address of one's own.
    Verify,
    /// To make an address one's own.
    Change,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Change => "change",
        }
    }
}

/// A proof that waits for its reader.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Proof {
    /// The row.
    pub id: Id,
    /// Whose it is.
    pub user_id: Id,
    /// The address that the letter went to, normalised.
    pub address: String,
    /// The hash of the code.
    pub code_hash: String,
    /// How often a code was typed.
    pub tries: i64,
}

/// A proof to be kept.
#[derive(Clone, Debug)]
pub struct NewProof {
    /// The row.
    pub id: Id,
    /// What it allows.
    pub purpose: Purpose,
    /// Whose it is.
    pub user: Id,
    /// The address that the letter goes to, normalised.
    pub address: String,
    /// The hash of the token in the link, if there is one.
    pub link_hash: Option<TokenHash>,
    /// The keyed hash of the code.
    pub code_hash: String,
    /// How long it can be used.
    pub lifetime: Duration,
}

/// Keeps a proof in place of earlier ones for the same; returns the mail server with which its letter begins: the next one,
/// if the person asks again.
pub async fn replace(conn: &mut Conn, new: &NewProof, now: Timestamp) -> Result<i64> {
    let before: Option<(i64,)> = sqlx::query_as(
        "DELETE FROM mail_proof WHERE user_id = $1 AND purpose = $2 RETURNING CASE WHEN created_at > $3 THEN server ELSE -1 END",
    )
    .bind(&new.user)
    .bind(new.purpose.as_str())
    .bind(now - ASKS_AGAIN)
    .fetch_optional(&mut *conn)
    .await?;
    let server = before.map_or(0, |row| row.0 + 1);
    sqlx::query(
        "INSERT INTO mail_proof (id, purpose, user_id, address, link_hash, code_hash, server, tries, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)",
    )
    .bind(&new.id)
    .bind(new.purpose.as_str())
    .bind(&new.user)
    .bind(&new.address)
    .bind(&new.link_hash)
    .bind(&new.code_hash)
    .bind(server)
    .bind(now)
    .bind(now + new.lifetime)
    .execute(conn)
    .await?;
    Ok(server)
}

const COLUMNS: &str = "id, user_id, address, code_hash, tries";

/// The proof of a user for a purpose, if it can still be used.
pub async fn find(conn: &mut Conn, user: &Id, purpose: Purpose, now: Timestamp) -> Result<Option<Proof>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM mail_proof WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 AND tries < $4"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(user)
        .bind(purpose.as_str())
        .bind(now)
        .bind(TRIES)
        .fetch_optional(conn)
        .await?)
}

/// The proof of a link, if it can still be used.
pub async fn find_by_link(
    conn: &mut Conn,
    hash: &TokenHash,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<Proof>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM mail_proof WHERE link_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 AND tries < $4"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(hash)
        .bind(purpose.as_str())
        .bind(now)
        .bind(TRIES)
        .fetch_optional(conn)
        .await?)
}

/// Counts a code that was typed, before it is compared, so that codes that come at once cannot share a try; `None` if there are
/// no more tries.
pub async fn count_try(conn: &mut Conn, proof: &Id, now: Timestamp) -> Result<Option<Proof>> {
    let sql = format!(
        "UPDATE mail_proof SET tries = tries + 1 WHERE id = $1 AND used_at IS NULL AND expires_at > $2 AND tries < $3
         RETURNING {COLUMNS}"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(proof).bind(now).bind(TRIES).fetch_optional(conn).await?)
}

/// Uses a proof up. Exactly one of several callers does.
pub async fn consume(conn: &mut Conn, proof: &Id, now: Timestamp) -> Result<bool> {
    let done = sqlx::query("UPDATE mail_proof SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $2")
        .bind(proof)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes proofs that expired before a moment.
pub async fn delete_expired(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done =
        sqlx::query("DELETE FROM mail_proof WHERE id IN (SELECT id FROM mail_proof WHERE expires_at < $1 LIMIT $2)")
            .bind(before)
            .bind(limit)
            .execute(conn)
            .await?;
    Ok(done.rows_affected())
}
