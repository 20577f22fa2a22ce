//! The ephemeral store of a single process.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::terms::{Crowd, Rate, epoch_seen_at};
use crate::base::clock::{Clock, SKEW, Timestamp};
use crate::base::encoding::sha256;

/// How many entries of a kind are held before those that expire first are forgotten.
const CAPACITY: usize = 200_000;

/// How many keys have their members counted at once: each holds some dozens of them.
const CROWDS: usize = 20_000;

/// The in-process store.
#[derive(Debug)]
pub struct Memory {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    epoch: Timestamp,
    /// Until when a proof counts as seen.
    proofs: HashMap<String, Timestamp>,
    /// The theoretical arrival time of each rate, in monotonic time: a clock that is set back locks nobody out.
    rates: HashMap<String, Duration>,
    values: HashMap<String, (Vec<u8>, Timestamp)>,
    crowds: HashMap<String, Gathered>,
}

/// The members of a key.
#[derive(Debug)]
struct Gathered {
    /// The beginnings of their hashes; no more than make a crowd.
    members: HashSet<[u8; 8]>,
    /// Whether they are a crowd, so that no more are counted.
    told: bool,
    /// When the window is over.
    until: Timestamp,
}

impl Memory {
    pub(super) fn new(clock: Clock) -> Self {
        let epoch = clock.now();
        let state = State {
            epoch,
            proofs: HashMap::default(),
            rates: HashMap::default(),
            values: HashMap::default(),
            crowds: HashMap::default(),
        };
        Self { clock, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, key: &str, value: &[u8], expires_at: Timestamp) {
        let now = self.clock.now();
        let mut state = self.state();
        make_room(&mut state.values, CAPACITY, now, |(_, until)| *until);
        state.values.insert(key.to_owned(), (value.to_vec(), expires_at));
    }

    pub(super) fn take(&self, key: &str) -> Option<Vec<u8>> {
        let now = self.clock.now();
        self.state().values.remove(key).filter(|(_, until)| *until > now).map(|(value, _)| value)
    }

    pub(super) fn once(&self, key: &str, made_at: Timestamp, expires_at: Timestamp) -> bool {
        let now = self.clock.now();
        let mut state = self.state();
        state.epoch = epoch_seen_at(state.epoch, now);
        let known = made_at > state.epoch && made_at <= now + SKEW;
        if !known || state.proofs.get(key).is_some_and(|until| *until > now) {
            return false;
        }
        if make_room(&mut state.proofs, CAPACITY, now, |until| *until) {
            // Some proofs were dropped before they expired: for proofs made before this moment, nothing is certain any
            // more.
            state.epoch = now;
        }
        state.proofs.insert(key.to_owned(), expires_at);
        true
    }

    pub(super) fn limit(&self, key: &str, rate: Rate) -> Result<(), Duration> {
        let now = self.clock.passed();
        let mut state = self.state();
        // The moment at which all earlier uses would be worked off at the steady rate.
        let arrival = state.rates.get(key).copied().unwrap_or(now).max(now);
        let (ahead, tolerance) = (arrival - now, rate.tolerance());
        if ahead > tolerance {
            return Err(ahead - tolerance);
        }
        make_room(&mut state.rates, CAPACITY, now, |until| *until);
        state.rates.insert(key.to_owned(), arrival + rate.period);
        Ok(())
    }

    pub(super) fn give_back(&self, key: &str, rate: Rate) {
        if let Some(arrival) = self.state().rates.get_mut(key) {
            // One that is past now counts as now.
            *arrival = arrival.saturating_sub(rate.period);
        }
    }

    pub(super) fn gather(&self, key: &str, member: &str, crowd: Crowd) -> Option<u64> {
        let (now, window) = (self.clock.now(), crowd.window_at(self.clock.now()));
        let key = format!("{window}:{key}");
        let mut state = self.state();
        if !state.crowds.contains_key(&key) {
            make_room(&mut state.crowds, CROWDS, now, |gathered| gathered.until);
            let gathered = Gathered { members: HashSet::new(), told: false, until: now + crowd.window };
            state.crowds.insert(key.clone(), gathered);
        }
        let gathered = state.crowds.get_mut(&key).filter(|gathered| !gathered.told)?;
        let [a, b, c, d, e, f, g, h, ..] = sha256(member.as_bytes());
        gathered.members.insert([a, b, c, d, e, f, g, h]);
        gathered.told = gathered.members.len() >= crowd.least as usize;
        let count = gathered.members.len() as u64;
        if gathered.told {
            gathered.members = HashSet::new();
        }
        gathered.told.then_some(count)
    }

    #[cfg(test)]
    fn proofs(&self) -> usize {
        self.state().proofs.len()
    }
}

/// Drops expired entries if the map is full and, if that is not enough, the half that expires first; returns whether
/// entries were dropped that had not expired.
fn make_room<V, T: Ord + Copy>(
    entries: &mut HashMap<String, V>,
    capacity: usize,
    now: T,
    until: impl Fn(&V) -> T,
) -> bool {
    if entries.len() < capacity {
        return false;
    }
    entries.retain(|_, entry| until(entry) > now);
    if entries.len() < capacity {
        return false;
    }
    let mut times: Vec<T> = entries.values().map(&until).collect();
    let (_, middle, _) = times.select_nth_unstable(capacity / 2);
    let middle = *middle;
    entries.retain(|_, entry| until(entry) > middle);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_never_grows_beyond_its_capacity_and_forgets_nothing_that_could_come_back() {
        let clock = Clock::manual(Timestamp::from_seconds(1_000));
        let store = Memory::new(clock.clone());
        let (made, late) = (clock.now(), |number: usize| clock.now() + Duration::from_secs(3_600 + number as u64));
        for number in 0..CAPACITY + 1_000 {
            let made = clock.now();
            assert!(store.once(&number.to_string(), made, late(number)));
        }
        assert!(store.proofs() <= CAPACITY);
        assert!(!store.once("0", made, late(0)), "it was forgotten, and so were all that are as old");
        assert!(store.once("new", clock.now(), late(0)));
    }
}
