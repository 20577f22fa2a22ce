//! What an operator is told once: a mistake that each request would repeat.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// What has been told already.
#[derive(Debug, Default)]
pub struct Notices(Mutex<BTreeSet<&'static str>>);

impl Notices {
    /// Whether this is the first time in the life of the process that there is a reason to tell this.
    pub fn first(&self, what: &'static str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(what)
    }
}
