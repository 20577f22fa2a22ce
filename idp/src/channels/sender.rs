//! Who writes to a bot.

use crate::base::messages::unturned;
use crate::config::ChannelKind;

/// The longest name of a sender, in characters.
const LONGEST_ID: usize = 64;

/// The longest of what a sender calls themselves that is kept, in characters.
const LONGEST_NAME: usize = 128;

/// The largest number of a user of Telegram: 52 bits.
const LARGEST_NUMBER: u64 = (1 << 52) - 1;

/// Somebody who writes to a bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// What the messenger calls them, for good.
    pub id: String,
    /// What they call themselves.
    pub shown_as: Option<String>,
}

impl Sender {
    /// Reads who it is in a messenger of this kind; `None` for what can be nobody there, such as the number of a group.
    pub fn parse(kind: ChannelKind, id: &str, shown_as: Option<&str>) -> Option<Self> {
        let fits = match kind {
            ChannelKind::Telegram => is_number(id),
            _ => is_name(id),
        };
        let cleaned = |text: &str| {
            let text: String = unturned(text.trim()).chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
            Some(text).filter(|text| !text.is_empty())
        };
        fits.then(|| Self { id: id.to_owned(), shown_as: shown_as.and_then(cleaned) })
    }
}

/// The number of a user of Telegram, as it is written: groups have negative ones.
fn is_number(id: &str) -> bool {
    let digits = id.len() <= 16 && id.bytes().all(|byte| byte.is_ascii_digit());
    digits && !id.starts_with('0') && id.parse().is_ok_and(|number: u64| number <= LARGEST_NUMBER)
}

/// A name that other messengers use: visible ASCII characters.
fn is_name(id: &str) -> bool {
    (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_of_telegram_is_a_number_of_52_bits_and_never_a_group() {
        for (id, fits) in [
            ("987654321", true),
            ("4503599627370495", true),
            ("4503599627370496", false),
            ("9007199254740993", false),
            ("-1001234567890", false),
            ("0", false),
            ("01", false),
            ("+1", false),
            ("1.0", false),
            (" 1", false),
            ("", false),
            ("12345678901234567", false),
            ("\u{661}\u{662}", false),
        ] {
            assert_eq!(Sender::parse(ChannelKind::Telegram, id, None).is_some(), fits, "{id:?}");
        }
    }

    #[test]
    fn a_sender_of_another_messenger_is_a_name_without_blanks() {
        for (id, fits) in [
            ("U02ABCDEF", true),
            ("T01/U02", true),
            (&*"x".repeat(64), true),
            (&*"x".repeat(65), false),
            ("", false),
            ("a b", false),
            ("a\n", false),
            ("\u{e9}", false),
        ] {
            assert_eq!(Sender::parse(ChannelKind::Slack, id, None).is_some(), fits, "{id:?}");
        }
    }

    #[test]
    fn what_somebody_calls_themselves_cannot_break_a_line_or_turn_it() {
        let shown = |text: &str| Sender::parse(ChannelKind::Slack, "U1", Some(text)).unwrap().shown_as;
        assert_eq!(shown(" Ann\n\u{202e}Example ").as_deref(), Some("AnnExample"));
        assert_eq!(shown("\n"), None);
        assert_eq!(shown(&"x".repeat(500)).unwrap().len(), LONGEST_NAME);
    }
}
