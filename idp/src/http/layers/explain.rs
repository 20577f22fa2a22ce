//! Keeps why a request was refused, so that the layers that render its error can show the code for it.

use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::http::diagnosis::Diagnosis;
use crate::http::error;
use crate::oidc::discovery::AUTHORIZE;
use crate::site::page::Page;

/// The layer around handlers, inside `origin`, in whose scope the steps are noted.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if error::is_refusal(&response)
        && let Some(diagnosis) = response.extensions().get::<Diagnosis>()
    {
        let explained = diagnosis.clone().explained(&app).await;
        response.extensions_mut().insert(explained);
    }
    response
}

/// What a request asks for whose refusal is explained; `None` for all others. For a page the table of pages says it.
pub fn about(app: &App, parts: &Parts) -> Option<&'static str> {
    let route = parts.extensions.get::<MatchedPath>()?.as_str();
    match route.strip_prefix(app.config.issuer.path()).unwrap_or(route) {
        AUTHORIZE => Some("authorization request"),
        "/token" => Some("token request"),
        "/revoke" => Some("revocation request"),
        "/introspect" => Some("introspection request"),
        path => Page::at(path)?.explained_as(),
    }
}
