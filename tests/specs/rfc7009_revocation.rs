//! RFC 7009: revocation.

use crate::harness::TestApp;

#[tokio::test]
async fn revoking_a_refresh_token_takes_its_access_tokens_along_at_once() {
    // §2.1
    let app = TestApp::new().await;
    for rp in [app.relying_party().await, app.spa().await] {
        let tokens = rp.tokens_of("alice").await;
        rp.revoke(tokens.refresh()).await.expect(200);
        rp.userinfo(&tokens.access_token).await.expect(401);
        rp.refresh(tokens.refresh()).await.error("invalid_grant");
        rp.revoke(tokens.refresh()).await.expect(200);
    }
}

#[tokio::test]
async fn revoking_an_access_token_leaves_the_refresh_token() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let tokens = rp.tokens_of("alice").await;
    let hinted = [("token", &*tokens.access_token), ("token_type_hint", "refresh_token")];
    rp.post("/revoke", &hinted).await.expect(200);
    rp.userinfo(&tokens.access_token).await.expect(401);
    assert_eq!(rp.introspect(&tokens.access_token).await.json()["active"], false);
    let next = rp.refresh(tokens.refresh()).await.tokens();
    assert!(rp.is_good(&next.access_token).await);
    let service = app.service().await;
    let own = service.client_credentials().await.tokens().access_token;
    assert_eq!(service.introspect(&own).await.json()["active"], true);
    service.revoke(&own).await.expect(200);
    assert_eq!(service.introspect(&own).await.json()["active"], false);
}

#[tokio::test]
async fn a_token_that_is_unknown_is_as_dead_as_was_wished() {
    // §2.2
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    for token in ["garbage", "lk_rt_x", "a.b.c"] {
        rp.post("/revoke", &[("token", token), ("token_type_hint", "unheard_of")]).await.expect(200);
    }
    rp.post("/revoke", &[]).await.error("invalid_request");
    app.post("/revoke", &[("token", "x")]).await.error("invalid_client");
}
