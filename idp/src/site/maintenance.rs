//! Whether people are kept out for the time of a maintenance.

use std::sync::{PoisonError, RwLock};

use crate::base::clock::Timestamp;
use crate::store::installation::order::Maintenance;

/// The maintenance under way, as this process last read it.
#[derive(Debug, Default)]
pub struct PresentMaintenance(RwLock<Option<Maintenance>>);

impl PresentMaintenance {
    /// The maintenance that is under way at this moment.
    pub fn get(&self, now: Timestamp) -> Option<Maintenance> {
        let present = self.0.read().unwrap_or_else(PoisonError::into_inner);
        present.as_ref().filter(|it| it.until.is_none_or(|until| until > now)).cloned()
    }

    /// Begins or ends a maintenance in this process; returns whether that is a change.
    pub fn replace(&self, maintenance: Option<Maintenance>) -> bool {
        let mut present = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let changed = *present != maintenance;
        *present = maintenance;
        changed
    }
}
