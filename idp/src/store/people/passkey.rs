//! Passkeys: the credentials of WebAuthn.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Change, Conn, Result, Tx};
use crate::store::installation;

/// Whether a key can leave its device: WebAuthn §6.1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backup {
    /// Not known yet: another system made the credential, and it was not used here.
    Unknown,
    /// It is bound to one device.
    Bound,
    /// It can be copied to other devices.
    Eligible,
    /// It is copied to other devices.
    Synced,
}

impl Backup {
    /// As the flags of an authenticator say it.
    pub const fn of_flags(is_eligible: bool, is_backed_up: bool) -> Self {
        match (is_eligible, is_backed_up) {
            (false, _) => Self::Bound,
            (true, false) => Self::Eligible,
            (true, true) => Self::Synced,
        }
    }

    /// Whether it is on several devices, or can be; `None` if that is not known.
    pub const fn is_synced(self) -> Option<bool> {
        match self {
            Self::Unknown => None,
            Self::Bound => Some(false),
            Self::Eligible | Self::Synced => Some(true),
        }
    }

    /// As it is stored.
    const fn stored(self) -> Option<&'static str> {
        match self {
            Self::Unknown => None,
            Self::Bound => Some("bound"),
            Self::Eligible => Some("eligible"),
            Self::Synced => Some("synced"),
        }
    }
}

impl TryFrom<Option<String>> for Backup {
    type Error = String;

    fn try_from(stored: Option<String>) -> std::result::Result<Self, String> {
        let all = [Self::Unknown, Self::Bound, Self::Eligible, Self::Synced];
        let found = all.into_iter().find(|one| one.stored() == stored.as_deref());
        found.ok_or_else(|| "not what was stored".to_owned())
    }
}

/// A passkey.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Passkey {
    /// The row.
    pub id: Id,
    /// Whose it is.
    pub user_id: Id,
    /// The identifier of the credential, in base64url.
    pub credential_id: String,
    /// The public key: a `COSE_Key` (RFC 9052 §7), in base64url.
    pub public_key: String,
    /// The relying party for which it was made.
    pub rp_id: String,
    /// The handle of the user that the authenticator keeps with it, in base64url, if it is known.
    pub user_handle: Option<String>,
    /// How often it had signed when it was last used; authenticators without a counter stay at zero.
    pub counter: i64,
    /// Whether the key can leave its device.
    #[sqlx(try_from = "Option<String>")]
    pub backup: Backup,
    /// The model of the authenticator, or who made it: a UUID.
    pub aaguid: Option<String>,
    /// What its person calls it.
    pub name: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used to sign in.
    pub last_used_at: Option<Timestamp>,
    /// When the browser made it without asking its person; `None` if the person made it.
    pub automatic_at: Option<Timestamp>,
    /// When it was first used to sign in; `None` also if only an earlier release has seen that.
    pub proven_at: Option<Timestamp>,
    /// Since when it protects its account, if another factor has vouched for it.
    pub since: Option<Timestamp>,
}

impl Passkey {
    /// Whether it is a second factor: its person has made it, or has signed in with it. One that a browser made without asking is a way in,
    /// and no more, until it has signed.
    pub const fn is_proven(&self) -> bool {
        self.automatic_at.is_none() || self.last_used_at.is_some()
    }
}

const COLUMNS: &str = "id, user_id, credential_id, public_key, rp_id, user_handle, counter, backup, aaguid, name, created_at, \
                       last_used_at, automatic_at, proven_at, since";

fn select(rest: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM passkey WHERE {rest}"))
}

/// The fact that says for which relying party passkeys work here.
const RELYING_PARTY: &str = "passkey_rp_id";

/// The condition under which a passkey works: those of a relying party that was given up are kept, and count for nothing.
const WORKS: &str = "rp_id = (SELECT value FROM installation WHERE name = 'passkey_rp_id')";

/// Writes down for which relying party passkeys work from now on: one statement.
#[derive(Clone, Debug)]
pub struct KeepRelyingParty {
    /// The relying party; `None` if there can be no passkeys.
    pub rp_id: Option<String>,
}

impl Change for KeepRelyingParty {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        installation::set(tx, RELYING_PARTY, &self.rp_id.unwrap_or_default()).await
    }
}

/// A passkey by the identifier of its credential, whoever's it is.
pub async fn find(conn: &mut Conn, credential_id: &str) -> Result<Option<Passkey>> {
    Ok(sqlx::query_as(select("credential_id = $1")).bind(credential_id).fetch_optional(conn).await?)
}

/// The passkeys of a user that work, the oldest first.
pub async fn of_user(conn: &mut Conn, user: &Id) -> Result<Vec<Passkey>> {
    let sql = select(&format!("user_id = $1 AND {WORKS} ORDER BY created_at, id"));
    Ok(sqlx::query_as(sql).bind(user).fetch_all(conn).await?)
}

/// How many passkeys of a user work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Count {
    /// Those that the person made, or has signed in with.
    pub proven: i64,
    /// Those that a browser made without asking, and that have never signed.
    pub unproven: i64,
}

/// How many passkeys of a user work.
pub async fn count(conn: &mut Conn, user: &Id) -> Result<Count> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT COUNT(CASE WHEN automatic_at IS NULL OR last_used_at IS NOT NULL THEN 1 END) AS proven,
                COUNT(CASE WHEN automatic_at IS NOT NULL AND last_used_at IS NULL THEN 1 END) AS unproven
           FROM passkey WHERE user_id = $1 AND {WORKS}"
    ));
    Ok(sqlx::query_as(sql).bind(user).fetch_one(conn).await?)
}

/// The relying parties for which there are passkeys, and how many.
pub async fn relying_parties(conn: &mut Conn) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT rp_id, COUNT(*) FROM passkey GROUP BY rp_id ORDER BY rp_id";
    Ok(sqlx::query_as(sql).fetch_all(conn).await?)
}

/// Adds a passkey; returns `false` if the credential is known already.
pub async fn insert(conn: &mut Conn, new: &Passkey) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO passkey (id, user_id, credential_id, public_key, rp_id, user_handle, counter, backup, aaguid, name,
                              created_at, automatic_at, since)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (credential_id) DO NOTHING",
    )
    .bind(&new.id)
    .bind(&new.user_id)
    .bind(&new.credential_id)
    .bind(&new.public_key)
    .bind(&new.rp_id)
    .bind(&new.user_handle)
    .bind(new.counter)
    .bind(new.backup.stored())
    .bind(&new.aaguid)
    .bind(&new.name)
    .bind(new.created_at)
    .bind(new.automatic_at)
    .bind(new.since)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a passkey was used; returns `false` if it is gone, or was used since with a counter that is not smaller. Of several
/// callers with one counter exactly one gets `true`, unless the authenticator has none.
pub async fn note_use(conn: &mut Conn, id: &Id, counter: i64, backup: Backup, now: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE passkey SET counter = $2, backup = $3, last_used_at = $4, proven_at = COALESCE(proven_at, last_used_at, $4)
          WHERE id = $1 AND (counter < $2 OR (counter = 0 AND CAST($2 AS BIGINT) = 0))",
    )
    .bind(id)
    .bind(counter)
    .bind(backup.stored())
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a user's passkey another name; returns whether it is there.
pub async fn rename(conn: &mut Conn, user: &Id, id: &Id, name: Option<&str>) -> Result<bool> {
    let done = sqlx::query("UPDATE passkey SET name = $3 WHERE user_id = $1 AND id = $2")
        .bind(user)
        .bind(id)
        .bind(name)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a passkey of a user; returns whether it was there.
pub async fn delete(conn: &mut Conn, user: &Id, id: &Id) -> Result<bool> {
    let done =
        sqlx::query("DELETE FROM passkey WHERE user_id = $1 AND id = $2").bind(user).bind(id).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Removes all passkeys of a user; returns how many there were.
pub async fn delete_all(conn: &mut Conn, user: &Id) -> Result<u64> {
    let done = sqlx::query("DELETE FROM passkey WHERE user_id = $1").bind(user).execute(conn).await?;
    Ok(done.rows_affected())
}
