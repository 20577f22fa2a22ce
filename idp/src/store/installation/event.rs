//! Events: one value for each important change of state, written in the transaction that makes the change.

use serde::Serialize;

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::oidc::scope::ScopeSet;
use crate::store::db::{Change, Conn, Result, Tx};
use crate::store::origin::Origin;
use crate::store::people::user::{self, Disabled};

/// An event.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(missing_docs)] // The variants' names say it; the fields are the rows that took part, by the names that are stored.
pub enum Event {
    UserCreated { user: Id },
    UserDisabled { user: Id },
    UserEnabled { user: Id },
    UserDeleted { user: Id },
    UserUnlocked { user: Id },
    DeletionAsked { user: Id, due_at: String },
    DeletionTakenBack { user: Id },
    DataExported { user: Id },
    IdentifierAdded { user: Id, identifier: String },
    IdentifierVerified { user: Id, identifier: String },
    IdentifierRemoved { user: Id, identifier: String },
    SessionEnded { user: Id, session: Id },
    AllSessionsEnded { user: Id, offline_access: bool },
    PasswordChanged { user: Id, keeps_others: bool },
    PasswordLinkSent { user: Id },
    SignedIn { user: Id, session: Id, amr: Vec<String> },
    SignInFailed { user: Id, failures: i64 },
    UnknownNamesTried { tries: i64, networks: usize, loudest: Vec<(String, i64)> },
    StuffingSuspected { network: String, names: u64 },
    SprayingSuspected { names: u64 },
    GuessingSuspected { user: Id, networks: u64 },
    PasswordDoorClosed { user: Id },
    SecondFactorFailed { user: Id },
    AuthenticatorAdded { user: Id },
    AuthenticatorRemoved { user: Id },
    RecoveryCodesMade { user: Id },
    RecoveryCodeUsed { user: Id, left: i64 },
    PasskeyAdded { user: Id, passkey: String },
    PasskeyCreatedAutomatically { user: Id, passkey: String },
    PasskeyRenamed { user: Id, passkey: String },
    PasskeyRemoved { user: Id, passkey: String },
    PasskeyCounterFell { user: Id, passkey: String },
    BrowserTrusted { user: Id },
    BrowserForgotten { user: Id },
    FactorsReset { user: Id },
    SignedOut { user: Id, session: Id },
    SignedOutElsewhere { user: Id, session: Id },
    ConsentGiven { user: Id, client_row: Id, scope: ScopeSet },
    ConsentRefused { user: Id, client_row: Id },
    ConsentWithdrawn { user: Id, client_row: Id },
    ProfileChanged { user: Id },
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
    SigningKeyCreated { kid: String },
    SigningKeyRevoked { kid: String },
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
    fn subjects(&self) -> (Option<&Id>, Option<&Id>, Option<&Id>) {
        match self {
            Self::UserCreated { user }
            | Self::UserDisabled { user }
            | Self::UserEnabled { user }
            | Self::UserDeleted { user }
            | Self::UserUnlocked { user }
            | Self::DeletionAsked { user, .. }
            | Self::DeletionTakenBack { user }
            | Self::DataExported { user }
            | Self::IdentifierAdded { user, .. }
            | Self::IdentifierVerified { user, .. }
            | Self::IdentifierRemoved { user, .. }
            | Self::AllSessionsEnded { user, .. }
            | Self::PasswordDoorClosed { user }
            | Self::SignInFailed { user, .. }
            | Self::GuessingSuspected { user, .. }
            | Self::SecondFactorFailed { user }
            | Self::AuthenticatorAdded { user }
            | Self::AuthenticatorRemoved { user }
            | Self::RecoveryCodesMade { user }
            | Self::RecoveryCodeUsed { user, .. }
            | Self::PasskeyAdded { user, .. }
            | Self::PasskeyCreatedAutomatically { user, .. }
            | Self::PasskeyRenamed { user, .. }
            | Self::PasskeyRemoved { user, .. }
            | Self::PasskeyCounterFell { user, .. }
            | Self::BrowserTrusted { user }
            | Self::BrowserForgotten { user }
            | Self::FactorsReset { user }
            | Self::ProfileChanged { user }
            | Self::PasswordLinkSent { user }
            | Self::PasswordChanged { user, .. } => (Some(user), None, None),
            Self::SignedIn { user, session, .. }
            | Self::SignedOut { user, session }
            | Self::SessionEnded { user, session }
            | Self::SignedOutElsewhere { user, session } => (Some(user), None, Some(session)),
            Self::ConsentGiven { user, client_row, .. }
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
            | Self::ResourceCreated { .. }
            | Self::ResourceChanged { .. }
            | Self::ResourceRemoved { .. }
            | Self::SigningKeyCreated { .. }
            | Self::SigningKeyRevoked { .. }
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
        "UPDATE event SET address = NULL, user_agent = NULL
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
            "UPDATE event SET address = NULL, user_agent = NULL WHERE user_id = $1 AND at > $2 AND at <= $3
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
        sqlx::query(
            "INSERT INTO event (id, at, kind, user_id, client_row, session_id, data, address, user_agent, request_id, client_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
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

/// Removes events before a moment.
pub async fn delete_before(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<u64> {
    let done = sqlx::query("DELETE FROM event WHERE id IN (SELECT id FROM event WHERE at < $1 LIMIT $2)")
        .bind(before)
        .bind(limit)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}
