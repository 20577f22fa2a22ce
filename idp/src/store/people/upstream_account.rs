//! Accounts at other providers by which people sign in.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Change, Conn, Json, Result, Tx};
use crate::store::people::upstream_token::NewUpstreamToken;

/// What an account at another provider is known by: nothing of it can change, or be given to somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The name of the provider in the configuration.
    pub provider: String,
    /// Who says so: `iss`.
    pub issuer: String,
    /// Who it is there: `sub`, or what the provider has in its place.
    pub subject: String,
}

/// An account at another provider by which a user signs in.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct UpstreamAccount {
    /// The row.
    pub id: Id,
    /// Whose it is.
    pub user_id: Id,
    /// The name of the provider in the configuration.
    pub provider: String,
    /// Who says so: `iss`.
    pub issuer: String,
    /// What its person knows it by: an address or a name.
    pub shown_as: Option<String>,
    /// Since when it lets its user in.
    pub linked_at: Timestamp,
    /// When the user's account was made by it; `None` if it was linked to one that was there.
    pub joined_at: Option<Timestamp>,
    /// When it was last used to sign in.
    pub last_used_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, user_id, provider, issuer, shown_as, linked_at, joined_at, last_used_at";

/// The providers that there are, by name and issuer: an account at any other one lets nobody in. An issuer that differs between people is
/// written with a name in braces.
#[derive(Clone, Debug)]
pub struct Providers(pub Vec<(String, String)>);

impl Providers {
    /// Whether an account lets its user in.
    pub fn have(&self, account: &UpstreamAccount) -> bool {
        self.0.iter().any(|(name, issuers)| *name == account.provider && is_among(issuers, &account.issuer))
    }
}

fn is_among(issuers: &str, issuer: &str) -> bool {
    match issuers.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?.1))) {
        Some((before, after)) => issuer.strip_prefix(before).is_some_and(|rest| rest.ends_with(after)),
        None => issuers == issuer,
    }
}

/// An account to be linked to a user.
#[derive(Clone, Debug)]
pub struct NewUpstreamAccount {
    /// The row.
    pub id: Id,
    /// What it is known by.
    pub key: Key,
    /// What its person knows it by.
    pub shown_as: Option<String>,
    /// Whether the user's account is made by it.
    pub joins: bool,
    /// What the user's profile takes from it.
    pub taken: Option<Said>,
    /// The tokens that the provider has given, where they are kept.
    pub tokens: Option<NewUpstreamToken>,
}

/// What a provider says about its person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    /// What they are called.
    pub name: Option<String>,
    /// The tag of their language, one in which there are pages.
    pub locale: Option<String>,
}

/// The account of this key, whoever's it is.
pub async fn find(conn: &mut Conn, key: &Key) -> Result<Option<UpstreamAccount>> {
    let sql = format!("SELECT {COLUMNS} FROM upstream_account WHERE provider = $1 AND issuer = $2 AND subject = $3");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(&key.provider)
        .bind(&key.issuer)
        .bind(&key.subject)
        .fetch_optional(conn)
        .await?)
}

/// The accounts of a user, the oldest first.
pub async fn of_user(conn: &mut Conn, user: &Id) -> Result<Vec<UpstreamAccount>> {
    let sql = format!("SELECT {COLUMNS} FROM upstream_account WHERE user_id = $1 ORDER BY linked_at, id");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user).fetch_all(conn).await?)
}

/// Links an account to a user; returns `false` if it is linked already, to this user or another one.
pub async fn insert(conn: &mut Conn, user: &Id, new: &NewUpstreamAccount, now: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO upstream_account (id, user_id, provider, issuer, subject, shown_as, linked_at, joined_at, taken)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
    )
    .bind(&new.id)
    .bind(user)
    .bind(&new.key.provider)
    .bind(&new.key.issuer)
    .bind(&new.key.subject)
    .bind(&new.shown_as)
    .bind(now)
    .bind(new.joins.then_some(now))
    .bind(new.taken.as_ref().map(Json))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// All that is kept of an account that may be linked again.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Kept {
    /// The name of the provider in the configuration.
    pub provider: String,
    /// Who says so: `iss`.
    pub issuer: String,
    /// Who it is there.
    pub subject: String,
    /// What its person knows it by.
    pub shown_as: Option<String>,
    /// Since when it lets its user in.
    pub linked_at: Timestamp,
    /// When the user's account was made by it, if it was.
    pub joined_at: Option<Timestamp>,
    /// What the user's profile has taken from it, as it is stored.
    pub taken: Option<String>,
}

impl Kept {
    /// What the account there is known by.
    pub fn key(&self) -> Key {
        Key { provider: self.provider.clone(), issuer: self.issuer.clone(), subject: self.subject.clone() }
    }
}

/// All that is kept of an account of a user.
pub async fn whole(conn: &mut Conn, user: &Id, id: &Id) -> Result<Option<Kept>> {
    Ok(sqlx::query_as(
        "SELECT provider, issuer, subject, shown_as, linked_at, joined_at, taken FROM upstream_account
          WHERE id = $1 AND user_id = $2",
    )
    .bind(id)
    .bind(user)
    .fetch_optional(conn)
    .await?)
}

/// Links an account again as it was before. The caller has seen that nobody has it.
pub async fn put_back(conn: &mut Conn, id: &Id, user: &Id, before: &Kept) -> Result<()> {
    sqlx::query(
        "INSERT INTO upstream_account (id, user_id, provider, issuer, subject, shown_as, linked_at, joined_at, taken)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(id)
    .bind(user)
    .bind(&before.provider)
    .bind(&before.issuer)
    .bind(&before.subject)
    .bind(&before.shown_as)
    .bind(before.linked_at)
    .bind(before.joined_at)
    .bind(&before.taken)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes what the provider says, to be taken once the sign-in is complete.
#[derive(Clone, Debug)]
pub struct NoteTold {
    /// The account.
    pub id: Id,
    /// What it says.
    pub said: Said,
}

impl Change for NoteTold {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        sqlx::query("UPDATE upstream_account SET told = $2 WHERE id = $1")
            .bind(&self.id)
            .bind(Json(&self.said))
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}

/// What the provider of an account has said and was not taken yet, and what was taken before.
pub async fn told(conn: &mut Conn, id: &Id) -> Result<Option<(Said, Option<Said>)>> {
    let row: Option<(Json<Said>, Option<Json<Said>>)> =
        sqlx::query_as("SELECT told, taken FROM upstream_account WHERE id = $1 AND told IS NOT NULL")
            .bind(id)
            .fetch_optional(conn)
            .await?;
    Ok(row.map(|(told, taken)| (told.0, taken.map(|taken| taken.0))))
}

/// Notes what was taken.
pub async fn note_taken(conn: &mut Conn, id: &Id, taken: &Said) -> Result<()> {
    sqlx::query("UPDATE upstream_account SET told = NULL, taken = $2 WHERE id = $1")
        .bind(id)
        .bind(Json(taken))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that a user signs in by an account; returns whether it is still linked to them.
pub async fn note_use(conn: &mut Conn, user: &Id, id: &Id, now: Timestamp) -> Result<bool> {
    let done = sqlx::query("UPDATE upstream_account SET last_used_at = $3 WHERE id = $1 AND user_id = $2")
        .bind(id)
        .bind(user)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The name of the provider of an account.
pub async fn provider(conn: &mut Conn, id: &Id) -> Result<Option<String>> {
    let sql = "SELECT provider FROM upstream_account WHERE id = $1";
    Ok(sqlx::query_scalar(sql).bind(id).fetch_optional(conn).await?)
}

/// Removes an account from a user; returns whether it was there.
pub async fn delete(conn: &mut Conn, user: &Id, id: &Id) -> Result<bool> {
    let done = sqlx::query("DELETE FROM upstream_account WHERE id = $1 AND user_id = $2")
        .bind(id)
        .bind(user)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// How many accounts are linked, by provider.
pub async fn counts(conn: &mut Conn) -> Result<Vec<(String, i64)>> {
    Ok(sqlx::query_as("SELECT provider, COUNT(*) FROM upstream_account GROUP BY provider").fetch_all(conn).await?)
}

/// The names of the providers by which accounts are linked. There are few of them and many accounts, so the index is asked for the next
/// name each time.
pub async fn provider_names(conn: &mut Conn) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    loop {
        let after = names.last().map_or("", String::as_str);
        let sql = "SELECT provider FROM upstream_account WHERE provider > $1 ORDER BY provider LIMIT 1";
        let next: Option<String> = sqlx::query_scalar(sql).bind(after).fetch_optional(&mut *conn).await?;
        match next {
            Some(name) => names.push(name),
            None => return Ok(names),
        }
    }
}

/// How many accounts are linked by a provider.
pub async fn count(conn: &mut Conn, provider: &str) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM upstream_account WHERE provider = $1";
    Ok(sqlx::query_scalar(sql).bind(provider).fetch_one(conn).await?)
}
