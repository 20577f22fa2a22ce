//! What may be lost at the price of a retry: proofs that must be seen once, and rates.
//!
//! Expiry is data judged by our clock. The epoch is the moment when the store began empty: "never seen" is not known of
//! what was made before it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::base::clock::{Clock, Timestamp};

/// How many entries the in-process store holds before it forgets those that expire first.
const CAPACITY: usize = 200_000;

/// A rate: so many at once, then one in each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many may come at once.
    pub burst: u32,
    /// How long it takes until one more may come.
    pub period: Duration,
}

/// The ephemeral store.
#[derive(Clone, Debug)]
pub enum Ephemeral {
    /// In this process alone.
    Memory(Arc<Memory>),
}

/// The in-process store.
#[derive(Debug)]
pub struct Memory {
    clock: Clock,
    epoch: Timestamp,
    /// Until when a proof counts as seen, or a rate's theoretical arrival time.
    entries: Mutex<HashMap<String, Timestamp>>,
}

impl Ephemeral {
    /// An empty store in this process.
    pub fn memory(clock: Clock) -> Self {
        let epoch = clock.now();
        Self::Memory(Arc::new(Memory { clock, epoch, entries: Mutex::default() }))
    }

    /// When the store began empty: a one-time proof made at or before this moment may have been used.
    pub fn epoch(&self) -> Timestamp {
        match self {
            Self::Memory(memory) => memory.epoch,
        }
    }

    /// Notes a proof until it expires; whether it was not noted before. Of many callers exactly one is told `true`.
    pub async fn once(&self, key: &str, expires_at: Timestamp) -> bool {
        match self {
            Self::Memory(memory) => memory.once(key, expires_at),
        }
    }

    /// Counts one against a rate; `Err` says how long to wait if it is used up. GCRA: ITU-T I.371.
    pub async fn limit(&self, key: &str, rate: Rate) -> Result<(), Duration> {
        match self {
            Self::Memory(memory) => memory.limit(key, rate),
        }
    }
}

impl Memory {
    fn once(&self, key: &str, expires_at: Timestamp) -> bool {
        let now = self.clock.now();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.get(key).is_some_and(|until| *until > now) {
            return false;
        }
        make_room(&mut entries, now);
        entries.insert(key.to_owned(), expires_at);
        true
    }

    fn limit(&self, key: &str, rate: Rate) -> Result<(), Duration> {
        let now = self.clock.now();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        // The moment at which all that came before would be worked off at the steady rate.
        let arrival = entries.get(key).copied().unwrap_or(now).max(now);
        let ahead = arrival.since(now);
        let tolerance = rate.period * rate.burst.saturating_sub(1);
        if ahead > tolerance {
            return Err(ahead - tolerance);
        }
        make_room(&mut entries, now);
        entries.insert(key.to_owned(), arrival + rate.period);
        Ok(())
    }
}

fn make_room(entries: &mut HashMap<String, Timestamp>, now: Timestamp) {
    if entries.len() < CAPACITY {
        return;
    }
    entries.retain(|_, until| *until > now);
    if entries.len() >= CAPACITY {
        // Full of what is still good: half of it goes, that which expires first.
        let mut times: Vec<Timestamp> = entries.values().copied().collect();
        let (_, middle, _) = times.select_nth_unstable(CAPACITY / 2);
        let middle = *middle;
        entries.retain(|_, until| *until > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (Clock, Ephemeral) {
        let clock = Clock::manual(Timestamp::from_seconds(1_000));
        (clock.clone(), Ephemeral::memory(clock))
    }

    #[tokio::test]
    async fn a_proof_is_accepted_once_until_it_expires() {
        let (clock, store) = store();
        let until = clock.now() + Duration::from_secs(60);
        assert!(store.once("jti", until).await);
        assert!(!store.once("jti", until).await);
        clock.advance(Duration::from_secs(61));
        assert!(store.once("jti", until + Duration::from_secs(60)).await);
    }

    #[tokio::test]
    async fn a_rate_allows_its_burst_and_then_one_in_each_period() {
        let (clock, store) = store();
        let rate = Rate { burst: 3, period: Duration::from_secs(6) };
        for _ in 0..3 {
            assert_eq!(store.limit("a", rate).await, Ok(()));
        }
        let wait = store.limit("a", rate).await.unwrap_err();
        assert!(wait > Duration::from_secs(5) && wait <= Duration::from_secs(6), "{wait:?}");
        assert_eq!(store.limit("b", rate).await, Ok(()), "another key has a bucket of its own");
        clock.advance(Duration::from_secs(6));
        assert_eq!(store.limit("a", rate).await, Ok(()));
        assert!(store.limit("a", rate).await.is_err());
    }

    #[tokio::test]
    async fn the_store_never_grows_beyond_its_capacity() {
        let (clock, store) = store();
        let Ephemeral::Memory(memory) = &store;
        for number in 0..CAPACITY + 1_000 {
            store.once(&number.to_string(), clock.now() + Duration::from_secs(number as u64)).await;
        }
        assert!(memory.entries.lock().unwrap().len() <= CAPACITY);
    }
}
