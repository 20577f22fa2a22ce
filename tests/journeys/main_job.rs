//! The main job: a client signs a person in.

use crate::harness::TestApp;

#[tokio::test]
async fn a_person_signs_in_to_an_application_which_refreshes_and_is_signed_out() {
    played_on(&TestApp::new().await).await;
}

/// The journey, wherever it is played.
pub async fn played_on(app: &TestApp) {
    let rp = app.relying_party().await;
    let alice = app.user("alice").await;
    let mut browser = app.browser();

    let answer = browser.authorize(&rp).await;
    assert_eq!(answer.param("state").as_deref(), Some("a state & more"));
    assert_eq!(answer.param("iss").as_deref(), Some(app.issuer()));

    let tokens = rp.exchange(&answer.code()).await.tokens();
    let claims = tokens.id_claims();
    assert_eq!(claims["sub"], alice.sub);
    assert_eq!(claims["aud"], rp.id());
    assert_eq!(claims["nonce"], "n-0S6_WzA2Mj");
    let userinfo = rp.userinfo(&tokens.access_token).await.expect(200).json();
    assert_eq!(userinfo["email"], "alice@example.com");
    assert_eq!(rp.introspect(&tokens.access_token).await.expect(200).json()["active"], true);

    let refreshed = rp.refresh(tokens.refresh()).await.tokens();
    assert_eq!(refreshed.id_claims()["sub"], alice.sub);
    assert!(rp.is_good(&refreshed.access_token).await);

    let hint = refreshed.id_token.clone().unwrap();
    let target = format!("/end_session?id_token_hint={hint}&post_logout_redirect_uri=https://rp.example/bye&state=s1");
    let left = browser.get(&target).await;
    assert_eq!(left.url, "https://rp.example/bye?state=s1");
    rp.userinfo(&refreshed.access_token).await.expect(401);
    rp.refresh(refreshed.refresh()).await.error("invalid_grant");
    browser.get(&rp.request().set("prompt", "none").path()).await.error("login_required");
}
