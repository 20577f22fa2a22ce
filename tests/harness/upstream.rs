//! Other providers: a second Latchkey, and one that answers whatever a test wants.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jws::{ES256, HS256, JwsHeader, JwsSigner};
use josekit::jwt::{self, JwtPayload};
use latchkey::base::encoding::{base64, base64url, sha256};
use latchkey::base::network::Network;
use latchkey::config::words::EmailProof;
use latchkey::config::{self, Config, Issuer};
use latchkey::oidc::client::metadata::ClientKind;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use super::app::TestApp;
use super::browser::{Browser, Page};

/// The secret that we have at the provider that answers whatever a test wants.
const SECRET: &str = "a secret of thirty-two characters";

/// What the configuration says about a provider on this machine.
fn declare(config: &mut Config, upstream: config::Upstream) {
    config.outbound.allowed_networks = vec![Network::parse("127.0.0.0/8").unwrap()];
    config.upstreams.push(upstream);
}

/// A second Latchkey, which the first one reaches on a port. It is called "home".
pub struct Upstream {
    pub app: TestApp,
    declared: config::Upstream,
}

impl Upstream {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = TestApp::with(|config| {
            config.issuer = Issuer::localhost(port);
            change(config);
        })
        .await;
        let service = app.router().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let ours = Config::for_test(Issuer::localhost(8080));
        let callback = ours.issuer.url("/upstream/home/callback");
        let rp = app.client(ClientKind::Web, |new| (new.redirect_uris, new.first_party) = (vec![callback], true)).await;
        let declared = config::Upstream {
            name: "home".to_owned(),
            label: Some("Home".to_owned()),
            issuer: app.issuer().to_owned(),
            client_id: rp.id().to_owned(),
            client_secret: Some(rp.secret().into()),
            email_proof: EmailProof::Claim,
            ..config::Upstream::default()
        };
        Self { app, declared }
    }

    /// Lets people sign in by it.
    pub fn declare(&self, config: &mut Config) {
        declare(config, self.declared.clone());
    }

    /// What the configuration would say about it.
    pub fn declared(&self) -> &config::Upstream {
        &self.declared
    }

    /// Goes there and back as somebody who has an account there.
    pub async fn go(&self, browser: &mut Browser, page: &Page, person: &str) -> Page {
        self.go_by(browser, page.press("upstream"), person).await
    }

    /// The same by another form than that of the sign-in page.
    pub async fn go_by(&self, browser: &mut Browser, form: super::browser::Form, person: &str) -> Page {
        let away = form.submit(browser).await;
        assert!(away.foreign && away.url.starts_with(self.app.issuer()), "to the other provider, not {}", away.url);
        let back = self.sign_in_there(&away.url, person).await;
        browser.get(&back).await
    }

    /// Where somebody is sent back to who signs in there.
    pub async fn sign_in_there(&self, url: &str, person: &str) -> String {
        let mut there = self.app.browser().sign_in(person).await;
        let back = there.get(url).await;
        let back = there.go_on(back).await;
        assert!(back.foreign, "back from there; at {}: {}", back.url, back.text());
        back.url
    }
}

/// What an ID token is signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// With the key that is published.
    Right,
    /// With another key of the same name.
    Swapped,
    /// With a key that is not published, under a name of its own.
    Unknown,
    /// With the secret that both sides have (HS256).
    WithSecret,
    /// With the published key as if it were such a secret.
    WithPublicKey,
    /// Not at all (`alg: none`).
    Not,
}

/// What a provider does that answers whatever a test wants.
#[derive(Clone, Debug)]
pub struct Behaviour {
    pub signed: Signed,
    /// Members of the claims in place of the right ones; `null` leaves one out.
    pub claims: Value,
    /// The same for the metadata.
    pub metadata: Value,
    /// The status with which it describes itself.
    pub describes: u16,
    /// What the UserInfo endpoint says.
    pub userinfo: Value,
    /// Members of the token response in place of the right ones, or more.
    pub tokens: Value,
    /// What the token endpoint says in place of tokens.
    pub token: Option<(u16, String)>,
    /// The status of the revocation endpoint.
    pub revocation: u16,
}

impl Default for Behaviour {
    fn default() -> Self {
        let (claims, metadata, userinfo, tokens) = (json!({}), json!({}), json!({}), json!({}));
        Self { signed: Signed::Right, claims, metadata, describes: 200, userinfo, tokens, token: None, revocation: 200 }
    }
}

struct Parts {
    issuer: String,
    key: EcKeyPair,
    other_key: EcKeyPair,
    behaviour: Behaviour,
    nonce: String,
    /// Where people are sent back to, and the challenge: RFC 7636 §4.3.
    sent: (String, String),
    now: i64,
    /// The bodies of token requests.
    exchanged: Vec<String>,
    /// The bodies of revocation requests.
    revoked: Vec<String>,
    /// How often the keys were asked for.
    keys_read: usize,
}

/// While it is there, the token endpoint answers no refresh.
pub struct Holds(Arc<tokio::sync::Semaphore>);

impl Drop for Holds {
    fn drop(&mut self) {
        self.0.add_permits(1000);
    }
}

/// A provider that answers whatever a test wants. It is called "double".
#[derive(Clone)]
pub struct Double {
    pub issuer: String,
    parts: Arc<Mutex<Parts>>,
    refreshes: Arc<tokio::sync::Semaphore>,
    begun: Arc<tokio::sync::Semaphore>,
}

impl Double {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let key = || {
            let mut key = EcKeyPair::generate(EcCurve::P256).unwrap();
            key.set_key_id(Some("k1"));
            key.set_algorithm(Some("ES256"));
            key
        };
        let parts = Parts {
            issuer: issuer.clone(),
            key: key(),
            other_key: key(),
            behaviour: Behaviour::default(),
            nonce: String::new(),
            sent: (String::new(), String::new()),
            now: 0,
            exchanged: Vec::new(),
            revoked: Vec::new(),
            keys_read: 0,
        };
        let semaphore = |permits| Arc::new(tokio::sync::Semaphore::new(permits));
        let (refreshes, begun) = (semaphore(1000), semaphore(0));
        let double = Self { issuer, parts: Arc::new(Mutex::new(parts)), refreshes, begun };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(keys))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .route("/revoke", post(revoke))
            .with_state(double.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        double
    }

    /// Lets people sign in by it.
    pub fn declare(&self, config: &mut Config) {
        declare(config, self.declared());
    }

    pub fn declared(&self) -> config::Upstream {
        config::Upstream {
            name: "double".to_owned(),
            issuer: self.issuer.clone(),
            client_id: "latchkey".to_owned(),
            client_secret: Some(SECRET.into()),
            email_proof: EmailProof::Claim,
            ..config::Upstream::default()
        }
    }

    pub fn behave(&self, behaviour: Behaviour) {
        self.parts.lock().unwrap().behaviour = behaviour;
    }

    /// Takes another key in place of the published one, with this name.
    pub fn rotate(&self, name: &str) {
        let mut key = EcKeyPair::generate(EcCurve::P256).unwrap();
        key.set_key_id(Some(name));
        key.set_algorithm(Some("ES256"));
        self.parts.lock().unwrap().key = key;
    }

    pub fn exchanged(&self) -> Vec<String> {
        self.parts.lock().unwrap().exchanged.clone()
    }

    /// Answers no refresh from now on.
    pub fn hold_refreshes(&self) -> Holds {
        self.refreshes.forget_permits(1000);
        Holds(Arc::clone(&self.refreshes))
    }

    /// Waits until somebody has asked for a refresh.
    pub async fn refresh_begun(&self) {
        self.begun.acquire().await.unwrap().forget();
    }

    pub fn revoked(&self) -> Vec<String> {
        self.parts.lock().unwrap().revoked.clone()
    }

    pub fn keys_read(&self) -> usize {
        self.parts.lock().unwrap().keys_read
    }

    /// Sets out from a page with the button of this provider, and returns the address to which it sends people back, with a code.
    pub async fn set_out(&self, browser: &mut Browser) -> String {
        let page = browser.get("/sign-in?account=another").await;
        let form = page.press("upstream").fill("upstream", "double");
        self.set_out_by(browser, form).await
    }

    pub async fn set_out_by(&self, browser: &mut Browser, form: super::browser::Form) -> String {
        let away = form.submit(browser).await;
        assert!(away.foreign && away.url.starts_with(&self.issuer), "to the double, not {}: {}", away.url, away.text());
        let url = url::Url::parse(&away.url).unwrap();
        let names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        let once: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(names.len(), once.len(), "a parameter is there twice, which RFC 6749 §3.1 forbids: {url}");
        let sent = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let mut parts = self.parts.lock().unwrap();
        parts.nonce = sent("nonce").expect("a nonce");
        parts.now = browser.app.app.now().micros() / 1_000_000;
        let (back, state) = (sent("redirect_uri").unwrap(), sent("state").unwrap());
        assert_eq!(
            (sent("response_type").as_deref(), sent("code_challenge_method").as_deref()),
            (Some("code"), Some("S256"))
        );
        assert!(state.len() <= 64, "some providers take no longer state");
        parts.sent = (back.clone(), sent("code_challenge").expect("a challenge"));
        format!("{back}?code=a-code&state={state}")
    }

    /// Goes there and back.
    pub async fn go(&self, browser: &mut Browser) -> Page {
        let back = self.set_out(browser).await;
        browser.get(&back).await
    }
}

/// Puts members in the place of others.
fn patched(mut right: Value, patch: &Value) -> Value {
    for (name, value) in patch.as_object().unwrap() {
        match value {
            Value::Null => drop(right.as_object_mut().unwrap().remove(name)),
            value => right[name] = value.clone(),
        }
    }
    right
}

async fn metadata(State(double): State<Double>) -> impl IntoResponse {
    let parts = double.parts.lock().unwrap();
    let issuer = &parts.issuer;
    let right = json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"), "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"), "revocation_endpoint": format!("{issuer}/revoke"), "jwks_uri": format!("{issuer}/jwks"), "response_types_supported": ["code"],
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
    });
    (StatusCode::from_u16(parts.behaviour.describes).unwrap(), axum::Json(patched(right, &parts.behaviour.metadata)))
}

async fn keys(State(double): State<Double>) -> impl IntoResponse {
    let mut parts = double.parts.lock().unwrap();
    parts.keys_read += 1;
    axum::Json(json!({ "keys": [parts.key.to_jwk_public_key()] }))
}

async fn userinfo(State(double): State<Double>) -> impl IntoResponse {
    axum::Json(double.parts.lock().unwrap().behaviour.userinfo.clone())
}

/// Whether our client asks, with its secret in one place: RFC 6749 §2.3.1.
fn is_authentic(headers: &HeaderMap, form: &BTreeMap<String, String>) -> bool {
    let in_header = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let in_form = [form.get("client_id"), form.get("client_secret")].map(|value| value.map(String::as_str));
    match in_header {
        Some(value) => {
            let expected = format!("latchkey:{}", SECRET.replace(' ', "+"));
            value == format!("Basic {}", base64(expected.as_bytes())) && in_form[1].is_none()
        }
        None => in_form == [Some("latchkey"), Some(SECRET)],
    }
}

/// What is wrong with a token request: RFC 6749 §4.1.3 and §5.2, RFC 7636 §4.6.
fn wrong(parts: &Parts, headers: &HeaderMap, body: &str) -> Option<(StatusCode, &'static str)> {
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    if !is_authentic(headers, &form) {
        return Some((StatusCode::UNAUTHORIZED, "invalid_client"));
    }
    if form["grant_type"] == "refresh_token" {
        return None;
    }
    let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let challenge = base64url(&sha256(get("code_verifier").as_bytes()));
    let is_right = get("code") == "a-code" && (get("redirect_uri"), &*challenge) == (&*parts.sent.0, &*parts.sent.1);
    (!is_right).then_some((StatusCode::BAD_REQUEST, "invalid_grant"))
}

async fn token(State(double): State<Double>, headers: HeaderMap, body: String) -> impl IntoResponse {
    if body.contains("grant_type=refresh_token") {
        double.begun.add_permits(1);
        let _turn = double.refreshes.acquire().await.unwrap();
    }
    let mut parts = double.parts.lock().unwrap();
    let wrong = wrong(&parts, &headers, &body);
    parts.exchanged.push(body);
    if let Some((status, body)) = &parts.behaviour.token {
        return (StatusCode::from_u16(*status).unwrap(), [("content-type", "application/json")], body.clone());
    }
    if let Some((status, error)) = wrong {
        return (status, [("content-type", "application/json")], json!({ "error": error }).to_string());
    }
    let right = json!({
        "iss": parts.issuer, "sub": "ann", "aud": "latchkey", "nonce": parts.nonce, "iat": parts.now, "exp": parts.now + 300,
        "name": "Ann Example", "email": "ann@example.com", "email_verified": true,
    });
    let claims = patched(right, &parts.behaviour.claims);
    let token = signed(&parts, claims.as_object().unwrap().clone());
    let body =
        json!({ "access_token": "an-access-token", "token_type": "Bearer", "expires_in": 300, "id_token": token });
    let body = patched(body, &parts.behaviour.tokens);
    (StatusCode::OK, [("content-type", "application/json")], body.to_string())
}

async fn revoke(State(double): State<Double>, headers: HeaderMap, body: String) -> StatusCode {
    let mut parts = double.parts.lock().unwrap();
    if !is_authentic(&headers, &url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()) {
        return StatusCode::UNAUTHORIZED;
    }
    parts.revoked.push(body);
    StatusCode::from_u16(parts.behaviour.revocation).unwrap()
}

fn signed(parts: &Parts, claims: Map<String, Value>) -> String {
    let payload = JwtPayload::from_map(claims).unwrap();
    let mut header = JwsHeader::new();
    header.set_token_type("JWT");
    header.set_key_id(parts.key.key_id().unwrap());
    let with_secret = |secret: &[u8]| -> Box<dyn JwsSigner> { Box::new(HS256.signer_from_bytes(secret).unwrap()) };
    let with_key = |key: &Jwk| -> Box<dyn JwsSigner> { Box::new(ES256.signer_from_jwk(key).unwrap()) };
    let signer = match parts.behaviour.signed {
        Signed::Right => with_key(&parts.key.to_jwk_key_pair()),
        Signed::Swapped => with_key(&parts.other_key.to_jwk_key_pair()),
        Signed::Unknown => {
            let mut key = parts.other_key.to_jwk_key_pair();
            key.set_key_id("another");
            with_key(&key)
        }
        Signed::WithSecret => with_secret(SECRET.as_bytes()),
        Signed::WithPublicKey => with_secret(parts.key.to_pem_public_key().as_slice()),
        Signed::Not => return jwt::encode_unsecured(&payload, &header).unwrap(),
    };
    jwt::encode_with_signer(&payload, &header, &*signer).unwrap()
}
