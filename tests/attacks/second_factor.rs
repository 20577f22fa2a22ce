//! E1, E3, E4, E5, F8, G1, G2, G3, G4, X13. The second factor: codes of an app, recovery codes, trusted browsers, step-up.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::{
    Authenticator, Browser, PASSWORD, Page, RelyingParty, TestApp, code_in, link_in, minutes, sender,
};
use latchkey::account::mail_code::{self, Judged};
use latchkey::account::{authenticator, password_link};
use latchkey::config::{SecondFactor, SignUp};
use latchkey::login;

/// A person with an app, who is signed in in a first browser.
pub(super) async fn enrolled(app: &TestApp) -> (Browser, Authenticator) {
    let mut browser = app.browser().sign_in("alice").await;
    let authenticator = browser.set_up_authenticator().await;
    (browser, authenticator)
}

/// What the ID token of a sign-in says about it.
pub(super) async fn told(rp: &RelyingParty, page: &Page) -> (Vec<String>, String) {
    let claims = rp.exchange(&page.code()).await.tokens().id_claims();
    let amr = claims["amr"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    (amr, claims["acr"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn g4_the_second_step_cannot_be_skipped_and_amr_says_only_what_was_done() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let (_, authenticator) = enrolled(&app).await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let page = page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut browser).await;
    page.expect("second-factor");
    // The half of a sign-in opens nothing, neither here nor at the client.
    browser.get("/account").await.expect("sign-in");
    browser.get(&rp.request().path()).await.expect("sign-in");
    let sealed = page.form().get("interaction").unwrap().to_owned();
    for path in ["/authorize", "/consent", "/sign-in", "/select-account"] {
        let skipped = browser.get(&format!("{path}?interaction={sealed}")).await;
        assert!(
            !skipped.foreign && ["second-factor", "sign-in"].contains(&&*skipped.name()),
            "{path}: {}",
            skipped.url
        );
    }
    page.form().submit(&mut browser).await.refused(400);
    page.form().fill("code", "").fill("recovery_code", "").submit(&mut browser).await.refused(400);
    assert_eq!(app.live_sessions_of("alice").await, 1, "that of the browser in which the app was set up");
    let code = authenticator.code(&app);
    let page = page.form().fill("code", &code).submit(&mut browser).await;
    let page = browser.go_on(page).await;
    let expected = ["pwd", "otp", "mfa"].map(str::to_owned).to_vec();
    assert_eq!(told(&rp, &page).await, (expected, "urn:latchkey:acr:2fa".to_owned()));
    // And for who has no second factor.
    let mut browser = app.browser();
    browser.user = "bob".to_owned();
    let page = browser.authorize(&rp).await;
    assert_eq!(told(&rp, &page).await, (vec!["pwd".to_owned()], "urn:latchkey:acr:1fa".to_owned()));
}

#[tokio::test]
async fn g4_a_recovery_code_signs_in_once_and_is_told() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let (_, authenticator) = enrolled(&app).await;
    let code = &authenticator.recovery_codes[3];
    let mut browser = app.browser();
    let page = browser.type_password("alice", PASSWORD).await;
    assert!(page.text().contains("10 unused recovery codes"), "{}", page.text());
    let page = page.form().fill("recovery_code", &code.to_lowercase().replace('-', " ")).submit(&mut browser).await;
    page.reply.expect(200);
    let page = browser.authorize(&rp).await;
    assert_eq!(told(&rp, &page).await.0, ["pwd", "otp", "mfa"]);
    let mut other = app.browser();
    let page = other.type_password("alice", PASSWORD).await;
    let refused = page.form().fill("recovery_code", code).submit(&mut other).await;
    assert!(refused.refused(400).text().contains("wrong or was used already"), "{}", refused.text());
    assert!(refused.text().contains("9 unused"), "{}", refused.text());
    let events = app.events().await;
    assert_eq!(events.iter().filter(|kind| *kind == "recovery_code_used").count(), 1);
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
async fn f8_a_new_password_by_link_keeps_the_second_factor() {
    let app = TestApp::new().await;
    let (_, authenticator) = enrolled(&app).await;
    let alice = app.person("alice").await;
    let link = password_link::make(&app.app, &alice.id, minutes(10)).await.unwrap();
    let mut browser = app.browser();
    let page = browser.get(&link).await.form().fill("password", "seven calm otters sing").submit(&mut browser).await;
    page.expect("second-factor");
    browser.get("/account").await.expect("sign-in");
    assert_eq!(app.live_sessions_of("alice").await, 0, "the password is set, and all earlier sessions are over");
    page.form().fill("code", &authenticator.code(&app)).submit(&mut browser).await.reply.expect(200);
    browser.get("/account").await.expect("account");
    app.browser().type_password("alice", PASSWORD).await.refused(400);
}

#[tokio::test]
async fn e4_half_a_sign_in_belongs_to_its_browser_person_and_ten_minutes() {
    let app = TestApp::new().await;
    let (_, authenticator) = enrolled(&app).await;
    let mut browser = app.browser();
    let page = browser.type_password("alice", PASSWORD).await;
    let mut other = app.browser();
    other.get("/sign-in").await;
    let sealed = page.form().get("interaction").unwrap().to_owned();
    other.get(&format!("/second-factor?interaction={sealed}")).await.refused(400);
    app.pass(minutes(11)).await;
    let late = page.form().fill("code", &authenticator.code(&app)).submit(&mut browser).await;
    late.expect("sign-in");
    // Whoever changes the password in between ends it, too.
    let page = browser.type_password("alice", PASSWORD).await;
    let alice = app.person("alice").await;
    latchkey::account::password::set(&app.app, &alice.id, &"seven calm otters sing".into()).await.unwrap();
    page.form().fill("code", &authenticator.code(&app)).submit(&mut browser).await.expect("sign-in");
    assert_eq!(app.live_sessions_of("alice").await, 0);
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
async fn what_is_stored_of_a_factor_opens_nothing() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account/authenticator").await;
    let key = page.codes()[0].replace(' ', "");
    let code = Authenticator::with_key(&key).code(&app);
    let codes = page.form().fill("code", &code).submit(&mut browser).await.codes();
    let mut conn = app.app.db.read().await.unwrap();
    let (sealed,): (String,) = sqlx::query_as("SELECT sealed_secret FROM totp").fetch_one(&mut *conn).await.unwrap();
    assert!(sealed.starts_with("v1.") && !sealed.contains(&key), "{sealed}");
    let hashes: Vec<(String,)> = sqlx::query_as("SELECT hash FROM recovery_code").fetch_all(&mut *conn).await.unwrap();
    for code in &codes {
        let plain = code.replace('-', "");
        assert!(hashes.iter().all(|(hash,)| *hash != plain && !hash.contains(code.as_str())));
    }
    drop(conn);
    // The secret of one user, put into the row of another, is none.
    app.user("bob").await;
    let bob = app.person("bob").await;
    app.execute(format!(
        "INSERT INTO totp (user_id, sealed_secret, last_step, created_at) VALUES ('{}', '{sealed}', 0, 0)",
        bob.id
    ))
    .await;
    app.pass(minutes(2)).await;
    let mut browser = app.browser();
    let page = browser.type_password("bob", PASSWORD).await;
    let code = Authenticator::with_key(&key).code(&app);
    page.form().fill("code", &code).submit(&mut browser).await.refused(400);
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
async fn a_client_asks_for_two_factors_and_learns_of_them_in_every_token() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    // Who has one factor goes on with it where that will do, too.
    let wish = rp.request().set("acr_values", "urn:latchkey:acr:2fa urn:latchkey:acr:1fa");
    let page = browser.get(&wish.path()).await;
    let page = browser.go_on(page).await;
    assert_eq!(told(&rp, &page).await.1, "urn:latchkey:acr:1fa");
    let authenticator = browser.set_up_authenticator().await;
    let mut browser = app.browser();
    let page = browser.get(&wish.path()).await;
    let page = page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut browser).await;
    let page = page.expect("second-factor").form().fill("code", &authenticator.code(&app)).submit(&mut browser).await;
    let page = browser.go_on(page).await;
    let tokens = rp.exchange(&page.code()).await.tokens();
    let access: Value = tokens.access_claims();
    assert_eq!(access["acr"], "urn:latchkey:acr:2fa", "{access:#}");
    let signed_in_at = app.app.now().micros() / 1_000_000;
    assert_eq!(access["auth_time"].as_i64().unwrap(), signed_in_at);
    // RFC 9470 §6: a resource server that asks learns the same.
    app.pass(minutes(3)).await;
    let told = rp.introspect(&tokens.access_token).await.expect(200).json();
    assert_eq!((&told["acr"], told["auth_time"].as_i64()), (&access["acr"], Some(signed_in_at)), "{told:#}");
    let discovery: Value = serde_json::from_str(&app.get("/.well-known/openid-configuration").await.body).unwrap();
    assert!(discovery["acr_values_supported"].as_array().unwrap().contains(&"urn:latchkey:acr:2fa".into()));
}

#[tokio::test]
async fn g4_who_needs_a_second_factor_sets_it_up_before_anything_else() {
    let app = TestApp::with(|config| {
        config.login.second_factor = SecondFactor::Everybody;
        config.login.sign_up = SignUp::Open;
    })
    .await;
    let rp = app.relying_party().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let page = page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut browser).await;
    page.expect("set-up");
    browser.get("/account").await.expect("sign-in");
    let sealed = page.form().get("interaction").unwrap().to_owned();
    for path in ["/authorize", "/second-factor"] {
        browser.get(&format!("{path}?interaction={sealed}")).await.expect("set-up");
    }
    page.form().submit(&mut browser).await.refused(400);
    page.form().fill("code", "000000").submit(&mut browser).await.refused(400);
    assert_eq!(app.live_sessions_of("alice").await, 0);
    let authenticator = Authenticator::with_key(&page.codes()[0]);
    let set_up = page.form().fill("code", &authenticator.code(&app)).submit(&mut browser).await;
    assert_eq!(set_up.expect("set-up").codes().len(), 10, "{}", set_up.text());
    // The link on the page with the recovery codes leads on to the client.
    let page = browser.get(&set_up.link("I have kept them")).await;
    let page = browser.go_on(page).await;
    assert_eq!(told(&rp, &page).await.0, ["pwd", "otp", "mfa"]);
    // It cannot be removed, however the form is sent.
    let page = browser.get("/account/authenticator").await;
    assert!(page.text().contains("cannot be removed") && page.forms_to("/account/authenticator").is_empty());
    let form = browser.get("/account/recovery-codes").await.form();
    form.to("/account/authenticator").fill("remove", "yes").submit(&mut browser).await.expect("authenticator");
    assert_eq!(app.rows("totp").await, 1);
    // A new account begins with it.
    let mut browser = app.browser();
    let page = browser.get("/sign-up").await;
    let form = page.form().fill("email", "carol@example.com").fill("password", "seven calm otters sing");
    form.submit(&mut browser).await.expect("set-up");
    // And so does a first password by link.
    let bob = app.user("bob").await;
    let link = password_link::make(&app.app, &bob.id, minutes(10)).await.unwrap();
    let page = browser.get(&link).await.form().fill("password", "seven calm otters sing").submit(&mut browser).await;
    page.expect("set-up");
    browser.get("/account").await.expect("sign-in");
}

#[tokio::test]
async fn administrators_alone_can_be_asked_for_a_second_factor() {
    let app = TestApp::with(|config| config.login.second_factor = SecondFactor::Administrators).await;
    app.user("bob").await;
    app.browser().type_password("bob", PASSWORD).await.reply.expect(200);
    app.give_role("alice", "administrator").await;
    app.browser().type_password("alice", PASSWORD).await.expect("set-up");
}

/// The subjects of the letters to an address, oldest first.
async fn subjects(app: &TestApp, address: &str) -> Vec<String> {
    app.letters_to(address).await.into_iter().map(|letter| letter.subject).collect()
}

/// The link in the newest letter that has one: notices may come between.
async fn newest_link(app: &TestApp, address: &str) -> String {
    let letters = app.letters_to(address).await;
    link_in(letters.iter().rev().find(|letter| letter.text.contains("?token=")).expect("a letter with a link"))
}

#[tokio::test]
async fn g4_a_letter_is_one_factor_however_it_is_used() {
    let app = TestApp::with_mail().await;
    let rp = app.relying_party().await;
    let (_, authenticator) = enrolled(&app).await;
    // The notices are sent first: a code that waits beside them goes before them.
    app.letters_to("alice@example.com").await;
    let mut browser = app.browser();
    let page = browser.get("/sign-in/mail").await.form().fill("email", "alice@example.com").submit(&mut browser).await;
    let code = code_in(&app.letter_to("alice@example.com").await);
    let page = page.form().fill("code", &code).submit(&mut browser).await;
    page.expect("second-factor");
    browser.get("/account").await.expect("sign-in");
    page.form().fill("code", &authenticator.code(&app)).submit(&mut browser).await.reply.expect(200);
    let page = browser.authorize(&rp).await;
    let expected = ["email", "otp", "mfa"].map(str::to_owned).to_vec();
    assert_eq!(told(&rp, &page).await, (expected, "urn:latchkey:acr:2fa".to_owned()));
    // By the link of the letter, and by the link that sets a password, it is the same.
    app.pass(minutes(20)).await;
    let mut browser = app.browser();
    browser.get("/sign-in/mail").await.form().fill("email", "alice@example.com").submit(&mut browser).await;
    let link = newest_link(&app, "alice@example.com").await;
    browser.get(&link).await.form().submit(&mut browser).await.expect("second-factor");
    app.pass(minutes(20)).await;
    let mut browser = app.browser();
    browser.get("/forgot-password").await.form().fill("identifier", "alice").submit(&mut browser).await;
    let link = newest_link(&app, "alice@example.com").await;
    let page = browser.get(&link).await.form().fill("password", "seven calm otters sing").submit(&mut browser).await;
    page.expect("second-factor");
    browser.get("/account").await.expect("sign-in");
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
async fn g4_a_new_account_by_letter_begins_with_a_second_factor_where_one_is_needed() {
    let app = TestApp::with(|config| {
        config.mail.from = Some(sender());
        config.login.second_factor = SecondFactor::Everybody;
        config.login.sign_up = SignUp::Open;
    })
    .await;
    let mut browser = app.browser();
    let page = browser.get("/sign-up").await;
    let form = page.form().fill("email", "carol@example.com").fill("password", "seven calm otters sing");
    let page = form.submit(&mut browser).await;
    let code = code_in(&app.letter_to("carol@example.com").await);
    page.form().fill("code", &code).submit(&mut browser).await.expect("set-up");
}

#[tokio::test]
async fn e6_half_a_sign_in_is_nothing_to_the_next_person_in_the_browser() {
    let app = TestApp::with(|config| config.login.second_factor = SecondFactor::Everybody).await;
    for name in ["alice", "bob"] {
        app.user(name).await;
    }
    let mut browser = app.browser();
    let of_alice = browser.type_password("alice", PASSWORD).await;
    of_alice.expect("set-up");
    // The browser is closed, and the next person finds the address in the history.
    browser.close();
    browser.get(&of_alice.url).await.expect("sign-in");
    let of_bob = browser.type_password("bob", PASSWORD).await;
    let app_of_bob = Authenticator::with_key(&of_bob.expect("set-up").codes()[0]);
    browser.get(&of_alice.url).await.expect("sign-in");
    let code = app_of_bob.code(&app);
    of_bob.form().fill("code", &code).submit(&mut browser).await.reply.expect(200);
    let home = browser.get(&of_alice.url).await;
    assert!(home.text().contains("bob") && !home.text().contains("alice"), "{}", home.text());
    let code = Authenticator::with_key(&of_alice.codes()[0]).code(&app);
    let late = of_alice.form().fill("code", &code).submit(&mut browser).await;
    assert!(!late.text().contains("alice"), "{}", late.text());
    assert_eq!(app.rows("totp").await, 1);
    assert_eq!(app.live_sessions_of("alice").await, 0);
}

#[tokio::test]
async fn d3_half_a_sign_in_is_over_once_it_is_completed() {
    let app = TestApp::new().await;
    let (_, authenticator) = enrolled(&app).await;
    let mut browser = app.browser();
    let page = browser.type_password("alice", PASSWORD).await;
    let half = browser.cookies["half"].clone();
    page.form().fill("code", &authenticator.code(&app)).submit(&mut browser).await.reply.expect(200);
    assert!(!browser.cookies.contains_key("half"), "the cookie is gone");
    // Whoever kept a copy of the cookie cannot complete it once more either.
    app.pass(minutes(1)).await;
    browser.cookies.insert("half".to_owned(), half);
    let again = page.form().fill("code", &authenticator.code(&app)).submit(&mut browser).await;
    assert_ne!(again.name(), "second-factor", "{}", again.url);
    browser.cookies.remove("sid");
    browser.get("/account").await.expect("sign-in");
    assert_eq!(app.live_sessions_of("alice").await, 2);
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

#[tokio::test]
async fn g4_a_changed_password_is_no_way_around_a_second_factor_that_is_needed() {
    let app = TestApp::with(|config| config.login.second_factor = SecondFactor::Administrators).await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account/password").await;
    app.give_role("alice", "administrator").await;
    let form = page.form().fill("current", PASSWORD).fill("password", "seven calm otters sing");
    form.submit(&mut browser).await.expect("authenticator");
    app.browser().type_password("alice", PASSWORD).await.expect("set-up");
}
