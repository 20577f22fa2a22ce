//! Confirms a sign-in to a program on the person's device that needed no other page: RFC 8252 §8.6.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::consent::destination;
use super::{AccountView, Layout};
use crate::app::App;
use crate::flow::authorization::{Step, layout_of};
use crate::flow::next_page;
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::login::interaction::Question;
use crate::oidc::authorization::next_step::NextStep;
use crate::oidc::scope::ScopeSet;
use crate::site::page::Page;

/// Asks whether to go on as this person. Posts `decision=continue` or `decision=deny` to `/continue-as`.
#[derive(Template)]
#[template(path = "pages/continue_as.html")]
pub struct ContinueAsPage<'a> {
    /// The layout of the page; it has a client.
    pub layout: Layout<'a>,
    /// Whose account it is.
    pub account: AccountView,
    /// The host that gets the response, or the scheme of an app.
    pub destination: String,
}

impl ContinueAsPage<'_> {
    fn title(&self) -> String {
        let client = self.layout.client.as_ref().map(|client| client.name.as_str()).unwrap_or_default();
        self.layout.t_args("continue-as-title", &[("account", &*self.account.title()), ("client", client)])
    }
}

/// Shows the account that would continue, and the target.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    let mut step = Step::open(&app, &visitor, query.get("interaction").unwrap_or_default()).await?;
    let NextStep::Continue { session } = step.next(&app, &visitor).await? else {
        return next_page::back_to_authorize(&app, &step.interaction);
    };
    let session = step.sessions.iter().find(|one| one.id == session).ok_or(Error::InteractionExpired)?;
    step.interaction.question = Some(Question::to(session, ScopeSet::default()));
    let page = ContinueAsPage {
        account: page::account(&app, &visitor, session).await?,
        destination: destination(step.proven.recipient.redirect_uri()),
        layout: layout_of(&app, &visitor, Some(&step)).of(Page::ContinueAs),
    };
    page::show_with(&app, &visitor, StatusCode::OK, &page)
}

/// Records the decision, and continues.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let mut step = Step::open(&app, &visitor, params.get("interaction").unwrap_or_default()).await?;
    let answered = step.interaction.question.take();
    if let NextStep::Continue { session } = step.next_for_answer(&app, &visitor).await?
        && let Some(session) = step.sessions.iter().find(|one| one.id == session)
        && answered == Some(Question::to(session, ScopeSet::default()))
    {
        let decision = params.get("decision");
        if matches!(decision, Some("continue" | "deny")) {
            step.interaction.facts.choose(session);
            step.interaction.facts.denied = decision == Some("deny");
        }
    }
    next_page::back_to_authorize(&app, &step.interaction)
}
