//! The origins that may use the passkeys of this provider: WebAuthn Level 3 §5.11.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::app::App;

/// The list, with our own origin, which after a move is another one than that of the passkeys.
pub async fn get(State(app): State<App>) -> Response {
    let own = std::iter::once(app.config.issuer.origin());
    let origins: Vec<_> = own.chain(app.config.passkeys.related_origins.iter().map(String::as_str)).collect();
    ([(header::CACHE_CONTROL, "public, max-age=900")], Json(json!({ "origins": origins }))).into_response()
}
