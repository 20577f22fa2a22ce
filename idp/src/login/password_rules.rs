//! Which passwords are taken: NIST SP 800-63B-4 §3.1.1.2. Long enough and not known to guessers; nothing else is asked.

use unicode_normalization::UnicodeNormalization;

use super::hashing::LONGEST;
use crate::base::secret::Secret;

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It has fewer characters than it must.
    TooShort,
    /// It is longer than 1024 bytes.
    TooLong,
    /// Guessers try it early: common passwords, keyboard rows, repetitions, the user's own name.
    Guessable,
}

/// How many tries, as a power of ten, a guesser who knows people's habits needs at least.
const FEWEST_GUESSES_LOG10: f64 = 8.0;

/// Checks a new password of somebody who is called this.
pub fn check(password: &Secret, own_words: &[&str], shortest: u32) -> Result<(), Problem> {
    let normal: String = password.expose().nfc().collect();
    if normal.len() > LONGEST {
        return Err(Problem::TooLong);
    }
    if normal.chars().count() < shortest as usize {
        return Err(Problem::TooShort);
    }
    // The estimate takes time that grows with the length; beyond 100 characters nobody guesses.
    let head: String = normal.chars().take(100).collect();
    let own: Vec<&str> = own_words.iter().copied().chain(["latchkey"]).collect();
    if zxcvbn::zxcvbn(&head, &own).guesses_log10() < FEWEST_GUESSES_LOG10 {
        return Err(Problem::Guessable);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_must_be_long_and_not_what_guessers_try_first() {
        for (password, verdict) in [
            ("short", Err(Problem::TooShort)),
            ("passwordpassword", Err(Problem::Guessable)),
            ("aaaaaaaaaaaaaaaaaaaa", Err(Problem::Guessable)),
            ("123456789012345678", Err(Problem::Guessable)),
            ("qwertyuiopasdfghjkl", Err(Problem::Guessable)),
            ("alice.liddell@example.com", Err(Problem::Guessable)),
            ("five tame herons drift", Ok(())),
            ("пять цапель летят домой", Ok(())),
        ] {
            assert_eq!(check(&password.into(), &["alice.liddell@example.com"], 15), verdict, "{password}");
        }
    }
}
