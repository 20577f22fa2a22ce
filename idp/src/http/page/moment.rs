//! Times as pages show them.

use std::time::Duration;

use super::wording::Wording;
use crate::base::clock::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// The mean length of a month in the Gregorian calendar.
const MONTH: u64 = 2_629_746;
/// The mean length of a year in the Gregorian calendar.
const YEAR: u64 = 12 * MONTH;

/// A time, mostly in the past, seen from the moment at which the page is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    at: Timestamp,
    seconds_ago: u64,
}

impl Moment {
    /// The time `at`, seen from `now`. A time in the future, by the clock of another replica, counts as now.
    pub fn new(at: Timestamp, now: Timestamp) -> Self {
        Self { at, seconds_ago: now.since(at).as_secs() }
    }

    /// A time in the future: the end of the minute that it is in, since the page shows minutes and must not be early.
    pub fn to_come(at: Timestamp) -> Self {
        let second = at.seconds().rem_euclid(60).unsigned_abs();
        Self { at: at + Duration::from_secs(60 - second), seconds_ago: 0 }
    }

    /// How long ago it was, in the largest unit of which there is at least one.
    pub fn ago(&self) -> Wording {
        let seconds = self.seconds_ago;
        let (key, unit) = match seconds {
            0..MINUTE => return Wording::new("ago-now"),
            MINUTE..HOUR => ("ago-minutes", MINUTE),
            HOUR..DAY => ("ago-hours", HOUR),
            DAY..MONTH => ("ago-days", DAY),
            MONTH..YEAR => ("ago-months", MONTH),
            _ => ("ago-years", YEAR),
        };
        Wording::counted(key, "count", seconds / unit)
    }

    /// The value of the attribute `datetime`: RFC 3339, in UTC.
    pub fn machine(&self) -> String {
        self.at.to_string()
    }

    /// The time to the minute, in UTC. A script replaces it by the reader's own time and form of the date.
    pub fn exact(&self) -> String {
        let text = self.at.to_string();
        let (day, rest) = text.split_once('T').unwrap_or((&text, ""));
        format!("{day} {} UTC", rest.get(..5).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_the_largest_unit() {
        let at = Timestamp::from_seconds(1_700_000_000);
        for (seconds, key, count) in [
            (0, "ago-now", None),
            (59, "ago-now", None),
            (60, "ago-minutes", Some(1)),
            (12 * 60 + 59, "ago-minutes", Some(12)),
            (60 * 60, "ago-hours", Some(1)),
            (24 * 60 * 60, "ago-days", Some(1)),
            (30 * 24 * 60 * 60, "ago-days", Some(30)),
            (31 * 24 * 60 * 60, "ago-months", Some(1)),
            (364 * 24 * 60 * 60, "ago-months", Some(11)),
            (366 * 24 * 60 * 60, "ago-years", Some(1)),
            (800 * 24 * 60 * 60, "ago-years", Some(2)),
        ] {
            let ago = Moment::new(at, Timestamp::from_seconds(1_700_000_000 + seconds)).ago();
            assert_eq!((ago.key, ago.number.map(|(_, number)| number)), (key, count), "{seconds} s");
        }
    }

    #[test]
    fn the_end_of_a_wait_is_never_told_too_early() {
        for (at, told) in [(60, "1970-01-01 00:02 UTC"), (61, "1970-01-01 00:02 UTC"), (119, "1970-01-01 00:02 UTC")] {
            assert_eq!(Moment::to_come(Timestamp::from_seconds(at)).exact(), told, "{at}");
        }
    }

    #[test]
    fn a_clock_that_is_ahead_makes_no_future() {
        let moment = Moment::new(Timestamp::from_seconds(100), Timestamp::from_seconds(40));
        assert_eq!(moment.ago().key, "ago-now");
        assert_eq!(
            (moment.machine().as_str(), moment.exact().as_str()),
            ("1970-01-01T00:01:40Z", "1970-01-01 00:01 UTC")
        );
    }
}
