//! What providers have said about themselves, as it was last read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use openidconnect::core::CoreProviderMetadata;

use crate::base::clock::Timestamp;

/// A provider as it describes itself, with its keys.
#[derive(Debug)]
pub struct Known {
    pub(super) metadata: CoreProviderMetadata,
    /// Whether its answers name it: RFC 9207 §3.
    pub(super) names_itself: bool,
    pub(super) read_at: Timestamp,
}

/// What providers have said.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<HashMap<String, Arc<Known>>>);

impl Remembered {
    pub(super) fn get(&self, name: &str) -> Option<Arc<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub(super) fn put(&self, name: &str, known: &Arc<Known>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Arc::clone(known));
    }
}
