//! What has happened, as the command line tells it: the events, with the names of those who took part.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Conn, Json, Result};

/// An event as it is told.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Happened {
    /// Its row.
    pub id: Id,
    /// When it happened.
    pub at: Timestamp,
    /// What happened; a newer release may know other kinds.
    pub kind: String,
    /// The subject of the user that it is about, if the user is still there.
    pub sub: Option<String>,
    /// The user's name, or else the oldest of the identifiers.
    pub user_name: Option<String>,
    /// The client that it is about.
    pub client_id: Option<String>,
    /// The address of the request that caused it.
    pub address: Option<String>,
    /// The `User-Agent` of that request.
    pub user_agent: Option<String>,
    /// The id of that request.
    pub request_id: Option<String>,
    /// Who made the change, if no request caused it.
    pub actor: Option<String>,
    /// The number of the checkpoint that covers it.
    pub checkpoint: Option<i64>,
    /// What else was recorded about it.
    #[sqlx(try_from = "Json<Map<String, Value>>")]
    pub data: Map<String, Value>,
}

/// Which events are wanted; by default all of them.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// This one.
    pub id: Option<Id>,
    /// Those about this user.
    pub user: Option<Id>,
    /// Those about this client: its row, if it is still there, and its identifier.
    pub client: Option<(Option<Id>, String)>,
    /// Those of these kinds; empty for all.
    pub kinds: Vec<String>,
    /// Those from this moment on.
    pub since: Option<Timestamp>,
}

/// The newest of the wanted events, newest first.
pub async fn newest(conn: &mut Conn, wanted: &Wanted, limit: i64) -> Result<Vec<Happened>> {
    select(conn, wanted, "DESC", limit).await
}

/// The oldest of the wanted events, oldest first.
pub async fn oldest(conn: &mut Conn, wanted: &Wanted, limit: i64) -> Result<Vec<Happened>> {
    select(conn, wanted, "ASC", limit).await
}

/// An event as the person sees it who it is about.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OfPerson {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: String,
    /// The address of the request that caused it.
    pub address: Option<String>,
    /// The `User-Agent` of that request.
    pub user_agent: Option<String>,
    /// Who made the change, if no request caused it.
    pub actor: Option<String>,
    /// The name of the client that it is about, or its identifier if it was removed.
    pub client_name: Option<String>,
}

/// A span of time.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Its beginning.
    pub since: Timestamp,
    /// The moment after its end; `None` for no end.
    pub before: Option<Timestamp>,
}

/// The newest events of these kinds that are about a user, newest first.
pub async fn of_person(conn: &mut Conn, user: &Id, kinds: &[&str], span: Span, limit: i64) -> Result<Vec<OfPerson>> {
    let places: Vec<String> = (0..kinds.len()).map(|at| format!("${}", at + 5)).collect();
    let sql = format!(
        "SELECT e.at, e.kind, e.address, e.user_agent, e.actor,
                COALESCE((SELECT c.name FROM client c WHERE c.id = e.client_row),
                         (SELECT c.name FROM client c WHERE c.client_id = e.client_id), e.client_id) AS client_name
           FROM event e
          WHERE e.user_id = $1 AND e.at >= $2 AND e.at < $3 AND e.kind IN ({})
          ORDER BY e.at DESC, e.id DESC LIMIT $4",
        places.join(", ")
    );
    let before = span.before.unwrap_or(Timestamp::from_micros(i64::MAX));
    let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user).bind(span.since).bind(before).bind(limit);
    for kind in kinds {
        query = query.bind((*kind).to_owned());
    }
    Ok(query.fetch_all(conn).await?)
}

async fn select(conn: &mut Conn, wanted: &Wanted, order: &str, limit: i64) -> Result<Vec<Happened>> {
    // Only the conditions that are wanted are written, so that each has its index.
    let mut sql =
        "SELECT e.id, e.at, e.kind, u.sub, COALESCE(c.client_id, e.client_id) AS client_id, e.address, e.user_agent,
                          e.request_id, e.actor, e.checkpoint, e.data,
                          (SELECT i.as_written FROM user_identifier i WHERE i.user_id = e.user_id
                            ORDER BY CASE i.kind WHEN 'username' THEN 0 ELSE 1 END, i.created_at, i.id LIMIT 1) AS user_name
                     FROM event e
                     LEFT JOIN user_account u ON u.id = e.user_id
                     LEFT JOIN client c ON c.id = e.client_row
                    WHERE e.at >= $1"
            .to_owned();
    let mut texts: Vec<String> = Vec::new();
    let mut place = |text: String| {
        texts.push(text);
        format!("${}", texts.len() + 2)
    };
    if let Some(id) = &wanted.id {
        let _ = write!(sql, " AND e.id = {}", place(id.to_string()));
    }
    if let Some(user) = &wanted.user {
        let _ = write!(sql, " AND e.user_id = {}", place(user.to_string()));
    }
    if let Some((row, client_id)) = &wanted.client {
        let row = row.as_ref().map(|row| format!("e.client_row = {} OR ", place(row.to_string())));
        let _ = write!(sql, " AND ({}e.client_id = {})", row.unwrap_or_default(), place(client_id.clone()));
    }
    if !wanted.kinds.is_empty() {
        let kinds: Vec<String> = wanted.kinds.iter().map(|kind| place(kind.clone())).collect();
        let _ = write!(sql, " AND e.kind IN ({})", kinds.join(", "));
    }
    let _ = write!(sql, " ORDER BY e.at {order}, e.id {order} LIMIT $2");
    let since = wanted.since.unwrap_or(Timestamp::from_micros(0));
    let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(since).bind(limit);
    for text in texts {
        query = query.bind(text);
    }
    Ok(query.fetch_all(conn).await?)
}
