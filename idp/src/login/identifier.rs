//! What a person types to say who they are.

use unicode_normalization::UnicodeNormalization;
use unicode_security::MixedScript;
use unicode_security::confusable_detection::skeleton;

use crate::base::clock::Timestamp;
use crate::mail::mailbox::Mailbox;
use crate::store::people::user::{Identifier, IdentifierKind};

/// The most bytes of an identifier: RFC 5321 §4.5.3.1.3.
pub const LONGEST: usize = 254;

/// Why an identifier is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is empty or too long.
    Length,
    /// It is not an email address: one `@` between a name and a domain.
    NotAnAddress,
    /// A username contains characters other than letters, digits, `.`, `_` and `-`, or mixes scripts to look like
    /// another.
    NotAName,
}

impl Problem {
    /// What is wrong with this text, in words.
    pub fn explain(self, text: &str) -> String {
        match self {
            Self::Length => format!("an email address or username has 1 to {LONGEST} bytes"),
            Self::NotAnAddress => format!("{text:?} is not an email address"),
            Self::NotAName => {
                format!("{text:?} is not a username: letters of one script, digits, '.', '_' and '-' are allowed")
            }
        }
    }
}

/// The form in which identifiers are compared: trimmed, in NFKC, in lower case.
pub fn normalise(text: &str) -> String {
    let lower: String = text.trim().nfkc().flat_map(char::to_lowercase).collect();
    // Lower-casing may decompose a composed letter.
    lower.nfkc().collect()
}

/// The identifier of a kind that applications are told, if a user has several: a verified one, else the oldest.
pub fn main<'a>(own: &'a [Identifier], kind: &IdentifierKind) -> Option<&'a Identifier> {
    let of_kind = || own.iter().filter(|it| it.kind == *kind);
    of_kind().find(|it| it.verified_at.is_some()).or_else(|| of_kind().next())
}

/// The identifier that the pages show a person: the oldest.
pub fn shown(own: &[Identifier]) -> Option<&str> {
    own.first().map(|it| it.as_written.as_str())
}

/// An email address, and nothing else.
pub fn parse_email(text: &str, verified_at: Option<Timestamp>) -> Result<Identifier, Problem> {
    match parse(text, verified_at) {
        Ok(found) if found.is_email() => Ok(found),
        Err(Problem::Length) => Err(Problem::Length),
        Ok(_) | Err(_) => Err(Problem::NotAnAddress),
    }
}

/// A username, and nothing else. It is never verified, since there is nothing to prove.
pub fn parse_username(text: &str) -> Result<Identifier, Problem> {
    match parse(text, None) {
        Ok(found) if found.kind == IdentifierKind::Username => Ok(found),
        Err(Problem::Length) => Err(Problem::Length),
        Ok(_) | Err(_) => Err(Problem::NotAName),
    }
}

/// An email address or, without an `@`, a username.
pub fn parse(text: &str, verified_at: Option<Timestamp>) -> Result<Identifier, Problem> {
    let as_written: String = text.trim().nfc().collect();
    if as_written.is_empty() || as_written.len() > LONGEST {
        return Err(Problem::Length);
    }
    let normalised = normalise(&as_written);
    let (kind, skeleton) = if as_written.contains('@') {
        if !is_address(&normalised) || !is_own_spelling(&as_written) {
            return Err(Problem::NotAnAddress);
        }
        (IdentifierKind::Email, normalised.clone())
    } else {
        if !normalised.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'))
            || !normalised.as_str().is_single_script()
        {
            return Err(Problem::NotAName);
        }
        (IdentifierKind::Username, skeleton(&normalised).collect())
    };
    Ok(Identifier { kind, as_written, normalised, skeleton, verified_at })
}

/// Whether this is a single mailbox in the plain form that all mail systems accept.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"()<>[]:;,\\\"@".contains(c);
    !local.is_empty()
        && local.len() <= 64
        && local.chars().all(plain)
        && domain.contains('.')
        && domain.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

/// Whether a mail system delivers an address to the mailbox that its normal form names. To mail systems `Ａlice` and `alice` are two
/// mailboxes, which may belong to two people: whoever proves one of them must not get what belongs to the other. They differ in
/// letter case alone where that does not matter; and the domain is mapped to its normal form by everybody (RFC 5891 §5.3).
fn is_own_spelling(address: &str) -> bool {
    let local = address.split_once('@').map_or(address, |(local, _)| local);
    local.nfkc().eq(local.chars()) && Mailbox::of_address(address).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_name_are_one_name() {
        for (spelling, normal) in [(" Alice ", "alice"), ("ＡＬＩＣＥ", "alice"), ("A@Example.COM", "a@example.com")]
        {
            assert_eq!(parse(spelling, None).unwrap().normalised, normal);
        }
    }

    #[test]
    fn f7_names_that_look_alike_have_one_skeleton_and_mixed_scripts_are_refused() {
        let (latin, cyrillic) = (parse("ace", None).unwrap(), parse("асе", None).unwrap());
        assert_ne!(latin.normalised, cyrillic.normalised);
        assert_eq!(latin.skeleton, cyrillic.skeleton);
        assert_eq!(parse("аlice", None).unwrap_err(), Problem::NotAName, "a Cyrillic а among Latin letters");
    }

    #[test]
    fn an_email_address_is_not_taken_for_a_username_nor_the_other_way_round() {
        assert_eq!(parse_email("alice", None).unwrap_err(), Problem::NotAnAddress);
        assert_eq!(parse_username("alice@example.com").unwrap_err(), Problem::NotAName);
        assert_eq!(parse_username("").unwrap_err(), Problem::Length);
        assert_eq!(parse_email("alice@example.com", None).unwrap().kind, IdentifierKind::Email);
        assert_eq!(parse_username("alice").unwrap().kind, IdentifierKind::Username);
    }

    #[test]
    fn only_one_plain_mailbox_is_an_address() {
        for bad in [
            "@b.example",
            "a@",
            "a@b@c.example",
            "a@b,c@d.example",
            "a b@c.example",
            "a@-b.example",
            "a@b..c",
            "a@1.2.3.4",
        ] {
            assert_eq!(parse(bad, None).unwrap_err(), Problem::NotAnAddress, "{bad}");
        }
    }

    #[test]
    fn f8_a_mailbox_that_only_looks_like_another_is_no_spelling_of_it() {
        for other in ["Ａlice@example.com", "aliﬁ@example.com", "x²@example.com"] {
            assert_eq!(parse(other, None).unwrap_err(), Problem::NotAnAddress, "{other}");
        }
        // One mailbox: letters typed in two parts, letters that Unicode holds for one, letter case, and the domain.
        for (same, normal) in [
            ("e\u{301}@example.com", "é@example.com"),
            ("\u{212a}ay@example.com", "kay@example.com"),
            ("É@example.com", "é@example.com"),
            ("a@ＥＸＡＭＰＬＥ.com", "a@example.com"),
        ] {
            assert_eq!(parse(same, None).unwrap().normalised, normal);
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_panics_and_normal_forms_are_stable(text in "\\PC{0,80}") {
            if let Ok(identifier) = parse(&text, None) {
                prop_assert_eq!(normalise(&identifier.normalised), identifier.normalised);
            }
        }
    }
}
