//! RFC 7517 and OpenID Connect Core §10.1.1: the key set and its rollover.

use latchkey::tokens::keys::{A_MOMENT, When};

use crate::harness::{TestApp, minutes};

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
    latchkey::jobs::rotate_keys(&app.app).await.unwrap();
    assert_eq!(kids(&app).await, std::slice::from_ref(&first), "too early");
    app.clock.advance(days(1) + minutes(1));
    latchkey::jobs::rotate_keys(&app.app).await.unwrap();
    let both = kids(&app).await;
    assert_eq!(both.len(), 2, "published a day before it signs");
    assert_eq!(kid_of(&service.client_credentials().await.tokens().access_token), first);
    app.clock.advance(days(1) + minutes(1));
    let token = service.client_credentials().await.tokens().access_token;
    assert_eq!(kid_of(&token), both[1], "now it signs");
    assert_eq!(service.introspect(&token).await.json()["active"], true);
    latchkey::jobs::rotate_keys(&app.app).await.unwrap();
    assert_eq!(kids(&app).await.len(), 2, "the old one is still published");
    app.clock.advance(days(2));
    latchkey::jobs::rotate_keys(&app.app).await.unwrap();
    assert_eq!(kids(&app).await, &both[1..]);
}

#[tokio::test]
async fn of_two_replicas_that_rotate_at_once_each_ends_up_with_the_same_keys() {
    let app = TestApp::new().await;
    let other = app.replica().await;
    app.clock.advance(minutes(90 * 24 * 60));
    let (a, b) = tokio::join!(latchkey::jobs::rotate_keys(&app.app), latchkey::jobs::rotate_keys(&other.app));
    assert!(a.unwrap().len() + b.unwrap().len() >= 1);
    latchkey::jobs::rotate_keys(&app.app).await.unwrap();
    latchkey::jobs::rotate_keys(&other.app).await.unwrap();
    assert_eq!(kids(&app).await, kids(&other).await);
    let made = app.app.keys.rotate(&app.app.db, &app.app.vault, &app.app.pen, When::Next).await.unwrap();
    assert_eq!(made.len(), 1);
}

#[tokio::test]
async fn a_key_that_makes_way_at_once_is_published_first_and_leaves_with_its_last_token() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let now = || app.app.keys.rotate(&app.app.db, &app.app.vault, &app.app.pen, When::Now);
    let first = kids(&app).await;
    // One that is to make way in a day makes way now, and goes earlier.
    app.app.keys.rotate(&app.app.db, &app.app.vault, &app.app.pen, When::Next).await.unwrap();
    let made = now().await.unwrap().remove(0).kid;
    assert_eq!(kids(&app).await.len(), 3);
    let last = service.client_credentials().await.tokens().access_token;
    assert_eq!(kid_of(&last), first[0], "every process publishes the new one before any signs with it");
    app.clock.advance(A_MOMENT);
    assert_eq!(kid_of(&service.client_credentials().await.tokens().access_token), made);
    app.clock.advance(minutes(9));
    assert_eq!(service.introspect(&last).await.json()["active"], true);
    app.clock.advance(minutes(7));
    latchkey::jobs::rotate_keys(&app.app).await.unwrap();
    let left = kids(&app).await;
    assert!(!left.contains(&first[0]) && left.len() == 2, "{left:?}");
    // The one that was published already takes over when it was to.
    app.clock.advance(minutes(24 * 60));
    let next = kid_of(&service.client_credentials().await.tokens().access_token);
    assert!(next != made && left.contains(&next), "{next} of {left:?}");
    app.clock.advance(minutes(2 * 24 * 60));
    latchkey::jobs::rotate_keys(&app.app).await.unwrap();
    assert_eq!(kids(&app).await, [next], "and the one before it goes");
}

#[tokio::test]
async fn a_key_whose_successor_is_revoked_signs_on_until_the_next_one_takes_over() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let rotate = |when| app.app.keys.rotate(&app.app.db, &app.app.vault, &app.app.pen, when);
    let first = kids(&app).await;
    let published = rotate(When::Next).await.unwrap().remove(0).kid;
    app.app.keys.revoke(&app.app.db, &app.app.vault, &app.app.pen, &published).await.unwrap().unwrap();
    assert_eq!(kids(&app).await, first, "it leaves at once");
    // Long after the day on which the revoked one was to take over.
    app.clock.advance(minutes(4 * 24 * 60));
    latchkey::jobs::rotate_keys(&app.app).await.unwrap();
    assert_eq!(kid_of(&service.client_credentials().await.tokens().access_token), first[0]);
    rotate(When::Next).await.unwrap();
    app.clock.advance(minutes(24 * 60));
    assert_ne!(kid_of(&service.client_credentials().await.tokens().access_token), first[0]);
}
