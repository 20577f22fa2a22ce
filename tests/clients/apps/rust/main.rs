//! A web application and an API in Rust: openidconnect signs people in, josekit validates access tokens.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Redirect, Response};
use axum::routing::get;
use josekit::jwk::JwkSet;
use josekit::jws::RS256;
use josekit::jws::alg::rsassa::RsassaJwsVerifier;
use josekit::jwt::{self, JwtPayload, JwtPayloadValidator};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreTokenResponse, CoreUserInfoClaims};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndSessionUrl, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl,
    ProviderMetadataWithLogout, RedirectUrl, RefreshToken, Scope, TokenResponse, reqwest,
};
use serde_json::{Value, json};
use tokio::sync::RwLock;

type Failure = Box<dyn Error + Send + Sync>;
type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

// [sign-in]
struct App {
    client: Client,
    http: reqwest::Client,
    end_session: EndSessionUrl,
    home: String,
    issuer: String,
    audience: String,
    keys: Keys,
    /// By state; in earnest: with an end, and only so many.
    pending: Mutex<HashMap<String, Pending>>,
    sessions: Mutex<HashMap<String, Session>>,
}

/// What a sign-in that is under way has to come back to.
struct Pending {
    browser: String,
    verifier: PkceCodeVerifier,
    nonce: Nonce,
}

#[derive(Clone)]
struct Session {
    user: Value,
    id_token: CoreIdToken,
    refresh_token: RefreshToken,
}

impl App {
    async fn new(issuer: String, id: String, secret: String, home: String, audience: String) -> Result<Self, Failure> {
        // Follows no redirects: whoever can make this client follow one decides where it goes.
        let http = reqwest::ClientBuilder::new().redirect(reqwest::redirect::Policy::none()).build()?;
        let metadata = ProviderMetadataWithLogout::discover_async(IssuerUrl::new(issuer.clone())?, &http).await?;
        let end_session =
            metadata.additional_metadata().end_session_endpoint.clone().ok_or("no end_session_endpoint")?;
        let keys = Keys::new(metadata.jwks_uri().to_string());
        let client = CoreClient::from_provider_metadata(metadata, ClientId::new(id), Some(ClientSecret::new(secret)))
            .set_redirect_uri(RedirectUrl::new(format!("{home}/callback"))?);
        let (pending, sessions) = Default::default();
        Ok(Self { client, http, end_session, home, issuer, audience, keys, pending, sessions })
    }

    fn login(&self) -> Response {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = self
            .client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(["profile", "email"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        let browser = CsrfToken::new_random().into_secret();
        let cookie = set_cookie("browser", &browser);
        locked(&self.pending).insert(state.into_secret(), Pending { browser, verifier, nonce });
        (cookie, Redirect::to(url.as_str())).into_response()
    }

    async fn callback(&self, query: &HashMap<String, String>, browser: Option<&str>) -> Result<Response, Failure> {
        let (state, code) = (query.get("state").ok_or("no state")?, query.get("code").ok_or("no code")?);
        let begun = locked(&self.pending).remove(state).filter(|begun| browser == Some(&begun.browser));
        let begun = begun.ok_or("this sign-in did not begin here")?;
        let code = AuthorizationCode::new(code.clone());
        let request = self.client.exchange_code(code)?.set_pkce_verifier(begun.verifier);
        let tokens: CoreTokenResponse = request.request_async(&self.http).await?;
        let id_token = tokens.id_token().ok_or("no ID token")?.clone();
        // Signature, issuer, audience, time, nonce.
        let claims = id_token.claims(&self.client.id_token_verifier(), &begun.nonce)?;
        // Who it is is in the ID token; the rest of the profile is at UserInfo.
        let request = self.client.user_info(tokens.access_token().clone(), Some(claims.subject().clone()))?;
        let profile: CoreUserInfoClaims = request.request_async(&self.http).await?;
        let user = json!({
            "sub": claims.subject().as_str(),
            "name": profile.name().and_then(|name| name.get(None)).map(|name| name.as_str()),
            "email": profile.email().map(|email| email.as_str()),
        });
        let refresh_token = tokens.refresh_token().ok_or("no refresh token")?.clone();
        let id = CsrfToken::new_random().into_secret();
        let cookie = set_cookie("session", &id);
        locked(&self.sessions).insert(id, Session { user, id_token, refresh_token });
        Ok((cookie, Redirect::to("/")).into_response())
    }
}
// [end]

// [refresh]
impl App {
    async fn refresh(&self, id: &str, session: &Session) -> Result<Response, Failure> {
        let request = self.client.exchange_refresh_token(&session.refresh_token)?;
        let tokens: CoreTokenResponse = request.request_async(&self.http).await?;
        // The answer may bring a new refresh token; the one before is of no use then.
        if let (Some(next), Some(session)) = (tokens.refresh_token(), locked(&self.sessions).get_mut(id)) {
            session.refresh_token = next.clone();
        }
        Ok(Json(json!({ "access_token": tokens.access_token().secret() })).into_response())
    }
}
// [end]

// [sign-out]
impl App {
    fn logout(&self, id: &str, session: &Session) -> Result<Response, Failure> {
        locked(&self.sessions).remove(id);
        let url = LogoutRequest::from(self.end_session.clone())
            .set_id_token_hint(&session.id_token)
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(format!("{}/", self.home))?)
            .http_get_url();
        Ok(Redirect::to(url.as_str()).into_response())
    }
}
// [end]

// [api]
/// The key set, fetched for a key that is not in it; in earnest at most once in a while.
struct Keys {
    url: String,
    known: RwLock<HashMap<String, RsassaJwsVerifier>>,
}

impl Keys {
    fn new(url: String) -> Self {
        Self { url, known: RwLock::default() }
    }

    async fn fetch(&self, http: &reqwest::Client) -> Result<(), Failure> {
        let set = JwkSet::from_bytes(http.get(&self.url).send().await?.bytes().await?)?;
        let keys = set.keys().into_iter().filter(|key| key.algorithm() == Some("RS256"));
        let keys = keys.filter_map(|key| Some((key.key_id()?.to_owned(), RS256.verifier_from_jwk(key).ok()?)));
        *self.known.write().await = keys.collect();
        Ok(())
    }
}

impl App {
    /// The claims of an access token for this API, by RFC 9068 section 4.
    async fn validated(&self, authorization: &str) -> Result<JwtPayload, Failure> {
        let token = authorization.strip_prefix("Bearer ").ok_or("no token")?;
        let kid = jwt::decode_header(token)?.claim("kid").and_then(Value::as_str).ok_or("no kid")?.to_owned();
        if !self.keys.known.read().await.contains_key(&kid) {
            self.keys.fetch(&self.http).await?;
        }
        let keys = self.keys.known.read().await;
        let (claims, header) = jwt::decode_with_verifier(token, keys.get(&kid).ok_or("an unknown key")?)?;
        if header.token_type() != Some("at+jwt") {
            return Err("not an access token".into());
        }
        let mut validator = JwtPayloadValidator::new();
        validator.set_issuer(&self.issuer);
        validator.set_audience(&self.audience);
        validator.validate(&claims)?;
        claims.expires_at().ok_or("no end")?;
        Ok(claims)
    }
}
// [end]

fn locked<T>(it: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    it.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn set_cookie(name: &str, value: &str) -> [(header::HeaderName, String); 1] {
    [(header::SET_COOKIE, format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax"))]
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get(header::COOKIE)?.to_str().ok()?;
    all.split("; ").find_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('='))
}

/// Finds the session of a request.
fn session(app: &App, headers: &HeaderMap) -> Option<(String, Session)> {
    let id = cookie(headers, "session")?;
    Some((id.to_owned(), locked(&app.sessions).get(id)?.clone()))
}

fn told(result: Result<Response, Failure>) -> Response {
    result.unwrap_or_else(|error| (StatusCode::BAD_REQUEST, error.to_string()).into_response())
}

fn router(app: Arc<App>) -> axum::Router {
    axum::Router::new()
        .route("/login", get(async |State(app): State<Arc<App>>| app.login()))
        .route(
            "/callback",
            get(
                async |State(app): State<Arc<App>>,
                       headers: HeaderMap,
                       Query(query): Query<HashMap<String, String>>| {
                    told(app.callback(&query, cookie(&headers, "browser")).await)
                },
            ),
        )
        .route(
            "/refresh",
            get(async |State(app): State<Arc<App>>, headers: HeaderMap| match session(&app, &headers) {
                Some((id, session)) => told(app.refresh(&id, &session).await),
                None => StatusCode::UNAUTHORIZED.into_response(),
            }),
        )
        .route(
            "/logout",
            get(async |State(app): State<Arc<App>>, headers: HeaderMap| match session(&app, &headers) {
                Some((id, session)) => told(app.logout(&id, &session)),
                None => StatusCode::UNAUTHORIZED.into_response(),
            }),
        )
        .route(
            "/",
            get(async |State(app): State<Arc<App>>, headers: HeaderMap| match session(&app, &headers) {
                Some((_, session)) => Json(session.user).into_response(),
                None => StatusCode::UNAUTHORIZED.into_response(),
            }),
        )
        .route(
            "/api",
            get(async |State(app): State<Arc<App>>, headers: HeaderMap| {
                let authorization = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
                match app.validated(authorization.unwrap_or_default()).await {
                    Ok(claims) => {
                        Json(json!({ "sub": claims.subject(), "scope": claims.claim("scope") })).into_response()
                    }
                    Err(error) => (StatusCode::UNAUTHORIZED, error.to_string()).into_response(),
                }
            }),
        )
        .with_state(app)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let [issuer, id, secret, audience, port] =
        ["ISSUER", "CLIENT_ID", "CLIENT_SECRET", "API", "PORT"].map(|name| std::env::var(name).unwrap_or_default());
    let home = format!("http://localhost:{port}");
    let app = App::new(issuer, id, secret, home, audience).await?;
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    Ok(axum::serve(listener, router(Arc::new(app))).await?)
}
