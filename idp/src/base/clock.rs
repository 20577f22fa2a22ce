//! Time, passed in as a value so that tests can control it.

use std::fmt;
use std::ops::{Add, Sub};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// How far the clocks of two processes on one database may be apart.
pub const SKEW: Duration = Duration::from_secs(60);

/// Within what time something that is sent twice, in the same browser, does the same again: a form that is sent twice is no thief.
pub const SENT_TWICE: Duration = Duration::from_secs(30);

/// A moment, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment that lies this many microseconds after 1970.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The moment that lies this many seconds after 1970: a JWT's NumericDate (RFC 7519 §2).
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since 1970.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The time that has passed since `earlier`; zero if that lies in the future.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Whether what happened then may be answered the same once more: less than [`SENT_TWICE`] ago, by the clock of any process. A clock
    /// that is set back makes nothing work again.
    pub fn is_just_before(self, now: Self) -> bool {
        now - SENT_TWICE < self && self <= now + SKEW
    }
}

/// Whole seconds to wait, rounded up: who comes back then does not come too early (`Retry-After`, RFC 9110 §10.2.3).
pub fn seconds_up(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
}

/// Whole minutes to wait, rounded up.
pub fn minutes_up(wait: Duration) -> u64 {
    seconds_up(wait).div_ceil(60)
}

impl Timestamp {
    /// Reads a moment in RFC 3339, to the second; the offset is `Z` or a difference such as `+03:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.trim().split_once(['T', 't', ' '])?;
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let zone = time.find(['Z', 'z', '+', '-'])?;
        let (time, zone) = time.split_at(zone);
        // Fractions of a second are of no interest to a person who writes a time.
        let time = time.split_once('.').map_or(time, |(whole, _)| whole);
        let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
        let offset = match zone.split_at(1) {
            ("Z" | "z", "") => 0,
            (sign, rest) => {
                let [hours, minutes] = numbers(rest, ':', [2, 2])?;
                let offset = hours * 3_600 + minutes * 60;
                if hours > 23 || minutes > 59 || !["+", "-"].contains(&sign) {
                    return None;
                }
                if sign == "-" { -offset } else { offset }
            }
        };
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        // A civil date to days, in years that begin in March.
        let year = if month <= 2 { year - 1 } else { year };
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        let moment = Self::from_seconds(days * 86_400 + hour * 3_600 + minute * 60 + second - offset);
        // A day that its month does not have would be a day of the next month.
        let written = Self::from_seconds(days * 86_400).to_string();
        written.starts_with(date).then_some(moment)
    }
}

/// Numbers of exactly these many digits between separators.
fn numbers<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut found = [0; N];
    for (number, digits) in found.iter_mut().zip(digits) {
        let part =
            parts.next().filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros(duration)))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let since = |later: SystemTime, earlier| later.duration_since(earlier).map(micros);
        let before = || since(SystemTime::UNIX_EPOCH, time).map_or(0, |micros| -micros);
        Self(since(time, SystemTime::UNIX_EPOCH).unwrap_or_else(|_| before()))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, to the second.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.seconds();
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Days to a civil date of the proleptic Gregorian calendar, in years that begin in March.
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let of_era = z.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Where the time comes from: the system, or a test that sets it.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's wall clock.
    System,
    /// A clock that a test moves.
    Manual(Arc<Hands>),
}

/// The state of a manual clock, in microseconds.
#[derive(Debug)]
pub struct Hands {
    /// The time that the clock shows.
    shown: AtomicI64,
    /// The time elapsed since the start. Setting the clock back does not change it.
    passed: AtomicI64,
}

/// The start from which elapsed time is counted: the first time that this process asked for it.
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock {
    /// A clock that stands at `start` until it is moved.
    pub fn manual(start: Timestamp) -> Self {
        Self::Manual(Arc::new(Hands { shown: AtomicI64::new(start.0), passed: AtomicI64::new(0) }))
    }

    /// The present moment.
    #[allow(clippy::disallowed_methods)] // The one place that may ask the system for the time.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(since) => Timestamp(micros(since)),
                Err(before) => Timestamp(-micros(before.duration())),
            },
            // Each reading advances the clock by a microsecond, so that later events get later times, as with a real
            // clock.
            Self::Manual(hands) => Timestamp(hands.shown.fetch_add(1, Ordering::SeqCst)),
        }
    }

    /// The time since an arbitrary start. It never goes back, even if the clock is set back. The start differs between
    /// processes, so use it only within this one.
    pub fn passed(&self) -> Duration {
        match self {
            Self::System => BEGAN.elapsed(),
            Self::Manual(hands) => {
                Duration::from_micros(u64::try_from(hands.passed.fetch_add(1, Ordering::SeqCst)).unwrap_or(0))
            }
        }
    }

    /// Moves a manual clock forward; does nothing to the system's clock.
    pub fn advance(&self, by: Duration) {
        if let Self::Manual(hands) = self {
            hands.shown.fetch_add(micros(by), Ordering::SeqCst);
            hands.passed.fetch_add(micros(by), Ordering::SeqCst);
        }
    }

    /// Moves a manual clock back, as a machine's clock may jump; does nothing to the system's clock.
    pub fn set_back(&self, by: Duration) {
        if let Self::Manual(hands) = self {
            hands.shown.fetch_sub(micros(by), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_written_as_rfc_3339() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_132_799, "2026-11-19T23:59:59Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(Timestamp::from_seconds(seconds).to_string(), text);
        }
    }

    #[test]
    fn a_moment_in_rfc_3339_is_read_in_every_zone() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T00:00:00Z", 951_782_400),
            ("2026-11-19T23:59:59Z", 1_795_132_799),
            ("2026-11-20 02:59:59.25+03:00", 1_795_132_799),
            ("2026-11-19T18:29:59-05:30", 1_795_132_799),
            ("1969-12-31T23:59:59Z", -1),
        ] {
            assert_eq!(Timestamp::parse(text), Some(Timestamp::from_seconds(seconds)), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2026-11-19",
            "2026-11-19T23:59:59",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-1-01T00:00:00Z",
            "2026-01-01T00:00:00+3",
            "2026-01-01T00:00:00+99:00",
            "2026-01-01T00:00:00Zulu",
            "１026-01-01T00:00:00Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(seconds in -60_000_000_000_i64..200_000_000_000) {
            let moment = Timestamp::from_seconds(seconds);
            proptest::prop_assert_eq!(Timestamp::parse(&moment.to_string()), Some(moment));
        }

        #[test]
        fn no_text_panics_when_it_is_read_as_a_moment(text in "[0-9TZ:+. -]{0,30}|\\PC{0,20}") {
            let _ = Timestamp::parse(&text);
        }
    }

    #[test]
    fn x8_time_passes_whatever_a_clock_is_set_to() {
        for clock in [Clock::System, Clock::manual(Timestamp::from_seconds(1_000))] {
            let before = clock.passed();
            clock.set_back(Duration::from_secs(600));
            clock.advance(Duration::from_secs(1));
            assert!(clock.passed() >= before);
        }
        let clock = Clock::manual(Timestamp::from_seconds(1_000));
        let before = clock.passed();
        clock.set_back(Duration::from_secs(600));
        clock.advance(Duration::from_secs(7));
        assert!(clock.passed() - before >= Duration::from_secs(7));
    }

    #[test]
    fn time_that_runs_backwards_has_passed_for_no_time() {
        assert_eq!(Timestamp(5).since(Timestamp(9)), Duration::ZERO);
    }
}
