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
    /// The address that is put back, and the hash of the link that does it; `None` if nobody had proven an old one.
    pub way_back: Option<(&'a str, &'a TokenHash)>,
    /// The address that took its place, as it is written.
    pub new_address: &'a str,
    /// Until when the change can be taken back.
    pub expires_at: Timestamp,
}

/// A change that can be taken back.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AddressChange {
    /// Changes of one user are counted.
    pub number: i64,
    /// The address that is put back, as it was written.
    pub old_address: Option<String>,
    /// The address that took its place, as it is written.
    pub new_address: String,
}

/// Keeps a change. The caller holds the user's row, so that each change has its number.
pub async fn insert(conn: &mut Conn, new: &NewChange<'_>) -> Result<()> {
    let before: (Option<i64>,) = sqlx::query_as("SELECT MAX(number) FROM address_change WHERE user_id = $1")
        .bind(new.user)
        .fetch_one(&mut *conn)
        .await?;
    sqlx::query(
        "INSERT INTO address_change (id, user_id, number, old_address, new_address, link_hash, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new.id)
    .bind(new.user)
    .bind(before.0.unwrap_or_default() + 1)
    .bind(new.way_back.map(|(old, _)| old))
    .bind(new.new_address)
    .bind(new.way_back.map(|(_, link)| link))
    .bind(new.expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The change that a link takes back, and those of the same user that came after it, the oldest first.
pub async fn since_link(conn: &mut Conn, user: &Id, link: &TokenHash) -> Result<Vec<AddressChange>> {
    Ok(sqlx::query_as(
        "SELECT number, old_address, new_address FROM address_change
          WHERE user_id = $1
            AND number >= (SELECT c.number FROM address_change c WHERE c.user_id = $1 AND c.link_hash = $2)
          ORDER BY number",
    )
    .bind(user)
    .bind(link)
    .fetch_all(conn)
    .await?)
}

/// Forgets a change of a user and all that came after it, and ends the links that would take those back.
pub async fn forget_since(conn: &mut Conn, user: &Id, number: i64, now: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE one_time_link SET used_at = $3
          WHERE used_at IS NULL
            AND hash IN (SELECT link_hash FROM address_change WHERE user_id = $1 AND number >= $2 AND link_hash IS NOT NULL)",
    )
    .bind(user)
    .bind(number)
    .bind(now)
    .execute(&mut *conn)
    .await?;
    sqlx::query("DELETE FROM address_change WHERE user_id = $1 AND number >= $2")
        .bind(user)
        .bind(number)
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
