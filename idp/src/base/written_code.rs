//! Codes that people write down and type: 125 random bits each, too many to be guessed.

use super::random::Random;
use super::secret::Secret;
use super::token::TokenHash;

/// How many letters a code has.
const LENGTH: usize = 25;

/// How many of them are written together.
const GROUP: usize = 5;

/// Crockford's base32: no letter looks like a digit, and none is a `U`.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code that people write down.
#[derive(Clone, Debug)]
pub struct WrittenCode(Secret);

impl WrittenCode {
    /// A new code.
    pub fn new(random: &Random) -> Self {
        // 32 letters divide the values of a byte evenly.
        let letters = random.bytes::<LENGTH>().map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
        Self(letters.iter().collect::<String>().into())
    }

    /// Reads a code as a person typed it: in capitals or not, with or without spaces and hyphens, and with the letters
    /// that look like digits.
    pub fn parse(typed: &str) -> Option<Self> {
        let mut letters = String::with_capacity(LENGTH);
        for c in typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(LENGTH + 1) {
            let letter = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                letter => letter,
            };
            if !letter.is_ascii() || !ALPHABET.contains(&(letter as u8)) {
                return None;
            }
            letters.push(letter);
        }
        (letters.len() == LENGTH).then(|| Self(letters.into()))
    }

    /// The code as it is written for a person: five groups.
    pub fn written(&self) -> String {
        let letters: Vec<char> = self.0.expose().chars().collect();
        letters.chunks(GROUP).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
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
