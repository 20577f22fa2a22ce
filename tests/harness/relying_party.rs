//! A client, from its own side.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use latchkey::base::encoding::{base64url, sha256};
use latchkey::base::random::Random;
use latchkey::base::secret::Secret;
use latchkey::oidc::client::metadata::Client;
use serde_json::Value;

use super::app::TestApp;
use super::browser::{Authorize, Page};
use super::http::Reply;

/// A verifier and its S256 challenge.
pub fn pkce() -> (String, String) {
    let verifier = base64url(&Random::System.bytes::<32>());
    let challenge = base64url(&sha256(verifier.as_bytes()));
    (verifier, challenge)
}

/// What a client got for a code or a refresh token.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access_token: String,
    pub refresh_token: Option<String>,
    pub id_token: Option<String>,
    pub scope: String,
    pub expires_in: u64,
}

impl Tokens {
    #[track_caller]
    pub fn refresh(&self) -> &str {
        self.refresh_token.as_deref().expect("a refresh token")
    }

    /// The claims of the ID token, not verified.
    #[track_caller]
    pub fn id_claims(&self) -> Value {
        claims(self.id_token.as_deref().expect("an ID token"))
    }

    pub fn access_claims(&self) -> Value {
        claims(&self.access_token)
    }
}

/// The payload of a JWT, not verified.
pub fn claims(jwt: &str) -> Value {
    let payload = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

impl Reply {
    #[track_caller]
    pub fn tokens(self) -> Tokens {
        let json = self.expect(200).json();
        let text = |name: &str| json[name].as_str().map(str::to_owned);
        assert_eq!(json["token_type"], "Bearer");
        Tokens {
            access_token: text("access_token").expect("an access token"),
            refresh_token: text("refresh_token"),
            id_token: text("id_token"),
            scope: text("scope").unwrap_or_default(),
            expires_in: json["expires_in"].as_u64().expect("expires_in"),
        }
    }
}

/// A client.
#[derive(Clone)]
pub struct RelyingParty {
    pub app: TestApp,
    pub client: Client,
    pub secret: Option<Secret>,
    pub verifier: String,
    pub challenge: String,
}

impl RelyingParty {
    pub fn new(app: &TestApp, client: Client, secret: Option<Secret>) -> Self {
        let (verifier, challenge) = pkce();
        Self { app: app.clone(), client, secret, verifier, challenge }
    }

    /// What the ID token of a sign-in says about it.
    pub async fn claims(&self, page: &Page) -> Value {
        self.exchange(&page.code()).await.tokens().id_claims()
    }

    /// By which methods and how strongly somebody has signed in.
    pub async fn told(&self, page: &Page) -> (Vec<String>, String) {
        let claims = self.claims(page).await;
        let amr = claims["amr"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
        (amr, claims["acr"].as_str().unwrap().to_owned())
    }

    /// The same client at another provider.
    pub fn on(&self, app: &TestApp) -> Self {
        Self { app: app.clone(), ..self.clone() }
    }

    pub fn id(&self) -> &str {
        &self.client.client_id
    }

    pub fn secret(&self) -> &str {
        self.secret.as_ref().expect("a client with a secret").expose()
    }

    pub fn redirect_uri(&self) -> &str {
        &self.client.redirect_uris[0]
    }

    /// A request for authorization as this client makes it: openid, state, nonce, PKCE.
    pub fn request(&self) -> Authorize {
        Authorize::new()
            .set("client_id", self.id())
            .set("redirect_uri", self.redirect_uri())
            .set("response_type", "code")
            .set("scope", "openid profile email")
            .set("state", "a state & more")
            .set("nonce", "n-0S6_WzA2Mj")
            .set("code_challenge", &self.challenge)
            .set("code_challenge_method", "S256")
    }

    pub fn basic(&self) -> String {
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(self.id()), encode(self.secret()))))
    }

    /// A request to an endpoint where clients authenticate.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        match &self.secret {
            Some(_) => self.app.post_with(path, fields, &[("authorization", &self.basic())]).await,
            None => {
                let mut fields = fields.to_vec();
                fields.push(("client_id", self.id()));
                self.app.post(path, &fields).await
            }
        }
    }

    pub async fn exchange(&self, code: &str) -> Reply {
        self.exchange_with(code, self.redirect_uri(), &self.verifier).await
    }

    pub async fn exchange_with(&self, code: &str, redirect_uri: &str, verifier: &str) -> Reply {
        let grant = ("grant_type", "authorization_code");
        self.post("/token", &[grant, ("code", code), ("redirect_uri", redirect_uri), ("code_verifier", verifier)]).await
    }

    pub async fn refresh(&self, refresh_token: &str) -> Reply {
        self.post("/token", &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    pub async fn client_credentials(&self) -> Reply {
        self.post("/token", &[("grant_type", "client_credentials")]).await
    }

    pub async fn userinfo(&self, access_token: &str) -> Reply {
        let request = http::Request::get(self.app.path("/userinfo"));
        let request = request.header("authorization", format!("Bearer {access_token}"));
        self.app.send(request.body(axum::body::Body::empty()).unwrap()).await
    }

    pub async fn introspect(&self, token: &str) -> Reply {
        self.post("/introspect", &[("token", token)]).await
    }

    pub async fn revoke(&self, token: &str) -> Reply {
        self.post("/revoke", &[("token", token)]).await
    }

    /// Whether an access token is good for anything here.
    pub async fn is_good(&self, access_token: &str) -> bool {
        self.userinfo(access_token).await.status == 200
    }

    /// Tokens of a new sign-in of this person in a new browser.
    pub async fn tokens_of(&self, user: &str) -> Tokens {
        let code = self.app.browser().sign_in(user).await.authorize(self).await.code();
        self.exchange(&code).await.tokens()
    }
}
