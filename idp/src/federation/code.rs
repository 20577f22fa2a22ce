//! A code that has come with the browser, and what it is exchanged for: RFC 6749 §4.1.2 and §4.1.3.

use openidconnect::{CodeTokenRequest, ErrorResponse, OAuth2TokenResponse, PkceCodeVerifier, RequestTokenError};
use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::round_trip::RoundTrip;
use super::tokens::Granted;
use crate::app::App;
use crate::config::Upstream;
use crate::config::words::UpstreamAuthMethod;
use crate::oidc::params::Params;
use crate::outbound::Purpose;
use crate::outbound::failure::Failure;

/// What a provider has sent with the browser.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a>(pub &'a Params);

impl Answer<'_> {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }

    /// What of it each token request repeats.
    pub(super) fn repeated(&self, upstream: &Upstream) -> Vec<(String, String)> {
        let of = |name: &String| Some((name.clone(), self.get(name)?.to_owned()));
        upstream.repeated_parameters.iter().filter_map(of).collect()
    }

    /// The name in the field `user`, which Apple sends once, with the first answer about somebody. It is not signed.
    pub(super) fn name(&self) -> Option<String> {
        let user: Value = serde_json::from_str(self.get("user")?).ok()?;
        let part = |name: &str| user.pointer(&format!("/name/{name}")).and_then(Value::as_str).map(str::trim);
        let parts: Vec<&str> =
            ["firstName", "lastName"].into_iter().filter_map(part).filter(|it| !it.is_empty()).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// Somebody who has come, as the provider has said in answer to our own request.
pub(super) struct Came {
    /// Who says so.
    pub(super) issuer: String,
    /// What it says about them.
    pub(super) claims: Map<String, Value>,
    /// What it has given to us.
    pub(super) granted: Granted,
}

/// Exchanges the code for tokens: Core §3.1.3.1, RFC 7636 §4.5.
pub(super) async fn redeem<TE, TR>(
    app: &App,
    upstream: &Upstream,
    trip: &RoundTrip,
    answer: Answer<'_>,
    mut request: CodeTokenRequest<'_, TE, TR>,
) -> Result<TR, Refusal>
where
    TE: ErrorResponse + 'static,
    TR: OAuth2TokenResponse,
{
    if upstream.pkce {
        request = request.set_pkce_verifier(PkceCodeVerifier::new(trip.verifier.clone()));
    }
    if upstream.token_endpoint_auth_method == UpstreamAuthMethod::ClientSecretBasicAndId {
        request = request.add_extra_param("client_id", upstream.client_id.clone());
    }
    for (name, value) in answer.repeated(upstream) {
        request = request.add_extra_param(name, value);
    }
    let http = |request| {
        let outbound = app.outbound.clone();
        async move { outbound.fetch(Purpose::UpstreamToken, request).await }
    };
    request.request_async(&http).await.map_err(not_given)
}

/// Why a token endpoint has given nothing.
pub(super) fn not_given<TE: ErrorResponse + 'static>(error: RequestTokenError<Failure, TE>) -> Refusal {
    match error {
        RequestTokenError::Request(failure) => Refusal::Unreachable(failure),
        RequestTokenError::ServerResponse(said) => {
            refused(&serde_json::to_vec(&said).unwrap_or_default(), "an error that cannot be read")
        }
        // Some have the status of a success.
        RequestTokenError::Parse(error, body) => refused(&body, &format!("what cannot be read: {error}")),
        RequestTokenError::Other(why) => Refusal::wrong(format!("the token response cannot be read: {why}")),
    }
}

/// What a token endpoint has refused, as far as it says why: RFC 6749 §5.2, and what others have in its place.
fn refused(body: &[u8], otherwise: &str) -> Refusal {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    let said =
        [text("/error"), text("/error/message"), text("/error_description")].into_iter().flatten().collect::<Vec<_>>();
    match said.is_empty() {
        true => Refusal::wrong(format!("the token endpoint answers {otherwise}")),
        false => Refusal::wrong(format!("the token endpoint answers {}", said.join(": "))),
    }
}
