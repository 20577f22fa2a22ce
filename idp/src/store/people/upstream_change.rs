//! Accounts at other providers that were linked or unlinked lately, which a link in a letter can undo.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::store::db::{Conn, Result};
use crate::store::people::upstream_account::{Kept, Key};

/// A change that a letter can undo.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct UpstreamChange {
    /// The same in all letters about it.
    pub change_id: Id,
    /// Whose account it is.
    pub user_id: Id,
    /// The normal form of the address that the letter went to.
    pub address: String,
    /// 1 if an account was linked, 0 if one was unlinked.
    pub is_link: i64,
    /// The account there.
    #[sqlx(flatten)]
    pub account: Kept,
    /// When it was linked or unlinked.
    pub changed_at: Timestamp,
}

impl UpstreamChange {
    /// Whether an account was linked, and not unlinked.
    pub const fn is_link(&self) -> bool {
        self.is_link == 1
    }
}

/// Keeps a change for as long as the link of a letter can undo it.
pub async fn insert(conn: &mut Conn, link: &TokenHash, change: &UpstreamChange, expires_at: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO upstream_change (link_hash, change_id, user_id, address, is_link, provider, issuer, subject,
            shown_as, linked_at, joined_at, taken, changed_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(link)
    .bind(&change.change_id)
    .bind(&change.user_id)
    .bind(&change.address)
    .bind(change.is_link)
    .bind(&change.account.provider)
    .bind(&change.account.issuer)
    .bind(&change.account.subject)
    .bind(&change.account.shown_as)
    .bind(change.account.linked_at)
    .bind(change.account.joined_at)
    .bind(&change.account.taken)
    .bind(change.changed_at)
    .bind(expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The change that a link undoes, if that would still work; the link stays unused.
pub async fn find(conn: &mut Conn, link: &TokenHash, now: Timestamp) -> Result<Option<UpstreamChange>> {
    Ok(sqlx::query_as(
        "SELECT change_id, user_id, address, is_link, provider, issuer, subject, shown_as, linked_at, joined_at, taken,
                changed_at
           FROM upstream_change WHERE link_hash = $1 AND expires_at > $2",
    )
    .bind(link)
    .bind(now)
    .fetch_optional(conn)
    .await?)
}

/// Forgets the changes of a user that are about an account there: one of them was undone.
pub async fn forget(conn: &mut Conn, user: &Id, key: &Key) -> Result<()> {
    sqlx::query("DELETE FROM upstream_change WHERE user_id = $1 AND provider = $2 AND issuer = $3 AND subject = $4")
        .bind(user)
        .bind(&key.provider)
        .bind(&key.issuer)
        .bind(&key.subject)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets all changes of a user, so that no letter undoes one.
pub async fn forget_all(conn: &mut Conn, user: &Id) -> Result<()> {
    sqlx::query("DELETE FROM upstream_change WHERE user_id = $1").bind(user).execute(conn).await?;
    Ok(())
}

/// Removes changes that nobody could undo any more at a moment.
pub async fn delete_expired(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM upstream_change
          WHERE link_hash IN (SELECT link_hash FROM upstream_change WHERE expires_at < $1 LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// A change of a user that is stored: the provider, what the account there is known by, 1 if it was linked, and when.
pub type Told = (String, Option<String>, i64, Timestamp);

/// The changes of a user that are stored, the oldest first.
pub async fn of_user(conn: &mut Conn, user: &Id) -> Result<Vec<Told>> {
    let sql = "SELECT DISTINCT provider, shown_as, is_link, changed_at FROM upstream_change WHERE user_id = $1
                ORDER BY changed_at, provider";
    Ok(sqlx::query_as(sql).bind(user).fetch_all(conn).await?)
}
