//! The consents that users have given to clients.

use sqlx::any::AnyRow;
use sqlx::{FromRow, Row};

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::oidc::authorization::next_step::Remembered;
use crate::oidc::scope::ScopeSet;
use crate::store::db::{Change, Conn, Json, Result, Tx};
use crate::store::grants::grant::{TABLES, live_grant};
use crate::store::installation::event::Event;

impl FromRow<'_, AnyRow> for Remembered {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self { id: row.try_get("id")?, scope: row.try_get("scope")? })
    }
}

/// The consent that a user has given to a client.
pub async fn find(conn: &mut Conn, user: &Id, client_row: &Id) -> Result<Option<Remembered>> {
    Ok(sqlx::query_as("SELECT id, scope FROM consent WHERE user_id = $1 AND client_row = $2")
        .bind(user)
        .bind(client_row)
        .fetch_optional(conn)
        .await?)
}

/// Finds a consent, or creates one with an empty scope, and locks its row until the end of the transaction: no other
/// transaction extends or withdraws it between this read and the write that follows.
pub async fn hold(conn: &mut Conn, new_id: &Id, user: &Id, client_row: &Id, now: Timestamp) -> Result<Remembered> {
    Ok(sqlx::query_as(
        "INSERT INTO consent (id, user_id, client_row, scope, created_at, updated_at) VALUES ($1, $2, $3, '', $4, $4)
         ON CONFLICT (user_id, client_row) DO UPDATE SET updated_at = excluded.updated_at RETURNING id, scope",
    )
    .bind(new_id)
    .bind(user)
    .bind(client_row)
    .bind(now)
    .fetch_one(conn)
    .await?)
}

/// Sets the scope of a consent that is held.
pub async fn set_scope(conn: &mut Conn, id: &Id, scope: &ScopeSet) -> Result<()> {
    sqlx::query("UPDATE consent SET scope = $2 WHERE id = $1").bind(id).bind(scope).execute(conn).await?;
    Ok(())
}

/// Takes scopes out of all consents of a user, so that they are asked for again; what was granted stays. The caller holds the user's row.
pub async fn take_back(conn: &mut Conn, user: &Id, scope: &ScopeSet) -> Result<()> {
    let sql = "SELECT id, scope FROM consent WHERE user_id = $1";
    let given: Vec<Remembered> = sqlx::query_as(sql).bind(user).fetch_all(&mut *conn).await?;
    for consent in given {
        let rest: ScopeSet = consent.scope.iter().filter(|word| !scope.contains(word)).collect();
        if rest != consent.scope {
            set_scope(conn, &consent.id, &rest).await?;
        }
    }
    Ok(())
}

/// Locks a consent until the end of the transaction, so that it is not withdrawn before a row that depends on it is
/// written; returns whether it still existed.
pub async fn hold_if_there(conn: &mut Conn, id: &Id) -> Result<bool> {
    let done = sqlx::query("UPDATE consent SET scope = scope WHERE id = $1").bind(id).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Withdraws a consent and ends its grants.
#[derive(Clone, Debug)]
pub struct Withdraw {
    /// Whose consent it is.
    pub user: Id,
    /// The row of the client that had it.
    pub client_row: Id,
}

impl Change for Withdraw {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let Self { user, client_row } = self;
        // The consent goes first: a grant that depends on it was either written before, and ends here, or is never
        // written.
        sqlx::query("DELETE FROM consent WHERE user_id = $1 AND client_row = $2")
            .bind(&user)
            .bind(&client_row)
            .execute(&mut **tx)
            .await?;
        sqlx::query(
            "UPDATE client_grant SET ended_at = $3 WHERE user_id = $1 AND client_row = $2 AND ended_at IS NULL",
        )
        .bind(&user)
        .bind(&client_row)
        .bind(tx.now())
        .execute(&mut **tx)
        .await?;
        tx.record(&Event::ConsentWithdrawn { user, client_row }).await
    }
}

/// A client that has access to a user's account.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Application {
    /// The client's name in requests.
    pub client_id: String,
    /// The scope that the user allowed, if the user was asked.
    pub consented: Option<ScopeSet>,
    /// When it was allowed.
    pub consented_at: Option<Timestamp>,
    /// What its live grants cover, oldest first.
    #[sqlx(skip)]
    pub granted: Vec<Granted>,
    /// When one of its live grants was last used or given.
    pub used_at: Option<Timestamp>,
}

/// What a live grant covers.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Granted {
    /// The scope.
    pub scope: ScopeSet,
    /// The audience of its access tokens.
    #[sqlx(try_from = "Json<Vec<String>>")]
    pub resources: Vec<String>,
}

#[derive(sqlx::FromRow)]
struct GrantedTo {
    client_id: String,
    #[sqlx(flatten)]
    granted: Granted,
}

/// The clients that a user has given consent, or that hold a live grant of the user without a consent.
pub async fn applications(conn: &mut Conn, user: &Id, now: Timestamp) -> Result<Vec<Application>> {
    let live = format!(
        "FROM {TABLES} LEFT JOIN refresh_family f ON f.grant_id = g.id
                        WHERE g.user_id = $2 AND g.client_row = app.id AND {}",
        live_grant("$1")
    );
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT app.client_id, k.scope AS consented, k.updated_at AS consented_at,
                (SELECT MAX(COALESCE(f.last_used_at, g.created_at)) {live}) AS used_at
           FROM client app LEFT JOIN consent k ON k.client_row = app.id AND k.user_id = $2
          WHERE k.id IS NOT NULL OR EXISTS (SELECT 1 {live}) ORDER BY app.name, app.id"
    ));
    let mut applications: Vec<Application> = sqlx::query_as(sql).bind(now).bind(user).fetch_all(&mut *conn).await?;
    // A client may hold several grants that cover different scopes: each still works.
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT c.client_id, g.scope, g.resources FROM {TABLES} WHERE g.user_id = $2 AND {}
          GROUP BY c.client_id, g.scope, g.resources ORDER BY MIN(g.created_at), g.scope, g.resources",
        live_grant("$1")
    ));
    let granted: Vec<GrantedTo> = sqlx::query_as(sql).bind(now).bind(user).fetch_all(conn).await?;
    for one in granted {
        if let Some(application) = applications.iter_mut().find(|it| it.client_id == one.client_id) {
            application.granted.push(one.granted);
        }
    }
    Ok(applications)
}
