//! Notices that the operator gets once, about a mistake that each request would repeat.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The notices already given.
#[derive(Debug, Default)]
pub struct Notices(Mutex<BTreeSet<&'static str>>);

impl Notices {
    /// Whether this is the first call with this notice in the life of the process.
    pub fn first(&self, what: &'static str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(what)
    }
}
