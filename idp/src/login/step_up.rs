//! Step-up: before a sensitive change of an account, its person has to have proven lately, and as strongly as they can in most places, who
//! they are (NIST SP 800-63B §7.2, ASVS 7.5.1).

use crate::app::App;
use crate::base::id::Id;
use crate::login::second_factor::Enrolled;
use crate::oidc::claims::acr::Acr;
use crate::site::page::Page;
use crate::store::db::Result;
use crate::store::people::session::Session;

/// Whether the person of a session may use a page of their account now.
pub async fn lets_in(app: &App, session: &Session, page: Page) -> Result<bool> {
    Ok(!is_needed(app, &session.user_id, page).await? || is_done(app, session).await?)
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
    let now = app.now();
    // A sign-in in the future happened before the clock was set back.
    if now - app.config.login.step_up >= session.auth_time || session.auth_time > now {
        return Ok(false);
    }
    let needed = Enrolled::of(&mut *app.db.read().await?, &session.user_id).await?.needed();
    Ok(Acr::from_name(&session.acr) >= Some(needed))
}
