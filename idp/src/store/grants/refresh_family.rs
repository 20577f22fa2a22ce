//! Refresh tokens: all that descend from one code share one row, which knows only the newest one, the one before it,
//! and those that were rotated a moment ago.

use std::fmt::Write as _;

use sqlx::any::AnyRow;
use sqlx::{FromRow, Row};

use crate::base::clock::Timestamp;
use crate::base::crash_point::crash_point;
use crate::base::token::TokenHash;
use crate::oidc::token::refresh_token::{Family, Rotation};
use crate::store::db::{Change, Conn, Json, Result, Tx};
use crate::store::grants::grant::{COLUMNS, Grant, TABLES, live_grant};

impl FromRow<'_, AnyRow> for Family {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        let rotations: Option<String> = row.try_get("rotations")?;
        Ok(Self {
            grant_id: row.try_get("grant_id")?,
            client_row: row.try_get("client_row")?,
            current_hash: row.try_get("current_hash")?,
            previous_hash: row.try_get("previous_hash")?,
            rotated_at: row.try_get("rotated_at")?,
            // Rotations in the format of a newer release are treated as absent: a client that they would have led to
            // the newest token gets another successor.
            rotations: rotations.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
            idle_expires_at: row.try_get("idle_expires_at")?,
            expires_at: row.try_get("expires_at")?,
        })
    }
}

/// Begins a family.
pub async fn insert(conn: &mut Conn, handle_hash: &TokenHash, family: &Family) -> Result<()> {
    sqlx::query(
        "INSERT INTO refresh_family (handle_hash, grant_id, current_hash, created_at, rotated_at, last_used_at,
                                     idle_expires_at, expires_at)
         VALUES ($1, $2, $3, $4, $4, $4, $5, $6)",
    )
    .bind(handle_hash)
    .bind(&family.grant_id)
    .bind(&family.current_hash)
    .bind(family.rotated_at)
    .bind(family.idle_expires_at)
    .bind(family.expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// A family that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The family.
    pub family: Family,
    /// Its newest token as the previous release sealed it; this release only reads and clears it.
    pub sealed_successor: Option<String>,
    /// Its grant, if that is live.
    pub grant: Option<Grant>,
}

/// Finds a family by the handle in its tokens.
pub async fn find(conn: &mut Conn, handle_hash: &TokenHash, now: Timestamp) -> Result<Option<Found>> {
    let sql = format!(
        "SELECT f.grant_id, f.current_hash, f.previous_hash, f.rotations, f.sealed_successor, f.rotated_at,
                f.idle_expires_at, f.expires_at, {COLUMNS}, CAST(CASE WHEN {} THEN 1 ELSE 0 END AS BIGINT) AS live
           FROM {TABLES} JOIN refresh_family f ON f.grant_id = g.id WHERE f.handle_hash = $2",
        live_grant("$1")
    );
    let row: Option<FoundRow> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(now).bind(handle_hash).fetch_optional(conn).await?;
    Ok(row.map(|FoundRow { family, sealed_successor, grant, live }| {
        let grant = (live == 1).then_some(grant);
        Found { family, sealed_successor, grant }
    }))
}

/// A family with its grant in one row, so that one statement reads both.
#[derive(FromRow)]
struct FoundRow {
    #[sqlx(flatten)]
    family: Family,
    sealed_successor: Option<String>,
    #[sqlx(flatten)]
    grant: Grant,
    live: i64,
}

/// Uses a family: writes the successor, if there is one, and the time of use; one statement. It writes only while
/// grant, session, user and client are live. If several callers saw the same newest token, exactly one gets `true`.
#[derive(Clone, Debug)]
pub struct Advance {
    /// The handle of the family.
    pub handle_hash: TokenHash,
    /// The newest token that the decision was based on; if another use has changed it, nothing is written.
    pub current_hash: TokenHash,
    /// The token that replaces it.
    pub successor: Option<Successor>,
    /// When it is used.
    pub now: Timestamp,
    /// When the family expires from now on unless it is used.
    pub idle_expires_at: Timestamp,
}

/// The token that replaces the newest one.
#[derive(Clone, Debug)]
pub struct Successor {
    /// Its hash.
    pub hash: TokenHash,
    /// The hash of the token that was presented, and that may be presented again.
    pub previous_hash: TokenHash,
    /// The rotations that are remembered from now on, this one last.
    pub rotations: Vec<Rotation>,
}

impl Change for Advance {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let mut sql = String::from("UPDATE refresh_family SET last_used_at = $1, idle_expires_at = $2");
        if self.successor.is_some() {
            sql.push_str(
                ", rotated_at = $1, current_hash = $5, previous_hash = $6, rotations = $7, sealed_successor = NULL",
            );
        }
        let _ = write!(
            sql,
            " WHERE handle_hash = $3 AND current_hash = $4 AND idle_expires_at > $1 AND expires_at > $1
                AND EXISTS (SELECT 1 FROM {TABLES} WHERE g.id = refresh_family.grant_id AND {})",
            live_grant("$1")
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(self.now)
            .bind(self.idle_expires_at)
            .bind(self.handle_hash)
            .bind(self.current_hash);
        if let Some(successor) = self.successor {
            query = query.bind(successor.hash).bind(successor.previous_hash).bind(Json(successor.rotations));
        }
        let advanced = query.execute(&mut **tx).await?.rows_affected() == 1;
        crash_point("refresh_token.in_transaction");
        Ok(advanced)
    }
}

/// Clears the successors that the previous release sealed, once no retry can need them: their key can be derived from a
/// copy of the database. One statement; returns how many there were.
#[derive(Clone, Debug)]
pub struct ClearSealedSuccessors {
    /// The families with a handle after this one,
    pub after: String,
    /// up to this one, or to the end,
    pub until: Option<String>,
    /// and among them those whose newest token was made before this moment.
    pub before: Timestamp,
}

impl Change for ClearSealedSuccessors {
    type Outcome = u64;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<u64> {
        let upper = if self.until.is_some() { " AND handle_hash <= $3" } else { "" };
        let sql = format!(
            "UPDATE refresh_family SET sealed_successor = NULL
              WHERE handle_hash > $2{upper} AND sealed_successor IS NOT NULL AND rotated_at < $1"
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(self.before).bind(self.after);
        if let Some(until) = self.until {
            query = query.bind(until);
        }
        Ok(query.execute(&mut **tx).await?.rows_affected())
    }
}
