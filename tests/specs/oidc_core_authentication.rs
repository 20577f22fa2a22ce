//! OpenID Connect Core §3.1.2: the authentication request.

use latchkey::oidc::client::metadata::ClientKind;

use crate::harness::{Authorize, Browser, PASSWORD, Page, TestApp, minutes};

#[tokio::test]
async fn get_and_post_are_equivalent() {
    // §3.1.2.1
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let page = browser.post("/authorize", &rp.request().fields()).await;
    page.expect("sign-in");
    let answer = browser.go_on(page).await;
    rp.exchange(&answer.code()).await.tokens();
}

#[tokio::test]
async fn unknown_parameters_and_wishes_that_are_not_supported_are_no_error() {
    // RFC 6749 §3.1, Core §15.1
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let request = rp
        .request()
        .set("display", "popup")
        .set("ui_locales", "xx fr-CA")
        .set("claims_locales", "de")
        .set("acr_values", "urn:unknown")
        .set("extra", "1")
        .set("scope", "email unknown openid");
    app.browser().go_through(&request).await.code();
}

#[tokio::test]
async fn a_request_that_is_as_long_as_allowed_gets_through_all_pages() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let (state, nonce, hint) = ("s".repeat(4_096), "n".repeat(4_096), "h".repeat(4_096));
    let request = rp
        .request()
        .set("state", &state)
        .set("nonce", &nonce)
        .set("login_hint", &hint)
        .set("ui_locales", &"en ".repeat(1_000));
    let answer = app.browser().go_through(&request).await;
    assert_eq!(answer.param("state").as_deref(), Some(state.as_str()));
    assert_eq!(rp.exchange(&answer.code()).await.tokens().id_claims()["nonce"], nonce);
}

#[tokio::test]
async fn prompt_login_asks_again_and_updates_auth_time() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let first = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens().id_claims();
    app.clock.advance(minutes(5));
    let silent = rp.exchange(&browser.get(&rp.request().path()).await.code()).await.tokens().id_claims();
    assert_eq!(silent["auth_time"], first["auth_time"], "a session is used as it is");
    let request = rp.request().set("prompt", "login");
    browser.get(&request.path()).await.expect("sign-in");
    let second = rp.exchange(&browser.go_through(&request).await.code()).await.tokens().id_claims();
    assert!(second["auth_time"].as_i64() > first["auth_time"].as_i64());
    assert_eq!(second["sid"], first["sid"], "the same person, the same session");
}

#[tokio::test]
async fn max_age_asks_again_when_the_sign_in_is_older() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    browser.authorize(&rp).await.code();
    app.clock.advance(minutes(10));
    browser.get(&rp.request().set("max_age", "900").path()).await.code();
    let request = rp.request().set("max_age", "300");
    browser.get(&request.path()).await.expect("sign-in");
    let claims = rp.exchange(&browser.go_through(&request).await.code()).await.tokens().id_claims();
    assert!(claims["auth_time"].is_i64());
    browser.get(&rp.request().set("max_age", "-1").path()).await.error("invalid_request");
}

/// Two minutes after the sign-in: too late for `max_age=60`.
async fn signed_in_and_waited(app: &TestApp, browser: &mut Browser, request: &Authorize, at: &str) -> Page {
    app.user("alice").await;
    let page = browser.get(&request.path()).await;
    let form = page.expect("sign-in").form().fill("identifier", "alice").fill("password", PASSWORD);
    let page = form.submit(browser).await;
    page.expect(at);
    app.clock.advance(minutes(2));
    page
}

#[tokio::test]
async fn a_sign_in_of_this_request_is_new_enough_however_long_the_consent_page_is_read() {
    // §3.1.2.1, §3.1.2.4
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let request = rp.request().set("max_age", "60");
    let signed_in_at = app.app.now().seconds();
    let mut browser = app.browser();
    let page = signed_in_and_waited(&app, &mut browser, &request, "consent").await;
    // The client sees how old the sign-in is.
    let code = page.form().fill("decision", "allow").submit(&mut browser).await.code();
    assert_eq!(rp.exchange(&code).await.tokens().id_claims()["auth_time"].as_i64(), Some(signed_in_at));
    // The next request is judged by itself.
    browser.get(&request.path()).await.expect("sign-in");
    browser.get(&request.set("prompt", "none").path()).await.error("login_required");
    let mut other = app.browser();
    let bob = rp.request().set("max_age", "60").set("prompt", "consent");
    let page = signed_in_and_waited(&app, &mut other, &bob, "consent").await;
    page.form().fill("decision", "deny").submit(&mut other).await.error("access_denied");
}

#[tokio::test]
async fn what_was_decided_while_the_sign_in_became_too_old_is_decided() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let request = rp.request().set("max_age", "60");
    for decision in ["deny", "allow"] {
        let mut browser = app.browser().sign_in("alice").await;
        let page = browser.get(&request.path()).await;
        let form = page.expect("consent").form().fill("decision", decision);
        app.clock.advance(minutes(2));
        let page = form.submit(&mut browser).await;
        if decision == "deny" {
            page.error("access_denied");
            continue;
        }
        // The session was there before the request, so it is too old; the consent stands.
        let form = page.expect("sign-in").form().fill("identifier", "alice").fill("password", PASSWORD);
        let auth_time = app.app.now().seconds();
        let code = form.submit(&mut browser).await.code();
        assert_eq!(rp.exchange(&code).await.tokens().id_claims()["auth_time"].as_i64(), Some(auth_time));
    }
    let kinds = app.events().await;
    let count = |kind: &str| kinds.iter().filter(|one| *one == kind).count();
    assert_eq!((count("consent_refused"), count("consent_given")), (1, 1), "{kinds:?}");
}

#[tokio::test]
async fn terms_are_accepted_however_long_they_are_read() {
    let app = TestApp::with(|config| {
        config.pages.tos_uri = Some("https://northwind.example/terms".to_owned());
        config.terms.version = Some("2026-01".to_owned());
    })
    .await;
    let own = app.client(ClientKind::Web, |new| new.first_party = true).await;
    let mut browser = app.browser();
    let request = own.request().set("max_age", "60");
    let page = signed_in_and_waited(&app, &mut browser, &request, "terms").await;
    page.form_to("/terms").fill("decision", "accept").submit(&mut browser).await.code();
    // The same for a session that was there before, which has to sign in again, and is not asked for the terms again.
    let mut browser = app.browser().sign_in("bob").await;
    let page = browser.get(&request.path()).await;
    app.clock.advance(minutes(2));
    let page = page.expect("terms").form_to("/terms").fill("decision", "accept").submit(&mut browser).await;
    let form = page.expect("sign-in").form().fill("identifier", "bob").fill("password", PASSWORD);
    form.submit(&mut browser).await.code();
    let mut browser = app.browser().sign_in("carol").await;
    let page = browser.get(&request.path()).await;
    app.clock.advance(minutes(2));
    page.form_to("/terms").fill("decision", "deny").submit(&mut browser).await.error("access_denied");
    let kinds = app.events().await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "terms_accepted").count(), 2, "{kinds:?}");
}

#[tokio::test]
async fn a_session_that_was_chosen_is_no_new_sign_in_by_a_passkey_that_is_made_on_the_way() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get(&rp.request().set("prompt", "select_account login").path()).await;
    let choice = page.reply.body.split("name=\"session\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let chosen = page.expect("select-account").form().fill("session", choice).submit(&mut browser).await;
    let sign_in = chosen.expect("sign-in").clone();
    let offer = browser.get(&sign_in.url.replace("/sign-in", "/passkey-offer")).await;
    assert_eq!(offer.name(), "sign-in", "{}", offer.url);
}

#[tokio::test]
async fn who_has_to_sign_in_again_is_named_on_the_page() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let named = |page: &Page| page.expect("sign-in").form_to("/sign-in").get("identifier").unwrap().to_owned();
    let mut browser = app.browser();
    let hint = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens().id_token.unwrap();
    let request = |name: &str, value: &str| rp.request().set(name, value);
    app.pass(app.app.config.login.step_up).await;
    let known = named(&browser.get("/account/data").await);
    assert!(known.contains("alice"), "{known}");
    for again in [request("max_age", "0"), request("prompt", "login"), request("acr_values", "urn:latchkey:acr:2fa")] {
        assert_eq!(named(&browser.get(&again.path()).await), known, "{}", again.path());
        let hinted = again.set("login_hint", "somebody else");
        assert_eq!(named(&browser.get(&hinted.path()).await), "somebody else", "the client knows better");
    }
    // By a hint alone only where that person has signed in before: an ID token may be anybody's.
    let hinted = request("id_token_hint", &hint);
    browser.cookies.remove("sid");
    assert_eq!(named(&browser.get(&hinted.path()).await), known);
    assert_eq!(named(&browser.get(&rp.request().path()).await), "");
    assert_eq!(named(&app.browser().get(&hinted.path()).await), "");
    let mut bob = app.browser().sign_in("bob").await;
    assert_eq!(named(&bob.get(&hinted.path()).await), "");
    // Of two people nobody knows which one is meant.
    let mut both = app.browser().sign_in("alice").await.sign_in("bob").await;
    assert_eq!(named(&both.get(&request("prompt", "login").path()).await), "");
}

#[tokio::test]
async fn prompt_consent_asks_although_it_is_remembered_and_a_refusal_is_access_denied() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    browser.authorize(&rp).await.code();
    browser.get(&rp.request().path()).await.code();
    let page = browser.get(&rp.request().set("prompt", "consent").path()).await;
    page.expect("consent");
    page.form().fill("decision", "deny").submit(&mut browser).await.error("access_denied");
    browser.get(&rp.request().path()).await.code();
    // More than was allowed is asked for.
    browser.get(&rp.request().set("scope", "openid profile email phone").path()).await.expect("consent");
    // Our own applications ask nobody.
    let own = app.client(latchkey::oidc::client::metadata::ClientKind::Web, |new| new.first_party = true).await;
    browser.get(&own.request().path()).await.code();
}

#[tokio::test]
async fn select_account_shows_the_accounts_and_goes_on_with_the_chosen_one() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await.sign_in("bob").await;
    let request = rp.request().set("prompt", "select_account");
    let page = browser.get(&request.path()).await;
    page.expect("select-account");
    let choices: Vec<&str> = page
        .reply
        .body
        .split("name=\"session\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(choices.len(), 3, "two accounts, and another");
    let mut subjects = std::collections::BTreeSet::new();
    for choice in &choices[..2] {
        let page = browser.get(&request.path()).await.form().fill("session", choice).submit(&mut browser).await;
        let answer = browser.go_on(page).await;
        subjects.insert(rp.exchange(&answer.code()).await.tokens().id_claims()["sub"].to_string());
    }
    assert_eq!(subjects.len(), 2);
    let page = browser.get(&request.path()).await;
    page.form().fill("session", choices[1]).submit(&mut browser).await;
    page.form().fill("session", "another").submit(&mut browser).await.expect("sign-in");
    // Without a hint a browser with two accounts is asked; a hint answers.
    browser.get(&rp.request().path()).await.expect("select-account");
}

#[tokio::test]
async fn an_id_token_hint_says_who_is_meant() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut alice = app.browser();
    let tokens = rp.exchange(&alice.authorize(&rp).await.code()).await.tokens();
    let hint = tokens.id_token.clone().unwrap();
    // Its age does not matter.
    app.clock.advance(minutes(60));
    let silent = rp.request().set("prompt", "none").set("id_token_hint", &hint);
    alice.get(&silent.path()).await.code();
    let mut bob = app.browser().sign_in("bob").await;
    bob.get(&silent.path()).await.error("login_required");
    let hinted = rp.request().set("id_token_hint", &hint);
    let page = bob.get(&hinted.path()).await;
    page.expect("sign-in");
    // Somebody else than was meant.
    page.form().fill("identifier", "bob").fill("password", PASSWORD).submit(&mut bob).await.error("login_required");
    // With both accounts in the browser, the hint chooses without a page.
    let mut both = alice.sign_in("bob").await;
    let claims = rp.exchange(&both.get(&silent.path()).await.code()).await.tokens().id_claims();
    assert_eq!(claims["sub"], tokens.id_claims()["sub"]);
}

#[tokio::test]
async fn login_hint_and_ui_locales_shape_the_page() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page =
        browser.get(&rp.request().set("login_hint", "alice@example.com").set("ui_locales", "xx ru-RU en").path()).await;
    assert_eq!(page.form().get("identifier"), Some("alice@example.com"));
    assert!(page.reply.body.contains("<html lang=\"ru\""), "{}", page.reply.body);
    browser.language = "ru;q=0.9, en;q=0.8".to_owned();
    assert!(browser.get(&rp.request().path()).await.reply.body.contains("<html lang=\"ru\""));
    // A choice made on the page wins, for the rest of the sign-in and afterwards.
    let switched = page.form_to("/language").fill("language", "en").submit(&mut browser).await;
    switched.expect("sign-in");
    assert!(switched.reply.body.contains("<html lang=\"en\""));
    assert!(browser.get(&rp.request().path()).await.reply.body.contains("<html lang=\"en\""));
}

#[tokio::test]
async fn a_scope_of_which_nothing_is_left_is_an_error_and_without_openid_there_is_no_id_token() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    app.browser().get(&rp.request().set("scope", "unknown").path()).await.error("invalid_scope");
    let answer = app.browser().go_through(&rp.request().set("scope", "email")).await;
    let tokens = rp.exchange(&answer.code()).await.tokens();
    assert!(tokens.id_token.is_none());
    rp.userinfo(&tokens.access_token).await.expect(403);
}
