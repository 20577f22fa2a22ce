//! Changes of email addresses that the mailbox of the old address can take back.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::store::db::{Conn, Result};

/// A change to be kept.
#[derive(Clone, Debug)]
pub struct NewChange<'a> {
    /// The row.
    pub id: &'a Id,
    /// Whose address was changed.
    pub user: &'a Id,
    /// The normal form of the address whose place was taken, if there was one.
    pub replaced: Option<&'a str>,
    /// The address that is put back, and the hash of the link that does it; `None` if there is no way back.
    pub way_back: Option<(&'a str, &'a TokenHash)>,
    /// The address that took its place, as it is written.
    pub new_address: &'a str,
    /// Whether that one was a verified address of the user before.
    pub was_own: bool,
    /// Until when the change can be taken back.
    pub expires_at: Timestamp,
}

/// A change that is not older than a way back may be.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AddressChange {
    /// Changes of one user are counted.
    pub number: i64,
    /// The normal form of the address whose place was taken; `None` without one, and in rows of earlier releases.
    pub replaced: Option<String>,
    /// The address that is put back, as it was written.
    pub old_address: Option<String>,
    /// The address that took its place, as it is written.
    pub new_address: String,
    /// 1 if that one was a verified address of the user before.
    pub was_own: i64,
    /// The hash of the link that takes it back.
    pub link_hash: Option<String>,
}

/// Keeps a change. The caller holds the user's row, so that each change has its number.
pub async fn insert(conn: &mut Conn, new: &NewChange<'_>) -> Result<()> {
    let before: (Option<i64>,) = sqlx::query_as("SELECT MAX(number) FROM address_change WHERE user_id = $1")
        .bind(new.user)
        .fetch_one(&mut *conn)
        .await?;
    sqlx::query(
        "INSERT INTO address_change
            (id, user_id, number, old_address, new_address, link_hash, expires_at, replaced, was_own)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(new.id)
    .bind(new.user)
    .bind(before.0.unwrap_or_default() + 1)
    .bind(new.way_back.map(|(old, _)| old))
    .bind(new.new_address)
    .bind(new.way_back.map(|(_, link)| link))
    .bind(new.expires_at)
    .bind(new.replaced)
    .bind(i64::from(new.was_own))
    .execute(conn)
    .await?;
    Ok(())
}

/// The changes of a user that are not older than a way back may be, the oldest first.
pub async fn open(conn: &mut Conn, user: &Id, now: Timestamp) -> Result<Vec<AddressChange>> {
    Ok(sqlx::query_as(
        "SELECT number, replaced, old_address, new_address, was_own, link_hash FROM address_change
          WHERE user_id = $1 AND expires_at > $2 ORDER BY number",
    )
    .bind(user)
    .bind(now)
    .fetch_all(conn)
    .await?)
}

/// The addresses of a user, as they were written, that a link can still put back.
pub async fn can_be_put_back(conn: &mut Conn, user: &Id, now: Timestamp) -> Result<Vec<String>> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT c.old_address FROM address_change c JOIN one_time_link l ON l.hash = c.link_hash
          WHERE c.user_id = $1 AND c.expires_at > $2 AND l.used_at IS NULL AND c.old_address IS NOT NULL",
    )
    .bind(user)
    .bind(now)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Ends the link that would take a change back, if it has one.
pub async fn end_link(conn: &mut Conn, change: &AddressChange, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE one_time_link SET used_at = $2 WHERE hash = $1 AND used_at IS NULL")
        .bind(change.link_hash.as_deref())
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets a change of a user that was taken back, and ends its link.
pub async fn forget(conn: &mut Conn, user: &Id, change: &AddressChange, now: Timestamp) -> Result<()> {
    end_link(conn, change, now).await?;
    sqlx::query("DELETE FROM address_change WHERE user_id = $1 AND number = $2")
        .bind(user)
        .bind(change.number)
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes changes that nobody could take back any more at a moment.
pub async fn delete_expired(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM address_change WHERE id IN (SELECT id FROM address_change WHERE expires_at < $1 LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// The changes of a user that are stored, the oldest first: the address before, the one after, and until when it can be taken back.
pub async fn of_user(conn: &mut Conn, user: &Id) -> Result<Vec<(Option<String>, String, Timestamp)>> {
    let sql = "SELECT old_address, new_address, expires_at FROM address_change WHERE user_id = $1 ORDER BY number";
    Ok(sqlx::query_as(sql).bind(user).fetch_all(conn).await?)
}
