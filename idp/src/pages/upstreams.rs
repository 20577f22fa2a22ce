//! Other providers, as pages show them, and the page that leads there.

use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::config::DeclaredUpstream;
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
}

impl UpstreamView {
    /// That of a provider.
    pub fn of(upstream: &DeclaredUpstream) -> Self {
        Self { name: upstream.name.clone(), label: upstream.label().to_owned() }
    }

    /// All of them, in the order of the configuration.
    pub fn all(app: &App) -> Vec<Self> {
        app.config.upstreams.iter().map(Self::of).collect()
    }
}

/// Leads from a form to another provider.
pub(super) fn leave(app: &App, visitor: &Visitor, url: String) -> Result<Response, Error> {
    let layout = page::layout(app, visitor);
    page::show_with(app, visitor, StatusCode::OK, &LeavingPage { layout, url })
}
