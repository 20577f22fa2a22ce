//! Other providers, as pages show them, and the page that leads there.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::base::token::CookieSecret;
use crate::config::{ProviderMark, Upstream};
use crate::federation;
use crate::federation::identity::Identity;
use crate::federation::link::{self, Linked};
use crate::federation::refusal::Refusal;
use crate::federation::remembered::Offered;
use crate::federation::roles;
use crate::federation::round_trip::{self, Wish};
use crate::federation::telegram::{self, widget};
use crate::http::diagnosis::Diagnosis;
use crate::http::error::Error;
use crate::http::page;
use crate::http::page::leaving::LeavingPage;
use crate::http::redirect;
use crate::http::request::visitor::Visitor;
use crate::oidc::difference::Difference;
use crate::oidc::reason::Reason;
use crate::site::page::Page;
use crate::store::people::session::Session;

/// A provider as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamView {
    /// Its name in the form.
    pub name: String,
    /// The name that people see.
    pub label: String,
    /// Its mark.
    pub mark: ProviderMark,
    /// Whether somebody has signed in by it last in this browser.
    pub is_last: bool,
    /// Whether it can be used now.
    pub state: UpstreamState,
}

/// Whether a provider can be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpstreamState {
    /// As far as is known.
    Open,
    /// It did not answer a moment ago, and can be tried again.
    Silent,
    /// The operator has disabled it.
    Off,
}

impl UpstreamView {
    /// That of a provider.
    pub fn of(upstream: &Upstream) -> Self {
        let (name, label) = (upstream.name.clone(), upstream.label().to_owned());
        Self { name, label, mark: upstream.mark(), is_last: false, state: UpstreamState::Open }
    }

    /// All of them, in the order of the configuration.
    pub async fn all(app: &App) -> Result<Vec<Self>, Error> {
        let all = federation::all(app).await?;
        Ok(all.iter().filter(|one| one.disabled_at.is_none()).map(|one| Self::of(&one.settings)).collect())
    }

    /// The ways in for this browser: the one that was used last comes first.
    pub async fn ways_in(app: &App, visitor: &Visitor) -> Result<Vec<Self>, Error> {
        let (all, now) = (federation::all(app).await?, app.now());
        let views = all.iter().map(|one| {
            let state = match one.disabled_at {
                Some(_) => UpstreamState::Off,
                None if app.upstreams.is_silent(&one.settings.name, now) => UpstreamState::Silent,
                None => UpstreamState::Open,
            };
            Self { state, ..Self::of(&one.settings) }
        });
        Ok(Self::with_last_first(visitor, views.collect()))
    }

    /// Whether its button cannot be pressed.
    pub(super) fn is_off(&self) -> bool {
        self.state == UpstreamState::Off
    }

    /// What the button says beside its name.
    pub(super) fn note(&self) -> Option<&'static str> {
        match self.state {
            UpstreamState::Off => Some("sign-in-provider-off"),
            UpstreamState::Silent => Some("sign-in-provider-silent"),
            UpstreamState::Open => self.is_last.then_some("sign-in-last-used"),
        }
    }

    /// The same for people who have no account yet.
    pub async fn ways_to_join(app: &App, visitor: &Visitor) -> Result<Vec<Self>, Error> {
        let all = federation::all(app).await?;
        let open = all.iter().filter(|one| one.disabled_at.is_none() && one.settings.sign_up);
        Ok(Self::with_last_first(visitor, open.map(|one| Self::of(&one.settings)).collect()))
    }

    fn with_last_first(visitor: &Visitor, all: Vec<Self>) -> Vec<Self> {
        let is_last = |one: &Self| visitor.provider.as_ref() == Some(&one.name);
        let mut all: Vec<_> = all.into_iter().map(|one| Self { is_last: is_last(&one), ..one }).collect();
        all.sort_by_key(|one| (one.is_off(), !one.is_last));
        all
    }
}

/// How the providers of accounts are shown that people have linked, also those that are disabled.
pub(super) struct Known(Arc<Vec<Offered>>);

impl Known {
    pub(super) async fn read(app: &App) -> Result<Self, Error> {
        Ok(Self(federation::all(app).await?))
    }

    /// The name and the mark of a provider.
    pub(super) fn get(&self, name: &str) -> (String, ProviderMark) {
        let found = self.0.iter().find(|one| one.settings.name == name);
        // A bot alone, such as one with a Mini App, is no provider to choose.
        let other = match name {
            telegram::PROVIDER => ("Telegram".to_owned(), ProviderMark::Telegram),
            name => (name.to_owned(), ProviderMark::Other),
        };
        found.map_or(other, |one| (one.settings.label().to_owned(), one.settings.mark()))
    }
}

/// Links an account elsewhere to the account of a session, with the roles that it gives.
pub(super) async fn connect(app: &App, session: &Session, identity: &Identity) -> Result<Linked, Error> {
    let linked = link::link(app, session, identity).await?;
    if matches!(linked, Linked::Done | Linked::Already) {
        roles::follow(app, &session.user_id, identity).await?;
    }
    Ok(linked)
}

/// Sets out to a provider: returns the address there.
pub(super) async fn set_out(
    app: &App,
    upstream: &Upstream,
    browser: &CookieSecret,
    wish: Wish<'_>,
) -> Result<String, Refusal> {
    match telegram::widget_of(app, upstream) {
        Some(channel) => widget::set_out(app, upstream, channel, browser, wish).await,
        None => round_trip::set_out(app, upstream, browser, wish).await,
    }
}

/// Leads from a form to another provider.
pub(super) fn leave(app: &App, visitor: &Visitor, url: &str) -> Result<Response, Error> {
    let layout = page::layout(app, visitor);
    page::show_with(app, visitor, StatusCode::OK, &LeavingPage { layout, url: url.to_owned() })
}

/// Back to the page of the connections, which says that nothing was linked. Unless its person did not want to, a code goes along by which the
/// operator finds out why.
pub async fn not_linked(app: &App, upstream: &str, refusal: Refusal) -> Result<Response, Error> {
    let reason = match &refusal {
        Refusal::Denied(_) => Reason::SignInUpstreamDenied,
        Refusal::NotAllowed => Reason::SignInUpstreamNotAllowed,
        Refusal::Unreachable(_) => Reason::SignInUpstreamUnreachable,
        Refusal::Wrong(_) => Reason::SignInUpstreamFailed,
        Refusal::Unavailable(_) => return Err(Error::Unavailable(refusal.to_string().into())),
    };
    if refusal.is_by_person() {
        tracing::info!(upstream, why = %refusal, "an account elsewhere was not linked");
        return redirect::to_page_with(app, Page::AccountConnections, "done", "cancelled");
    }
    tracing::warn!(upstream, why = %refusal, "an account elsewhere was not linked");
    if let Refusal::Unreachable(_) = refusal {
        app.upstreams.note(upstream, Some(app.now()));
    }
    let why = Difference::new("other provider", format!("{upstream}: {refusal}"), refusal.expected());
    let diagnosis = Diagnosis::new(reason, Some(why)).explained(app).await;
    let place = app.url(Page::AccountConnections);
    let mut response = match &diagnosis.reference {
        Some(code) => redirect::see_other(&format!("{place}?done=failed&code={}", code.as_str()))?,
        None => redirect::see_other(&format!("{place}?done=failed"))?,
    };
    diagnosis.ride_on(&mut response);
    Ok(response)
}
