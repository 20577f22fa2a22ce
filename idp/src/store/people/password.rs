//! Passwords as argon2id PHC strings, and the counters of failed tries.

use std::time::Duration;

use crate::base::clock::{SKEW, Timestamp};
use crate::base::id::Id;
use crate::store::db::{Conn, Result};

/// Whether a user has a password.
pub async fn exists(conn: &mut Conn, user: &Id) -> Result<bool> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT user_id FROM password WHERE user_id = $1").bind(user).fetch_optional(conn).await?;
    Ok(row.is_some())
}

/// When a user's password was last changed; `None` if there is none.
pub async fn changed_at(conn: &mut Conn, user: &Id) -> Result<Option<Timestamp>> {
    let row: Option<(Timestamp,)> =
        sqlx::query_as("SELECT changed_at FROM password WHERE user_id = $1").bind(user).fetch_optional(conn).await?;
    Ok(row.map(|row| row.0))
}

/// Sets a user's password.
pub async fn set(conn: &mut Conn, user: &Id, phc: &str, now: Timestamp) -> Result<()> {
    write(conn, user, phc, (now, None)).await
}

/// The same by a recovery code, which is remembered until something else sets the password.
pub async fn recover(conn: &mut Conn, user: &Id, phc: &str, now: Timestamp) -> Result<()> {
    write(conn, user, phc, (now, Some(now))).await
}

async fn write(
    conn: &mut Conn,
    user: &Id,
    phc: &str,
    (now, recovered_at): (Timestamp, Option<Timestamp>),
) -> Result<()> {
    sqlx::query(
        "INSERT INTO password (user_id, phc, wrap, changed_at, recovered_at) VALUES ($1, $2, NULL, $3, $4)
         ON CONFLICT (user_id) DO UPDATE SET phc = excluded.phc, wrap = NULL, changed_at = excluded.changed_at,
                                             recovered_at = excluded.recovered_at",
    )
    .bind(user)
    .bind(phc)
    .bind(now)
    .bind(recovered_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether a recovery code has set the password that a user has.
pub async fn is_recovered(conn: &mut Conn, user: &Id) -> Result<bool> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT user_id FROM password WHERE user_id = $1 AND recovered_at IS NOT NULL")
            .bind(user)
            .fetch_optional(conn)
            .await?;
    Ok(row.is_some())
}

/// Replaces a password if its hash is still `old_phc`; returns whether it was.
pub async fn replace(conn: &mut Conn, user: &Id, old_phc: &str, new_phc: &str, now: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE password SET phc = $3, wrap = NULL, changed_at = $4, recovered_at = NULL
              WHERE user_id = $1 AND phc = $2",
    )
    .bind(user)
    .bind(old_phc)
    .bind(new_phc)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Replaces the hash of an unchanged password by a stronger one, unless the password was changed in the meantime.
pub async fn rehash(conn: &mut Conn, user: &Id, old_phc: &str, new_phc: &str) -> Result<()> {
    sqlx::query("UPDATE password SET phc = $3, wrap = NULL WHERE user_id = $1 AND phc = $2")
        .bind(user)
        .bind(old_phc)
        .bind(new_phc)
        .execute(conn)
        .await?;
    Ok(())
}

/// How long a bucket is unused before it starts again.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 4)
}

/// The result of one more attempt in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The attempt counts; `failures` includes it until a success clears them.
    Admitted {
        /// Attempts without a success, including this one.
        failures: i64,
    },
    /// Too soon after the failures before it.
    Refused {
        /// When the next attempt counts.
        until: Timestamp,
    },
}

/// Counts an attempt before its outcome is known, so that parallel attempts cannot share one: the count and its check
/// are a single statement. A bucket that was unused for a day starts again. A wait longer than the longest allowed one
/// was written before the clock was set back, and counts as over.
pub async fn admit(conn: &mut Conn, bucket: &str, free: i64, longest: Duration, now: Timestamp) -> Result<Admission> {
    // The wait doubles with each failure beyond the free ones: 1, 2, 4 … seconds.
    let admitted: Option<(i64,)> = sqlx::query_as(
        "INSERT INTO password_failure (bucket, failures, next_try_at, updated_at) VALUES ($1, 1, $2, $2)
         ON CONFLICT (bucket) DO UPDATE SET
           failures = CASE WHEN password_failure.updated_at < $5 THEN 1 ELSE password_failure.failures + 1 END,
           next_try_at = CASE
             WHEN password_failure.updated_at < $5 OR password_failure.failures + 1 <= $3 THEN CAST($2 AS BIGINT)
             WHEN password_failure.failures - $3 > 20 THEN $2 + $4
             WHEN (1 << CAST(password_failure.failures - $3 AS INTEGER)) * CAST(1000000 AS BIGINT) > $4 THEN $2 + $4
             ELSE $2 + (1 << CAST(password_failure.failures - $3 AS INTEGER)) * CAST(1000000 AS BIGINT)
           END,
           updated_at = $2
         WHERE password_failure.next_try_at <= $2 OR password_failure.next_try_at > $2 + $4 + $6
         RETURNING failures",
    )
    .bind(bucket)
    .bind(now)
    .bind(free)
    .bind(micros(longest))
    .bind(now - A_DAY)
    .bind(micros(SKEW))
    .fetch_optional(&mut *conn)
    .await?;
    if let Some((failures,)) = admitted {
        return Ok(Admission::Admitted { failures });
    }
    let row: Option<(Timestamp,)> = sqlx::query_as("SELECT next_try_at FROM password_failure WHERE bucket = $1")
        .bind(bucket)
        .fetch_optional(conn)
        .await?;
    Ok(Admission::Refused { until: row.map_or(now, |row| row.0).min(now + longest) })
}

/// Forgets the failures of a bucket after a success.
pub async fn clear_failures(conn: &mut Conn, bucket: &str) -> Result<()> {
    sqlx::query("DELETE FROM password_failure WHERE bucket = $1").bind(bucket).execute(conn).await?;
    Ok(())
}

/// The failures in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Failures {
    /// How many there were without a success.
    pub failures: i64,
    /// When the next attempt counts.
    pub next_try_at: Timestamp,
}

/// The failures of a bucket that count at this moment: a bucket that was unused for a day starts again.
pub async fn failures(conn: &mut Conn, bucket: &str, now: Timestamp) -> Result<Option<Failures>> {
    Ok(sqlx::query_as("SELECT failures, next_try_at FROM password_failure WHERE bucket = $1 AND updated_at >= $2")
        .bind(bucket)
        .bind(now - A_DAY)
        .fetch_optional(conn)
        .await?)
}

/// Forgets the failures of a bucket and of those that a user's known devices have beside it; returns how many there were.
/// Each bucket is looked up by its whole name: the order of names, and so a range of them, depends on the collation.
pub async fn clear_all_failures(conn: &mut Conn, bucket: &str, user: &Id) -> Result<u64> {
    let own = sqlx::query("DELETE FROM password_failure WHERE bucket = $1").bind(bucket).execute(&mut *conn).await?;
    let of_devices = sqlx::query(OF_DEVICES).bind(bucket).bind(user).execute(conn).await?;
    Ok(own.rows_affected() + of_devices.rows_affected())
}

/// Removes the buckets beside `$1` of the browsers that user `$2` has signed in with: those that are known by a row of
/// their own and, as for a sign-in, those that have a session.
pub const OF_DEVICES: &str = "DELETE FROM password_failure WHERE bucket IN (
    SELECT CAST($1 AS TEXT) || ':' || d.browser_hash FROM known_device d WHERE d.user_id = $2
    UNION SELECT CAST($1 AS TEXT) || ':' || b.secret_hash FROM session s JOIN browser b ON b.id = s.browser_id
           WHERE s.user_id = $2)";

/// Removes buckets that were unused since a moment.
pub async fn delete_failures(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM password_failure WHERE bucket IN (
            SELECT bucket FROM password_failure WHERE updated_at < $1 LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
