//! Recovery codes: for who has lost the other second factors, or has no address and has forgotten the password. Each works once.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::random::Random;
use crate::base::token::TokenHash;
use crate::base::written_code::WrittenCode;
use crate::login::factor_age::RECENT;
use crate::store::db::{Conn, Result};
use crate::store::people::recovery_code;
use crate::store::people::user::{self, Identifier};

/// How many a person gets.
pub const COUNT: usize = 10;

/// What an explanation says of something that cannot be a recovery code.
pub const NO_CODE: &str = "What was typed is no recovery code: letters are missing or wrong.";

/// What an explanation says of a code that was used.
pub const USED: &str = "The code was used before; each works once.";

/// What an explanation says of a code that the account does not have.
pub const OF_NOBODY: &str =
    "It is no recovery code of this account: perhaps of another one, or replaced by newer ones.";

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

/// Whether none of these is an address.
pub fn has_no_address(own: &[Identifier]) -> bool {
    !own.iter().any(Identifier::is_email)
}

/// Whether a recovery code sets a new password for a user: no letter can, or could a week ago, so that an address which a thief of the
/// password adds does not take the codes from the owner. Whoever has had an address for longer needs more than a code that is one of two
/// factors.
pub async fn sets_password_of(conn: &mut Conn, user: &Id, sends_letters: bool, now: Timestamp) -> Result<bool> {
    let own = user::identifiers(&mut *conn, user).await?;
    let addresses = own.iter().filter(|it| it.is_email()).count();
    // Without letters an address that was added is of no help, however old it is.
    let since = if sends_letters { now - RECENT } else { Timestamp::from_micros(0) };
    Ok(addresses == 0 || addresses == user::recent_addresses(conn, user, since).await?.len())
}

/// Whether a code of a user sets their password: it is unused, and was not replaced, or not long ago.
pub async fn is_good(conn: &mut Conn, user: &Id, code: &TokenHash, now: Timestamp) -> Result<bool> {
    recovery_code::is_there(conn, user, code, now - RECENT).await
}
