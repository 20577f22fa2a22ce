//! Why requests were refused.

use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::base::reference::Reference;
use crate::oidc::steps::Step;
use crate::store::db::{Change, Conn, Json, Result, Tx};

/// How many are kept at most, some tens of megabytes: when a flood has filled the table, the oldest go.
const MOST: i64 = 100_000;

/// Why a request was refused.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Explanation {
    /// When it was refused.
    pub at: Timestamp,
    /// Until when it is kept; `None` in rows of earlier releases.
    pub kept_until: Option<Timestamp>,
    /// What was asked for.
    pub about: String,
    /// The client, if it is registered and the request was so far.
    pub client_id: Option<String>,
    /// The id of the request.
    pub request_id: Option<String>,
    /// How it was judged.
    #[sqlx(try_from = "Json<Vec<Step>>")]
    pub steps: Vec<Step>,
}

/// Keeps an explanation under a reference; returns `false` if another one has it.
#[derive(Clone, Debug)]
pub struct Keep {
    /// The reference.
    pub reference: Reference,
    /// The explanation.
    pub explanation: Explanation,
}

impl Change for Keep {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let Self { reference, explanation } = self;
        let done = sqlx::query(
            "INSERT INTO explanation (reference, at, kept_until, about, client_id, request_id, steps)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (reference) DO NOTHING",
        )
        .bind(reference.as_str().to_owned())
        .bind(explanation.at)
        .bind(explanation.kept_until)
        .bind(explanation.about)
        .bind(explanation.client_id)
        .bind(explanation.request_id)
        .bind(Json(explanation.steps))
        .execute(&mut **tx)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// The explanation under a reference, if it is still kept. `kept` is for how long rows of earlier releases are.
pub async fn find(
    conn: &mut Conn,
    reference: &Reference,
    now: Timestamp,
    kept: Duration,
) -> Result<Option<Explanation>> {
    let sql = "SELECT at, kept_until, about, client_id, request_id, steps FROM explanation
                WHERE reference = $1 AND (kept_until > $2 OR (kept_until IS NULL AND at >= $3))";
    let query = sqlx::query_as(sql).bind(reference.as_str().to_owned()).bind(now).bind(now - kept);
    Ok(query.fetch_optional(conn).await?)
}

/// Removes explanations that are kept no longer. `kept` is for how long rows of earlier releases are.
pub async fn delete_over(conn: &mut Conn, now: Timestamp, kept: Duration, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM explanation WHERE reference IN (
            SELECT reference FROM explanation
             WHERE kept_until <= $1 OR (kept_until IS NULL AND at < $2) LIMIT $3)",
    )
    .bind(now)
    .bind(now - kept)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Removes the oldest explanations beyond the number that is kept.
pub async fn delete_surplus(conn: &mut Conn, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM explanation WHERE reference IN (
            SELECT reference FROM explanation ORDER BY at DESC LIMIT $2 OFFSET $1)",
    )
    .bind(MOST)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
