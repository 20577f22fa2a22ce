//! What all pages share, and the pages that any route may show: errors, and those that leave for a client.

pub mod assets;
pub mod brand;
pub mod error;
pub mod form_post;
pub mod layout;
pub mod leaving;
pub mod moment;
pub mod problems;
pub mod wording;

use std::time::Duration;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

pub use layout::{AccountView, ClientView, Layout};
pub use moment::Moment;
pub use problems::FormProblems;
pub use wording::Wording;

use crate::app::App;
use crate::base::clock::seconds_up;
use crate::http::error::Error;
use crate::http::request::form::csrf_token;
use crate::http::request::visitor::Visitor;
use crate::login::identifier;
use crate::login::session::has_anonymous_account;
use crate::oidc::client::metadata::Client;
use crate::store::people::session::Session;
use crate::store::people::user::{self, Identifier, User};

/// The policy of hosted pages: resources from this origin only, no inline code, no framing. CSP Level 3.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'";

/// The layout of a page that belongs to no interaction.
pub fn layout<'a>(app: &App, visitor: &'a Visitor) -> Layout<'a> {
    Layout::new(&visitor.site, visitor.language.clone(), csrf_token(app, visitor))
}

/// A client as pages show it. Its logo is shown only if it was handed over as a picture: pages load nothing from other
/// hosts, since a request for the logo would tell the client's host who is about to sign in.
pub fn client(client: &Client) -> ClientView {
    let logo = client.metadata.logo_uri.clone().filter(|uri| uri.starts_with("data:image/"));
    ClientView { name: client.name.clone(), logo }
}

/// A client's name and home page, if it has one and is enabled: OIDC Registration §2, `client_uri`.
pub fn home_of(client: &Client) -> Option<(String, String)> {
    let uri = client.metadata.client_uri.clone().filter(|_| !client.disabled)?;
    Some((client.name.clone(), uri))
}

/// The account of a session as its owner sees it.
pub async fn account(app: &App, visitor: &Visitor, session: &Session) -> Result<AccountView, Error> {
    let mut conn = app.db.read().await?;
    let is_anonymous = has_anonymous_account(&mut conn, session).await?;
    let found = user::find_with_identifiers(&mut conn, &session.user_id).await?;
    Ok(match found {
        Some((user, identifiers)) if session.is_of_visitor() => {
            // Who has signed up since is not shown before a sign-in.
            let told = if is_anonymous { account_of(&user, &identifiers).name } else { None };
            let name = || visitor.site.messages.text(&visitor.language, "anonymous-name");
            AccountView { name: told.or_else(|| Some(name())), identifier: user.sub, is_anonymous: true }
        }
        Some((user, identifiers)) => account_of(&user, &identifiers),
        None => AccountView { identifier: session.sub.clone(), ..AccountView::default() },
    })
}

/// The account of a user.
pub fn account_of(user: &User, identifiers: &[Identifier]) -> AccountView {
    let identifier = identifier::shown(identifiers).unwrap_or(&user.sub).to_owned();
    let name = user.profile.get("name").and_then(|name| name.as_str()).map(str::to_owned);
    AccountView { name, identifier, is_anonymous: false }
}

/// The handle of a session in a form of this browser; row ids are not shown.
pub fn session_handle(app: &App, session: &Session) -> String {
    app.csrf.fingerprint(session.id.as_str())
}

/// Renders a page.
pub fn show(page: &impl Template) -> Result<Response, Error> {
    let mut response = Html(page.render()?).into_response();
    let policy = HeaderValue::from_static(PAGE_POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

/// The same for a page that tells how long to wait, which `Retry-After` says, too: RFC 9110 §10.2.3.
pub fn show_waiting(
    app: &App,
    visitor: &Visitor,
    (status, wait): (StatusCode, Option<Duration>),
    page: &impl Template,
) -> Result<Response, Error> {
    let mut response = show_with(app, visitor, status, page)?;
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds_up(wait)));
    }
    Ok(response)
}

/// Renders a page with a form, and sets the cookie to which the form is bound if the browser has none.
pub fn show_with(app: &App, visitor: &Visitor, status: StatusCode, page: &impl Template) -> Result<Response, Error> {
    let mut response = show(page)?;
    *response.status_mut() = status;
    visitor.remember(app, &mut response);
    Ok(response)
}
