//! Letters that wait to be sent. A row goes when a mail server has its letter; those that none took stay for the operator.
//!
//! A try is claimed by one guarded statement, which moves its next try into the future: of several processes one gets it, and
//! if that one is killed, another gets it later.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Change, Conn, Json, Result, Tx};
use crate::store::installation::event::Event;

/// A letter to be written.
#[derive(Clone, Debug)]
pub struct NewLetter {
    /// The row; what is sealed names it.
    pub id: Id,
    /// The user that it concerns.
    pub user: Option<Id>,
    /// The address.
    pub recipient: String,
    /// What kind of letter it is.
    pub kind: &'static str,
    /// What a newer letter of the same takes the place of.
    pub about: Option<String>,
    /// The tag of its language; that of the user's profile by default.
    pub language: Option<String>,
    /// What it says and opens nothing.
    pub data: Map<String, Value>,
    /// What opens something, sealed.
    pub sealed: Option<String>,
    /// The mail server that is tried first.
    pub first_server: i64,
    /// When it is of no use any more.
    pub expires_at: Timestamp,
}

/// Writes a letter; one that waits and is about the same goes. Without mail, nothing is written.
pub async fn write(tx: &mut Tx<'_>, letter: &NewLetter) -> Result<()> {
    let Some(letters) = tx.letters() else { return Ok(()) };
    letters.write();
    let now = tx.now();
    if let Some(about) = &letter.about {
        sqlx::query("DELETE FROM outbox WHERE about = $1").bind(about).execute(&mut **tx).await?;
    }
    sqlx::query(
        "INSERT INTO outbox (id, user_id, recipient, kind, about, language, data, sealed, first_server, created_at, expires_at,
                             next_try_at, tries)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, 0)",
    )
    .bind(&letter.id)
    .bind(&letter.user)
    .bind(&letter.recipient)
    .bind(letter.kind)
    .bind(&letter.about)
    .bind(&letter.language)
    .bind(Json(&letter.data))
    .bind(&letter.sealed)
    .bind(letter.first_server)
    .bind(now)
    .bind(letter.expires_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes the letters of a kind to a user that wait.
pub async fn withdraw(tx: &mut Tx<'_>, user: &Id, kind: &str) -> Result<()> {
    sqlx::query("DELETE FROM outbox WHERE user_id = $1 AND kind = $2").bind(user).bind(kind).execute(&mut **tx).await?;
    Ok(())
}

/// Removes the letter that is about something, if it waits.
pub async fn withdraw_about(tx: &mut Tx<'_>, about: &str) -> Result<()> {
    sqlx::query("DELETE FROM outbox WHERE about = $1").bind(about).execute(&mut **tx).await?;
    Ok(())
}

/// A letter that waits, or that no server took.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Waiting {
    /// The row.
    pub id: Id,
    /// The user that it concerns.
    pub user_id: Option<Id>,
    /// The address.
    pub recipient: String,
    /// What kind of letter it is; a newer release may know others.
    pub kind: String,
    /// The tag of its language, unless it is that of the user.
    pub language: Option<String>,
    /// What it says and opens nothing.
    #[sqlx(try_from = "Json<Map<String, Value>>")]
    pub data: Map<String, Value>,
    /// What opens something, sealed.
    pub sealed: Option<String>,
    /// The mail server that is tried first.
    pub first_server: i64,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it is of no use any more.
    pub expires_at: Timestamp,
    /// When it is tried next; `None` if it is not.
    pub next_try_at: Option<Timestamp>,
    /// How often it was tried.
    pub tries: i64,
    /// Why it was not taken.
    pub last_error: Option<String>,
    /// When a mail server had it and did not say whether it took it.
    pub perhaps_taken_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, user_id, recipient, kind, language, data, sealed, first_server, created_at, expires_at, next_try_at, tries, \
                       last_error, perhaps_taken_at";

/// Whether a letter is due.
pub async fn is_due(conn: &mut Conn, now: Timestamp) -> Result<bool> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT id FROM outbox WHERE next_try_at <= $1 LIMIT 1").bind(now).fetch_optional(conn).await?;
    Ok(row.is_some())
}

/// Claims letters that are due, first those with codes and links, for which somebody waits: one statement. Nobody else gets them for some time.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Names this try.
    pub claim: String,
    /// How many are wanted.
    pub limit: i64,
    /// How long nobody else gets them.
    pub longest: Duration,
}

impl Change for Claim {
    type Outcome = Vec<Waiting>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Vec<Waiting>> {
        let now = tx.now();
        let sql = format!(
            "UPDATE outbox SET claim = $1, tries = tries + 1, next_try_at = $3
              WHERE next_try_at <= $2
                AND id IN (SELECT id FROM outbox WHERE next_try_at <= $2 ORDER BY (sealed IS NULL), next_try_at LIMIT $4)
             RETURNING {COLUMNS}"
        );
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(self.claim)
            .bind(now)
            .bind(now + self.longest)
            .bind(self.limit)
            .fetch_all(&mut **tx)
            .await?)
    }
}

/// The outcome of a try.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A mail server has it: the row goes.
    Done,
    /// It is tried again at this moment.
    Again(Timestamp, String),
    /// It is not tried any more, and stays for the operator.
    Dead(String),
    /// It is of no use any more, and stays for the operator without what it would have opened.
    Expired(String),
    /// It was not tried, and is another process's.
    Left(Timestamp),
}

/// Notes the outcome of a try in one statement, unless another try has begun meanwhile. Returns whether it was noted.
#[derive(Clone, Debug)]
pub struct Note {
    /// The letter.
    pub letter: Id,
    /// The name of the try.
    pub claim: String,
    /// When a mail server had it, in this try or an earlier one, and did not say whether it took it.
    pub perhaps_taken_at: Option<Timestamp>,
    /// The outcome.
    pub outcome: Outcome,
}

impl Change for Note {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let Self { letter, claim, perhaps_taken_at, outcome } = self;
        let query = match outcome {
            Outcome::Done => sqlx::query("DELETE FROM outbox WHERE id = $1 AND claim = $2").bind(letter).bind(claim),
            Outcome::Again(at, why) => sqlx::query(
                "UPDATE outbox SET claim = NULL, next_try_at = $3, last_error = $4, perhaps_taken_at = $5
                  WHERE id = $1 AND claim = $2",
            )
            .bind(letter)
            .bind(claim)
            .bind(at)
            .bind(why)
            .bind(perhaps_taken_at),
            Outcome::Dead(why) => sqlx::query(
                "UPDATE outbox SET claim = NULL, next_try_at = NULL, last_error = $3, perhaps_taken_at = $4
                  WHERE id = $1 AND claim = $2",
            )
            .bind(letter)
            .bind(claim)
            .bind(why)
            .bind(perhaps_taken_at),
            Outcome::Expired(why) => sqlx::query(
                "UPDATE outbox SET claim = NULL, next_try_at = NULL, last_error = $3, sealed = NULL WHERE id = $1 AND claim = $2",
            )
            .bind(letter)
            .bind(claim)
            .bind(why),
            Outcome::Left(until) => sqlx::query(
                "UPDATE outbox SET claim = NULL, tries = tries - 1, next_try_at = $3 WHERE id = $1 AND claim = $2",
            )
            .bind(letter)
            .bind(claim)
            .bind(until),
        };
        Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
    }
}

/// The letters that wait or were not taken, oldest first.
pub async fn list(conn: &mut Conn, limit: i64) -> Result<Vec<Waiting>> {
    let sql = format!("SELECT {COLUMNS} FROM outbox ORDER BY created_at, id LIMIT $1");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(limit).fetch_all(conn).await?)
}

/// How many letters wait, and how many were not taken.
pub async fn counts(conn: &mut Conn) -> Result<(i64, i64)> {
    Ok(sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM outbox WHERE next_try_at IS NOT NULL), (SELECT COUNT(*) FROM outbox WHERE next_try_at IS NULL)",
    )
    .fetch_one(conn)
    .await?)
}

/// Tries letters again at once, with a full time to do so. Whether there was such a letter.
#[derive(Clone, Debug)]
pub struct Retry {
    /// The letter.
    pub letter: Id,
}

impl Change for Retry {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        // One that a process is sending at the moment is left to it.
        let sql = "UPDATE outbox SET next_try_at = $2, tries = 0 WHERE id = $1 AND claim IS NULL";
        let done = sqlx::query(sql).bind(&self.letter).bind(tx.now()).execute(&mut **tx).await?;
        if let Some(letters) = tx.letters() {
            letters.write();
        }
        let there = done.rows_affected() == 1;
        if there {
            tx.record(&Event::LetterRetried { letter: self.letter.handle() }).await?;
        }
        Ok(there)
    }
}

/// Discards a letter. Whether there was one.
#[derive(Clone, Debug)]
pub struct Discard {
    /// The letter.
    pub letter: Id,
}

impl Change for Discard {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let sql = "DELETE FROM outbox WHERE id = $1";
        let there = sqlx::query(sql).bind(&self.letter).execute(&mut **tx).await?.rows_affected() == 1;
        if there {
            tx.record(&Event::LetterDiscarded { letter: self.letter.handle() }).await?;
        }
        Ok(there)
    }
}

/// Removes letters that were of no use any more before a moment.
pub async fn delete_expired(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done = sqlx::query("DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE expires_at < $1 LIMIT $2)")
        .bind(before)
        .bind(limit)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// The letters to a user that wait: what they are, where they go, and when they were written.
pub async fn of_user(conn: &mut Conn, user: &Id) -> Result<Vec<(String, String, Timestamp)>> {
    let sql = "SELECT kind, recipient, created_at FROM outbox WHERE user_id = $1 ORDER BY created_at, id";
    Ok(sqlx::query_as(sql).bind(user).fetch_all(conn).await?)
}
