//! Checkpoints over the events: each covers some of them and, by its hash, the checkpoint before it.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::encoding::{base64url, sha256_text};
use crate::store::db::{Conn, Result};
use crate::store::installation;
use crate::store::installation::event::{self, Recorded};

/// What the first checkpoint names as the one before it.
pub const GENESIS: &str = "";

/// A checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Checkpoint {
    /// Its number, from 1.
    pub number: i64,
    /// When it was made.
    pub made_at: Timestamp,
    /// Where the one before it ended.
    pub from_at: Timestamp,
    /// Where it ends: what becomes visible later with an earlier time is late.
    pub until_at: Timestamp,
    /// The time of its earliest event.
    pub earliest_at: Timestamp,
    /// The time of its latest event.
    pub latest_at: Timestamp,
    /// Its events in their order, a line with id and digest for each.
    pub events: String,
    /// The hash of the one before it.
    pub previous: String,
    /// The hash of what is signed.
    pub hash: String,
    /// The signature.
    pub signature: String,
}

impl Checkpoint {
    /// The text that is signed, and whose hash the next checkpoint names.
    pub fn signed_text(&self) -> String {
        let [made, from, until, earliest, latest] =
            [self.made_at, self.from_at, self.until_at, self.earliest_at, self.latest_at].map(Timestamp::micros);
        format!(
            "latchkey audit checkpoint 1\n{}\n{made}\n{from}\n{until}\n{earliest}\n{latest}\n{}\n{}\n",
            self.number,
            sha256_text(self.events.as_bytes()),
            self.previous
        )
    }

    /// The hash of what is signed.
    pub fn computed_hash(&self) -> String {
        sha256_text(self.signed_text().as_bytes())
    }
}

/// The line of an event in its checkpoint.
pub fn line(event: &Recorded) -> String {
    format!("{} {}\n", event.id, base64url(&event.digest()))
}

const COLUMNS: &str = "number, made_at, from_at, until_at, earliest_at, latest_at, events, previous, hash, signature";

/// The newest checkpoint.
pub async fn newest(conn: &mut Conn) -> Result<Option<Checkpoint>> {
    let sql = format!("SELECT {COLUMNS} FROM audit_checkpoint ORDER BY number DESC LIMIT 1");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_optional(conn).await?)
}

/// The checkpoints after this number, the oldest first.
pub async fn after(conn: &mut Conn, number: i64, limit: i64) -> Result<Vec<Checkpoint>> {
    let sql = format!("SELECT {COLUMNS} FROM audit_checkpoint WHERE number > $1 ORDER BY number LIMIT $2");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(number).bind(limit).fetch_all(conn).await?)
}

/// The hash of a checkpoint as it is stored.
pub async fn hash_of(conn: &mut Conn, number: i64) -> Result<Option<String>> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT hash FROM audit_checkpoint WHERE number = $1").bind(number).fetch_optional(conn).await?;
    Ok(row.map(|row| row.0))
}

/// Whether all events of the oldest checkpoint are from before a moment. Their list is not read.
pub async fn is_oldest_before(conn: &mut Conn, before: Timestamp) -> Result<bool> {
    let row: Option<(Timestamp,)> =
        sqlx::query_as("SELECT latest_at FROM audit_checkpoint ORDER BY number LIMIT 1").fetch_optional(conn).await?;
    Ok(row.is_some_and(|(latest_at,)| latest_at < before))
}

/// Stores a checkpoint; `Conflict` if there is one with this number.
pub async fn insert(conn: &mut Conn, new: &Checkpoint) -> Result<()> {
    sqlx::query(
        "INSERT INTO audit_checkpoint
             (number, made_at, from_at, until_at, earliest_at, latest_at, events, previous, hash, signature)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(new.number)
    .bind(new.made_at)
    .bind(new.from_at)
    .bind(new.until_at)
    .bind(new.earliest_at)
    .bind(new.latest_at)
    .bind(&new.events)
    .bind(&new.previous)
    .bind(&new.hash)
    .bind(&new.signature)
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a checkpoint with the events that it covers; how many rows there were.
pub async fn delete(conn: &mut Conn, number: i64) -> Result<u64> {
    let events = event::delete_covered(conn, number).await?;
    sqlx::query("DELETE FROM audit_checkpoint WHERE number = $1").bind(number).execute(conn).await?;
    Ok(events + 1)
}

/// Where the log begins, if its oldest part was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beginning {
    /// The number of the last checkpoint that was removed.
    pub removed: i64,
    /// Its hash.
    pub hash: String,
    /// When it was removed.
    pub at: Timestamp,
    /// The signature.
    pub signature: String,
}

/// The fact that holds it.
const BEGINNING: &str = "audit_beginning";

impl Beginning {
    /// The text that is signed.
    pub fn signed_text(&self) -> String {
        format!("latchkey audit beginning 1\n{}\n{}\n{}\n", self.removed, self.hash, self.at.micros())
    }

    /// Stores it.
    pub async fn keep(&self, conn: &mut Conn) -> Result<()> {
        installation::set(conn, BEGINNING, &serde_json::to_string(self).unwrap_or_default()).await
    }

    /// Where the log begins; `None` if nothing was removed. What cannot be read is one without a signature.
    pub async fn find(conn: &mut Conn) -> Result<Option<Self>> {
        let stored = installation::find(conn, BEGINNING).await?;
        let unreadable =
            || Self { removed: 0, hash: String::new(), at: Timestamp::from_micros(0), signature: String::new() };
        Ok(stored.map(|text| serde_json::from_str(&text).unwrap_or_else(|_| unreadable())))
    }
}

/// Where the log ended when the newest checkpoint was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The number of that checkpoint.
    pub number: i64,
    /// Its hash.
    pub hash: String,
    /// Where it ended.
    pub until_at: Timestamp,
    /// The signature.
    pub signature: String,
}

/// The fact that holds it.
const END: &str = "audit_end";

impl End {
    /// The text that is signed.
    pub fn signed_text(&self) -> String {
        format!("latchkey audit end 1\n{}\n{}\n{}\n", self.number, self.hash, self.until_at.micros())
    }

    /// Stores it.
    pub async fn keep(&self, conn: &mut Conn) -> Result<()> {
        installation::set(conn, END, &serde_json::to_string(self).unwrap_or_default()).await
    }

    /// The mark; `None` if there is none, as in the log of an earlier release. What cannot be read is one without a signature.
    pub async fn find(conn: &mut Conn) -> Result<Option<Self>> {
        let stored = installation::find(conn, END).await?;
        let unreadable =
            || Self { number: 0, hash: String::new(), until_at: Timestamp::from_micros(0), signature: String::new() };
        Ok(stored.map(|text| serde_json::from_str(&text).unwrap_or_else(|_| unreadable())))
    }
}
