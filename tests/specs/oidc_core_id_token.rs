//! OpenID Connect Core §2 and §12.2: ID tokens.

use latchkey::base::encoding::{base64url, sha256};
use latchkey::clients;
use latchkey::jose::{Algorithm, KeySet, Typ, verify};
use latchkey::oidc::client::metadata::ClientKind;

use crate::harness::{TestApp, keep_log, kept_log, minutes};

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
}

#[tokio::test]
async fn the_claims_of_the_granted_scopes_are_in_the_id_token_unless_the_client_says_no() {
    // Auth.js, next-auth, Authlib and ASP.NET read the person from it. §5.4
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let tokens = rp.tokens_of("alice").await;
    let userinfo = rp.userinfo(&tokens.access_token).await.expect(200).json();
    let refreshed = rp.refresh(tokens.refresh()).await.tokens();
    for claims in [tokens.id_claims(), refreshed.id_claims()] {
        assert_eq!(claims["email"], "alice@example.com");
        assert_eq!(claims["email_verified"], true);
        assert_eq!(claims["name"], "alice Example");
        for (name, value) in userinfo.as_object().unwrap() {
            assert_eq!(&claims[name], value, "{name}");
        }
        assert!(claims.get("phone_number").is_none(), "not asked for");
    }
    let fields = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh()), ("scope", "openid email")];
    let narrower = rp.post("/token", &fields).await.tokens().id_claims();
    assert_eq!((&narrower["email"], narrower.get("name")), (&"alice@example.com".into(), None));

    let strict = app.client(ClientKind::Web, |new| new.metadata.id_token_claims = false).await;
    let tokens = strict.tokens_of("alice").await;
    for claims in [tokens.id_claims(), strict.refresh(tokens.refresh()).await.tokens().id_claims()] {
        assert!(claims.get("email").is_none() && claims.get("name").is_none(), "{claims}");
    }
}

#[tokio::test]
async fn id_tokens_follow_the_first_algorithm_of_the_provider() {
    let app = TestApp::with(|config| config.tokens.signing_algorithms = vec![Algorithm::ES256, Algorithm::EdDSA]).await;
    let alg = |token: &str| {
        let header = latchkey::base::encoding::from_base64url(token.split('.').next().unwrap()).unwrap();
        serde_json::from_slice::<serde_json::Value>(&header).unwrap()["alg"].clone()
    };
    let keys = app.get("/jwks").await.json()["keys"].as_array().unwrap().clone();
    let keys = KeySet::new(keys).unwrap();
    // RS256 is what rows of the first release say of clients that chose nothing.
    for (said, signed) in [(None, "ES256"), (Some(Algorithm::EdDSA), "EdDSA"), (Some(Algorithm::RS256), "ES256")] {
        let rp = app.client(ClientKind::Web, |new| new.metadata.id_token_signed_response_alg = said).await;
        let tokens = rp.tokens_of("alice").await;
        for id_token in [tokens.id_token.clone(), rp.refresh(tokens.refresh()).await.tokens().id_token] {
            let id_token = id_token.unwrap();
            assert_eq!(alg(&id_token), signed, "{said:?}");
            verify(&id_token, &keys, Typ::Jwt).unwrap();
        }
        assert_eq!(alg(&tokens.access_token), "ES256");
    }
    // What cannot be signed is told at the start, and not at the first exchange.
    assert!(clients::declare::unsignable(&app.app).await.unwrap().is_empty());
    let lost =
        app.client(ClientKind::Web, |new| new.metadata.id_token_signed_response_alg = Some(Algorithm::PS256)).await;
    let told = clients::declare::unsignable(&app.app).await.unwrap();
    assert!(matches!(&told[..], [one] if one.contains(lost.id()) && one.contains("PS256")), "{told:?}");
}

#[tokio::test]
async fn an_algorithm_without_a_key_is_stood_in_for_by_the_first_until_there_is_a_key_and_that_is_told_once() {
    let app = TestApp::new().await;
    // As a command adds it whose configuration has the algorithm, while the server has not been started again.
    let rp =
        app.client(ClientKind::Web, |new| new.metadata.id_token_signed_response_alg = Some(Algorithm::ES256)).await;
    let alg = |token: &str| {
        let header = latchkey::base::encoding::from_base64url(token.split('.').next().unwrap()).unwrap();
        serde_json::from_slice::<serde_json::Value>(&header).unwrap()["alg"].clone()
    };
    keep_log();
    let tokens = rp.tokens_of("alice").await;
    let tokens = rp.refresh(tokens.refresh()).await.tokens();
    let log = kept_log();
    assert_eq!(alg(tokens.id_token.as_ref().unwrap()), "RS256");
    assert!(rp.is_good(&tokens.access_token).await);
    assert_eq!(log.matches("there is no key for ES256").count(), 1, "{log}");
    assert!(log.contains(rp.id()), "{log}");
    // A replica that was started with it makes a key, and all sign with that.
    let mut config = app.app.config.clone();
    config.tokens.signing_algorithms.push(Algorithm::ES256);
    app.on(config).await;
    app.app.keys.follow(&app.app.db, &app.app.vault).await.unwrap();
    let id_token = rp.refresh(tokens.refresh()).await.tokens().id_token.unwrap();
    assert_eq!(alg(&id_token), "ES256");
    let keys = KeySet::new(app.get("/jwks").await.json()["keys"].as_array().unwrap().clone()).unwrap();
    verify(&id_token, &keys, Typ::Jwt).unwrap();
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
