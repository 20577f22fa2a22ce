//! Coming back from another provider: what it answers is verified, every time and in whole (OpenID Connect Core §3.1.3).

use http::{Request, StatusCode, header};
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJwsSigningAlgorithm, CoreTokenResponse};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClaimsVerificationError, ClientId, Nonce, OAuth2TokenResponse,
    PkceCodeVerifier, RequestTokenError, SignatureVerificationError, TokenResponse,
};
use serde_json::{Map, Value};

use super::identity::Identity;
use super::metadata::{client, known, known_again};
use super::refusal::Refusal;
use super::remembered::Known;
use super::round_trip::RoundTrip;
use crate::app::App;
use crate::base::clock::{SKEW, Timestamp};
use crate::base::encoding::from_base64url;
use crate::config::DeclaredUpstream;
use crate::oidc::difference::shown;
use crate::outbound::Purpose;
use crate::outbound::failure::Failure;

/// What ID tokens may be signed with: neither `none` nor a secret that two sides share.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 8] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
];

/// What a provider has sent with the browser.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The authorization code.
    pub code: Option<&'a str>,
    /// Who has answered: RFC 9207.
    pub iss: Option<&'a str>,
    /// The error, and what it says.
    pub error: Option<(&'a str, Option<&'a str>)>,
}

/// Who has come back.
pub async fn arrive(
    app: &App,
    upstream: &DeclaredUpstream,
    trip: &RoundTrip,
    answer: Answer<'_>,
) -> Result<Identity, Refusal> {
    let known = known(app, upstream).await?;
    // RFC 9207 §2.4: before anything else of the answer is used, an error, too.
    match answer.iss {
        Some(iss) if iss != upstream.issuer => {
            return Err(Refusal::wrong(format!("the answer is of {}, not of {}", shown(iss), upstream.issuer)));
        }
        None if known.names_itself => {
            return Err(Refusal::wrong("the answer has no iss, which the provider announces"));
        }
        _ => {}
    }
    if let Some((error, description)) = answer.error {
        let description = description.map(|text| format!(": {}", shown(text))).unwrap_or_default();
        return Err(Refusal::Denied(format!("{}{description}", shown(error))));
    }
    let code = answer.code.ok_or_else(|| Refusal::wrong("the answer has neither a code nor an error"))?;
    let tokens = exchange(app, upstream, &known, trip, code).await?;
    let id_token = tokens.id_token().ok_or_else(|| Refusal::wrong("there is no ID token beside the access token"))?;
    let mut claims = match verified(app, upstream, &known, trip, (id_token, &tokens)) {
        Err(NotVerified::UnknownKey) => {
            let again = known_again(app, upstream, &known).await?;
            let again =
                again.ok_or_else(|| Refusal::wrong("the ID token is signed with a key that is not published"))?;
            verified(app, upstream, &again, trip, (id_token, &tokens))
        }
        judged => judged,
    }
    .map_err(|why| Refusal::wrong(format!("the ID token is not accepted: {why}")))?;
    if upstream.scope.contains("email") && !claims.contains_key("email") {
        add_userinfo(app, &known, &tokens, &mut claims).await?;
    }
    Identity::of_claims(upstream, &upstream.issuer, &claims).ok_or_else(|| Refusal::wrong("its sub cannot be kept"))
}

/// Exchanges the code for tokens: Core §3.1.3.1.
async fn exchange(
    app: &App,
    upstream: &DeclaredUpstream,
    known: &Known,
    trip: &RoundTrip,
    code: &str,
) -> Result<CoreTokenResponse, Refusal> {
    let client = client(app, upstream, known)?;
    let http = |request| {
        let outbound = app.outbound.clone();
        async move { outbound.fetch(Purpose::UpstreamToken, request).await }
    };
    let request = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(Refusal::wrong)?;
    let request = request.set_pkce_verifier(PkceCodeVerifier::new(trip.verifier.clone()));
    request.request_async(&http).await.map_err(|error: RequestTokenError<Failure, _>| match error {
        RequestTokenError::Request(failure) => Refusal::Unreachable(failure),
        RequestTokenError::ServerResponse(said) => {
            Refusal::wrong(format!("the token endpoint answers {}", shown(&said.to_string())))
        }
        RequestTokenError::Parse(error, _) => Refusal::wrong(format!("the token response cannot be read: {error}")),
        RequestTokenError::Other(why) => Refusal::wrong(format!("the token response cannot be read: {why}")),
    })
}

/// Why an ID token is not accepted.
enum NotVerified {
    /// It may be signed with a key that is newer than those that are known.
    UnknownKey,
    /// Anything else.
    Because(String),
}

impl std::fmt::Display for NotVerified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownKey => f.write_str("it is signed with a key that is not published"),
            Self::Because(why) => f.write_str(why),
        }
    }
}

/// The claims of an ID token: Core §3.1.3.7.
fn verified(
    app: &App,
    upstream: &DeclaredUpstream,
    known: &Known,
    trip: &RoundTrip,
    (token, tokens): (&CoreIdToken, &CoreTokenResponse),
) -> Result<Map<String, Value>, NotVerified> {
    let because = |why: String| NotVerified::Because(shown(&why));
    let now = app.now();
    let id = ClientId::new(upstream.client_id.clone());
    let (issuer, keys) = (known.metadata.issuer().clone(), known.metadata.jwks().clone());
    // Keys alone, never the secret, so that nothing that is signed with it counts.
    let verifier = CoreIdTokenVerifier::new_public_client(id, issuer, keys)
        .set_allowed_algs(ALGORITHMS)
        // Their clock may be ahead of ours, or behind it.
        .set_time_fn(move || date(now - SKEW))
        .set_issue_time_verifier_fn(move |issued| match issued > date(now + SKEW) {
            true => Err("it was issued in the future".to_owned()),
            false => Ok(()),
        });
    let claims = token.claims(&verifier, &Nonce::new(trip.nonce.clone())).map_err(|error| match error {
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
            NotVerified::UnknownKey
        }
        error => because(error.to_string()),
    })?;
    if claims.authorized_party().is_some_and(|azp| azp.as_str() != upstream.client_id) {
        return Err(because("azp names another client".to_owned()));
    }
    // Core §3.1.3.7. A provider that announces its claims, and auth_time is none of them, has no other way to say it.
    let told = known.metadata.claims_supported();
    let tells_when = told.is_none_or(|all| all.iter().any(|claim| claim.as_str() == "auth_time"));
    match claims.auth_time() {
        None if trip.again && tells_when => {
            return Err(because("it does not say when the person signed in, who was to sign in again".to_owned()));
        }
        Some(proven) if trip.again && proven < date(trip.began_at - SKEW) => {
            return Err(because("the person was to sign in again, and did not".to_owned()));
        }
        _ => {}
    }
    if let Some(expected) = claims.access_token_hash() {
        let (algorithm, key) = (token.signing_alg(), token.signing_key(&verifier));
        let (algorithm, key) =
            (algorithm.map_err(|it| because(it.to_string()))?, key.map_err(|it| because(it.to_string()))?);
        let found = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
        if found.map_err(|error| because(error.to_string()))? != *expected {
            return Err(because("at_hash is of another access token".to_owned()));
        }
    }
    // All claims, as they were signed: the crate has those of the standard alone.
    let signed = token.to_string();
    let payload = signed.split('.').nth(1).and_then(from_base64url);
    let claims = payload.and_then(|payload| serde_json::from_slice(&payload).ok());
    claims.ok_or_else(|| because("its claims cannot be read".to_owned()))
}

/// Adds what the provider tells at its UserInfo endpoint, if it has one: Core §5.3. The ID token comes first.
async fn add_userinfo(
    app: &App,
    known: &Known,
    tokens: &CoreTokenResponse,
    claims: &mut Map<String, Value>,
) -> Result<(), Refusal> {
    let Some(endpoint) = known.metadata.userinfo_endpoint() else { return Ok(()) };
    let bearer = format!("Bearer {}", tokens.access_token().secret());
    let request = Request::get(endpoint.as_str()).header(header::AUTHORIZATION, bearer);
    let request = request.header(header::ACCEPT, "application/json").body(Vec::new()).map_err(Refusal::wrong)?;
    // Who somebody is, the ID token has said: without an answer there is no address.
    let Ok(answer) = app.outbound.fetch(Purpose::UpstreamUserinfo, request).await else { return Ok(()) };
    let told = serde_json::from_slice::<Map<String, Value>>(answer.body()).ok();
    let Some(told) = told.filter(|_| answer.status() == StatusCode::OK) else { return Ok(()) };
    // Core §5.3.2: otherwise it is about somebody else.
    if told.get("sub") != claims.get("sub") {
        return Err(Refusal::wrong("its UserInfo is about another sub than the ID token"));
    }
    // An address and what is said about it come from one place.
    claims.remove("email_verified");
    for (name, value) in told {
        claims.entry(name).or_insert(value);
    }
    Ok(())
}

fn date(at: Timestamp) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp_micros(at.micros()).unwrap_or_default()
}
