//! The terms of service: accepted at sign-up, and by everybody when their version changes.

use latchkey::config::{Config, SignUp, SignUpChallenge};
use serde_json::json;

use crate::harness::{Browser, PASSWORD, Page, TestApp, code_in, sender};

fn of_version(version: &'static str) -> impl FnOnce(&mut Config) {
    move |config| {
        config.login.sign_up = SignUp::Open;
        config.login.sign_up_challenge = SignUpChallenge::Never;
        config.pages.tos_uri = Some("https://northwind.example/terms".to_owned());
        config.terms.version = Some(version.to_owned());
    }
}

/// The same provider with another version of the terms.
async fn with_version(app: &TestApp, version: &'static str) -> TestApp {
    let mut config = app.app.config.clone();
    of_version(version)(&mut config);
    app.on(config).await
}

/// The versions that a person has accepted.
async fn accepted(app: &TestApp, name: &str) -> Vec<String> {
    let id = app.person(name).await.id;
    let export = latchkey::account::export::export(&app.app, &id).await.unwrap().unwrap();
    let all = export["terms_accepted"].as_array().unwrap().clone();
    assert!(all.iter().all(|one| one["at"].is_string()));
    all.iter().map(|one| one["version"].as_str().unwrap().to_owned()).collect()
}

async fn decide(browser: &mut Browser, page: &Page, decision: &str) -> Page {
    let page = page.expect("terms").form_to("/terms").fill("decision", decision).submit(browser).await;
    browser.go_on(page).await
}

#[tokio::test]
async fn a_sign_up_accepts_the_terms_or_makes_no_account() {
    let app = TestApp::with(of_version("2026-01")).await;
    let mut browser = app.browser();
    let page = browser.get("/sign-up").await;
    page.link("Read the terms");
    let form = page.form_to("/sign-up").fill("email", "bob@example.com").fill("password", PASSWORD);
    for ticked in [None, Some("no"), Some("")] {
        let form = match ticked {
            None => form.clone(),
            Some(value) => form.clone().fill("terms", value),
        };
        let refused = form.submit(&mut browser).await;
        assert!(refused.refused(400).text().contains("Accept the terms of service"), "{}", refused.text());
    }
    assert_eq!(app.rows("user_account").await, 0);
    form.fill("terms", "yes").submit(&mut browser).await.reply.expect(200);
    browser.get("/account").await.expect("account");
    assert_eq!(accepted(&app, "bob@example.com").await, ["2026-01"]);
    assert!(browser.get("/account/activity").await.text().contains("Terms of service accepted"));
}

#[tokio::test]
async fn what_was_accepted_before_the_letter_is_noted_with_the_account() {
    let app = TestApp::with(|config| {
        of_version("2026-01")(config);
        config.mail.from = Some(sender());
    })
    .await;
    let mut browser = app.browser();
    let page = browser.get("/sign-up").await;
    let form = page.form_to("/sign-up").fill("email", "bob@example.com").fill("password", PASSWORD);
    let page = form.fill("terms", "yes").submit(&mut browser).await;
    let code = code_in(&app.letter_to("bob@example.com").await);
    page.form().fill("code", &code).submit(&mut browser).await.reply.expect(200);
    assert_eq!(accepted(&app, "bob@example.com").await, ["2026-01"]);
}

#[tokio::test]
async fn when_the_version_changes_everybody_is_asked_once_before_an_application_gets_anything() {
    let app = TestApp::with(of_version("2026-01")).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get(&rp.request().path()).await;
    page.expect("terms");
    assert_eq!(app.rows("authorization_code").await, 0);
    browser.get(&rp.request().set("prompt", "none").path()).await.error("interaction_required");
    let page = decide(&mut browser, &page, "accept").await;
    assert!(!rp.exchange(&page.code()).await.tokens().access_token.is_empty());
    // Not again.
    let page = browser.get(&rp.request().path()).await;
    browser.go_on(page).await.code();
    assert_eq!(accepted(&app, "alice").await, ["2026-01"]);

    let later = with_version(&app, "2027-01").await;
    let (rp, mut browser) = (rp.on(&later), browser.on(&later));
    let page = browser.get(&rp.request().path()).await;
    decide(&mut browser, &page, "accept").await.code();
    assert_eq!(accepted(&app, "alice").await, ["2026-01", "2027-01"]);
    let events = app.events().await;
    assert_eq!(events.iter().filter(|kind| *kind == "terms_accepted").count(), 2, "{events:?}");
}

#[tokio::test]
async fn who_does_not_accept_goes_back_with_access_denied_and_keeps_the_account() {
    let app = TestApp::with(of_version("2026-01")).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get(&rp.request().path()).await;
    decide(&mut browser, &page, "deny").await.error("access_denied");
    assert_eq!(accepted(&app, "alice").await, [""; 0]);
    browser.get("/account").await.expect("account");
    browser.get(&rp.request().path()).await.expect("terms");
}

#[tokio::test]
async fn a_yes_counts_for_the_version_and_the_person_that_the_page_was_shown_to() {
    let app = TestApp::with(of_version("2026-01")).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get(&rp.request().path()).await;
    let form = page.expect("terms").form_to("/terms").fill("decision", "accept");
    // Another version by now, and one that was never shown.
    let later = with_version(&app, "2027-01").await;
    let mut on_later = browser.on(&later);
    form.clone().submit(&mut on_later).await.expect("terms");
    form.clone().fill("version", "2099-01").submit(&mut browser).await.expect("terms");
    form.clone().fill("decision", "perhaps").submit(&mut browser).await.expect("terms");
    // Without the page: what the address carries has asked nothing.
    let sealed = browser.get(&rp.request().path()).await.url.split_once("interaction=").unwrap().1.to_owned();
    form.clone().fill("interaction", &sealed).submit(&mut browser).await.expect("terms");
    assert_eq!(accepted(&app, "alice").await, [""; 0]);
    form.submit(&mut browser).await;
    assert_eq!(accepted(&app, "alice").await, ["2026-01"]);
}

#[tokio::test]
async fn acceptances_go_with_the_account_and_nobody_is_asked_where_no_version_is_named() {
    let app = TestApp::with(of_version("2026-01")).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get(&rp.request().path()).await;
    decide(&mut browser, &page, "accept").await.code();
    let alice = app.person("alice").await;
    latchkey::account::delete::disable(&app.app, &alice.id, true).await.unwrap();
    app.execute(format!("DELETE FROM user_account WHERE id = '{}'", alice.id)).await;
    assert_eq!(app.rows("terms_acceptance").await, 0);

    let without = TestApp::new().await;
    let rp = without.relying_party().await;
    let mut browser = without.browser().sign_in("bob").await;
    let page = browser.get(&rp.request().path()).await;
    browser.go_on(page).await.code();
    let export = latchkey::account::export::export(&without.app, &without.person("bob").await.id).await.unwrap();
    assert_eq!(export.unwrap()["terms_accepted"], json!([]));
}
