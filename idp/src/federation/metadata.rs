//! What another provider says about itself: OpenID Connect Discovery §3. It is asked once an hour, and when it signs with a key that is
//! not known yet.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode, header};
use openidconnect::TokenUrl;
use openidconnect::core::{CoreJsonWebKeySet, CoreProviderMetadata};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::refusal::Refusal;
use super::remembered::{Asked, Known};
use crate::app::App;
use crate::config::Upstream;
use crate::config::claim::parts;
use crate::config::words::Protocol;
use crate::outbound::Purpose;
use crate::outbound::failure::Failure;

/// How long what a provider has said is used.
const FRESH: Duration = Duration::from_secs(60 * 60);

/// How long it is used if the provider cannot be asked again.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// How often a provider is asked for keys that are not known yet: a forged token may name any.
const KEYS_AGAIN: Duration = Duration::from_secs(60);

/// What the crate does not read of it.
#[derive(Deserialize)]
struct More {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    revocation_endpoint: Option<String>,
}

/// What a provider says about itself. If it cannot be asked now, what it said before is used.
pub(super) async fn known(app: &App, upstream: &Upstream) -> Result<Arc<Known>, Refusal> {
    let before = app.upstreams.get(upstream);
    let now = app.now();
    if let Some(known) = before.as_ref().filter(|known| known.read_at <= now && now.since(known.read_at) < FRESH) {
        return Ok(Arc::clone(known));
    }
    match read(app, upstream).await {
        Ok(known) => Ok(known),
        Err(Refusal::Unreachable(failure)) => match before.filter(|known| now.since(known.read_at) < STALE) {
            Some(known) => Ok(known),
            None => Err(Refusal::Unreachable(failure)),
        },
        Err(refusal) => Err(refusal),
    }
}

/// The same once more, because a key is not among those that are known; `None` if that was asked a moment ago.
pub(super) async fn known_again(app: &App, upstream: &Upstream, known: &Known) -> Result<Option<Arc<Known>>, Refusal> {
    if app.now().since(known.read_at) < KEYS_AGAIN {
        return Ok(None);
    }
    read(app, upstream).await.map(Some)
}

async fn read(app: &App, upstream: &Upstream) -> Result<Arc<Known>, Refusal> {
    let address = format!("{}/.well-known/openid-configuration", upstream.issuer.trim_end_matches('/'));
    let mut document: serde_json::Value = json(app, &address).await?;
    let ours = [
        ("authorization_endpoint", &upstream.authorization_endpoint),
        ("token_endpoint", &upstream.token_endpoint),
        ("userinfo_endpoint", &upstream.userinfo_endpoint),
        ("revocation_endpoint", &upstream.revocation_endpoint),
    ];
    for (name, ours) in ours {
        if let (Some(ours), Some(members)) = (ours, document.as_object_mut()) {
            members.insert(name.to_owned(), ours.clone().into());
        }
    }
    let more: More = serde_json::from_value(document.clone()).map_err(of_metadata)?;
    let metadata: CoreProviderMetadata = serde_json::from_value(document).map_err(of_metadata)?;
    // Discovery §4.3: exactly the same, so that no document speaks for another issuer.
    if !is_issuer_of(upstream, metadata.issuer().as_str()) {
        let found = metadata.issuer().as_str();
        return Err(Refusal::wrong(format!("its metadata is of the issuer {found}, not {}", upstream.issuer)));
    }
    // People are sent there: to a web server, and without https only where that is all without.
    let people_go_to = metadata.authorization_endpoint().url().scheme();
    if people_go_to != "https" && !(people_go_to == "http" && upstream.issuer.starts_with("http:")) {
        return Err(Refusal::wrong("its authorization_endpoint is no https address"));
    }
    if metadata.token_endpoint().is_none() {
        return Err(Refusal::wrong("its metadata has no token_endpoint"));
    }
    let keys: CoreJsonWebKeySet = json(app, metadata.jwks_uri().as_str()).await?;
    let known = Arc::new(Known {
        metadata: metadata.set_jwks(keys),
        names_itself: more.authorization_response_iss_parameter_supported,
        revocation_endpoint: more.revocation_endpoint,
        read_at: app.now(),
        asked: Asked::of(upstream),
    });
    app.upstreams.put(&upstream.name, &known);
    Ok(known)
}

fn of_metadata(error: serde_json::Error) -> Refusal {
    Refusal::wrong(format!("its metadata cannot be read: {error}"))
}

/// A document of a provider.
async fn json<T: DeserializeOwned>(app: &App, address: &str) -> Result<T, Refusal> {
    let request = Request::get(address).header(header::ACCEPT, "application/json").body(Vec::new());
    let request = request.map_err(|_| Refusal::wrong(format!("{address} is no address")))?;
    let answer = app.outbound.fetch(Purpose::UpstreamMetadata, request).await.map_err(Refusal::Unreachable)?;
    if answer.status().is_server_error() {
        return Err(Refusal::Unreachable(Failure::Broken(format!("{address} answers {}", answer.status()))));
    }
    if answer.status() != StatusCode::OK {
        return Err(Refusal::wrong(format!("{address} answers {}", answer.status())));
    }
    serde_json::from_slice(answer.body()).map_err(|error| Refusal::wrong(format!("{address} cannot be read: {error}")))
}

/// Whether an issuer is that of this provider, or one of those that its template has.
pub(super) fn is_issuer_of(upstream: &Upstream, found: &str) -> bool {
    let fits = |template: &str| {
        parts(template).is_some_and(|(before, _, after)| {
            let between = found.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            between.is_some_and(|it| !it.is_empty() && !it.contains('/'))
        })
    };
    found == upstream.issuer || upstream.issuer_template.as_deref().is_some_and(fits)
}

/// Where codes and refresh tokens are exchanged.
pub(super) async fn token_endpoint(app: &App, upstream: &Upstream) -> Result<TokenUrl, Refusal> {
    let found = match upstream.protocol {
        Protocol::Oauth2 => endpoint(upstream.token_endpoint.as_ref(), "token_endpoint")?.to_owned(),
        Protocol::Oidc => {
            let known = known(app, upstream).await?;
            known.metadata.token_endpoint().map(|url| url.as_str().to_owned()).unwrap_or_default()
        }
    };
    TokenUrl::new(found).map_err(Refusal::wrong)
}

/// Where tokens are revoked; `None` if nowhere.
pub(super) async fn revocation_endpoint(app: &App, upstream: &Upstream) -> Result<Option<String>, Refusal> {
    Ok(match upstream.protocol {
        Protocol::Oauth2 => upstream.revocation_endpoint.clone(),
        Protocol::Oidc => known(app, upstream).await?.revocation_endpoint.clone(),
    })
}

/// An address of a provider that does not describe itself, which the configuration has made sure of.
pub(super) fn endpoint<'a>(found: Option<&'a String>, name: &str) -> Result<&'a str, Refusal> {
    found.map(String::as_str).ok_or_else(|| Refusal::wrong(format!("{name} is not set")))
}
