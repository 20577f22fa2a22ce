//! OpenID Connect RP-Initiated Logout 1.0.

use crate::harness::{TestApp, form_encode};

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
