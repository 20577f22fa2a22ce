//! Linking accounts at other providers to accounts here, and taking them apart.

use super::identity::Identity;
use super::tokens::{self, Held};
use super::ways_back::WaysBack;
use super::ways_in::{Leaving, WaysIn};
use super::{binding, roles};
use crate::app::App;
use crate::base::id::Id;
use crate::letters::kind::Notice;
use crate::letters::notice::notify;
use crate::login::devices;
use crate::login::step_up::SteppedUp;
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::session::{self, Session};
use crate::store::people::upstream_account::{self, NewUpstreamAccount, UpstreamAccount};
use crate::store::people::{channel_binding, upstream_token, user};

/// How many accounts at other providers a user can have.
pub const MOST: usize = 20;

/// What becomes of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linked {
    /// It is there.
    Done,
    /// It was there already.
    Already,
    /// The account there lets somebody else in here.
    Taken,
    /// The session has ended, is not fresh enough, or the user has too many.
    Refused,
}

/// Links an account at another provider to the account of a session, whose person has just proven both.
pub async fn link(app: &App, session: &Session, identity: &Identity) -> Result<Linked> {
    let (user, step_up) = (session.user_id.clone(), SteppedUp::of(app, session));
    let ways_back = WaysBack::new(app, &user, true).await?;
    let held = tokens::held(app, identity).await;
    let new = written(app, identity, false, held.as_ref());
    let linked = app.db.write(Link { user, step_up, new, ways_back }).await?;
    if let (Linked::Already, Some(held)) = (linked, held) {
        tokens::keep_held(app, identity.key(), held).await?;
    }
    Ok(linked)
}

/// What is written of an account elsewhere by which an account is made here.
pub async fn to_join(app: &App, identity: &Identity) -> NewUpstreamAccount {
    written(app, identity, true, tokens::held_still(app, identity).await.as_ref())
}

fn written(app: &App, identity: &Identity, joins: bool, held: Option<&Held>) -> NewUpstreamAccount {
    NewUpstreamAccount {
        id: app.id(),
        key: identity.key(),
        shown_as: identity.shown_as(),
        joins,
        taken: joins.then(|| identity.said(app.site.get().languages())),
        tokens: held.map(|held| tokens::of_new(app, held)),
    }
}

#[derive(Clone)]
struct Link {
    user: Id,
    step_up: SteppedUp,
    new: NewUpstreamAccount,
    ways_back: WaysBack,
}

impl Change for Link {
    type Outcome = Linked;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Linked> {
        let Self { user, step_up, new, ways_back } = self;
        user::hold(tx, &user).await?;
        if !step_up.holds(tx).await? {
            return Ok(Linked::Refused);
        }
        if let Some(there) = upstream_account::find(tx, &new.key).await? {
            return Ok(if there.user_id == user { Linked::Already } else { Linked::Taken });
        }
        if upstream_account::of_user(tx, &user).await?.len() >= MOST {
            return Ok(Linked::Refused);
        }
        if !write(tx, &user, &new).await? {
            return Ok(Linked::Taken);
        }
        if let Some(account) = upstream_account::whole(tx, &user, &new.id).await? {
            ways_back.note(tx, &user, account).await?;
        }
        Ok(Linked::Done)
    }
}

/// Writes a link; returns `false` if somebody was faster. The caller holds the user's row.
pub(crate) async fn write(tx: &mut Tx<'_>, user: &Id, new: &NewUpstreamAccount) -> Result<bool> {
    let now = tx.now();
    if !upstream_account::insert(tx, user, new, now).await? {
        return Ok(false);
    }
    if let Some(tokens) = &new.tokens {
        upstream_token::insert(tx, &new.id, tokens, now).await?;
    }
    tx.record(&Event::UpstreamLinked { user: user.clone(), upstream: new.key.provider.clone() }).await?;
    Ok(true)
}

/// Removes links of a user, and tells them; returns whether there were any. The caller holds the user's row.
pub(crate) async fn remove(tx: &mut Tx<'_>, user: &Id, links: &[UpstreamAccount]) -> Result<bool> {
    for one in links {
        erase(tx, user, one).await?;
    }
    if !links.is_empty() {
        notify(tx, user, Notice::UpstreamUnlinked).await?;
    }
    Ok(!links.is_empty())
}

async fn erase(tx: &mut Tx<'_>, user: &Id, one: &UpstreamAccount) -> Result<()> {
    // Without the link, the chats of the same sender let nobody in, and act for nobody.
    let chats = channel_binding::of_link(tx, &one.id, &one.provider).await?;
    binding::remove(tx, user, &chats).await?;
    upstream_account::delete(tx, user, &one.id).await?;
    roles::forget(tx, user, &one.provider).await?;
    tx.record(&Event::UpstreamUnlinked { user: user.clone(), upstream: one.provider.clone() }).await
}

/// What becomes of a link that is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlinked {
    /// It is gone.
    Done,
    /// It was gone already, or the session has ended.
    NotThere,
    /// It is the only way in.
    Last,
}

/// Takes an account at another provider from the account of a session, unless it is the only way in.
pub async fn unlink(app: &App, session: &Session, id: &Id) -> Result<Unlinked> {
    let (user, step_up) = (session.user_id.clone(), SteppedUp::of(app, session));
    let (ways_back, ways_in) = (WaysBack::new(app, &user, false).await?, WaysIn::of(app).await?);
    app.db.write(Unlink { user, step_up, id: id.clone(), ways_in, ways_back }).await
}

#[derive(Clone)]
struct Unlink {
    user: Id,
    step_up: SteppedUp,
    id: Id,
    ways_in: WaysIn,
    ways_back: WaysBack,
}

impl Change for Unlink {
    type Outcome = Unlinked;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Unlinked> {
        let Self { user, step_up, id, ways_in, ways_back } = self;
        user::hold(tx, &user).await?;
        if !step_up.holds(tx).await? {
            return Ok(Unlinked::NotThere);
        }
        let there = upstream_account::of_user(tx, &user).await?;
        let Some(found) = there.into_iter().find(|one| one.id == id) else { return Ok(Unlinked::NotThere) };
        if ways_in.is_last(tx, &user, Leaving::Link(&id)).await? {
            return Ok(Unlinked::Last);
        }
        if let Some(account) = upstream_account::whole(tx, &user, &id).await? {
            ways_back.note(tx, &user, account).await?;
        }
        erase(tx, &user, &found).await?;
        // Whoever can use it there may be signed in by it here, and could link it again.
        for session in session::by_federation(tx, &user, step_up.session()).await? {
            devices::end(tx, &user, &session).await?;
            tx.record(&Event::SignedOut { user: user.clone(), session }).await?;
        }
        Ok(Unlinked::Done)
    }
}
