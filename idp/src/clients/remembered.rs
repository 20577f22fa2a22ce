//! A cache of the clients that recent requests have used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::store::clients::client::Registered;

/// How long a client is cached. A change by another process takes effect everywhere after that.
const A_MOMENT: Duration = Duration::from_secs(1);

/// How many clients are remembered.
const CAPACITY: usize = 10_000;

/// A cache of the clients that recent requests have used: to read a client for each request would cost as much as the
/// rest of a token request without a user.
#[derive(Debug, Default)]
pub struct RememberedClients(Mutex<HashMap<String, (Timestamp, Arc<Registered>)>>);

impl RememberedClients {
    fn entries(&self) -> MutexGuard<'_, HashMap<String, (Timestamp, Arc<Registered>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Clears the cache, because a client has changed.
    pub fn forget(&self) {
        self.entries().clear();
    }

    /// What was read at most a moment ago.
    pub(super) fn get(&self, client_id: &str, now: Timestamp) -> Option<Arc<Registered>> {
        let entries = self.entries();
        let (read_at, client) = entries.get(client_id)?;
        (*read_at <= now && now.since(*read_at) < A_MOMENT).then(|| Arc::clone(client))
    }

    /// Keeps what was read.
    pub(super) fn put(&self, client_id: &str, found: Option<&Arc<Registered>>, now: Timestamp) {
        let mut entries = self.entries();
        match found {
            Some(client) => {
                if entries.len() >= CAPACITY {
                    entries.clear();
                }
                entries.insert(client_id.to_owned(), (now, Arc::clone(client)));
            }
            // Unknown names are not cached: anybody can invent them.
            None => drop(entries.remove(client_id)),
        }
    }
}
