//! The epoch of the database: the moment of its last restore. Codes, tokens and links used after the backup look unused
//! in it, so everything issued before the epoch is invalid.

use crate::base::clock::Timestamp;
use crate::store::db::{Change, Conn, Db, Error, Result, Tx};
use crate::store::installation;
use crate::store::installation::event::Event;
use crate::store::installation::order;

const NAME: &str = "epoch";

/// When the database was last restored; long ago if it never was.
pub async fn find(conn: &mut Conn) -> Result<Timestamp> {
    let written = installation::find(conn, NAME).await?;
    let micros = written.map_or(Ok(i64::MIN), |text| text.parse().map_err(|_| Error::Corrupt(NAME.into())));
    micros.map(Timestamp::from_micros)
}

/// The installation fact that an epoch was begun and is not complete.
const UNFINISHED: &str = "epoch.unfinished";

/// Whether a restore was begun and has not ended: tokens used after the backup may work again.
pub async fn is_unfinished(conn: &mut Conn) -> Result<bool> {
    Ok(installation::find(conn, UNFINISHED).await?.is_some())
}

/// How many rows a statement changes at most, so that it stays within its time limit.
const BATCH: i64 = 1000;

/// Begins an epoch: ends all sessions and grants, codes and links, and forgets the letters that may have been sent since the
/// backup, batch by batch. Passwords, clients, consents and keys stay, and authenticator apps, whose codes count from this moment
/// on. After a crash, a second call completes it; until then no server starts.
pub async fn begin(db: &Db, between: impl Fn()) -> Result<()> {
    db.write(Begin).await?;
    let mut after = Some(String::new());
    while let Some(last) = after {
        after = db.write(RaiseGenerations { after: last }).await?;
        between();
    }
    for (table, key) in [
        ("authorization_code", "hash"),
        ("one_time_link", "hash"),
        ("recovery_code", "hash"),
        ("replaced_recovery_code", "hash"),
        ("outbox", "id"),
        ("mail_proof", "id"),
        ("upstream_change", "link_hash"),
        ("channel_request", "id"),
    ] {
        while db.write_one(DeleteBatch { table, key }).await? == BATCH.unsigned_abs() {}
    }
    db.write(Complete).await
}

/// Notes that an epoch begins at this moment.
#[derive(Clone)]
struct Begin;

impl Change for Begin {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        installation::set(tx, UNFINISHED, "").await?;
        order::forget(tx).await?;
        let now = tx.now();
        installation::set(tx, NAME, &now.micros().to_string()).await
    }
}

/// Ends the sessions and grants of the next batch of users after this id. Returns the last id of the batch; `None` at
/// the end.
#[derive(Clone)]
struct RaiseGenerations {
    after: String,
}

impl Change for RaiseGenerations {
    type Outcome = Option<String>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<String>> {
        let until: Option<(String,)> =
            sqlx::query_as("SELECT id FROM user_account WHERE id > $1 ORDER BY id LIMIT 1 OFFSET $2")
                .bind(&self.after)
                .bind(BATCH - 1)
                .fetch_optional(&mut **tx)
                .await?;
        let upper = |column: &str| if until.is_some() { format!(" AND {column} <= $2") } else { String::new() };
        // A code that is accepted now may be of the next time step.
        let step = tx.now().micros() / 30_000_000 + 1;
        for sql in [
            format!("UPDATE user_account SET generation = generation + 1 WHERE id > $1{}", upper("id")),
            format!("UPDATE totp SET last_step = {step} WHERE user_id > $1{} AND last_step < {step}", upper("user_id")),
        ] {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&self.after);
            if let Some((until,)) = &until {
                query = query.bind(until);
            }
            query.execute(&mut **tx).await?;
        }
        Ok(until.map(|row| row.0))
    }
}

/// Removes a batch of a table's rows; how many there were.
#[derive(Clone)]
struct DeleteBatch {
    table: &'static str,
    key: &'static str,
}

impl Change for DeleteBatch {
    type Outcome = u64;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<u64> {
        let Self { table, key } = self;
        let sql = format!("DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} LIMIT $1)");
        Ok(sqlx::query(sqlx::AssertSqlSafe(sql)).bind(BATCH).execute(&mut **tx).await?.rows_affected())
    }
}

/// Notes that the epoch is complete.
#[derive(Clone)]
struct Complete;

impl Change for Complete {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        installation::remove(tx, UNFINISHED).await?;
        tx.record(&Event::Restored).await
    }
}
