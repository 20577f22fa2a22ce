//! Makes `idp/lists/stolen_passwords.bin` from lists of passwords: `idp/lists/README.md`.
//!
//! Reads the files that are named, a password on each line, and writes the list to the standard output.

use std::collections::BTreeSet;
use std::io::Write;
use std::thread;

use latchkey::account::own_words::OwnWords;
use latchkey::account::password_rules::is_guessable;
use latchkey::account::stolen_passwords::{Print, SHORTEST, print};

fn main() -> std::io::Result<()> {
    let mut passwords = BTreeSet::new();
    for file in std::env::args().skip(1) {
        passwords.extend(std::fs::read_to_string(file)?.lines().filter(|line| is_wanted(line)).map(str::to_owned));
    }
    let passwords: Vec<String> = passwords.into_iter().collect();
    let threads = thread::available_parallelism()?.get();
    let kept: BTreeSet<Print> = thread::scope(|scope| {
        let parts = passwords.chunks(passwords.len().div_ceil(threads).max(1));
        let parts: Vec<_> = parts.map(|part| scope.spawn(|| prints(part))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    });
    let list: Vec<u8> = kept.iter().flatten().copied().collect();
    std::io::stdout().write_all(&list)?;
    eprintln!("{} passwords, {} that the estimate accepts, {} bytes", passwords.len(), kept.len(), list.len());
    Ok(())
}

/// Whether a line is a password that the length does not refuse. Some lines are what a cracker wrote for bytes that it
/// could not show.
fn is_wanted(line: &str) -> bool {
    line.chars().count() >= SHORTEST && !line.starts_with("$HEX[")
}

/// The prints of those that the estimate accepts: the others are refused without a list.
fn prints(passwords: &[String]) -> Vec<Print> {
    let own = OwnWords::default();
    passwords.iter().filter(|password| !is_guessable(password, &own)).map(|password| print(password)).collect()
}
