//! Which process asks for the updates of a bot, and which updates something was done about.

use std::time::Duration;

use crate::base::clock::{SKEW, Timestamp};
use crate::base::id::Id;
use crate::store::db::{Change, Conn, Result, Tx};

/// Takes or keeps the place of the one process that asks for the updates of a bot, for a while from now on; the outcome is whether it has it.
#[derive(Clone, Debug)]
pub struct Hold {
    /// The name of the channel.
    pub channel: String,
    /// The process.
    pub process: Id,
    /// For how long.
    pub time: Duration,
}

impl Change for Hold {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let now = tx.now();
        // A place that is held for longer than anybody holds it was written before the clock was set back.
        let done = sqlx::query(
            "INSERT INTO channel_receiver (channel, process, held_until) VALUES ($1, $2, $3)
             ON CONFLICT (channel) DO UPDATE SET process = $2, held_until = $3
              WHERE channel_receiver.process = $2 OR channel_receiver.held_until <= $4 OR channel_receiver.held_until > $5",
        )
        .bind(&self.channel)
        .bind(&self.process)
        .bind(now + self.time)
        .bind(now)
        .bind(now + self.time + SKEW)
        .execute(&mut **tx)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// Gives up all places of a process that ends.
#[derive(Clone, Debug)]
pub struct GiveUp {
    /// The process.
    pub process: Id,
}

impl Change for GiveUp {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        sqlx::query("DELETE FROM channel_receiver WHERE process = $1").bind(&self.process).execute(&mut **tx).await?;
        Ok(())
    }
}

/// How an update stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// Whoever asks has to do something about it.
    Begun,
    /// Another process does, or was killed while it did.
    Busy,
    /// Something was done about it.
    Done,
}

/// Notes that something is being done about an update, until a moment at most, unless it was done or another process does it.
pub async fn begin_update(
    conn: &mut Conn,
    (channel, update): (&str, i64),
    now: Timestamp,
    until: Timestamp,
) -> Result<Noted> {
    let begun = sqlx::query(
        "INSERT INTO channel_update (channel, update_id, received_at, busy_until) VALUES ($1, $2, $3, $4)
         ON CONFLICT (channel, update_id) DO UPDATE SET busy_until = $4
          WHERE channel_update.busy_until IS NOT NULL AND channel_update.busy_until <= $3",
    )
    .bind(channel)
    .bind(update)
    .bind(now)
    .bind(until)
    .execute(&mut *conn)
    .await?;
    if begun.rows_affected() == 1 {
        return Ok(Noted::Begun);
    }
    let sql = "SELECT busy_until FROM channel_update WHERE channel = $1 AND update_id = $2";
    let there: Option<(Option<Timestamp>,)> =
        sqlx::query_as(sql).bind(channel).bind(update).fetch_optional(conn).await?;
    Ok(match there {
        Some((None,)) => Noted::Done,
        // Without a row, another process could do nothing about it just now.
        Some((Some(_),)) | None => Noted::Busy,
    })
}

/// Notes that something was done about an update.
pub async fn end_update(conn: &mut Conn, channel: &str, update: i64) -> Result<()> {
    sqlx::query("UPDATE channel_update SET busy_until = NULL WHERE channel = $1 AND update_id = $2")
        .bind(channel)
        .bind(update)
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes what was noted before a moment: Telegram keeps updates for a day.
pub async fn delete_updates(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM channel_update WHERE received_at < $1 AND update_id IN (
            SELECT update_id FROM channel_update WHERE received_at < $1 LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Forgets an update, about which nothing could be done.
pub async fn forget_update(conn: &mut Conn, channel: &str, update: i64) -> Result<()> {
    sqlx::query("DELETE FROM channel_update WHERE channel = $1 AND update_id = $2")
        .bind(channel)
        .bind(update)
        .execute(conn)
        .await?;
    Ok(())
}
