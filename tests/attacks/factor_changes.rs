//! E1, E3, E5, G3. Changes of what protects an account: who can make them, and who is told.

use std::collections::BTreeSet;

use super::second_factor::enrolled;
use crate::harness::{Authenticator, PASSWORD, TestApp, code_in, minutes};
use latchkey::account::authenticator;
use latchkey::account::mail_code::{self, Judged};
use latchkey::login;

/// The subjects of the letters to an address, oldest first.
async fn subjects(app: &TestApp, address: &str) -> Vec<String> {
    app.letters_to(address).await.into_iter().map(|letter| letter.subject).collect()
}

#[tokio::test]
async fn g3_e5_a_hijacked_session_neither_sets_up_nor_removes_a_factor() {
    let app = TestApp::new().await;
    let mut hijacked = app.browser().sign_in("alice").await;
    let fresh = hijacked.get("/account/authenticator").await;
    app.pass(minutes(6)).await;
    // Too long after the sign-in: the page asks for another one, and so does its form.
    let asked = hijacked.get("/account/authenticator").await;
    assert!(asked.expect("sign-in").text().contains("please sign in again"), "{}", asked.text());
    let code = Authenticator::with_key(&fresh.codes()[0]).code(&app);
    fresh.form().fill("code", &code).submit(&mut hijacked).await.expect("sign-in");
    assert_eq!(app.rows("totp").await, 0);
    // The owner does it, and from then on the password is not enough for a step-up.
    let page = asked.form().fill("password", PASSWORD).submit(&mut hijacked).await;
    page.expect("authenticator");
    let authenticator = hijacked.set_up_authenticator().await;
    let there = hijacked.get("/account/authenticator").await;
    there.expect("authenticator");
    assert!(there.text().contains("Your recovery codes will stop working"), "{}", there.text());
    let codes = hijacked.get("/account/recovery-codes").await;
    codes.expect("recovery-codes");
    app.pass(minutes(4)).await;
    for (page, form) in
        [("/account/authenticator", there.form().fill("remove", "yes")), ("/account/recovery-codes", codes.form())]
    {
        form.submit(&mut hijacked).await.expect("sign-in");
        hijacked.get(page).await.expect("sign-in");
    }
    let page = hijacked.get("/account/authenticator").await;
    let page = page.form().fill("password", PASSWORD).submit(&mut hijacked).await;
    page.expect("second-factor");
    hijacked.get("/account/authenticator").await.expect("sign-in");
    assert_eq!((app.rows("totp").await, app.rows("recovery_code").await), (1, 10));
    let page = page.form().fill("code", &authenticator.code(&app)).submit(&mut hijacked).await;
    let removed = page.expect("authenticator").form().fill("remove", "yes").submit(&mut hijacked).await;
    assert!(removed.expect("security").text().contains("The authenticator app is removed."), "{}", removed.text());
    assert_eq!((app.rows("totp").await, app.rows("recovery_code").await), (0, 0));
    app.browser().sign_in("alice").await;
}

#[tokio::test]
async fn e5_a_new_password_wants_the_second_factor_in_its_form() {
    let app = TestApp::new().await;
    let (mut browser, authenticator) = enrolled(&app).await;
    app.pass(minutes(30)).await;
    let page = browser.get("/account/password").await;
    let form = page.form().fill("current", PASSWORD).fill("password", "seven calm otters sing");
    let refused = form.submit(&mut browser).await;
    assert!(refused.refused(400).text().contains("Enter the code from your authenticator app"), "{}", refused.text());
    let wrong = authenticator.wrong_code(&app);
    form.clone().fill("code", &wrong).submit(&mut browser).await.refused(400);
    app.browser().type_password("alice", PASSWORD).await.expect("second-factor");
    let code = authenticator.code(&app);
    let done = form.clone().fill("code", &code).submit(&mut browser).await;
    assert!(done.expect("password").text().contains("Your password is changed"), "{}", done.text());
    // What the new session has proven is both.
    browser.get("/account/authenticator").await.expect("authenticator");
    app.browser().type_password("alice", "seven calm otters sing").await.expect("second-factor");
}

#[tokio::test]
async fn e1_a_sign_in_with_two_factors_has_a_new_cookie_and_so_has_a_session_that_sets_a_factor_up() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let mut seen = BTreeSet::from([browser.cookies["sid"].clone()]);
    let authenticator = browser.set_up_authenticator().await;
    assert!(seen.insert(browser.cookies["sid"].clone()), "a new cookie once the app is set up");
    browser.get("/account/recovery-codes").await.expect("recovery-codes");
    let browser = browser.sign_in_with("alice", &authenticator).await;
    assert!(seen.insert(browser.cookies["sid"].clone()), "a new cookie after the second factor");
}

#[tokio::test]
async fn e3_a_form_of_another_person_sets_nothing_up_and_an_old_one_neither() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let of_alice = browser.get("/account/authenticator").await.form();
    let bob = app.browser().sign_in("bob").await;
    let mut browser_of_bob = bob;
    let of_bob = browser_of_bob.get("/account/authenticator").await;
    let authenticator = Authenticator::with_key(&of_bob.codes()[0]);
    // Bob's form with the secret that only Alice was shown.
    let mixed =
        of_bob.form().fill("enrolment", of_alice.get("enrolment").unwrap()).fill("code", &authenticator.code(&app));
    mixed.submit(&mut browser_of_bob).await.expect("authenticator");
    assert_eq!(app.rows("totp").await, 0);
    // Two forms of one person: the first one counts.
    let second = browser_of_bob.get("/account/authenticator").await;
    let right = of_bob.form().fill("code", &authenticator.code(&app));
    right.submit(&mut browser_of_bob).await.reply.expect(200);
    let late = Authenticator::with_key(&second.codes()[0]).code(&app);
    let late = second.form().fill("code", &late).submit(&mut browser_of_bob).await;
    assert!(late.expect("authenticator").text().contains("You are asked for a code"), "{}", late.text());
    assert_eq!(app.rows("totp").await, 1);
}

#[tokio::test]
async fn recovery_codes_are_renewed_once_by_one_form() {
    let app = TestApp::new().await;
    let (mut browser, authenticator) = enrolled(&app).await;
    let form = browser.get("/account/recovery-codes").await.press("replace");
    let renewed = form.submit(&mut browser).await.codes();
    assert_eq!(renewed.iter().collect::<BTreeSet<_>>().len(), 10);
    assert!(renewed.iter().all(|code| !authenticator.recovery_codes.contains(code)));
    // The page is loaded again: the codes that the person has written down stay.
    let again = form.submit(&mut browser).await;
    assert!(again.codes().is_empty() && again.text().contains("10 codes are unused"), "{}", again.text());
    let attempt = async |code: &str| {
        let mut browser = app.browser();
        let page = browser.type_password("alice", PASSWORD).await;
        page.form().fill("recovery_code", code).submit(&mut browser).await.reply.status.as_u16()
    };
    assert_eq!(attempt(&authenticator.recovery_codes[0]).await, 400);
    assert_eq!(attempt(&renewed[0]).await, 200);
}

#[tokio::test]
async fn an_operator_resets_the_factors_and_ends_what_is_open() {
    let app = TestApp::new().await;
    let (mut browser, _) = enrolled(&app).await;
    let alice = app.person("alice").await;
    assert!(latchkey::account::factors::reset(&app.app, &alice.id).await.unwrap().is_any());
    browser.get("/account").await.expect("sign-in");
    app.browser().sign_in("alice").await;
    assert!(!latchkey::account::factors::reset(&app.app, &alice.id).await.unwrap().is_any(), "there is nothing left");
    assert!(app.events().await.contains(&"factors_reset".to_owned()));
}

#[tokio::test]
async fn e5_each_change_of_a_factor_is_told_by_letter() {
    let app = TestApp::with_mail().await;
    let (mut browser, authenticator) = enrolled(&app).await;
    let page = browser.get("/account/recovery-codes").await;
    page.press("replace").submit(&mut browser).await;
    let page = browser.type_password("alice", PASSWORD).await;
    page.form().fill("code", &authenticator.code(&app)).submit(&mut browser).await;
    let page = browser.get("/account/authenticator").await;
    page.form().fill("remove", "yes").submit(&mut browser).await.expect("security");
    let told: BTreeSet<String> = subjects(&app, "alice@example.com").await.into_iter().collect();
    let expected =
        ["An authenticator app was added", "New recovery codes were created", "An authenticator app was removed"];
    assert_eq!(told, expected.map(str::to_owned).into());
    // A recovery code that is used.
    let mut browser = app.browser().sign_in("bob").await;
    let codes = browser.set_up_authenticator().await.recovery_codes;
    let page = browser.type_password("bob", PASSWORD).await;
    page.form().fill("recovery_code", &codes[0]).submit(&mut browser).await.reply.expect(200);
    let told: BTreeSet<String> = subjects(&app, "bob@example.com").await.into_iter().collect();
    assert_eq!(told, ["An authenticator app was added", "A recovery code was used"].map(str::to_owned).into());
}

#[tokio::test]
async fn e5_another_address_wants_a_step_up() {
    let app = TestApp::with_mail().await;
    let (mut browser, _) = enrolled(&app).await;
    let page = browser.get("/account/email").await;
    page.expect("email");
    let form = page.form_to("/account/email").fill("email", "new@example.com").fill("current", PASSWORD);
    app.pass(minutes(6)).await;
    form.submit(&mut browser).await.expect("sign-in");
    let page = browser.get("/account/email").await;
    page.form().fill("password", PASSWORD).submit(&mut browser).await.expect("second-factor");
    assert!(app.letters_to("new@example.com").await.is_empty());
}

#[tokio::test]
async fn e5_a_session_that_is_too_old_or_has_ended_by_now_changes_no_address() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("alice").await;
    let session = app.session_of("alice").await;
    let form = browser.get("/account/email").await.form_to("/account/email").fill("email", "new@example.com");
    form.fill("current", PASSWORD).submit(&mut browser).await;
    let code = code_in(&app.letter_to("new@example.com").await);
    app.pass(minutes(6)).await;
    assert_eq!(mail_code::judge_change(&app.app, &session, &code).await.unwrap(), None, "it is too old");
    app.browser().sign_in("alice").await;
    let session = app.session_of("alice").await;
    login::session::end_all(&app.app, &session.user_id, false).await.unwrap();
    assert_eq!(mail_code::judge_change(&app.app, &session, &code).await.unwrap(), None, "it has ended");
    assert!(app.find_user("new@example.com").await.is_none());
    // The code is as good as before.
    app.browser().sign_in("alice").await;
    let session = app.session_of("alice").await;
    assert_eq!(mail_code::judge_change(&app.app, &session, &code).await.unwrap(), Some(Judged::Right));
    assert_eq!(app.person("new@example.com").await.id, session.user_id);
}

#[tokio::test]
async fn g3_a_session_that_has_ended_or_is_too_weak_by_now_changes_no_factor() {
    let app = TestApp::new().await;
    let mut thief = app.browser().sign_in("alice").await;
    let session = app.session_of("alice").await;
    thief.get("/account/authenticator").await.expect("authenticator");
    let mut owner = app.browser().sign_in("alice").await;
    let authenticator = owner.set_up_authenticator().await;
    // It was opened before the app was there, and has one factor.
    assert!(!authenticator::remove(&app.app, &session).await.unwrap(), "a weaker session removes nothing");
    assert!(latchkey::account::recovery_codes::renew(&app.app, &session, None).await.unwrap().is_none());
    assert_eq!(app.rows("totp").await, 1);
    // And once it has ended, it sets nothing up and begins nothing.
    let mut thief = app.browser().sign_in("bob").await;
    let form = thief.get("/account/authenticator").await;
    let code = Authenticator::with_key(&form.codes()[0]).code(&app);
    let mut owner_of_bob = app.browser().sign_in("bob").await;
    let page_of_bob = owner_of_bob.get("/account/sessions").await;
    page_of_bob.form_to("/account/sessions").fill("end", "others").submit(&mut owner_of_bob).await;
    form.form().fill("code", &code).submit(&mut thief).await.expect("sign-in");
    assert_eq!(app.rows("totp").await, 1);
    app.browser().sign_in_with("alice", &authenticator).await;
}
