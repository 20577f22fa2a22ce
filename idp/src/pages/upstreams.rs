//! Other providers, as pages show them, and the page that leads there.

use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::config::{DeclaredUpstream, ProviderMark};
use crate::federation;
use crate::http::error::Error;
use crate::http::page;
use crate::http::page::leaving::LeavingPage;
use crate::http::request::visitor::Visitor;

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
}

impl UpstreamView {
    /// That of a provider.
    pub fn of(upstream: &DeclaredUpstream) -> Self {
        let (name, label) = (upstream.name.clone(), upstream.label().to_owned());
        Self { name, label, mark: upstream.mark(), is_last: false }
    }

    /// All of them, in the order of the configuration.
    pub fn all(app: &App) -> Vec<Self> {
        app.config.upstreams.iter().map(Self::of).collect()
    }

    /// The ways in for this browser: the one that was used last comes first.
    pub fn ways_in(app: &App, visitor: &Visitor) -> Vec<Self> {
        let is_last = |one: &Self| visitor.provider.as_ref() == Some(&one.name);
        let mut all: Vec<_> = Self::all(app).into_iter().map(|one| Self { is_last: is_last(&one), ..one }).collect();
        all.sort_by_key(|one| !one.is_last);
        all
    }

    /// The same for people who have no account yet.
    pub fn ways_to_join(app: &App, visitor: &Visitor) -> Vec<Self> {
        let admits = |one: &Self| federation::find(app, &one.name).is_some_and(|upstream| upstream.sign_up);
        Self::ways_in(app, visitor).into_iter().filter(admits).collect()
    }
}

/// Leads from a form to another provider.
pub(super) fn leave(app: &App, visitor: &Visitor, url: &str) -> Result<Response, Error> {
    let layout = page::layout(app, visitor);
    page::show_with(app, visitor, StatusCode::OK, &LeavingPage { layout, url: url.to_owned() })
}
