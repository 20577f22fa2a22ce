//! Keeps people out during a maintenance. Machines go on, and so do the style and pictures of the page that says so.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::http::error::Error;
use crate::site::page::Page;

/// The layer of the pages, and of what leads to them.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let now = app.now();
    let Some(maintenance) = app.maintenance.get(now) else { return next.run(request).await };
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if route.strip_prefix(app.config.issuer.path()) == Some(Page::Language.path()) {
        // People may choose the language in which they are told.
        return next.run(request).await;
    }
    let left = maintenance.until.map(|until| until.since(now));
    Error::Maintenance { left, message: maintenance.message }.into_response()
}
