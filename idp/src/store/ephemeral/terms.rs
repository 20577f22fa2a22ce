//! What is said to an ephemeral store, and what it answers.

use std::fmt;
use std::time::Duration;

use crate::base::clock::{SKEW, Timestamp};

/// A rate: a burst, then one use in each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many uses are allowed at once.
    pub burst: u32,
    /// How long it takes until one more use is allowed.
    pub period: Duration,
}

impl Rate {
    /// How far ahead of a steady stream a burst may run: the tolerance of GCRA, ITU-T I.371.
    pub(super) fn tolerance(self) -> Duration {
        self.period * self.burst.saturating_sub(1)
    }
}

/// When many different members of one key are a crowd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// How many different members there are at least. The shared store estimates their number, to about a hundredth.
    pub least: u32,
    /// How long members are counted together; windows follow each other.
    pub window: Duration,
}

impl Crowd {
    /// The number of the window at a moment.
    pub(super) fn window_at(self, now: Timestamp) -> u128 {
        now.since(Timestamp::from_seconds(0)).as_micros() / self.window.as_micros().max(1)
    }
}

/// The epoch, corrected for a clock that was set back. An epoch in the future would make every proof look old, so it is
/// reset to now.
pub(super) fn epoch_seen_at(epoch: Timestamp, now: Timestamp) -> Timestamp {
    if epoch > now + SKEW { now } else { epoch }
}

/// The store cannot be reached, so that its content is unknown.
#[derive(Debug)]
pub struct Unavailable;

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ephemeral store is not available")
    }
}

impl std::error::Error for Unavailable {}

/// The result of an operation on the store.
pub type Result<T> = std::result::Result<T, Unavailable>;
