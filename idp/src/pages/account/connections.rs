//! The accounts at other providers by which the person signs in.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::base::reference::Reference;
use crate::clients;
use crate::config::ProviderMark;
use crate::federation;
use crate::federation::link::{self, Unlinked};
use crate::federation::round_trip::{Purpose, Wish};
use crate::federation::ways_in::{Leaving, WaysIn};
use crate::flow::account_holder::{AccountForm, AccountHolder, handle};
use crate::http::error::Error;
use crate::http::request::query::Query;
use crate::http::{page, redirect};
use crate::pages::upstreams::{Known, UpstreamView, leave, not_linked, set_out};
use crate::pages::{Layout, Moment, Wording};
use crate::site::page::Page;
use crate::store::people::upstream_account;
use crate::store::people::upstream_token;

/// Shows the accounts elsewhere. Posts `connect=<provider>` or `disconnect=<handle>` to `/account/connections`.
#[derive(Template)]
#[template(path = "pages/account/connections.html")]
pub struct AccountConnectionsPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The accounts that are linked.
    pub connections: Vec<ConnectionView>,
    /// The providers of which one can be linked.
    pub upstreams: Vec<UpstreamView>,
    /// What was just done, or why not.
    pub done: Option<ConnectionsDone>,
}

/// An account elsewhere as the page shows it.
#[derive(Clone, Debug)]
pub struct ConnectionView {
    /// Its handle in the form.
    pub handle: String,
    /// The name of the provider.
    pub label: String,
    /// Its mark.
    pub mark: ProviderMark,
    /// What its person knows it by.
    pub shown_as: Option<String>,
    /// Since when it is linked.
    pub since: Moment,
    /// When it was last used.
    pub used: Option<Moment>,
    /// Whether it is the only way in, and stays.
    pub is_last: bool,
    /// The applications that can use it.
    pub clients: Vec<String>,
}

/// What was just done, or why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionsDone {
    /// An account was linked.
    Connected,
    /// An account was unlinked.
    Disconnected,
    /// The account elsewhere lets somebody else in here.
    Taken,
    /// It is the only way in.
    Last,
    /// Its person did not want to, as they said at the provider.
    Cancelled,
    /// The provider did not play along.
    Failed,
}

impl ConnectionsDone {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Connected, Self::Disconnected, Self::Taken, Self::Last, Self::Cancelled, Self::Failed];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Taken => "taken",
            Self::Last => "last",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    fn wording(self) -> Wording {
        Wording::new(match self {
            Self::Connected => "account-connection-connected",
            Self::Disconnected => "account-connection-disconnected",
            Self::Taken => "account-connection-taken",
            Self::Last => "account-connection-last",
            Self::Cancelled => "account-connection-cancelled",
            Self::Failed => "account-connection-failed",
        })
    }

    const fn is_problem(self) -> bool {
        !matches!(self, Self::Connected | Self::Disconnected | Self::Cancelled)
    }
}

impl AccountConnectionsPage<'_> {
    fn done_text(&self) -> Option<String> {
        self.done.filter(|done| !done.is_problem()).map(|done| self.layout.say(done.wording()))
    }

    fn problem_text(&self) -> Option<String> {
        self.done.filter(|done| done.is_problem()).map(|done| self.layout.say(done.wording()))
    }
}

/// Shows the page.
pub async fn get(State(app): State<App>, query: Query, holder: AccountHolder) -> Result<Response, Error> {
    let (user, now) = (&holder.session.user_id, app.now());
    let (mut connections, ways_in) = (Vec::new(), WaysIn::of(&app).await?);
    let (known, acting) = (Known::read(&app).await?, acting(&app).await?);
    let mut conn = app.db.read().await?;
    let kept = upstream_token::of_user(&mut conn, user).await?;
    for one in upstream_account::of_user(&mut conn, user).await? {
        let is_last = ways_in.is_last(&mut conn, user, Leaving::Link(&one.id)).await?;
        let (label, mark) = known.get(&one.provider);
        let is_kept = kept.iter().any(|(account, _)| *account == one.id);
        connections.push(ConnectionView {
            handle: handle(&app, &holder.session, one.id.as_str()),
            label,
            mark,
            shown_as: one.shown_as,
            since: Moment::new(one.linked_at, now),
            used: one.last_used_at.map(|at| Moment::new(at, now)),
            is_last,
            clients: acting.get(&one.provider).filter(|_| is_kept).cloned().unwrap_or_default(),
        });
    }
    drop(conn);
    let done = query.get("done");
    let done = ConnectionsDone::ALL.into_iter().find(|one| Some(one.as_str()) == done);
    let explained = query.get("code").and_then(Reference::parse).filter(|_| done == Some(ConnectionsDone::Failed));
    let shown = AccountConnectionsPage {
        layout: holder.layout(&app).explained_by(explained.as_ref()),
        connections,
        upstreams: UpstreamView::all(&app).await?,
        done,
    };
    page::show_with(&app, &holder.visitor, StatusCode::OK, &shown)
}

/// The names of the applications that can use accounts, by provider.
async fn acting(app: &App) -> Result<HashMap<String, Vec<String>>, Error> {
    let mut acting: HashMap<String, Vec<String>> = HashMap::new();
    for one in federation::all(app).await?.iter() {
        for client_id in &one.settings.token_clients {
            if let Some(found) = clients::find(app, client_id).await? {
                acting.entry(one.settings.name.clone()).or_default().push(found.client.name.clone());
            }
        }
    }
    Ok(acting)
}

/// Sets out to link an account, or unlinks one.
pub async fn post(State(app): State<App>, form: AccountForm) -> Result<Response, Error> {
    let AccountForm { holder, params } = form;
    let tell = |done: ConnectionsDone| redirect::to_page_with(&app, Page::AccountConnections, "done", done.as_str());
    if let Some(name) = params.get("connect") {
        let Some(upstream) = federation::find(&app, name).await? else { return tell(ConnectionsDone::Failed) };
        let wish = Wish {
            purpose: Purpose::Link { session: holder.session.id.clone() },
            interaction: None,
            return_to: None,
            keep: false,
            invitation: None,
            login_hint: None,
            again: false,
        };
        return match set_out(&app, &upstream, &holder.visitor.browser, wish).await {
            Ok(url) => leave(&app, &holder.visitor, &url),
            Err(refusal) => not_linked(&app, &upstream.name, refusal).await,
        };
    }
    let (user, wanted) = (&holder.session.user_id, params.get("disconnect").unwrap_or_default());
    let there = upstream_account::of_user(&mut *app.db.read().await?, user).await?;
    let chosen = there.iter().find(|one| handle(&app, &holder.session, one.id.as_str()) == wanted);
    let Some(chosen) = chosen else { return redirect::to_page(&app, Page::AccountConnections) };
    match link::unlink(&app, &holder.session, &chosen.id).await? {
        Unlinked::Done => tell(ConnectionsDone::Disconnected),
        Unlinked::Last => tell(ConnectionsDone::Last),
        Unlinked::NotThere => redirect::to_page(&app, Page::AccountConnections),
    }
}
