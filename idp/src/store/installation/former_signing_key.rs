//! Public halves of signing keys that are no longer published. They do not verify access tokens, but they do verify an
//! ID token that comes back as a hint, since a session may outlive the key that its tokens were signed with.

use serde_json::Value;

use crate::base::clock::Timestamp;
use crate::store::db::{Conn, Json, Result};

/// A former key.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct FormerSigningKey {
    /// Names the key in tokens.
    pub kid: String,
    /// The public JWK.
    #[sqlx(try_from = "Json<Value>")]
    pub public_jwk: Value,
    /// When it was revoked; from then on, anybody may have signed with it.
    pub revoked_at: Option<Timestamp>,
}

/// All former keys.
pub async fn list(conn: &mut Conn) -> Result<Vec<FormerSigningKey>> {
    Ok(sqlx::query_as("SELECT kid, public_jwk, revoked_at FROM former_signing_key ORDER BY kid")
        .fetch_all(conn)
        .await?)
}

/// Stores the public halves of the keys that are no longer published at this moment.
pub async fn keep(conn: &mut Conn, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO former_signing_key (kid, public_jwk, removed_at, revoked_at)
         SELECT kid, public_jwk, removed_at, revoked_at FROM signing_key WHERE removed_at <= $1
         ON CONFLICT (kid) DO NOTHING",
    )
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that a key was revoked; returns whether it is a former key that was not revoked before.
pub async fn revoke(conn: &mut Conn, kid: &str, now: Timestamp) -> Result<bool> {
    let done = sqlx::query("UPDATE former_signing_key SET revoked_at = $2 WHERE kid = $1 AND revoked_at IS NULL")
        .bind(kid)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes keys that stopped being published before a moment.
pub async fn delete_removed(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    let done = sqlx::query("DELETE FROM former_signing_key WHERE removed_at < $1").bind(before).execute(conn).await?;
    Ok(done.rows_affected())
}
