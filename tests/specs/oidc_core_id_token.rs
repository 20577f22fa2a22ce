//! OpenID Connect Core §2 and §12.2: ID tokens.

use latchkey::base::encoding::{base64url, sha256};
use latchkey::jose::{KeySet, Typ, verify};

use crate::harness::{TestApp, minutes};

#[tokio::test]
async fn an_id_token_says_who_signed_in_where_when_and_how() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let alice = app.user("alice").await;
    let tokens = rp.tokens_of("alice").await;
    let keys = app.get("/jwks").await.json()["keys"].as_array().unwrap().clone();
    let claims = verify(tokens.id_token.as_deref().unwrap(), &KeySet::new(keys).unwrap(), Typ::Jwt).unwrap();
    assert_eq!(claims["iss"], app.issuer());
    assert_eq!(claims["sub"], alice.sub);
    assert_eq!(claims["aud"], rp.id());
    assert_eq!(claims["nonce"], "n-0S6_WzA2Mj");
    assert_eq!(claims["amr"], serde_json::json!(["pwd"]));
    assert_eq!(claims["acr"], "urn:latchkey:acr:1fa");
    for time in ["exp", "iat", "auth_time"] {
        assert!(claims[time].is_i64(), "{time}");
    }
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    assert_eq!(claims["at_hash"], base64url(&sha256(tokens.access_token.as_bytes())[..16]));
    assert!(claims["sid"].is_string());
    // §5.4: what scopes ask for is at UserInfo.
    assert!(claims.get("email").is_none());
}

#[tokio::test]
async fn a_refreshed_id_token_keeps_who_and_when_and_has_a_new_iat_and_no_nonce() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let first = rp.tokens_of("alice").await;
    app.clock.advance(minutes(20));
    let second = rp.refresh(first.refresh()).await.tokens();
    let (before, after) = (first.id_claims(), second.id_claims());
    for same in ["iss", "sub", "aud", "auth_time", "acr", "amr", "sid"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert!(after["iat"].as_i64() > before["iat"].as_i64());
    assert!(after.get("nonce").is_none());
}

#[tokio::test]
async fn a_long_nonce_comes_back_as_it_was_and_a_longer_one_is_an_error() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let nonce = "ñ".repeat(1_000);
    let answer = app.browser().go_through(&rp.request().set("nonce", &nonce)).await;
    assert_eq!(rp.exchange(&answer.code()).await.tokens().id_claims()["nonce"], nonce);
    app.browser().get(&rp.request().set("nonce", &"n".repeat(4_097)).path()).await.error("invalid_request");
}
