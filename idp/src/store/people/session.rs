//! Browsers, and the users who are signed in in them.

use std::time::Duration;

use sqlx::any::AnyRow;
use sqlx::{FromRow, Row};

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
pub use crate::oidc::authorization::session::Session;
use crate::store::db::{Change, Conn, Json, Result, Tx};

impl FromRow<'_, AnyRow> for Session {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            sid: row.try_get("sid")?,
            browser_id: row.try_get("browser_id")?,
            user_id: row.try_get("user_id")?,
            sub: row.try_get("sub")?,
            generation: row.try_get("generation")?,
            auth_time: row.try_get("auth_time")?,
            amr: row.try_get::<Json<_>, _>("amr")?.0,
            acr: row.try_get("acr")?,
            created_at: row.try_get("created_at")?,
            last_active_at: row.try_get("last_active_at")?,
            expires_at: row.try_get("expires_at")?,
            kept_at: row.try_get("kept_at")?,
            unattended_since: row.try_get("unattended_since")?,
        })
    }
}

const COLUMNS: &str = "s.id, s.sid, s.browser_id, s.user_id, u.sub, s.generation, s.auth_time, s.amr, s.acr, s.created_at, \
                       s.last_active_at, s.expires_at, s.kept_at";

/// Since when nobody but applications has used an administrator's session, if that is longer ago than its idle time at `$1`.
const UNATTENDED_SINCE: &str = "CASE WHEN s.last_active_at + s.idle_seconds * 1000000 <= $1 AND EXISTS (
         SELECT 1 FROM user_role m JOIN role r ON r.id = m.role_id WHERE m.user_id = s.user_id AND r.name = 'administrator')
    THEN s.last_active_at END AS unattended_since";

/// The condition under which a session is live at `$now`: it has not ended, is not too old, its user is neither
/// disabled nor signed out everywhere, and it was used within its idle time, which includes refreshes. Offline access
/// does not keep it alive: the user is away.
const LIVE: &str =
    "s.ended_at IS NULL AND s.expires_at > $now AND u.disabled_at IS NULL AND s.generation = u.generation
    AND (s.last_active_at + s.idle_seconds * 1000000 > $now OR EXISTS (
         SELECT 1 FROM client_grant a JOIN refresh_family f ON f.grant_id = a.id
          WHERE a.session_id = s.id AND a.offline_at IS NULL AND f.last_used_at + s.idle_seconds * 1000000 > $now))";

/// The condition under which a session is live, with the time as parameter `now`; `s` is the session, `u` its user.
pub fn live(now: &str) -> String {
    LIVE.replace("$now", now)
}

/// The sessions that a session cookie opens. The present cookie opens all sessions of its browser. The persistent
/// cookie opens those that are to be kept. For half a minute, the previous cookie opens those that were proven before
/// it was replaced. `b` is the browser, `s` the session.
const OPENS: &str = "(b.sid_hash = $cookie OR (b.kept_sid_hash = $cookie AND s.kept_at IS NOT NULL)
    OR (b.previous_sid_hash = $cookie AND $lately AND s.auth_time < b.sid_renewed_at))";

/// Whether the previous cookie is still valid at `$now`: within 30 s of its replacement, before or after, since the
/// clock may be set.
const LATELY: &str = "b.sid_renewed_at + 30000000 > $now AND b.sid_renewed_at - 30000000 < $now";

/// The condition under which a cookie opens a session, with hash and time as parameters.
fn opens(cookie: &str, now: &str) -> String {
    OPENS.replace("$lately", LATELY).replace("$cookie", cookie).replace("$now", now)
}

/// The condition under which the previous cookie is still valid, with the time as parameter.
fn lately(now: &str) -> String {
    LATELY.replace("$now", now)
}

fn select(rest: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS}, {UNATTENDED_SINCE} FROM session s JOIN user_account u ON u.id = s.user_id JOIN browser b ON b.id = s.browser_id
          WHERE {} AND {rest}",
        live("$1")
    ))
}

/// The live sessions that a session cookie opens, most recently used first.
pub async fn list(conn: &mut Conn, cookie: &TokenHash, now: Timestamp) -> Result<Vec<Session>> {
    let sql = select(&format!(
        "b.id IN (SELECT id FROM browser WHERE sid_hash = $2
                  UNION ALL SELECT id FROM browser WHERE kept_sid_hash = $2
                  UNION ALL SELECT id FROM browser WHERE previous_sid_hash = $2)
         AND {} ORDER BY s.last_active_at DESC, s.id DESC",
        opens("$2", "$1")
    ));
    Ok(sqlx::query_as(sql).bind(now).bind(cookie).fetch_all(conn).await?)
}

/// The live sessions of a browser.
pub async fn list_of_browser(conn: &mut Conn, browser: &Id, now: Timestamp) -> Result<Vec<Session>> {
    Ok(sqlx::query_as(select("b.id = $2")).bind(now).bind(browser).fetch_all(conn).await?)
}

/// A session as its owner sees it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OfUser {
    /// The row.
    pub id: Id,
    /// The browser's User-Agent.
    pub user_agent: Option<String>,
    /// The address of the last sign-in.
    pub address: Option<String>,
    /// The authentication methods of the last sign-in: RFC 8176.
    #[sqlx(try_from = "Json<Vec<String>>")]
    pub amr: Vec<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_active_at: Timestamp,
    /// When one of its applications was last refreshed; those with offline access do not count.
    pub refreshed_at: Option<Timestamp>,
}

impl OfUser {
    /// When the session was last used, by its person or by an application that refreshed.
    pub fn active_at(&self) -> Timestamp {
        self.refreshed_at.map_or(self.last_active_at, |at| at.max(self.last_active_at))
    }
}

/// The columns of a session as its owner sees it; `s` is the session.
const OF_USER: &str = "s.id, s.user_agent, s.address, s.amr, s.created_at, s.last_active_at,
    (SELECT MAX(f.last_used_at) FROM client_grant a JOIN refresh_family f ON f.grant_id = a.id
      WHERE a.session_id = s.id AND a.offline_at IS NULL) AS refreshed_at";

/// All live sessions of a user, most recently used first.
pub async fn list_of_user(conn: &mut Conn, user: &Id, now: Timestamp) -> Result<Vec<OfUser>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {OF_USER} FROM session s JOIN user_account u ON u.id = s.user_id
          WHERE u.id = $2 AND {} ORDER BY s.last_active_at DESC, s.id DESC",
        live("$1")
    ));
    Ok(sqlx::query_as(sql).bind(now).bind(user).fetch_all(conn).await?)
}

/// A session that is stored, whether or not it goes on.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Stored {
    /// The session.
    #[sqlx(flatten)]
    pub session: OfUser,
    /// When it began, if it goes on.
    pub live_since: Option<Timestamp>,
}

/// All sessions of a user that are stored, the newest first.
pub async fn all_of_user(conn: &mut Conn, user: &Id, now: Timestamp) -> Result<Vec<Stored>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {OF_USER}, CASE WHEN {} THEN s.created_at END AS live_since
           FROM session s JOIN user_account u ON u.id = s.user_id
          WHERE u.id = $2 ORDER BY s.last_active_at DESC, s.id DESC",
        live("$1")
    ));
    Ok(sqlx::query_as(sql).bind(now).bind(user).fetch_all(conn).await?)
}

/// From where the people of a role have signed in, as far as their sessions are still stored: a hundred addresses at most.
pub async fn addresses_of_role(conn: &mut Conn, role: &str) -> Result<Vec<(Id, Option<String>)>> {
    let sql = "SELECT DISTINCT s.user_id, s.address FROM role r JOIN user_role m ON m.role_id = r.id
                 JOIN session s ON s.user_id = m.user_id WHERE r.name = $1 LIMIT 100";
    Ok(sqlx::query_as(sql).bind(role).fetch_all(conn).await?)
}

/// A session that has ended.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Ended {
    /// The row.
    pub id: Id,
    /// The browser's User-Agent.
    pub user_agent: Option<String>,
}

/// The sessions of a user that have ended since `since`.
pub async fn ended_of_user(conn: &mut Conn, user: &Id, since: Timestamp) -> Result<Vec<Ended>> {
    let sql = "SELECT id, user_agent FROM session WHERE user_id = $1 AND ended_at >= $2";
    Ok(sqlx::query_as(sql).bind(user).bind(since).fetch_all(conn).await?)
}

/// Ends all sessions of a user but one; how many there were.
pub async fn end_others(conn: &mut Conn, user: &Id, but: &Id, now: Timestamp) -> Result<u64> {
    let done = sqlx::query("UPDATE session SET ended_at = $3 WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL")
        .bind(user)
        .bind(but)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Lets the sessions of a user that have not ended go on in the next generation.
pub async fn carry_over(conn: &mut Conn, user: &Id, generation: i64) -> Result<()> {
    sqlx::query("UPDATE session SET generation = $2 + 1 WHERE user_id = $1 AND generation = $2 AND ended_at IS NULL")
        .bind(user)
        .bind(generation)
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends all sessions of a user.
pub async fn end_of_user(conn: &mut Conn, user: &Id, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE session SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL")
        .bind(user)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// A live session by its row.
pub async fn find(conn: &mut Conn, id: &Id, now: Timestamp) -> Result<Option<Session>> {
    Ok(sqlx::query_as(select("s.id = $2")).bind(now).bind(id).fetch_optional(conn).await?)
}

/// A browser's row, created if missing, and locked until the end of the transaction: if two sign-ins happen at once in
/// one browser, the second sees what the first has done.
pub async fn hold_browser(
    conn: &mut Conn,
    new_id: &Id,
    secret_hash: &TokenHash,
    sid_hash: &TokenHash,
    now: Timestamp,
) -> Result<Id> {
    let row: (Id,) = sqlx::query_as(
        "INSERT INTO browser (id, secret_hash, sid_hash, created_at, last_seen_at) VALUES ($1, $2, $3, $4, $4)
         ON CONFLICT (secret_hash) DO UPDATE SET last_seen_at = excluded.last_seen_at RETURNING id",
    )
    .bind(new_id)
    .bind(secret_hash)
    .bind(sid_hash)
    .bind(now)
    .fetch_one(conn)
    .await?;
    Ok(row.0)
}

/// Whether the cookie that a browser has shown stays valid for a user who signs in. The previous cookie does if its
/// successor was meant for the same user and may not have arrived; from another user it is a copy.
pub async fn goes_on(conn: &mut Conn, browser: &Id, presented: &TokenHash, user: &Id, now: Timestamp) -> Result<bool> {
    let sql = format!(
        "SELECT b.id FROM browser b WHERE b.id = $2 AND (b.sid_hash = $3 OR b.kept_sid_hash = $3
            OR (b.previous_sid_hash = $3 AND b.renewed_for = $4 AND {}))",
        lately("$1")
    );
    let row: Option<(Id,)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(now)
        .bind(browser)
        .bind(presented)
        .bind(user)
        .fetch_optional(conn)
        .await?;
    Ok(row.is_some())
}

/// Ends the sessions of a browser that the cookie it has shown does not open, with one exception. If the answer to a
/// sign-in was lost, the browser shows the previous cookie on the next attempt: then the session of the same user
/// stays.
pub async fn end_unopened(
    conn: &mut Conn,
    browser: &Id,
    presented: Option<&TokenHash>,
    user: &Id,
    now: Timestamp,
) -> Result<()> {
    let sql = format!(
        "UPDATE session SET ended_at = $1 WHERE ended_at IS NULL AND browser_id = $2 AND id NOT IN (
            SELECT s.id FROM session s JOIN browser b ON b.id = s.browser_id
             WHERE b.id = $2 AND ({} OR (b.previous_sid_hash = $3 AND {} AND s.user_id = $4)))",
        opens("$3", "$1"),
        lately("$1")
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(now)
        .bind(browser)
        .bind(presented.map_or("", TokenHash::as_str))
        .bind(user)
        .execute(conn)
        .await?;
    Ok(())
}

/// The new session cookies of a browser.
pub struct Cookies<'a> {
    /// The hash of the cookie that opens all of its sessions.
    pub sid_hash: &'a TokenHash,
    /// The hash of the cookie that opens only the sessions to be kept, if there are others.
    pub kept_hash: Option<&'a TokenHash>,
    /// The hash of the cookie that the browser has shown.
    pub presented: Option<&'a TokenHash>,
    /// The user who signs in.
    pub user: &'a Id,
}

/// Gives a browser new session cookies. The cookie that it has shown, if it was valid, stays valid for a short while;
/// all others become invalid.
pub async fn renew_browser(conn: &mut Conn, browser: &Id, cookies: &Cookies<'_>, now: Timestamp) -> Result<()> {
    let sql = format!(
        "UPDATE browser AS b SET sid_hash = $3, kept_sid_hash = $4, sid_renewed_at = $1, last_seen_at = $1, renewed_for = $6,
                previous_sid_hash = CASE WHEN b.sid_hash = $5 OR b.kept_sid_hash = $5
                                           OR (b.previous_sid_hash = $5 AND {}) THEN $5 END
          WHERE id = $2",
        lately("$1")
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(now)
        .bind(browser)
        .bind(cookies.sid_hash)
        .bind(cookies.kept_hash)
        .bind(cookies.presented.map_or("", TokenHash::as_str))
        .bind(cookies.user)
        .execute(conn)
        .await?;
    Ok(())
}

/// The hashes of the session cookies that a browser has now.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CookieHashes {
    /// Of the one that opens all of its sessions.
    pub sid_hash: TokenHash,
    /// Of the one that opens only the sessions to be kept, if there are others.
    pub kept_sid_hash: Option<TokenHash>,
}

/// The session cookies that a browser has now.
pub async fn cookies(conn: &mut Conn, browser: &Id) -> Result<Option<CookieHashes>> {
    Ok(sqlx::query_as("SELECT sid_hash, kept_sid_hash FROM browser WHERE id = $1")
        .bind(browser)
        .fetch_optional(conn)
        .await?)
}

/// The columns of a session that are not in a [`Session`].
pub struct Device<'a> {
    /// How long it may be idle, in seconds.
    pub idle_seconds: i64,
    /// The browser's User-Agent.
    pub user_agent: Option<&'a str>,
    /// The address of the sign-in.
    pub address: Option<&'a str>,
    /// The passkey that has signed for it, if one has.
    pub passkey: Option<&'a Id>,
}

/// Begins a session.
pub async fn insert(conn: &mut Conn, session: &Session, device: &Device<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO session (id, sid, browser_id, user_id, auth_time, amr, acr, created_at, last_active_at, idle_seconds,
                              expires_at, kept_at, user_agent, address, generation, passkey_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    )
    .bind(&session.id)
    .bind(&session.sid)
    .bind(&session.browser_id)
    .bind(&session.user_id)
    .bind(session.auth_time)
    .bind(Json(&session.amr))
    .bind(&session.acr)
    .bind(session.created_at)
    .bind(session.last_active_at)
    .bind(device.idle_seconds)
    .bind(session.expires_at)
    .bind(session.kept_at)
    .bind(device.user_agent)
    .bind(device.address)
    .bind(session.generation)
    .bind(device.passkey)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that the user of a session has authenticated again, with the data of `proof`; returns whether the session
/// existed. If the user asks to stay signed in, the session is kept from now on; a session that was to be kept stays
/// so.
pub async fn reauthenticate(conn: &mut Conn, id: &Id, proof: &Session, device: &Device<'_>) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE session SET auth_time = $2, last_active_at = $11, amr = $3, acr = $4, kept_at = COALESCE($5, kept_at),
                expires_at = CASE WHEN CAST($5 AS BIGINT) IS NULL THEN expires_at ELSE $6 END,
                idle_seconds = CASE WHEN CAST($5 AS BIGINT) IS NULL THEN idle_seconds ELSE $7 END,
                user_agent = $8, address = $9, passkey_id = COALESCE(passkey_id, $10)
          WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(id)
    .bind(proof.auth_time)
    .bind(Json(&proof.amr))
    .bind(&proof.acr)
    .bind(proof.kept_at)
    .bind(proof.expires_at)
    .bind(device.idle_seconds)
    .bind(device.user_agent)
    .bind(device.address)
    .bind(device.passkey)
    // Now, also where what was proven is older: the browser goes on with the session that was used last.
    .bind(proof.last_active_at)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lets no session of a user last longer than this.
pub async fn limit_of_user(conn: &mut Conn, user: &Id, idle_seconds: i64, expires_at: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE session SET kept_at = NULL,
                idle_seconds = CASE WHEN idle_seconds > $2 THEN $2 ELSE idle_seconds END,
                expires_at = CASE WHEN expires_at > $3 THEN $3 ELSE expires_at END
          WHERE user_id = $1 AND ended_at IS NULL AND (kept_at IS NOT NULL OR idle_seconds > $2 OR expires_at > $3)",
    )
    .bind(user)
    .bind(idle_seconds)
    .bind(expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets a session that was to be kept last as long as any other.
pub async fn keep_no_longer(conn: &mut Conn, id: &Id, idle: Duration, expires_at: Timestamp) -> Result<()> {
    sqlx::query("UPDATE session SET kept_at = NULL, idle_seconds = $2, expires_at = $3 WHERE id = $1")
        .bind(id)
        .bind(i64::try_from(idle.as_secs()).unwrap_or(i64::MAX))
        .bind(expires_at)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that a session was used: one statement.
#[derive(Clone, Debug)]
pub struct Touch {
    session: Id,
}

impl Touch {
    /// For a session whose person is there; `None` if it is unattended: a page that asks for a sign-in is no use of what it protects.
    pub fn of(session: &Session) -> Option<Self> {
        (!session.is_unattended()).then(|| Self { session: session.id.clone() })
    }
}

impl Change for Touch {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        sqlx::query("UPDATE session SET last_active_at = $2 WHERE id = $1 AND last_active_at < $2")
            .bind(self.session)
            .bind(tx.now())
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}

/// The sessions of a user that have not ended and in which this passkey was the first to be used, but one.
pub async fn of_passkey(conn: &mut Conn, user: &Id, passkey: &Id, but: Option<&Id>) -> Result<Vec<Id>> {
    let rows: Vec<(Id,)> = sqlx::query_as(
        "SELECT id FROM session WHERE user_id = $1 AND passkey_id = $2 AND id <> $3 AND ended_at IS NULL ORDER BY id",
    )
    .bind(user)
    .bind(passkey)
    .bind(but.map_or("", Id::as_str))
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The sessions of a user that have not ended and in which somebody has signed in by an account elsewhere, but one.
pub async fn by_federation(conn: &mut Conn, user: &Id, but: &Id) -> Result<Vec<Id>> {
    let rows: Vec<(Id,)> = sqlx::query_as(
        "SELECT id FROM session WHERE user_id = $1 AND amr LIKE '%\"fed\"%' AND id <> $2 AND ended_at IS NULL ORDER BY id",
    )
    .bind(user)
    .bind(but)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Ends a session; returns whether it had not ended before. Grants that depend on it and are not offline end with it.
pub async fn end(conn: &mut Conn, id: &Id, now: Timestamp) -> Result<bool> {
    let done = sqlx::query("UPDATE session SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL")
        .bind(id)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes browsers that have had no sign-in for a long time and have no sessions.
pub async fn delete_browsers(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM browser WHERE id IN (
            SELECT b.id FROM browser b WHERE b.last_seen_at < $1
               AND NOT EXISTS (SELECT 1 FROM session s WHERE s.browser_id = b.id) LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
