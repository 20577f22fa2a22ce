//! OpenID Connect: what a provider answers is verified, every time and in whole (Core §3.1.3).

use openidconnect::core::{CoreClient, CoreIdToken, CoreIdTokenVerifier, CoreJwsSigningAlgorithm, CoreTokenResponse};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClaimsVerificationError, ClientId, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IssuerUrl, Nonce, OAuth2TokenResponse, RedirectUrl, SignatureVerificationError, TokenResponse,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::code::{Answer, Came, redeem};
use super::metadata::known_again;
use super::refusal::Refusal;
use super::remembered::Known;
use super::round_trip::{RoundTrip, scope};
use super::secret::Credentials;
use super::tokens::Granted;
use super::{redirect_uri, userinfo};
use crate::app::App;
use crate::base::clock::{SKEW, Timestamp};
use crate::base::encoding::from_base64url;
use crate::config::Upstream;
use crate::config::claim::parts;
use crate::config::words::{NonceUse, UserinfoUse};
use crate::oidc::difference::shown;

/// What ID tokens may be signed with: neither `none` nor a secret that two sides share.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// The client of a provider, with the endpoints that are needed.
pub(super) type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// The client of a provider.
pub(super) fn client(app: &App, upstream: &Upstream, known: &Known) -> Result<Client, Refusal> {
    let Credentials { secret, auth_type } = Credentials::of(app, upstream)?;
    let back = RedirectUrl::new(redirect_uri(app, upstream)).map_err(Refusal::wrong)?;
    let id = ClientId::new(upstream.client_id.clone());
    let client = CoreClient::from_provider_metadata(known.metadata.clone(), id, secret);
    Ok(client.set_redirect_uri(back).set_auth_type(auth_type))
}

/// Who has come with this code.
pub(super) async fn arrive(
    app: &App,
    upstream: &Upstream,
    known: &Known,
    trip: &RoundTrip,
    (code, answer): (&str, Answer<'_>),
) -> Result<Came, Refusal> {
    let client = client(app, upstream, known)?;
    let request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
    let request = request.map_err(Refusal::wrong)?;
    let tokens: CoreTokenResponse = redeem(app, upstream, trip, answer, request).await?;
    let id_token = tokens.id_token().ok_or_else(|| Refusal::wrong("there is no ID token beside the access token"))?;
    let judged = match verified(app, upstream, known, trip, (id_token, &tokens)) {
        Err(NotVerified::UnknownKey) => {
            let again = known_again(app, upstream, known).await?;
            let again =
                again.ok_or_else(|| Refusal::wrong("the ID token is signed with a key that is not published"))?;
            verified(app, upstream, &again, trip, (id_token, &tokens))
        }
        judged => judged,
    };
    let (issuer, mut claims) = judged.map_err(|why| Refusal::wrong(format!("the ID token is not accepted: {why}")))?;
    let asks = match upstream.userinfo {
        UserinfoUse::Never => false,
        UserinfoUse::Always => true,
        UserinfoUse::IfNeeded => upstream.scope.contains("email") && upstream.email_claim.find(&claims).is_none(),
    };
    if let Some(endpoint) = known.metadata.userinfo_endpoint().filter(|_| asks) {
        match userinfo::ask(app, upstream, endpoint.as_str(), tokens.access_token().secret()).await {
            // Who somebody is, the ID token has said: without an answer there is no address. What lets them in, or gives roles, has to be there.
            Err(refusal) if counts(upstream) => return Err(refusal),
            Err(_) => {}
            // Core §5.3.2: otherwise it is about somebody else.
            Ok(told) if told.get("sub") != claims.get("sub") => {
                return Err(Refusal::wrong("its UserInfo is about another sub than the ID token"));
            }
            Ok(told) => add(upstream, &mut claims, told),
        }
    }
    Ok(Came { issuer, claims, granted: Granted::of(app.now(), &tokens, &scope(upstream)) })
}

/// Whether more depends on what UserInfo tells than an address.
fn counts(upstream: &Upstream) -> bool {
    upstream.userinfo == UserinfoUse::Always || !upstream.roles.is_empty() || !upstream.allowed.is_empty()
}

/// Adds what UserInfo tells. What the ID token says comes first; an address and what is said about it come from one place.
fn add(upstream: &Upstream, claims: &mut Map<String, Value>, mut told: Map<String, Value>) {
    let says_nothing = if upstream.email_claim.find(claims).is_none() { &mut *claims } else { &mut told };
    upstream.email_verified_claim.remove(says_nothing);
    for (name, value) in told {
        claims.entry(name).or_insert(value);
    }
}

/// The issuer that an ID token has to have: the provider's own or, where that differs between people, the template with what the claims say.
/// Those are not verified yet; a token of another issuer than the one that it names is refused when they are.
fn issuer_of(upstream: &Upstream, known: &Known, token: &CoreIdToken) -> Result<IssuerUrl, NotVerified> {
    let own = known.metadata.issuer();
    let Some(template) = upstream.issuer_template.as_deref().filter(|_| own.as_str().contains('{')) else {
        return Ok(own.clone());
    };
    let because = |why: String| NotVerified::Because(shown(&why));
    let (before, name, after) = parts(template).ok_or_else(|| because("issuer_template has no claim".to_owned()))?;
    let claims = payload(token).ok_or_else(|| because("its claims cannot be read".to_owned()))?;
    let found = claims.get(name).and_then(Value::as_str);
    let found = found.filter(|found| Uuid::try_parse(found).is_ok_and(|uuid| uuid.hyphenated().to_string() == **found));
    let found = found.ok_or_else(|| because(format!("it has no {name} that is a UUID")))?;
    IssuerUrl::new(format!("{before}{found}{after}")).map_err(|error| because(error.to_string()))
}

/// All claims, as they were signed: the crate has those of the standard alone.
fn payload(token: &CoreIdToken) -> Option<Map<String, Value>> {
    let signed = token.to_string();
    serde_json::from_slice(&signed.split('.').nth(1).and_then(from_base64url)?).ok()
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
    upstream: &Upstream,
    known: &Known,
    trip: &RoundTrip,
    (token, tokens): (&CoreIdToken, &CoreTokenResponse),
) -> Result<(String, Map<String, Value>), NotVerified> {
    let because = |why: String| NotVerified::Because(shown(&why));
    let now = app.now();
    let id = ClientId::new(upstream.client_id.clone());
    let (issuer, keys) = (issuer_of(upstream, known, token)?, known.metadata.jwks().clone());
    // Keys alone, never the secret, so that nothing that is signed with it counts.
    let verifier = CoreIdTokenVerifier::new_public_client(id, issuer.clone(), keys)
        .set_allowed_algs(ALGORITHMS)
        // Their clock may be ahead of ours, or behind it.
        .set_time_fn(move || date(now - SKEW))
        .set_issue_time_verifier_fn(move |issued| match issued > date(now + SKEW) {
            true => Err("it was issued in the future".to_owned()),
            false => Ok(()),
        });
    let nonce = |found: Option<&Nonce>| match found {
        None if upstream.nonce != NonceUse::Required => Ok(()),
        Some(found) if found.secret() == &trip.nonce => Ok(()),
        Some(_) if upstream.nonce == NonceUse::Never => Ok(()),
        Some(_) => Err("its nonce is that of another request".to_owned()),
        None => Err("it has no nonce".to_owned()),
    };
    let claims = token.claims(&verifier, nonce).map_err(|error| match error {
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
    let announces = told.is_none_or(|all| all.iter().any(|claim| claim.as_str() == "auth_time"));
    let tells_when = upstream.auth_time.unwrap_or(announces);
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
    let claims = payload(token).ok_or_else(|| because("its claims cannot be read".to_owned()))?;
    Ok((issuer.to_string(), claims))
}

fn date(at: Timestamp) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp_micros(at.micros()).unwrap_or_default()
}
