//! Invitations to make an account, and who has used them.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::store::db::{Conn, Json, Result};

/// An invitation to be stored.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// The row.
    pub id: Id,
    /// The hash of the code.
    pub code_hash: TokenHash,
    /// The address that it is for, as written; anybody's if there is none.
    pub address: Option<String>,
    /// Whether the code is sent there and told to nobody else.
    pub is_mailed: bool,
    /// The roles that come with it.
    pub roles: Vec<String>,
    /// How many accounts can be made with it.
    pub uses: i64,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// An invitation.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Invitation {
    /// The row.
    pub id: Id,
    /// The address that it is for, as written; anybody's if there is none.
    pub address: Option<String>,
    /// When its code was sent to that address, if it was told to nobody else.
    pub mailed_at: Option<Timestamp>,
    /// The roles that come with it.
    #[sqlx(try_from = "Json<Vec<String>>")]
    pub roles: Vec<String>,
    /// How many accounts can be made with it.
    pub uses: i64,
    /// How many are left.
    pub uses_left: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who has made it.
    pub created_by: Option<String>,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, address, mailed_at, roles, uses, uses_left, created_at, created_by, expires_at, revoked_at";

/// Keeps an invitation.
pub async fn insert(conn: &mut Conn, new: &NewInvitation, created_by: Option<&str>, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO invitation (id, code_hash, address, mailed_at, roles, uses, uses_left, created_at, created_by, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9)",
    )
    .bind(&new.id)
    .bind(&new.code_hash)
    .bind(&new.address)
    .bind(new.is_mailed.then_some(now))
    .bind(Json(&new.roles))
    .bind(new.uses)
    .bind(now)
    .bind(created_by)
    .bind(new.expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The invitation with a code, if it still works; nothing is used up.
pub async fn find_by_code(conn: &mut Conn, code: &TokenHash, now: Timestamp) -> Result<Option<Invitation>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM invitation WHERE code_hash = $1 AND revoked_at IS NULL AND uses_left > 0 AND expires_at > $2"
    ));
    Ok(sqlx::query_as(sql).bind(code).bind(now).fetch_optional(conn).await?)
}

/// An invitation by the row, whether or not it still works.
pub async fn find(conn: &mut Conn, id: &Id) -> Result<Option<Invitation>> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM invitation WHERE id = $1"));
    Ok(sqlx::query_as(sql).bind(id).fetch_optional(conn).await?)
}

/// The newest invitations.
pub async fn list(conn: &mut Conn, limit: i64) -> Result<Vec<Invitation>> {
    let sql =
        sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM invitation ORDER BY created_at DESC, id DESC LIMIT $1"));
    Ok(sqlx::query_as(sql).bind(limit).fetch_all(conn).await?)
}

/// Uses an invitation once; returns `false` if it does not work any more. Of many callers only as many get `true` as there are uses
/// left.
pub async fn consume(conn: &mut Conn, id: &Id, now: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE invitation SET uses_left = uses_left - 1
          WHERE id = $1 AND revoked_at IS NULL AND uses_left > 0 AND expires_at > $2",
    )
    .bind(id)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes who has joined by an invitation.
pub async fn insert_use(conn: &mut Conn, user: &Id, invitation: &Id, now: Timestamp) -> Result<()> {
    sqlx::query("INSERT INTO invitation_use (user_id, invitation_id, used_at) VALUES ($1, $2, $3)")
        .bind(user)
        .bind(invitation)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Who has joined by an invitation, and when.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Use {
    /// The invitation.
    pub invitation_id: Id,
    /// The subject of the user.
    pub sub: String,
    /// What operators know the user by, if there is anything.
    pub name: Option<String>,
    /// When.
    pub used_at: Timestamp,
}

/// Who has joined by invitations, oldest first.
pub async fn uses(conn: &mut Conn, limit: i64) -> Result<Vec<Use>> {
    // A username before an email address.
    let sql = "SELECT n.invitation_id, u.sub, n.used_at,
                      (SELECT i.as_written FROM user_identifier i WHERE i.user_id = u.id ORDER BY i.kind DESC, i.created_at, i.id LIMIT 1)
                          AS name
                 FROM invitation_use n JOIN user_account u ON u.id = n.user_id
                ORDER BY n.used_at, u.id LIMIT $1";
    Ok(sqlx::query_as(sql).bind(limit).fetch_all(conn).await?)
}

/// When a user has joined by an invitation.
pub async fn used_at(conn: &mut Conn, user: &Id) -> Result<Option<Timestamp>> {
    let row: Option<(Timestamp,)> =
        sqlx::query_as("SELECT used_at FROM invitation_use WHERE user_id = $1").bind(user).fetch_optional(conn).await?;
    Ok(row.map(|row| row.0))
}

/// Revokes an invitation; returns whether it still worked.
pub async fn revoke(conn: &mut Conn, id: &Id, now: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE invitation SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL AND uses_left > 0 AND expires_at > $2",
    )
    .bind(id)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes invitations that expired before a moment and by which nobody has joined who is still there.
pub async fn delete_expired(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM invitation WHERE id IN (
             SELECT i.id FROM invitation i
              WHERE i.expires_at < $1 AND NOT EXISTS (SELECT 1 FROM invitation_use n WHERE n.invitation_id = i.id)
              LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
