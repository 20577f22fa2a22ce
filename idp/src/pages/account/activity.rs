//! What has happened to the account, for its person.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::sessions::Device;
use crate::account::activity::{Source, TOLD};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::flow::account_holder::AccountHolder;
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::query::Query;
use crate::pages::{Layout, Moment};
use crate::store::installation::happened::{self, OfPerson, Span};

/// How far back the page goes.
const SHOWN: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// How many events a page has.
const AT_ONCE: usize = 50;

/// Shows what has happened.
#[derive(Template)]
#[template(path = "pages/account/activity.html")]
pub struct AccountActivityPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// What has happened, the newest first.
    pub events: Vec<EventView>,
    /// How many days the pages go back.
    pub days: u64,
    /// The moment before which older events are, if there are any.
    pub older: Option<i64>,
    /// Whether this is not the first page.
    pub is_older: bool,
}

/// An event as the page shows it.
#[derive(Clone, Debug)]
pub struct EventView {
    /// The key of its text.
    pub key: &'static str,
    /// The application that it is about.
    pub client: Option<String>,
    /// The device that it came from.
    pub device: Option<Device>,
    /// The person's own address.
    pub address: Option<String>,
    /// Whether an operator has done it.
    pub by_operator: bool,
    /// When it happened.
    pub at: Moment,
}

impl EventView {
    fn text(&self, layout: &Layout<'_>) -> String {
        match &self.client {
            Some(client) => layout.t_args(self.key, &[("client", client.as_str())]),
            None => layout.t_args(self.key, &[("client", layout.t("activity-an-application"))]),
        }
    }

    fn new(event: OfPerson, now: Timestamp) -> Option<Self> {
        let (_, key, source) = TOLD.iter().find(|(kind, ..)| *kind == event.kind)?;
        // A command and a job have no device, whatever they did.
        let is_from_somewhere = event.address.is_some() && *source != Source::Nobody;
        Some(Self {
            key,
            client: event.client_name,
            device: is_from_somewhere.then(|| Device::of(event.user_agent.as_deref())),
            address: event.address.filter(|_| *source == Source::Own),
            by_operator: event.actor.is_some_and(|actor| actor.starts_with("command")),
            at: Moment::new(event.at, now),
        })
    }
}

/// Shows the page, from the moment on that its link names.
pub async fn get(State(app): State<App>, query: Query, holder: AccountHolder) -> Result<Response, Error> {
    let now = app.now();
    let before = query.get("before").and_then(|text| text.parse().ok()).map(Timestamp::from_micros);
    let shown = SHOWN.min(app.config.log.events_kept);
    let span = Span { since: now - shown, before };
    let kinds: Vec<_> = TOLD.iter().map(|(kind, ..)| *kind).collect();
    let mut conn = app.db.read().await?;
    let limit = AT_ONCE as i64 + 1;
    let mut found = happened::of_person(&mut conn, &holder.session.user_id, &kinds, span, limit).await?;
    drop(conn);
    let older = found.get(AT_ONCE).map(|first| {
        // The next page begins with the time of its first event, so that none of the same time is left out.
        let next = first.at + Duration::from_micros(1);
        if before.is_some_and(|before| next >= before) { first.at.micros() } else { next.micros() }
    });
    found.truncate(AT_ONCE);
    let page = AccountActivityPage {
        layout: holder.layout(&app),
        days: shown.as_secs() / (24 * 60 * 60),
        events: found.into_iter().filter_map(|event| EventView::new(event, now)).collect(),
        older,
        is_older: before.is_some(),
    };
    page::show_with(&app, &holder.visitor, StatusCode::OK, &page)
}
