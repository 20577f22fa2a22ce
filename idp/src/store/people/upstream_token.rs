//! The tokens that providers have given for accounts there, sealed.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Change, Conn, Result, Tx};

/// The tokens of an account at another provider.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct UpstreamToken {
    /// The row.
    pub id: Id,
    /// The account; `None` if they are to be revoked.
    pub account_id: Option<Id>,
    /// The name of the provider in the configuration.
    pub provider: String,
    /// What was given.
    pub sealed: String,
    /// Since when they are kept.
    pub kept_at: Timestamp,
    /// When it was last noted that a client has got one.
    pub given_at: Option<Timestamp>,
    /// Until when one process alone asks the provider.
    pub busy_until: Option<Timestamp>,
    /// How often they could not be revoked.
    pub tries: i64,
}

const COLUMNS: &str = "id, account_id, provider, sealed, kept_at, given_at, busy_until, tries";

/// Tokens that were given just now.
#[derive(Clone, Debug)]
pub struct NewUpstreamToken {
    /// The row.
    pub id: Id,
    /// What was given.
    pub sealed: String,
}

/// The tokens of an account.
pub async fn of_account(conn: &mut Conn, account: &Id) -> Result<Option<UpstreamToken>> {
    let sql = format!("SELECT {COLUMNS} FROM upstream_token WHERE account_id = $1");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(account).fetch_optional(conn).await?)
}

/// Keeps the tokens of an account, which has none yet.
pub async fn insert(
    conn: &mut Conn,
    account: &Id,
    provider: &str,
    new: &NewUpstreamToken,
    now: Timestamp,
) -> Result<()> {
    sqlx::query("INSERT INTO upstream_token (id, account_id, provider, sealed, kept_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(&new.id)
        .bind(account)
        .bind(provider)
        .bind(&new.sealed)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Puts others in the place of the tokens of a row, if those are the same still; returns whether they were. Whoever had them for itself lets go.
pub async fn replace(conn: &mut Conn, id: &Id, before: &str, sealed: &str, now: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE upstream_token SET sealed = $3, kept_at = $4, busy_until = NULL WHERE id = $1 AND sealed = $2",
    )
    .bind(id)
    .bind(before)
    .bind(sealed)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes the tokens of a row, if they are the same still.
#[derive(Clone, Debug)]
pub struct Forget {
    /// The row.
    pub id: Id,
    /// What it holds.
    pub sealed: String,
}

impl Change for Forget {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        sqlx::query("DELETE FROM upstream_token WHERE id = $1 AND sealed = $2")
            .bind(&self.id)
            .bind(&self.sealed)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}

/// Takes a row for one process, if nobody has it and the tokens are the same still; returns whether it was taken.
#[derive(Clone, Debug)]
pub struct Take {
    /// The row.
    pub id: Id,
    /// What it holds.
    pub sealed: String,
    /// Until when it is taken, whatever happens.
    pub until: Timestamp,
}

impl Change for Take {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let now = tx.now();
        let done = sqlx::query(
            "UPDATE upstream_token SET busy_until = $3
              WHERE id = $1 AND sealed = $2 AND (busy_until IS NULL OR busy_until <= $4)",
        )
        .bind(&self.id)
        .bind(&self.sealed)
        .bind(self.until)
        .bind(now)
        .execute(&mut **tx)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// Lets go of a row whose tokens stay as they are.
#[derive(Clone, Debug)]
pub struct LetGo {
    /// The row.
    pub id: Id,
    /// After which moment the provider is asked again; `None` if at once.
    pub again_at: Option<Timestamp>,
    /// How often they could not be revoked.
    pub tries: i64,
}

impl Change for LetGo {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        sqlx::query("UPDATE upstream_token SET busy_until = $2, tries = $3 WHERE id = $1")
            .bind(&self.id)
            .bind(self.again_at)
            .bind(self.tries)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}

/// Notes that a client has got a token.
pub async fn note_given(conn: &mut Conn, id: &Id, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE upstream_token SET given_at = $2 WHERE id = $1").bind(id).bind(now).execute(conn).await?;
    Ok(())
}

/// Tokens that are to be revoked, and that no process is asking about.
pub async fn ended(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<UpstreamToken>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM upstream_token
          WHERE account_id IS NULL AND (busy_until IS NULL OR busy_until <= $1) ORDER BY id LIMIT $2"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(now).bind(limit).fetch_all(conn).await?)
}

/// The providers of which tokens are kept for an account.
pub async fn providers(conn: &mut Conn) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT provider FROM upstream_token WHERE account_id IS NOT NULL";
    Ok(sqlx::query_scalar(sql).fetch_all(conn).await?)
}

/// Has all tokens of a provider revoked, since nobody may have them any more; returns how many.
#[derive(Clone, Debug)]
pub struct EndAll {
    /// The name of the provider.
    pub provider: String,
}

impl Change for EndAll {
    type Outcome = u64;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<u64> {
        let sql = "UPDATE upstream_token SET account_id = NULL WHERE provider = $1 AND account_id IS NOT NULL";
        Ok(sqlx::query(sql).bind(&self.provider).execute(&mut **tx).await?.rows_affected())
    }
}

/// The accounts of a user of which tokens are kept, and since when.
pub async fn of_user(conn: &mut Conn, user: &Id) -> Result<Vec<(Id, Timestamp)>> {
    let sql = "SELECT t.account_id, t.kept_at FROM upstream_token t JOIN upstream_account a ON a.id = t.account_id
                WHERE a.user_id = $1";
    Ok(sqlx::query_as(sql).bind(user).fetch_all(conn).await?)
}
