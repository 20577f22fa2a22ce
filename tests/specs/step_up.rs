//! A step-up that runs out while a page is open throws nothing away that was made on it.

use latchkey::oidc::client::metadata::ClientKind;

use crate::harness::{Authenticator, Browser, PASSWORD, Page, Passkey, TestApp, code_in, minutes, seconds};

/// Signs in again where a form has led that came too late.
async fn again(browser: &mut Browser, page: &Page) -> Page {
    page.expect("sign-in").form().fill("identifier", "alice").fill("password", PASSWORD).submit(browser).await
}

#[tokio::test]
async fn a_step_up_that_ends_meanwhile_shows_the_same_secret_again() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    app.pass(minutes(4)).await;
    let page = browser.get("/account/authenticator").await;
    let authenticator = Authenticator::with_key(&page.expect("authenticator").codes()[0]);
    app.pass(minutes(2)).await;
    let late = page.form().fill("code", &authenticator.code(&app)).submit(&mut browser).await;
    let shown = again(&mut browser, &late).await;
    assert_eq!(shown.expect("authenticator").codes(), page.codes());
    assert!(!browser.cookies.contains_key("carried"), "the page has it");
    let done = shown.form().fill("code", &authenticator.code(&app)).submit(&mut browser).await;
    assert_eq!(done.expect("authenticator").codes().len(), 10, "{}", done.text());
    // And of the app in whose place it comes.
    app.pass(minutes(6)).await;
    let mut browser = app.browser().sign_in_with("alice", &authenticator).await;
    let page = browser.get("/account/authenticator/another").await;
    let another = Authenticator::with_key(&page.expect("another").codes()[0]);
    app.pass(minutes(6)).await;
    let late = page.form().fill("code", &another.code(&app)).submit(&mut browser).await;
    let half = again(&mut browser, &late).await;
    let shown = half.form().fill("code", &authenticator.code(&app)).submit(&mut browser).await;
    assert_eq!(shown.expect("another").codes(), page.codes());
    let done = shown.form().fill("code", &another.code(&app)).submit(&mut browser).await;
    assert!(done.text().contains("Your new authenticator app is set up"), "{}", done.text());
}

#[tokio::test]
async fn half_a_sign_in_that_ends_meanwhile_shows_the_same_secret_again() {
    let app = TestApp::new().await;
    let rp = app.client(ClientKind::Web, |client| client.metadata.require_second_factor = true).await;
    app.user("alice").await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let page = again(&mut browser, &page).await;
    let authenticator = Authenticator::with_key(&page.expect("set-up").codes()[0]);
    app.pass(minutes(11)).await;
    let late = page.form().fill("code", &authenticator.code(&app)).submit(&mut browser).await;
    let shown = again(&mut browser, &late).await;
    assert_eq!(shown.expect("set-up").codes(), page.codes());
    let set_up = shown.form().fill("code", &authenticator.code(&app)).submit(&mut browser).await;
    let onward = browser.get(&set_up.link("I have kept them")).await;
    browser.go_on(onward).await.code();
    // A form that is sent once more takes the used secret nowhere.
    shown.form().fill("code", &authenticator.code(&app)).submit(&mut browser).await;
    app.sql("DELETE FROM totp").await;
    let other = browser.get("/account/authenticator").await;
    assert_ne!(other.expect("authenticator").codes(), shown.codes());
    assert_eq!(app.rows("totp").await, 0);
}

#[tokio::test]
async fn what_was_carried_is_shown_to_nobody_else_and_not_for_ever() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account/authenticator").await;
    app.pass(minutes(6)).await;
    page.form().fill("code", "000000").submit(&mut browser).await.expect("sign-in");
    assert!(browser.cookies.contains_key("carried"));
    // In the same browser, with the same cookie.
    let mut bob = browser.clone().sign_in("bob").await;
    assert_ne!(bob.get("/account/authenticator").await.expect("authenticator").codes(), page.codes());
    let kept = browser.cookies["carried"].clone();
    app.pass(minutes(24) + seconds(1)).await;
    let mut late = app.browser().sign_in("alice").await;
    late.cookies.insert("carried".to_owned(), kept);
    assert_ne!(late.get("/account/authenticator").await.expect("authenticator").codes(), page.codes());
    // What is no such thing is carried nowhere.
    for made in ["x; Domain=example.com", "x\r\ny", &"x".repeat(600), ""] {
        let mut browser = app.browser().sign_in("alice").await;
        let form = browser.get("/account/authenticator").await.form().fill("enrolment", made).fill("code", "000000");
        app.pass(minutes(6)).await;
        form.submit(&mut browser).await.expect("sign-in");
        assert!(!browser.cookies.contains_key("carried"), "{made:?}");
    }
}

#[tokio::test]
async fn a_step_up_that_ends_meanwhile_shows_the_field_for_the_code_again() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("alice").await;
    let form = browser.get("/account/email").await.form_to("/account/email");
    let page = form.fill("email", "alice@new.example").fill("current", PASSWORD).submit(&mut browser).await;
    let code = code_in(&app.letter_to("alice@new.example").await);
    app.pass(minutes(6)).await;
    let late = page.form_to("/account/email").fill("code", &code).submit(&mut browser).await;
    let shown = again(&mut browser, &late).await;
    assert!(shown.expect("email").text().contains("sent a code to alice@new.example"), "{}", shown.text());
    // Who wants another address gets the first form, in another language, too.
    let first = browser.get(&shown.link("No email? Try again, or use another address")).await;
    assert!(first.form_to("/account/email").get("email").is_some(), "{}", first.text());
    let switch = first.form_to("/language").fill("language", "ru").submit(&mut browser).await;
    assert!(switch.form_to("/account/email").get("email").is_some(), "{}", switch.text());
    let done = shown.form_to("/account/email").fill("code", &code).submit(&mut browser).await;
    assert!(done.url.ends_with("/account?done=email"), "{}", done.url);
    assert!(browser.get("/account/email").await.form_to("/account/email").get("email").is_some());
}

#[tokio::test]
async fn a_step_up_that_ends_meanwhile_says_that_no_passkey_was_added() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account/passkeys").await;
    let (ceremony, mut passkey) = (page.ceremony(), Passkey::new(&app));
    let answer = ceremony.answer(&passkey.create(&ceremony.options));
    app.pass(minutes(6)).await;
    let late = answer.submit(&mut browser).await;
    let shown = again(&mut browser, &late).await;
    assert!(shown.expect("passkeys").text().contains("No passkey was added"), "{}", shown.text());
    // What the browser is told about the passkeys that there are has none of it.
    assert!(shown.reply.body.contains("data-accepted"), "{}", shown.reply.body);
    assert_eq!(app.rows("passkey").await, 0);
    // It is said once, and of nothing else than a passkey.
    assert!(!browser.get("/account/passkeys").await.text().contains("No passkey was added"));
    browser.add_passkey(Passkey::new(&app)).await;
}
