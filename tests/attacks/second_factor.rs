//! E1, F8, G1, G2, G4, X13. The second factor: who is asked for it, and what it is worth.

use serde_json::Value;

use crate::harness::{Authenticator, Browser, PASSWORD, TestApp, code_in, link_in, minutes, sender};
use latchkey::account::password_link;
use latchkey::config::{SecondFactor, SignUp};

/// A person with an app, who is signed in in a first browser.
pub(super) async fn enrolled(app: &TestApp) -> (Browser, Authenticator) {
    let mut browser = app.browser().sign_in("alice").await;
    let authenticator = browser.set_up_authenticator().await;
    (browser, authenticator)
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
    assert_eq!(rp.told(&page).await, (expected, "urn:latchkey:acr:2fa".to_owned()));
    // And for who has no second factor.
    let mut browser = app.browser();
    browser.user = "bob".to_owned();
    let page = browser.authorize(&rp).await;
    assert_eq!(rp.told(&page).await, (vec!["pwd".to_owned()], "urn:latchkey:acr:1fa".to_owned()));
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
    assert_eq!(rp.told(&page).await.0, ["pwd", "otp", "mfa"]);
    let mut other = app.browser();
    let page = other.type_password("alice", PASSWORD).await;
    let refused = page.form().fill("recovery_code", code).submit(&mut other).await;
    assert!(refused.refused(400).text().contains("wrong or was used already"), "{}", refused.text());
    assert!(refused.text().contains("9 unused"), "{}", refused.text());
    let events = app.events().await;
    assert_eq!(events.iter().filter(|kind| *kind == "recovery_code_used").count(), 1);
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
async fn a_client_asks_for_two_factors_and_learns_of_them_in_every_token() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    // Who has one factor goes on with it where that will do, too.
    let wish = rp.request().set("acr_values", "urn:latchkey:acr:2fa urn:latchkey:acr:1fa");
    let page = browser.get(&wish.path()).await;
    let page = browser.go_on(page).await;
    assert_eq!(rp.told(&page).await.1, "urn:latchkey:acr:1fa");
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
    assert_eq!(rp.told(&page).await.0, ["pwd", "otp", "mfa"]);
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
    assert_eq!(rp.told(&page).await, (expected, "urn:latchkey:acr:2fa".to_owned()));
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
async fn g4_a_changed_password_is_no_way_around_a_second_factor_that_is_needed() {
    let app = TestApp::with(|config| config.login.second_factor = SecondFactor::Administrators).await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account/password").await;
    app.give_role("alice", "administrator").await;
    let form = page.form().fill("current", PASSWORD).fill("password", "seven calm otters sing");
    form.submit(&mut browser).await.expect("authenticator");
    app.browser().type_password("alice", PASSWORD).await.expect("set-up");
}
