//! Data whose loss costs only a retry: proofs that may be seen once, short-lived values, rates, and counts of different
//! members.
//!
//! A single process uses memory; replicas share a Redis. Data that must survive is in SQL and never here. Expiry is
//! judged by our clock; the expiry of the server only cleans up. The epoch is the moment at which the store was known
//! to be empty: for proofs made at or before it, the store cannot say "never seen".

mod condition;
mod memory;
mod redis;
mod terms;

use std::sync::Arc;
use std::time::Duration;

use crate::base::clock::{Clock, Timestamp};

pub use condition::{Condition, Examined};
pub use memory::Memory;
pub use redis::{Options, Redis};
pub use terms::{Crowd, Rate, Result, Unavailable};

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

    /// Stores a value, and replaces any earlier one.
    pub async fn put(&self, key: &str, value: &[u8], expires_at: Timestamp) -> Result<()> {
        match self {
            Self::Memory(memory) => {
                memory.put(key, value, expires_at);
                Ok(())
            }
            Self::Redis(redis) => redis.put(key, value, expires_at).await,
        }
    }

    /// Removes and returns a value that has not expired. Exactly one of several callers gets it.
    pub async fn take(&self, key: &str) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Memory(memory) => Ok(memory.take(key)),
            Self::Redis(redis) => redis.take(key).await,
        }
    }

    /// Notes a proof until it expires. Returns `true` only if it is certain that the proof was not noted before:
    /// exactly one of several callers gets `true`, and none does if the proof was made at or before the epoch, or by a
    /// clock that was ahead of this one.
    pub async fn once(&self, key: &str, made_at: Timestamp, expires_at: Timestamp) -> Result<bool> {
        match self {
            Self::Memory(memory) => Ok(memory.once(key, made_at, expires_at)),
            Self::Redis(redis) => redis.once(key, made_at, expires_at).await,
        }
    }

    /// Counts one use against a rate; `Err` says how long to wait if it is used up. GCRA: ITU-T I.371. If the shared
    /// store is lost, each process counts separately: limits become wider, but stay in force.
    pub async fn limit(&self, key: &str, rate: Rate) -> std::result::Result<(), Duration> {
        match self {
            Self::Memory(memory) => memory.limit(key, rate),
            Self::Redis(redis) => redis.limit(key, rate).await,
        }
    }

    /// Gives back one use that was counted against a rate. A bucket never gets more than its burst by it.
    pub async fn give_back(&self, key: &str, rate: Rate) {
        match self {
            Self::Memory(memory) => memory.give_back(key, rate),
            Self::Redis(redis) => redis.give_back(key, rate).await,
        }
    }

    /// Counts a member of a key. Returns how many different ones there are when they have become a crowd, once in each
    /// window. If the store loses its data, it counts from the beginning.
    pub async fn gather(&self, key: &str, member: &str, crowd: Crowd) -> Result<Option<u64>> {
        match self {
            Self::Memory(memory) => Ok(memory.gather(key, member, crowd)),
            Self::Redis(redis) => redis.gather(key, member, crowd).await,
        }
    }

    /// How many requests the shared store has answered and how many not; `None` without a shared store.
    pub fn usage(&self) -> Option<(u64, u64)> {
        match self {
            Self::Memory(_) => None,
            Self::Redis(redis) => Some(redis.usage()),
        }
    }

    /// Whether the shared store answers; `None` without a shared store.
    pub async fn answers(&self) -> Option<bool> {
        match self {
            Self::Memory(_) => None,
            Self::Redis(redis) => Some(redis.answers().await),
        }
    }
}
