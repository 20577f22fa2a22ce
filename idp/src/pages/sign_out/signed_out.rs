//! The page after signing out.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::visitor::Visitor;
use crate::pages::Layout;
use crate::site::page::Page;

/// Says that nobody is signed in any more.
#[derive(Template)]
#[template(path = "pages/sign_out/signed_out.html")]
pub struct SignedOutPage<'a> {
    /// The layout of the page, with the client that the person came from, if it is known.
    pub layout: Layout<'a>,
    /// The client's name and home page: OIDC Registration §2, `client_uri`.
    pub back: Option<(String, String)>,
}

/// Shows the page.
pub async fn get(State(app): State<App>, visitor: Visitor) -> Result<Response, Error> {
    let page = SignedOutPage { layout: page::layout(&app, &visitor).of(Page::SignedOut), back: None };
    page::show_with(&app, &visitor, StatusCode::OK, &page)
}
