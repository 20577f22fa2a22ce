//! What somebody must have read in a letter: a link, or a code of six digits.

use std::time::Duration;

use crate::base::clock::{SENT_TWICE, SKEW, Timestamp};
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
    /// To sign in.
    SignIn,
    /// To make an account.
    SignUp,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Change => "change",
            Self::SignIn => "sign_in",
            Self::SignUp => "sign_up",
        }
    }
}

/// A proof that waits for its reader.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Proof {
    /// The row.
    pub id: Id,
    /// Whose it is; `None` if nobody has the address.
    pub user_id: Option<Id>,
    /// The browser in which it was asked for, where that matters.
    pub browser_hash: Option<TokenHash>,
    /// What goes on with it, sealed.
    pub sealed: Option<String>,
    /// The address that the letter went to: normalised if it was asked for in a browser, else as it was written.
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
    pub user: Option<Id>,
    /// The browser in which it was asked for, where that matters.
    pub browser_hash: Option<TokenHash>,
    /// What goes on with it, sealed.
    pub sealed: Option<String>,
    /// The address that the letter goes to: normalised if it is asked for in a browser, else as it is written.
    pub address: String,
    /// The hash of the token in the link, if there is one.
    pub link_hash: Option<TokenHash>,
    /// The keyed hash of the code.
    pub code_hash: String,
    /// How long it can be used.
    pub lifetime: Duration,
}

/// Keeps a proof in place of earlier ones for the same; returns the mail server with which its letter begins: the next one,
/// if the person asks again. What is asked for in a browser takes the place of what was asked for in the same browser, so that a
/// stranger who asks ends nothing.
pub async fn replace(conn: &mut Conn, new: &NewProof, now: Timestamp) -> Result<i64> {
    // One's own proofs are for one address at a time; others are for an address, whoever asks and whether anybody has it.
    let condition = if new.browser_hash.is_some() { "address = $1 AND browser_hash = $4" } else { "user_id = $1" };
    let of = new.user.as_ref().filter(|_| new.browser_hash.is_none()).map_or(new.address.as_str(), Id::as_str);
    let sql = format!(
        "DELETE FROM mail_proof WHERE {condition} AND purpose = $2 RETURNING CASE WHEN created_at > $3 THEN server ELSE -1 END"
    );
    let mut before =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(of).bind(new.purpose.as_str()).bind(now - ASKS_AGAIN);
    if let Some(browser) = &new.browser_hash {
        before = before.bind(browser);
    }
    let before: Option<(i64,)> = before.fetch_optional(&mut *conn).await?;
    let server = before.map_or(0, |row| row.0 + 1);
    sqlx::query(
        "INSERT INTO mail_proof (id, purpose, user_id, address, link_hash, code_hash, server, tries, created_at, expires_at,
                                 browser_hash, sealed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, $11)",
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
    .bind(&new.browser_hash)
    .bind(&new.sealed)
    .execute(conn)
    .await?;
    Ok(server)
}

const COLUMNS: &str = "id, user_id, address, browser_hash, sealed, code_hash, tries";

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

/// The condition that a proof was used just now, as [`Timestamp::is_just_before`]; `now` is a parameter.
fn used_just_now(now: &str) -> String {
    let (before, ahead) = (SENT_TWICE.as_micros(), SKEW.as_micros());
    format!("used_at > {now} - {before} AND used_at <= {now} + {ahead}")
}

/// A proof that a browser has asked for, if it can still be used there.
pub async fn find_asked(
    conn: &mut Conn,
    id: &Id,
    purpose: Purpose,
    browser: &TokenHash,
    now: Timestamp,
) -> Result<Option<Proof>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM mail_proof WHERE id = $1 AND purpose = $2 AND browser_hash = $3 AND expires_at > $4
            AND (used_at IS NULL OR {}) AND tries < $5",
        used_just_now("$4")
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(id)
        .bind(purpose.as_str())
        .bind(browser)
        .bind(now)
        .bind(TRIES)
        .fetch_optional(conn)
        .await?)
}

/// Uses a proof up in the browser that has asked for it, or has used it just now.
pub async fn consume_asked(conn: &mut Conn, proof: &Id, browser: &TokenHash, now: Timestamp) -> Result<bool> {
    let sql = format!(
        "UPDATE mail_proof SET used_at = COALESCE(used_at, $3), browser_hash = $2
          WHERE id = $1 AND expires_at > $3 AND (used_at IS NULL OR ({} AND browser_hash = $2))",
        used_just_now("$3")
    );
    let done = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(proof).bind(browser).bind(now).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Notes which account was made with a proof, so that a form that is sent twice finds it.
pub async fn note_user(conn: &mut Conn, proof: &Id, user: &Id) -> Result<()> {
    sqlx::query("UPDATE mail_proof SET user_id = $2 WHERE id = $1").bind(proof).bind(user).execute(conn).await?;
    Ok(())
}

/// The proof of a link, if it can still be used, or was used just now in this browser.
pub async fn find_by_link(
    conn: &mut Conn,
    hash: &TokenHash,
    purpose: Purpose,
    browser: Option<&TokenHash>,
    now: Timestamp,
) -> Result<Option<Proof>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM mail_proof WHERE link_hash = $1 AND purpose = $2 AND expires_at > $3 AND tries < $4
            AND (used_at IS NULL OR (browser_hash = $5 AND {}))",
        used_just_now("$3")
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(hash)
        .bind(purpose.as_str())
        .bind(now)
        .bind(TRIES)
        .bind(browser.map_or("", TokenHash::as_str))
        .fetch_optional(conn)
        .await?)
}

/// Counts a code that was typed, before it is compared, so that codes that come at once cannot share a try; `None` if there are
/// no more tries.
pub async fn count_try(conn: &mut Conn, proof: &Id, now: Timestamp) -> Result<Option<Proof>> {
    let sql = format!(
        "UPDATE mail_proof SET tries = tries + 1
          WHERE id = $1 AND (used_at IS NULL OR (browser_hash IS NOT NULL AND {})) AND expires_at > $2 AND tries < $3
         RETURNING {COLUMNS}",
        used_just_now("$2")
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

/// Removes what a user has used: once a session has ended, a form that is sent twice opens none again.
pub async fn delete_used(conn: &mut Conn, user: &Id) -> Result<()> {
    sqlx::query("DELETE FROM mail_proof WHERE user_id = $1 AND used_at IS NOT NULL").bind(user).execute(conn).await?;
    Ok(())
}

/// Removes all proofs of a user: what was sent before a change of the account that ends it.
pub async fn delete_of_user(conn: &mut Conn, user: &Id) -> Result<()> {
    sqlx::query("DELETE FROM mail_proof WHERE user_id = $1").bind(user).execute(conn).await?;
    Ok(())
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

/// The codes that were sent to a user: what for, where, and when.
pub async fn of_user(conn: &mut Conn, user: &Id) -> Result<Vec<(String, String, Timestamp)>> {
    let sql = "SELECT purpose, address, created_at FROM mail_proof WHERE user_id = $1 ORDER BY created_at, id";
    Ok(sqlx::query_as(sql).bind(user).fetch_all(conn).await?)
}
