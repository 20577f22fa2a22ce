//! The proof with which `latchkey doctor` asks a running server what it sees of a request.
//!
//! Whoever has the master key and the database can make one; strangers cannot. It is good for a minute, names no one, and opens
//! nothing else: with a stolen one the thief learns how the thief's own request arrived.

use std::time::Duration;

use crate::base::clock::{SKEW, Timestamp};
use crate::base::random::Random;
use crate::keys::vault::Vault;

/// The header that carries it.
pub const HEADER: &str = "latchkey-probe";

/// What it is bound to.
const PLACE: &str = "probe";

/// How long it is good.
const LIFETIME: Duration = Duration::from_secs(60);

/// A new proof.
pub fn make(vault: &Vault, random: &Random, now: Timestamp) -> String {
    vault.derive(PLACE).seal(random, PLACE, &now.micros().to_be_bytes())
}

/// Whether this is a proof that was made a short while ago.
pub fn holds(vault: &Vault, text: &str, now: Timestamp) -> bool {
    let Some(opened) = vault.derive(PLACE).open(PLACE, text) else { return false };
    let Ok(micros) = opened.as_slice().try_into().map(i64::from_be_bytes) else { return false };
    let made = Timestamp::from_micros(micros);
    made <= now + SKEW && now.since(made) <= LIFETIME
}
