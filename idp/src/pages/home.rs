//! The provider's front page: the signed-in accounts.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::visitor::Visitor;
use crate::site::page::Page;

use super::{AccountView, Layout, passkey_signal};

/// Shows who is signed in, with links to sign in or out. Its form posts `decision=sign_out` to
/// `/end_session`, with `session=<handle>` for one account.
#[derive(Template)]
#[template(path = "pages/home.html")]
pub struct HomePage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The signed-in accounts, most recently used first.
    pub accounts: Vec<AccountView>,
    /// The handle of the session of the first account.
    pub handle: String,
    /// Whether a person may make an account.
    pub offers_sign_up: bool,
    /// What the browser is told about the passkeys of each account: JSON.
    pub signals: Vec<String>,
}

impl HomePage<'_> {
    /// Whether nobody is there but the holder of an anonymous account.
    fn is_visitor_alone(&self) -> bool {
        !self.accounts.is_empty() && self.accounts.iter().all(|account| account.is_anonymous)
    }
}

/// Shows who is signed in here.
pub async fn get(State(app): State<App>, visitor: Visitor) -> Result<Response, Error> {
    let sessions = visitor.sessions(&app).await?;
    let (mut accounts, mut signals) = (Vec::new(), Vec::new());
    for session in &sessions {
        let account = page::account(&app, &visitor, session).await?;
        // Most sign-ins without an application lead here.
        signals.extend(passkey_signal::of(&app, &session.user_id, &account).await?);
        accounts.push(account);
    }
    let handle = sessions.first().map(|session| page::session_handle(&app, session)).unwrap_or_default();
    let offers_sign_up = app.config.login.sign_up.is_offered();
    let layout = page::layout(&app, &visitor).of(Page::Home);
    let page = HomePage { layout, accounts, handle, offers_sign_up, signals };
    page::show_with(&app, &visitor, StatusCode::OK, &page)
}
