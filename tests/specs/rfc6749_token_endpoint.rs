//! RFC 6749: the token endpoint, and RFC 7636, RFC 9700 where they concern it.

use crate::harness::TestApp;

#[tokio::test]
async fn answers_are_json_that_no_cache_keeps() {
    // §5.1
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let reply = rp.exchange(&app.browser().authorize(&rp).await.code()).await;
    assert!(reply.header("content-type").unwrap().starts_with("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("pragma"), Some("no-cache"));
    let tokens = reply.tokens();
    assert_eq!(tokens.expires_in, 600);
    assert_eq!(tokens.scope, "openid profile email");
    for text in [&tokens.access_token, tokens.refresh()] {
        assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "VSCHAR: {text}");
    }
}

#[tokio::test]
async fn client_credentials_give_an_access_token_alone() {
    // §4.4.3
    let app = TestApp::new().await;
    let service = app.service().await;
    let tokens = service.client_credentials().await.tokens();
    assert!(tokens.refresh_token.is_none() && tokens.id_token.is_none());
    assert_eq!(tokens.scope, "read write");
    let narrow =
        service.post("/token", &[("grant_type", "client_credentials"), ("scope", "write admin")]).await.tokens();
    assert_eq!(narrow.scope, "write", "what the client may not have is left out");
    service.post("/token", &[("grant_type", "client_credentials"), ("scope", "admin")]).await.error("invalid_scope");
    app.relying_party().await.client_credentials().await.error("unauthorized_client");
}

#[tokio::test]
async fn a_refresh_can_ask_for_less_and_never_for_more() {
    // §6
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let tokens = rp.tokens_of("alice").await;
    let refresh = |scope: &'static str, token: String| {
        let rp = rp.clone();
        async move {
            rp.post("/token", &[("grant_type", "refresh_token"), ("refresh_token", &token), ("scope", scope)]).await
        }
    };
    let less = refresh("openid", tokens.refresh().to_owned()).await.tokens();
    assert_eq!(less.scope, "openid");
    refresh("openid phone", less.refresh().to_owned()).await.error("invalid_scope");
    let all = refresh("", less.refresh().to_owned()).await.tokens();
    assert_eq!(all.scope, "openid profile email", "the grant is as wide as it was");
}

#[tokio::test]
async fn refresh_tokens_of_public_clients_rotate_and_of_confidential_ones_do_not() {
    // RFC 9700 §4.14.2, FAPI 2.0 §5.3.2.1
    let app = TestApp::new().await;
    for (rp, rotates) in [(app.spa().await, true), (app.relying_party().await, false)] {
        let first = rp.tokens_of("alice").await;
        let second = rp.refresh(first.refresh()).await.tokens();
        assert_eq!(first.refresh() != second.refresh(), rotates);
        assert_eq!(app.rows("refresh_family").await, if rotates { 1 } else { 2 }, "a family is one row");
    }
}

#[tokio::test]
async fn a_refresh_token_dies_of_rest_and_of_age() {
    let app = TestApp::new().await;
    let rp = app.spa().await;
    let request = rp.request().set("scope", "openid offline_access").set("prompt", "consent");
    let days = |n: u64| crate::harness::minutes(n * 24 * 60);
    let code = app.browser().go_through(&request).await.code();
    let rested = rp.exchange(&code).await.tokens();
    app.clock.advance(days(14));
    rp.refresh(rested.refresh()).await.error("invalid_grant");
    let code = app.browser().go_through(&request).await.code();
    let mut tokens = rp.exchange(&code).await.tokens();
    for _ in 0..8 {
        app.clock.advance(days(11));
        tokens = rp.refresh(tokens.refresh()).await.tokens();
    }
    app.clock.advance(days(3));
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
}
