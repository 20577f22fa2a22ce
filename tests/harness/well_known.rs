//! The well-known providers, each as its documentation says that it answers: `docs/upstreams.md`.
//!
//! All of them are one server on this machine. A provider's address `https://HOST/PATH` is `/HOST/PATH` there, so that paths stay what
//! they are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jwk::alg::rsa::RsaKeyPair;
use josekit::jws::{ES256, JwsHeader, RS256};
use josekit::jwt::{self, JwtPayload};
use latchkey::base::network::Network;
use latchkey::config::{Config, Upstream};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use url::Url;

use super::browser::{Browser, Form, Page};

/// The client that we are at each of them.
pub const CLIENT: &str = "our-client";

/// The secret that we have there.
pub const SECRET: &str = "a secret of thirty-two characters";

/// A request that has come, as far as it matters.
#[derive(Clone, Debug)]
pub struct Seen {
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub form: BTreeMap<String, String>,
    pub authorization: Option<String>,
}

/// What a provider answers at one path: a status and JSON, which is the address where it redirects.
pub type Answers = Arc<dyn Fn(&Seen) -> (u16, Value) + Send + Sync>;

struct Parts {
    seen: Vec<Seen>,
    answers: BTreeMap<String, Answers>,
    /// The address of the second page of a list, by the path of the first one.
    pages: BTreeMap<String, String>,
    /// The parameters of the last authorization request.
    sent: BTreeMap<String, String>,
    /// The moment of the clock that tests set, in seconds.
    now: i64,
}

/// The well-known providers.
#[derive(Clone)]
pub struct WellKnown {
    base: String,
    key: Arc<RsaKeyPair>,
    parts: Arc<Mutex<Parts>>,
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

impl WellKnown {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let mut key = RS256.generate_key_pair(2048).unwrap();
        key.set_key_id(Some("k1"));
        key.set_algorithm(Some("RS256"));
        let parts =
            Parts { seen: Vec::new(), answers: BTreeMap::new(), pages: BTreeMap::new(), sent: BTreeMap::new(), now: 0 };
        let all = Self { base, key: Arc::new(key), parts: Arc::new(Mutex::new(parts)) };
        let router = Router::new().fallback(answer).with_state(all.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        all
    }

    /// The address here of one that the provider has.
    pub fn here(&self, address: &str) -> String {
        address.replacen("https://", &format!("{}/", self.base), 1)
    }

    /// Declares a provider by its preset, with what an operator adds, at its addresses here.
    pub fn declare(&self, config: &mut Config, preset: &str, more: &[(&str, &str)]) {
        let keys = [&[("preset", preset), ("client_id", CLIENT)], more].concat();
        let mut keys: BTreeMap<String, String> =
            keys.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        if preset != "apple" {
            keys.insert("client_secret".to_owned(), SECRET.to_owned());
        }
        let mut upstream = Upstream::of_keys(preset, &keys).unwrap_or_else(|problems| panic!("{preset}: {problems}"));
        upstream.issuer = self.here(&upstream.issuer);
        for address in [
            &mut upstream.issuer_template,
            &mut upstream.authorization_endpoint,
            &mut upstream.token_endpoint,
            &mut upstream.userinfo_endpoint,
            &mut upstream.emails_endpoint,
            &mut upstream.organizations_endpoint,
        ] {
            *address = address.as_deref().map(|address| self.here(address));
        }
        config.outbound.allowed_networks = vec![Network::parse("127.0.0.0/8").unwrap()];
        config.upstreams.push(upstream);
    }

    /// What is answered at an address of the provider.
    pub fn at(&self, address: &str, answers: impl Fn(&Seen) -> (u16, Value) + Send + Sync + 'static) {
        let path = Url::parse(&self.here(address)).unwrap().path().to_owned();
        self.parts.lock().unwrap().answers.insert(path, Arc::new(answers));
    }

    /// Has the list at an address go on at another one, as a header says: RFC 8288.
    pub fn goes_on(&self, address: &str, at: &str) {
        let path = Url::parse(&self.here(address)).unwrap().path().to_owned();
        self.parts.lock().unwrap().pages.insert(path, self.here(at));
    }

    /// The same, whatever is asked.
    pub fn says(&self, address: &str, value: Value) {
        self.at(address, move |_| (200, value.clone()));
    }

    /// Describes an OpenID provider with this issuer, whose authorization endpoint and token endpoint are here.
    pub fn describe(&self, issuer: &str, [authorize, token]: [&str; 2], more: &Value) {
        let written = self.here(issuer);
        let mut metadata = json!({
            "issuer": written, "authorization_endpoint": self.here(authorize), "token_endpoint": self.here(token),
            "jwks_uri": format!("{written}/keys"), "response_types_supported": ["code"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
        });
        for (name, value) in more.as_object().unwrap() {
            metadata[name] = value.clone();
        }
        let keys = json!({ "keys": [self.key.to_jwk_public_key()] });
        self.says(&format!("{issuer}/.well-known/openid-configuration"), metadata);
        self.says(&format!("{issuer}/keys"), keys);
    }

    /// Tokens with an ID token of these claims; `iss`, `aud`, `iat`, `exp` and the nonce of the request are added where they are missing.
    pub fn tokens(&self, issuer: &str, claims: &Value) -> Value {
        let parts = self.parts.lock().unwrap();
        let mut all = json!({
            "iss": self.here(issuer), "aud": CLIENT, "iat": parts.now, "exp": parts.now + 300,
            "nonce": parts.sent.get("nonce"),
        });
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        let claims: Map<String, Value> =
            all.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
        let mut header = JwsHeader::new();
        header.set_key_id("k1");
        let signer = RS256.signer_from_jwk(&self.key.to_jwk_key_pair()).unwrap();
        let token = jwt::encode_with_signer(&JwtPayload::from_map(claims).unwrap(), &header, &signer).unwrap();
        json!({ "access_token": "an-access-token", "token_type": "Bearer", "expires_in": 300, "id_token": token })
    }

    /// Has the token endpoint give tokens with an ID token of these claims.
    pub fn gives(&self, token_endpoint: &str, issuer: &str, claims: Value) {
        let (all, issuer) = (self.clone(), issuer.to_owned());
        self.at(token_endpoint, move |_| (200, all.tokens(&issuer, &claims)));
    }

    /// Sets out from the sign-in page; returns the parameters of the request there, and the address of it.
    pub async fn set_out(&self, browser: &mut Browser, name: &str) -> (Url, BTreeMap<String, String>) {
        let page = browser.get("/sign-in?account=another").await;
        self.set_out_by(browser, page.press("upstream").fill("upstream", name)).await
    }

    /// The same by another form than that of the sign-in page.
    pub async fn set_out_by(&self, browser: &mut Browser, form: Form) -> (Url, BTreeMap<String, String>) {
        let away = form.submit(browser).await;
        assert!(away.foreign && away.url.starts_with(&self.base), "to a provider, not {}: {}", away.url, away.text());
        let url = Url::parse(&away.url).unwrap();
        let sent = pairs(url.query().unwrap_or_default());
        assert!(sent["state"].len() <= 64, "some providers take no longer state");
        let mut parts = self.parts.lock().unwrap();
        parts.sent = sent.clone();
        parts.now = browser.app.app.now().micros() / 1_000_000;
        drop(parts);
        (url, sent)
    }

    /// The address to which people are sent back with a code, and these parameters.
    pub fn back(sent: &BTreeMap<String, String>, more: &str) -> String {
        format!("{}?code=a-code&state={}{more}", sent["redirect_uri"], sent["state"])
    }

    /// Goes there and back.
    pub async fn go(&self, browser: &mut Browser, name: &str, more: &str) -> Page {
        let (_, sent) = self.set_out(browser, name).await;
        browser.get(&Self::back(&sent, more)).await
    }

    /// The requests that have come to an address of the provider.
    pub fn seen(&self, address: &str) -> Vec<Seen> {
        let path = Url::parse(&self.here(address)).unwrap().path().to_owned();
        self.parts.lock().unwrap().seen.iter().filter(|one| one.path == path).cloned().collect()
    }

    /// Forgets them.
    pub fn forget(&self) {
        self.parts.lock().unwrap().seen.clear();
    }
}

/// A key of the kind that Apple gives, in PEM.
pub fn apple_key() -> (EcKeyPair, String) {
    let key = EcKeyPair::generate(EcCurve::P256).unwrap();
    let pem = String::from_utf8(key.to_pem_private_key()).unwrap();
    (key, pem)
}

/// The claims of a JWT that this key has signed, and its header.
pub fn opened(key: &EcKeyPair, token: &str) -> (Value, Value) {
    let verifier = ES256.verifier_from_jwk(&key.to_jwk_public_key()).unwrap();
    let (payload, header) = jwt::decode_with_verifier(token, &verifier).expect("a JWT that the key has signed");
    (Value::Object(payload.claims_set().clone()), Value::Object(header.claims_set().clone()))
}

async fn answer(State(all): State<WellKnown>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let form = if method == Method::POST { pairs(std::str::from_utf8(&body).unwrap()) } else { BTreeMap::new() };
    let query = pairs(uri.query().unwrap_or_default());
    let seen = Seen { path: uri.path().to_owned(), query, form, authorization: text(header::AUTHORIZATION) };
    let (answers, page) = {
        let mut parts = all.parts.lock().unwrap();
        parts.seen.push(seen.clone());
        (parts.answers.get(&seen.path).cloned(), parts.pages.get(&seen.path).cloned())
    };
    match answers {
        Some(answers) => {
            let (status, value) = answers(&seen);
            let location = value.as_str().filter(|_| (300..400).contains(&status)).map(|to| to.parse().unwrap());
            let mut response = (StatusCode::from_u16(status).unwrap(), axum::Json(value)).into_response();
            if let Some(location) = location {
                response.headers_mut().insert(header::LOCATION, location);
            }
            if let Some(page) = page {
                let links = format!("<{page}>; rel=\"next\", <{page}>; rel=\"last\"");
                response.headers_mut().insert(header::LINK, links.parse().unwrap());
            }
            response
        }
        None => (StatusCode::NOT_FOUND, "nothing is here").into_response(),
    }
}
