//! Codes that people write down and type: 125 random bits each, too many to be guessed.

use super::base32;
use super::random::Random;
use super::secret::Secret;
use super::token::TokenHash;

/// How many letters a code has.
const LENGTH: usize = 25;

/// How many of them are written together.
const GROUP: usize = 5;

/// A code that people write down.
#[derive(Clone, Debug)]
pub struct WrittenCode(Secret);

impl WrittenCode {
    /// A new code.
    pub fn new(random: &Random) -> Self {
        Self(base32::random::<LENGTH>(random).into())
    }

    /// Reads a code as a person typed it: in capitals or not, with or without spaces and hyphens, and with the letters
    /// that look like digits.
    pub fn parse(typed: &str) -> Option<Self> {
        base32::read(typed, LENGTH).map(|letters| Self(letters.into()))
    }

    /// The code as it is written for a person: five groups.
    pub fn written(&self) -> String {
        base32::grouped(self.0.expose(), GROUP)
    }

    /// The hash under which it is stored.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(self.0.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = WrittenCode::new(&Random::seeded(3));
        let written = code.written();
        assert_eq!(written.len(), LENGTH + 4, "{written}");
        for typed in [written.clone(), written.to_lowercase(), written.replace('-', " "), format!(" {written}\n")] {
            assert_eq!(WrittenCode::parse(&typed).map(|read| read.hash()), Some(code.hash()), "{typed}");
        }
        let looks = WrittenCode::parse("oOiIl-00000-00000-00000-00000").map(|code| code.written());
        assert_eq!(looks.as_deref(), Some("00111-00000-00000-00000-00000"));
        for wrong in
            ["", "123456", "UUUUU-00000-00000-00000-00000", &format!("{written}0"), "ЖЖЖЖЖ-00000-00000-00000-00000"]
        {
            assert!(WrittenCode::parse(wrong).is_none(), "{wrong}");
        }
    }
}
