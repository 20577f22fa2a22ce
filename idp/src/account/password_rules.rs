//! Which passwords are accepted: NIST SP 800-63B-4 §3.1.1.2. A password must be long enough, neither made of what everybody
//! knows of its user nor known to be stolen, and hard to guess; there are no other rules.

use unicode_normalization::UnicodeNormalization;

use super::own_words::OwnWords;
use super::stolen_passwords;
use crate::base::secret::Secret;
use crate::hashing::{Busy, Hashing, LONGEST};

/// Why a password is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It has fewer characters than required.
    TooShort,
    /// It is longer than 1024 bytes.
    TooLong,
    /// It is made of the names of its user, of the application or of this provider.
    OwnWords,
    /// It is in collections of stolen passwords.
    Stolen,
    /// Guessers try it early: common words, keyboard rows, repetitions.
    Guessable,
}

/// How many guesses, as a power of ten, a guesser who knows people's habits needs at least.
const FEWEST_GUESSES_LOG10: f64 = 8.0;

/// How many characters the estimate reads. Its time grows faster than the length (half a second for 100 adversarial
/// characters), and longer passwords are not guessed.
const ESTIMATED: usize = 64;

/// Checks a new password. The estimate takes time, so it waits for a turn like hashing.
pub async fn check(
    hashing: &Hashing,
    password: &Secret,
    own: OwnWords,
    shortest: u32,
) -> Result<Result<(), Problem>, Busy> {
    let normal: String = password.expose().nfc().collect();
    if normal.len() > LONGEST {
        return Ok(Err(Problem::TooLong));
    }
    if normal.chars().count() < shortest as usize {
        return Ok(Err(Problem::TooShort));
    }
    let normal = Secret::from(normal);
    hashing.other_work(move || judge(normal.expose(), &own)).await
}

/// The rules beside the length.
fn judge(password: &str, own: &OwnWords) -> Result<(), Problem> {
    if own.make_up(password) {
        return Err(Problem::OwnWords);
    }
    if stolen_passwords::contain(password) {
        return Err(Problem::Stolen);
    }
    if is_guessable(password, own) { Err(Problem::Guessable) } else { Ok(()) }
}

/// Whether the estimate rejects a password.
pub fn is_guessable(password: &str, own: &OwnWords) -> bool {
    let (head, hints) = (password.chars().take(ESTIMATED).collect::<String>(), own.hints());
    let hints: Vec<&str> = hints.iter().map(String::as_str).collect();
    zxcvbn::zxcvbn(&head, &hints).guesses_log10() < FEWEST_GUESSES_LOG10
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::base::random::Random;
    use crate::hashing::{Bounds, Cost};

    #[tokio::test]
    async fn a_password_must_be_long_and_not_what_guessers_try_first() {
        let hashing = hashing();
        for (password, verdict) in [
            ("short", Err(Problem::TooShort)),
            ("passwordpassword", Err(Problem::Guessable)),
            ("aaaaaaaaaaaaaaaaaaaa", Err(Problem::Guessable)),
            ("123456789012345678", Err(Problem::Guessable)),
            ("qwertyuiopasdfghjkl", Err(Problem::Guessable)),
            ("alice.liddell@example.com", Err(Problem::OwnWords)),
            ("Liddell, Alice 2024", Err(Problem::OwnWords)),
            ("!wt-!nf0rm@t!c@d!3n$t", Err(Problem::Stolen)),
            ("five tame herons drift", Ok(())),
            ("пять цапель летят домой", Ok(())),
        ] {
            let own = OwnWords::default().and("alice.liddell@example.com");
            assert_eq!(check(&hashing, &password.into(), own, 15).await, Ok(verdict), "{password}");
        }
    }

    fn hashing() -> Hashing {
        let bounds = Bounds { at_once: Some(1), queue: 1, wait: Duration::from_millis(10) };
        Hashing::new(Cost { memory_kib: 8, iterations: 1, parallelism: 1 }, bounds, Random::System)
    }

    #[tokio::test]
    async fn q2_the_estimate_waits_for_its_turn_and_short_passwords_need_none() {
        let hashing = hashing();
        let turn = hashing.turn().await.unwrap();
        assert_eq!(check(&hashing, &"five tame herons drift".into(), OwnWords::default(), 15).await, Err(Busy));
        assert_eq!(check(&hashing, &"short".into(), OwnWords::default(), 15).await, Ok(Err(Problem::TooShort)));
        drop(turn);
        assert_eq!(check(&hashing, &"five tame herons drift".into(), OwnWords::default(), 15).await, Ok(Ok(())));
    }

    #[tokio::test]
    async fn q2_only_the_head_of_a_password_and_of_names_is_estimated() {
        let hashing = hashing();
        // A guessable prefix makes any password guessable, and a long name costs no more than a short one.
        let long = format!("{}five tame herons drift", "a".repeat(ESTIMATED));
        let own = OwnWords::default().and(&"x".repeat(60_000));
        assert_eq!(check(&hashing, &long.into(), own, 15).await, Ok(Err(Problem::Guessable)));
    }
}
