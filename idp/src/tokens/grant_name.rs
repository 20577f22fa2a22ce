//! The names of grants in access tokens.

use std::time::Duration;

use crate::base::clock::{Clock, Timestamp};
use crate::base::id::Id;
use crate::base::veil::Veil;
use crate::keys::vault::Vault;
use crate::store::db::{Change, Db, Error, Result, Tx};
use crate::store::installation;

/// How long a database of an earlier release keeps using the names of that release, which knows no others: the time for
/// which both releases may serve side by side.
const ROLL_OUT: Duration = Duration::from_secs(24 * 60 * 60);

/// The installation fact that says from when grants have names of this release.
const SINCE: &str = "grant_name.since";

/// The installation fact, written by a migration, that an earlier release has served this database.
const EARLIER: &str = "grant_name.earlier";

/// The length of a row's id, which was the name of its grant in the previous release.
const ID_LENGTH: usize = 36;

/// Decides from when grants have names of this release, unless that is decided already; returns the stored moment.
#[derive(Clone)]
struct DecideSince(Timestamp);

impl Change for DecideSince {
    type Outcome = String;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<String> {
        installation::insert_once(tx, SINCE, &self.0.micros().to_string()).await
    }
}

/// Names grants, and finds them by their names.
pub struct GrantNames {
    veil: Veil,
    since: Timestamp,
}

impl GrantNames {
    /// Names grants with a key of the vault. The first server that opens a database decides from when; a command, which
    /// issues no tokens, changes nothing.
    pub async fn open(db: &Db, vault: &Vault, clock: &Clock, serves: bool) -> Result<Self> {
        let (since, earlier) = {
            let conn = &mut *db.read().await?;
            (installation::find(conn, SINCE).await?, installation::find(conn, EARLIER).await?.is_some())
        };
        let now = clock.now();
        let first = if earlier { now + ROLL_OUT } else { now };
        let since = match since {
            Some(since) => since,
            None if !serves => first.micros().to_string(),
            None => db.write(DecideSince(first)).await?,
        };
        let since = since.parse().map_err(|_| Error::Corrupt(SINCE.into()))?;
        Ok(Self { veil: Veil::new(&vault.derive("grant name")), since: Timestamp::from_micros(since) })
    }

    /// The name of a grant.
    pub fn name(&self, grant: &Id, now: Timestamp) -> String {
        if now < self.since { grant.to_string() } else { self.veil.name(grant) }
    }

    /// The grant with this name, if the name is well-formed.
    pub fn grant(&self, name: &str) -> Option<Id> {
        if name.len() == ID_LENGTH { Some(Id::from(name)) } else { self.veil.id(name) }
    }
}
