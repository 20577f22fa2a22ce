//! The provider's description of itself: OpenID Connect Discovery 1.0 §4, RFC 8414 §3.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{self, MethodRouter};
use serde_json::Value;

use crate::app::App;
use crate::base::language::Language;
use crate::federation;
use crate::http::error::Error;
use crate::keys::signing::Ring;
use crate::login::passkey;
use crate::oidc::discovery::{Provider, document};
use crate::oidc::resource::Known;
use crate::oidc::scope::ScopeSet;
use crate::oidc::token::grant_type::GrantType;
use crate::resources;
use crate::site::Site;

/// The document, and the values that it was made from.
struct Made {
    /// Weak, so that its private keys are not kept alive.
    ring: Weak<Ring>,
    known: Arc<Known>,
    site: Arc<Site>,
    grants: Vec<GrantType>,
    document: Bytes,
}

/// The handler of the document. It is cached until one of its sources is replaced, because making it takes longer than
/// the rest of the request.
pub fn get() -> MethodRouter<App> {
    let last = Arc::new(Mutex::new(None));
    routing::get(move |State(app)| answer(app, last))
}

async fn answer(app: App, last: Arc<Mutex<Option<Made>>>) -> Result<Response, Error> {
    let (ring, known, site) = (app.keys.ring(), resources::known(&app).await?, app.site.get());
    let grants = grants(&app).await?;
    let document = {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |made: &&Made| {
            Weak::ptr_eq(&made.ring, &Arc::downgrade(&ring))
                && Arc::ptr_eq(&made.known, &known)
                && Arc::ptr_eq(&made.site, &site)
                && made.grants == grants
        };
        match last.as_ref().filter(same) {
            Some(made) => made.document.clone(),
            None => {
                let document = describe(&app, &ring, &known.scopes, (&site, &grants));
                *last = Some(Made { ring: Arc::downgrade(&ring), known, site, grants, document: document.clone() });
                document
            }
        }
    };
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=900")];
    Ok((headers, document).into_response())
}

/// The grants that some client can use: two are for what belongs to channels or to accounts at other providers.
async fn grants(app: &App) -> Result<Vec<GrantType>, Error> {
    let (channels, upstreams) = (&app.config.channels, federation::all(app).await?);
    let is_offered = |grant: &GrantType| match grant {
        GrantType::TelegramInitData => channels.iter().any(|channel| !channel.mini_apps.is_empty()),
        GrantType::TokenExchange => {
            let acts = upstreams.iter().any(|one| !one.settings.token_clients.is_empty());
            acts || channels.iter().any(|channel| channel.client.is_some())
        }
        _ => true,
    };
    Ok(GrantType::ALL.into_iter().filter(is_offered).collect())
}

fn describe(app: &App, ring: &Ring, scopes: &ScopeSet, (site, grants): (&Site, &[GrantType])) -> Bytes {
    // Keys of an algorithm that was removed from the configuration are still published, but no longer sign.
    let configured = &app.config.tokens.signing_algorithms;
    let algorithms: Vec<_> = ring.algorithms().filter(|algorithm| configured.contains(algorithm)).collect();
    let languages: Vec<_> = site.languages().all().map(Language::tag).collect();
    let document = document(&Provider {
        issuer: app.issuer(),
        scopes,
        sign_up: app.config.login.sign_up.is_offered(),
        has_passkeys: passkey::rp_id(app).is_some(),
        grants,
        algorithms: &algorithms,
        ui_locales: &languages,
        policy_uri: site.policy_uri.as_deref(),
        tos_uri: site.tos_uri.as_deref(),
    });
    Value::Object(document).to_string().into()
}
