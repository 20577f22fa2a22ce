//! Step-up: before a sensitive change of an account, its person has to have proven lately, and as strongly as they can in most places, who
//! they are (NIST SP 800-63B §7.2, ASVS 7.5.1).

use std::time::Duration;

use crate::app::App;
use crate::base::clock::{SKEW, Timestamp};
use crate::base::id::Id;
use crate::login::second_factor::Enrolled;
use crate::login::session::has_anonymous_account;
use crate::oidc::claims::acr::Acr;
use crate::site::page::Page;
use crate::store::db::{Result, Tx};
use crate::store::people::session::{self, Session};

/// Whether the person of a session may use a page of their account now.
pub async fn lets_in(app: &App, session: &Session, page: Page) -> Result<bool> {
    if session.is_of_visitor() {
        return Ok(page.is_for_anonymous() && has_anonymous_account(&mut *app.db.read().await?, session).await?);
    }
    Ok(!session.is_unattended() && (!is_needed(app, &session.user_id, page).await? || is_done(app, session).await?))
}

/// Whether a user needs a step-up for a page. The form that changes the password asks for all that can be typed by itself, and
/// so only for a passkey before.
pub async fn is_needed(app: &App, user: &Id, page: Page) -> Result<bool> {
    match page {
        Page::AccountPassword => Ok(Enrolled::of(&mut *app.db.read().await?, user).await?.is_passkey_alone()),
        _ => Ok(page.needs_step_up()),
    }
}

/// Whether the person of a session has signed in lately, with the strongest factors that they have.
pub async fn is_done(app: &App, session: &Session) -> Result<bool> {
    let enrolled = Enrolled::of(&mut *app.db.read().await?, &session.user_id).await?;
    Ok(is_enough(session, &enrolled, app.config.login.step_up, app.now()))
}

fn is_enough(session: &Session, enrolled: &Enrolled, within: Duration, now: Timestamp) -> bool {
    // A sign-in in the future happened before the clock was set back, or on a replica whose clock is ahead.
    let lately = now - within < session.auth_time && session.auth_time <= now + SKEW;
    lately && !session.is_unattended() && Acr::from_name(&session.acr) >= Some(enrolled.needed())
}

/// The step-up that a change relies on. The change judges it again in its own transaction: the session may have ended, or its
/// person set up a stronger factor, since the page was opened.
#[derive(Clone, Debug)]
pub struct SteppedUp {
    session: Id,
    within: Duration,
    admits_anonymous: bool,
}

impl SteppedUp {
    /// That of this session.
    pub fn of(app: &App, session: &Session) -> Self {
        Self { session: session.id.clone(), within: app.config.login.step_up, admits_anonymous: false }
    }

    /// The same for a change that the holder of an anonymous account may make, too, who has nothing to prove.
    pub fn or_anonymous(self) -> Self {
        Self { admits_anonymous: true, ..self }
    }

    /// In which session it was done.
    pub const fn session(&self) -> &Id {
        &self.session
    }

    /// Whether it still holds. The caller holds the user's row.
    pub async fn holds(&self, tx: &mut Tx<'_>) -> Result<bool> {
        let now = tx.now();
        let Some(session) = session::find(tx, &self.session, now).await? else { return Ok(false) };
        if session.is_of_visitor() && self.admits_anonymous {
            return has_anonymous_account(tx, &session).await;
        }
        let enrolled = Enrolled::of(tx, &session.user_id).await?;
        Ok(is_enough(&session, &enrolled, self.within, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::people::recovery_code::RecoveryCodes;

    #[test]
    fn a_step_up_is_recent_as_strong_as_can_be_and_by_somebody_who_is_there() {
        let now = Timestamp::from_seconds(1_767_225_600);
        let (five, minute) = (Duration::from_secs(300), Duration::from_secs(60));
        let session = |acr: Acr, auth_time| Session {
            id: Id::from("s"),
            sid: String::new(),
            browser_id: Id::from("b"),
            user_id: Id::from("u"),
            sub: String::new(),
            generation: 1,
            auth_time,
            amr: vec!["pwd".to_owned()],
            acr: acr.as_str().to_owned(),
            created_at: auth_time,
            last_active_at: auth_time,
            expires_at: now + five,
            kept_at: None,
            unattended_since: None,
        };
        let recovery_codes = RecoveryCodes { made: 0, unused: 0, created_at: None };
        let nothing = Enrolled { totp: None, recovery_codes, passkeys: 0, unproven_passkeys: 0 };
        let passkey = Enrolled { passkeys: 1, ..nothing.clone() };
        let fresh = session(Acr::OneFactor, now - minute);
        let gone = Session { unattended_since: Some(now), ..fresh.clone() };
        for (what, session, enrolled, is_done) in [
            ("fresh", &fresh, &nothing, true),
            ("too old", &session(Acr::OneFactor, now - five), &nothing, false),
            ("of the future", &session(Acr::OneFactor, now + SKEW + minute), &nothing, false),
            ("too weak", &fresh, &passkey, false),
            ("unattended", &gone, &nothing, false),
        ] {
            assert_eq!(is_enough(session, enrolled, five, now), is_done, "{what}");
        }
    }
}
