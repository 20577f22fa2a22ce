//! Keeping an anonymous account: whoever signs up gets an identifier and a password for it, and stays the same for applications.

use std::time::Duration;

use crate::account::users::Add;
use crate::app::App;
use crate::base::id::Id;
use crate::login::session::has_anonymous_account;
use crate::oidc::scope::ScopeSet;
use crate::store::clients::consent;
use crate::store::db::{Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::user::{self, MADE_WITH, User};
use crate::store::people::{anonymous_account, session};

/// The anonymous account that a sign-up keeps, by its session.
#[derive(Clone, Debug)]
pub(super) struct Upgrade {
    session: Id,
    idle: Duration,
    absolute: Duration,
}

impl Upgrade {
    /// Of the account of this session.
    pub(super) fn of(app: &App, session: Id) -> Self {
        let login = &app.config.login;
        Self { session, idle: login.session_idle, absolute: login.session_absolute }
    }

    /// Locks the account; `None` if the session has ended, or somebody was faster.
    pub(super) async fn hold(&self, tx: &mut Tx<'_>) -> Result<Option<User>> {
        let now = tx.now();
        let Some(found) = session::find(tx, &self.session, now).await? else { return Ok(None) };
        let user = found.user_id;
        user::hold(tx, &user).await?;
        // What was true before the row was locked may have changed.
        match session::find(tx, &self.session, now).await? {
            Some(session) if has_anonymous_account(tx, &session).await? => user::find(tx, &user).await,
            _ => Ok(None),
        }
    }

    /// Gives the account, whose row the caller holds, what another was to have. Its session stays for as long as any other, and its
    /// cookie is replaced by the sign-in that follows.
    pub(super) async fn write(&self, tx: &mut Tx<'_>, user: User, add: &Add) -> Result<User> {
        let now = tx.now();
        add.write_ways_in(tx, &user.id).await?;
        // For its person the account begins now, and was made with this address.
        user::note_address_since(tx, &user.id, MADE_WITH).await?;
        let mut profile = user.profile;
        profile.extend(add.user.profile.clone());
        user::set_profile(tx, &user.id, &profile, now).await?;
        // Whoever was here before may not have been this person: their word proves nothing, and they have allowed nobody to read what
        // is told now.
        user::set_mail_word(tx, &user.id, None).await?;
        user::forget_former(tx, &user.id).await?;
        consent::take_back(tx, &user.id, &ScopeSet::personal()).await?;
        anonymous_account::delete(tx, &user.id).await?;
        session::keep_no_longer(tx, &self.session, self.idle, now + self.absolute).await?;
        tx.record(&Event::AccountKept { user: user.id.clone() }).await?;
        Ok(User { profile, updated_at: now, ..user })
    }
}
