//! Keeps people out during a maintenance. Machines go on, and so do the style and pictures of the page that says so. The
//! authorization endpoint asks for itself: some of its requests want an error and no page.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::http::error::Error;
use crate::site::page::Page;

/// The layer of the pages, and of what leads to them.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(closed) = closed(&app) else { return next.run(request).await };
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if route.strip_prefix(app.config.issuer.path()) == Some(Page::Language.path()) {
        // People may choose the language in which they are told.
        return next.run(request).await;
    }
    closed.into_response()
}

/// The error for people, if a maintenance is under way.
pub fn closed(app: &App) -> Option<Error> {
    let now = app.now();
    let maintenance = app.maintenance.get(now)?;
    let left = maintenance.until.map(|until| until.since(now));
    Some(Error::Maintenance { left, message: maintenance.message })
}
