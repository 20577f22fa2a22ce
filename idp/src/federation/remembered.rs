//! What providers have said about themselves, as it was last read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openidconnect::core::CoreProviderMetadata;

use crate::base::clock::Timestamp;
use crate::config::Upstream;

/// How long a provider counts as silent that did not answer.
const A_MOMENT: Duration = Duration::from_secs(60);

/// A provider as it describes itself, with its keys.
#[derive(Debug)]
pub struct Known {
    pub(super) metadata: CoreProviderMetadata,
    /// Whether its answers name it: RFC 9207 §3.
    pub(super) names_itself: bool,
    /// Where tokens are revoked: RFC 8414 §2.
    pub(super) revocation_endpoint: Option<String>,
    pub(super) read_at: Timestamp,
    /// The settings with which it was asked, as far as they count.
    pub(super) asked: Asked,
}

/// What of the settings of a provider goes into what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    issuers: [Option<String>; 2],
    endpoints: [Option<String>; 4],
}

impl Asked {
    pub(super) fn of(upstream: &Upstream) -> Self {
        Self {
            issuers: [Some(upstream.issuer.clone()), upstream.issuer_template.clone()],
            endpoints: [
                upstream.authorization_endpoint.clone(),
                upstream.token_endpoint.clone(),
                upstream.userinfo_endpoint.clone(),
                upstream.revocation_endpoint.clone(),
            ],
        }
    }
}

/// A provider.
#[derive(Clone, Debug)]
pub struct Offered {
    /// What is known about it.
    pub settings: Arc<Upstream>,
    /// Whether it is in the configuration file, where alone it can be changed then.
    pub is_declared: bool,
    /// Since when nobody comes in by it.
    pub disabled_at: Option<Timestamp>,
}

/// The providers that there are, and what they have said.
#[derive(Debug, Default)]
pub struct Remembered {
    known: Mutex<HashMap<String, Arc<Known>>>,
    list: Mutex<Option<(Timestamp, Arc<Vec<Offered>>)>>,
    /// When a provider did not answer, last.
    silent: Mutex<HashMap<String, Timestamp>>,
}

impl Remembered {
    /// What this provider has said; `None` if its settings were others then.
    pub(super) fn get(&self, upstream: &Upstream) -> Option<Arc<Known>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&upstream.name).cloned();
        known.filter(|known| known.asked == Asked::of(upstream))
    }

    pub(super) fn put(&self, name: &str, known: &Arc<Known>) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Arc::clone(known));
    }

    /// The list, if it was read after this moment.
    pub(super) fn list(&self, since: Timestamp) -> Option<Arc<Vec<Offered>>> {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.as_ref().filter(|(read_at, _)| *read_at > since).map(|(_, list)| Arc::clone(list))
    }

    pub(super) fn put_list(&self, now: Timestamp, list: &Arc<Vec<Offered>>) {
        *self.list.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(list)));
    }

    /// Notes whether a provider has answered.
    pub fn note(&self, name: &str, silent_at: Option<Timestamp>) {
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        match silent_at {
            Some(at) => drop(silent.insert(name.to_owned(), at)),
            None => drop(silent.remove(name)),
        }
    }

    /// Whether a provider did not answer a moment ago.
    pub fn is_silent(&self, name: &str, now: Timestamp) -> bool {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        silent.get(name).is_some_and(|at| now.since(*at) < A_MOMENT)
    }

    /// Has everything read again, because a provider has changed.
    pub fn forget(&self) {
        *self.list.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
