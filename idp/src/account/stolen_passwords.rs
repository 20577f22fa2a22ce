//! Passwords that appear in collections of stolen ones: a list in the binary, since no password is ever sent
//! anywhere. `lists/README.md` says what is in it and how it is made.

use unicode_normalization::UnicodeNormalization;

use super::own_words::letter_for;
use crate::base::encoding::sha256;

/// How many bytes of a hash are in the list: a password that is not in it is found by accident once in five million.
const PRINT: usize = 5;

/// The prints, sorted.
static LIST: &[u8] = include_bytes!("../../lists/stolen_passwords.bin");

/// The fewest characters of an entry: every configuration refuses shorter passwords.
pub const SHORTEST: usize = 8;

/// Up to how many digits and signs people put behind a password to make it another one.
const TAIL: usize = 4;

/// What stands for a password in the list.
pub type Print = [u8; PRINT];

/// The print of a password: of its compatible form, in lower case.
pub fn print(password: &str) -> Print {
    let [a, b, c, d, e, ..] = sha256(plain(password).as_bytes());
    [a, b, c, d, e]
}

fn plain(password: &str) -> String {
    password.nfkc().flat_map(char::to_lowercase).collect()
}

/// Whether a password is in the list, or what it is made of by the changes that guessers try with each entry: another
/// case, a tail of digits and signs, digits for letters, written backwards, written twice.
pub fn contain(password: &str) -> bool {
    let typed = plain(password);
    let trimmed = without_tail(&typed);
    let letters: String = trimmed.chars().map(letter_for).collect();
    let backwards: String = typed.chars().rev().collect();
    [Some(typed.as_str()), Some(trimmed), Some(&letters), Some(&backwards), half(&typed)]
        .into_iter()
        .flatten()
        .any(|form| form.chars().count() >= SHORTEST && is_listed(print(form)))
}

fn is_listed(print: Print) -> bool {
    let (prints, _) = LIST.as_chunks::<PRINT>();
    prints.binary_search(&print).is_ok()
}

/// The text without the digits and signs at its end, if they are few.
fn without_tail(text: &str) -> &str {
    let head = text.trim_end_matches(|c: char| !c.is_alphabetic());
    let tail = text.get(head.len()..).unwrap_or_default();
    if tail.chars().count() <= TAIL { head } else { text }
}

/// What a text that is written twice consists of.
fn half(text: &str) -> Option<&str> {
    let (first, second) = text.split_at_checked(text.len() / 2)?;
    (first == second).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stolen_is_found_in_every_disguise() {
        for password in [
            "Ilovemybrothers",
            "RanchoCucamonga",
            "RedHamsterBlueHamster",
            "REDHAMSTERBLUEHAMSTER",
            "RanchoCucamonga2024",
            "RanchoCucamonga1!",
            "ranch0cucam0nga",
            "agnomacucohcnar",
            "abdurahmanabdurahman",
            "!wt-!nf0rm@t!c@d!3n$t",
        ] {
            assert!(contain(password), "{password}");
        }
    }

    #[test]
    fn other_passwords_are_not_in_the_list() {
        let others =
            ["five tame herons drift", "пять цапель летят домой", "RanchoCucamonga over the hills", "", "7", "\u{301}"];
        for password in others {
            assert!(!contain(password), "{password}");
        }
    }

    #[test]
    fn the_list_is_sorted_and_within_its_size() {
        let (prints, rest) = LIST.as_chunks::<PRINT>();
        assert!(rest.is_empty());
        assert!(prints.is_sorted_by(|one, next| one < next));
        assert!(LIST.len() <= 1024 * 1024 && prints.len() > 150_000, "{}", prints.len());
    }
}
