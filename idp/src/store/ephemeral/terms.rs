//! What is said to an ephemeral store, and what it answers.

use std::fmt;
use std::time::Duration;

use crate::base::clock::{SKEW, Timestamp};

/// A rate: so many at once, then one in each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many may come at once.
    pub burst: u32,
    /// How long it takes until one more may come.
    pub period: Duration,
}

impl Rate {
    /// How far ahead of a steady stream a burst may run: the tolerance of GCRA, ITU-T I.371.
    pub(super) fn tolerance(self) -> Duration {
        self.period * self.burst.saturating_sub(1)
    }
}

/// The epoch, corrected for a clock that was set back. An epoch in the future would make every proof look old, so it
/// begins again now.
pub(super) fn epoch_seen_at(epoch: Timestamp, now: Timestamp) -> Timestamp {
    if epoch > now + SKEW { now } else { epoch }
}

/// The store cannot be reached, so that nothing is known.
#[derive(Debug)]
pub struct Unavailable;

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ephemeral store is not available")
    }
}

impl std::error::Error for Unavailable {}

/// What a verb of the store returns.
pub type Result<T> = std::result::Result<T, Unavailable>;
