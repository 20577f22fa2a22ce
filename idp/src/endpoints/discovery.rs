//! The provider's description of itself: OpenID Connect Discovery 1.0 §4, RFC 8414 §3.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::base::language::Language;
use crate::oidc::discovery::{Provider, document};

/// The document; it changes with the configuration only.
pub async fn get(State(app): State<App>) -> Response {
    let algorithms: Vec<_> = app.keys.ring().algorithms().collect();
    let languages: Vec<_> = Language::all().map(Language::tag).collect();
    let document = document(&Provider {
        issuer: app.issuer(),
        scopes: &app.scopes,
        sign_up: app.config.login.sign_up,
        algorithms: &algorithms,
        ui_locales: &languages,
        policy_uri: app.config.pages.policy_uri.as_deref(),
        tos_uri: app.config.pages.tos_uri.as_deref(),
    });
    ([(header::CACHE_CONTROL, "public, max-age=900")], Json(document)).into_response()
}
