//! What waits for somebody at a bot, or in a browser for somebody who has begun at a bot.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::store::db::{Change, Conn, Result, Tx};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A chat is to be bound to the account of a session, which leads to the bot.
    Bind,
    /// The same the other way: the bot has shown a code, which is typed in a session.
    Code,
    /// A sign-in is to be approved in a chat that is bound.
    SignIn,
    /// A link of the bot signs in whoever is bound.
    Ticket,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Bind => "bind",
            Self::Code => "code",
            Self::SignIn => "sign_in",
            Self::Ticket => "ticket",
        }
    }
}

/// Something that waits.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ChannelRequest {
    /// The row.
    pub id: Id,
    /// What is to be done, by its name.
    purpose: String,
    /// The name of the channel.
    pub channel: String,
    /// The browser in which it was begun.
    pub browser_hash: Option<TokenHash>,
    /// The session in which it was begun, or in which the code was typed.
    pub session_id: Option<Id>,
    /// Whose account it is about, once that is known.
    pub user_id: Option<Id>,
    /// Who has come at the bot.
    pub sender: Option<String>,
    /// What they call themselves there.
    pub shown_as: Option<String>,
    /// The numbers of a sign-in, and where it was begun, sealed.
    pub sealed: Option<String>,
    /// When the other side has come.
    pub claimed_at: Option<Timestamp>,
    /// When it has said yes.
    pub answered_at: Option<Timestamp>,
    /// When it has said no.
    pub refused_at: Option<Timestamp>,
    /// Until when it waits.
    pub expires_at: Timestamp,
}

impl ChannelRequest {
    /// Whether it is for this.
    pub fn is_for(&self, purpose: Purpose) -> bool {
        self.purpose == purpose.as_str()
    }
}

/// Something that is to wait.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// The row.
    pub id: Id,
    /// What is to be done.
    pub purpose: Purpose,
    /// The name of the channel.
    pub channel: String,
    /// The hash of the handle in a link.
    pub handle_hash: TokenHash,
    /// The keyed hash of the code.
    pub code_hash: Option<String>,
    /// The browser in which it is begun.
    pub browser_hash: Option<TokenHash>,
    /// The session in which it is begun.
    pub session_id: Option<Id>,
    /// Whose account it is about.
    pub user_id: Option<Id>,
    /// Who has begun it at the bot.
    pub sender: Option<String>,
    /// What they call themselves there.
    pub shown_as: Option<String>,
    /// The numbers of a sign-in, and where it is begun, sealed.
    pub sealed: Option<String>,
    /// Until when it waits.
    pub expires_at: Timestamp,
}

impl NewRequest {
    /// One with what each has: the row, what for, the channel, the handle in its link, and until when it waits.
    pub fn new(id: Id, purpose: Purpose, channel: &str, handle: &str, expires_at: Timestamp) -> Self {
        Self {
            id,
            purpose,
            channel: channel.to_owned(),
            handle_hash: TokenHash::of(handle),
            code_hash: None,
            browser_hash: None,
            session_id: None,
            user_id: None,
            sender: None,
            shown_as: None,
            sealed: None,
            expires_at,
        }
    }
}

/// Keeps it until somebody comes, in the place of one that its sender has begun before.
impl Change for NewRequest {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let now = tx.now();
        if let Some(sender) = &self.sender {
            delete_begun(tx, self.purpose, &self.channel, sender).await?;
        }
        insert(tx, &self, now).await
    }
}

const COLUMNS: &str = "id, purpose, channel, browser_hash, session_id, user_id, sender, shown_as, sealed, claimed_at, answered_at, \
                       refused_at, expires_at";

/// The condition that something still waits, where `$1` is the present moment.
const WAITS: &str = "used_at IS NULL AND refused_at IS NULL AND expires_at > $1";

async fn insert(conn: &mut Conn, new: &NewRequest, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO channel_request (id, purpose, channel, handle_hash, code_hash, browser_hash, session_id, user_id, sender, shown_as,
                                      sealed, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(&new.id)
    .bind(new.purpose.as_str())
    .bind(&new.channel)
    .bind(&new.handle_hash)
    .bind(&new.code_hash)
    .bind(&new.browser_hash)
    .bind(&new.session_id)
    .bind(&new.user_id)
    .bind(&new.sender)
    .bind(&new.shown_as)
    .bind(&new.sealed)
    .bind(now)
    .bind(new.expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes what a sender has begun before for the same purpose: the newest counts alone.
async fn delete_begun(conn: &mut Conn, purpose: Purpose, channel: &str, sender: &str) -> Result<()> {
    sqlx::query("DELETE FROM channel_request WHERE channel = $1 AND sender = $2 AND purpose = $3")
        .bind(channel)
        .bind(sender)
        .bind(purpose.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// What waits under a handle.
pub async fn find_by_handle(conn: &mut Conn, handle: &TokenHash, now: Timestamp) -> Result<Option<ChannelRequest>> {
    let sql = format!("SELECT {COLUMNS} FROM channel_request WHERE handle_hash = $2 AND {WAITS}");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(now).bind(handle).fetch_optional(conn).await?)
}

/// What waits for a code, by its keyed hash.
pub async fn find_by_code(conn: &mut Conn, code: &str, now: Timestamp) -> Result<Option<ChannelRequest>> {
    let sql = format!("SELECT {COLUMNS} FROM channel_request WHERE code_hash = $2 AND {WAITS}");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(now).bind(code).fetch_optional(conn).await?)
}

/// What was begun in a browser, also if it was refused meanwhile, until it is used or too old.
pub async fn find_begun(
    conn: &mut Conn,
    id: &Id,
    browser: &TokenHash,
    now: Timestamp,
) -> Result<Option<ChannelRequest>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM channel_request WHERE id = $2 AND browser_hash = $3 AND used_at IS NULL AND expires_at > $1"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(now).bind(id).bind(browser).fetch_optional(conn).await?)
}

/// What waits under this id.
pub async fn find_waiting(conn: &mut Conn, id: &Id, now: Timestamp) -> Result<Option<ChannelRequest>> {
    let sql = format!("SELECT {COLUMNS} FROM channel_request WHERE id = $2 AND {WAITS}");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(now).bind(id).fetch_optional(conn).await?)
}

/// Notes who has come at the bot, the first one alone; returns whether it is this sender.
pub async fn claim(conn: &mut Conn, id: &Id, (sender, shown_as): (&str, Option<&str>), now: Timestamp) -> Result<bool> {
    let sql = format!(
        "UPDATE channel_request SET sender = $3, shown_as = $4, claimed_at = COALESCE(claimed_at, $1)
          WHERE id = $2 AND (sender IS NULL OR sender = $3) AND answered_at IS NULL AND {WAITS}"
    );
    let done =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now).bind(id).bind(sender).bind(shown_as).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Notes in which session the code was typed, the first one alone; returns whether it is this one.
pub async fn claim_in(conn: &mut Conn, id: &Id, (user, session): (&Id, &Id), now: Timestamp) -> Result<bool> {
    let sql = format!(
        "UPDATE channel_request SET user_id = $3, session_id = $4, claimed_at = COALESCE(claimed_at, $1)
          WHERE id = $2 AND (user_id IS NULL OR (user_id = $3 AND session_id = $4)) AND {WAITS}"
    );
    let done = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now).bind(id).bind(user).bind(session).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Notes whose account it is about, where that was open until now.
pub async fn note_user(conn: &mut Conn, id: &Id, user: &Id) -> Result<()> {
    sqlx::query("UPDATE channel_request SET user_id = $2 WHERE id = $1 AND user_id IS NULL")
        .bind(id)
        .bind(user)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that the sender who has come says yes, or no; returns whether there was something to be said.
pub async fn answer(conn: &mut Conn, id: &Id, sender: &str, says_yes: bool, now: Timestamp) -> Result<bool> {
    let column = if says_yes { "answered_at" } else { "refused_at" };
    let sql = format!(
        "UPDATE channel_request SET {column} = $1 WHERE id = $2 AND sender = $3 AND answered_at IS NULL AND {WAITS}"
    );
    let done = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now).bind(id).bind(sender).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Uses something up. Exactly one of several callers does.
pub async fn consume(conn: &mut Conn, id: &Id, now: Timestamp) -> Result<bool> {
    let sql = format!("UPDATE channel_request SET used_at = $1 WHERE id = $2 AND {WAITS}");
    let done = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now).bind(id).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Whether a user has refused a sign-in since a moment.
pub async fn has_refused(conn: &mut Conn, user: &Id, since: Timestamp) -> Result<bool> {
    let sql = "SELECT 1 FROM channel_request WHERE user_id = $1 AND purpose = $2 AND refused_at > $3 LIMIT 1";
    let found: Option<(i32,)> =
        sqlx::query_as(sql).bind(user).bind(Purpose::SignIn.as_str()).bind(since).fetch_optional(conn).await?;
    Ok(found.is_some())
}

/// Removes what expired before a moment.
pub async fn delete_expired(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let sql = "DELETE FROM channel_request WHERE id IN (SELECT id FROM channel_request WHERE expires_at < $1 LIMIT $2)";
    Ok(sqlx::query(sql).bind(before).bind(limit).execute(conn).await?.rows_affected())
}

/// What was begun for a user with bots: what for, with which channel, and when.
pub async fn of_user(conn: &mut Conn, user: &Id) -> Result<Vec<(String, String, Timestamp)>> {
    let sql = "SELECT purpose, channel, created_at FROM channel_request WHERE user_id = $1 ORDER BY created_at, id";
    Ok(sqlx::query_as(sql).bind(user).fetch_all(conn).await?)
}

/// Removes all that waits for a user: after a reset, nothing that was begun before may go on.
pub async fn delete_of_user(conn: &mut Conn, user: &Id) -> Result<()> {
    sqlx::query("DELETE FROM channel_request WHERE user_id = $1").bind(user).execute(conn).await?;
    Ok(())
}
