//! Links that work once.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::store::db::{Conn, Result};

/// What following a link allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To set a password.
    SetPassword,
    /// To set a password, which removes the second factors.
    Recover,
    /// To set a password, which takes back a change of the address.
    TakeBack,
}

impl Purpose {
    /// All purposes.
    pub const ALL: [Self; 3] = [Self::SetPassword, Self::Recover, Self::TakeBack];

    fn as_str(self) -> &'static str {
        match self {
            Self::SetPassword => "set_password",
            Self::Recover => "recover",
            Self::TakeBack => "take_back",
        }
    }
}

/// A link to be stored.
pub struct NewLink<'a> {
    /// The hash of the token in its URL.
    pub hash: &'a TokenHash,
    /// The purpose.
    pub purpose: Purpose,
    /// The user that it belongs to.
    pub user: &'a Id,
    /// The normal form of the address that it is sent to; `None` if whoever has it need not read any mailbox.
    pub address: Option<&'a str>,
    /// When it is made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Keeps a link.
pub async fn insert(conn: &mut Conn, link: &NewLink<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO one_time_link (hash, purpose, user_id, created_at, expires_at, address) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(link.hash)
    .bind(link.purpose.as_str())
    .bind(link.user)
    .bind(link.created_at)
    .bind(link.expires_at)
    .bind(link.address)
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends all links of a user for a purpose.
pub async fn end_all(conn: &mut Conn, purpose: Purpose, user: &Id, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE one_time_link SET used_at = $3 WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL")
        .bind(user)
        .bind(purpose.as_str())
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends the links of a user for a purpose that would work until a moment, or shorter; times are now and that moment.
pub async fn end_until(
    conn: &mut Conn,
    purpose: Purpose,
    user: &Id,
    (now, until): (Timestamp, Timestamp),
) -> Result<()> {
    sqlx::query(
        "UPDATE one_time_link SET used_at = $3 WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL AND expires_at <= $4",
    )
    .bind(user)
    .bind(purpose.as_str())
    .bind(now)
    .bind(until)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many links a user got for a purpose since a moment.
pub async fn count_since(conn: &mut Conn, purpose: Purpose, user: &Id, since: Timestamp) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM one_time_link WHERE user_id = $1 AND purpose = $2 AND created_at > $3";
    let row: (i64,) = sqlx::query_as(sql).bind(user).bind(purpose.as_str()).bind(since).fetch_one(conn).await?;
    Ok(row.0)
}

/// Until when a user has a working link for a purpose.
pub async fn works_until(conn: &mut Conn, purpose: Purpose, user: &Id, now: Timestamp) -> Result<Option<Timestamp>> {
    let row: (Option<Timestamp>,) = sqlx::query_as(
        "SELECT MAX(expires_at) FROM one_time_link
          WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3",
    )
    .bind(user)
    .bind(purpose.as_str())
    .bind(now)
    .fetch_one(conn)
    .await?;
    Ok(row.0)
}

/// The user of this link, if it would still work; the link stays unused.
pub async fn find(conn: &mut Conn, hash: &TokenHash, purpose: Purpose, now: Timestamp) -> Result<Option<Id>> {
    let row: Option<(Id,)> = sqlx::query_as(
        "SELECT user_id FROM one_time_link WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3",
    )
    .bind(hash)
    .bind(purpose.as_str())
    .bind(now)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| row.0))
}

/// A link that was used up.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Used {
    /// Its user.
    pub user_id: Id,
    /// The normal form of the address that it was sent to.
    pub address: Option<String>,
}

/// Consumes a link. Exactly one of several callers gets it.
pub async fn consume(conn: &mut Conn, hash: &TokenHash, purpose: Purpose, now: Timestamp) -> Result<Option<Used>> {
    Ok(sqlx::query_as(
        "UPDATE one_time_link SET used_at = $3
          WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 RETURNING user_id, address",
    )
    .bind(hash)
    .bind(purpose.as_str())
    .bind(now)
    .fetch_optional(conn)
    .await?)
}

/// Removes links that expired before a moment.
pub async fn delete_expired(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM one_time_link WHERE hash IN (SELECT hash FROM one_time_link WHERE expires_at < $1 LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// The links that were made for a user: what for, the address that each was sent to, and when.
pub async fn of_user(conn: &mut Conn, user: &Id) -> Result<Vec<(String, Option<String>, Timestamp)>> {
    let sql = "SELECT purpose, address, created_at FROM one_time_link WHERE user_id = $1 ORDER BY created_at, hash";
    Ok(sqlx::query_as(sql).bind(user).fetch_all(conn).await?)
}
