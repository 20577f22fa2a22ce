//! Looks names up, and lets only those addresses through that may be asked. A connection goes to one of the addresses that were looked
//! at: there is no second look, between which and the first the answer could change.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::Reach;

/// Where names are looked up.
#[derive(Clone, Debug, Default)]
pub enum Names {
    /// By the system.
    #[default]
    System,
    /// In a table of a test.
    Table(Table),
}

/// Answers for names, one look after the other; the last one stays.
#[derive(Clone, Debug, Default)]
pub struct Table(Arc<Mutex<HashMap<String, VecDeque<Vec<IpAddr>>>>>);

impl Table {
    /// Sets the answers for a name.
    pub fn answer_with(&self, name: &str, answers: impl IntoIterator<Item = Vec<IpAddr>>) {
        let answers = answers.into_iter().collect();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), answers);
    }

    fn look_up(&self, name: &str) -> Vec<IpAddr> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match table.get_mut(name) {
            Some(answers) if answers.len() > 1 => answers.pop_front().unwrap_or_default(),
            Some(answers) => answers.front().cloned().unwrap_or_default(),
            None => Vec::new(),
        }
    }
}

impl Names {
    async fn look_up(&self, name: &str) -> std::io::Result<Vec<IpAddr>> {
        match self {
            Self::System => Ok(tokio::net::lookup_host((name, 0)).await?.map(|found| found.ip()).collect()),
            Self::Table(table) => Ok(table.look_up(name)),
        }
    }
}

/// Why a name leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nowhere {
    /// Nobody has the name.
    Unknown,
    /// None of its addresses may be asked.
    Private,
}

impl fmt::Display for Nowhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "the name has no address",
            Self::Private => "the name leads to an address that may not be asked",
        })
    }
}

impl std::error::Error for Nowhere {}

/// The resolver of the HTTP client.
#[derive(Clone)]
pub(super) struct Resolver {
    pub(super) names: Names,
    pub(super) reach: Reach,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { names, reach } = self.clone();
        Box::pin(async move {
            // The system says in many ways that it does not know a name.
            let found = names.look_up(name.as_str()).await.unwrap_or_default();
            if found.is_empty() {
                return Err(Nowhere::Unknown.into());
            }
            let reached: Vec<_> = found.into_iter().filter(|address| reach.includes(*address)).collect();
            if reached.is_empty() {
                return Err(Nowhere::Private.into());
            }
            // The port is that of the URL.
            Ok(Box::new(reached.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}
