//! References: short codes by which an operator finds out why a request was refused.

use std::fmt;

use super::base32;
use super::random::Random;

/// How many letters a reference has: 40 random bits, which are not guessed, and few enough to be read out on the telephone.
const LENGTH: usize = 8;

/// The code under which the explanation of one refusal is kept. It is no secret: it opens nothing for who may not read the
/// database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference(String);

impl Reference {
    /// A new code.
    pub fn new(random: &Random) -> Self {
        Self(base32::random::<LENGTH>(random))
    }

    /// Reads a code as a person typed it.
    pub fn parse(typed: &str) -> Option<Self> {
        base32::read(typed, LENGTH).map(Self)
    }

    /// The letters, as they are stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    /// Two groups of four letters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base32::grouped(&self.0, LENGTH / 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_reference_is_read_however_it_was_written_down() {
        let reference = Reference::parse("AB0D-1KQX").unwrap();
        for typed in ["ab0d1kqx", " AbOd - LkQx ", "ABOD IKQX"] {
            assert_eq!(Reference::parse(typed), Some(reference.clone()), "{typed}");
        }
        assert_eq!(reference.to_string(), "AB0D-1KQX");
        for typed in ["", "AB0D-1KQ", "AB0D-1KQXA", "AB0D-1KQU", "AB0D_1KQX", "ÄB0D-1KQX"] {
            assert_eq!(Reference::parse(typed), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(seed in any::<u64>()) {
            let reference = Reference::new(&Random::seeded(seed));
            prop_assert_eq!(Reference::parse(&reference.to_string()), Some(reference));
        }
    }
}
