//! The demo application, written with the `openidconnect` crate like any other application.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, anyhow};
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AdditionalProviderMetadata, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata,
    RedirectUrl, RefreshToken, Scope, TokenResponse, reqwest,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::encoding::{base64url, from_base64url};
use crate::base::random::Random;
use crate::mail::tray::Tray;

/// How the application is registered with the provider.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    /// The provider.
    pub(super) issuer: String,
    /// The application's client identifier.
    pub(super) client_id: String,
    /// Its secret.
    pub(super) client_secret: String,
    /// Its URL.
    pub(super) origin: String,
    /// The credentials that the front page shows.
    pub(super) hint: (String, String),
    /// Those at the other provider.
    pub(super) elsewhere: (String, String),
    /// The letters of the provider.
    pub(super) letters: Tray,
}

/// The provider metadata about sign-out: OpenID Connect RP-Initiated Logout §2.1.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct SignOutMetadata {
    end_session_endpoint: Option<String>,
}

impl AdditionalProviderMetadata for SignOutMetadata {}

type Metadata = ProviderMetadata<
    SignOutMetadata,
    openidconnect::core::CoreAuthDisplay,
    openidconnect::core::CoreClientAuthMethod,
    openidconnect::core::CoreClaimName,
    openidconnect::core::CoreClaimType,
    openidconnect::core::CoreGrantType,
    openidconnect::core::CoreJweContentEncryptionAlgorithm,
    openidconnect::core::CoreJweKeyManagementAlgorithm,
    openidconnect::core::CoreJsonWebKey,
    openidconnect::core::CoreResponseMode,
    openidconnect::core::CoreResponseType,
    openidconnect::core::CoreSubjectIdentifierType,
>;

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

#[derive(Clone)]
struct Application(Arc<Inner>);

struct Inner {
    registration: Registration,
    http: reqwest::Client,
    random: Random,
    /// The state of each browser, by its cookie.
    browsers: Mutex<HashMap<String, Visit>>,
}

#[derive(Default)]
struct Visit {
    /// A sign-in in progress: state, nonce and verifier.
    begun: Option<(String, String, String)>,
    tokens: Option<Tokens>,
    message: Option<String>,
}

#[derive(Clone)]
struct Tokens {
    access: String,
    id: String,
    refresh: Option<String>,
    /// How often the tokens were refreshed.
    refreshes: u32,
}

/// The application. It runs discovery at each request that needs the provider.
pub(super) fn application(registration: Registration) -> anyhow::Result<Router> {
    // Redirects are not followed: they could lead the client to any server.
    let http = reqwest::ClientBuilder::new().redirect(reqwest::redirect::Policy::none()).build()?;
    let inner = Inner { registration, http, random: Random::System, browsers: Mutex::default() };
    Ok(Router::new()
        .route("/", get(front))
        .route("/sign-in", post(sign_in))
        .route("/callback", get(callback))
        .route("/refresh", post(refresh))
        .route("/sign-out", post(sign_out))
        .route("/letters", get(letters))
        .route("/demo.css", get(style))
        .with_state(Application(Arc::new(inner))))
}

#[derive(Template)]
#[template(path = "demo/front.html")]
struct FrontPage {
    issuer: String,
    hint: (String, String),
    elsewhere: (String, String),
    message: Option<String>,
    signed_in: Option<SignedIn>,
}

/// The data of a sign-in for the page.
struct SignedIn {
    claims: Vec<(String, String)>,
    userinfo: String,
    id_token: Decoded,
    access_token: Decoded,
    refresh_token: Option<String>,
    refreshes: u32,
}

/// A decoded token.
struct Decoded {
    header: String,
    payload: String,
}

/// The letters that the provider has sent, in place of a mailbox.
#[derive(Template)]
#[template(path = "demo/letters.html")]
struct LettersPage {
    letters: Vec<Letter>,
}

/// A letter: what is above it, and its text with the links in it.
struct Letter {
    to: String,
    subject: String,
    /// Pieces of the text, and whether each is an address to open.
    text: Vec<(String, bool)>,
}

async fn letters(State(app): State<Application>) -> Result<Response, Failure> {
    let letters = app.0.registration.letters.letters().into_iter().rev().map(|letter| Letter {
        to: letter.to.to_string(),
        subject: letter.subject,
        text: letter.text.split_inclusive('\n').map(|line| (line.to_owned(), line.starts_with("http"))).collect(),
    });
    let page = LettersPage { letters: letters.collect() }.render()?;
    Ok(Html(page).into_response())
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../../../templates/demo/demo.css"))
}

async fn front(State(app): State<Application>, headers: HeaderMap) -> Result<Response, Failure> {
    let (id, tokens, message) = app.visit(&headers, |visit| (visit.tokens.clone(), visit.message.take()));
    let signed_in = match &tokens {
        Some(tokens) => Some(app.describe(tokens).await?),
        None => None,
    };
    let Registration { issuer, hint, elsewhere, .. } = app.0.registration.clone();
    let page = FrontPage { issuer, hint, elsewhere, message, signed_in }.render()?;
    Ok(with_cookie(&id, Html(page).into_response()))
}

async fn sign_in(State(app): State<Application>, headers: HeaderMap) -> Result<Response, Failure> {
    let (_, client) = app.client().await?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("profile".to_owned()))
        .add_scope(Scope::new("email".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    let begun = (state.secret().clone(), nonce.secret().clone(), verifier.secret().clone());
    let (id, (), ()) = app.visit(&headers, |visit| {
        visit.begun = Some(begun);
        ((), ())
    });
    Ok(with_cookie(&id, Redirect::to(url.as_str()).into_response()))
}

#[derive(Deserialize)]
struct Answer {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

async fn callback(
    State(app): State<Application>,
    headers: HeaderMap,
    Query(answer): Query<Answer>,
) -> Result<Response, Failure> {
    let (id, begun, signed_in) = app.visit(&headers, |visit| (visit.begun.take(), visit.tokens.is_some()));
    let outcome = match begun {
        Some(begun) => app.complete(begun, answer).await,
        // Going back in the browser's history repeats the last answer. There is nothing to do, and nothing is wrong.
        None if signed_in => return Ok(with_cookie(&id, Redirect::to("/").into_response())),
        None => Err(anyhow!("this browser has not begun to sign in")),
    };
    app.visit(&headers, |visit| {
        match outcome {
            Ok(tokens) => visit.tokens = Some(tokens),
            Err(error) => visit.message = Some(format!("{error:#}")),
        }
        ((), ())
    });
    Ok(with_cookie(&id, Redirect::to("/").into_response()))
}

async fn refresh(State(app): State<Application>, headers: HeaderMap) -> Result<Response, Failure> {
    let (id, tokens, ()) = app.visit(&headers, |visit| (visit.tokens.clone(), ()));
    let refreshed = match tokens {
        Some(tokens) => app.refresh(tokens).await,
        None => Err(anyhow!("nobody is signed in")),
    };
    app.visit(&headers, |visit| {
        match refreshed {
            Ok(tokens) => visit.tokens = Some(tokens),
            Err(error) => {
                visit.tokens = None;
                visit.message = Some(format!("{error:#}"));
            }
        }
        ((), ())
    });
    Ok(with_cookie(&id, Redirect::to("/").into_response()))
}

async fn sign_out(State(app): State<Application>, headers: HeaderMap) -> Result<Response, Failure> {
    let (id, tokens, ()) = app.visit(&headers, |visit| (visit.tokens.take(), ()));
    let (metadata, _) = app.client().await?;
    let Some(end_session) = metadata.additional_metadata().end_session_endpoint.clone() else {
        return Ok(with_cookie(&id, Redirect::to("/").into_response()));
    };
    let mut url = url::Url::parse(&end_session)?;
    if let Some(tokens) = tokens {
        url.query_pairs_mut().append_pair("id_token_hint", &tokens.id);
    }
    url.query_pairs_mut()
        .append_pair("client_id", &app.0.registration.client_id)
        .append_pair("post_logout_redirect_uri", &app.0.registration.origin);
    Ok(with_cookie(&id, Redirect::to(url.as_str()).into_response()))
}

impl Application {
    /// Runs discovery, and makes the client from it.
    async fn client(&self) -> anyhow::Result<(Metadata, Client)> {
        let Registration { issuer, client_id, client_secret, origin, .. } = self.0.registration.clone();
        let issuer = IssuerUrl::new(issuer)?;
        let metadata = Metadata::discover_async(issuer.clone(), &self.0.http).await.context("discovery failed")?;
        let plain = CoreProviderMetadata::discover_async(issuer, &self.0.http).await.context("discovery failed")?;
        let secret = Some(ClientSecret::new(client_secret));
        let client = CoreClient::from_provider_metadata(plain, ClientId::new(client_id), secret)
            .set_redirect_uri(RedirectUrl::new(format!("{origin}callback"))?);
        Ok((metadata, client))
    }

    async fn complete(&self, begun: (String, String, String), answer: Answer) -> anyhow::Result<Tokens> {
        let (state, nonce, verifier) = begun;
        if answer.state.as_deref() != Some(state.as_str()) {
            return Err(anyhow!("the state is not the one that was sent"));
        }
        if answer.iss.as_deref() != Some(self.0.registration.issuer.as_str()) {
            return Err(anyhow!("another provider answered: {:?}", answer.iss));
        }
        if let Some(error) = answer.error {
            return Err(anyhow!("{error}: {}", answer.error_description.unwrap_or_default()));
        }
        let code = AuthorizationCode::new(answer.code.context("there is neither a code nor an error")?);
        let (_, client) = self.client().await?;
        let response = client
            .exchange_code(code)?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&self.0.http)
            .await
            .context("the code was refused")?;
        let id_token = response.id_token().context("there is no ID token")?;
        id_token.claims(&client.id_token_verifier(), &Nonce::new(nonce)).context("the ID token is not valid")?;
        Ok(Tokens {
            access: response.access_token().secret().clone(),
            id: id_token.to_string(),
            refresh: response.refresh_token().map(|token| token.secret().clone()),
            refreshes: 0,
        })
    }

    async fn refresh(&self, tokens: Tokens) -> anyhow::Result<Tokens> {
        let refresh = RefreshToken::new(tokens.refresh.clone().context("there is no refresh token")?);
        let (_, client) = self.client().await?;
        let response = client.exchange_refresh_token(&refresh)?.request_async(&self.0.http).await;
        let response = response.context("the refresh was refused; sign in again")?;
        Ok(Tokens {
            access: response.access_token().secret().clone(),
            id: response.id_token().map_or(tokens.id, ToString::to_string),
            refresh: response.refresh_token().map(|token| token.secret().clone()).or(tokens.refresh),
            refreshes: tokens.refreshes + 1,
        })
    }

    async fn describe(&self, tokens: &Tokens) -> anyhow::Result<SignedIn> {
        let userinfo = self
            .0
            .http
            .get(format!("{}/userinfo", self.0.registration.issuer))
            .bearer_auth(&tokens.access)
            .send()
            .await?
            .text()
            .await?;
        let payload = decode(&tokens.id, 1);
        let claims = payload.as_object().into_iter().flatten();
        Ok(SignedIn {
            claims: claims.map(|(name, value)| (name.clone(), plain(value))).collect(),
            userinfo: serde_json::from_str(&userinfo).map_or(userinfo, |value: Value| pretty(&value)),
            id_token: Decoded { header: pretty(&decode(&tokens.id, 0)), payload: pretty(&payload) },
            access_token: Decoded {
                header: pretty(&decode(&tokens.access, 0)),
                payload: pretty(&decode(&tokens.access, 1)),
            },
            refresh_token: tokens.refresh.clone(),
            refreshes: tokens.refreshes,
        })
    }

    /// Reads the state of this browser, which may be new.
    fn visit<A, B>(&self, headers: &HeaderMap, look: impl FnOnce(&mut Visit) -> (A, B)) -> (String, A, B) {
        let cookies = headers.get(header::COOKIE).and_then(|line| line.to_str().ok()).unwrap_or_default();
        let id = cookies.split("; ").find_map(|pair| pair.strip_prefix("demo=")).map(str::to_owned);
        let mut browsers = self.0.browsers.lock().unwrap_or_else(PoisonError::into_inner);
        let id = id.filter(|id| browsers.contains_key(id)).unwrap_or_else(|| base64url(&self.0.random.bytes::<32>()));
        let (a, b) = look(browsers.entry(id.clone()).or_default());
        (id, a, b)
    }
}

fn with_cookie(id: &str, mut response: Response) -> Response {
    if let Ok(cookie) = HeaderValue::from_str(&format!("demo={id}; Path=/; HttpOnly; SameSite=Lax")) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// A part of a JWT, for display only: it is not verified.
fn decode(token: &str, part: usize) -> Value {
    let bytes = token.split('.').nth(part).and_then(from_base64url).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// An error that the demo does not handle further.
struct Failure(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, format!("{:#}", self.0)).into_response()
    }
}
