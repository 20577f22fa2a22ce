//! Clients with their secrets, redirect URIs and origins.

use std::sync::Arc;

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::oidc::client::metadata::{Client, ClientKind, ClientMetadata};
use crate::store::db::{Change, Conn, Error, Json, Result, Tx};

/// A client, with the hashes that its secrets are compared with.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The client.
    pub client: Arc<Client>,
    /// The hashes of its secrets that are valid.
    pub secrets: Vec<TokenHash>,
    /// Whether it is declared in the configuration file.
    pub declared: bool,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Id,
    client_id: String,
    name: String,
    kind: ClientKind,
    metadata: Json<ClientMetadata>,
    first_party_at: Option<Timestamp>,
    declared_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    disabled_at: Option<Timestamp>,
    part: Option<String>,
    value: Option<String>,
}

/// Selects a client with each of its parts in a separate row, so that one statement reads it completely.
fn select(rest: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!(
        "SELECT c.id, c.client_id, c.name, c.kind, c.metadata, c.first_party_at, c.declared_at, c.created_at, c.updated_at,
                c.disabled_at, p.part, p.value
           FROM client c LEFT JOIN (
                SELECT client_row, kind AS part, uri AS value FROM client_redirect_uri
                UNION ALL SELECT client_row, 'origin', origin FROM client_origin
                UNION ALL SELECT client_row, 'secret', hash FROM client_secret
                    WHERE hash IS NOT NULL AND (expires_at IS NULL OR expires_at > $1)
           ) p ON p.client_row = c.id WHERE {rest} ORDER BY c.id, p.part, p.value"
    ))
}

fn assemble(rows: Vec<Row>) -> Result<Vec<Registered>> {
    let mut clients: Vec<Registered> = Vec::new();
    for row in rows {
        if clients.last().is_none_or(|last| last.client.id != row.id) {
            clients.push(Registered {
                client: Arc::new(Client {
                    id: row.id,
                    client_id: row.client_id,
                    name: row.name,
                    kind: row.kind,
                    metadata: row.metadata.0,
                    redirect_uris: Vec::new(),
                    post_logout_redirect_uris: Vec::new(),
                    origins: Vec::new(),
                    first_party: row.first_party_at.is_some(),
                    disabled: row.disabled_at.is_some(),
                    has_secret: false,
                    created_at: row.created_at,
                }),
                secrets: Vec::new(),
                declared: row.declared_at.is_some(),
                updated_at: row.updated_at,
            });
        }
        let (Some(last), Some(part), Some(value)) = (clients.last_mut(), row.part, row.value) else { continue };
        // Nobody else has it yet.
        let client = Arc::make_mut(&mut last.client);
        match part.as_str() {
            "redirect" => client.redirect_uris.push(value),
            "post_logout" => client.post_logout_redirect_uris.push(value),
            "origin" => client.origins.push(value),
            "secret" => {
                client.has_secret = true;
                last.secrets.push(TokenHash::stored(value));
            }
            _ => return Err(Error::Corrupt("client_redirect_uri.kind".into())),
        }
    }
    Ok(clients)
}

/// The client with this `client_id`.
pub async fn find(conn: &mut Conn, client_id: &str, now: Timestamp) -> Result<Option<Registered>> {
    let rows = sqlx::query_as(select("c.client_id = $2")).bind(now).bind(client_id).fetch_all(conn).await?;
    Ok(assemble(rows)?.pop())
}

/// A client by its row.
pub async fn find_by_row(conn: &mut Conn, client_row: &Id, now: Timestamp) -> Result<Option<Registered>> {
    let rows = sqlx::query_as(select("c.id = $2")).bind(now).bind(client_row).fetch_all(conn).await?;
    Ok(assemble(rows)?.pop())
}

/// Whether a client to which a user has signed in, or has allowed something, requires a second factor.
pub async fn any_requires_second_factor(conn: &mut Conn, user: &Id) -> Result<bool> {
    let rows: Vec<(Json<ClientMetadata>,)> = sqlx::query_as(
        "SELECT metadata FROM client WHERE id IN (
            SELECT client_row FROM consent WHERE user_id = $1 UNION SELECT client_row FROM client_grant WHERE user_id = $1)",
    )
    .bind(user)
    .fetch_all(conn)
    .await?;
    Ok(rows.iter().any(|row| row.0.0.require_second_factor))
}

/// All clients, in the order of creation.
pub async fn list(conn: &mut Conn, now: Timestamp) -> Result<Vec<Registered>> {
    assemble(sqlx::query_as(select("1 = 1")).bind(now).fetch_all(conn).await?)
}

/// Whether scripts of this origin may call the token endpoint: an enabled client has registered the origin.
pub async fn is_origin(conn: &mut Conn, origin: &str) -> Result<bool> {
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT o.origin FROM client_origin o JOIN client c ON c.id = o.client_row
          WHERE o.origin = $1 AND c.disabled_at IS NULL LIMIT 1",
    )
    .bind(origin)
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// Adds a client; `Conflict` if its name is taken.
pub async fn insert(conn: &mut Conn, client: &Client, declared: bool, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO client (id, client_id, name, kind, metadata, first_party_at, declared_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
    )
    .bind(&client.id)
    .bind(&client.client_id)
    .bind(&client.name)
    .bind(client.kind)
    .bind(Json(&client.metadata))
    .bind(client.first_party.then_some(now))
    .bind(declared.then_some(now))
    .bind(now)
    .execute(&mut *conn)
    .await?;
    insert_parts(conn, client).await
}

/// Replaces everything stored about a client that the configuration file declares, except its row id.
pub async fn replace_declared(conn: &mut Conn, client: &Client, now: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE client SET name = $2, kind = $3, metadata = $4, first_party_at = $5, declared_at = $6, updated_at = $6,
                           disabled_at = NULL WHERE id = $1",
    )
    .bind(&client.id)
    .bind(&client.name)
    .bind(client.kind)
    .bind(Json(&client.metadata))
    .bind(client.first_party.then_some(now))
    .bind(now)
    .execute(&mut *conn)
    .await?;
    delete_secrets(conn, &client.id).await?;
    replace_parts(conn, client).await
}

/// Replaces what is stored about a client, except its secrets and whether it is disabled.
pub async fn replace(conn: &mut Conn, client: &Client, now: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE client SET name = $2, kind = $3, metadata = $4, updated_at = $5,
                first_party_at = CASE WHEN $6 = 'yes' THEN COALESCE(first_party_at, $5) END WHERE id = $1",
    )
    .bind(&client.id)
    .bind(&client.name)
    .bind(client.kind)
    .bind(Json(&client.metadata))
    .bind(now)
    .bind(if client.first_party { "yes" } else { "no" })
    .execute(&mut *conn)
    .await?;
    replace_parts(conn, client).await
}

async fn replace_parts(conn: &mut Conn, client: &Client) -> Result<()> {
    for part in ["client_redirect_uri", "client_origin"] {
        let sql = sqlx::AssertSqlSafe(format!("DELETE FROM {part} WHERE client_row = $1"));
        sqlx::query(sql).bind(&client.id).execute(&mut *conn).await?;
    }
    insert_parts(conn, client).await
}

async fn insert_parts(conn: &mut Conn, client: &Client) -> Result<()> {
    for (kind, uris) in [("redirect", &client.redirect_uris), ("post_logout", &client.post_logout_redirect_uris)] {
        for uri in uris {
            sqlx::query(
                "INSERT INTO client_redirect_uri (client_row, kind, uri) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            )
            .bind(&client.id)
            .bind(kind)
            .bind(uri)
            .execute(&mut *conn)
            .await?;
        }
    }
    for origin in &client.origins {
        sqlx::query("INSERT INTO client_origin (client_row, origin) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(&client.id)
            .bind(origin)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// A secret to be stored.
#[derive(Clone, Debug)]
pub struct NewSecret {
    /// Its hash.
    pub hash: TokenHash,
    /// Its last characters, if they give away nothing of it.
    pub ending: Option<String>,
    /// When it stops working, if it does by itself.
    pub expires_at: Option<Timestamp>,
}

/// Gives a client a secret.
pub async fn insert_secret(
    conn: &mut Conn,
    id: &Id,
    client_row: &Id,
    secret: &NewSecret,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO client_secret (id, client_row, hash, ending, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id)
    .bind(client_row)
    .bind(&secret.hash)
    .bind(&secret.ending)
    .bind(now)
    .bind(secret.expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// A secret of a client, without the secret.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Secret {
    /// The row.
    pub id: Id,
    /// Its last characters, if they were stored.
    pub ending: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working, if it does by itself.
    pub expires_at: Option<Timestamp>,
}

impl Secret {
    /// Whether it works at this moment.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| at > now)
    }
}

/// The secrets of a client, oldest first; those that have expired are among them.
pub async fn secrets(conn: &mut Conn, client_row: &Id) -> Result<Vec<Secret>> {
    Ok(sqlx::query_as(
        "SELECT id, ending, created_at, expires_at FROM client_secret WHERE client_row = $1 ORDER BY created_at, id",
    )
    .bind(client_row)
    .fetch_all(conn)
    .await?)
}

/// A secret that somebody has tried.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Whose {
    /// The row of the client that it belongs to.
    pub client_row: Id,
    /// The name of that client in requests.
    pub client_id: String,
    /// The row of the secret.
    pub secret: Id,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// Whose secret this is, even if it has expired.
pub async fn whose_secret(conn: &mut Conn, hash: &TokenHash) -> Result<Option<Whose>> {
    let sql = "SELECT s.client_row, c.client_id, s.id AS secret, s.expires_at
                 FROM client_secret s JOIN client c ON c.id = s.client_row WHERE s.hash = $1 LIMIT 1";
    Ok(sqlx::query_as(sql).bind(hash).fetch_optional(conn).await?)
}

/// Removes a secret.
pub async fn delete_secret(conn: &mut Conn, id: &Id) -> Result<()> {
    sqlx::query("DELETE FROM client_secret WHERE id = $1").bind(id).execute(conn).await?;
    Ok(())
}

/// Removes all secrets of a client.
pub async fn delete_secrets(conn: &mut Conn, client_row: &Id) -> Result<()> {
    sqlx::query("DELETE FROM client_secret WHERE client_row = $1").bind(client_row).execute(conn).await?;
    Ok(())
}

/// Disables a client, which then stops working. Returns since when it is disabled, if it exists.
pub async fn disable(conn: &mut Conn, client_row: &Id, now: Timestamp) -> Result<Option<Timestamp>> {
    let row: Option<(Timestamp,)> =
        sqlx::query_as("UPDATE client SET disabled_at = COALESCE(disabled_at, $2) WHERE id = $1 RETURNING disabled_at")
            .bind(client_row)
            .bind(now)
            .fetch_optional(conn)
            .await?;
    Ok(row.map(|row| row.0))
}

/// Enables a client again; returns whether it was disabled.
pub async fn enable(conn: &mut Conn, client_row: &Id, now: Timestamp) -> Result<bool> {
    let done =
        sqlx::query("UPDATE client SET disabled_at = NULL, updated_at = $2 WHERE id = $1 AND disabled_at IS NOT NULL")
            .bind(client_row)
            .bind(now)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes some grants and consents of a client that has been disabled since a moment, with everything that depends on
/// them; returns whether there may be more.
#[derive(Clone, Debug)]
pub struct DeleteParts {
    /// The client's row.
    pub client_row: Id,
    /// Since when it is disabled.
    pub disabled_at: Timestamp,
    /// How many of each are removed at most.
    pub rows: i64,
}

impl Change for DeleteParts {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let mut more = false;
        for table in ["client_grant", "consent"] {
            let sql = format!(
                "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE client_row = $1 LIMIT $2)
                    AND EXISTS (SELECT 1 FROM client WHERE id = $1 AND disabled_at = $3)"
            );
            let sql =
                sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&self.client_row).bind(self.rows).bind(self.disabled_at);
            more |= sql.execute(&mut **tx).await?.rows_affected() == self.rows.unsigned_abs();
        }
        Ok(more)
    }
}

/// Removes a client that has been disabled since this moment, with everything that depends on it; returns whether there
/// was such a client.
pub async fn delete(conn: &mut Conn, client_row: &Id, disabled_at: Timestamp) -> Result<bool> {
    let sql = sqlx::query("DELETE FROM client WHERE id = $1 AND disabled_at = $2").bind(client_row).bind(disabled_at);
    Ok(sql.execute(conn).await?.rows_affected() == 1)
}
