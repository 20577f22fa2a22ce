//! RFC 9068: access tokens that a service validates by the key set alone.

use latchkey::jose::{KeySet, Typ, verify};
use latchkey::oidc::client::metadata::ClientKind;

use crate::harness::{TestApp, minutes};

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

#[tokio::test]
async fn no_token_tells_the_id_of_a_row() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let tokens = rp.tokens_of("alice").await;
    let again = rp.refresh(tokens.refresh()).await.tokens();
    let told = format!("{}{}{}", tokens.access_claims(), tokens.id_claims(), again.access_claims());
    for table in ["client_grant", "session", "user_account", "client", "browser"] {
        let sql = sqlx::AssertSqlSafe(format!("SELECT id FROM {table}"));
        let rows: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&mut *app.app.db.read().await.unwrap()).await.unwrap();
        assert!(!rows.is_empty(), "{table}");
        for (id,) in rows {
            assert!(!told.contains(&id), "{table}: {id} in {told}");
        }
    }
    assert_eq!(tokens.access_claims()["gid"], again.access_claims()["gid"], "a grant has one name");
}

#[tokio::test]
async fn grants_are_named_as_the_release_before_does_while_the_two_may_serve_side_by_side() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let tokens = rp.tokens_of("alice").await;
    // As the migration leaves a database that an earlier release has served, which knows nothing of other names.
    app.sql("UPDATE installation SET name = 'grant_name.earlier' WHERE name = 'grant_name.since'").await;
    let (upgraded, other) = (app.replica().await, app.replica().await);
    let row: (String,) =
        sqlx::query_as("SELECT id FROM client_grant").fetch_one(&mut *app.app.db.read().await.unwrap()).await.unwrap();
    let old = rp.on(&upgraded).refresh(tokens.refresh()).await.tokens();
    assert_eq!(old.access_claims()["gid"], row.0);
    app.clock.advance(minutes(24 * 60 - 1));
    let last = rp.on(&other).refresh(old.refresh()).await.tokens();
    assert_eq!(last.access_claims()["gid"], row.0);
    app.clock.advance(minutes(2));
    let new = rp.on(&other).refresh(last.refresh()).await.tokens();
    assert_ne!(new.access_claims()["gid"], row.0);
    // Both kinds of names are understood, by all of this release.
    for app in [&app, &upgraded, &other] {
        for token in [&last.access_token, &new.access_token] {
            assert!(rp.on(app).is_good(token).await);
        }
    }
}
