//! The consent page: what a client asks for, and the person's decision.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::base::id::Id;
use crate::flow::authorization::{Step, layout_of};
use crate::flow::next_page;
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::{Visitor, hold_session};
use crate::login::interaction::Question;
use crate::oidc::authorization::next_step::NextStep;
use crate::oidc::resource::Known;
use crate::oidc::scope::ScopeSet;
use crate::resources;
use crate::site::page::Page;
use crate::store::clients::consent;
use crate::store::db::{self, Change, Tx};
use crate::store::installation::event::Event;

use super::{AccountView, Layout};

/// Asks whether a client may have what it asks for. Posts `decision=allow` or `decision=deny` to `/consent`.
#[derive(Template)]
#[template(path = "pages/consent.html")]
pub struct ConsentPage<'a> {
    /// The layout of the page; it has a client.
    pub layout: Layout<'a>,
    /// Whose data it is.
    pub account: AccountView,
    /// What is asked for.
    pub scopes: Vec<ScopeView>,
    /// The host of the client's redirect URI.
    pub destination: String,
    /// The client's privacy policy: OIDC Registration §2, `policy_uri`.
    pub policy_uri: Option<String>,
    /// The client's terms: OIDC Registration §2, `tos_uri`.
    pub tos_uri: Option<String>,
}

/// A scope in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeView {
    /// Its title.
    pub title: String,
    /// Its explanation, if the title does not suffice.
    pub detail: Option<String>,
}

impl ScopeView {
    /// The text for one item of the consent: a scope, or the identifier of a resource. The text of a resource's scope
    /// also names the resource.
    pub fn of(app: &App, known: &Known, layout: &Layout<'_>, word: &str) -> ScopeView {
        if known.resources.iter().any(|one| one.identifier == word) {
            return Self::of_resource(known, layout, word);
        }
        let words = app.config.scopes.iter().find(|one| one.name == word).and_then(|one| one.description.as_deref());
        let mut view = Self::new(layout, word, words);
        if let Some(resource) = known.resources.iter().find(|one| one.scopes.contains(word)) {
            view.detail = Some(layout.t_args("scope-of-resource", &[("resource", &resource.name)]));
        }
        view
    }

    /// The text for a resource: with its name, if it is registered and has one.
    pub fn of_resource(known: &Known, layout: &Layout<'_>, uri: &str) -> ScopeView {
        let registered = known.resources.iter().find(|one| one.identifier == uri);
        let name = registered.map_or(uri, |one| &*one.name);
        let title = layout.t_args("scope-resource", &[("resource", name)]);
        ScopeView { title, detail: (name != uri).then(|| uri.to_owned()) }
    }

    /// The words for a scope: ours for those that OpenID Connect defines (OIDC Core §5.4, §11), the operator's for others.
    pub fn new(layout: &Layout<'_>, scope: &str, configured: Option<&str>) -> ScopeView {
        let (title, detail) = match scope {
            "openid" => ("scope-openid", "scope-openid-detail"),
            "profile" => ("scope-profile", "scope-profile-detail"),
            "email" => ("scope-email", "scope-email-detail"),
            "address" => ("scope-address", "scope-address-detail"),
            "phone" => ("scope-phone", "scope-phone-detail"),
            "offline_access" => ("scope-offline-access", "scope-offline-access-detail"),
            other => {
                let title = configured.map_or_else(|| layout.t_args("scope-other", &[("scope", other)]), str::to_owned);
                return ScopeView { title, detail: None };
            }
        };
        ScopeView { title: layout.t(title), detail: Some(layout.t(detail)) }
    }
}

/// Shows what the client asks for.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    let mut step = Step::open(&app, &visitor, query.get("interaction").unwrap_or_default()).await?;
    let NextStep::Consent { session, scopes } = step.next(&app, &visitor).await? else {
        return next_page::back_to_authorize(&app, &step.interaction);
    };
    let session = step.sessions.iter().find(|one| one.id == session).ok_or(Error::InteractionExpired)?;
    step.interaction.question = Some(Question::to(session, scopes.clone()));
    let layout = layout_of(&app, &visitor, Some(&step)).of(Page::Consent);
    let metadata = &step.proven.client.metadata;
    let known = resources::known(&app).await?;
    let page = ConsentPage {
        account: page::account(&app, &visitor, session).await?,
        scopes: scopes.iter().map(|word| ScopeView::of(&app, &known, &layout, word)).collect(),
        destination: destination(step.proven.recipient.redirect_uri()),
        policy_uri: metadata.policy_uri.clone(),
        tos_uri: metadata.tos_uri.clone(),
        layout,
    };
    page::show_with(&app, &visitor, StatusCode::OK, &page)
}

/// Records the decision, and continues.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let mut step = Step::open(&app, &visitor, params.get("interaction").unwrap_or_default()).await?;
    let answered = step.interaction.question.take();
    // If a step was skipped, or the page is out of date or was shown to another person, go back to the next step.
    if let NextStep::Consent { session, scopes } = step.next_for_answer(&app, &visitor).await?
        && let Some(session) = step.sessions.iter().find(|one| one.id == session)
        && answered == Some(Question::to(session, scopes.clone()))
    {
        let (user, client_row) = (session.user_id.clone(), step.proven.client.id.clone());
        let decisions = format!("consent:{}", session.id);
        match params.get("decision") {
            Some("allow") => {
                // The way to a client is held by the session alone: no neighbour closes it.
                hold_session(&app, &decisions).await?;
                let consent = app.db.write(Remember { user, client_row, scopes: scopes.clone() }).await?;
                step.interaction.facts.choose(session);
                step.interaction.facts.consented = Some(scopes);
                step.interaction.facts.consent = Some(consent);
            }
            Some("deny") => {
                visitor.hold_changes(&app, &decisions, session).await?;
                app.db.write(Event::ConsentRefused { user, client_row }).await?;
                step.interaction.facts.choose(session);
                step.interaction.facts.denied = true;
            }
            _ => {}
        }
    }
    next_page::back_to_authorize(&app, &step.interaction)
}

/// Adds to the earlier consent, which stays valid. Returns the stored consent.
#[derive(Clone)]
struct Remember {
    user: Id,
    client_row: Id,
    scopes: ScopeSet,
}

impl Change for Remember {
    type Outcome = Id;

    async fn apply(self, tx: &mut Tx<'_>) -> db::Result<Id> {
        let Self { user, client_row, scopes } = self;
        let (id, now) = (tx.id(), tx.now());
        let held = consent::hold(tx, &id, &user, &client_row, now).await?;
        let scope = held.scope.union(&scopes);
        // A form that is sent again and again, as by a visitor, allows nothing new and leaves no events.
        if held.id == id || scope != held.scope {
            consent::set_scope(tx, &held.id, &scope).await?;
            tx.record(&Event::ConsentGiven { user, client_row, scope }).await?;
        }
        Ok(held.id)
    }
}

/// The host of an address, or the scheme of an app.
pub fn destination(uri: &str) -> String {
    let parsed = url::Url::parse(uri).ok();
    parsed.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| uri.chars().take(80).collect())
}
