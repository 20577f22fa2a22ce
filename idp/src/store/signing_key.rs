//! Signing keys and their states: published before use, in use, retired until the last token has died.

use super::db::{Conn, Error, Result};
use super::installation;
use crate::base::clock::Timestamp;

/// A signing key as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SigningKey {
    /// Names the key in tokens.
    pub kid: String,
    /// The JOSE name of its algorithm.
    pub algorithm: String,
    /// PKCS #8, sealed.
    pub sealed_private: String,
    /// The public JWK, JSON.
    pub public_jwk: String,
    /// From when it is published.
    pub created_at: Timestamp,
    /// From when it signs.
    pub active_at: Timestamp,
    /// From when it signs no more.
    pub retired_at: Option<Timestamp>,
    /// From when it is published no more.
    pub removed_at: Option<Timestamp>,
}

const COLUMNS: &str = "kid, algorithm, sealed_private, public_jwk, created_at, active_at, retired_at, removed_at";

/// The keys that are published at this moment or will be, oldest first.
pub async fn list(conn: &mut Conn, now: Timestamp) -> Result<Vec<SigningKey>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM signing_key WHERE removed_at IS NULL OR removed_at > $1 ORDER BY active_at, kid"
    ));
    Ok(sqlx::query_as(sql).bind(now).fetch_all(conn).await?)
}

/// When the newest key of an algorithm begins to sign.
pub async fn newest(conn: &mut Conn, algorithm: &str) -> Result<Option<Timestamp>> {
    let row: (Option<Timestamp>,) = sqlx::query_as("SELECT MAX(active_at) FROM signing_key WHERE algorithm = $1")
        .bind(algorithm)
        .fetch_one(conn)
        .await?;
    Ok(row.0)
}

/// Adds a key after the newest one that its maker knew of, if any; `Conflict` if another one was faster, so that replicas agree.
pub async fn insert_after(conn: &mut Conn, key: &SigningKey, known: Option<Timestamp>) -> Result<()> {
    installation::in_turn(conn, "signing_key").await?;
    if newest(conn, &key.algorithm).await? != known {
        return Err(Error::Conflict);
    }
    sqlx::query(
        "INSERT INTO signing_key (kid, algorithm, sealed_private, public_jwk, created_at, active_at, retired_at, removed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&key.kid)
    .bind(&key.algorithm)
    .bind(&key.sealed_private)
    .bind(&key.public_jwk)
    .bind(key.created_at)
    .bind(key.active_at)
    .bind(key.retired_at)
    .bind(key.removed_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Says when the older keys of an algorithm stop to sign and to be published, because a newer one takes over then.
pub async fn retire_before(
    conn: &mut Conn,
    algorithm: &str,
    active_at: Timestamp,
    removed_at: Timestamp,
) -> Result<()> {
    sqlx::query(
        "UPDATE signing_key SET retired_at = $2, removed_at = $3
          WHERE algorithm = $1 AND active_at < $2 AND retired_at IS NULL",
    )
    .bind(algorithm)
    .bind(active_at)
    .bind(removed_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets keys that are published no more since before a moment.
pub async fn delete_removed(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    Ok(sqlx::query("DELETE FROM signing_key WHERE removed_at < $1").bind(before).execute(conn).await?.rows_affected())
}
