//! Recovery codes: for who has lost the other second factors. Each works once.

use crate::base::random::Random;
use crate::base::token::TokenHash;
use crate::base::written_code::WrittenCode;

/// How many a person gets.
pub const COUNT: usize = 10;

/// A recovery code.
pub type RecoveryCode = WrittenCode;

/// A set of new codes.
pub fn new_set(random: &Random) -> Vec<RecoveryCode> {
    (0..COUNT).map(|_| RecoveryCode::new(random)).collect()
}

/// The hashes under which they are stored.
pub fn hashes(codes: &[RecoveryCode]) -> Vec<TokenHash> {
    codes.iter().map(RecoveryCode::hash).collect()
}
