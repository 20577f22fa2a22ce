//! Durations and sizes as text with a unit.

use std::time::Duration;

/// So many seconds.
pub const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// So many minutes.
pub const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

/// So many hours.
pub const fn hours(n: u64) -> Duration {
    Duration::from_secs(n * 3_600)
}

/// So many days.
pub const fn days(n: u64) -> Duration {
    Duration::from_secs(n * 86_400)
}

/// An amount of memory or text in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

impl Size {
    /// So many bytes.
    pub const fn bytes(n: u64) -> Self {
        Self(n)
    }

    /// So many times 1024 bytes.
    pub const fn kib(n: u64) -> Self {
        Self(n << 10)
    }

    /// So many times 1024 KiB.
    pub const fn mib(n: u64) -> Self {
        Self(n << 20)
    }

    /// The size in bytes, as lengths are counted.
    pub fn in_bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// The size in whole KiB, as argon2 counts memory (RFC 9106 §3.1).
    pub fn in_kib(self) -> u32 {
        u32::try_from(self.0 >> 10).unwrap_or(u32::MAX)
    }
}

/// Milliseconds of each unit, largest first.
const DURATIONS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
/// Bytes of each unit, largest first.
const SIZES: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// Reads a duration such as `10m` or `10 m`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    parse(text, &DURATIONS).map(Duration::from_millis)
}

/// Writes a duration in the largest unit that leaves no remainder.
pub fn render_duration(duration: Duration) -> String {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if millis == 0 { "0s".to_owned() } else { render(millis, &DURATIONS, "") }
}

/// Reads a size such as `64 KiB` or `64KiB`.
pub fn parse_size(text: &str) -> Option<Size> {
    parse(text, &SIZES).map(Size)
}

/// Writes a size in the largest unit that leaves no remainder.
pub fn render_size(size: Size) -> String {
    if size.0 == 0 { "0 B".to_owned() } else { render(size.0, &SIZES, " ") }
}

fn parse(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

fn render(amount: u64, units: &[(&str, u64)], gap: &str) -> String {
    let whole = units.iter().find(|(_, factor)| amount.is_multiple_of(*factor));
    whole.map_or_else(String::new, |(unit, factor)| format!("{}{gap}{unit}", amount / factor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_unit_is_needed_and_a_space_before_it_allowed() {
        assert_eq!(parse_duration("10m"), Some(minutes(10)));
        assert_eq!(parse_duration(" 36 h "), Some(hours(36)));
        assert_eq!(parse_size("64 KiB"), Some(Size::kib(64)));
        for text in ["", "10", "m", "-1m", "1.5h", "10 min", "99999999999999999999s", "18446744073709551615d", "１m"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
        for text in ["64", "64 kb", "KiB", "18446744073709551615 GiB"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn strangers_text_never_panics(text in "\\PC{0,40}") {
            let _ = (parse_duration(&text), parse_size(&text));
        }

        #[test]
        fn what_was_rendered_is_read_as_the_same(millis in any::<u64>(), bytes in any::<u64>()) {
            let (duration, size) = (Duration::from_millis(millis), Size::bytes(bytes));
            prop_assert_eq!(parse_duration(&render_duration(duration)), Some(duration));
            prop_assert_eq!(parse_size(&render_size(size)), Some(size));
        }

        #[test]
        fn what_was_read_and_rendered_is_read_as_the_same(number in 0u64..100_000, unit in "(d|h|m|s|ms)", gap in " {0,2}") {
            let duration = parse_duration(&format!("{number}{gap}{unit}"));
            prop_assert!(duration.is_some());
            prop_assert_eq!(duration.map(render_duration).as_deref().and_then(parse_duration), duration);
        }
    }
}
