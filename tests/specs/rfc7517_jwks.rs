//! RFC 7517 and OpenID Connect Core §10.1.1: the key set and its rollover.

use std::sync::{Arc, Mutex};

use latchkey::jose::Algorithm;
use latchkey::keys::signing::{A_MOMENT, When};
use latchkey::oidc::client::metadata::ClientKind;
use latchkey::store::installation::signing_key;
use serde_json::json;

use crate::harness::{RelyingParty, TestApp, latchkey, made_up, minutes, run, seconds};

async fn kids(app: &TestApp) -> Vec<String> {
    let keys = app.get("/jwks").await.expect(200).json();
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid_of(token: &str) -> String {
    let header = latchkey::base::encoding::from_base64url(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<serde_json::Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn keys_are_named_and_say_what_they_are_for_and_may_be_kept_for_a_while() {
    let app = TestApp::new().await;
    let reply = app.get("/jwks").await.expect(200);
    assert_eq!(reply.header("cache-control"), Some("public, max-age=900"));
    for key in reply.json()["keys"].as_array().unwrap() {
        assert_eq!(
            (key["use"].as_str(), key["kty"].as_str(), key["alg"].as_str()),
            (Some("sig"), Some("RSA"), Some("RS256"))
        );
        assert!(key["kid"].is_string());
        assert!(key["n"].as_str().unwrap().len() >= 342, "2048 bits at least");
    }
}

#[tokio::test]
async fn a_new_key_is_published_before_it_signs_and_the_old_one_until_its_last_token_has_died() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let days = |n: u64| minutes(n * 24 * 60);
    let first = kid_of(&service.client_credentials().await.tokens().access_token);
    app.clock.advance(days(88));
    latchkey::server::jobs::rotate_keys(&app.app).await.unwrap();
    assert_eq!(kids(&app).await, std::slice::from_ref(&first), "too early");
    app.clock.advance(days(1) + minutes(1));
    latchkey::server::jobs::rotate_keys(&app.app).await.unwrap();
    let both = kids(&app).await;
    assert_eq!(both.len(), 2, "published a day before it signs");
    assert_eq!(kid_of(&service.client_credentials().await.tokens().access_token), first);
    app.clock.advance(days(1) + minutes(1));
    let token = service.client_credentials().await.tokens().access_token;
    assert_eq!(kid_of(&token), both[1], "now it signs");
    assert_eq!(service.introspect(&token).await.json()["active"], true);
    latchkey::server::jobs::rotate_keys(&app.app).await.unwrap();
    assert_eq!(kids(&app).await.len(), 2, "the old one is still published");
    app.clock.advance(days(2));
    latchkey::server::jobs::rotate_keys(&app.app).await.unwrap();
    assert_eq!(kids(&app).await, &both[1..]);
}

#[tokio::test]
async fn of_two_replicas_that_rotate_at_once_each_ends_up_with_the_same_keys() {
    let app = TestApp::new().await;
    let other = app.replica().await;
    app.clock.advance(minutes(90 * 24 * 60));
    let (a, b) =
        tokio::join!(latchkey::server::jobs::rotate_keys(&app.app), latchkey::server::jobs::rotate_keys(&other.app));
    assert!(a.unwrap().len() + b.unwrap().len() >= 1);
    latchkey::server::jobs::rotate_keys(&app.app).await.unwrap();
    latchkey::server::jobs::rotate_keys(&other.app).await.unwrap();
    assert_eq!(kids(&app).await, kids(&other).await);
    let made = app.app.keys.rotate(&app.app.db, &app.app.vault, When::Next).await.unwrap();
    assert_eq!(made.len(), 1);
}

#[tokio::test]
async fn a_key_that_makes_way_at_once_is_published_first_and_leaves_with_its_last_token() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let now = || app.app.keys.rotate(&app.app.db, &app.app.vault, When::Now);
    let first = kids(&app).await;
    // One that is to make way in a day makes way now, and goes earlier.
    app.app.keys.rotate(&app.app.db, &app.app.vault, When::Next).await.unwrap();
    let made = now().await.unwrap().remove(0).kid;
    assert_eq!(kids(&app).await.len(), 3);
    let last = service.client_credentials().await.tokens().access_token;
    assert_eq!(kid_of(&last), first[0], "every process publishes the new one before any signs with it");
    app.clock.advance(A_MOMENT);
    assert_eq!(kid_of(&service.client_credentials().await.tokens().access_token), made);
    app.clock.advance(minutes(9));
    assert_eq!(service.introspect(&last).await.json()["active"], true);
    app.clock.advance(minutes(57));
    latchkey::server::jobs::rotate_keys(&app.app).await.unwrap();
    let left = kids(&app).await;
    assert!(!left.contains(&first[0]) && left.len() == 2, "{left:?}");
    // The one that was published already takes over when it was to.
    app.clock.advance(minutes(23 * 60));
    let next = kid_of(&service.client_credentials().await.tokens().access_token);
    assert!(next != made && left.contains(&next), "{next} of {left:?}");
    app.clock.advance(minutes(2 * 24 * 60));
    latchkey::server::jobs::rotate_keys(&app.app).await.unwrap();
    assert_eq!(kids(&app).await, [next], "and the one before it goes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_makes_way_at_once_does_so_a_moment_after_its_turn_and_not_before() {
    let app = TestApp::new().await;
    let (held, release) = (tokio::sync::oneshot::channel(), Arc::new(tokio::sync::Notify::new()));
    let (db, until, holds) = (app.app.db.clone(), release.clone(), Arc::new(Mutex::new(Some(held.0))));
    let holding = tokio::spawn(async move {
        db.write(made_up(move |tx| {
            Box::pin(async move {
                signing_key::in_turn(tx).await?;
                holds.lock().unwrap().take().map(|held| held.send(()));
                until.notified().await;
                Ok(())
            })
        }))
        .await
    });
    held.1.await.unwrap();
    let mut rotating = std::pin::pin!(app.app.keys.rotate(&app.app.db, &app.app.vault, When::Now));
    tokio::select! {
        biased;
        made = &mut rotating => panic!("somebody else's turn: {made:?}"),
        () = tokio::task::yield_now() => {}
    }
    app.clock.advance(seconds(10));
    release.notify_one();
    holding.await.unwrap().unwrap();
    let made = rotating.await.unwrap().remove(0);
    assert!(made.active_at + seconds(1) > app.app.now() + A_MOMENT, "{made:?}");
    // Until then nobody reports that it has followed.
    let ring = app.app.keys.ring();
    assert_eq!(ring.followed(app.app.now()), ring.generation - 1);
    app.clock.advance(A_MOMENT);
    assert_eq!(ring.followed(app.app.now()), ring.generation);
    // A key that is published long before it signs keeps nobody waiting.
    app.app.keys.rotate(&app.app.db, &app.app.vault, When::Next).await.unwrap();
    let ring = app.app.keys.ring();
    assert_eq!(ring.followed(app.app.now()), ring.generation);
}

#[tokio::test]
async fn a_key_whose_successor_is_revoked_signs_on_until_the_next_one_takes_over() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let rotate = |when| app.app.keys.rotate(&app.app.db, &app.app.vault, when);
    let first = kids(&app).await;
    let published = rotate(When::Next).await.unwrap().remove(0).kid;
    app.app.keys.revoke(&app.app.db, &app.app.vault, &published).await.unwrap().unwrap();
    assert_eq!(kids(&app).await, first, "it leaves at once");
    // Long after the day on which the revoked one was to take over.
    app.clock.advance(minutes(4 * 24 * 60));
    latchkey::server::jobs::rotate_keys(&app.app).await.unwrap();
    assert_eq!(kid_of(&service.client_credentials().await.tokens().access_token), first[0]);
    rotate(When::Next).await.unwrap();
    app.clock.advance(minutes(24 * 60));
    assert_ne!(kid_of(&service.client_credentials().await.tokens().access_token), first[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_makes_way_at_once_stays_for_the_tokens_of_the_resource_whose_tokens_live_longest() {
    let app = TestApp::new().await;
    let added = ["resource", "add", "https://slow.example", "--access-token", "60m"];
    assert!(run(latchkey(&app.app.config).args(added)).status.success());
    let service = app
        .client(ClientKind::Service, |new| {
            new.redirect_uris.clear();
            new.metadata.resources = vec!["https://slow.example".to_owned()];
        })
        .await;
    let fields = [("grant_type", "client_credentials"), ("resource", "https://slow.example")];
    let last = service.post("/token", &fields).await.tokens();
    assert_eq!(last.expires_in, 3_600);
    app.app.keys.rotate(&app.app.db, &app.app.vault, When::Now).await.unwrap();
    app.clock.advance(minutes(59));
    latchkey::server::jobs::rotate_keys(&app.app).await.unwrap();
    assert!(kids(&app).await.contains(&kid_of(&last.access_token)), "the token is good, and so is its key");
    app.clock.advance(minutes(7));
    latchkey::server::jobs::rotate_keys(&app.app).await.unwrap();
    assert_eq!(kids(&app).await.len(), 1);
}

async fn restarted_with(app: &TestApp, algorithms: &[Algorithm]) -> TestApp {
    let mut config = app.app.config.clone();
    config.tokens.signing_algorithms = algorithms.to_vec();
    app.on(config).await
}

async fn alg_of_a_token(service: &RelyingParty) -> String {
    let token = service.client_credentials().await.tokens().access_token;
    let header = latchkey::base::encoding::from_base64url(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<serde_json::Value>(&header).unwrap()["alg"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_listed_as_retired_when_their_algorithm_has_left_the_configuration() {
    let before = TestApp::beside_a_process().await;
    let app = restarted_with(&before, &[Algorithm::ES256]).await;
    let mut list = latchkey(&app.app.config);
    let output = run(list.args(["keys", "list", "--json"]).env("LATCHKEY__TOKENS__SIGNING_ALGORITHMS", "[\"ES256\"]"));
    let keys: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let state = |algorithm: &str| keys.as_array().unwrap().iter().find(|key| key["algorithm"] == algorithm).cloned();
    assert_eq!(state("ES256").unwrap()["state"], "signs", "{keys}");
    let gone = state("RS256").unwrap();
    assert!(gone["state"] == "retired" && gone["leaves_at"].is_string(), "{keys}");
}

#[tokio::test]
async fn keys_of_an_algorithm_that_left_the_configuration_retire_and_leave() {
    let before = TestApp::with(|config| config.tokens.signing_algorithms = vec![Algorithm::EdDSA]).await;
    let service = before.service().await;
    let last = service.client_credentials().await.tokens().access_token;
    let app = restarted_with(&before, &[Algorithm::ES256]).await;
    let rotate = |when| app.app.keys.rotate(&app.app.db, &app.app.vault, when);
    let document = app.get("/.well-known/openid-configuration").await.json();
    assert_eq!(document["id_token_signing_alg_values_supported"], json!(["ES256"]));
    assert_eq!(service.on(&app).introspect(&last).await.json()["active"], true, "its tokens are good while they live");
    assert_eq!(alg_of_a_token(&service).await, "EdDSA", "a replica that was not restarted yet signs with it");
    // It may have leaked: then it goes with its last token.
    rotate(When::Now).await.unwrap();
    app.clock.advance(minutes(66));
    latchkey::server::jobs::rotate_keys(&app.app).await.unwrap();
    assert!(kids(&app).await.iter().all(|kid| *kid != kid_of(&last)), "it is published no more");
    // Whoever takes the algorithm back gets another key.
    let back = restarted_with(&app, &[Algorithm::EdDSA]).await;
    let fresh = service.on(&back).client_credentials().await.tokens().access_token;
    assert_ne!(kid_of(&fresh), kid_of(&last));
    assert!(kids(&back).await.contains(&kid_of(&fresh)));
}

#[tokio::test]
async fn replicas_with_different_algorithms_do_not_make_keys_against_each_other() {
    let old = TestApp::with(|config| config.tokens.signing_algorithms = vec![Algorithm::EdDSA]).await;
    let new = restarted_with(&old, &[Algorithm::ES256]).await;
    let all = kids(&new).await;
    for _ in 0..5 {
        old.clock.advance(minutes(1));
        for app in [&old, &new] {
            assert!(latchkey::server::jobs::rotate_keys(&app.app).await.unwrap().is_empty());
        }
    }
    assert_eq!(kids(&new).await, all);
    // For as long as both serve, each has a key to sign with.
    let service = old.service().await;
    for _ in 0..4 {
        old.clock.advance(minutes(13 * 60));
        for app in [&old, &new] {
            latchkey::server::jobs::rotate_keys(&app.app).await.unwrap();
        }
        let token = service.client_credentials().await.tokens().access_token;
        assert!(kids(&new).await.contains(&kid_of(&token)));
    }
}
