//! Notices: what has changed in an account, told to its verified addresses by the change itself.

use std::time::Duration;

use super::kind::{Kind, Notice};
use super::written::{Facts, data};
use crate::base::id::Id;
use crate::store::db::{Result, Tx};
use crate::store::people::outbox::{self, NewLetter};
use crate::store::people::user::{self, IdentifierKind};

/// How long a notice is worth reading.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Tells a user of a change, within that change. Without mail, and for a user without a verified address, nothing is written.
pub async fn notify(tx: &mut Tx<'_>, user: &Id, notice: Notice) -> Result<()> {
    if tx.letters().is_none() {
        return Ok(());
    }
    let own = user::identifiers(tx, user).await?;
    let addresses = own.into_iter().filter(|it| it.kind == IdentifierKind::Email.as_str() && it.verified_at.is_some());
    let facts = Facts::of(tx.now(), tx.origin());
    for address in addresses {
        write(tx, user, address.as_written, notice, &facts).await?;
    }
    Ok(())
}

/// Tells both addresses that one has taken the place of the other.
pub async fn notify_of_address(tx: &mut Tx<'_>, user: &Id, old: Option<&str>, new: &str) -> Result<()> {
    let facts = Facts { old: old.map(str::to_owned), new: Some(new.to_owned()), ..Facts::of(tx.now(), tx.origin()) };
    for address in [old, Some(new)].into_iter().flatten() {
        write(tx, user, address.to_owned(), Notice::AddressChanged, &facts).await?;
    }
    Ok(())
}

async fn write(tx: &mut Tx<'_>, user: &Id, recipient: String, notice: Notice, facts: &Facts) -> Result<()> {
    let letter = NewLetter {
        id: tx.id(),
        user: Some(user.clone()),
        recipient,
        kind: Kind::Notice(notice).as_str(),
        about: None,
        language: None,
        data: data(facts),
        sealed: None,
        first_server: 0,
        expires_at: tx.now() + KEPT,
    };
    outbox::write(tx, &letter).await
}
