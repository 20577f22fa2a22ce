//! The chats with bots that people have bound to their accounts.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Change, Conn, Result, Tx};

/// A chat with a bot that is bound to a user.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ChannelBinding {
    /// The row.
    pub id: Id,
    /// Whose it is.
    pub user_id: Id,
    /// The name of the channel in the configuration.
    pub channel: String,
    /// Which messenger it is.
    pub kind: String,
    /// Who writes there: what the messenger calls them, for good.
    pub sender: String,
    /// What they call themselves there.
    pub shown_as: Option<String>,
    /// Since when.
    pub bound_at: Timestamp,
    /// When the user's account was made by it; `None` if it was bound to one that was there.
    pub joined_at: Option<Timestamp>,
    /// When the bot last acted for the user, or signed them in.
    pub last_used_at: Option<Timestamp>,
}

const COLUMNS: &str =
    "b.id, b.user_id, b.channel, b.kind, b.sender, b.shown_as, b.bound_at, b.joined_at, b.last_used_at";

/// A chat to be bound.
#[derive(Clone, Debug)]
pub struct NewBinding {
    /// The row.
    pub id: Id,
    /// The name of the channel.
    pub channel: String,
    /// Which messenger it is.
    pub kind: String,
    /// Who writes there.
    pub sender: String,
    /// What they call themselves there.
    pub shown_as: Option<String>,
    /// Whether the user's account is made by it.
    pub joins: bool,
}

/// The binding of a sender of a channel.
pub async fn find(conn: &mut Conn, channel: &str, sender: &str) -> Result<Option<ChannelBinding>> {
    let sql = format!("SELECT {COLUMNS} FROM channel_binding b WHERE b.channel = $1 AND b.sender = $2");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(channel).bind(sender).fetch_optional(conn).await?)
}

/// The binding of this id, unless its user is disabled.
pub async fn find_live(conn: &mut Conn, id: &Id) -> Result<Option<ChannelBinding>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM channel_binding b JOIN user_account u ON u.id = b.user_id WHERE b.id = $1 AND u.disabled_at IS NULL"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(conn).await?)
}

/// The bindings of a user, the oldest first.
pub async fn of_user(conn: &mut Conn, user: &Id) -> Result<Vec<ChannelBinding>> {
    let sql = format!("SELECT {COLUMNS} FROM channel_binding b WHERE b.user_id = $1 ORDER BY b.bound_at, b.id");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user).fetch_all(conn).await?)
}

/// The bindings of the person of an account at another provider, by which they are the same sender.
pub async fn of_link(conn: &mut Conn, link: &Id, kind: &str) -> Result<Vec<ChannelBinding>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM channel_binding b JOIN upstream_account a ON a.user_id = b.user_id AND a.subject = b.sender
          WHERE a.id = $1 AND b.kind = $2 ORDER BY b.bound_at, b.id"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(link).bind(kind).fetch_all(conn).await?)
}

/// Binds a chat to a user; returns `false` if it is bound already, or the user has another one of this channel.
pub async fn insert(conn: &mut Conn, user: &Id, new: &NewBinding, now: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO channel_binding (id, user_id, channel, kind, sender, shown_as, bound_at, joined_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(&new.id)
    .bind(user)
    .bind(&new.channel)
    .bind(&new.kind)
    .bind(&new.sender)
    .bind(&new.shown_as)
    .bind(now)
    .bind(new.joins.then_some(now))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a binding is used, unless it is gone; returns whether it was there.
pub async fn note_use(conn: &mut Conn, id: &Id, now: Timestamp) -> Result<bool> {
    let done = sqlx::query("UPDATE channel_binding SET last_used_at = $2 WHERE id = $1")
        .bind(id)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a binding of a user; returns whether it was there.
pub async fn delete(conn: &mut Conn, user: &Id, id: &Id) -> Result<bool> {
    let done = sqlx::query("DELETE FROM channel_binding WHERE id = $1 AND user_id = $2")
        .bind(id)
        .bind(user)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a binding is used, and nothing besides.
#[derive(Clone, Debug)]
pub struct NoteUse {
    /// The row.
    pub binding: Id,
}

impl Change for NoteUse {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let now = tx.now();
        note_use(tx, &self.binding, now).await.map(drop)
    }
}
