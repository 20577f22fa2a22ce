//! What the mailbox of an old address can do about a change of the address: take it back, since a thief of the password who changes
//! the address would otherwise shut the owner out.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::account::factor_age::{RECENT, has_older};
use crate::account::identifier::{normalise, parse_email};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::{Token, TokenHash, TokenKind};
use crate::letters::kind::{Kind, Notice};
use crate::letters::notice::{notify_of_address, notify_of_address_put_back};
use crate::letters::written::{Sealed, Secrets};
use crate::store::db::{Conn, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::address_change::{self, AddressChange, NewChange};
use crate::store::people::one_time_link::{self, NewLink, Purpose};
use crate::store::people::user::{self, Identifier, IdentifierKind};

/// For how long a change can be taken back: as long as a factor is a recent one, which is removed with it.
const TAKEN_BACK_WITHIN: Duration = RECENT;

/// A link that takes a change back, and its letter, which are made before the change: sealing takes time.
#[derive(Clone, Debug)]
pub(super) struct WayBack {
    link: TokenHash,
    letter: Sealed,
}

impl WayBack {
    pub(super) fn new(app: &App) -> Self {
        let token = Token::new(TokenKind::OneTimeLink, &app.random);
        let secrets = Secrets { code: None, token: Some(token.expose().into()) };
        // To whom it goes, the change says.
        let letter = Sealed::new(app, Kind::Notice(Notice::AddressReplaced), "", "", &secrets);
        Self { link: token.hash(), letter: letter.working_for(TAKEN_BACK_WITHIN) }
    }
}

/// Whether an address can take back that another one takes its place. One that nobody has proven may be a stranger's. And where a
/// factor is older than a week, no thief of the password has changed the address, and whoever reads an old mailbox must not be able
/// to do so.
pub async fn has_way_back(conn: &mut Conn, user: &Id, old: &Identifier, now: Timestamp) -> Result<bool> {
    Ok(old.verified_at.is_some() && !has_older(conn, user, now).await?)
}

/// Notes that an address has taken the place of another one, tells both, and gives the old one the link, if it has a way back. The
/// caller holds the user's row.
pub(super) async fn note(
    tx: &mut Tx<'_>,
    user: &Id,
    way_back: WayBack,
    (old, new): (Option<&Identifier>, &Identifier),
) -> Result<()> {
    let (now, id, WayBack { link, letter }) = (tx.now(), tx.id(), way_back);
    let expires_at = now + TAKEN_BACK_WITHIN;
    let with_link = match old {
        Some(old) if has_way_back(tx, user, old, now).await? => Some(old),
        _ => None,
    };
    let change = NewChange {
        id: &id,
        user,
        way_back: with_link.map(|old| (old.as_written.as_str(), &link)),
        new_address: &new.as_written,
        expires_at,
    };
    address_change::insert(tx, &change).await?;
    if with_link.is_some() {
        let link = NewLink { hash: &link, purpose: Purpose::TakeBack, user, created_at: now, expires_at };
        one_time_link::insert(tx, &link).await?;
    }
    notify_of_address(tx, user, (old, &new.as_written), with_link.map(|_| letter)).await
}

/// What a link takes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakingBack {
    /// The address that is put back.
    pub old: String,
    /// The address that goes.
    pub new: String,
    /// Whether somebody else has the old address by now, so that it cannot be put back.
    pub is_taken: bool,
}

/// What a link of a user takes back; `None` if nothing is known of it any more.
pub async fn taking_back(conn: &mut Conn, user: &Id, link: &TokenHash) -> Result<Option<TakingBack>> {
    let changes = address_change::since_link(conn, user, link).await?;
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else { return Ok(None) };
    let Some(old) = first.old_address.clone() else { return Ok(None) };
    let is_taken = !is_free(conn, user, &normalise(&old)).await?;
    Ok(Some(TakingBack { old, new: last.new_address.clone(), is_taken }))
}

/// Whether nobody else has an address.
async fn is_free(conn: &mut Conn, user: &Id, normalised: &str) -> Result<bool> {
    Ok(user::find_by_identifier(conn, normalised).await?.is_none_or(|found| found.id == *user))
}

/// Takes back the change that a link of a user is for, and those that came after it: the addresses that they brought go, those
/// whose place they took come back, and the links of the later ones end. `Conflict` if somebody else has the address of the link.
pub(super) async fn take_back(tx: &mut Tx<'_>, user: &Id, link: &TokenHash) -> Result<()> {
    let (now, kind) = (tx.now(), IdentifierKind::Email.as_str());
    let changes = address_change::since_link(tx, user, link).await?;
    let Some(AddressChange { number, old_address: Some(owners), .. }) = changes.first().cloned() else { return Ok(()) };
    let mut brought: BTreeSet<String> = changes.iter().map(|change| normalise(&change.new_address)).collect();
    brought.remove(&normalise(&owners));
    let own = user::identifiers(tx, user).await?;
    let mut gone = Vec::new();
    for address in own.into_iter().filter(|it| it.kind == kind && brought.contains(&it.normalised)) {
        user::delete_identifier(tx, user, kind, &address.normalised).await?;
        tx.record(&Event::IdentifierRemoved { user: user.clone(), identifier: kind.to_owned() }).await?;
        gone.push(address.as_written);
    }
    for old in changes.iter().filter_map(|change| change.old_address.as_ref()) {
        let is_owners = *old == owners;
        if is_owners || (!brought.contains(&normalise(old)) && is_free(tx, user, &normalise(old)).await?) {
            put_back(tx, user, old).await?;
        }
    }
    address_change::forget_since(tx, user, number, now).await?;
    user::set_updated(tx, user, now).await?;
    tx.record(&Event::AddressTakenBack { user: user.clone() }).await?;
    for address in gone {
        notify_of_address_put_back(tx, user, (&owners, &address)).await?;
    }
    Ok(())
}

/// Gives a user an address that was theirs before, unless they have it again.
async fn put_back(tx: &mut Tx<'_>, user: &Id, address: &str) -> Result<()> {
    let (now, kind) = (tx.now(), IdentifierKind::Email.as_str());
    // It was parsed when it became theirs.
    let Ok(address) = parse_email(address, Some(now)) else { return Ok(()) };
    let own = user::identifiers(tx, user).await?;
    if own.iter().any(|it| it.kind == kind && it.normalised == address.normalised) {
        user::verify_identifier(tx, user, kind, &address.normalised, now).await?;
        return Ok(());
    }
    let id = tx.id();
    user::insert_identifier(tx, &id, user, &address, now).await?;
    tx.record(&Event::IdentifierAdded { user: user.clone(), identifier: kind.to_owned() }).await
}
