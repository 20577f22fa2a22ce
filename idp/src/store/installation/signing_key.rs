//! Signing keys and their states: published before use, in use, retired until the last token has expired, or revoked at
//! once.

use serde_json::Value;

use crate::base::clock::Timestamp;
use crate::store::db::{Change, Conn, Error, Json, Result, Tx};
use crate::store::installation;

/// A signing key as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SigningKey {
    /// Names the key in tokens.
    pub kid: String,
    /// The JOSE name of its algorithm; a newer release may know others.
    pub algorithm: String,
    /// PKCS #8, sealed.
    pub sealed_private: String,
    /// The public JWK.
    #[sqlx(try_from = "Json<Value>")]
    pub public_jwk: Value,
    /// From when it is published.
    pub created_at: Timestamp,
    /// From when it signs.
    pub active_at: Timestamp,
    /// From when it no longer signs.
    pub retired_at: Option<Timestamp>,
    /// From when it is no longer published.
    pub removed_at: Option<Timestamp>,
    /// Since when it is no longer trusted. A revoked key is also removed.
    pub revoked_at: Option<Timestamp>,
}

impl SigningKey {
    /// Whether it is published at this moment.
    pub fn is_published(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.removed_at.is_none_or(|at| at > now)
    }
}

/// The key that signs with this algorithm at this moment; `keys` are in the order in which they begin to sign.
pub fn signer<'a>(keys: &'a [SigningKey], algorithm: &str, now: Timestamp) -> Option<&'a SigningKey> {
    let mut published = keys.iter().filter(|key| key.algorithm == algorithm && key.is_published(now));
    let first = published.clone().next();
    // If the clock has jumped back to before the first key begins to sign, that key signs all the same.
    published.rfind(|key| key.active_at <= now).or(first)
}

const COLUMNS: &str =
    "kid, algorithm, sealed_private, public_jwk, created_at, active_at, retired_at, removed_at, revoked_at";

/// The installation fact that counts the changes to the keys.
const GENERATION: &str = "signing_key.generation";

/// Locks the keys against changes by other transactions until the end of this one.
pub async fn in_turn(conn: &mut Conn) -> Result<()> {
    installation::in_turn(conn, "signing_key").await
}

/// The number of changes to the keys so far: each process notices a change by this number.
pub async fn generation(conn: &mut Conn) -> Result<i64> {
    let written = installation::find(conn, GENERATION).await?;
    written.map_or(Ok(0), |text| text.parse().map_err(|_| Error::Corrupt(GENERATION.into())))
}

/// All stored keys, in the order in which they begin to sign.
pub async fn list(conn: &mut Conn) -> Result<Vec<SigningKey>> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM signing_key ORDER BY active_at, kid"));
    Ok(sqlx::query_as(sql).fetch_all(conn).await?)
}

/// The newest key of an algorithm.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Newest {
    /// When it begins to sign.
    pub active_at: Timestamp,
    /// From when it is no longer published. There is no newer key; it retires because not every configuration has its
    /// algorithm.
    pub removed_at: Option<Timestamp>,
}

/// The newest key of an algorithm that was not revoked.
pub async fn newest(conn: &mut Conn, algorithm: &str) -> Result<Option<Newest>> {
    Ok(sqlx::query_as(
        "SELECT active_at, removed_at FROM signing_key WHERE algorithm = $1 AND revoked_at IS NULL
          ORDER BY active_at DESC LIMIT 1",
    )
    .bind(algorithm)
    .fetch_optional(conn)
    .await?)
}

/// When the next key of an algorithm after a moment begins to sign; revoked keys do not count.
pub async fn next_after(conn: &mut Conn, algorithm: &str, after: Timestamp) -> Result<Option<Timestamp>> {
    let row: (Option<Timestamp>,) = sqlx::query_as(
        "SELECT MIN(active_at) FROM signing_key WHERE algorithm = $1 AND active_at > $2 AND revoked_at IS NULL",
    )
    .bind(algorithm)
    .bind(after)
    .fetch_one(conn)
    .await?;
    Ok(row.0)
}

/// Adds a key after `known`, the newest one that the caller saw; `Conflict` if another key was added meanwhile, so that
/// replicas agree.
pub async fn insert_after(conn: &mut Conn, key: &SigningKey, known: Option<Timestamp>) -> Result<()> {
    in_turn(conn).await?;
    if newest(conn, &key.algorithm).await?.map(|newest| newest.active_at) != known {
        return Err(Error::Conflict);
    }
    sqlx::query(
        "INSERT INTO signing_key (kid, algorithm, sealed_private, public_jwk, created_at, active_at, retired_at, removed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&key.kid)
    .bind(&key.algorithm)
    .bind(&key.sealed_private)
    .bind(Json(&key.public_jwk))
    .bind(key.created_at)
    .bind(key.active_at)
    .bind(key.retired_at)
    .bind(key.removed_at)
    .execute(&mut *conn)
    .await?;
    installation::raise(conn, GENERATION).await
}

/// Sets when the older keys of an algorithm stop signing and being published, because a newer one takes over then.
/// Earlier times stay.
pub async fn retire_before(
    conn: &mut Conn,
    algorithm: &str,
    active_at: Timestamp,
    removed_at: Timestamp,
) -> Result<()> {
    sqlx::query(
        "UPDATE signing_key
            SET retired_at = CASE WHEN retired_at < $2 THEN retired_at ELSE $2 END,
                removed_at = CASE WHEN removed_at < $3 THEN removed_at ELSE $3 END
          WHERE algorithm = $1 AND active_at < $2 AND revoked_at IS NULL",
    )
    .bind(algorithm)
    .bind(active_at)
    .bind(removed_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Retires keys, and sets when they stop being published; earlier times stay in both cases.
#[derive(Clone, Debug)]
pub struct Retire {
    /// The keys.
    pub kids: Vec<String>,
    /// From when they no longer sign.
    pub retired_at: Timestamp,
    /// From when they are no longer published.
    pub removed_at: Timestamp,
}

impl Change for Retire {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        in_turn(tx).await?;
        for kid in &self.kids {
            sqlx::query(
                "UPDATE signing_key
                    SET retired_at = CASE WHEN retired_at < $2 THEN retired_at ELSE $2 END,
                        removed_at = CASE WHEN removed_at < $3 THEN removed_at ELSE $3 END
                  WHERE kid = $1 AND revoked_at IS NULL",
            )
            .bind(kid)
            .bind(self.retired_at)
            .bind(self.removed_at)
            .execute(&mut **tx)
            .await?;
        }
        installation::raise(tx, GENERATION).await
    }
}

/// Takes a key out of use at this moment; returns whether it was not revoked before. The previous release does not know
/// revocation, but sees that the key is no longer published.
pub async fn revoke(conn: &mut Conn, kid: &str, now: Timestamp) -> Result<bool> {
    in_turn(conn).await?;
    let done = sqlx::query(
        "UPDATE signing_key
            SET revoked_at = $2,
                retired_at = CASE WHEN retired_at < $2 THEN retired_at ELSE $2 END,
                removed_at = CASE WHEN removed_at < $2 THEN removed_at ELSE $2 END
          WHERE kid = $1 AND revoked_at IS NULL",
    )
    .bind(kid)
    .bind(now)
    .execute(&mut *conn)
    .await?;
    installation::raise(conn, GENERATION).await?;
    Ok(done.rows_affected() == 1)
}

/// Cancels the retirement of the key that was to retire at this moment: its successor has been revoked.
pub async fn reinstate(conn: &mut Conn, algorithm: &str, retired_at: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE signing_key SET retired_at = NULL, removed_at = NULL
          WHERE algorithm = $1 AND retired_at = $2 AND revoked_at IS NULL",
    )
    .bind(algorithm)
    .bind(retired_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes keys that stopped being published before a moment.
pub async fn delete_removed(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    Ok(sqlx::query("DELETE FROM signing_key WHERE removed_at < $1").bind(before).execute(conn).await?.rows_affected())
}
