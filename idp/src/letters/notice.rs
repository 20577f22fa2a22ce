//! Notices: what has changed in an account, told to its verified addresses by the change itself.

use std::time::Duration;

use super::kind::{Kind, Notice};
use super::written::{Facts, Sealed, data};
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Result, Tx};
use crate::store::people::outbox::{self, NewLetter};
use crate::store::people::user::{self, Identifier};

/// How long a notice is worth reading.
pub const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Tells a user of a change, within that change. Without mail, and for a user without a verified address, nothing is written.
pub async fn notify(tx: &mut Tx<'_>, user: &Id, notice: Notice) -> Result<()> {
    let facts = Facts::of(tx.now(), tx.origin());
    notify_with(tx, user, notice, &facts).await
}

/// Tells a user that somebody has asked for the deletion of their account, within that change.
pub async fn notify_of_deletion(tx: &mut Tx<'_>, user: &Id, due_at: Timestamp) -> Result<()> {
    let facts = Facts { due_at: Some(due_at), ..Facts::of(tx.now(), tx.origin()) };
    notify_with(tx, user, Notice::DeletionAsked, &facts).await
}

async fn notify_with(tx: &mut Tx<'_>, user: &Id, notice: Notice, facts: &Facts) -> Result<()> {
    if tx.letters().is_none() {
        return Ok(());
    }
    let own = user::identifiers(tx, user).await?;
    let addresses = own.into_iter().filter(|it| it.is_email() && it.verified_at.is_some());
    for address in addresses {
        write(tx, user, address.as_written, notice, facts).await?;
    }
    Ok(())
}

/// Tells a user of a change, within that change, by letters that were sealed before it: those of them that go to verified addresses.
pub async fn notify_sealed(tx: &mut Tx<'_>, user: &Id, letters: Vec<Sealed>) -> Result<()> {
    let own = user::identifiers(tx, user).await?;
    for letter in letters {
        if !own.iter().any(|it| it.as_written == letter.recipient && it.verified_at.is_some()) {
            continue;
        }
        let row = letter.row(Some(user), tx.now(), tx.origin(), 0);
        // One that waits tells of another change.
        outbox::write(tx, &NewLetter { about: None, ..row }).await?;
    }
    Ok(())
}

/// Tells both addresses that one has taken the place of the other; the old one by the letter with the link that takes the change
/// back, if there is one. An old address that nobody has proven may be a stranger's, who is told nothing.
pub async fn notify_of_address(
    tx: &mut Tx<'_>,
    user: &Id,
    (old, new): (Option<&Identifier>, &str),
    way_back: Option<Sealed>,
) -> Result<()> {
    let facts = Facts {
        old: old.map(|old| old.as_written.clone()),
        new: Some(new.to_owned()),
        ..Facts::of(tx.now(), tx.origin())
    };
    let proven = old.filter(|old| old.verified_at.is_some()).map(|old| old.as_written.clone());
    if let (Some(proven), Some(way_back)) = (&proven, way_back) {
        let facts = Facts { minutes: Some(way_back.lifetime.as_secs() / 60), ..facts.clone() };
        let row = way_back.row(Some(user), tx.now(), tx.origin(), 0);
        // One that waits is for another change, and its address can still take that one back.
        let row = NewLetter { recipient: proven.clone(), about: None, data: data(&facts), ..row };
        outbox::write(tx, &row).await?;
    } else if let Some(proven) = proven {
        write(tx, user, proven, Notice::AddressGivenUp, &facts).await?;
    }
    write(tx, user, new.to_owned(), Notice::AddressChanged, &facts).await
}

/// Tells an address that it is no longer that of a user, since the old one was put back.
pub async fn notify_of_address_put_back(tx: &mut Tx<'_>, user: &Id, (old, new): (&str, &str)) -> Result<()> {
    let facts = Facts { old: Some(old.to_owned()), new: Some(new.to_owned()), ..Facts::of(tx.now(), tx.origin()) };
    write(tx, user, new.to_owned(), Notice::AddressTakenBack, &facts).await
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
