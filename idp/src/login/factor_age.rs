//! How long factors have protected an account. One that stands in for another one is as old as that one.

use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::oidc::claims::acr::Acr;
use crate::store::db::{Conn, Result, Tx};
use crate::store::people::passkey::{self, Passkey};
use crate::store::people::session;
use crate::store::people::totp::{self, Totp};
use crate::store::people::user::{self, Protection};

/// For how long a factor is a recent one.
pub const RECENT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long after an old factor has gone a new one stands in for it, as when a phone is replaced. Whoever has no factor for longer is
/// protected by none.
const STANDS_IN: Duration = Duration::from_secs(24 * 60 * 60);

/// The ages of the factors of a user.
pub(crate) struct Ages {
    of_those_gone: Option<Protection>,
}

impl Ages {
    /// With what is remembered of factors that are gone.
    pub(crate) async fn of(conn: &mut Conn, user: &Id) -> Result<Self> {
        Ok(Self { of_those_gone: user::protection(conn, user).await? })
    }

    /// As if none had ever gone.
    pub(crate) const fn of_present() -> Self {
        Self { of_those_gone: None }
    }

    /// Since when the app protects its account.
    pub(crate) fn of_app(&self, app: &Totp) -> Timestamp {
        self.inherited(app.since.unwrap_or(app.created_at))
    }

    /// Since when a passkey protects its account; `None` if it does not. One that the browser made by itself is no factor
    /// until it has signed, and counts from then on: its person may not know of it.
    pub(crate) fn of_passkey(&self, passkey: &Passkey) -> Option<Timestamp> {
        let since = match passkey.automatic_at {
            None => Some(passkey.since.unwrap_or(passkey.created_at)),
            // An earlier release did not note the first use.
            Some(_) => passkey.proven_at.or(passkey.last_used_at),
        };
        since.map(|since| self.inherited(since))
    }

    fn inherited(&self, added: Timestamp) -> Timestamp {
        match self.of_those_gone {
            Some(gone) if added <= gone.until => added.min(gone.since),
            _ => added,
        }
    }
}

/// Since when the oldest of these factors has protected its account.
fn oldest(ages: &Ages, factors: (Option<&Totp>, &[Passkey])) -> Option<Timestamp> {
    since(ages, factors).min()
}

/// Since when each of these factors has protected its account.
fn since(ages: &Ages, (app, passkeys): (Option<&Totp>, &[Passkey])) -> impl Iterator<Item = Timestamp> {
    let of_app = app.map(|app| ages.of_app(app));
    of_app.into_iter().chain(passkeys.iter().filter_map(|passkey| ages.of_passkey(passkey)))
}

/// The factors that a user has.
async fn present(conn: &mut Conn, user: &Id) -> Result<(Option<Totp>, Vec<Passkey>)> {
    Ok((totp::find(&mut *conn, user).await?, passkey::of_user(conn, user).await?))
}

/// Whether any of these factors has protected its account since before a moment.
pub(crate) fn any_before(moment: Timestamp, ages: &Ages, (app, passkeys): (Option<&Totp>, &[Passkey])) -> bool {
    oldest(ages, (app, passkeys)).is_some_and(|since| since < moment)
}

/// Since when a factor protects its account that is added in a session: as long as those that were proven in it, or as the one that was
/// removed in it. `None` if there are none. Whoever has the password alone has proven no other factor.
pub(crate) async fn vouched_since(
    conn: &mut Conn,
    user: &Id,
    session: &Id,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let session = session::find(&mut *conn, session, now).await?;
    let Some(session) = session.filter(|it| Acr::from_name(&it.acr) >= Some(Acr::TwoFactors)) else { return Ok(None) };
    let (app, passkeys) = present(conn, user).await?;
    let of_present = oldest(&Ages::of_present(), (app.as_ref(), &passkeys));
    let gone = user::protection(&mut *conn, user).await?.filter(|gone| now <= gone.until);
    let of_gone = match gone {
        Some(gone) if user::has_removed_in(conn, user, &session.id).await? => Some(gone.since),
        _ => None,
    };
    Ok(of_present.into_iter().chain(of_gone).min())
}

/// Whether an account has a factor that is no recent one: then whoever has changed what protects it has proven that one. Time alone makes
/// no factor stand in for another one here: within the day in which it does, a thief of the password could set up their own.
pub async fn has_older(conn: &mut Conn, user: &Id, now: Timestamp) -> Result<bool> {
    let (app, passkeys) = present(conn, user).await?;
    Ok(any_before(now - RECENT, &Ages::of_present(), (app.as_ref(), &passkeys)))
}

/// Remembers a factor that its own person is about to remove, with a step-up, if it is no recent one. What a letter or an operator
/// removes is remembered by nobody: it may have been a thief's.
pub(crate) async fn note_removed(
    tx: &mut Tx<'_>,
    user: &Id,
    (app, passkey): (Option<&Totp>, Option<&Passkey>),
    session: &Id,
) -> Result<()> {
    let (now, ages) = (tx.now(), Ages::of(tx, user).await?);
    // What vouches is its own age alone: a factor that time has made stand in for another one may be a thief's, who removes it to add the next.
    let factors = (app, passkey.map(std::slice::from_ref).unwrap_or_default());
    if any_before(now - RECENT, &Ages::of_present(), factors) {
        user::note_removed_in(tx, user, session).await?;
    }
    match oldest(&ages, factors).filter(|since| *since < now - RECENT) {
        Some(since) => user::note_protection(tx, user, Protection { since, until: now + STANDS_IN }).await,
        None => Ok(()),
    }
}

/// Remembers that the factors that a user has got until a moment are no recent ones.
pub(crate) async fn note_old(tx: &mut Tx<'_>, user: &Id, until: Timestamp) -> Result<()> {
    user::note_protection(tx, user, Protection { since: Timestamp::from_micros(0), until }).await
}

/// Remembers that the factors that a user has now are no recent ones. Where that is remembered already, as it is from the second time on,
/// nothing is written.
pub async fn note_all_old(tx: &mut Tx<'_>, user: &Id, now: Timestamp) -> Result<()> {
    let began = Timestamp::from_micros(0);
    if let Some(known) = user::protection(tx, user).await?.filter(|known| known.since <= began) {
        let (app, passkeys) = present(tx, user).await?;
        if since(&Ages::of_present(), (app.as_ref(), &passkeys)).max() <= Some(known.until) {
            return Ok(());
        }
    }
    // The user is locked first, as everywhere.
    user::hold(tx, user).await?;
    note_old(tx, user, now).await
}
