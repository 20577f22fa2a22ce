//! What the mailbox of an old address can do about a change of the address: take it back, since a thief of the password who changes
//! the address would otherwise shut the owner out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::account::former_word;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::secret::Secret;
use crate::base::token::{Token, TokenHash, TokenKind};
use crate::letters::kind::{Kind, Notice};
use crate::letters::notice::{notify_of_address, notify_of_address_put_back};
use crate::letters::written::{Sealed, Secrets};
use crate::login::factor_age::{RECENT, has_older};
use crate::login::identifier::{normalise, parse_email};
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
    /// Makes the link, and the letter in the language and with the word that its owner knows: whoever changes the address may change
    /// these before or after it, too.
    pub(super) async fn new(app: &App, user: &Id) -> Result<Self> {
        let token = Token::new(TokenKind::OneTimeLink, &app.random);
        let (word, locale) = former_word::before(app, user).await?;
        let secrets =
            Secrets { token: Some(token.expose().into()), word: word.map(Secret::from), ..Secrets::default() };
        let language = app.site.get().language_of(locale.as_deref());
        // The change says which address it goes to.
        let letter = Sealed::new(app, Kind::Notice(Notice::AddressReplaced), "", language.tag(), &secrets);
        Ok(Self { link: token.hash(), letter: letter.working_for(TAKEN_BACK_WITHIN) })
    }
}

/// Whether an address can take back that another one takes its place. One that nobody has proven may be a stranger's. And where a
/// factor is older than a week, no thief of the password has changed the address, and whoever reads an old mailbox must not be able
/// to do so.
pub async fn has_way_back(conn: &mut Conn, user: &Id, old: &Identifier, now: Timestamp) -> Result<bool> {
    Ok(old.verified_at.is_some() && !has_older(conn, user, now).await?)
}

/// Notes that an address has taken the place of another one, tells both, and gives the old one the link, if it has a way back; it has
/// none if the new one was the account's own before. The caller holds the user's row.
pub(super) async fn note(
    tx: &mut Tx<'_>,
    user: &Id,
    way_back: WayBack,
    (old, new): (Option<&Identifier>, &Identifier),
    was_own: bool,
) -> Result<()> {
    let (now, id, WayBack { link, letter }) = (tx.now(), tx.id(), way_back);
    let expires_at = now + TAKEN_BACK_WITHIN;
    let comes_back = bring_back(tx, user, &new.normalised).await?;
    let with_link = match old {
        Some(old) if !comes_back && has_way_back(tx, user, old, now).await? => Some(old),
        _ => None,
    };
    let change = NewChange {
        id: &id,
        user,
        replaced: old.map(|old| old.normalised.as_str()),
        way_back: with_link.map(|old| (old.as_written.as_str(), &link)),
        new_address: &new.as_written,
        was_own,
        expires_at,
    };
    address_change::insert(tx, &change).await?;
    if with_link.is_some() {
        // To take the change back puts the address back as a proven one.
        let (hash, purpose) = (&link, Purpose::TakeBack);
        let link = NewLink { hash, purpose, user, address: None, created_at: now, expires_at };
        one_time_link::insert(tx, &link).await?;
        former_word::keep_until(tx, user, expires_at).await?;
    }
    notify_of_address(tx, user, (old, &new.as_written), with_link.map(|_| letter)).await
}

/// Whether an address comes back that a change took away which is still open. Then whoever reads it has undone by hand what came in
/// between: the links of the addresses that came after it end, since one of them may be the thief's.
async fn bring_back(tx: &mut Tx<'_>, user: &Id, address: &str) -> Result<bool> {
    let (now, mut comes_back, mut after) = (tx.now(), false, BTreeSet::new());
    for change in address_change::open(tx, user, now).await? {
        let Some(replaced) = replaced(&change) else { continue };
        let took_it_away = replaced == address;
        comes_back |= took_it_away;
        if !took_it_away && !after.contains(&replaced) {
            continue;
        }
        if !took_it_away {
            address_change::end_link(tx, &change, now).await?;
        }
        after.insert(normalise(&change.new_address));
        after.remove(address);
    }
    Ok(comes_back)
}

/// The normal form of the address whose place a change took.
fn replaced(change: &AddressChange) -> Option<String> {
    change.replaced.clone().or_else(|| change.old_address.as_deref().map(normalise))
}

/// What a link takes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakingBack {
    /// The address that is put back.
    pub old: String,
    /// The addresses that go.
    pub gone: Vec<String>,
    /// Whether somebody else has the old address by now, so that it cannot be put back.
    pub is_taken: bool,
}

/// What a link of a user takes back; `None` if nothing is known of it any more.
pub async fn taking_back(conn: &mut Conn, user: &Id, link: &TokenHash, now: Timestamp) -> Result<Option<TakingBack>> {
    let Some(Undoing { owners: old, gone, .. }) = Undoing::of(conn, user, link, now).await? else { return Ok(None) };
    let is_taken = !is_free(conn, user, &normalise(&old)).await?;
    let gone = gone.into_iter().map(|it| it.as_written).collect();
    Ok(Some(TakingBack { old, gone, is_taken }))
}

/// What a link undoes: its change, those that came after it, and the earlier ones that are still open, but for those by which the
/// address of the link became the account's: they are of whoever reads its mailbox, and all others may be a thief's.
struct Undoing {
    /// The address of the link.
    owners: String,
    /// The changes that are undone.
    changes: Vec<AddressChange>,
    /// The addresses that the account has and that they brought.
    gone: Vec<Identifier>,
    /// Those that come back, with that of the link.
    back: Vec<String>,
}

impl Undoing {
    async fn of(conn: &mut Conn, user: &Id, link: &TokenHash, now: Timestamp) -> Result<Option<Self>> {
        let mut open = address_change::open(conn, user, now).await?;
        let is_it = |change: &AddressChange| change.link_hash.as_deref() == Some(link.as_str());
        let Some(first) = open.iter().position(is_it) else { return Ok(None) };
        let since = open.split_off(first);
        let Some(owners) = since.first().and_then(|change| change.old_address.clone()) else { return Ok(None) };
        let led_here = led_to(&owners, &open);
        let earlier = open.into_iter().filter(|change| !led_here.contains(&change.number));
        let changes: Vec<_> = earlier.chain(since).collect();
        let own = user::identifiers(conn, user).await?;
        let own: Vec<_> = own.into_iter().filter(|it| it.is_email()).collect();
        // From the newest change to the oldest, what the account had before each.
        let mut had: BTreeMap<_, _> = own.iter().map(|it| (it.normalised.clone(), it.as_written.clone())).collect();
        for change in changes.iter().rev() {
            if change.was_own == 0 {
                had.remove(&normalise(&change.new_address));
            }
            if let Some(old) = &change.old_address {
                had.insert(normalise(old), old.clone());
            }
        }
        had.insert(normalise(&owners), owners.clone());
        let is_own = |normalised: &String| own.iter().any(|it| it.normalised == *normalised);
        let back = had.iter().filter(|&(normalised, old)| *old == owners || !is_own(normalised));
        let back = back.map(|(_, old)| old.clone()).collect();
        let gone = own.into_iter().filter(|it| !had.contains_key(&it.normalised)).collect();
        Ok(Some(Self { owners, changes, gone, back }))
    }
}

/// The numbers of those among earlier changes by which an address became the account's.
fn led_to(address: &str, earlier: &[AddressChange]) -> BTreeSet<i64> {
    let (mut wanted, mut found) = (Some(normalise(address)), BTreeSet::new());
    for change in earlier.iter().rev() {
        if wanted.as_ref() == Some(&normalise(&change.new_address)) {
            found.insert(change.number);
            wanted = replaced(change);
        }
    }
    found
}

/// Whether nobody else has an address.
async fn is_free(conn: &mut Conn, user: &Id, normalised: &str) -> Result<bool> {
    Ok(user::find_by_identifier(conn, normalised).await?.is_none_or(|found| found.id == *user))
}

/// Takes back what a link of a user undoes: the addresses that came go, those whose place they took come back, and the links of these
/// changes end. `Conflict` if somebody else has the address of the link.
pub(super) async fn take_back(tx: &mut Tx<'_>, user: &Id, link: &TokenHash) -> Result<()> {
    let now = tx.now();
    let Some(Undoing { owners, changes, gone, back }) = Undoing::of(tx, user, link, now).await? else { return Ok(()) };
    let since = user::address_since(tx, user).await?;
    for address in &gone {
        user::delete_identifier(tx, user, address).await?;
        tx.record(&Event::IdentifierRemoved { user: user.clone(), identifier: IdentifierKind::Email }).await?;
    }
    for old in &back {
        if *old == owners || is_free(tx, user, &normalise(old)).await? {
            put_back(tx, user, old).await?;
        }
    }
    if let Some(since) = since {
        // Those that go have stood in for those that come back.
        user::note_address_since(tx, user, since).await?;
    }
    for change in &changes {
        address_change::forget(tx, user, change, now).await?;
    }
    former_word::put_back(tx, user).await?;
    user::set_updated(tx, user, now).await?;
    tx.record(&Event::AddressTakenBack { user: user.clone() }).await?;
    for address in gone {
        notify_of_address_put_back(tx, user, (&owners, &address.as_written)).await?;
    }
    Ok(())
}

/// Gives a user an address that was theirs before, unless they have it again.
async fn put_back(tx: &mut Tx<'_>, user: &Id, address: &str) -> Result<()> {
    let now = tx.now();
    // It was parsed when it became theirs.
    let Ok(address) = parse_email(address, Some(now)) else { return Ok(()) };
    let own = user::identifiers(tx, user).await?;
    if let Some(present) = own.iter().find(|it| it.is_email() && it.normalised == address.normalised) {
        user::verify_identifier(tx, user, present, now).await?;
        return Ok(());
    }
    let id = tx.id();
    user::insert_identifier(tx, &id, user, &address, now).await?;
    tx.record(&Event::IdentifierAdded { user: user.clone(), identifier: IdentifierKind::Email }).await
}
