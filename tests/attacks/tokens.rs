//! B. Codes and refresh tokens.

use crate::harness::{RelyingParty, TestApp, Tokens, minutes, pkce, seconds};
use latchkey::account::delete::disable;
use latchkey::account::{password_link, users};

async fn code_of(app: &TestApp, rp: &RelyingParty) -> String {
    app.browser().authorize(rp).await.code()
}

async fn assert_dead(rp: &RelyingParty, tokens: &Tokens) {
    rp.userinfo(&tokens.access_token).await.expect(401);
    if rp.secret.is_some() {
        assert_eq!(
            rp.introspect(&tokens.access_token).await.expect(200).json(),
            serde_json::json!({ "active": false })
        );
    }
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
}

#[tokio::test]
async fn b1_a_code_used_twice_ends_what_it_began() {
    // RFC 6749 §4.1.2
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let code = code_of(&app, &rp).await;
    let tokens = rp.exchange(&code).await.tokens();
    // A replay with wrong parameters is somebody who knows only the code.
    rp.exchange_with(&code, rp.redirect_uri(), &pkce().0).await.error("invalid_grant");
    rp.exchange_with(&code, "https://rp.example/other", &rp.verifier).await.error("invalid_grant");
    assert!(rp.is_good(&tokens.access_token).await);
    rp.exchange(&code).await.error("invalid_grant");
    assert_dead(&rp, &tokens).await;
    assert!(app.events().await.contains(&"code_replayed".to_owned()));
}

#[tokio::test]
async fn b2_another_clients_code_or_refresh_token_is_refused_and_stays_its_owners() {
    let app = TestApp::new().await;
    let (owner, thief) = (app.spa().await, app.spa().await);
    let mut thief = thief;
    let code = code_of(&app, &owner).await;
    thief.verifier = owner.verifier.clone();
    thief.exchange(&code).await.error("invalid_grant");
    let tokens = owner.exchange(&code).await.tokens();
    thief.refresh(tokens.refresh()).await.error("invalid_grant");
    owner.refresh(tokens.refresh()).await.tokens();
}

#[tokio::test]
async fn b3_a_wrong_short_or_missing_verifier_is_refused_and_the_third_burns_the_code() {
    let app = TestApp::new().await;
    let rp = app.spa().await;
    let code = code_of(&app, &rp).await;
    rp.exchange_with(&code, rp.redirect_uri(), &pkce().0).await.error("invalid_grant");
    rp.exchange_with(&code, rp.redirect_uri(), "short").await.error("invalid_grant");
    rp.exchange(&code).await.tokens();

    let code = code_of(&app, &rp).await;
    for _ in 0..2 {
        rp.exchange_with(&code, rp.redirect_uri(), &pkce().0).await.error("invalid_grant");
    }
    let missing = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", rp.redirect_uri())];
    rp.post("/token", &missing).await.error("invalid_grant");
    rp.exchange(&code).await.error("invalid_grant");
    assert!(app.events().await.contains(&"code_burnt".to_owned()));
}

#[tokio::test]
async fn b4_a_verifier_without_a_challenge_is_a_downgrade_and_refused() {
    // RFC 9700 §4.8.2
    let app = TestApp::new().await;
    let rp =
        app.client(latchkey::oidc::client::metadata::ClientKind::Web, |new| new.metadata.require_pkce = false).await;
    let plain = rp.request().without("code_challenge").without("code_challenge_method");
    let code = app.browser().go_through(&plain).await.code();
    rp.exchange(&code).await.error("invalid_grant");
    let without = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", rp.redirect_uri())];
    rp.post("/token", &without).await.tokens();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b5_fifty_exchanges_of_one_code_give_one_answer() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let code = code_of(&app, &rp).await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (rp, code) = (rp.clone(), code.clone());
            tokio::spawn(async move { rp.exchange(&code).await.status.as_u16() })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| [200, 400].contains(status)), "{answers:?}");
}

#[tokio::test]
async fn b6_no_token_is_good_in_the_place_of_another() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let tokens = rp.tokens_of("alice").await;
    let code = code_of(&app, &rp).await;
    let link = password_link::make(&app.app, &app.user("bob").await.id, minutes(60)).await.unwrap();
    let link = link.split("token=").nth(1).unwrap().to_owned();
    let all = [
        ("code", code.clone()),
        ("refresh", tokens.refresh().to_owned()),
        ("access", tokens.access_token.clone()),
        ("id", tokens.id_token.clone().unwrap()),
        ("secret", rp.secret().to_owned()),
        ("link", link.clone()),
    ];
    // Somebody is signed in and has consented: a hint that was taken for one would give a code, or sign out.
    let mut browser = app.browser().sign_in("alice").await;
    browser.authorize(&rp).await.code();
    for (kind, token) in &all {
        if *kind != "code" {
            rp.exchange(token).await.error("invalid_grant");
        }
        if *kind != "refresh" {
            rp.refresh(token).await.error("invalid_grant");
        }
        if *kind != "access" {
            rp.userinfo(token).await.expect(401);
        }
        if !["access", "refresh"].contains(kind) {
            assert_eq!(rp.introspect(token).await.expect(200).json()["active"], false, "{kind}");
            rp.revoke(token).await.expect(200);
        }
        if *kind != "link" {
            app.get(&format!("/set-password?token={token}")).await.expect(410);
        }
        let hint = rp.request().set("prompt", "none").set("id_token_hint", token);
        let answer = browser.get(&hint.path()).await;
        if *kind == "id" {
            answer.code();
        } else {
            answer.error("login_required");
            browser.get(&format!("/end_session?id_token_hint={token}")).await.refused(400);
            browser.get(&rp.request().set("prompt", "none").path()).await.code();
        }
    }
    // Nothing of it was consumed.
    rp.exchange(&code).await.tokens();
    assert!(rp.is_good(&tokens.access_token).await);
    rp.refresh(tokens.refresh()).await.tokens();
    app.get(&format!("/set-password?token={link}")).await.expect(200);
}

#[tokio::test]
async fn b7_a_code_lives_for_sixty_seconds() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    for (age, good) in [(59, true), (61, false)] {
        let code = code_of(&app, &rp).await;
        app.clock.advance(seconds(age));
        let reply = rp.exchange(&code).await;
        if good { drop(reply.tokens()) } else { drop(reply.error("invalid_grant")) }
    }
}

#[tokio::test]
async fn b8_a_refresh_token_whose_successor_was_used_or_that_was_replaced_or_guessed_ends_the_family() {
    let app = TestApp::new().await;
    let rp = app.spa().await;
    // Its successor was used.
    let first = rp.tokens_of("alice").await;
    let second = rp.refresh(first.refresh()).await.tokens();
    let third = rp.refresh(second.refresh()).await.tokens();
    app.clock.advance(seconds(31));
    rp.refresh(first.refresh()).await.error("invalid_grant");
    assert_dead(&rp, &third).await;
    // It was replaced.
    let first = rp.tokens_of("alice").await;
    let lost = rp.refresh(first.refresh()).await.tokens();
    app.clock.advance(minutes(10));
    let other = rp.refresh(first.refresh()).await.tokens();
    rp.refresh(lost.refresh()).await.error("invalid_grant");
    assert_dead(&rp, &other).await;
    // A right handle with a wrong secret.
    let mine = rp.tokens_of("alice").await;
    let random = latchkey::base::random::Random::System;
    let kind = latchkey::base::token::TokenKind::RefreshToken;
    let guessed = latchkey::base::token::Token::parse(kind, mine.refresh()).unwrap().next(kind, &random);
    rp.refresh(guessed.expose()).await.error("invalid_grant");
    assert_dead(&rp, &mine).await;
    assert_eq!(app.events().await.iter().filter(|kind| *kind == "refresh_token_replayed").count(), 3);
}

#[tokio::test]
async fn b9_a_lost_answer_is_answered_again_and_hours_later_anew() {
    let app = TestApp::new().await;
    let rp = app.spa().await;
    let tokens = rp.tokens_of("alice").await;
    let lost = rp.refresh(tokens.refresh()).await.tokens();
    app.clock.advance(seconds(29));
    let same = rp.refresh(tokens.refresh()).await.tokens();
    assert_eq!(same.refresh(), lost.refresh());
    app.clock.advance(minutes(240));
    let another = rp.refresh(tokens.refresh()).await.tokens();
    assert_ne!(another.refresh(), lost.refresh());
    let next = rp.refresh(another.refresh()).await.tokens();
    rp.refresh(lost.refresh()).await.error("invalid_grant");
    assert_dead(&rp, &next).await;
}

#[tokio::test]
async fn b11_a_refresh_looks_at_the_world_again() {
    let app = TestApp::new().await;
    for rp in [app.spa().await, app.relying_party().await] {
        // Offline grants outlive their session, and so have to look by themselves.
        for request in [rp.request(), rp.request().set("scope", "openid offline_access").set("prompt", "consent")] {
            let tokens = || async {
                let code = app.browser().go_through(&request).await.code();
                rp.exchange(&code).await.tokens()
            };
            let alice = app.user("alice").await;
            let before = tokens().await;
            disable(&app.app, &alice.id, true).await.unwrap();
            assert_dead(&rp, &before).await;
            users::enable(&app.app, &alice.id).await.unwrap();
            assert_dead(&rp, &before).await;

            let before = tokens().await;
            latchkey::account::password::set(&app.app, &alice.id, &crate::harness::PASSWORD.into()).await.unwrap();
            assert_dead(&rp, &before).await;

            let before = tokens().await;
            app.withdraw_consent(&alice.id, &rp.client.id).await;
            assert_dead(&rp, &before).await;
        }
    }
    let gone = app.spa().await;
    let tokens = gone.tokens_of("alice").await;
    latchkey::clients::remove(&app.app, gone.id()).await.unwrap();
    gone.refresh(tokens.refresh()).await.error("invalid_client");
    gone.userinfo(&tokens.access_token).await.expect(401);
}

#[tokio::test]
async fn a_token_whose_signature_was_checked_before_is_refused_at_once_when_it_is_over() {
    let app = TestApp::new().await;
    let (rp, service) = (app.relying_party().await, app.service().await);
    let alice = app.user("alice").await;
    let used = || async {
        let tokens = rp.tokens_of("alice").await;
        for _ in 0..2 {
            assert!(rp.is_good(&tokens.access_token).await);
            assert_eq!(rp.introspect(&tokens.access_token).await.json()["active"], true);
        }
        tokens
    };
    let tokens = used().await;
    rp.revoke(&tokens.access_token).await.expect(200);
    rp.userinfo(&tokens.access_token).await.expect(401);
    let tokens = used().await;
    rp.revoke(tokens.refresh()).await.expect(200);
    assert_dead(&rp, &tokens).await;
    let tokens = used().await;
    disable(&app.app, &alice.id, true).await.unwrap();
    assert_dead(&rp, &tokens).await;
    users::enable(&app.app, &alice.id).await.unwrap();
    let (tokens, own) = (used().await, service.client_credentials().await.tokens().access_token);
    assert_eq!(service.introspect(&own).await.json()["active"], true);
    service.revoke(&own).await.expect(200);
    assert_eq!(service.introspect(&own).await.json()["active"], false);
    app.clock.advance(minutes(10));
    rp.userinfo(&tokens.access_token).await.expect(401);
    // Its key has left.
    let tokens = used().await;
    app.sql("DELETE FROM signing_key").await;
    app.app.keys.reload(&app.app.db, &app.app.vault).await.unwrap();
    rp.userinfo(&tokens.access_token).await.expect(401);
}
