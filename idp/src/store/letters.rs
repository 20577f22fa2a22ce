//! Tells whoever sends letters that a change has written one.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// The letters that changes of this process have written.
#[derive(Debug, Default)]
pub struct Letters {
    written: AtomicU64,
    told: Notify,
}

impl Letters {
    /// How many there were so far, those of changes that were undone included.
    pub fn count(&self) -> u64 {
        self.written.load(Ordering::Acquire)
    }

    /// Counts one.
    pub(in crate::store) fn write(&self) {
        self.written.fetch_add(1, Ordering::AcqRel);
    }

    /// Tells that some are committed.
    pub(in crate::store) fn tell(&self) {
        self.told.notify_one();
    }

    /// Completes when some are committed.
    pub async fn written(&self) {
        self.told.notified().await;
    }
}
