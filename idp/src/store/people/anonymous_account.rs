//! Accounts that nobody can sign in to: what has been done with them hangs on one session.

use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Change, Conn, Result, Tx};

/// The condition under which an account `a` of the table is anonymous still: an operator may have given it a way to sign in, as earlier
/// releases have let them. A password alone is none, since nobody can type whose it is.
const WITHOUT_WAY_IN: &str = "NOT EXISTS (SELECT 1 FROM user_identifier i WHERE i.user_id = a.user_id)
    AND NOT EXISTS (SELECT 1 FROM passkey k WHERE k.user_id = a.user_id)
    AND NOT EXISTS (SELECT 1 FROM upstream_account l WHERE l.user_id = a.user_id)";

/// How long after a use another one is noted.
pub const NOTED: Duration = Duration::from_secs(60 * 60);

/// Notes that an account is anonymous, and for how long it is kept after each use.
pub async fn insert(conn: &mut Conn, user: &Id, begun_by: &str, now: Timestamp, kept: Duration) -> Result<()> {
    sqlx::query(
        "INSERT INTO anonymous_account (user_id, created_at, last_used_at, kept_until, begun_by)
         VALUES ($1, $2, $2, $3, $4)",
    )
    .bind(user)
    .bind(now)
    .bind(now + kept + NOTED)
    .bind(begun_by)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether an account was begun by this interaction, which is given by its hash.
pub async fn was_begun_by(conn: &mut Conn, user: &Id, interaction: &str) -> Result<bool> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT user_id FROM anonymous_account WHERE user_id = $1 AND begun_by = $2")
            .bind(user)
            .bind(interaction)
            .fetch_optional(conn)
            .await?;
    Ok(row.is_some())
}

/// Whether an account is anonymous.
pub async fn is_anonymous(conn: &mut Conn, user: &Id) -> Result<bool> {
    let sql = format!("SELECT a.user_id FROM anonymous_account a WHERE a.user_id = $1 AND {WITHOUT_WAY_IN}");
    let row: Option<(Id,)> = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user).fetch_optional(conn).await?;
    Ok(row.is_some())
}

/// What makes an anonymous account one that is kept no longer. Both have to be over: processes may keep accounts for different times, and
/// those of earlier releases note only the use.
#[derive(Clone, Copy, Debug)]
pub struct Unused {
    /// The present time, until which it was to be kept.
    pub now: Timestamp,
    /// The moment before which it was last used.
    pub before: Timestamp,
}

/// Whether an account is anonymous, and kept no longer.
pub async fn is_unused(conn: &mut Conn, user: &Id, unused: Unused) -> Result<bool> {
    let sql = format!(
        "SELECT a.user_id FROM anonymous_account a
          WHERE a.user_id = $1 AND a.kept_until <= $2 AND a.last_used_at < $3 AND {WITHOUT_WAY_IN}"
    );
    let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user).bind(unused.now).bind(unused.before);
    let row: Option<(Id,)> = query.fetch_optional(conn).await?;
    Ok(row.is_some())
}

/// Anonymous accounts that are kept no longer, by the time until which they were, after the one with this time and id: an index finds them.
pub async fn unused(
    conn: &mut Conn,
    (time, id): (Timestamp, &str),
    unused: Unused,
    limit: i64,
) -> Result<Vec<(Timestamp, Id)>> {
    let sql = format!(
        "SELECT a.kept_until, a.user_id FROM anonymous_account a
          WHERE (a.kept_until, a.user_id) > ($1, $2) AND a.kept_until <= $3 AND a.last_used_at < $4 AND {WITHOUT_WAY_IN}
          ORDER BY a.kept_until, a.user_id LIMIT $5"
    );
    let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(time).bind(id).bind(unused.now).bind(unused.before);
    Ok(query.bind(limit).fetch_all(conn).await?)
}

/// Notes that an account is anonymous no more.
pub async fn delete(conn: &mut Conn, user: &Id) -> Result<()> {
    sqlx::query("DELETE FROM anonymous_account WHERE user_id = $1").bind(user).execute(conn).await?;
    Ok(())
}

/// Notes that an anonymous account was used, at most once an hour: one statement.
#[derive(Clone, Debug)]
pub struct Touch {
    /// The user.
    pub user: Id,
    /// For how long the account is kept from now on.
    pub kept: Duration,
}

impl Change for Touch {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let now = tx.now();
        sqlx::query(
            "UPDATE anonymous_account SET last_used_at = $2, kept_until = $4 WHERE user_id = $1 AND last_used_at < $3",
        )
        .bind(self.user)
        .bind(now)
        .bind(now - NOTED)
        .bind(now + self.kept + NOTED)
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}
