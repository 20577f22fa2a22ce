//! How much there is of everything, for `latchkey stats`. Each statement looks at a bounded number of rows, so that a large
//! database is not read as a whole.

use serde::Serialize;

use crate::base::clock::Timestamp;
use crate::store::db::{Conn, Result};
use crate::store::grants::grant::{TABLES, live_grant};
use crate::store::people::session::live;

/// How many rows a statement looks at.
const MOST: i64 = 1_000_000;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// A number of things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// How many there are.
    pub count: i64,
    /// Whether there may be more: counting stopped.
    pub at_least: bool,
}

/// How often people signed in on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Day {
    /// The day in UTC, such as `2026-01-31`.
    pub day: String,
    /// The number of sign-ins.
    pub sign_ins: i64,
}

/// The number that a statement counts among the first `$1` rows, for a moment `$2`.
async fn count(conn: &mut Conn, sql: String, moment: Timestamp) -> Result<i64> {
    let row: (i64,) = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(MOST).bind(moment).fetch_one(conn).await?;
    Ok(row.0)
}

/// The rows of a table.
async fn all(conn: &mut Conn, table: &str) -> Result<Count> {
    let sql = format!("SELECT COUNT(*) FROM (SELECT 1 AS one FROM {table} LIMIT $1) AS counted");
    let row: (i64,) = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(MOST + 1).fetch_one(conn).await?;
    Ok(Count { count: row.0.min(MOST), at_least: row.0 > MOST })
}

/// How many people there are.
pub async fn people(conn: &mut Conn) -> Result<Count> {
    all(conn, "user_account").await
}

/// How many of them are visitors: an account that an operator gave a way to sign in to counts as one until it is deleted.
pub async fn visitors(conn: &mut Conn) -> Result<Count> {
    all(conn, "anonymous_account").await
}

/// How many clients there are.
pub async fn clients(conn: &mut Conn) -> Result<Count> {
    all(conn, "client").await
}

/// How many people have used a session, or an application of theirs a refresh token, since a moment.
pub async fn active(conn: &mut Conn, since: Timestamp) -> Result<Count> {
    let seen = [all(conn, "session").await?, all(conn, "refresh_family").await?];
    let sql = "SELECT COUNT(*) FROM (
            SELECT s.user_id FROM (SELECT user_id, last_active_at FROM session LIMIT $1) AS s WHERE s.last_active_at >= $2
            UNION
            SELECT g.user_id FROM (SELECT grant_id, last_used_at FROM refresh_family LIMIT $1) AS f
              JOIN client_grant g ON g.id = f.grant_id WHERE f.last_used_at >= $2) AS active";
    let count = count(conn, sql.to_owned(), since).await?;
    Ok(Count { count, at_least: seen.iter().any(|table| table.at_least) })
}

/// How many sessions are live.
pub async fn sessions(conn: &mut Conn, now: Timestamp) -> Result<Count> {
    let all = all(conn, "session").await?;
    let sql = format!(
        "SELECT COUNT(*) FROM (SELECT id FROM session LIMIT $1) AS counted JOIN session s ON s.id = counted.id
           JOIN user_account u ON u.id = s.user_id WHERE {}",
        live("$2")
    );
    Ok(Count { count: count(conn, sql, now).await?, at_least: all.at_least })
}

/// How many grants are live.
pub async fn grants(conn: &mut Conn, now: Timestamp) -> Result<Count> {
    let all = all(conn, "client_grant").await?;
    let sql = format!(
        "SELECT COUNT(*) FROM {TABLES} WHERE g.id IN (SELECT id FROM client_grant LIMIT $1) AND {}",
        live_grant("$2")
    );
    Ok(Count { count: count(conn, sql, now).await?, at_least: all.at_least })
}

/// How often people signed in on each of the last days, the present one last; whether there may be more on the first of them.
pub async fn sign_ins(conn: &mut Conn, now: Timestamp, days: i64) -> Result<(Vec<Day>, bool)> {
    let today = now.micros().div_euclid(DAY);
    let first = today - days + 1;
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT counted.at / 86400000000 AS day, COUNT(*) AS events,
                COUNT(CASE WHEN counted.kind = 'signed_in' THEN 1 END) AS sign_ins
           FROM (SELECT at, kind FROM event WHERE at >= $2 ORDER BY at DESC LIMIT $1) AS counted
          GROUP BY counted.at / 86400000000",
    )
    .bind(MOST)
    .bind(Timestamp::from_micros(first * DAY))
    .fetch_all(conn)
    .await?;
    let seen: i64 = rows.iter().map(|row| row.1).sum();
    let of = |day: i64| rows.iter().find(|row| row.0 == day).map_or(0, |row| row.2);
    let name = |day: i64| Timestamp::from_micros(day * DAY).to_string().chars().take(10).collect();
    Ok(((first..=today).map(|day| Day { day: name(day), sign_ins: of(day) }).collect(), seen >= MOST))
}
