//! A cache of the resources.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::oidc::resource::Known;

/// How long resources are cached. A change by another process takes effect everywhere after that.
const A_MOMENT: Duration = Duration::from_secs(1);

/// What was last read of resources, and when.
#[derive(Debug, Default)]
pub struct RememberedResources(Mutex<Option<(Timestamp, Arc<Known>)>>);

impl RememberedResources {
    fn entry(&self) -> MutexGuard<'_, Option<(Timestamp, Arc<Known>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Clears the cache, because a resource has changed.
    pub fn forget(&self) {
        *self.entry() = None;
    }

    pub(super) fn get(&self, now: Timestamp) -> Option<Arc<Known>> {
        let entry = self.entry();
        let fresh = |read_at: Timestamp| read_at <= now && now.since(read_at) < A_MOMENT;
        entry.as_ref().filter(|(read_at, _)| fresh(*read_at)).map(|(_, known)| Arc::clone(known))
    }

    /// Keeps what was read.
    pub(super) fn put(&self, known: Arc<Known>, now: Timestamp) {
        *self.entry() = Some((now, known));
    }
}
