//! RFC 7662: introspection.

use latchkey::oidc::client::metadata::ClientKind;

use crate::harness::{TestApp, minutes, seconds};

#[tokio::test]
async fn an_active_token_is_described_and_an_inactive_one_is_not() {
    // §2.2
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let alice = app.user("alice").await;
    let tokens = rp.tokens_of("alice").await;
    let reply = rp.introspect(&tokens.access_token).await.expect(200);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let seen = reply.json();
    assert_eq!(seen["active"], true);
    assert_eq!(seen["client_id"], rp.id());
    assert_eq!(seen["sub"], alice.sub);
    assert_eq!(seen["username"], "alice");
    assert_eq!(seen["iss"], app.issuer());
    assert_eq!(seen["token_type"], "Bearer");
    assert_eq!(seen["scope"], "openid profile email");
    assert!(seen["exp"].is_i64() && seen["iat"].is_i64() && seen["jti"].is_string());
    assert_eq!(rp.introspect(tokens.refresh()).await.json()["active"], true);
    app.clock.advance(minutes(10));
    assert_eq!(rp.introspect(&tokens.access_token).await.json(), serde_json::json!({ "active": false }));
}

#[tokio::test]
async fn a_refresh_token_is_active_as_long_as_it_would_be_answered() {
    let app = TestApp::new().await;
    let rp = app.client(ClientKind::Web, |new| new.metadata.rotate_refresh_tokens = Some(true)).await;
    let tokens = rp.tokens_of("alice").await;
    let first = rp.refresh(tokens.refresh()).await.tokens();
    let second = rp.refresh(first.refresh()).await.tokens();
    let active = |token: String| {
        let rp = rp.clone();
        async move { rp.introspect(&token).await.json()["active"] == true }
    };
    for token in [&tokens, &first, &second] {
        assert!(active(token.refresh().to_owned()).await);
    }
    app.clock.advance(seconds(31));
    assert!(!active(tokens.refresh().to_owned()).await, "who presents it now ends the family");
    assert!(active(first.refresh().to_owned()).await, "its successor is unused");
    assert!(active(second.refresh().to_owned()).await);
    // To look at it is not to present it.
    rp.refresh(second.refresh()).await.tokens();
}

#[tokio::test]
async fn a_client_that_stands_for_a_resource_may_look_into_tokens_made_for_it() {
    let app = TestApp::new().await;
    let api = "https://api.example";
    let caller = app
        .client(ClientKind::Service, |new| {
            new.redirect_uris.clear();
            new.metadata.default_resources = vec![api.to_owned()];
        })
        .await;
    let resource = app
        .client(ClientKind::Service, |new| {
            new.redirect_uris.clear();
            new.metadata.resource_identifiers = vec![api.to_owned()];
        })
        .await;
    let token = caller.client_credentials().await.tokens().access_token;
    assert_eq!(resource.introspect(&token).await.json()["active"], true);
    assert_eq!(app.service().await.introspect(&token).await.json()["active"], false);
}

#[tokio::test]
async fn the_caller_authenticates_and_get_is_not_offered() {
    // §2.1
    let app = TestApp::new().await;
    app.post("/introspect", &[("token", "x")]).await.error("invalid_client");
    app.get("/introspect?token=x").await.expect(405);
}
