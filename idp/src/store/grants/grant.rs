//! Grants: each is one authorization. All codes and tokens depend on a grant, and end with it.

use serde_json::{Map, Value};

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::oidc::claims::acr::Acr;
use crate::oidc::scope::ScopeSet;
use crate::store::db::{Change, Conn, Json, Result, Tx};
use crate::store::installation::event::{Event, OfGrant};
use crate::store::people::session::live;
use crate::store::people::user::{IDENTIFIER_COLUMNS, Identifier, MaybeIdentifier, User};

/// A grant, with the facts about user and session that its tokens contain.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Grant {
    /// The row.
    pub id: Id,
    /// The user.
    pub user_id: Id,
    /// The user's subject.
    pub sub: String,
    /// The client's row.
    pub client_row: Id,
    /// The session that it was given in.
    pub session_id: Id,
    /// That session's claim `sid`.
    pub sid: String,
    /// The scope.
    pub scope: ScopeSet,
    /// The audience of its access tokens.
    #[sqlx(try_from = "Json<Vec<String>>")]
    pub resources: Vec<String>,
    /// When the user authenticated.
    pub auth_time: Timestamp,
    /// The authentication methods: RFC 8176.
    #[sqlx(try_from = "Json<Vec<String>>")]
    pub amr: Vec<String>,
    /// The authentication class.
    pub acr: String,
    /// Since when it outlives the session.
    pub offline_at: Option<Timestamp>,
    /// When it was given.
    pub created_at: Timestamp,
}

impl Grant {
    /// Whether it was given in an anonymous account, where nobody has proven anything.
    pub fn is_of_visitor(&self) -> bool {
        self.acr == Acr::Anonymous.as_str()
    }

    /// When the user authenticated: the claim `auth_time`. A visitor has not.
    pub fn authenticated_at(&self) -> Option<Timestamp> {
        (!self.is_of_visitor()).then_some(self.auth_time)
    }
}

pub(super) const COLUMNS: &str = "g.id, g.user_id, u.sub, g.client_row, g.session_id, s.sid, g.scope, g.resources, g.auth_time, g.amr, \
                       g.acr, g.offline_at, g.created_at";

/// The condition under which a grant is live: it has not ended, its user is neither disabled nor signed out everywhere,
/// its client is not disabled, and its session is live, unless the grant may outlive the session.
pub(in crate::store) fn live_grant(now: &str) -> String {
    format!(
        "g.ended_at IS NULL AND u.disabled_at IS NULL AND g.generation = u.generation AND c.disabled_at IS NULL
         AND (g.offline_at IS NOT NULL OR ({}))",
        live(now)
    )
}

pub(in crate::store) const TABLES: &str = "client_grant g JOIN user_account u ON u.id = g.user_id \
                                 JOIN client c ON c.id = g.client_row JOIN session s ON s.id = g.session_id";

/// The live grant of an access token that was not revoked itself, with its user: everything that UserInfo and
/// introspection need, in one statement.
pub async fn find_for_token(
    conn: &mut Conn,
    id: &Id,
    jti: &str,
    now: Timestamp,
) -> Result<Option<(Grant, User, Vec<Identifier>)>> {
    let sql = format!(
        "SELECT {COLUMNS}, u.profile, u.created_at AS user_created_at, u.updated_at, u.disabled_at, u.generation,
                {IDENTIFIER_COLUMNS}
           FROM {TABLES} LEFT JOIN user_identifier i ON i.user_id = u.id
          WHERE g.id = $2 AND {} AND NOT EXISTS (SELECT 1 FROM revoked_access_token r WHERE r.jti = $3)
          ORDER BY i.created_at, i.id",
        live_grant("$1")
    );
    let rows: Vec<ForToken> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(now).bind(id).bind(jti).fetch_all(conn).await?;
    let mut found = None;
    for row in rows {
        let (_, _, identifiers) = found.get_or_insert_with(|| {
            let user = User {
                id: row.grant.user_id.clone(),
                sub: row.grant.sub.clone(),
                profile: row.profile,
                created_at: row.user_created_at,
                updated_at: row.updated_at,
                disabled_at: row.disabled_at,
                generation: row.generation,
            };
            (row.grant, user, Vec::new())
        });
        identifiers.extend(row.identifier.into_identifier());
    }
    Ok(found)
}

#[derive(sqlx::FromRow)]
struct ForToken {
    #[sqlx(flatten)]
    grant: Grant,
    #[sqlx(try_from = "Json<Map<String, Value>>")]
    profile: Map<String, Value>,
    user_created_at: Timestamp,
    updated_at: Timestamp,
    disabled_at: Option<Timestamp>,
    generation: i64,
    #[sqlx(flatten)]
    identifier: MaybeIdentifier,
}

/// Adds a grant; returns whether its session still went on.
pub async fn insert(conn: &mut Conn, grant: &Grant) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO client_grant (id, user_id, client_row, session_id, scope, resources, auth_time, amr, acr, offline_at,
                                   created_at, generation)
         SELECT $1, $2, $3, s.id, $5, $6, $7, $8, $9, CAST($10 AS BIGINT), $11, s.generation FROM session s WHERE s.id = $4 AND s.ended_at IS NULL",
    )
    .bind(&grant.id)
    .bind(&grant.user_id)
    .bind(&grant.client_row)
    .bind(&grant.session_id)
    .bind(&grant.scope)
    .bind(Json(&grant.resources))
    .bind(grant.auth_time)
    .bind(Json(&grant.amr))
    .bind(&grant.acr)
    .bind(grant.offline_at)
    .bind(grant.created_at)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes the grants of a session for a client that exceed a number, with everything that depends on them: first those
/// whose code was not redeemed in time, last those with offline access. A grant made after `fresh` may still be
/// redeemed.
pub async fn delete_surplus(
    conn: &mut Conn,
    session: &Id,
    client_row: &Id,
    kept: i64,
    fresh: Timestamp,
) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM client_grant WHERE id IN (
            SELECT g.id FROM client_grant g LEFT JOIN refresh_family f ON f.grant_id = g.id
             WHERE g.session_id = $1 AND g.client_row = $2
             ORDER BY CASE WHEN g.created_at > $4 THEN 0 WHEN f.grant_id IS NULL THEN 3
                           WHEN g.offline_at IS NULL THEN 2 ELSE 1 END,
                      COALESCE(f.last_used_at, g.created_at) DESC, g.id DESC LIMIT 1000 OFFSET $3)",
    )
    .bind(session)
    .bind(client_row)
    .bind(kept)
    .bind(fresh)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Lets the grants of a user that have not ended go on in the next generation.
pub async fn carry_over(conn: &mut Conn, user: &Id, generation: i64) -> Result<()> {
    let sql = "UPDATE client_grant SET generation = $2 + 1 WHERE user_id = $1 AND generation = $2 AND ended_at IS NULL";
    sqlx::query(sql).bind(user).bind(generation).execute(conn).await?;
    Ok(())
}

/// The sessions in the browser of session `$2`.
const OF_BROWSER: &str = "SELECT s.id FROM session s JOIN session t ON t.browser_id = s.browser_id WHERE t.id = $2";

/// Ends the grants of a user that were given in the browser of a session, in this session or another.
pub async fn end_of_browser(conn: &mut Conn, user: &Id, session: &Id, now: Timestamp) -> Result<()> {
    let sql = format!(
        "UPDATE client_grant SET ended_at = $3 WHERE user_id = $1 AND ended_at IS NULL AND session_id IN ({OF_BROWSER})"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(user).bind(session).bind(now).execute(conn).await?;
    Ok(())
}

/// Ends the grants of a user that were given in other browsers than that of a session; returns how many there were.
pub async fn end_of_other_browsers(conn: &mut Conn, user: &Id, session: &Id, now: Timestamp) -> Result<u64> {
    let sql = format!(
        "UPDATE client_grant SET ended_at = $3 WHERE user_id = $1 AND ended_at IS NULL AND session_id NOT IN ({OF_BROWSER})"
    );
    let done = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(user).bind(session).bind(now).execute(conn).await?;
    Ok(done.rows_affected())
}

/// A client that was given access in a session, and still has it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OfSession {
    /// The session's row.
    pub session_id: Id,
    /// The client's name in requests.
    pub client_id: String,
    /// Its name for people.
    pub name: String,
}

/// The clients that have live grants of a user's sessions, by name.
pub async fn clients_by_session(conn: &mut Conn, user: &Id, now: Timestamp) -> Result<Vec<OfSession>> {
    let sql = format!(
        "SELECT DISTINCT g.session_id, c.client_id, c.name FROM {TABLES} WHERE g.user_id = $2 AND {}
          ORDER BY c.name, c.client_id, g.session_id",
        live_grant("$1")
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(now).bind(user).fetch_all(conn).await?)
}

/// What stands against a grant, for the operator; the conditions are those of `live_grant`.
pub async fn why_over(conn: &mut Conn, grant: &Id, now: Timestamp) -> Result<Vec<String>> {
    let yes = |condition: &str| format!("CAST(CASE WHEN {condition} THEN 1 ELSE 0 END AS BIGINT)");
    let columns = [
        "g.ended_at".to_owned(),
        yes("u.disabled_at IS NOT NULL"),
        yes("g.generation <> u.generation"),
        yes("c.disabled_at IS NOT NULL"),
        yes("g.offline_at IS NULL AND s.ended_at IS NOT NULL"),
        yes(&format!("g.offline_at IS NULL AND s.ended_at IS NULL AND NOT ({})", live("$1"))),
    ];
    let sql = format!("SELECT {} FROM {TABLES} WHERE g.id = $2", columns.join(", "));
    let row: Option<(Option<Timestamp>, i64, i64, i64, i64, i64)> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(now).bind(grant).fetch_optional(&mut *conn).await?;
    let Some((ended, disabled, generation, client, session_ended, session_over)) = row else {
        return Ok(vec!["a grant that was removed".to_owned()]);
    };
    let ended = match ended {
        Some(at) => Some(format!(
            "a grant that was ended {} s ago: {}",
            now.since(at).as_secs(),
            ended_by(conn, grant, at).await?
        )),
        None => None,
    };
    let reasons = [
        (disabled, "a user who is disabled"),
        (generation, "a user who was signed out everywhere, as by a new password"),
        (client, "a client that is disabled"),
        (session_ended, "a session that was ended"),
        (
            session_over,
            "a session that is over: too old, or unused for too long (login.session_idle, login.session_absolute)",
        ),
    ];
    let others = reasons.into_iter().filter(|(holds, _)| *holds == 1).map(|(_, reason)| reason.to_owned());
    Ok(ended.into_iter().chain(others).collect())
}

/// By what a grant was ended at this moment, as the events say.
async fn ended_by(conn: &mut Conn, grant: &Id, at: Timestamp) -> Result<&'static str> {
    // The event is written in the transaction that ends the grant, not before.
    let sql = "SELECT e.kind FROM event e JOIN client_grant g ON e.user_id = g.user_id
                WHERE g.id = $1 AND e.at >= $2 AND (e.kind IN ('signed_out', 'signed_out_elsewhere') OR (e.client_row = g.client_row AND (
                   e.kind = 'consent_withdrawn'
                   OR (e.kind IN ('code_replayed', 'refresh_token_replayed', 'grant_revoked') AND e.data LIKE '%' || $1 || '%'))))
                ORDER BY e.at LIMIT 1";
    let row: Option<(String,)> = sqlx::query_as(sql).bind(grant).bind(at).fetch_optional(conn).await?;
    Ok(match row.as_ref().map(|(kind,)| kind.as_str()) {
        Some("code_replayed") => "its authorization code came twice (code_replayed)",
        Some("refresh_token_replayed") => {
            "a refresh token came again that was replaced before (refresh_token_replayed)"
        }
        Some("grant_revoked") => "the client revoked it (grant_revoked)",
        Some("consent_withdrawn") => {
            "the person, or an operator, took the application's access away (consent_withdrawn)"
        }
        Some("signed_out" | "signed_out_elsewhere") => "the person signed out the device on which it was given",
        _ => "the event that says by what is no longer kept",
    })
}

/// What an event about a grant says of it, if there is such a grant.
pub async fn of_event(conn: &mut Conn, grant: &Id) -> Result<Option<OfGrant>> {
    let row: Option<(Id, Id)> = sqlx::query_as("SELECT user_id, client_row FROM client_grant WHERE id = $1")
        .bind(grant)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|(user, client_row)| OfGrant { user, grant: grant.clone(), client_row }))
}

/// Ends a grant and with it all of its codes and tokens, unless it has ended before.
#[derive(Clone, Debug)]
pub struct End {
    /// The grant.
    pub grant: Id,
    /// The event that says why.
    pub event: fn(OfGrant) -> Event,
}

impl Change for End {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let Self { grant, event } = self;
        let sql =
            "UPDATE client_grant SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL RETURNING user_id, client_row";
        let row: Option<(Id, Id)> = sqlx::query_as(sql).bind(&grant).bind(tx.now()).fetch_optional(&mut **tx).await?;
        if let Some((user, client_row)) = row {
            tx.record(&event(OfGrant { user, grant, client_row })).await?;
        }
        Ok(())
    }
}
