//! When refused sign-ins are answered: all after the same time, whatever work they took, so that the timing of an
//! answer does not reveal whether there is an account, or what hash it has.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The shortest and the longest deadline. The longest limits how long a mistyped password waits, even if others slow
/// hashing down.
const BOUNDS: (Duration, Duration) = (Duration::from_millis(5), Duration::from_secs(3));

/// How many durations are kept for each kind of hash.
const LOOKED_AT: usize = 256;

/// How many of them are kept however old they are.
const AT_LEAST: usize = 32;

/// The age at which a duration is dropped if there are enough newer ones, so that the deadline falls again after a
/// rush.
const FRESH: Duration = Duration::from_secs(300);

/// How long a kind of hash is remembered after its last try.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// How many kinds of hashes are distinguished.
const KINDS: usize = 16;

/// The time after which refusals are answered: the 99th percentile of the recent durations of the slowest kind of hash,
/// including the wait for a turn.
#[derive(Debug, Default)]
pub struct Deadline {
    /// By the costs of the hash.
    kinds: Mutex<HashMap<String, VecDeque<(Instant, Duration)>>>,
    kept: AtomicU64,
    missed: AtomicU64,
}

impl Deadline {
    fn kinds(&self) -> MutexGuard<'_, HashMap<String, VecDeque<(Instant, Duration)>>> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how long it took to try a password against this PHC string.
    pub(super) fn note(&self, phc: &str, took: Duration) {
        self.note_at(phc, took, Instant::now());
    }

    fn note_at(&self, phc: &str, took: Duration, now: Instant) {
        let mut kinds = self.kinds();
        kinds.retain(|_, times| times.back().is_some_and(|(at, _)| now - *at < REMEMBERED));
        let kind = if kinds.len() < KINDS || kinds.contains_key(costs(phc)) { costs(phc) } else { "" };
        let times = kinds.entry(kind.to_owned()).or_default();
        times.push_back((now, took));
        while times.len() > LOOKED_AT
            || (times.len() > AT_LEAST && times.front().is_some_and(|(at, _)| now - *at > FRESH))
        {
            times.pop_front();
        }
    }

    /// How long after its beginning a sign-in that fails is refused.
    pub fn time(&self) -> Duration {
        let slowest = self.kinds().values().map(percentile).max().unwrap_or_default();
        slowest.clamp(BOUNDS.0, BOUNDS.1)
    }

    /// Waits until a sign-in that began at this moment may be refused.
    pub async fn reach(&self, began: Instant) {
        let until = began + self.time();
        let count = if Instant::now() <= until { &self.kept } else { &self.missed };
        count.fetch_add(1, Ordering::Relaxed);
        sleep_until(until).await;
    }

    /// How many refusals were on time, and how many were late.
    pub fn usage(&self) -> (u64, u64) {
        (self.kept.load(Ordering::Relaxed), self.missed.load(Ordering::Relaxed))
    }
}

/// The 99th percentile of some durations; for fewer than a hundred, the longest.
fn percentile(times: &VecDeque<(Instant, Duration)>) -> Duration {
    let mut sorted: Vec<Duration> = times.iter().map(|(_, took)| *took).collect();
    sorted.sort_unstable();
    let at = (sorted.len() * 99).div_ceil(100).saturating_sub(1);
    sorted.get(at).copied().unwrap_or_default()
}

/// What a PHC string says of its costs, such as `m=19456,t=2,p=1`.
fn costs(phc: &str) -> &str {
    phc.split('$').find(|part| part.starts_with("m=")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: &str = "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA";
    const DEAR: &str = "$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA";

    fn millis(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn f2_the_deadline_is_the_99th_percentile_of_the_slowest_kind_within_bounds() {
        let deadline = Deadline::default();
        assert_eq!(deadline.time(), BOUNDS.0, "nothing was measured");
        for n in 1..=200 {
            deadline.note(CHEAP, millis(n));
        }
        assert_eq!(deadline.time(), millis(198));
        deadline.note(DEAR, millis(400));
        for _ in 0..1000 {
            deadline.note(CHEAP, millis(20));
        }
        assert_eq!(deadline.time(), millis(400), "many cheap hashes do not hide the few dear ones");
        deadline.note(DEAR, Duration::from_secs(60));
        assert_eq!(deadline.time(), BOUNDS.1);
    }

    #[test]
    fn a_rush_that_is_over_is_forgotten() {
        let (deadline, now) = (Deadline::default(), Instant::now());
        for _ in 0..LOOKED_AT {
            deadline.note_at(CHEAP, millis(2000), now);
        }
        for _ in 0..AT_LEAST {
            deadline.note_at(CHEAP, millis(50), now + FRESH + millis(1));
        }
        assert_eq!(deadline.time(), millis(50));
    }

    #[tokio::test]
    async fn f2_a_refusal_waits_until_its_time() {
        let deadline = Deadline::default();
        deadline.note(CHEAP, millis(60));
        let began = Instant::now();
        deadline.reach(began).await;
        assert!(began.elapsed() >= millis(60), "{:?}", began.elapsed());
        // A late refusal is not delayed further.
        deadline.reach(began).await;
        assert_eq!(deadline.usage(), (1, 1));
    }
}
