//! The form of a sign-up that is sent again: the page was loaded again, or the answer was lost on its way.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::form::Typed;
use crate::app::App;
use crate::config::SignUpIdentifier;
use crate::flow::authorization::{Step, layout_of};
use crate::flow::next_page;
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::visitor::Visitor;
use crate::login::identifier;
use crate::login::recovery_code::sets_password_of;
use crate::oidc::authorization::next_step::Facts;
use crate::pages::Layout;
use crate::site::page::Page;
use crate::store::people::session::Session;
use crate::store::people::{known_device, user};

/// Says that the account is there, and how to get recovery codes if the first ones were not kept: nobody can see those again.
#[derive(Template)]
#[template(path = "pages/sign_up_again.html")]
pub struct SignUpAgainPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The username as typed.
    pub account: String,
    /// Where the sign-up leads; `None` if its owner has to sign in first.
    pub onward: Option<String>,
}

/// The page, if the username that was typed is that of an account which was made or used in this browser; to everybody else it is taken.
/// The password is not looked at: this is no place to try any.
pub(super) async fn shown(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    typed: &Typed,
) -> Result<Option<Response>, Error> {
    if app.config.login.sign_up_identifier != SignUpIdentifier::Username {
        return Ok(None);
    }
    let Ok(name) = identifier::parse_username(&typed.username) else { return Ok(None) };
    let (browser, since) = (visitor.browser.hash(), app.now() - app.config.login.known_device);
    let mut conn = app.db.read().await?;
    if !known_device::is_of_identifier(&mut conn, &browser, &name.normalised, since).await? {
        return Ok(None);
    }
    let Some(owner) = user::find_by_identifier(&mut conn, &name.normalised).await? else { return Ok(None) };
    if !sets_password_of(&mut conn, &owner.id, app.mailer.is_on(), app.now()).await? {
        return Ok(None);
    }
    drop(conn);
    let sessions = visitor.sessions(app).await?;
    let session = sessions.iter().find(|session| session.user_id == owner.id);
    let page = SignUpAgainPage {
        account: typed.username.clone(),
        onward: session.map(|session| onward(app, step, session)),
        layout: Layout { return_to: typed.return_to, ..layout_of(app, visitor, step).of(Page::SignUp) },
    };
    page::show_with(app, visitor, StatusCode::OK, &page).map(Some)
}

/// Where the sign-up leads whose owner is signed in by it, or was before.
fn onward(app: &App, step: Option<&Step>, session: &Session) -> String {
    let Some(step) = step else { return app.url(Page::Home) };
    let mut interaction = step.interaction.clone();
    // Who was signed in before has proven nothing for this request.
    let authenticated_at = Some(session.auth_time).filter(|at| *at >= interaction.began_at);
    interaction.facts = Facts { authenticated_at, ..Facts::default() };
    interaction.facts.choose(session);
    next_page::authorize_again(app, &interaction)
}
