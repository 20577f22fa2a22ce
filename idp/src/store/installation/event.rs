//! Events: one value for each important change of state, written in the transaction that makes the change.

use serde::Serialize;

use crate::base::clock::Timestamp;
use crate::base::encoding::{base64url, sha256};
use crate::base::id::Id;
use crate::oidc::scope::ScopeSet;
use crate::store::db::{Change, Conn, Result, Tx};
use crate::store::origin::Origin;
use crate::store::people::user::{self, Disabled, IdentifierKind};

/// An event.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(missing_docs)] // The variants' names say it; the fields are the rows that took part, by the names that are stored.
pub enum Event {
    UserCreated { user: Id },
    UserDisabled { user: Id },
    UserEnabled { user: Id },
    DeletionBegun { user: Id },
    UserDeleted { user: Id },
    UserUnlocked { user: Id },
    AnonymousAccountBegun { user: Id, client_row: Id, session: Id },
    AccountKept { user: Id },
    DeletionAsked { user: Id, due_at: String },
    DeletionTakenBack { user: Id },
    DataExported { user: Id },
    TermsAccepted { user: Id, version: String },
    TermsRefused { user: Id, version: String },
    InvitationCreated { invitation: String, uses: i64, roles: Vec<String> },
    InvitationUsed { user: Id, invitation: String },
    InvitationRevoked { invitation: String },
    IdentifierAdded { user: Id, identifier: IdentifierKind },
    IdentifierVerified { user: Id, identifier: IdentifierKind },
    IdentifierRemoved { user: Id, identifier: IdentifierKind },
    AddressTakenBack { user: Id },
    SessionEnded { user: Id, session: Id },
    AllSessionsEnded { user: Id, offline_access: bool },
    PasswordChanged { user: Id, keeps_others: bool },
    PasswordLinkSent { user: Id },
    PasswordLinkMade { user: Id },
    RecoveryBegun { user: Id },
    SignedIn { user: Id, session: Id, amr: Vec<String> },
    SignInFailed { user: Id, failures: i64 },
    UnknownNamesTried { tries: i64, networks: usize, loudest: Vec<(String, i64)> },
    StuffingSuspected { network: String, names: u64 },
    SprayingSuspected { names: u64 },
    GuessingSuspected { user: Id, networks: u64 },
    PasswordDoorClosed { user: Id },
    SecondFactorFailed { user: Id },
    PasskeyFailed { user: Id, passkey: String },
    MailCodeFailed { user: Id },
    AuthenticatorAdded { user: Id },
    AuthenticatorReplaced { user: Id },
    AuthenticatorRemoved { user: Id },
    RecoveryCodesMade { user: Id },
    RecoveryCodesPutBack { user: Id },
    RecoveryCodeUsed { user: Id, left: i64 },
    PasskeyAdded { user: Id, passkey: String },
    PasskeyCreatedAutomatically { user: Id, passkey: String },
    PasskeyRenamed { user: Id, passkey: String },
    PasskeyRemoved { user: Id, passkey: String },
    PasskeyCounterFell { user: Id, passkey: String },
    BrowserTrusted { user: Id },
    BrowserForgotten { user: Id },
    UpstreamLinked { user: Id, upstream: String },
    UpstreamUnlinked { user: Id, upstream: String },
    UpstreamChangeUndone { user: Id, upstream: String },
    UpstreamTokenGiven { user: Id, client_row: Id, upstream: String },
    ChannelBound { user: Id, channel: String },
    ChannelUnbound { user: Id, channel: String },
    ChannelSignInRefused { user: Id, channel: String },
    FactorsReset { user: Id },
    SignedOut { user: Id, session: Id },
    SignedOutElsewhere { user: Id, session: Id },
    ConsentGiven { user: Id, client_row: Id, scope: ScopeSet },
    ConsentRefused { user: Id, client_row: Id },
    ConsentWithdrawn { user: Id, client_row: Id },
    ProfileChanged { user: Id },
    RoleGiven { user: Id, role: String },
    RoleTaken { user: Id, role: String },
    CodeReplayed(OfGrant),
    CodeBurnt(OfGrant),
    RefreshTokenReplayed(OfGrant),
    GrantRevoked(OfGrant),
    ClientCreated { client_row: Id },
    ClientChanged { client_row: Id },
    ClientDisabled { client_row: Id },
    ClientEnabled { client_row: Id },
    ClientSecretAdded { client_row: Id, secret: String },
    ClientSecretRemoved { client_row: Id, secret: String },
    ClientRemoved { client_row: Id },
    ResourceCreated { resource: String },
    ResourceChanged { resource: String },
    ResourceRemoved { resource: String },
    UpstreamCreated { upstream: String },
    UpstreamChanged { upstream: String },
    UpstreamDisabled { upstream: String },
    UpstreamEnabled { upstream: String },
    UpstreamRemoved { upstream: String },
    UpstreamTokensEnded { upstream: String, tokens: u64 },
    SigningKeyCreated { kid: String },
    SigningKeyRevoked { kid: String },
    LetterRetried { letter: String },
    LetterDiscarded { letter: String },
    LogLevelChanged { level: String },
    MaintenanceBegan,
    MaintenanceEnded,
    Restored,
}

/// A grant that an event is about, with its user, whose deletion forgets from where the event came.
#[derive(Clone, Debug, Serialize)]
pub struct OfGrant {
    /// The user.
    pub user: Id,
    /// The grant.
    pub grant: Id,
    /// The client's row.
    pub client_row: Id,
}

impl Event {
    /// What an event is of: a user, a client, a session.
    #[expect(clippy::too_many_lines, reason = "a table, with a line for each event")]
    fn subjects(&self) -> (Option<&Id>, Option<&Id>, Option<&Id>) {
        match self {
            Self::UserCreated { user }
            | Self::UserDisabled { user }
            | Self::UserEnabled { user }
            | Self::DeletionBegun { user }
            | Self::UserDeleted { user }
            | Self::UserUnlocked { user }
            | Self::AccountKept { user }
            | Self::DeletionAsked { user, .. }
            | Self::DeletionTakenBack { user }
            | Self::DataExported { user }
            | Self::InvitationUsed { user, .. }
            | Self::TermsAccepted { user, .. }
            | Self::TermsRefused { user, .. }
            | Self::IdentifierAdded { user, .. }
            | Self::IdentifierVerified { user, .. }
            | Self::IdentifierRemoved { user, .. }
            | Self::AddressTakenBack { user }
            | Self::AllSessionsEnded { user, .. }
            | Self::PasswordDoorClosed { user }
            | Self::SignInFailed { user, .. }
            | Self::GuessingSuspected { user, .. }
            | Self::SecondFactorFailed { user }
            | Self::PasskeyFailed { user, .. }
            | Self::MailCodeFailed { user }
            | Self::AuthenticatorAdded { user }
            | Self::AuthenticatorReplaced { user }
            | Self::AuthenticatorRemoved { user }
            | Self::RecoveryCodesMade { user }
            | Self::RecoveryCodesPutBack { user }
            | Self::RecoveryCodeUsed { user, .. }
            | Self::PasskeyAdded { user, .. }
            | Self::PasskeyCreatedAutomatically { user, .. }
            | Self::PasskeyRenamed { user, .. }
            | Self::PasskeyRemoved { user, .. }
            | Self::PasskeyCounterFell { user, .. }
            | Self::BrowserTrusted { user }
            | Self::BrowserForgotten { user }
            | Self::UpstreamLinked { user, .. }
            | Self::UpstreamUnlinked { user, .. }
            | Self::UpstreamChangeUndone { user, .. }
            | Self::ChannelBound { user, .. }
            | Self::ChannelUnbound { user, .. }
            | Self::ChannelSignInRefused { user, .. }
            | Self::FactorsReset { user }
            | Self::ProfileChanged { user }
            | Self::RoleGiven { user, .. }
            | Self::RoleTaken { user, .. }
            | Self::PasswordLinkSent { user }
            | Self::PasswordLinkMade { user }
            | Self::RecoveryBegun { user }
            | Self::PasswordChanged { user, .. } => (Some(user), None, None),
            Self::SignedIn { user, session, .. }
            | Self::SignedOut { user, session }
            | Self::SessionEnded { user, session }
            | Self::SignedOutElsewhere { user, session } => (Some(user), None, Some(session)),
            Self::AnonymousAccountBegun { user, client_row, session } => (Some(user), Some(client_row), Some(session)),
            Self::ConsentGiven { user, client_row, .. }
            | Self::UpstreamTokenGiven { user, client_row, .. }
            | Self::ConsentRefused { user, client_row }
            | Self::ConsentWithdrawn { user, client_row } => (Some(user), Some(client_row), None),
            Self::CodeReplayed(of) | Self::CodeBurnt(of) | Self::RefreshTokenReplayed(of) | Self::GrantRevoked(of) => {
                (Some(&of.user), Some(&of.client_row), None)
            }
            Self::ClientCreated { client_row }
            | Self::ClientChanged { client_row }
            | Self::ClientDisabled { client_row }
            | Self::ClientEnabled { client_row }
            | Self::ClientSecretAdded { client_row, .. }
            | Self::ClientSecretRemoved { client_row, .. }
            | Self::ClientRemoved { client_row } => (None, Some(client_row), None),
            Self::UnknownNamesTried { .. }
            | Self::StuffingSuspected { .. }
            | Self::SprayingSuspected { .. }
            | Self::InvitationCreated { .. }
            | Self::InvitationRevoked { .. }
            | Self::ResourceCreated { .. }
            | Self::ResourceChanged { .. }
            | Self::ResourceRemoved { .. }
            | Self::UpstreamCreated { .. }
            | Self::UpstreamChanged { .. }
            | Self::UpstreamDisabled { .. }
            | Self::UpstreamEnabled { .. }
            | Self::UpstreamRemoved { .. }
            | Self::UpstreamTokensEnded { .. }
            | Self::SigningKeyCreated { .. }
            | Self::SigningKeyRevoked { .. }
            | Self::LetterRetried { .. }
            | Self::LetterDiscarded { .. }
            | Self::LogLevelChanged { .. }
            | Self::MaintenanceBegan
            | Self::MaintenanceEnded
            | Self::Restored => (None, None, None),
        }
    }
}

/// Removes from where the events of a user came, when the user is deleted.
pub async fn forget_origins(tx: &mut Tx<'_>, user: &Id) -> Result<()> {
    sqlx::query(
        "UPDATE event SET address = NULL, user_agent = NULL, origin_salt = NULL
          WHERE user_id = $1 AND (address IS NOT NULL OR user_agent IS NOT NULL)",
    )
    .bind(user)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Does the same for the next events of a user who is to be deleted; returns the moment after which there are more.
#[derive(Clone, Debug)]
pub struct ForgetOrigins {
    /// The user.
    pub of: Disabled,
    /// The events after this moment are the next ones.
    pub after: Timestamp,
    /// How many there are at once; more only if they have the same time.
    pub rows: i64,
}

impl Change for ForgetOrigins {
    type Outcome = Option<Timestamp>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
        let Self { of: Disabled { user, since }, after, rows } = self;
        let sql = "SELECT at FROM event WHERE user_id = $1 AND at > $2 ORDER BY at LIMIT 1 OFFSET $3";
        let row: Option<(Timestamp,)> =
            sqlx::query_as(sql).bind(&user).bind(after).bind(rows - 1).fetch_optional(&mut **tx).await?;
        let Some((until,)) = row else { return Ok(None) };
        sqlx::query(
            "UPDATE event SET address = NULL, user_agent = NULL, origin_salt = NULL
              WHERE user_id = $1 AND at > $2 AND at <= $3
                AND EXISTS (SELECT 1 FROM user_account WHERE id = $1 AND disabled_at = $4)",
        )
        .bind(user)
        .bind(after)
        .bind(until)
        .bind(since)
        .execute(&mut **tx)
        .await?;
        Ok(Some(until))
    }
}

/// Records an event without any other change, unless its user has been deleted.
impl Change for Event {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        if let (Some(user), ..) = self.subjects()
            && user::hold(tx, user).await?.is_none()
        {
            return Ok(());
        }
        tx.record(&self).await
    }
}

impl Tx<'_> {
    /// Records an event.
    pub async fn record(&mut self, event: &Event) -> Result<()> {
        let mut data = serde_json::to_value(event).unwrap_or_default();
        let kind = data["kind"].take();
        if let Some(members) = data.as_object_mut() {
            members.remove("kind");
            // Rows of earlier releases use this name.
            if let Some(client) = members.remove("client_row") {
                members.insert("client".to_owned(), client);
            }
        }
        let (user, client, session) = event.subjects();
        let origin = self.origin();
        let salt = origin.map(|_| self.random().name::<16>());
        let commitment = origin
            .zip(salt.as_deref())
            .map(|(origin, salt)| commit(salt, Some(&origin.address), origin.user_agent.as_deref()));
        let actor = self.actor().map(str::to_owned);
        sqlx::query(
            "INSERT INTO event (id, at, kind, user_id, client_row, session_id, data, address, user_agent, request_id, client_id,
                                actor, origin_salt, origin_hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(self.id())
        .bind(self.now())
        .bind(kind.as_str().unwrap_or_default())
        .bind(user)
        .bind(client)
        .bind(session)
        .bind(data.to_string())
        .bind(origin.map(|origin| origin.address.as_str()))
        .bind(origin.and_then(|origin| origin.user_agent.as_deref()))
        .bind(origin.map(|origin| origin.request_id.as_str()))
        .bind(origin.and_then(Origin::client_id))
        .bind(actor)
        .bind(salt)
        .bind(commitment)
        .execute(&mut **self)
        .await?;
        Ok(())
    }
}

/// The kinds of the events since a moment, oldest first.
pub async fn kinds_since(conn: &mut Conn, since: Timestamp) -> Result<Vec<String>> {
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT kind FROM event WHERE at >= $1 ORDER BY at, id").bind(since).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// When something of this kind last happened to a user, as far as events are kept.
pub async fn last_of_user(conn: &mut Conn, user: &Id, kind: &str) -> Result<Option<Timestamp>> {
    let row: (Option<Timestamp>,) = sqlx::query_as("SELECT MAX(at) FROM event WHERE user_id = $1 AND kind = $2")
        .bind(user)
        .bind(kind)
        .fetch_one(conn)
        .await?;
    Ok(row.0)
}

/// Removes events before a moment that no checkpoint covers; those that one covers go together with it.
pub async fn delete_before(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    // The events that are kept for their checkpoint are few: those of the oldest one.
    let done = sqlx::query(
        "DELETE FROM event WHERE id IN (
             SELECT e.id FROM event e
              WHERE e.at < $1
                AND (e.checkpoint IS NULL OR NOT EXISTS (SELECT 1 FROM audit_checkpoint c WHERE c.number = e.checkpoint))
              LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// A row of the log as checkpoints cover it.
#[derive(Clone, Debug, sqlx::FromRow)]
#[allow(missing_docs)] // The columns of the table.
pub struct Recorded {
    pub id: Id,
    pub at: Timestamp,
    pub kind: String,
    pub user_id: Option<String>,
    pub client_row: Option<String>,
    pub session_id: Option<String>,
    pub data: String,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: Option<String>,
    pub client_id: Option<String>,
    pub actor: Option<String>,
    pub origin_salt: Option<String>,
    pub origin_hash: Option<String>,
    pub checkpoint: Option<i64>,
}

const RECORDED: &str = "id, at, kind, user_id, client_row, session_id, data, address, user_agent, request_id, client_id, actor, \
                        origin_salt, origin_hash, checkpoint";

impl Recorded {
    /// The digest of all that is never changed. Address and `User-Agent`, which the deletion of the user removes, are in it by
    /// their commitment.
    pub fn digest(&self) -> [u8; 32] {
        let mut text = b"latchkey event 1".to_vec();
        let at = self.at.micros().to_string();
        let columns = [
            Some(self.id.as_str()),
            Some(&at),
            Some(&self.kind),
            self.user_id.as_deref(),
            self.client_row.as_deref(),
            self.session_id.as_deref(),
            Some(&self.data),
            self.request_id.as_deref(),
            self.client_id.as_deref(),
            self.actor.as_deref(),
            self.origin_hash.as_deref(),
        ];
        columns.into_iter().for_each(|column| push(&mut text, column));
        sha256(&text)
    }

    /// Whether address and `User-Agent` are those that the event was written with; `None` if they were removed.
    pub fn has_its_origin(&self) -> Option<bool> {
        let Some(hash) = &self.origin_hash else { return Some(true) };
        match (&self.origin_salt, &self.address, &self.user_agent) {
            // The release before removes the two without the salt.
            (_, None, None) => None,
            (Some(salt), address, user_agent) => Some(commit(salt, address.as_deref(), user_agent.as_deref()) == *hash),
            (None, ..) => Some(false),
        }
    }
}

/// The commitment to where an event came from. It tells nothing once the salt is gone.
fn commit(salt: &str, address: Option<&str>, user_agent: Option<&str>) -> String {
    let mut text = b"latchkey event origin 1".to_vec();
    [Some(salt), address, user_agent].into_iter().for_each(|part| push(&mut text, part));
    base64url(&sha256(&text))
}

/// Appends a value so that no two lists of values give the same bytes.
fn push(text: &mut Vec<u8>, value: Option<&str>) {
    match value {
        None => text.push(0),
        Some(value) => {
            text.push(1);
            text.extend((value.len() as u64).to_be_bytes());
            text.extend(value.as_bytes());
        }
    }
}

/// Puts the earliest events that no checkpoint covers, and that are from this span of time, under the checkpoint with this number;
/// returns them in no order.
pub async fn cover(
    conn: &mut Conn,
    number: i64,
    from: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<Recorded>> {
    let sql = format!(
        "UPDATE event SET checkpoint = $1 WHERE id IN (
             SELECT id FROM event WHERE checkpoint IS NULL AND at >= $2 AND at < $3 ORDER BY at, id LIMIT $4)
         RETURNING {RECORDED}"
    );
    let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(number).bind(from).bind(until).bind(limit);
    Ok(query.fetch_all(conn).await?)
}

/// The earliest event since a moment that no checkpoint covers: its time and its row.
pub async fn earliest_uncovered(conn: &mut Conn, since: Timestamp) -> Result<Option<(Timestamp, Id)>> {
    let sql = "SELECT at, id FROM event WHERE checkpoint IS NULL AND at >= $1 ORDER BY at, id LIMIT 1";
    Ok(sqlx::query_as(sql).bind(since).fetch_optional(conn).await?)
}

/// How many events since a moment no checkpoint covers.
pub async fn count_uncovered(conn: &mut Conn, since: Timestamp) -> Result<i64> {
    let row: (i64,) = sqlx::query_as("SELECT COUNT(*) FROM event WHERE checkpoint IS NULL AND at >= $1")
        .bind(since)
        .fetch_one(conn)
        .await?;
    Ok(row.0)
}

/// Whether an event is there.
pub async fn is_there(conn: &mut Conn, event: &Id) -> Result<bool> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT id FROM event WHERE id = $1").bind(event).fetch_optional(conn).await?;
    Ok(row.is_some())
}

/// A covered event, and why it may say no more where it came from.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Covered {
    /// The event.
    #[sqlx(flatten)]
    pub event: Recorded,
    /// When the user's deletion last began or ended; `None` also if the event still says where it came from.
    pub forgotten_at: Option<Timestamp>,
}

/// The next events that checkpoints cover, by checkpoint and time, after this one.
pub async fn covered(conn: &mut Conn, after: (i64, Timestamp, &str), limit: i64) -> Result<Vec<Covered>> {
    let sql = format!(
        "SELECT {RECORDED}, CASE WHEN address IS NULL AND user_agent IS NULL AND origin_hash IS NOT NULL THEN
                    (SELECT MAX(d.at) FROM event d WHERE d.user_id = event.user_id AND d.kind IN ('deletion_begun', 'user_deleted'))
                END AS forgotten_at
           FROM event WHERE checkpoint IS NOT NULL AND (checkpoint, at, id) > ($1, $2, $3)
          ORDER BY checkpoint, at, id LIMIT $4"
    );
    let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(after.0).bind(after.1).bind(after.2).bind(limit);
    Ok(query.fetch_all(conn).await?)
}

/// Removes the events that a checkpoint covers; how many there were.
pub async fn delete_covered(conn: &mut Conn, number: i64) -> Result<u64> {
    let done = sqlx::query("DELETE FROM event WHERE checkpoint = $1").bind(number).execute(conn).await?;
    Ok(done.rows_affected())
}
