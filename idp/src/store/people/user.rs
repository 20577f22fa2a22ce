//! Users and what they are found by.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::store::db::{Change, Conn, Json, Result, Tx};
use crate::store::people::channel_request;

/// A user.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct User {
    /// The row.
    pub id: Id,
    /// The subject that clients know: OIDC Core §2.
    pub sub: String,
    /// The standard claims, stored unchanged: OIDC Core §5.1.
    #[sqlx(try_from = "Json<Map<String, Value>>")]
    pub profile: Map<String, Value>,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When the profile changed last.
    pub updated_at: Timestamp,
    /// Since when the user may not sign in.
    pub disabled_at: Option<Timestamp>,
    /// Sessions and grants of an earlier generation are over.
    pub generation: i64,
}

impl User {
    /// The tag of the language that the user has chosen: `locale` of OIDC Core §5.1.
    pub fn locale(&self) -> Option<&str> {
        self.profile.get("locale")?.as_str()
    }
}

/// The kinds of identifiers of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentifierKind {
    /// A name of the user's choice.
    Username,
    /// An email address.
    Email,
    /// A telephone number in E.164.
    Phone,
    /// One that a newer release has written.
    Other(String),
}

impl IdentifierKind {
    /// The kind as it is stored.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Username => "username",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Other(name) => name,
        }
    }
}

impl From<String> for IdentifierKind {
    fn from(name: String) -> Self {
        let known = [Self::Username, Self::Email, Self::Phone].into_iter().find(|kind| kind.as_str() == name);
        known.unwrap_or(Self::Other(name))
    }
}

impl Serialize for IdentifierKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One of a user's identifiers.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Identifier {
    /// What it is.
    #[sqlx(try_from = "String")]
    pub kind: IdentifierKind,
    /// As the user wrote it.
    pub as_written: String,
    /// The form in which it is compared.
    pub normalised: String,
    /// The form in which lookalikes are equal.
    pub skeleton: String,
    /// When the user proved ownership of it.
    pub verified_at: Option<Timestamp>,
}

impl Identifier {
    /// Whether it is an email address.
    pub fn is_email(&self) -> bool {
        self.kind == IdentifierKind::Email
    }
}

const COLUMNS: &str = "u.id, u.sub, u.profile, u.created_at, u.updated_at, u.disabled_at, u.generation";

pub(super) fn select(rest: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM user_account u {rest}"))
}

/// What is remembered of the factors of a user that are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Protection {
    /// Since when they protected the account.
    pub since: Timestamp,
    /// Factors that were added until this moment stand in for them.
    pub until: Timestamp,
}

/// Remembers in which session a user has removed a factor.
pub async fn note_removed_in(conn: &mut Conn, user: &Id, session: &Id) -> Result<()> {
    sqlx::query("UPDATE user_account SET protected_in = $2 WHERE id = $1")
        .bind(user)
        .bind(session)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets that a user has removed a factor in this session.
pub async fn forget_removed_in(conn: &mut Conn, user: &Id, session: &Id) -> Result<()> {
    let sql = "UPDATE user_account SET protected_in = NULL WHERE id = $1 AND protected_in = $2";
    sqlx::query(sql).bind(user).bind(session).execute(conn).await?;
    Ok(())
}

/// Whether a user has removed a factor in this session, the last that was removed.
pub async fn has_removed_in(conn: &mut Conn, user: &Id, session: &Id) -> Result<bool> {
    let row: Option<(String,)> = sqlx::query_as("SELECT id FROM user_account WHERE id = $1 AND protected_in = $2")
        .bind(user)
        .bind(session)
        .fetch_optional(conn)
        .await?;
    Ok(row.is_some())
}

/// What is remembered of the factors of a user that are gone; `None` if nothing is.
pub async fn protection(conn: &mut Conn, user: &Id) -> Result<Option<Protection>> {
    Ok(sqlx::query_as(
        "SELECT protected_since AS since, protected_until AS until FROM user_account
          WHERE id = $1 AND protected_since IS NOT NULL AND protected_until IS NOT NULL",
    )
    .bind(user)
    .fetch_optional(conn)
    .await?)
}

/// Remembers factors of a user, with what is remembered of others. The caller holds the user's row.
pub async fn note_protection(conn: &mut Conn, user: &Id, new: Protection) -> Result<()> {
    let before = protection(&mut *conn, user).await?.unwrap_or(new);
    sqlx::query("UPDATE user_account SET protected_since = $2, protected_until = $3 WHERE id = $1")
        .bind(user)
        .bind(new.since.min(before.since))
        .bind(new.until.max(before.until))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets what is remembered of the factors of a user.
pub async fn forget_protection(conn: &mut Conn, user: &Id) -> Result<()> {
    sqlx::query(
        "UPDATE user_account SET protected_since = NULL, protected_until = NULL, protected_in = NULL WHERE id = $1",
    )
    .bind(user)
    .execute(conn)
    .await?;
    Ok(())
}

/// A user by the row.
pub async fn find(conn: &mut Conn, id: &Id) -> Result<Option<User>> {
    Ok(sqlx::query_as(select("WHERE u.id = $1")).bind(id).fetch_optional(conn).await?)
}

/// The columns of an identifier `i` that may be absent.
pub(in crate::store) const IDENTIFIER_COLUMNS: &str = "i.kind, i.as_written, i.normalised, i.skeleton, i.verified_at";

/// An identifier from an outer join: a user without identifiers has one row with NULL in these columns.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct MaybeIdentifier {
    kind: Option<String>,
    as_written: Option<String>,
    normalised: Option<String>,
    skeleton: Option<String>,
    verified_at: Option<Timestamp>,
}

impl MaybeIdentifier {
    pub(in crate::store) fn into_identifier(self) -> Option<Identifier> {
        let Self { kind, as_written, normalised, skeleton, verified_at } = self;
        Some(Identifier {
            kind: kind?.into(),
            as_written: as_written?,
            normalised: normalised?,
            skeleton: skeleton?,
            verified_at,
        })
    }
}

/// A user by the row, with the identifiers, oldest first.
pub async fn find_with_identifiers(conn: &mut Conn, id: &Id) -> Result<Option<(User, Vec<Identifier>)>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS}, {IDENTIFIER_COLUMNS}
           FROM user_account u LEFT JOIN user_identifier i ON i.user_id = u.id WHERE u.id = $1 ORDER BY i.created_at, i.id"
    ));
    let rows: Vec<WithIdentifier> = sqlx::query_as(sql).bind(id).fetch_all(conn).await?;
    let mut found = None;
    for row in rows {
        let (_, identifiers) = found.get_or_insert_with(|| (row.user, Vec::new()));
        identifiers.extend(row.identifier.into_identifier());
    }
    Ok(found)
}

#[derive(sqlx::FromRow)]
struct WithIdentifier {
    #[sqlx(flatten)]
    user: User,
    #[sqlx(flatten)]
    identifier: MaybeIdentifier,
}

/// A user by the subject.
pub async fn find_by_sub(conn: &mut Conn, sub: &str) -> Result<Option<User>> {
    Ok(sqlx::query_as(select("WHERE u.sub = $1")).bind(sub).fetch_optional(conn).await?)
}

/// Finds a user by a normalised identifier of any kind. Email addresses and usernames never collide: only addresses
/// have an `@`.
pub async fn find_by_identifier(conn: &mut Conn, normalised: &str) -> Result<Option<User>> {
    let sql = select("JOIN user_identifier i ON i.user_id = u.id WHERE i.normalised = $1 ORDER BY i.created_at");
    Ok(sqlx::query_as(sql).bind(normalised).fetch_optional(conn).await?)
}

/// The user who may be signing in, with the data that the decision needs.
#[derive(sqlx::FromRow)]
pub struct Candidate {
    /// The user.
    #[sqlx(flatten)]
    pub user: User,
    /// The argon2id hash of the password in PHC form, if there is one.
    pub phc: Option<String>,
    /// When the user last signed in with the browser, if that is known.
    pub device_seen_at: Option<Timestamp>,
}

/// Finds the user of an identifier, and whether the browser is known: one statement, whether or not there is such a
/// user. The browser is known if the user has signed in with it since `known_since`, by its own row or, where an
/// earlier release wrote none, by its sessions, until all of these end.
pub async fn find_candidate(
    conn: &mut Conn,
    normalised: &str,
    browser: &TokenHash,
    known_since: Timestamp,
) -> Result<Option<Candidate>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS}, p.phc,
                COALESCE(
                    (SELECT d.last_seen_at FROM known_device d
                      WHERE d.browser_hash = $2 AND d.user_id = u.id AND d.last_seen_at > $3),
                    (SELECT MAX(s.auth_time) FROM browser b JOIN session s ON s.browser_id = b.id
                      WHERE b.secret_hash = $2 AND s.user_id = u.id AND s.generation = u.generation
                        AND s.auth_time > $3)) AS device_seen_at
           FROM user_identifier i JOIN user_account u ON u.id = i.user_id LEFT JOIN password p ON p.user_id = u.id
          WHERE i.normalised = $1 ORDER BY i.created_at"
    ));
    Ok(sqlx::query_as(sql).bind(normalised).bind(browser).bind(known_since).fetch_optional(conn).await?)
}

/// A user as lists show them.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The user.
    pub user: User,
    /// The identifiers, oldest first.
    pub identifiers: Vec<Identifier>,
    /// Whether a password is set.
    pub has_password: bool,
    /// Whether it is an anonymous account that nobody has kept.
    pub is_anonymous: bool,
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    #[sqlx(flatten)]
    user: User,
    #[sqlx(flatten)]
    identifier: MaybeIdentifier,
    password_of: Option<String>,
    anonymous_of: Option<String>,
}

/// The users after `after` with their identifiers, in the order of creation: one statement for all of them.
pub async fn entries(conn: &mut Conn, after: Option<&Id>, limit: i64) -> Result<Vec<Entry>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS}, {IDENTIFIER_COLUMNS}, p.user_id AS password_of, a.user_id AS anonymous_of
           FROM (SELECT {COLUMNS} FROM user_account u WHERE u.id > $1 ORDER BY u.id LIMIT $2) u
           LEFT JOIN user_identifier i ON i.user_id = u.id LEFT JOIN password p ON p.user_id = u.id
           LEFT JOIN anonymous_account a ON a.user_id = u.id
          ORDER BY u.id, i.created_at, i.id"
    ));
    let rows: Vec<EntryRow> =
        sqlx::query_as(sql).bind(after.map_or("", Id::as_str)).bind(limit).fetch_all(conn).await?;
    let mut entries: Vec<Entry> = Vec::new();
    for row in rows {
        if entries.last().is_none_or(|last| last.user.id != row.user.id) {
            let (has_password, is_anonymous) = (row.password_of.is_some(), row.anonymous_of.is_some());
            entries.push(Entry { user: row.user, identifiers: Vec::new(), has_password, is_anonymous });
        }
        if let Some(last) = entries.last_mut() {
            last.identifiers.extend(row.identifier.into_identifier());
        }
    }
    Ok(entries)
}

/// How many users there are.
pub async fn count(conn: &mut Conn) -> Result<i64> {
    let row: (i64,) = sqlx::query_as("SELECT COUNT(*) FROM user_account").fetch_one(conn).await?;
    Ok(row.0)
}

/// Adds a user; `Conflict` if the subject is taken.
pub async fn insert(conn: &mut Conn, user: &User, passkey_handle: &str) -> Result<()> {
    sqlx::query(
        "INSERT INTO user_account (id, sub, passkey_handle, profile, created_at, updated_at, disabled_at, generation)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&user.id)
    .bind(&user.sub)
    .bind(passkey_handle)
    .bind(Json(&user.profile))
    .bind(user.created_at)
    .bind(user.updated_at)
    .bind(user.disabled_at)
    .bind(user.generation)
    .execute(conn)
    .await?;
    Ok(())
}

/// The handle of a user in passkeys: a UUID, which tells an authenticator nothing about them (WebAuthn §14.6.1).
pub async fn passkey_handle(conn: &mut Conn, user: &Id) -> Result<Option<String>> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT passkey_handle FROM user_account WHERE id = $1").bind(user).fetch_optional(conn).await?;
    Ok(row.map(|row| row.0))
}

/// Gives a user an identifier; `Conflict` if another user has it.
pub async fn insert_identifier(
    conn: &mut Conn,
    id: &Id,
    user: &Id,
    identifier: &Identifier,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO user_identifier (id, user_id, kind, as_written, normalised, skeleton, created_at, verified_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id)
    .bind(user)
    .bind(identifier.kind.as_str())
    .bind(&identifier.as_written)
    .bind(&identifier.normalised)
    .bind(&identifier.skeleton)
    .bind(now)
    .bind(identifier.verified_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that a user owns an identifier, unless that was known.
pub async fn verify_identifier(conn: &mut Conn, user: &Id, identifier: &Identifier, now: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE user_identifier SET verified_at = $4
          WHERE user_id = $1 AND kind = $2 AND normalised = $3 AND verified_at IS NULL",
    )
    .bind(user)
    .bind(identifier.kind.as_str())
    .bind(&identifier.normalised)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes an identifier from a user.
pub async fn delete_identifier(conn: &mut Conn, user: &Id, identifier: &Identifier) -> Result<()> {
    sqlx::query("DELETE FROM user_identifier WHERE user_id = $1 AND kind = $2 AND normalised = $3")
        .bind(user)
        .bind(identifier.kind.as_str())
        .bind(&identifier.normalised)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that what relying parties learn about a user has changed.
pub async fn set_updated(conn: &mut Conn, user: &Id, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE user_account SET updated_at = $2 WHERE id = $1").bind(user).bind(now).execute(conn).await?;
    Ok(())
}

/// A user who has been disabled since a moment, and is to be deleted.
#[derive(Clone, Debug)]
pub struct Disabled {
    /// The user.
    pub user: Id,
    /// Since when.
    pub since: Timestamp,
}

/// The tables that may have very many rows of one user; those that depend on others come first.
pub const LARGE: [&str; 2] = ["client_grant", "session"];

/// Removes some rows of a user from a table, with everything that depends on them, unless the user was enabled again;
/// returns whether there may be more.
#[derive(Clone, Debug)]
pub struct DeletePart {
    /// The user.
    pub of: Disabled,
    /// The table, one of [`LARGE`].
    pub table: &'static str,
    /// How many rows are removed at most.
    pub rows: i64,
}

impl Change for DeletePart {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let Self { of: Disabled { user, since }, table, rows } = self;
        let sql = format!(
            "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE user_id = $1 LIMIT $2)
                AND EXISTS (SELECT 1 FROM user_account WHERE id = $1 AND disabled_at = $3)"
        );
        let sql = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(user).bind(rows).bind(since);
        Ok(sql.execute(&mut **tx).await?.rows_affected() == rows.unsigned_abs())
    }
}

/// Removes a user with everything that depends on them.
pub async fn delete(conn: &mut Conn, user: &Id) -> Result<()> {
    sqlx::query("DELETE FROM user_account WHERE id = $1").bind(user).execute(conn).await?;
    Ok(())
}

/// A user's identifiers, oldest first.
pub async fn identifiers(conn: &mut Conn, user: &Id) -> Result<Vec<Identifier>> {
    Ok(sqlx::query_as(
        "SELECT kind, as_written, normalised, skeleton, verified_at FROM user_identifier WHERE user_id = $1 ORDER BY created_at, id",
    )
    .bind(user)
    .fetch_all(conn)
    .await?)
}

/// The addresses that were added to an account lately, oldest first: those that nobody has proven, or only since a moment. One that the
/// account was made with is none, nor is one that took the place of an older one.
pub async fn recent_addresses(conn: &mut Conn, user: &Id, since: Timestamp) -> Result<Vec<Identifier>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT i.kind, i.as_written, i.normalised, i.skeleton, i.verified_at
           FROM user_identifier i JOIN user_account u ON u.id = i.user_id
          WHERE i.user_id = $1 AND i.kind = $2 AND COALESCE(i.since, {OWN_SINCE}, $3) >= $3
          ORDER BY i.created_at, i.id"
    ));
    Ok(sqlx::query_as(sql).bind(user).bind(IdentifierKind::Email.as_str()).bind(since).fetch_all(conn).await?)
}

/// Since when an address counts that took no other one's place: always if the account was made with it, never before it is proven.
const OWN_SINCE: &str = "CASE WHEN i.created_at = u.created_at THEN -1 ELSE i.verified_at END";

/// Since when an account has had an address that it was made with: before any moment.
pub const MADE_WITH: Timestamp = Timestamp::from_micros(-1);

/// Since when a user has had an address; `None` if there is none that anybody has proven.
pub async fn address_since(conn: &mut Conn, user: &Id) -> Result<Option<Timestamp>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT MIN(COALESCE(i.since, {OWN_SINCE})) FROM user_identifier i JOIN user_account u ON u.id = i.user_id
          WHERE i.user_id = $1 AND i.kind = $2"
    ));
    let row: (Option<Timestamp>,) =
        sqlx::query_as(sql).bind(user).bind(IdentifierKind::Email.as_str()).fetch_one(conn).await?;
    Ok(row.0)
}

/// Notes that the addresses of a user stand in for one that the user has had since a moment.
pub async fn note_address_since(conn: &mut Conn, user: &Id, since: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE user_identifier SET since = $3 WHERE user_id = $1 AND kind = $2 AND (since IS NULL OR since > $3)",
    )
    .bind(user)
    .bind(IdentifierKind::Email.as_str())
    .bind(since)
    .execute(conn)
    .await?;
    Ok(())
}

/// Disables or enables a user; returns whether that changed anything.
pub async fn set_disabled(conn: &mut Conn, user: &Id, disabled_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
    // After being enabled again, a user has to sign in: earlier sessions stay closed.
    let done = sqlx::query(
        "UPDATE user_account SET disabled_at = $2, updated_at = $3, generation = generation + 1
          WHERE id = $1 AND (disabled_at IS NULL) <> (CAST($2 AS BIGINT) IS NULL)",
    )
    .bind(user)
    .bind(disabled_at)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A user whose row is locked, so that no other transaction can change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Held {
    /// The present generation.
    pub generation: i64,
    /// Since when the user may not sign in.
    pub disabled_at: Option<Timestamp>,
}

impl Held {
    /// Whether a verification made when the user was of this generation still counts.
    pub fn may_still(self, generation: i64) -> bool {
        self.generation == generation && self.disabled_at.is_none()
    }
}

/// Locks the row of a user, if there is one, until the end of the transaction. A transaction does this first if it
/// reads a user's data and writes it back, changes several rows of a user, or writes because of an earlier
/// verification: no other transaction then writes in between, and two such transactions never deadlock.
pub async fn hold(conn: &mut Conn, user: &Id) -> Result<Option<Held>> {
    Ok(sqlx::query_as(
        "UPDATE user_account SET generation = generation WHERE id = $1 RETURNING generation, disabled_at",
    )
    .bind(user)
    .fetch_optional(conn)
    .await?)
}

/// Replaces a user's profile.
pub async fn set_profile(conn: &mut Conn, user: &Id, profile: &Map<String, Value>, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE user_account SET profile = $2, updated_at = $3 WHERE id = $1")
        .bind(user)
        .bind(Json(profile))
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// The word by which a user knows our letters, sealed.
pub async fn mail_word(conn: &mut Conn, user: &Id) -> Result<Option<String>> {
    let row: Option<(Option<String>,)> =
        sqlx::query_as("SELECT mail_word FROM user_account WHERE id = $1").bind(user).fetch_optional(conn).await?;
    Ok(row.and_then(|row| row.0))
}

/// Sets or removes that word.
pub async fn set_mail_word(conn: &mut Conn, user: &Id, sealed: Option<&str>) -> Result<()> {
    sqlx::query("UPDATE user_account SET mail_word = $2 WHERE id = $1").bind(user).bind(sealed).execute(conn).await?;
    Ok(())
}

/// How letters were written to a user before a change of that.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Former {
    /// The word, sealed.
    pub mail_word: Option<String>,
    /// The language.
    pub locale: Option<String>,
}

/// Keeps how letters are written to a user until a moment, before a change of that. What is kept already stays for that long: of several
/// changes the first may be a thief's. A word takes the place of none that was kept, since a letter without the one that its owner has just
/// chosen would look forged.
pub async fn keep_former(
    conn: &mut Conn,
    user: &Id,
    locale: Option<&str>,
    (now, until): (Timestamp, Timestamp),
) -> Result<()> {
    sqlx::query(
        "UPDATE user_account SET former_mail_word = COALESCE(CASE WHEN former_until > $3 THEN former_mail_word END, mail_word),
                                 former_locale = CASE WHEN former_until > $3 THEN former_locale ELSE $2 END,
                                 former_until = $4 WHERE id = $1",
    )
    .bind(user)
    .bind(locale)
    .bind(now)
    .bind(until)
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps for longer what is kept of how letters were written to a user.
pub async fn keep_former_for_longer(conn: &mut Conn, user: &Id, (now, until): (Timestamp, Timestamp)) -> Result<()> {
    let sql = "UPDATE user_account SET former_until = $3 WHERE id = $1 AND former_until > $2 AND former_until < $3";
    sqlx::query(sql).bind(user).bind(now).bind(until).execute(conn).await?;
    Ok(())
}

/// Forgets how letters were written to a user before a change of that.
pub async fn forget_former(conn: &mut Conn, user: &Id) -> Result<()> {
    sqlx::query(
        "UPDATE user_account SET former_mail_word = NULL, former_locale = NULL, former_until = NULL WHERE id = $1",
    )
    .bind(user)
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets what was kept of how letters were written until a moment.
pub async fn forget_expired_former(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "UPDATE user_account SET former_mail_word = NULL, former_locale = NULL, former_until = NULL
          WHERE former_until < $1 AND id IN (SELECT id FROM user_account WHERE former_until < $1 LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// How letters were written to a user before a change of that; `None` if that was long ago.
pub async fn former(conn: &mut Conn, user: &Id, now: Timestamp) -> Result<Option<Former>> {
    let sql = "SELECT former_mail_word AS mail_word, former_locale AS locale FROM user_account
                WHERE id = $1 AND former_until > $2";
    Ok(sqlx::query_as(sql).bind(user).bind(now).fetch_optional(conn).await?)
}

/// Gives a user the word of before again, if there was one.
pub async fn put_word_back(conn: &mut Conn, user: &Id) -> Result<()> {
    let sql = "UPDATE user_account SET mail_word = COALESCE(former_mail_word, mail_word) WHERE id = $1";
    sqlx::query(sql).bind(user).execute(conn).await?;
    Ok(())
}

/// Ends all sessions and grants that a user has.
pub async fn end_all(conn: &mut Conn, user: &Id) -> Result<()> {
    sqlx::query("UPDATE user_account SET generation = generation + 1 WHERE id = $1")
        .bind(user)
        .execute(&mut *conn)
        .await?;
    // A link of a bot, or a sign-in that was approved, may have been begun by whoever is to be out.
    channel_request::delete_of_user(conn, user).await
}
