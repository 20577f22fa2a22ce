//! Removing the second factors of an account.

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::federation::{binding, link};
use crate::letters::kind::Notice;
use crate::letters::notice::notify;
use crate::login::factor_age::RECENT;
use crate::login::recovery_code::sets_password_of;
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::channel_binding::{self, ChannelBinding};
use crate::store::people::upstream_account::{self, UpstreamAccount};
use crate::store::people::{
    channel_request, code_try, known_device, passkey, recovery_code, totp, trusted_browser, user,
};

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// The authenticator app.
    pub app: bool,
    /// Passkeys.
    pub passkeys: bool,
    /// Recovery codes, without an app, too.
    pub codes: bool,
    /// Accounts elsewhere that were linked lately.
    pub links: bool,
}

impl Gone {
    /// Whether anything was.
    pub const fn is_any(self) -> bool {
        self.app || self.passkeys || self.codes || self.links
    }
}

/// Removes the second factors of a user for an operator, and ends the sessions and grants of the user: whoever asks the operator for it may
/// not be the user.
pub async fn reset(app: &App, user: &Id) -> Result<Gone> {
    app.db.write(Reset { user: user.clone() }).await
}

#[derive(Clone)]
struct Reset {
    user: Id,
}

impl Change for Reset {
    type Outcome = Gone;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Gone> {
        let Self { user } = self;
        user::hold(tx, &user).await?;
        let links = forget_links(tx, &user, Some(tx.now() - RECENT)).await?;
        let gone = Gone { links, ..remove_all(tx, &user).await? };
        if gone.is_any() {
            user::end_all(tx, &user).await?;
            known_device::forget(tx, &user, None).await?;
            tx.record(&Event::FactorsReset { user }).await?;
        }
        Ok(gone)
    }
}

/// Removes the authenticator app of a user with what depends on it: the trust in browsers, and the recovery codes, unless they set a new
/// password, too. Returns whether there was one.
pub(super) async fn remove_app(tx: &mut Tx<'_>, user: &Id) -> Result<bool> {
    let (now, sends_letters) = (tx.now(), tx.letters().is_some());
    let there = forget_app(tx, user).await?;
    // Their person would have no way back without them.
    if !sets_password_of(tx, user, sends_letters, now).await? {
        recovery_code::delete(tx, user).await?;
    }
    if there {
        tx.record(&Event::AuthenticatorRemoved { user: user.clone() }).await?;
    }
    Ok(there)
}

/// Removes all second factors of a user with what depends on them, passkeys and all recovery codes included.
pub(super) async fn remove_all(tx: &mut Tx<'_>, user: &Id) -> Result<Gone> {
    user::forget_protection(tx, user).await?;
    let app = forget_app(tx, user).await?;
    let passkeys = passkey::delete_all(tx, user).await? > 0;
    // Whoever asks an operator for it may know the codes.
    let codes = recovery_code::delete(tx, user).await? + recovery_code::delete_replaced(tx, user).await? > 0;
    if passkeys {
        notify(tx, user, Notice::PasskeyRemoved).await?;
    }
    Ok(Gone { app, passkeys, codes, links: false })
}

/// Takes the accounts elsewhere, and the chats with bots, from a user that were linked since a moment, other than the one that the account was made by: whoever recovers
/// it is not to be followed by somebody who has linked theirs. All of them, without a moment.
pub(super) async fn forget_links(tx: &mut Tx<'_>, user: &Id, since: Option<Timestamp>) -> Result<bool> {
    let is_strange = |one: &UpstreamAccount| since.is_none_or(|since| one.linked_at > since && one.joined_at.is_none());
    let strange: Vec<_> = upstream_account::of_user(tx, user).await?.into_iter().filter(is_strange).collect();
    let unlinked = link::remove(tx, user, &strange).await?;
    let is_strange = |one: &ChannelBinding| since.is_none_or(|since| one.bound_at > since && one.joined_at.is_none());
    let strange: Vec<_> = channel_binding::of_user(tx, user).await?.into_iter().filter(is_strange).collect();
    channel_request::delete_of_user(tx, user).await?;
    Ok(binding::remove(tx, user, &strange).await? || unlinked)
}

/// Removes an app, the trust in browsers and the tries of codes, and tells the user.
async fn forget_app(tx: &mut Tx<'_>, user: &Id) -> Result<bool> {
    let there = totp::delete(tx, user).await?;
    trusted_browser::delete_all(tx, user).await?;
    code_try::clear_of_user(tx, user).await?;
    if there {
        notify(tx, user, Notice::AuthenticatorRemoved).await?;
    }
    Ok(there)
}
