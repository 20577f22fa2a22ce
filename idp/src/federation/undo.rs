//! Undoing that an account at another provider was linked or unlinked, by a letter: whoever has got hold of somebody's session could link
//! their own account, or take the owner's away.

use super::link::remove;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::letters::kind::Notice;
use crate::letters::notice::notify;
use crate::login::identifier::normalise;
use crate::store::db::{Change, Conn, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::address_change;
use crate::store::people::upstream_account;
use crate::store::people::upstream_change::{self, UpstreamChange};
use crate::store::people::user;

/// The change that a link undoes, if there is anything to undo still.
pub async fn find(conn: &mut Conn, link: &TokenHash, now: Timestamp) -> Result<Option<UpstreamChange>> {
    let Some(change) = upstream_change::find(conn, link, now).await? else { return Ok(None) };
    let may = user::find(&mut *conn, &change.user_id).await?.is_some_and(|user| user.disabled_at.is_none());
    if !may || !is_theirs(conn, &change, now).await? {
        return Ok(None);
    }
    let there = upstream_account::find(conn, &change.account.key()).await?;
    let is_linked = there.is_some_and(|there| there.user_id == change.user_id);
    Ok((is_linked == change.is_link()).then_some(change))
}

/// Whether the address of a letter is one of the account's, or can be put back: a thief who changes the address does not keep its owner from
/// undoing what came before, and gets nothing by the letters to an address that is gone.
async fn is_theirs(conn: &mut Conn, change: &UpstreamChange, now: Timestamp) -> Result<bool> {
    let own = user::identifiers(conn, &change.user_id).await?;
    if own.iter().any(|it| it.is_email() && it.verified_at.is_some() && it.normalised == change.address) {
        return Ok(true);
    }
    let before = address_change::can_be_put_back(conn, &change.user_id, now).await?;
    Ok(before.iter().any(|address| normalise(address) == change.address))
}

/// What becomes of a change that is to be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// It is undone.
    Done,
    /// The account there lets somebody else in here by now.
    Taken,
    /// The link does not work, or there is nothing to undo.
    Spent,
}

/// Undoes a change by the link of its letter, and ends all sessions and grants: one of them is that of whoever has made it.
pub async fn undo(app: &App, user: &Id, link: &TokenHash) -> Result<Undone> {
    app.db.write(Undo { user: user.clone(), link: link.clone() }).await
}

#[derive(Clone)]
struct Undo {
    user: Id,
    link: TokenHash,
}

impl Change for Undo {
    type Outcome = Undone;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Undone> {
        let Self { user, link } = self;
        let now = tx.now();
        user::hold(tx, &user).await?;
        let change = find(tx, &link, now).await?.filter(|change| change.user_id == user);
        let Some(change) = change else { return Ok(Undone::Spent) };
        let there = upstream_account::find(tx, &change.account.key()).await?;
        match there {
            // It may be the only way in: whoever reads the letter sets a password by another one.
            Some(there) if change.is_link() => drop(remove(tx, &user, &[there]).await?),
            Some(_) => return Ok(Undone::Taken),
            None => link_again(tx, &change).await?,
        }
        upstream_change::forget(tx, &user, &change.account.key()).await?;
        user::end_all(tx, &user).await?;
        tx.record(&Event::AllSessionsEnded { user: user.clone(), offline_access: true }).await?;
        tx.record(&Event::UpstreamChangeUndone { user, upstream: change.account.provider }).await?;
        Ok(Undone::Done)
    }
}

/// Links an account again that was unlinked, however many there are by now: the others may be a thief's.
async fn link_again(tx: &mut Tx<'_>, change: &UpstreamChange) -> Result<()> {
    let (id, user) = (tx.id(), &change.user_id);
    upstream_account::put_back(tx, &id, user, &change.account).await?;
    tx.record(&Event::UpstreamLinked { user: user.clone(), upstream: change.account.provider.clone() }).await?;
    notify(tx, user, Notice::UpstreamLinked).await
}
