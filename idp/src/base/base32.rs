//! Codes that people copy and type: Crockford's base32, in which no letter looks like a digit, and none is a `U`.

use super::random::Random;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// So many random letters.
pub fn random<const LENGTH: usize>(random: &Random) -> String {
    // 32 letters divide the values of a byte evenly.
    random.bytes::<LENGTH>().map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()])).iter().collect()
}

/// Reads a code of so many letters as a person typed it: in capitals or not, with or without spaces and hyphens, and with the
/// letters that look like digits.
pub fn read(typed: &str, length: usize) -> Option<String> {
    let mut letters = String::with_capacity(length);
    for c in typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(length + 1) {
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
    (letters.len() == length).then_some(letters)
}

/// The letters in groups of so many, with hyphens between them.
pub fn grouped(letters: &str, group: usize) -> String {
    let letters: Vec<char> = letters.chars().collect();
    letters.chunks(group).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}
