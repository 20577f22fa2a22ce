//! Resources that access tokens can be for.

use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::jose::Algorithm;
use crate::oidc::resource::Resource;
use crate::oidc::scope::ScopeSet;
use crate::store::db::{Conn, Error, Result};

/// A resource as it is stored.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The resource.
    pub resource: Resource,
    /// Whether it is declared in the configuration file.
    pub declared: bool,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    identifier: String,
    name: String,
    scope: ScopeSet,
    access_token_seconds: Option<i64>,
    signing_algorithm: Option<String>,
    declared_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl TryFrom<Row> for Registered {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let algorithm =
            |name: String| Algorithm::from_name(&name).ok_or(Error::Corrupt("resource.signing_algorithm".into()));
        let lifetime =
            |seconds| u64::try_from(seconds).map_err(|_| Error::Corrupt("resource.access_token_seconds".into()));
        Ok(Self {
            resource: Resource {
                identifier: row.identifier,
                name: row.name,
                scopes: row.scope,
                access_token: row.access_token_seconds.map(lifetime).transpose()?.map(Duration::from_secs),
                algorithm: row.signing_algorithm.map(algorithm).transpose()?,
            },
            declared: row.declared_at.is_some(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// All resources, in the order of their identifiers.
pub async fn list(conn: &mut Conn) -> Result<Vec<Registered>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT identifier, name, scope, access_token_seconds, signing_algorithm, declared_at, created_at, updated_at
           FROM resource ORDER BY identifier",
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Registered::try_from).collect()
}

/// Writes a resource, and replaces any earlier one.
pub async fn put(conn: &mut Conn, resource: &Resource, declared: bool, now: Timestamp) -> Result<()> {
    let seconds = |lifetime: Duration| i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO resource (identifier, name, scope, access_token_seconds, signing_algorithm, declared_at, created_at,
                               updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
         ON CONFLICT (identifier) DO UPDATE SET name = excluded.name, scope = excluded.scope,
             access_token_seconds = excluded.access_token_seconds, signing_algorithm = excluded.signing_algorithm,
             declared_at = excluded.declared_at, updated_at = excluded.updated_at",
    )
    .bind(&resource.identifier)
    .bind(&resource.name)
    .bind(&resource.scopes)
    .bind(resource.access_token.map(seconds))
    .bind(resource.algorithm.map(Algorithm::as_str))
    .bind(declared.then_some(now))
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a resource; returns whether it existed.
pub async fn delete(conn: &mut Conn, identifier: &str) -> Result<bool> {
    let done = sqlx::query("DELETE FROM resource WHERE identifier = $1").bind(identifier).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}
