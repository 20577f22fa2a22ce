//! Recovery codes: for who has lost the other second factors, or has no address and has forgotten the password. Each works once.

use crate::base::id::Id;
use crate::base::random::Random;
use crate::base::token::TokenHash;
use crate::base::written_code::WrittenCode;
use crate::store::db::{Conn, Result};
use crate::store::people::user::{self, Identifier, IdentifierKind};

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

/// Whether a recovery code sets a new password for whoever has these identifiers: no letter can. Whoever has an address needs more than a
/// code that is one of two factors elsewhere.
pub fn sets_password(own: &[Identifier]) -> bool {
    own.iter().all(|it| it.kind != IdentifierKind::Email.as_str())
}

/// Whether a recovery code sets a new password for this user.
pub async fn sets_password_of(conn: &mut Conn, user: &Id) -> Result<bool> {
    Ok(sets_password(&user::identifiers(conn, user).await?))
}
