//! RFC 9068: access tokens that a service validates by the key set alone.

use latchkey::jose::{KeySet, Typ, verify};
use latchkey::oidc::client_metadata::ClientKind;

use crate::harness::TestApp;

#[tokio::test]
async fn an_access_token_carries_what_a_resource_needs() {
    // §2
    let app = TestApp::new().await;
    let rp = app
        .client(ClientKind::Web, |new| new.metadata.default_resources = vec!["https://api.example".to_owned()])
        .await;
    let alice = app.user("alice").await;
    let tokens = rp.tokens_of("alice").await;
    let keys = app.get("/jwks").await.json()["keys"].as_array().unwrap().clone();
    let claims = verify(&tokens.access_token, &KeySet::new(keys).unwrap(), Typ::AccessToken).unwrap();
    assert_eq!(claims["iss"], app.issuer());
    assert_eq!(claims["sub"], alice.sub);
    assert_eq!(claims["client_id"], rp.id());
    // With openid the issuer as well, for UserInfo.
    assert_eq!(claims["aud"], serde_json::json!(["https://api.example", app.issuer()]));
    assert_eq!(claims["scope"], "openid profile email");
    for time in ["exp", "iat", "auth_time"] {
        assert!(claims[time].is_i64(), "{time}");
    }
    assert!(claims["jti"].is_string());
    let other = rp.refresh(tokens.refresh()).await.tokens();
    assert_ne!(other.access_claims()["jti"], claims["jti"]);
}

#[tokio::test]
async fn a_clients_own_token_has_the_client_as_subject() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let claims = service.client_credentials().await.tokens().access_claims();
    assert_eq!((&claims["sub"], &claims["client_id"]), (&service.id().into(), &service.id().into()));
    assert_eq!(claims["aud"], app.issuer());
    assert!(claims.get("auth_time").is_none());
}

#[tokio::test]
async fn an_access_token_leaves_no_row() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let before = app.rows("event").await;
    for _ in 0..5 {
        service.client_credentials().await.tokens();
    }
    assert_eq!(app.rows("event").await, before);
    assert_eq!(app.rows("client_grant").await, 0);
}
