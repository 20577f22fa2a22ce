//! The clients that recent requests have named.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::store::clients::client::Registered;

/// For how long a client is remembered. A change that another process makes is seen everywhere after that.
const A_MOMENT: Duration = Duration::from_secs(1);

/// How many clients are remembered.
const CAPACITY: usize = 10_000;

/// The clients that recent requests have named: to read one for each request would cost as much as all the rest of a token
/// without a person.
#[derive(Debug, Default)]
pub struct RememberedClients(Mutex<HashMap<String, (Timestamp, Arc<Registered>)>>);

impl RememberedClients {
    fn entries(&self) -> MutexGuard<'_, HashMap<String, (Timestamp, Arc<Registered>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets all, because something about them has changed.
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
            // Names that nobody has are anybody's to invent.
            None => drop(entries.remove(client_id)),
        }
    }
}
