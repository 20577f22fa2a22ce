//! Providers that were added by command, and those of the configuration file that are disabled.

use std::collections::BTreeMap;

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Conn, Json, Result};

/// Keys of the configuration with their values, written as in an environment variable.
pub type Keys = BTreeMap<String, String>;

/// A provider as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StoredUpstream {
    /// The row.
    pub id: Id,
    /// Its name in addresses.
    pub name: String,
    /// The keys that would stand in the configuration file, and their values; `None` if they do stand there.
    pub settings: Option<Json<Keys>>,
    /// Those that are secret, sealed.
    pub sealed_secrets: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
    /// Since when nobody comes in by it.
    pub disabled_at: Option<Timestamp>,
}

/// All of them, by their names.
pub async fn list(conn: &mut Conn) -> Result<Vec<StoredUpstream>> {
    let sql = "SELECT id, name, settings, sealed_secrets, created_at, disabled_at FROM upstream ORDER BY name";
    Ok(sqlx::query_as(sql).fetch_all(conn).await?)
}

/// Whether the provider of this name is disabled.
pub async fn is_disabled(conn: &mut Conn, name: &str) -> Result<bool> {
    let sql = "SELECT name FROM upstream WHERE name = $1 AND disabled_at IS NOT NULL";
    let row: Option<(String,)> = sqlx::query_as(sql).bind(name).fetch_optional(conn).await?;
    Ok(row.is_some())
}

/// Adds one, or writes what has changed of it.
pub async fn put(conn: &mut Conn, row: &StoredUpstream) -> Result<()> {
    sqlx::query(
        "INSERT INTO upstream (id, name, settings, sealed_secrets, created_at, disabled_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (name) DO UPDATE SET settings = excluded.settings, sealed_secrets = excluded.sealed_secrets,
             disabled_at = excluded.disabled_at",
    )
    .bind(&row.id)
    .bind(&row.name)
    .bind(&row.settings)
    .bind(&row.sealed_secrets)
    .bind(row.created_at)
    .bind(row.disabled_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes one.
pub async fn delete(conn: &mut Conn, id: &Id) -> Result<()> {
    sqlx::query("DELETE FROM upstream WHERE id = $1").bind(id).execute(conn).await?;
    Ok(())
}
