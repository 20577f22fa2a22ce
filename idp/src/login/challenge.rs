//! A challenge before what a program could do in great numbers: today a proof of work before a suspicious sign-up.
//!
//! It is sealed into the page that asks for it, so that who only looks leaves no row. It belongs to one browser and one
//! interaction, lives half an hour and counts once. Whoever has no scripts waits instead, and waits longer the more sign-ups
//! come from the same network.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::encoding::sha256;
use crate::base::token::CookieSecret;
use crate::config::SignUpChallenge;
use crate::store::ephemeral::{Rate, Unavailable};

const PURPOSE: &str = "challenge";

/// How long it can be answered.
const LIFE: Duration = Duration::from_secs(30 * 60);

/// How long who does not prove work waits; the text `challenge-without-scripts` says so.
const WAIT: Duration = Duration::from_secs(20);

/// How often a network does so.
const WAITERS: Rate = Rate { burst: 5, period: Duration::from_secs(120) };

/// How often a network sees and sends the form before it is suspicious. Each of both counts, so this is three sign-ups.
const OF_NETWORK: Rate = Rate { burst: 6, period: Duration::from_secs(300) };

/// How often everybody together does so before all are.
const OF_ALL: Rate = Rate { burst: 60, period: Duration::from_secs(5) };

/// What somebody has to do first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// Nothing.
    None,
    /// To find a number whose hash begins with zeros.
    ProofOfWork,
}

impl Challenge {
    /// The one before a sign-up from a network (by its bucket), whose form is shown or sent now.
    pub async fn before_sign_up(app: &App, bucket: &str) -> Self {
        let is_suspicious = match app.config.login.sign_up_challenge {
            SignUpChallenge::Never => false,
            SignUpChallenge::Always => true,
            SignUpChallenge::Suspicious => {
                let of_network = format!("sign-ups:{bucket}");
                // A network that is suspicious already does not fill the limit of all others.
                app.ephemeral.limit(&of_network, OF_NETWORK).await.is_err()
                    || app.ephemeral.limit("sign-ups", OF_ALL).await.is_err()
            }
        };
        if is_suspicious { Self::ProofOfWork } else { Self::None }
    }
}

/// A proof of work that a page asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Puzzle {
    /// The state, sealed for the form.
    pub sealed: String,
    /// What the number is hashed with: SHA-256 of `<seed>.<number>`.
    pub seed: String,
    /// With how many zero bits the hash begins.
    pub bits: u32,
}

/// Who a puzzle is for.
#[derive(Clone, Copy, Debug)]
pub struct Solver<'a> {
    /// The browser.
    pub browser: &'a CookieSecret,
    /// The bucket of its network.
    pub bucket: &'a str,
    /// The id of the interaction that the form carries; empty without one.
    pub interaction: &'a str,
}

/// What an answer is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It counts.
    Passed,
    /// There was none, it is wrong, too old, another browser's, or was used: another puzzle is posed.
    Failed,
    /// It was sent without an answer, and too early. The same puzzle can be sent again after this time.
    Early(Duration, Puzzle),
}

#[derive(Serialize, Deserialize)]
struct State {
    seed: String,
    made_at: Timestamp,
    bits: u32,
}

/// The place for which a puzzle is sealed.
fn place(solver: Solver<'_>) -> String {
    format!("{PURPOSE}:{}:{}", solver.browser.hash().as_str(), solver.interaction)
}

/// Poses a puzzle.
pub fn pose(app: &App, solver: Solver<'_>) -> Puzzle {
    let (seed, bits) = (app.random.name::<16>(), app.config.login.sign_up_challenge_bits);
    let state = State { seed: seed.clone(), made_at: app.now(), bits };
    Puzzle { sealed: app.interactions.seal_value(&app.random, &place(solver), &state), seed, bits }
}

/// Judges an answer, and uses the puzzle up if it counts.
pub async fn judge(app: &App, solver: Solver<'_>, sealed: &str, answer: &str) -> Result<Verdict, Unavailable> {
    let Some(state) = app.interactions.open_value::<State>(&place(solver), sealed) else {
        return Ok(Verdict::Failed);
    };
    let (now, ends) = (app.now(), state.made_at + LIFE);
    // Those that were posed before the operator asked for more count no more.
    if now >= ends || state.bits < app.config.login.sign_up_challenge_bits {
        return Ok(Verdict::Failed);
    }
    if answer.is_empty() {
        let waited = now.since(state.made_at);
        let early = match WAIT.checked_sub(waited).filter(|left| !left.is_zero()) {
            Some(left) => Err(left),
            None => app.ephemeral.limit(&format!("sign-ups-without-proof:{}", solver.bucket), WAITERS).await,
        };
        if let Err(left) = early {
            let puzzle = Puzzle { sealed: sealed.to_owned(), seed: state.seed, bits: state.bits };
            return Ok(Verdict::Early(left, puzzle));
        }
    } else if !is_solved(&state.seed, state.bits, answer) {
        return Ok(Verdict::Failed);
    }
    let is_first = app.ephemeral.once(&format!("{PURPOSE}:{}", state.seed), state.made_at, ends).await?;
    Ok(if is_first { Verdict::Passed } else { Verdict::Failed })
}

/// Whether the hash of a number begins with enough zeros.
fn is_solved(seed: &str, bits: u32, answer: &str) -> bool {
    let is_number = !answer.is_empty() && answer.len() <= 12 && answer.bytes().all(|byte| byte.is_ascii_digit());
    let [a, b, c, d, ..] = sha256(format!("{seed}.{answer}").as_bytes());
    is_number && u32::from_be_bytes([a, b, c, d]).leading_zeros() >= bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_whose_hash_begins_with_enough_zeros_solves_a_puzzle() {
        // SHA-256 of "abcdefghijklmnopqrstuv.9840" is 0000380a…
        assert!(is_solved("abcdefghijklmnopqrstuv", 18, "9840"));
        assert!(!is_solved("abcdefghijklmnopqrstuv", 19, "9840"));
        for answer in ["", "9841", "09840", "+9840", "9840 ", "0x9840", "1234567890123"] {
            assert!(!is_solved("abcdefghijklmnopqrstuv", 18, answer), "{answer}");
        }
    }
}
