//! RFC 9470: an API asks for a stronger or a more recent sign-in than that of the access token.

use serde_json::Value;

use crate::harness::{PASSWORD, Page, Passkey, RelyingParty, TestApp, minutes};

/// What an API says to a token (RFC 9470 §3): nothing if it is good, else what the client has to ask for.
fn challenge(app: &TestApp, token: &Value) -> Option<[(&'static str, &'static str); 2]> {
    let age = app.app.now().micros() / 1_000_000 - token["auth_time"].as_i64().unwrap();
    let is_good = token["acr"] == "urn:latchkey:acr:2fa" && age <= 300;
    (!is_good).then_some([("acr_values", "urn:latchkey:acr:2fa"), ("max_age", "300")])
}

/// The claims of the access token that a client got.
async fn token(rp: &RelyingParty, page: &Page) -> Value {
    rp.exchange(&page.code()).await.tokens().access_claims()
}

#[tokio::test]
async fn a_client_that_passes_the_challenge_on_gets_a_token_that_the_api_takes() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let authenticator = browser.set_up_authenticator().await;
    let page = browser.type_password("alice", PASSWORD).await;
    let code = authenticator.code(&app);
    page.form().fill("code", &code).fill("trust", "yes").submit(&mut browser).await.reply.expect(200);
    browser.type_password("alice", PASSWORD).await.reply.expect(200);
    let page = browser.get(&rp.request().path()).await;
    let weak = token(&rp, &browser.go_on(page).await).await;
    let challenge_of_api = challenge(&app, &weak).expect("a sign-in with one factor is too weak");
    // RFC 9470 §4: the client repeats the values in its next request.
    let stronger = challenge_of_api.iter().fold(rp.request(), |request, (name, value)| request.set(name, value));
    app.pass(minutes(1)).await;
    let page = browser.get(&stronger.path()).await;
    let page =
        page.expect("sign-in").form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut browser).await;
    let page = page.expect("second-factor").form().fill("code", &authenticator.code(&app)).submit(&mut browser).await;
    let good = token(&rp, &browser.go_on(page).await).await;
    assert_eq!(challenge(&app, &good), None, "{good:#}");
    // As long as the sign-in is recent, the same request needs nobody; later it asks again.
    let page = browser.get(&stronger.path()).await;
    assert_eq!(challenge(&app, &token(&rp, &page).await), None);
    app.pass(minutes(6)).await;
    assert!(challenge(&app, &good).is_some());
    browser.get(&stronger.path()).await.expect("sign-in");
    browser.get(&stronger.set("prompt", "none").path()).await.error("login_required");
}

#[tokio::test]
async fn a_person_who_cannot_reach_the_class_goes_on_and_the_api_sees_it() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = browser.go_through(&rp.request().set("acr_values", "urn:latchkey:acr:2fa")).await;
    let weak = token(&rp, &page).await;
    assert_eq!(weak["acr"], "urn:latchkey:acr:1fa");
    assert!(challenge(&app, &weak).is_some());
}

#[tokio::test]
async fn a_person_with_a_passkey_and_no_app_is_asked_for_it_when_the_client_wants_two_factors() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let mut passkey = browser.add_passkey(Passkey::new(&app)).await;
    let mut other = app.browser();
    let page = other.get(&rp.request().set("acr_values", "urn:latchkey:acr:2fa").path()).await;
    let page = page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut other).await;
    let page = other.use_passkey(page.expect("second-factor"), &mut passkey).await;
    let page = other.go_on(page).await;
    assert_eq!(token(&rp, &page).await["acr"], "phr");
    // Without the wish the password is enough, as in a browser that has no passkeys.
    app.browser().type_password("alice", PASSWORD).await.reply.expect(200);
}

#[tokio::test]
async fn what_a_session_takes_over_is_as_old_as_it_was() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let signed_in_at = app.app.now();
    app.clock.advance(minutes(2));
    // An app that is set up now renews the session, and nobody has typed the password once more.
    browser.set_up_authenticator().await;
    let page = browser.get(&rp.request().path()).await;
    let claims = token(&rp, &browser.go_on(page).await).await;
    let auth_time = claims["auth_time"].as_i64();
    assert_eq!((claims["acr"].as_str(), auth_time), (Some("urn:latchkey:acr:2fa"), Some(signed_in_at.seconds())));
    app.pass(minutes(4)).await;
    browser.get("/account/data").await.expect("sign-in");
}
