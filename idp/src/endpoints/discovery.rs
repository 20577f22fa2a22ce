//! The provider's description of itself: OpenID Connect Discovery 1.0 §4, RFC 8414 §3.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::app::App;
use crate::base::language::Language;
use crate::http::error::Error;
use crate::oidc::discovery::{Provider, document};
use crate::oidc::scope::ScopeSet;
use crate::resources;
use crate::tokens::keys::Ring;

/// The document.
pub async fn get(State(app): State<App>) -> Result<Response, Error> {
    let description = describe(&app, &app.keys.ring(), &resources::known(&app).await?.scopes);
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=900")];
    Ok((headers, description).into_response())
}

fn describe(app: &App, ring: &Ring, scopes: &ScopeSet) -> Bytes {
    // Keys of an algorithm that left the configuration are still there, but sign no more.
    let configured = &app.config.tokens.signing_algorithms;
    let algorithms: Vec<_> = ring.algorithms().filter(|algorithm| configured.contains(algorithm)).collect();
    let languages: Vec<_> = Language::all().map(Language::tag).collect();
    let site = app.site.get();
    let document = document(&Provider {
        issuer: app.issuer(),
        scopes,
        sign_up: app.config.login.sign_up,
        algorithms: &algorithms,
        ui_locales: &languages,
        policy_uri: site.policy_uri.as_deref(),
        tos_uri: site.tos_uri.as_deref(),
    });
    Value::Object(document).to_string().into()
}
