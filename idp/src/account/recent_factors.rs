//! The factors that were added to an account lately, which a link that sets a password can remove: a thief of the password who
//! adds a factor would otherwise shut the owner out.

use crate::account::factors::remove_app;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::letters::kind::Notice;
use crate::letters::notice::notify;
use crate::login::factor_age::{Ages, RECENT, any_before};
use crate::login::second_factor::Required;
use crate::store::clients::client;
use crate::store::db::{Conn, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::passkey::{self, Passkey};
use crate::store::people::totp::{self, Totp};

/// The factors of an account that a link can remove.
#[derive(Clone, Debug, Default)]
pub struct RecentFactors {
    /// The authenticator app.
    pub app: Option<Totp>,
    /// The passkeys, the oldest first.
    pub passkeys: Vec<Passkey>,
}

impl RecentFactors {
    /// What a link can remove. Nothing from somebody who has had any factor for longer, be it one that is gone by now and for
    /// which another one stands in: a letter must not spare it. Nothing either from somebody who needs a second factor, be it
    /// at one of their clients alone: without theirs, the link would be enough to sign in there.
    pub async fn of(conn: &mut Conn, user: &Id, required: &Required, now: Timestamp) -> Result<Self> {
        let found =
            Self { app: totp::find(&mut *conn, user).await?, passkeys: passkey::of_user(&mut *conn, user).await? };
        if found.is_empty()
            || any_before(now - RECENT, &Ages::of(&mut *conn, user).await?, (found.app.as_ref(), &found.passkeys))
            || required.holds(conn, user).await?
            || client::any_requires_second_factor(conn, user).await?
        {
            return Ok(Self::default());
        }
        Ok(found)
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.app.is_none() && self.passkeys.is_empty()
    }
}

/// What a person wants to have removed, as the form says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unwanted {
    /// The authenticator app.
    pub app: bool,
    /// Passkeys, by their handles.
    pub passkeys: Vec<String>,
}

impl Unwanted {
    /// Removes those that a link can remove, and tells the person. Others stay, as those that meanwhile are too old.
    pub(super) async fn remove(&self, tx: &mut Tx<'_>, user: &Id, required: &Required) -> Result<()> {
        let now = tx.now();
        let there = RecentFactors::of(tx, user, required, now).await?;
        if self.app && there.app.is_some() {
            remove_app(tx, user).await?;
        }
        for passkey in there.passkeys.iter().filter(|one| self.passkeys.contains(&one.id.handle())) {
            passkey::delete(tx, user, &passkey.id).await?;
            notify(tx, user, Notice::PasskeyRemoved).await?;
            tx.record(&Event::PasskeyRemoved { user: user.clone(), passkey: passkey.id.handle() }).await?;
        }
        Ok(())
    }
}
