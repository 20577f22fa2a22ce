//! The public keys: OIDC Discovery §3 (`jwks_uri`), RFC 7517 §5.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::app::App;

/// The keys that verify tokens. Clients may cache them for 15 minutes; a new key is published long before it signs.
pub async fn get(State(app): State<App>) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=900")];
    (headers, app.keys.ring().jwks.clone()).into_response()
}
