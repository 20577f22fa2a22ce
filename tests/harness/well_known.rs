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
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jwk::alg::rsa::RsaKeyPair;
use josekit::jws::{ES256, JwsHeader, RS256};
use josekit::jwt::{self, JwtPayload};
use latchkey::base::encoding::{base64url, sha256};
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
    /// The settings of the providers that are declared.
    declared: BTreeMap<String, Upstream>,
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
        let parts = Parts {
            seen: Vec::new(),
            answers: BTreeMap::new(),
            pages: BTreeMap::new(),
            declared: BTreeMap::new(),
            sent: BTreeMap::new(),
            now: 0,
        };
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
        self.parts.lock().unwrap().declared.insert(preset.to_owned(), upstream.clone());
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
        self.is_as_documented(&parts, &url, &sent);
        parts.sent = sent.clone();
        parts.now = browser.app.app.now().micros() / 1_000_000;
        drop(parts);
        (url, sent)
    }

    /// An authorization request is as the documentation of its provider wants it: RFC 6749 §4.1.1, RFC 7636 §4.3.
    #[track_caller]
    fn is_as_documented(&self, parts: &Parts, url: &Url, sent: &BTreeMap<String, String>) {
        let get = |name: &str| sent.get(name).map(String::as_str);
        let name = name_of(sent);
        let known = Known::of(&name);
        let place = match known.authorization_endpoint {
            Some(place) => self.here(place),
            None => parts.described(&name)["authorization_endpoint"].as_str().unwrap().to_owned(),
        };
        assert_eq!(url.as_str().split('?').next(), Some(&*place), "where people go");
        assert_eq!((get("response_type"), get("client_id")), (Some("code"), Some(CLIENT)), "{sent:?}");
        assert_eq!(get("scope"), Some(known.scope));
        assert_eq!(get("code_challenge_method"), known.has_pkce.then_some("S256"), "{sent:?}");
        assert_eq!(sent.contains_key("code_challenge"), known.has_pkce, "{sent:?}");
    }

    /// The address to which people are sent back with a code, and these parameters.
    pub fn back(sent: &BTreeMap<String, String>, more: &str) -> String {
        format!("{}?code={CODE}&state={}{more}", sent["redirect_uri"], sent["state"])
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

/// The code with which people are sent back.
const CODE: &str = "a-code";

/// The name of the provider that somebody has set out to.
fn name_of(sent: &BTreeMap<String, String>) -> String {
    let path = sent.get("redirect_uri").map(String::as_str).unwrap_or_default();
    path.rsplit('/').nth(1).unwrap_or_default().to_owned()
}

/// How a provider wants to know who asks at its token endpoint.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proves {
    /// By the header: RFC 6749 §2.3.1.
    InHeader,
    /// The same, with the client's name in the form, too.
    InHeaderAndNamed,
    /// By the form.
    InForm,
    /// By a JWT in the form, which a test opens.
    Signed,
}

/// What the documentation of a provider says: `docs/upstreams.md`.
struct Known {
    /// Where people are sent to; `None` where its metadata says so.
    authorization_endpoint: Option<&'static str>,
    /// What is asked for.
    scope: &'static str,
    has_pkce: bool,
    proves: Proves,
}

impl Known {
    fn of(name: &str) -> Self {
        let (place, scope, proves) = match name {
            "apple" => (None, "openid name email", Proves::Signed),
            "discord" => (Some("https://discord.com/oauth2/authorize"), "identify email", Proves::InHeader),
            "facebook" => (Some("https://www.facebook.com/v25.0/dialog/oauth"), "public_profile email", Proves::InForm),
            "github" => (Some("https://github.com/login/oauth/authorize"), "read:user user:email", Proves::InForm),
            "gitlab" | "google" | "microsoft" => (None, "openid profile email", Proves::InHeader),
            "linkedin" => (None, "openid profile email", Proves::InForm),
            "telegram" => (None, "openid profile", Proves::InHeaderAndNamed),
            "vk" => (Some("https://id.vk.com/authorize"), "vkid.personal_info email", Proves::InForm),
            "x" => (Some("https://x.com/i/oauth2/authorize"), "users.read tweet.read users.email", Proves::InHeader),
            "yandex" => (Some("https://oauth.yandex.com/authorize"), "login:info login:email", Proves::InHeader),
            other => panic!("what does {other} want?"),
        };
        Self { authorization_endpoint: place, scope, has_pkce: name != "linkedin", proves }
    }
}

impl Parts {
    /// What a provider says about itself.
    fn described(&self, name: &str) -> Value {
        let place = format!("{}/.well-known/openid-configuration", self.declared[name].issuer);
        let path = Url::parse(&place).unwrap().path().to_owned();
        let seen = Seen { path: path.clone(), query: BTreeMap::new(), form: BTreeMap::new(), authorization: None };
        self.answers[&path](&seen).1
    }

    /// What is wrong with a token request: RFC 6749 §4.1.3 and §6, RFC 7636 §4.6.
    fn wrong(&self, seen: &Seen) -> Option<&'static str> {
        let get = |name: &str| seen.form.get(name).map(String::as_str);
        let grant = get("grant_type").filter(|_| !self.sent.is_empty())?;
        let is_authentic = match (Known::of(&name_of(&self.sent)).proves, basic(seen)) {
            (Proves::InHeader, true) => get("client_secret").is_none(),
            (Proves::InHeaderAndNamed, true) => get("client_secret").is_none() && get("client_id") == Some(CLIENT),
            (Proves::InForm, false) => (get("client_id"), get("client_secret")) == (Some(CLIENT), Some(SECRET)),
            (Proves::Signed, false) => get("client_id") == Some(CLIENT) && get("client_secret").is_some(),
            _ => false,
        };
        if !is_authentic || seen.authorization.is_some() != basic(seen) {
            return Some("invalid_client");
        }
        let challenge = get("code_verifier").map(|verifier| base64url(&sha256(verifier.as_bytes())));
        let is_right = get("code") == Some(CODE)
            && get("redirect_uri") == self.sent.get("redirect_uri").map(String::as_str)
            && challenge.as_ref() == self.sent.get("code_challenge");
        (grant == "authorization_code" && !is_right).then_some("invalid_grant")
    }
}

/// Whether a request has the secret in its header: RFC 6749 §2.3.1.
pub fn basic(seen: &Seen) -> bool {
    let expected = format!("{CLIENT}:{}", SECRET.replace(' ', "+"));
    seen.authorization.as_deref() == Some(&format!("Basic {}", STANDARD.encode(expected)))
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
        if let Some(error) = parts.wrong(&seen) {
            return (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": error }))).into_response();
        }
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
