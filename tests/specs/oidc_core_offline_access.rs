//! OpenID Connect Core §11: offline access, and refresh tokens without it.

use crate::harness::{TestApp, minutes};

#[tokio::test]
async fn without_offline_access_a_refresh_token_ends_with_the_session() {
    // Back-Channel Logout §2.7
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    assert!(!tokens.scope.contains("offline_access"));
    browser.get(&format!("/end_session?id_token_hint={}", tokens.id_token.as_deref().unwrap())).await;
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
}

#[tokio::test]
async fn with_offline_access_it_outlives_the_session() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let request = rp.request().set("scope", "openid offline_access").set("prompt", "consent");
    let tokens = rp.exchange(&browser.go_through(&request).await.code()).await.tokens();
    assert!(tokens.scope.contains("offline_access"));
    browser.get(&format!("/end_session?id_token_hint={}", tokens.id_token.as_deref().unwrap())).await;
    app.clock.advance(minutes(60 * 24 * 13));
    rp.refresh(tokens.refresh()).await.tokens();
}

#[tokio::test]
async fn offline_access_needs_a_consent_that_names_it() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.authorize(&rp).await.code();
    let request = rp.request().set("scope", "openid offline_access");
    // Nothing can be asked: it is ignored.
    let silent = request.clone().set("prompt", "none");
    let without = rp.exchange(&browser.get(&silent.path()).await.code()).await.tokens();
    assert_eq!(without.scope, "openid");
    // The consent that is remembered does not name it, so the page does.
    let page = browser.get(&request.path()).await;
    page.expect("consent");
    assert!(page.text().contains("Stay connected when you are not using the app"), "{}", page.text());
    let named = rp.exchange(&browser.go_on(page).await.code()).await.tokens();
    assert_eq!(named.scope, "openid offline_access");
    for remembered in [request, silent] {
        let tokens = rp.exchange(&browser.get(&remembered.path()).await.code()).await.tokens();
        assert_eq!(tokens.scope, "openid offline_access");
    }
    let own = app.client(latchkey::oidc::client::metadata::ClientKind::Spa, |new| new.first_party = true).await;
    let first_party = own
        .exchange(&browser.go_through(&own.request().set("scope", "openid offline_access")).await.code())
        .await
        .tokens();
    assert!(first_party.scope.contains("offline_access"));
}

#[tokio::test]
async fn a_refresh_may_repeat_offline_access_that_was_not_granted() {
    // mod_auth_openidc and zitadel/oidc repeat the scope that they first asked for.
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    browser.authorize(&rp).await.code();
    let asked = "openid offline_access";
    let request = rp.request().set("scope", asked).set("prompt", "none");
    let tokens = rp.exchange(&browser.get(&request.path()).await.code()).await.tokens();
    let refresh = |scope: &'static str| {
        let (rp, token) = (rp.clone(), tokens.refresh().to_owned());
        async move {
            let fields = [("grant_type", "refresh_token"), ("refresh_token", &*token), ("scope", scope)];
            rp.post("/token", &fields).await
        }
    };
    assert_eq!(refresh(asked).await.tokens().scope, "openid");
    refresh("openid offline_access phone").await.error("invalid_scope");
}

#[tokio::test]
async fn a_refresh_counts_as_activity_of_the_session() {
    let app = TestApp::new().await;
    let rp = app.spa().await;
    let mut browser = app.browser();
    let mut tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    for _ in 0..4 {
        app.clock.advance(minutes(20 * 60));
        tokens = rp.refresh(tokens.refresh()).await.tokens();
    }
    browser.get(&rp.request().set("prompt", "none").path()).await.code();
}

#[tokio::test]
async fn a_refresh_that_outlives_the_session_does_not_keep_it_alive() {
    let app = TestApp::new().await;
    let rp = app.spa().await;
    let mut browser = app.browser();
    let request = rp.request().set("scope", "openid offline_access").set("prompt", "consent");
    let mut tokens = rp.exchange(&browser.go_through(&request).await.code()).await.tokens();
    for _ in 0..5 {
        app.clock.advance(minutes(20 * 60));
        tokens = rp.refresh(tokens.refresh()).await.tokens();
    }
    // After a hundred hours: nobody has been at this browser, whose session may rest for a day.
    browser.get(&rp.request().set("prompt", "none").path()).await.error("login_required");
    assert!(rp.is_good(&tokens.access_token).await, "what is offline lives on");
}
