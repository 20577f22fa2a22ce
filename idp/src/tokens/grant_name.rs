//! What grants are called in access tokens.

use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::veil::Veil;
use crate::store::db::{Db, Result};
use crate::store::event::Pen;
use crate::store::{grant, installation};
use crate::vault::Vault;

/// How long a database that the release before has served goes on with the names of that release, which knows no others: as
/// long as the two may serve side by side.
const ROLL_OUT: Duration = Duration::from_secs(24 * 60 * 60);

/// The fact that says from when grants have names of this release.
const SINCE: &str = "grant_name.since";

/// How many letters a row's id has; it was the name of its grant in the release before.
const ID_LENGTH: usize = 36;

/// Names grants, and finds them by their names.
pub struct GrantNames {
    veil: Veil,
    since: Timestamp,
}

impl GrantNames {
    /// Names grants by a key of the vault.
    pub async fn open(db: &Db, vault: &Vault, pen: &Pen) -> Result<Self> {
        let written = installation::find(&mut *db.read().await?, SINCE).await?;
        let since = match written {
            Some(since) => since,
            None => {
                let now = pen.clock.now();
                db.write(move |conn| {
                    Box::pin(async move {
                        let served = grant::any(conn).await?;
                        let since = if served { now + ROLL_OUT } else { now };
                        installation::insert_once(conn, SINCE, &since.micros().to_string()).await
                    })
                })
                .await?
            }
        };
        let since = Timestamp::from_micros(since.parse().unwrap_or(0));
        Ok(Self { veil: Veil::new(&vault.derive("grant name")), since })
    }

    /// The name of a grant.
    pub fn name(&self, grant: &Id, now: Timestamp) -> String {
        if now < self.since { grant.to_string() } else { self.veil.name(grant) }
    }

    /// The grant of a name, if it can be one.
    pub fn grant(&self, name: &str) -> Option<Id> {
        if name.len() == ID_LENGTH { Some(Id::from(name)) } else { self.veil.id(name) }
    }
}
