//! Tries to type a code that is short enough to be guessed.

use std::time::Duration;

use crate::base::clock::{SKEW, Timestamp};
use crate::base::id::Id;
use crate::store::db::{Conn, Result};

/// How many tries a bucket takes, and when it begins again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub most: i64,
    /// How long after its first try.
    pub period: Duration,
}

/// The result of one more try in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The try counts.
    Admitted {
        /// How many are left after it.
        left: i64,
    },
    /// The bucket is full.
    Full {
        /// Until when.
        until: Timestamp,
    },
}

/// Counts a try before its outcome is known, so that parallel tries cannot share one: the count and its check are a
/// single statement. A bucket that began in the future was written before the clock was set back, and begins again.
pub async fn admit(conn: &mut Conn, bucket: &str, user: &Id, limit: Limit, now: Timestamp) -> Result<Admission> {
    let admitted: Option<(i64,)> = sqlx::query_as(
        "INSERT INTO code_try (bucket, user_id, tries, began_at) VALUES ($1, $2, 1, $3)
         ON CONFLICT (bucket) DO UPDATE SET
           tries = CASE WHEN code_try.began_at <= $5 OR code_try.began_at > $6 THEN 1 ELSE code_try.tries + 1 END,
           began_at = CASE WHEN code_try.began_at <= $5 OR code_try.began_at > $6 THEN CAST($3 AS BIGINT) ELSE code_try.began_at END
         WHERE code_try.tries < $4 OR code_try.began_at <= $5 OR code_try.began_at > $6
         RETURNING tries",
    )
    .bind(bucket)
    .bind(user)
    .bind(now)
    .bind(limit.most)
    .bind(now - limit.period)
    .bind(now + SKEW)
    .fetch_optional(&mut *conn)
    .await?;
    if let Some((tries,)) = admitted {
        return Ok(Admission::Admitted { left: limit.most - tries });
    }
    let row: Option<(Timestamp,)> =
        sqlx::query_as("SELECT began_at FROM code_try WHERE bucket = $1").bind(bucket).fetch_optional(conn).await?;
    Ok(Admission::Full { until: row.map_or(now, |row| row.0) + limit.period })
}

/// More tries than any bucket takes: it is closed.
const CLOSED: i64 = 1_000_000;

/// Closes a bucket for good, because what its tries were for is done; returns `false` if it was closed before. Of several callers
/// exactly one gets `true`.
pub async fn close(conn: &mut Conn, bucket: &str, user: &Id, now: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO code_try (bucket, user_id, tries, began_at) VALUES ($1, $2, $4, $3)
         ON CONFLICT (bucket) DO UPDATE SET tries = $4, began_at = CAST($3 AS BIGINT) WHERE code_try.tries < $4",
    )
    .bind(bucket)
    .bind(user)
    .bind(now)
    .bind(CLOSED)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether a bucket is closed.
pub async fn is_closed(conn: &mut Conn, bucket: &str) -> Result<bool> {
    let row: Option<(i64,)> =
        sqlx::query_as("SELECT tries FROM code_try WHERE bucket = $1").bind(bucket).fetch_optional(conn).await?;
    Ok(row.is_some_and(|row| row.0 >= CLOSED))
}

/// Forgets the tries in a bucket, after a success.
pub async fn clear(conn: &mut Conn, bucket: &str) -> Result<()> {
    sqlx::query("DELETE FROM code_try WHERE bucket = $1").bind(bucket).execute(conn).await?;
    Ok(())
}

/// Forgets all tries of a user; returns how many buckets there were.
pub async fn clear_of_user(conn: &mut Conn, user: &Id) -> Result<u64> {
    let done = sqlx::query("DELETE FROM code_try WHERE user_id = $1 AND tries < $2")
        .bind(user)
        .bind(CLOSED)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Removes buckets that began before a moment.
pub async fn delete_old(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done =
        sqlx::query("DELETE FROM code_try WHERE bucket IN (SELECT bucket FROM code_try WHERE began_at < $1 LIMIT $2)")
            .bind(before)
            .bind(limit)
            .execute(conn)
            .await?;
    Ok(done.rows_affected())
}
