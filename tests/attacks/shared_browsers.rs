//! E6 and E7. What one person began in a browser, and what happens there without one.

use crate::harness::{Browser, Form, PASSWORD, Page, Reply, TestApp, form_encode};
use latchkey::oidc::client::metadata::ClientKind;

/// Sends a form and follows nothing: the person is interrupted here.
async fn send(browser: &mut Browser, form: &Form) -> Reply {
    let fields: Vec<_> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let request = http::Request::post(browser.app.path(&form.action))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", browser.app.app.config.issuer.origin().to_owned());
    browser.send(request, form_encode(&fields)).await
}

async fn sign_out(browser: &mut Browser) {
    let page = browser.get("/end_session").await;
    page.form().fill("decision", "sign_out").submit(browser).await;
}

/// How somebody leaves a browser to the next person.
const WAYS_TO_LEAVE: [&str; 3] = ["signs out", "loses the session cookie", "stays signed in"];

async fn leave(browser: &mut Browser, way: &str) {
    match way {
        "signs out" => sign_out(browser).await,
        "loses the session cookie" => drop(browser.cookies.remove("sid")),
        _ => {}
    }
}

/// Whose account a page names: the first that it shows.
fn names(page: &Page, person: &str) -> bool {
    page.text().contains(&format!("{person} Example"))
}

#[tokio::test]
async fn e6_what_one_person_allowed_gives_no_code_for_the_next() {
    for way in WAYS_TO_LEAVE {
        for prompt in ["", "consent"] {
            let app = TestApp::new().await;
            let rp = app.relying_party().await;
            let mut browser = app.browser().sign_in("alice").await;
            let consent = browser.get(&rp.request().set("prompt", prompt).path()).await;
            let pending = send(&mut browser, &consent.form().fill("decision", "allow")).await.location().to_owned();
            leave(&mut browser, way).await;
            let mut browser = browser.sign_in("bob").await;
            let page = browser.get(&pending).await;
            if way == "stays signed in" {
                // What alice allowed is hers, and she is still here.
                let tokens = rp.exchange(&page.code()).await.tokens();
                assert_eq!(tokens.id_claims()["sub"], app.user("alice").await.sub);
            } else {
                page.expect("consent");
                assert!(names(&page, "bob"), "alice {way}: {}", page.text());
            }
        }
    }
}

#[tokio::test]
async fn e6_what_one_person_refused_is_not_refused_by_the_next() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let consent = browser.get(&rp.request().path()).await;
    let pending = send(&mut browser, &consent.form().fill("decision", "deny")).await.location().to_owned();
    sign_out(&mut browser).await;
    let mut browser = browser.sign_in("bob").await;
    browser.get(&pending).await.expect("consent");
}

#[tokio::test]
async fn e6_a_consent_that_was_withdrawn_before_the_code_is_asked_for_again() {
    for prompt in ["", "consent"] {
        let app = TestApp::new().await;
        let rp = app.relying_party().await;
        let mut browser = app.browser().sign_in("alice").await;
        let request = rp.request().set("prompt", prompt).path();
        let consent = browser.get(&request).await;
        let pending = send(&mut browser, &consent.form().fill("decision", "allow")).await.location().to_owned();
        let mut elsewhere = browser.clone();
        let page = elsewhere.get("/account/applications").await;
        page.press("withdraw").submit(&mut elsewhere).await;
        let asked = browser.get(&pending).await;
        asked.expect("consent");
        // And if it was given again in the meantime, by another request, this one was still withdrawn.
        if prompt == "consent" {
            elsewhere.go_through(&rp.request()).await.code();
            browser.get(&pending).await.expect("consent");
        }
        asked.form().fill("decision", "allow").submit(&mut browser).await.code();
    }
}

#[tokio::test]
async fn e6_a_consent_page_that_names_one_person_allows_nothing_for_the_next() {
    for way in WAYS_TO_LEAVE {
        let app = TestApp::new().await;
        let rp = app.relying_party().await;
        let mut browser = app.browser().sign_in("alice").await;
        let shown_to_alice = browser.get(&rp.request().path()).await;
        assert!(names(&shown_to_alice, "alice"));
        leave(&mut browser, way).await;
        let mut browser = browser.sign_in("bob").await;
        for decision in ["allow", "deny"] {
            let page = shown_to_alice.form().fill("decision", decision).submit(&mut browser).await;
            assert!(!page.foreign, "alice {way}, bob is asked; sent to {}", page.url);
            assert!(["consent", "select-account"].contains(&page.name().as_str()), "{}", page.url);
            assert!(names(&page, "bob"), "alice {way}: {}", page.text());
        }
        assert_eq!(app.rows("consent").await, 0, "alice {way}: nobody has allowed anything");
        assert_eq!(app.rows("client_grant").await, 0);
    }
}

#[tokio::test]
async fn e6_what_is_granted_is_what_the_page_showed() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    app.sql("UPDATE client SET metadata = REPLACE(metadata, ' email', '')").await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get(&rp.request().path()).await;
    assert!(!page.text().contains("email address"), "{}", page.text());
    // While the person reads, the client is allowed to ask for more.
    app.sql("UPDATE client SET metadata = REPLACE(metadata, 'openid profile', 'openid profile email')").await;
    let again = page.form().fill("decision", "allow").submit(&mut browser).await;
    again.expect("consent");
    assert!(again.text().contains("email address"), "{}", again.text());
    let tokens = rp.exchange(&again.form().fill("decision", "allow").submit(&mut browser).await.code()).await.tokens();
    assert_eq!(tokens.scope, "openid profile email");
}

#[tokio::test]
async fn e6_a_form_of_one_persons_account_changes_nothing_of_the_nexts() {
    for way in WAYS_TO_LEAVE {
        let app = TestApp::new().await;
        let rp = app.relying_party().await;
        app.browser().sign_in("bob").await;
        let mut browser = app.browser().sign_in("alice").await;
        browser.authorize(&rp).await.code();
        let profile = browser.get("/account").await.form_to("/account").fill("name", "Mallory");
        let password = browser.get("/account/password").await.form_to("/account/password");
        let password = password.fill("current", PASSWORD).fill("password", "seven slow barges turn");
        let applications = browser.get("/account/applications").await.form_to("/account/applications");
        // A second session, so that there is one to be ended.
        app.browser().sign_in("alice").await;
        let others = browser.get("/account/sessions").await.form_to("/account/sessions").fill("end", "others");
        leave(&mut browser, way).await;
        let mut browser = browser.sign_in("bob").await;
        browser.user = "bob".to_owned();
        let page = browser.get(&rp.request().set("prompt", "select_account").path()).await;
        page.expect("select-account");

        let before = app.person("bob").await;
        profile.submit(&mut browser).await;
        others.submit(&mut browser).await;
        applications.clone().fill("withdraw", "x").submit(&mut browser).await;
        password.submit(&mut browser).await;
        let after = app.person("bob").await;
        assert_eq!(before.profile, after.profile, "alice {way}");
        assert_eq!(before.generation, after.generation, "alice {way}: bob's password");
        assert_eq!(app.events().await.iter().filter(|kind| *kind == "consent_withdrawn").count(), 0);
        let ended = app.live_sessions_of("bob").await;
        assert_eq!(ended, 2, "alice {way}: bob is signed in where he was");
        let alice = app.person("alice").await;
        let changed = alice.profile["name"] == "Mallory";
        assert_eq!(changed, way == "stays signed in", "alice {way}: it is her page as long as she is here");
    }
}

#[tokio::test]
async fn e7_a_public_client_on_the_device_gets_no_code_without_an_interaction() {
    for (uri, first_party) in [
        ("http://127.0.0.1/callback", false),
        ("http://127.0.0.1/callback", true),
        ("com.example.herons:/callback", false),
        ("com.example.herons:/callback", true),
    ] {
        let app = TestApp::new().await;
        let native = app
            .client(ClientKind::Native, |new| {
                new.redirect_uris = vec![uri.to_owned()];
                new.first_party = first_party;
            })
            .await;
        let mut browser = app.browser().sign_in("alice").await;
        if !first_party {
            // Consenting is an interaction.
            let consent = browser.get(&native.request().path()).await;
            consent.expect("consent");
            consent.form().fill("decision", "allow").submit(&mut browser).await.code();
        }
        browser.get(&native.request().set("prompt", "none").path()).await.error("interaction_required");
        let page = browser.get(&native.request().path()).await;
        page.expect("continue-as");
        assert!(page.text().contains("Continue to The Herons' Club as alice Example?"), "{}", page.text());
        assert!(names(&page, "alice"));
        page.form().submit(&mut browser).await.expect("continue-as");
        let pending = send(&mut browser, &page.form().fill("decision", "continue")).await.location().to_owned();
        browser.get(&pending).await.code();
        // Once: who goes back in the browser's history is asked again.
        browser.get(&pending).await.expect("continue-as");
        let page = browser.get(&native.request().path()).await;
        page.form().fill("decision", "deny").submit(&mut browser).await.error("access_denied");
        // Signing in is an interaction, too.
        let page = browser.get(&native.request().set("prompt", "login").path()).await;
        page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut browser).await.code();
    }
}

#[tokio::test]
async fn e7_an_address_that_the_client_can_prove_is_answered_at_once() {
    let app = TestApp::new().await;
    let claimed =
        app.client(ClientKind::Native, |new| new.redirect_uris = vec!["https://app.example/callback".to_owned()]).await;
    let mut browser = app.browser();
    browser.authorize(&claimed).await.code();
    browser.get(&claimed.request().path()).await.code();
    browser.get(&claimed.request().set("prompt", "none").path()).await.code();
}

#[tokio::test]
async fn e6_who_is_asked_whether_to_go_on_answers_for_nobody_else() {
    let app = TestApp::new().await;
    let native = app.client(ClientKind::Native, |new| new.first_party = true).await;
    let mut browser = app.browser().sign_in("alice").await;
    let shown_to_alice = browser.get(&native.request().path()).await;
    shown_to_alice.expect("continue-as");
    sign_out(&mut browser).await;
    let mut browser = browser.sign_in("bob").await;
    let page = shown_to_alice.form().fill("decision", "continue").submit(&mut browser).await;
    page.expect("continue-as");
    assert!(names(&page, "bob"), "{}", page.text());
}
