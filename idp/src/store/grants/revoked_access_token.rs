//! Access tokens that were revoked before they expired, by their `jti`.

use crate::base::clock::Timestamp;
use crate::store::db::{Change, Conn, Result, Tx};

/// Revokes an access token.
#[derive(Clone, Debug)]
pub struct Revoke {
    /// The `jti` of the token.
    pub jti: String,
    /// When the token expires.
    pub expires_at: Timestamp,
}

impl Change for Revoke {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        sqlx::query("INSERT INTO revoked_access_token (jti, expires_at) VALUES ($1, $2) ON CONFLICT (jti) DO NOTHING")
            .bind(self.jti)
            .bind(self.expires_at)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}

/// Whether this access token was revoked.
pub async fn contains(conn: &mut Conn, jti: &str) -> Result<bool> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT jti FROM revoked_access_token WHERE jti = $1").bind(jti).fetch_optional(conn).await?;
    Ok(row.is_some())
}

/// Removes tokens that expired before a moment.
pub async fn delete_expired(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM revoked_access_token WHERE jti IN (
            SELECT jti FROM revoked_access_token WHERE expires_at < $1 LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
