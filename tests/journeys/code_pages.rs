//! The pages that wait for a code from a letter: what people have chosen before goes on with it, and the page can be opened again.

use latchkey::config::{SignUp, SignUpChallenge};

use crate::harness::{Browser, PASSWORD, Page, TestApp, code_in, link_in, minutes, seconds, sender};

/// A provider at which everybody can make an account.
async fn open() -> TestApp {
    TestApp::with(|config| {
        config.mail.from = Some(sender());
        config.login.sign_up = SignUp::Open;
        config.login.sign_up_challenge = SignUpChallenge::Never;
    })
    .await
}

/// The page that waits for the code of a sign-up.
async fn sign_up(browser: &mut Browser, email: &str) -> Page {
    let page = browser.get("/sign-up").await;
    page.form_to("/sign-up").fill("email", email).fill("password", PASSWORD).submit(browser).await
}

/// Whether the account page of somebody opens here.
async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.get("/account").await.name() == "account"
}

#[tokio::test]
async fn a_sign_up_whose_answer_was_lost_is_signed_in_when_the_form_is_sent_again() {
    let app = open().await;
    let mut browser = app.browser();
    let page = sign_up(&mut browser, "new@example.com").await;
    let form = page.form_to("/sign-up").fill("code", &code_in(&app.letter_to("new@example.com").await));
    let before = browser.clone();
    form.submit(&mut browser).await.reply.expect(200);
    assert!(is_signed_in(&mut browser).await);
    // The answer to the first one has not arrived: no session, no message of it.
    let mut again = before.clone();
    app.clock.advance(seconds(20));
    let page = form.submit(&mut again).await;
    assert_eq!(page.reply.status, 200, "{}", page.text());
    assert!(is_signed_in(&mut again).await);
    assert_eq!(app.rows("user_account").await, 1);
    // Not for longer, and in no other browser.
    let mut other = app.browser();
    let csrf = other.get("/sign-up").await.form_to("/sign-up").get("csrf").unwrap().to_owned();
    let fields = [
        ("csrf", &*csrf),
        ("asked", form.get("asked").unwrap()),
        ("email", "new@example.com"),
        ("code", form.get("code").unwrap()),
    ];
    other.post("/sign-up", &fields).await.refused(400);
    assert!(!is_signed_in(&mut other).await);
    app.clock.advance(seconds(11));
    form.submit(&mut before.clone()).await.refused(400);
    assert_eq!(app.rows("user_account").await, 1);
}

#[tokio::test]
async fn a_sign_up_that_is_sent_twice_at_once_makes_one_account_and_signs_in_both_times() {
    let app = open().await;
    let mut browser = app.browser();
    let page = sign_up(&mut browser, "new@example.com").await;
    let form = page.form_to("/sign-up").fill("code", &code_in(&app.letter_to("new@example.com").await));
    let (mut one, mut other) = (browser.clone(), browser.clone());
    let (first, second) = tokio::join!(form.submit(&mut one), form.submit(&mut other));
    assert_eq!(
        (first.reply.status.as_u16(), second.reply.status.as_u16()),
        (200, 200),
        "{}{}",
        first.text(),
        second.text()
    );
    assert_eq!(app.rows("user_account").await, 1);
}

#[tokio::test]
async fn a_sign_up_whose_account_somebody_else_has_made_meanwhile_ends_with_that() {
    let app = open().await;
    let mut browser = app.browser();
    let page = sign_up(&mut browser, "alice@example.com").await;
    let code = code_in(&app.letter_to("alice@example.com").await);
    app.user("alice").await;
    let ended = page.form_to("/sign-up").fill("code", &code).submit(&mut browser).await;
    ended.refused(400);
    assert!(!is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn whoever_wants_to_be_kept_signed_in_is_by_the_link_of_the_letter_and_by_its_code() {
    for by_link in [true, false] {
        let app = TestApp::with_mail().await;
        app.user("alice").await;
        let mut browser = app.browser();
        let page = browser.get("/sign-in/mail").await;
        let form = page.form_to("/sign-in/mail").fill("email", "alice@example.com").fill("keep_signed_in", "yes");
        let page = form.submit(&mut browser).await;
        let letter = app.letter_to("alice@example.com").await;
        let done = match by_link {
            true => browser.get(&link_in(&letter)).await.form_to("/sign-in/mail").submit(&mut browser).await,
            false => page.form_to("/sign-in/mail").fill("code", &code_in(&letter)).submit(&mut browser).await,
        };
        done.reply.expect(200);
        browser.close();
        assert!(is_signed_in(&mut browser).await, "by link: {by_link}");
    }
    // Who opens the link in another browser has asked for nothing there.
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let (mut asking, mut other) = (app.browser(), app.browser());
    let page = asking.get("/sign-in/mail").await;
    let form = page.form_to("/sign-in/mail").fill("email", "alice@example.com").fill("keep_signed_in", "yes");
    let page = form.submit(&mut asking).await;
    let number = page.text().split("asks for this number: ").nth(1).unwrap()[..6].to_owned();
    let opened = other.get(&link_in(&app.letter_to("alice@example.com").await)).await;
    opened.form_to("/sign-in/mail").fill("number", &number).submit(&mut other).await.reply.expect(200);
    other.close();
    assert!(!is_signed_in(&mut other).await);
}

#[tokio::test]
async fn a_sign_in_by_letter_leads_back_to_the_page_that_asked_for_it() {
    for by_link in [true, false] {
        let app = TestApp::with_mail().await;
        app.user("alice").await;
        let mut browser = app.browser();
        let page = browser.get("/account/sessions").await;
        let page = browser.get(&page.expect("sign-in").link("Sign in with a code by email")).await;
        // And back to the password, and once more.
        let page = browser.get(&page.link("Sign in with a password")).await;
        let page = browser.get(&page.expect("sign-in").link("Sign in with a code by email")).await;
        let page = page.form_to("/sign-in/mail").fill("email", "alice@example.com").submit(&mut browser).await;
        let letter = app.letter_to("alice@example.com").await;
        let done = match by_link {
            true => browser.get(&link_in(&letter)).await.form_to("/sign-in/mail").submit(&mut browser).await,
            false => page.form_to("/sign-in/mail").fill("code", &code_in(&letter)).submit(&mut browser).await,
        };
        assert!(done.url.ends_with("/account/sessions"), "by link: {by_link}, {}", done.url);
    }
}

#[tokio::test]
async fn the_pages_beside_the_sign_in_lead_back_to_where_it_leads() {
    let app = open().await;
    let mut browser = app.browser();
    for (way, back) in [("Create account", "Sign in"), ("Set a new password by email", "Sign in")] {
        let page = browser.get("/account/sessions").await;
        let page = browser.get(&page.expect("sign-in").link(way)).await;
        let page = browser.get(&page.link(back)).await;
        assert_eq!(page.expect("sign-in").form_to("/sign-in").get("return"), Some("sessions"), "{way}");
    }
}

/// Switches the language of a page.
async fn in_russian(browser: &mut Browser, page: &Page) -> Page {
    let page = page.form_to("/language").fill("language", "ru").submit(browser).await;
    assert!(page.reply.body.contains("lang=\"ru\""), "{}", page.url);
    page
}

#[tokio::test]
async fn the_page_that_waits_for_a_code_stays_in_another_language() {
    let app = open().await;
    // Of a sign-up, also on the way to an application, and of an address that somebody has.
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().set("prompt", "create").path()).await;
    let form = page.form_to("/sign-up").fill("email", "new@example.com").fill("password", PASSWORD);
    let page = form.submit(&mut browser).await;
    let page = in_russian(&mut browser, &page).await;
    assert!(page.text().contains("new@example.com"), "{}", page.text());
    let wrong = page.form_to("/sign-up").fill("code", "").submit(&mut browser).await;
    wrong.refused(400);
    let page = in_russian(&mut browser, &wrong).await;
    let code = code_in(&app.letter_to("new@example.com").await);
    let page = page.form_to("/sign-up").fill("code", &code).submit(&mut browser).await;
    browser.go_on(page).await.code();
    app.user("alice").await;
    let mut texts = Vec::new();
    for email in ["alice@example.com", "nobody@example.com"] {
        let mut browser = app.browser();
        let page = sign_up(&mut browser, email).await;
        let page = in_russian(&mut browser, &page).await;
        texts.push(page.text().replace(email, "…"));
        // Of no use elsewhere: the page of a new account is there.
        let elsewhere = app.browser().get(&page.url).await;
        assert!(!elsewhere.text().contains(email), "{}", elsewhere.text());
    }
    assert_eq!(texts[0], texts[1]);
    // Of a sign-in.
    let mut browser = app.browser();
    let page = browser.get("/sign-in/mail?return=sessions").await;
    let form = page.form_to("/sign-in/mail").fill("email", "alice@example.com").fill("keep_signed_in", "yes");
    let page = form.submit(&mut browser).await;
    let page = in_russian(&mut browser, &page).await;
    let letters = app.letters_to("alice@example.com").await;
    let code = code_in(letters.iter().rfind(|it| it.subject == "Your code to sign in").unwrap());
    let done = page.form_to("/sign-in/mail").fill("code", &code).submit(&mut browser).await;
    assert!(done.url.ends_with("/account/sessions"), "{}", done.url);
    browser.close();
    assert!(is_signed_in(&mut browser).await, "kept");
    // Of a change of the address.
    app.clock.advance(minutes(1));
    let mut browser = app.browser().sign_in("alice").await;
    let form = browser.get("/account/email").await.form_to("/account/email");
    let page = form.fill("email", "alice@new.example").fill("current", PASSWORD).submit(&mut browser).await;
    let page = in_russian(&mut browser, &page).await;
    let code = code_in(&app.letter_to("alice@new.example").await);
    page.form_to("/account/email").fill("code", &code).submit(&mut browser).await.reply.expect(200);
    assert_eq!(app.person("alice@new.example").await.id, app.person("alice").await.id);
}
