//! The `openidconnect` crate against a real server on a real port, from discovery to sign-out.

use latchkey::config::Issuer;
use latchkey::server::router::router;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IntrospectionUrl, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, Scope, TokenIntrospectionResponse, TokenResponse, reqwest,
};
use tokio::net::TcpListener;

use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_discovers_signs_in_refreshes_asks_revokes_and_signs_out() {
    let app = TestApp::beside_a_process().await;
    let rp = app.relying_party().await;
    let alice = app.user("alice").await;
    let listener = TcpListener::bind(("127.0.0.1", app.app.config.issuer.port())).await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = {
        let app = app.app.clone();
        tokio::spawn(async move {
            latchkey::server::accept::serve(&app, router(&app), listener, None, async { drop(stopped.await) }).await;
        })
    };
    assert_eq!(Issuer::parse(app.issuer()).unwrap().as_str(), app.issuer());

    let http = reqwest::ClientBuilder::new().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let metadata =
        CoreProviderMetadata::discover_async(IssuerUrl::new(app.issuer().to_owned()).unwrap(), &http).await.unwrap();
    let secret = Some(ClientSecret::new(rp.secret().to_owned()));
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(rp.id().to_owned()), secret)
        .set_redirect_uri(RedirectUrl::new(rp.redirect_uri().to_owned()).unwrap())
        .set_introspection_url(IntrospectionUrl::new(format!("{}/introspect", app.issuer())).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("email".to_owned()))
        .set_pkce_challenge(challenge)
        .url();

    let mut browser = app.browser();
    let page = browser.get(url.as_str()).await;
    let answer = browser.go_on(page).await;
    assert_eq!(answer.param("state").as_deref(), Some(state.secret().as_str()));

    let code = AuthorizationCode::new(answer.code());
    let tokens = client.exchange_code(code).unwrap().set_pkce_verifier(verifier).request_async(&http).await.unwrap();
    let id_token = tokens.id_token().unwrap();
    let verifier = client.id_token_verifier();
    let claims = id_token.claims(&verifier, &nonce).unwrap();
    assert_eq!(claims.subject().as_str(), alice.sub);
    let hash = AccessTokenHash::from_token(
        tokens.access_token(),
        id_token.signing_alg().unwrap(),
        id_token.signing_key(&verifier).unwrap(),
    );
    assert_eq!(claims.access_token_hash(), Some(&hash.unwrap()));

    let subject = Some(claims.subject().clone());
    let userinfo: CoreUserInfoClaims =
        client.user_info(tokens.access_token().clone(), subject).unwrap().request_async(&http).await.unwrap();
    assert_eq!(userinfo.email().unwrap().as_str(), "alice@example.com");

    let refreshed =
        client.exchange_refresh_token(tokens.refresh_token().unwrap()).unwrap().request_async(&http).await.unwrap();
    let again = refreshed.id_token().unwrap().claims(&client.id_token_verifier(), |_: Option<&Nonce>| Ok(())).unwrap();
    assert_eq!(again.subject().as_str(), alice.sub);

    let seen = client.introspect(refreshed.access_token()).request_async(&http).await.unwrap();
    assert!(seen.active());
    // The crate revokes over https only.
    let form = crate::harness::form_encode(&[("token", refreshed.refresh_token().unwrap().secret())]);
    let revoke = http.post(format!("{}/revoke", app.issuer())).header("authorization", rp.basic());
    let revoke = revoke.header("content-type", "application/x-www-form-urlencoded").body(form);
    assert_eq!(revoke.send().await.unwrap().status(), 200);
    let seen = client.introspect(refreshed.access_token()).request_async(&http).await.unwrap();
    assert!(!seen.active());

    let sign_out = format!(
        "/end_session?id_token_hint={}&post_logout_redirect_uri=https://rp.example/bye",
        refreshed.id_token().unwrap()
    );
    assert_eq!(browser.get(&sign_out).await.url, "https://rp.example/bye");

    stop.send(()).unwrap();
    server.await.unwrap();
}
