//! What is remembered of factors that go: since when they have protected the account.

use crate::base::id::Id;
use crate::store::db::{Result, Tx};
use crate::store::people::passkey::Passkey;
use crate::store::people::{totp, user};

/// Notes since when a user has had factors that are about to be removed.
pub(super) async fn note_those_that_go(tx: &mut Tx<'_>, user: &Id, app: bool, passkeys: &[Passkey]) -> Result<()> {
    let of_app = if app { totp::find(tx, user).await?.map(|app| app.created_at) } else { None };
    let oldest = passkeys.iter().filter(|one| is_factor(one)).map(|one| one.created_at).chain(of_app).min();
    match oldest {
        Some(since) => user::note_protected_since(tx, user, since).await,
        None => Ok(()),
    }
}

/// Whether a passkey is a factor: one that the browser made by itself, and that was never used, is none yet.
pub(super) fn is_factor(passkey: &Passkey) -> bool {
    passkey.automatic_at.is_none() || passkey.last_used_at.is_some()
}
