//! The page after signing out.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use url::form_urlencoded;

use crate::app::App;
use crate::clients;
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::pages::Layout;
use crate::site::page::Page;

/// Says that the person is signed out.
#[derive(Template)]
#[template(path = "pages/sign_out/signed_out.html")]
pub struct SignedOutPage<'a> {
    /// The layout of the page, with the client that the person came from, if it is known.
    pub layout: Layout<'a>,
    /// The client's name and home page: OIDC Registration §2, `client_uri`.
    pub back: Option<(String, String)>,
    /// Whether other accounts are still signed in in this browser.
    pub others: bool,
}

/// Shows the page. `client_id` names the client that the person came from.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    let others = !visitor.sessions(&app).await?.is_empty();
    let mut layout = page::layout(&app, &visitor).of(Page::SignedOut);
    let client_id = query.get("client_id").unwrap_or_default();
    let client = clients::find(&app, client_id).await?.filter(|found| !found.client.disabled);
    let mut back = None;
    if let Some(client) = client {
        back = page::home_of(&client.client);
        let client_id = form_urlencoded::byte_serialize(client_id.as_bytes()).collect::<String>();
        let address = format!("{}?client_id={client_id}", layout.url(Page::SignedOut.path()));
        layout = layout.with_client(page::client(&client.client)).at(address);
    }
    page::show_with(&app, &visitor, StatusCode::OK, &SignedOutPage { layout, back, others })
}
