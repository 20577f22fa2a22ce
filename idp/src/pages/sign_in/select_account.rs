//! The choice among the accounts of a browser.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::flow::authorization::{Step, layout_of};
use crate::flow::next_page;
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::oidc::authorization::next_step::Facts;
use crate::pages::Layout;
use crate::pages::account_choice::AccountChoice;
use crate::site::page::Page;

/// Asks which account to use. Posts `session=<handle>`, or `session=another`, to `/select-account`.
#[derive(Template)]
#[template(path = "pages/sign_in/select_account.html")]
pub struct SelectAccountPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The accounts, most recently used first.
    pub accounts: Vec<AccountChoice>,
}

/// Shows the accounts of this browser.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    let step = Step::open(&app, &visitor, query.get("interaction").unwrap_or_default()).await?;
    if step.sessions.is_empty() {
        return next_page::back_to_authorize(&app, &step.interaction);
    }
    let mut accounts = Vec::new();
    for session in &step.sessions {
        accounts.push(AccountChoice {
            handle: page::session_handle(&app, session),
            account: page::account(&app, &visitor, session).await?,
        });
    }
    let layout = layout_of(&app, &visitor, Some(&step)).of(Page::SelectAccount);
    page::show_with(&app, &visitor, StatusCode::OK, &SelectAccountPage { layout, accounts })
}

/// Records the choice, and continues.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let mut step = Step::open(&app, &visitor, params.get("interaction").unwrap_or_default()).await?;
    let chosen = params.get("session").unwrap_or_default();
    if chosen == "another" {
        return next_page::to_step(&app, Page::SignIn, &step.interaction);
    }
    if let Some(session) = step.sessions.iter().find(|session| page::session_handle(&app, session) == chosen) {
        step.interaction.facts = Facts::default();
        step.interaction.facts.choose(session);
    }
    next_page::back_to_authorize(&app, &step.interaction)
}
