//! What may be lost at the price of a retry: proofs that must be seen once, short-lived values, and rates.
//!
//! In one process it is memory; replicas share a Redis. What must survive is in SQL and never here. Expiry is data judged
//! by our clock, the server's own only sweeps. The epoch is the moment at which the store was known to be empty: "never
//! seen" is not known of what was made at or before it.

mod memory;
mod redis;
mod terms;

use std::sync::Arc;
use std::time::Duration;

use crate::base::clock::{Clock, Timestamp};

pub use memory::Memory;
pub use redis::{Options, Redis};
pub use terms::{Rate, Result, Unavailable};

/// The ephemeral store.
#[derive(Clone, Debug)]
pub enum Ephemeral {
    /// In this process alone.
    Memory(Arc<Memory>),
    /// Shared by all replicas.
    Redis(Arc<Redis>),
}

impl Ephemeral {
    /// An empty store in this process.
    pub fn memory(clock: Clock) -> Self {
        Self::Memory(Arc::new(Memory::new(clock)))
    }

    /// Keeps a value, whatever was there before.
    pub async fn put(&self, key: &str, value: &[u8], expires_at: Timestamp) -> Result<()> {
        match self {
            Self::Memory(memory) => {
                memory.put(key, value, expires_at);
                Ok(())
            }
            Self::Redis(redis) => redis.put(key, value, expires_at).await,
        }
    }

    /// Takes a value out that has not expired. Of many callers exactly one gets it.
    pub async fn take(&self, key: &str) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Memory(memory) => Ok(memory.take(key)),
            Self::Redis(redis) => redis.take(key).await,
        }
    }

    /// Notes a proof until it expires; whether it is certain that it was not noted before. Of many callers exactly one is
    /// told `true`, and none if the proof was made at or before the epoch, or by a clock that was ahead of this one.
    pub async fn once(&self, key: &str, made_at: Timestamp, expires_at: Timestamp) -> Result<bool> {
        match self {
            Self::Memory(memory) => Ok(memory.once(key, made_at, expires_at)),
            Self::Redis(redis) => redis.once(key, made_at, expires_at).await,
        }
    }

    /// Counts one against a rate; `Err` says how long to wait if it is used up. GCRA: ITU-T I.371. Where the shared store
    /// is lost, each process counts for itself: limits become wider, and never go away.
    pub async fn limit(&self, key: &str, rate: Rate) -> std::result::Result<(), Duration> {
        match self {
            Self::Memory(memory) => memory.limit(key, rate),
            Self::Redis(redis) => redis.limit(key, rate).await,
        }
    }

    /// How many questions the shared store has answered and how many not; `None` where there is none.
    pub fn usage(&self) -> Option<(u64, u64)> {
        match self {
            Self::Memory(_) => None,
            Self::Redis(redis) => Some(redis.usage()),
        }
    }

    /// Whether the shared store answers; `None` where there is none to ask.
    pub async fn answers(&self) -> Option<bool> {
        match self {
            Self::Memory(_) => None,
            Self::Redis(redis) => Some(redis.answers().await),
        }
    }
}
