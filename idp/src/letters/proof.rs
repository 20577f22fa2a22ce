//! Codes in letters, which prove that somebody reads a mailbox: made, kept and compared.

use crate::app::App;
use crate::base::id::Id;
use crate::base::secret::Secret;
use crate::store::db::{Result, Tx};
use crate::store::people::mail_proof::{self, Proof, TRIES};

/// A new code: six digits.
pub fn new_code(app: &App) -> String {
    let number = u64::from_be_bytes(app.random.bytes()) % 1_000_000;
    format!("{number:06}")
}

/// The keyed hash under which a code is kept.
pub fn hash(app: &App, proof: &Id, code: &str) -> String {
    app.vault.derive("mail code").fingerprint(&format!("{proof} {code}"))
}

/// The digits of what was typed: people put spaces between them.
pub fn digits(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_digit).collect()
}

/// What one more try to prove something was worth.
#[derive(Debug)]
pub enum Tried {
    /// It is right, and nothing is used up yet.
    Right(Box<Proof>),
    /// It is wrong.
    Wrong,
    /// It is wrong, and was the last one.
    WrongAtLast,
    /// It is used up, too old, or there were too many tries before.
    Over,
}

/// Counts a try of a proof, then looks whether it is right.
pub async fn attempt(tx: &mut Tx<'_>, proof: &Id, is_right: impl FnOnce(&Proof) -> bool) -> Result<Tried> {
    let now = tx.now();
    Ok(match mail_proof::count_try(tx, proof, now).await? {
        None => Tried::Over,
        Some(counted) if is_right(&counted) => Tried::Right(Box::new(counted)),
        Some(counted) if counted.tries < TRIES => Tried::Wrong,
        Some(_) => Tried::WrongAtLast,
    })
}

/// Whether this is the hash of the code of a proof.
pub fn is_code(proof: &Proof, typed: &str) -> bool {
    Secret::from(proof.code_hash.as_str()).same_as(typed)
}
