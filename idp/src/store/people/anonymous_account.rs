//! Accounts that nobody can sign in to: what has been done with them hangs on one session.

use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Change, Conn, Result, Tx};

/// The condition under which an account `a` of the table is anonymous still: an operator may have given it a way to sign in, as earlier
/// releases have let them. A password alone is none, since nobody can type whose it is.
const WITHOUT_WAY_IN: &str = "NOT EXISTS (SELECT 1 FROM user_identifier i WHERE i.user_id = a.user_id)
    AND NOT EXISTS (SELECT 1 FROM passkey k WHERE k.user_id = a.user_id)";

/// How long after a use another one is noted.
pub const NOTED: Duration = Duration::from_secs(60 * 60);

/// Notes that an account is anonymous.
pub async fn insert(conn: &mut Conn, user: &Id, now: Timestamp) -> Result<()> {
    sqlx::query("INSERT INTO anonymous_account (user_id, created_at, last_used_at) VALUES ($1, $2, $2)")
        .bind(user)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether an account is anonymous.
pub async fn is_anonymous(conn: &mut Conn, user: &Id) -> Result<bool> {
    let sql = format!("SELECT a.user_id FROM anonymous_account a WHERE a.user_id = $1 AND {WITHOUT_WAY_IN}");
    let row: Option<(Id,)> = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user).fetch_optional(conn).await?;
    Ok(row.is_some())
}

/// Whether an account is anonymous, and was last used before a moment.
pub async fn is_unused(conn: &mut Conn, user: &Id, before: Timestamp) -> Result<bool> {
    let sql = format!(
        "SELECT a.user_id FROM anonymous_account a WHERE a.user_id = $1 AND a.last_used_at < $2 AND {WITHOUT_WAY_IN}"
    );
    let row: Option<(Id,)> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user).bind(before).fetch_optional(conn).await?;
    Ok(row.is_some())
}

/// Anonymous accounts that were last used before a moment, the oldest first, after the one with this time and id: an index finds them.
pub async fn unused(
    conn: &mut Conn,
    (time, id): (Timestamp, &str),
    before: Timestamp,
    limit: i64,
) -> Result<Vec<(Timestamp, Id)>> {
    let sql = format!(
        "SELECT a.last_used_at, a.user_id FROM anonymous_account a
          WHERE (a.last_used_at, a.user_id) > ($1, $2) AND a.last_used_at < $3 AND {WITHOUT_WAY_IN}
          ORDER BY a.last_used_at, a.user_id LIMIT $4"
    );
    let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(time).bind(id).bind(before).bind(limit);
    Ok(query.fetch_all(conn).await?)
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
}

impl Change for Touch {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        sqlx::query("UPDATE anonymous_account SET last_used_at = $2 WHERE user_id = $1 AND last_used_at < $3")
            .bind(self.user)
            .bind(tx.now())
            .bind(tx.now() - NOTED)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}
