//! OpenID Connect RP-Initiated Logout 1.0.

use latchkey::jose::Algorithm;
use latchkey::keys::signing::When;
use latchkey::oidc::client::metadata::ClientKind;

use crate::harness::{Browser, PASSWORD, TestApp, form_encode, minutes};

#[tokio::test]
async fn with_a_hint_of_this_session_it_ends_at_once_and_the_state_goes_back_alone() {
    // §2, §3
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    for post in [false, true] {
        let mut browser = app.browser();
        let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
        let fields = [
            ("id_token_hint", tokens.id_token.as_deref().unwrap()),
            ("post_logout_redirect_uri", "https://rp.example/bye"),
            ("state", "x y"),
        ];
        let left = match post {
            true => browser.post("/end_session", &fields).await,
            false => browser.get(&format!("/end_session?{}", form_encode(&fields))).await,
        };
        assert_eq!(left.url, "https://rp.example/bye?state=x+y", "by POST: {post}");
        browser.get(&rp.request().set("prompt", "none").path()).await.error("login_required");
    }
}

#[tokio::test]
async fn without_a_hint_the_person_is_asked_and_then_goes_where_a_named_client_registered() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    browser.authorize(&rp).await.code();
    let named = form_encode(&[("client_id", rp.id()), ("post_logout_redirect_uri", "https://rp.example/bye")]);
    let page = browser.get(&format!("/end_session?{named}")).await;
    page.expect("end_session");
    let left = page.form().fill("decision", "sign_out").submit(&mut browser).await;
    assert_eq!(left.url, "https://rp.example/bye");
}

#[tokio::test]
async fn without_an_address_a_page_tells_the_outcome() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    let page = browser.get(&format!("/end_session?id_token_hint={}", tokens.id_token.as_deref().unwrap())).await;
    assert!(!page.foreign && page.reply.status == 200);
    assert!(!page.reply.body.contains("name=\"decision\""), "nothing is asked any more");
    // Nobody is signed in: there is nothing to ask.
    let page = app.browser().get("/end_session").await;
    assert!(!page.reply.body.contains("name=\"decision\""));
}

#[tokio::test]
async fn a_hint_of_another_session_asks_first() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let elsewhere = rp.tokens_of("alice").await;
    let mut browser = app.browser();
    let here = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    let page = browser.get(&format!("/end_session?id_token_hint={}", elsewhere.id_token.as_deref().unwrap())).await;
    page.expect("end_session");
    assert!(rp.is_good(&here.access_token).await && rp.is_good(&elsewhere.access_token).await);
}

#[tokio::test]
async fn of_two_accounts_in_a_browser_the_hinted_one_is_signed_out() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let alice = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    let mut browser = browser.sign_in("bob").await;
    browser.get(&format!("/end_session?id_token_hint={}", alice.id_token.as_deref().unwrap())).await;
    assert!(!rp.is_good(&alice.access_token).await);
    assert!(browser.get("/").await.text().contains("bob"), "bob stays");
}

/// Lets the key that signs make way at once, and its tokens die: it leaves the key set.
async fn the_key_leaves(app: &TestApp) -> String {
    let ring = app.app.keys.ring();
    let kid = ring.signer(Algorithm::RS256, app.app.now()).unwrap().kid().to_owned();
    app.app.keys.rotate(&app.app.db, &app.app.vault, When::Now).await.unwrap();
    app.clock.advance(minutes(66));
    latchkey::server::jobs::rotate_keys(&app.app).await.unwrap();
    assert!(!app.get("/jwks").await.expect(200).body.contains(&kid));
    kid
}

#[tokio::test]
async fn a_hint_whose_key_has_left_the_key_set_signs_out_who_is_meant_and_asks_everybody_else() {
    // §2: an ID token is accepted although it has expired.
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let hint =
        |token: &str| format!("/end_session?id_token_hint={token}&post_logout_redirect_uri=https://rp.example/bye");
    let mut browser = app.browser();
    let old = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    let mut other = app.browser();
    other.authorize(&rp).await.code();
    the_key_leaves(&app).await;
    rp.userinfo(&old.access_token).await.expect(401);
    // The person is known by it where a client asks for them, too.
    let asked = rp.request().set("prompt", "none").set("id_token_hint", old.id_token.as_deref().unwrap());
    browser.get(&asked.path()).await.code();
    // Long after the private half was forgotten.
    app.clock.advance(minutes(15 * 60));
    browser.get(&rp.request().set("prompt", "none").path()).await.code();
    other.get(&rp.request().set("prompt", "none").path()).await.code();
    app.clock.advance(minutes(15 * 60));
    latchkey::server::jobs::remove_expired(&app.app).await.unwrap();
    assert_eq!(app.rows("signing_key").await, 1);
    latchkey::server::jobs::rotate_keys(&app.app).await.unwrap();

    other.get(&hint(old.id_token.as_deref().unwrap())).await.expect("end_session");
    let left = browser.get(&hint(old.id_token.as_deref().unwrap())).await;
    assert_eq!(left.url, "https://rp.example/bye");
    browser.get(&rp.request().set("prompt", "none").path()).await.error("login_required");
}

#[tokio::test]
async fn d2_a_hint_of_a_revoked_key_is_anybodys_and_asks_first() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    let hint = tokens.id_token.as_deref().unwrap();
    let ring = app.app.keys.ring();
    let kid = ring.signer(Algorithm::RS256, app.app.now()).unwrap().kid().to_owned();
    let revoked = app.app.keys.revoke(&app.app.db, &app.app.vault, &kid).await.unwrap();
    assert_eq!(revoked.unwrap().made.len(), 1);
    let asks = async |browser: &mut Browser| {
        browser.get(&format!("/end_session?id_token_hint={hint}")).await.expect("end_session");
        browser.get(&rp.request().set("prompt", "none").path()).await.code();
        let hinted = rp.request().set("prompt", "none").set("id_token_hint", hint);
        browser.get(&hinted.path()).await.error("login_required");
    };
    asks(&mut browser).await;
    // And so does one whose row is long gone.
    for _ in 0..3 {
        app.clock.advance(minutes(10 * 60));
        browser.get(&rp.request().set("prompt", "none").path()).await.code();
    }
    latchkey::server::jobs::remove_expired(&app.app).await.unwrap();
    assert_eq!(app.rows("signing_key").await, 1);
    latchkey::server::jobs::rotate_keys(&app.app).await.unwrap();
    asks(&mut browser).await;
}

#[tokio::test]
async fn d2_a_hint_of_a_key_that_was_revoked_after_it_had_left_asks_first() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    let kid = the_key_leaves(&app).await;
    let revoked = app.app.keys.revoke(&app.app.db, &app.app.vault, &kid).await.unwrap();
    assert!(revoked.unwrap().made.is_empty(), "another one signs already");
    browser.get(&format!("/end_session?id_token_hint={}", tokens.id_token.unwrap())).await.expect("end_session");
}

#[tokio::test]
async fn one_account_signs_out_or_all_of_them_do() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    for (which, left) in [(1, 0), (0, 1)] {
        let mut browser = app.browser().sign_in("alice").await.sign_in("bob").await;
        let page = browser.get(&format!("/end_session?client_id={}", rp.id())).await;
        assert!(page.reply.body.contains("Sign out of bob"), "the account that was used last: {}", page.reply.body);
        let forms = page.forms_to("/end_session");
        let done = forms[which].clone().fill("decision", "sign_out").submit(&mut browser).await;
        done.expect("signed-out");
        assert_eq!(done.text().contains("Other accounts in this browser are still signed in"), left == 1, "{which}");
        assert_eq!(app.live_sessions_of("alice").await, left, "{which}");
        assert_eq!(app.live_sessions_of("bob").await, 0, "{which}");
    }
}

#[tokio::test]
async fn a_form_of_a_session_that_is_over_signs_nobody_else_out_and_does_not_say_that_it_is_done() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await.sign_in("bob").await;
    let shown = browser.get("/end_session").await;
    shown.form().fill("decision", "sign_out").submit(&mut browser).await.expect("signed-out");
    let again = shown.form().fill("decision", "sign_out").submit(&mut browser).await;
    again.expect("end_session");
    assert!(again.text().contains("alice"), "{}", again.text());
    assert_eq!(app.live_sessions_of("alice").await, 1);
    again.form().fill("decision", "sign_out").submit(&mut browser).await.expect("signed-out");
    assert_eq!(app.live_sessions_of("alice").await, 0);
}

#[tokio::test]
async fn a_page_from_before_a_change_of_the_password_asks_again_and_leads_to_no_client_as_if_signed_out() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let named = form_encode(&[("client_id", rp.id()), ("post_logout_redirect_uri", "https://rp.example/bye")]);
    let shown = browser.get(&format!("/end_session?{named}")).await;
    let change = browser.get("/account/password").await.form_to("/account/password");
    let change = change.fill("current", PASSWORD).fill("password", "seven slow barges turn");
    change.submit(&mut browser).await.reply.expect(200);
    let again = shown.form().fill("decision", "sign_out").submit(&mut browser).await;
    again.expect("end_session");
    assert_eq!(app.live_sessions_of("alice").await, 1);
    let left = again.form().fill("decision", "sign_out").submit(&mut browser).await;
    assert_eq!(left.url, "https://rp.example/bye", "the request is kept");
    assert_eq!(app.live_sessions_of("alice").await, 0);
}

#[tokio::test]
async fn the_question_is_in_the_language_that_the_client_wishes() {
    // §2: ui_locales
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/end_session?ui_locales=xx%20ru-RU").await;
    assert!(page.reply.body.contains("<html lang=\"ru\""), "{}", page.reply.body);
    let page = page.form_to("/language").fill("language", "ar").submit(&mut browser).await;
    assert!(page.reply.body.contains("<html lang=\"ar\" dir=\"rtl\""), "{}", page.reply.body);
}

#[tokio::test]
async fn who_stays_signed_in_goes_back_to_the_client() {
    let app = TestApp::new().await;
    let uri = "https://rp.example/home?from=latchkey";
    let rp = app.client(ClientKind::Web, |client| client.metadata.client_uri = Some(uri.to_owned())).await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get(&format!("/end_session?client_id={}", rp.id())).await;
    let left = page.form().fill("decision", "stay").submit(&mut browser).await;
    assert_eq!(left.url, uri);
    let page = browser.get("/end_session").await;
    page.form().fill("decision", "stay").submit(&mut browser).await.expect("");
    assert_eq!(app.live_sessions_of("alice").await, 1);
}
