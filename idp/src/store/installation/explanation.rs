//! Why requests were refused.

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
            "INSERT INTO explanation (reference, at, about, client_id, request_id, steps) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (reference) DO NOTHING",
        )
        .bind(reference.as_str().to_owned())
        .bind(explanation.at)
        .bind(explanation.about)
        .bind(explanation.client_id)
        .bind(explanation.request_id)
        .bind(Json(explanation.steps))
        .execute(&mut **tx)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// The explanation under a reference, if it was kept at this moment or later.
pub async fn find(conn: &mut Conn, reference: &Reference, since: Timestamp) -> Result<Option<Explanation>> {
    let sql = "SELECT at, about, client_id, request_id, steps FROM explanation WHERE reference = $1 AND at >= $2";
    Ok(sqlx::query_as(sql).bind(reference.as_str().to_owned()).bind(since).fetch_optional(conn).await?)
}

/// Removes explanations from before a moment.
pub async fn delete_before(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM explanation WHERE reference IN (
            SELECT reference FROM explanation WHERE at < $1 ORDER BY at LIMIT $2)",
    )
    .bind(before)
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
