//! The tokens that providers have given for accounts there, sealed.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Change, Conn, Result, Tx};

/// Who has given tokens, and to which client, as the settings of the provider said it then.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Giver {
    /// The name of the provider in the configuration.
    pub provider: String,
    /// Its issuer.
    pub issuer: String,
    /// Our client there.
    pub client_id: String,
}

/// The tokens of an account at another provider.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct UpstreamToken {
    /// The row.
    pub id: Id,
    /// The account; `None` if they are to be revoked.
    pub account_id: Option<Id>,
    /// Who has given them.
    #[sqlx(flatten)]
    pub giver: Giver,
    /// What was given.
    pub sealed: String,
    /// Since when they are kept.
    pub kept_at: Timestamp,
    /// Until when nobody else asks the provider about them.
    pub busy_until: Option<Timestamp>,
    /// How often they could not be revoked.
    pub tries: i64,
}

const COLUMNS: &str = "id, account_id, provider, issuer, client_id, sealed, kept_at, busy_until, tries";

/// Tokens that were given just now.
#[derive(Clone, Debug)]
pub struct NewUpstreamToken {
    /// The row.
    pub id: Id,
    /// Who has given them.
    pub giver: Giver,
    /// The hash of what the account there is known by.
    pub account_key: String,
    /// What was given.
    pub sealed: String,
}

/// The tokens of an account.
pub async fn of_account(conn: &mut Conn, account: &Id) -> Result<Option<UpstreamToken>> {
    let sql = format!("SELECT {COLUMNS} FROM upstream_token WHERE account_id = $1");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(account).fetch_optional(conn).await?)
}

/// Keeps the tokens of an account, which has none yet.
pub async fn insert(conn: &mut Conn, account: &Id, new: &NewUpstreamToken, now: Timestamp) -> Result<()> {
    // Revoking the ones of before would end these as well, at providers where one revocation ends all.
    sqlx::query("DELETE FROM upstream_token WHERE account_key = $1 AND account_id IS NULL")
        .bind(&new.account_key)
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "INSERT INTO upstream_token (id, account_id, provider, issuer, client_id, account_key, sealed, kept_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&new.id)
    .bind(account)
    .bind(&new.giver.provider)
    .bind(&new.giver.issuer)
    .bind(&new.giver.client_id)
    .bind(&new.account_key)
    .bind(&new.sealed)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Has the tokens of an account revoked, since it has others now, or none.
pub async fn end(conn: &mut Conn, id: &Id) -> Result<()> {
    sqlx::query("UPDATE upstream_token SET account_id = NULL, busy_until = NULL WHERE id = $1")
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Puts others in the place of the tokens of a row. The caller holds the row of its account's user.
pub async fn replace(conn: &mut Conn, id: &Id, sealed: &str, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE upstream_token SET sealed = $2, kept_at = $3 WHERE id = $1")
        .bind(id)
        .bind(sealed)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// The tokens of a row, whether its account is there still or not.
pub async fn find(conn: &mut Conn, id: &Id) -> Result<Option<UpstreamToken>> {
    let sql = format!("SELECT {COLUMNS} FROM upstream_token WHERE id = $1");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(conn).await?)
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
    /// After which moment nobody can have taken it, unless the clock was set back since.
    pub latest: Timestamp,
}

impl Change for Take {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let now = tx.now();
        let done = sqlx::query(
            "UPDATE upstream_token SET busy_until = $3
              WHERE id = $1 AND sealed = $2 AND (busy_until IS NULL OR busy_until <= $4 OR busy_until > $5)",
        )
        .bind(&self.id)
        .bind(&self.sealed)
        .bind(self.until)
        .bind(now)
        .bind(self.latest)
        .execute(&mut **tx)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// Lets go of a row, if it is this process that has it still.
pub async fn let_go(conn: &mut Conn, id: &Id, taken_until: Timestamp) -> Result<()> {
    sqlx::query("UPDATE upstream_token SET busy_until = NULL WHERE id = $1 AND busy_until = $2")
        .bind(id)
        .bind(taken_until)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that tokens could not be revoked, and when that is tried again.
#[derive(Clone, Debug)]
pub struct TryLater {
    /// The row.
    pub id: Id,
    /// When.
    pub at: Timestamp,
}

impl Change for TryLater {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        sqlx::query("UPDATE upstream_token SET busy_until = $2, tries = tries + 1 WHERE id = $1")
            .bind(&self.id)
            .bind(self.at)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}

/// The providers of which tokens are to be revoked.
pub async fn ended_providers(conn: &mut Conn) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT provider FROM upstream_token WHERE account_id IS NULL ORDER BY provider";
    Ok(sqlx::query_scalar(sql).fetch_all(conn).await?)
}

/// Tokens of a provider that are to be revoked, and that no process is asking about.
pub async fn ended(conn: &mut Conn, provider: &str, now: Timestamp, limit: i64) -> Result<Vec<UpstreamToken>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM upstream_token
          WHERE account_id IS NULL AND provider = $1 AND (busy_until IS NULL OR busy_until <= $2) ORDER BY id LIMIT $3"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(provider).bind(now).bind(limit).fetch_all(conn).await?)
}

/// Has some of the tokens of a provider revoked, since nobody may have them any more; returns how many.
#[derive(Clone, Debug)]
pub struct EndSome {
    /// The name of the provider.
    pub provider: String,
    /// How many at most.
    pub limit: i64,
}

impl Change for EndSome {
    type Outcome = u64;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<u64> {
        let done = sqlx::query(
            "UPDATE upstream_token SET account_id = NULL WHERE id IN (
                SELECT id FROM upstream_token WHERE provider = $1 AND account_id IS NOT NULL LIMIT $2)",
        )
        .bind(&self.provider)
        .bind(self.limit)
        .execute(&mut **tx)
        .await?;
        Ok(done.rows_affected())
    }
}

/// The accounts of a user of which tokens are kept, and since when.
pub async fn of_user(conn: &mut Conn, user: &Id) -> Result<Vec<(Id, Timestamp)>> {
    let sql = "SELECT t.account_id, t.kept_at FROM upstream_token t JOIN upstream_account a ON a.id = t.account_id
                WHERE a.user_id = $1";
    Ok(sqlx::query_as(sql).bind(user).fetch_all(conn).await?)
}
