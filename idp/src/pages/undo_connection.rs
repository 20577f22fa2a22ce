//! Undoing that an account at another provider was linked or unlinked, by the link of the letter that tells of it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Layout, Moment, Wording};
use crate::app::App;
use crate::base::token::{Token, TokenHash, TokenKind};
use crate::config::ProviderMark;
use crate::federation::undo::{self, Undone};
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::pages::upstreams::Known;
use crate::site::page::Page;
use crate::store::people::upstream_change::UpstreamChange;

/// Asks whether to undo a change of the accounts elsewhere, and tells what became of it. Posts `token` to `/undo-connection`.
#[derive(Template)]
#[template(path = "pages/undo_connection.html")]
pub struct UndoConnectionPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The token of the link.
    pub token: String,
    /// Whether an account was linked, and not unlinked.
    pub was_linked: bool,
    /// The name of the provider.
    pub label: String,
    /// Its mark.
    pub mark: ProviderMark,
    /// What its person knows the account there by.
    pub shown_as: Option<String>,
    /// When it was linked or unlinked.
    pub changed: Moment,
    /// What became of it; `None` before it is undone.
    pub outcome: Option<UndoOutcome>,
    /// Whether a letter can lead to a new password.
    pub offers_reset: bool,
}

/// What became of a change that was to be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndoOutcome {
    /// It is undone.
    Done,
    /// The account there lets somebody else in here by now.
    Taken,
}

impl UndoConnectionPage<'_> {
    /// What the page is about.
    fn title(&self) -> String {
        let key = match (self.outcome, self.was_linked) {
            (Some(UndoOutcome::Done), true) => "undo-connection-disconnected",
            (Some(UndoOutcome::Done), false) => "undo-connection-connected",
            (_, true) => "undo-connection-disconnect",
            (_, false) => "undo-connection-connect",
        };
        self.layout.t_args(key, &[("provider", self.label.as_str())])
    }

    /// Why it is not undone.
    fn problem(&self) -> Option<String> {
        let taken = self.outcome.filter(|outcome| *outcome == UndoOutcome::Taken);
        taken.map(|_| self.layout.say(Wording::new("account-connection-taken")))
    }
}

/// Shows what the link undoes, and undoes nothing: programs that scan mails open it, too.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    let token = query.get("token").unwrap_or_default();
    let (_, change) = open(&app, token).await?;
    show(&app, &visitor, token, &change, None).await
}

/// Undoes the change.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let token = params.get("token").unwrap_or_default();
    let (link, change) = open(&app, token).await?;
    let outcome = match undo::undo(&app, &change.user_id, &link).await? {
        Undone::Done => UndoOutcome::Done,
        Undone::Taken => UndoOutcome::Taken,
        Undone::Spent => return Err(Error::SpentLink),
    };
    show(&app, &visitor, token, &change, Some(outcome)).await
}

/// Finds the change of a link that works.
async fn open(app: &App, token: &str) -> Result<(TokenHash, UpstreamChange), Error> {
    let link = Token::parse(TokenKind::OneTimeLink, token).ok_or(Error::SpentLink)?.hash();
    let change = undo::find(&mut *app.db.read().await?, &link, app.now()).await?.ok_or(Error::SpentLink)?;
    Ok((link, change))
}

async fn show(
    app: &App,
    visitor: &Visitor,
    token: &str,
    change: &UpstreamChange,
    outcome: Option<UndoOutcome>,
) -> Result<Response, Error> {
    let layout = page::layout(app, visitor).of(Page::UndoConnection);
    let address = format!("{}?token={token}", layout.url(Page::UndoConnection.path()));
    // Once it is undone, the link shows nothing any more.
    let layout = if outcome.is_some() { Layout { page: None, ..layout } } else { layout.at(address) };
    let (label, mark) = Known::read(app).await?.get(&change.account.provider);
    let shown = UndoConnectionPage {
        layout,
        token: token.to_owned(),
        was_linked: change.is_link(),
        label,
        mark,
        shown_as: change.account.shown_as.clone(),
        changed: Moment::new(change.changed_at, app.now()),
        outcome,
        offers_reset: app.mailer.is_on(),
    };
    let status = if outcome == Some(UndoOutcome::Taken) { StatusCode::CONFLICT } else { StatusCode::OK };
    page::show_with(app, visitor, status, &shown)
}
