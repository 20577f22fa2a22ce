//! Which of two configurations is newer, so that a replica with an older file does not undo what a newer file declares.

use crate::base::clock::{SKEW, Timestamp};

/// The edition of a configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edition {
    /// The number that is written in it.
    Numbered(u32),
    /// When its file was changed.
    Changed(Timestamp),
    /// There is neither a number nor a file.
    #[default]
    Unknown,
}

impl Edition {
    /// Whether the other one is surely newer. A number takes precedence over a time, since the operator wrote it on
    /// purpose. A time in the future does not count.
    pub fn is_before(self, other: Self, now: Timestamp) -> bool {
        match (self, other) {
            (Self::Numbered(own), Self::Numbered(other)) => own < other,
            (Self::Changed(own), Self::Changed(other)) => own < other && other <= now + SKEW,
            (Self::Changed(_) | Self::Unknown, Self::Numbered(_)) => true,
            _ => false,
        }
    }

    /// The edition, with a future time replaced by the present.
    pub fn at_most(self, now: Timestamp) -> Self {
        match self {
            Self::Changed(at) => Self::Changed(at.min(now)),
            other => other,
        }
    }

    /// The edition as it is stored.
    pub fn to_text(self) -> String {
        match self {
            Self::Numbered(number) => format!("number {number}"),
            Self::Changed(at) => format!("changed {}", at.micros()),
            Self::Unknown => "unknown".to_owned(),
        }
    }

    /// Reads a stored edition.
    pub fn from_text(text: &str) -> Self {
        let numbered = || Some(Self::Numbered(text.strip_prefix("number ")?.parse().ok()?));
        let changed = || Some(Self::Changed(Timestamp::from_micros(text.strip_prefix("changed ")?.parse().ok()?)));
        numbered().or_else(changed).unwrap_or_default()
    }
}

impl std::fmt::Display for Edition {
    /// In words, for people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Numbered(number) => write!(f, "edition {number}"),
            Self::Changed(at) => write!(f, "a file changed at {at}"),
            Self::Unknown => f.write_str("a configuration without a file"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edition_is_older_only_where_that_is_known() {
        let (one, two) = (Edition::Numbered(1), Edition::Numbered(2));
        let at = |seconds| Edition::Changed(Timestamp::from_seconds(seconds));
        let (monday, tuesday) = (at(1), at(2));
        for (own, other, before) in [
            (one, two, true),
            (two, one, false),
            (two, two, false),
            (monday, tuesday, true),
            (tuesday, monday, false),
            (tuesday, one, true),
            (Edition::Unknown, one, true),
            (one, tuesday, false),
            (Edition::Unknown, tuesday, false),
            (tuesday, Edition::Unknown, false),
        ] {
            assert_eq!(own.is_before(other, Timestamp::from_seconds(2)), before, "{own:?} {other:?}");
            assert_eq!(Edition::from_text(&own.to_text()), own);
        }
        let now = Timestamp::from_seconds(1_000);
        assert!(at(1_000).is_before(at(1_060), now), "another clock is ahead");
        assert!(!at(1_000).is_before(at(1_061), now), "a time that has not come says nothing");
        assert_eq!((at(1_001).at_most(now), at(999).at_most(now), one.at_most(now)), (at(1_000), at(999), one));
    }
}
