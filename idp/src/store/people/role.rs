//! Roles, and who has them.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Conn, Result, Tx};
use crate::store::installation;
use crate::store::people::user::{self, User, select};

/// The role of those who administer this provider.
pub const ADMINISTRATOR: &str = "administrator";

/// The name by which changes of administrators take turns.
const TURN: &str = "administrators";

/// The names of a user's roles.
pub async fn of_user(conn: &mut Conn, user: &Id) -> Result<Vec<String>> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT r.name FROM role r JOIN user_role u ON u.role_id = r.id WHERE u.user_id = $1 ORDER BY r.name",
    )
    .bind(user)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Gives a user a role, which is created if it does not exist; returns whether the user did not have it.
pub async fn give(conn: &mut Conn, user: &Id, role: &str, new_id: &Id, now: Timestamp) -> Result<bool> {
    make(conn, role, new_id, now).await?;
    // A role that another provider has given stays from now on.
    let done = sqlx::query(
        "INSERT INTO user_role (user_id, role_id, created_at) SELECT $1, id, $3 FROM role WHERE name = $2
         ON CONFLICT (user_id, role_id) DO UPDATE SET upstream = NULL WHERE user_role.upstream IS NOT NULL",
    )
    .bind(user)
    .bind(role)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A role that another provider's claims give, which is created if it does not exist.
#[derive(Clone, Copy, Debug)]
pub struct GivenRole<'a> {
    /// The role.
    pub role: &'a str,
    /// The name of the provider.
    pub upstream: &'a str,
    /// The row of the role, if it does not exist.
    pub new_id: &'a Id,
}

/// Gives a user a role by another provider's claims; returns whether the user did not have it.
pub async fn give_by(conn: &mut Conn, user: &Id, given: GivenRole<'_>, now: Timestamp) -> Result<bool> {
    make(conn, given.role, given.new_id, now).await?;
    let done = sqlx::query(
        "INSERT INTO user_role (user_id, role_id, created_at, upstream) SELECT $1, id, $3, $4 FROM role WHERE name = $2
         ON CONFLICT DO NOTHING",
    )
    .bind(user)
    .bind(given.role)
    .bind(now)
    .bind(given.upstream)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn make(conn: &mut Conn, role: &str, new_id: &Id, now: Timestamp) -> Result<()> {
    sqlx::query("INSERT INTO role (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING")
        .bind(new_id)
        .bind(role)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// The roles that a provider's claims have given to a user, by name.
pub async fn of_upstream(conn: &mut Conn, user: &Id, upstream: &str) -> Result<Vec<String>> {
    let sql = "SELECT r.name FROM role r JOIN user_role u ON u.role_id = r.id
                WHERE u.user_id = $1 AND u.upstream = $2 ORDER BY r.name";
    Ok(sqlx::query_scalar(sql).bind(user).bind(upstream).fetch_all(conn).await?)
}

/// Takes a role from a user; returns whether the user had it.
pub async fn take(conn: &mut Conn, user: &Id, role: &str) -> Result<bool> {
    let done =
        sqlx::query("DELETE FROM user_role WHERE user_id = $1 AND role_id = (SELECT id FROM role WHERE name = $2)")
            .bind(user)
            .bind(role)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// The users with a role who may sign in, the oldest first.
pub async fn enabled_with_role(conn: &mut Conn, role: &str) -> Result<Vec<User>> {
    let sql = select(
        "JOIN user_role m ON m.user_id = u.id JOIN role r ON r.id = m.role_id
          WHERE r.name = $1 AND u.disabled_at IS NULL ORDER BY u.id",
    );
    Ok(sqlx::query_as(sql).bind(role).fetch_all(conn).await?)
}

/// Whether a user other than this one has a role and can sign in: by a password, a passkey or an account at another provider.
async fn another_has(conn: &mut Conn, role: &str, but: &Id) -> Result<bool> {
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT u.id FROM role r JOIN user_role m ON m.role_id = r.id JOIN user_account u ON u.id = m.user_id
          WHERE r.name = $1 AND u.id <> $2 AND u.disabled_at IS NULL
            AND (EXISTS (SELECT 1 FROM password p WHERE p.user_id = u.id)
              OR EXISTS (SELECT 1 FROM passkey k WHERE k.user_id = u.id)
              OR EXISTS (SELECT 1 FROM upstream_account a WHERE a.user_id = u.id)) LIMIT 1",
    )
    .bind(role)
    .bind(but)
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// Whether nobody could administer this provider without a user. Changes that ask take turns, so that of two
/// administrators not each is let go because of the other.
pub async fn is_last_administrator(tx: &mut Tx<'_>, user: &Id) -> Result<bool> {
    installation::in_turn(tx, TURN).await?;
    let enabled = user::hold(tx, user).await?.is_some_and(|held| held.disabled_at.is_none());
    let administers = enabled && of_user(tx, user).await?.iter().any(|role| role == ADMINISTRATOR);
    Ok(administers && !another_has(tx, ADMINISTRATOR, user).await?)
}

/// Whether any user with this role can sign in by password.
pub async fn any_with_password(conn: &mut Conn, role: &str) -> Result<bool> {
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT p.user_id FROM role r JOIN user_role m ON m.role_id = r.id JOIN password p ON p.user_id = m.user_id
          WHERE r.name = $1 LIMIT 1",
    )
    .bind(role)
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}
