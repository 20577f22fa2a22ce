//! The terms of service, for who has not accepted their present version: asked once, on the way to an application.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{AccountView, Layout};
use crate::account::terms;
use crate::app::App;
use crate::flow::authorization::{Step, layout_of};
use crate::flow::next_page;
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::login::interaction::Question;
use crate::oidc::authorization::next_step::{NextStep, Terms};
use crate::oidc::scope::ScopeSet;
use crate::site::page::Page;
use crate::store::installation::event::Event;

/// Asks whether a person accepts the terms. Posts `version`, and `decision=accept` or `decision=deny`, to `/terms`.
#[derive(Template)]
#[template(path = "pages/terms.html")]
pub struct TermsPage<'a> {
    /// The layout of the page; it has a client.
    pub layout: Layout<'a>,
    /// Who is asked.
    pub account: AccountView,
    /// The terms that are asked for.
    pub terms: Terms,
    /// Whether the person has accepted an earlier version.
    pub has_changed: bool,
}

impl TermsPage<'_> {
    /// What is asked, and why.
    fn advice(&self) -> String {
        let key = if self.has_changed { "terms-changed" } else { "terms-advice" };
        let operator = self.layout.site.operator_name.as_str();
        let values = [("operator", operator), ("version", self.terms.version.as_str()), ("client", self.client())];
        self.layout.t_args(key, &values)
    }

    /// What a no means.
    fn meaning_of_no(&self) -> String {
        self.layout.t_args("terms-deny-meaning", &[("client", self.client())])
    }

    fn client(&self) -> &str {
        self.layout.client.as_ref().map_or("", |client| client.name.as_str())
    }
}

/// Shows what is to be accepted.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    let mut step = Step::open(&app, &visitor, query.get("interaction").unwrap_or_default()).await?;
    let terms = terms::wanted(&visitor.site, &step.interaction.facts).cloned();
    let (NextStep::Terms { session }, Some(terms)) = (step.next(&app, &visitor).await?, terms) else {
        return next_page::back_to_authorize(&app, &step.interaction);
    };
    let session = step.sessions.iter().find(|one| one.id == session).ok_or(Error::InteractionExpired)?;
    step.interaction.question = Some(Question::to(session, ScopeSet::default()));
    step.interaction.facts.terms = Some(terms.clone());
    let page = TermsPage {
        account: page::account(&app, &visitor, session).await?,
        terms,
        has_changed: terms::has_accepted_any(&app, &session.user_id).await?,
        layout: layout_of(&app, &visitor, Some(&step)).of(Page::Terms),
    };
    page::show_with(&app, &visitor, StatusCode::OK, &page)
}

/// Notes the decision, and goes on.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let mut step = Step::open(&app, &visitor, params.get("interaction").unwrap_or_default()).await?;
    let answered = step.interaction.question.take();
    // What counts is the version that the page showed to this person.
    let shown = terms::wanted(&visitor.site, &step.interaction.facts).map(|terms| terms.version.clone());
    let version = shown.filter(|version| params.get("version") == Some(version));
    if let (NextStep::Terms { session }, Some(version)) = (step.next_for_answer(&app, &visitor).await?, version)
        && let Some(session) = step.sessions.iter().find(|one| one.id == session)
        && answered == Some(Question::to(session, ScopeSet::default()))
    {
        match params.get("decision") {
            Some("accept") => terms::accept(&app, &session.user_id, &version).await?,
            Some("deny") => {
                visitor.hold_changes(&app, &format!("terms:{}", session.id), session).await?;
                app.db.write(Event::TermsRefused { user: session.user_id.clone(), version }).await?;
                step.interaction.facts.choose(session);
                step.interaction.facts.denied = true;
            }
            _ => {}
        }
    }
    next_page::back_to_authorize(&app, &step.interaction)
}
