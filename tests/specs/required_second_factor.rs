//! A second factor that the operator requires for a client, or of the people of a role.

use crate::harness::{Authenticator, Browser, PASSWORD, Page, Passkey, RelyingParty, TestApp, minutes};
use latchkey::config::SecondFactor;
use latchkey::oidc::client::metadata::ClientKind;

/// A client that requires a second factor.
async fn strict(app: &TestApp) -> RelyingParty {
    app.client(ClientKind::Web, |client| client.metadata.require_second_factor = true).await
}

/// Types the password on the sign-in page.
async fn type_password(browser: &mut Browser, page: &Page) -> Page {
    let form = page.expect("sign-in").form().fill("identifier", "alice").fill("password", PASSWORD);
    form.submit(browser).await
}

/// Sets up an app on the page that asks for it, and goes on to the client.
async fn set_up(app: &TestApp, browser: &mut Browser, page: &Page) -> (Authenticator, Page) {
    let authenticator = Authenticator::with_key(&page.expect("set-up").codes()[0]);
    let set_up = page.form().fill("code", &authenticator.code(app)).submit(browser).await;
    let page = browser.get(&set_up.link("I have kept them")).await;
    (authenticator, browser.go_on(page).await)
}

#[tokio::test]
async fn a_client_that_requires_a_second_factor_has_it_set_up_on_the_way_and_no_other_client_does() {
    let app = TestApp::new().await;
    let (strict, usual) = (strict(&app).await, app.relying_party().await);
    app.user("alice").await;
    let mut browser = app.browser();
    let page = browser.get(&strict.request().path()).await;
    let page = type_password(&mut browser, &page).await;
    // Half a sign-in opens nothing, and no error on the page leads past it.
    page.form().fill("code", "000000").submit(&mut browser).await.refused(400);
    browser.get(&strict.request().path()).await.expect("sign-in");
    assert_eq!(app.live_sessions_of("alice").await, 0);
    let (authenticator, page) = set_up(&app, &mut browser, &page).await;
    let told = strict.claims(&page).await;
    assert_eq!(
        (&told["acr"], &told["amr"]),
        (&"urn:latchkey:acr:2fa".into(), &serde_json::json!(["pwd", "otp", "mfa"]))
    );
    // From then on the session is good for both.
    let page = browser.get(&strict.request().path()).await;
    assert_eq!(strict.claims(&browser.go_on(page).await).await["acr"], "urn:latchkey:acr:2fa");
    // Somebody without a second factor signs in to the other client with the password alone.
    let mut other = app.browser();
    other.user = "bob".to_owned();
    assert_eq!(usual.claims(&other.authorize(&usual).await).await["acr"], "urn:latchkey:acr:1fa");
    app.pass(minutes(1)).await;
    app.browser().sign_in_with("alice", &authenticator).await;
}

#[tokio::test]
async fn who_does_not_want_to_set_one_up_goes_back_to_the_client_and_has_no_session() {
    let app = TestApp::with(|config| config.login.second_factor_roles = vec!["staff".to_owned()]).await;
    let (strict, usual) = (strict(&app).await, app.relying_party().await);
    app.user("alice").await;
    let mut browser = app.browser();
    let page = browser.get(&strict.request().path()).await;
    let page = type_password(&mut browser, &page).await;
    page.expect("set-up").form().fill("decision", "not_now").submit(&mut browser).await.error("access_denied");
    assert_eq!(app.live_sessions_of("alice").await, 0);
    // What the operator requires is no wish of the client.
    app.give_role("alice", "staff").await;
    let page = browser.get(&usual.request().set("acr_values", "urn:latchkey:acr:2fa").path()).await;
    let page = type_password(&mut browser, &page).await;
    page.expect("set-up").form().fill("decision", "not_now").submit(&mut browser).await.error("access_denied");
    // On the way to the account there is no client to go back to.
    let mut browser = app.browser();
    let page = browser.type_password("alice", PASSWORD).await;
    assert!(!page.expect("set-up").text().contains("Not now"), "{}", page.text());
    page.form().fill("decision", "not_now").submit(&mut browser).await.expect("set-up");
    assert_eq!(app.live_sessions_of("alice").await, 0);
}

#[tokio::test]
async fn an_open_session_with_one_factor_steps_up_for_the_client_and_is_refused_silently() {
    let app = TestApp::new().await;
    let (strict, usual) = (strict(&app).await, app.relying_party().await);
    let mut browser = app.browser();
    browser.authorize(&usual).await.code();
    browser.get(&strict.request().set("prompt", "none").path()).await.error("login_required");
    // Wishing for less does not help.
    let weaker = strict.request().set("acr_values", "urn:latchkey:acr:1fa");
    browser.get(&weaker.path()).await.expect("sign-in");
    let page = browser.get(&strict.request().path()).await;
    assert!(page.text().contains("please sign in again"), "{}", page.text());
    let page = type_password(&mut browser, &page).await;
    let (_, page) = set_up(&app, &mut browser, &page).await;
    assert_eq!(strict.claims(&page).await["acr"], "urn:latchkey:acr:2fa");
    browser.get(&strict.request().set("prompt", "none").path()).await.code();
    assert_eq!(app.live_sessions_of("alice").await, 1, "it is the same session, and stronger");
}

#[tokio::test]
async fn a_trusted_browser_spares_the_code_also_where_a_client_requires_it_and_never_a_step_up() {
    let app = TestApp::new().await;
    let strict = strict(&app).await;
    let mut browser = app.browser().sign_in("alice").await;
    let authenticator = browser.set_up_authenticator().await;
    let page = browser.type_password("alice", PASSWORD).await;
    let code = authenticator.code(&app);
    page.form().fill("code", &code).fill("trust", "yes").submit(&mut browser).await.reply.expect(200);
    browser.type_password("alice", PASSWORD).await.reply.expect(200);
    // The class says what was done.
    let page = browser.get(&strict.request().path()).await;
    assert_eq!(strict.claims(&browser.go_on(page).await).await["acr"], "urn:latchkey:acr:1fa");
    for wish in [("acr_values", "urn:latchkey:acr:2fa"), ("prompt", "login"), ("max_age", "0")] {
        let page = browser.get(&strict.request().set(wish.0, wish.1).path()).await;
        type_password(&mut browser, &page).await.expect("second-factor");
    }
    // Once the trust is over, the session that it has spared the code is too weak.
    app.sql("DELETE FROM trusted_browser").await;
    let page = browser.get(&strict.request().path()).await;
    type_password(&mut browser, &page).await.expect("second-factor");
}

#[tokio::test]
async fn who_has_a_role_that_needs_a_second_factor_is_asked_everywhere_and_the_others_nowhere() {
    let app = TestApp::with(|config| config.login.second_factor_roles = vec!["support".to_owned()]).await;
    let rp = app.relying_party().await;
    app.give_role("bob", "sales").await;
    app.browser().type_password("bob", PASSWORD).await.reply.expect(200);
    // Who is given the role while signed in steps up before the next code.
    let mut browser = app.browser();
    browser.authorize(&rp).await.code();
    app.give_role("alice", "support").await;
    app.browser().type_password("alice", PASSWORD).await.expect("set-up");
    browser.get(&rp.request().set("prompt", "none").path()).await.error("login_required");
    let page = browser.get(&rp.request().path()).await;
    let page = type_password(&mut browser, &page).await;
    let (_, page) = set_up(&app, &mut browser, &page).await;
    assert_eq!(rp.claims(&page).await["acr"], "urn:latchkey:acr:2fa");
    // It cannot be removed.
    let page = browser.get("/account/authenticator").await;
    assert!(page.text().contains("cannot be removed"), "{}", page.text());
}

#[tokio::test]
async fn a_passkey_that_has_never_signed_is_not_the_factor_that_is_required_and_does_not_stand_in_for_it() {
    let app = TestApp::with(|config| config.login.second_factor = SecondFactor::Administrators).await;
    let mut browser = app.browser();
    browser.authorize_and_make_passkey(&app.relying_party().await).await;
    app.give_role("alice", "administrator").await;
    // It is no factor, so that it can go.
    let page = browser.get("/account/passkeys").await;
    let page = page.press("remove").submit(&mut browser).await;
    assert!(page.expect("passkeys").text().contains("The passkey is removed."), "{}", page.text());
    // Beside one that is a factor, only that one stays.
    let app = TestApp::with(|config| config.login.second_factor = SecondFactor::Administrators).await;
    let mut browser = app.browser();
    browser.authorize_and_make_passkey(&app.relying_party().await).await;
    let mut factor = browser.add_passkey(Passkey::new(&app)).await;
    app.give_role("alice", "administrator").await;
    let page = browser.get("/account/passkeys").await;
    assert_eq!((page.buttons("rename").len(), page.buttons("remove").len()), (2, 1));
    assert!(page.text().contains("this passkey cannot be removed"), "{}", page.text());
    for handle in page.buttons("rename") {
        page.form().fill("remove", &handle).submit(&mut browser).await;
    }
    assert_eq!(app.rows("passkey").await, 1);
    app.browser().sign_in_by(&mut factor).await.reply.expect(200);
}

#[tokio::test]
async fn roles_need_a_second_factor_beside_administrators() {
    let app = TestApp::with(|config| {
        config.login.second_factor = SecondFactor::Administrators;
        config.login.second_factor_roles = vec!["support".to_owned()];
    })
    .await;
    for (name, role) in [("alice", "administrator"), ("bob", "support")] {
        app.give_role(name, role).await;
        app.browser().type_password(name, PASSWORD).await.expect("set-up");
    }
    app.user("carol").await;
    app.browser().type_password("carol", PASSWORD).await.reply.expect(200);
}

#[tokio::test]
async fn a_grant_from_before_the_rule_goes_on_until_it_ends() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    let changed = latchkey::clients::edit::edit(&app.app, rp.id(), false, |new| {
        new.metadata.require_second_factor = true;
        Ok(())
    });
    assert!(changed.await.unwrap().unwrap());
    rp.refresh(tokens.refresh()).await.tokens();
    // The next authorization is judged.
    browser.get(&rp.request().path()).await.expect("sign-in");
}

#[tokio::test]
async fn who_must_have_a_second_factor_moves_it_to_a_new_phone() {
    let app = TestApp::with_second_factors().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let page = browser.type_password("alice", PASSWORD).await;
    let old = Authenticator::with_key(&page.expect("set-up").codes()[0]);
    let codes = page.form().fill("code", &old.code(&app)).submit(&mut browser).await.codes();
    // A browser that is trusted, and one of who has lost the phone.
    app.pass(minutes(2)).await;
    let mut trusted = app.browser();
    let page = trusted.type_password("alice", PASSWORD).await;
    page.form().fill("code", &old.code(&app)).fill("trust", "yes").submit(&mut trusted).await.reply.expect(200);
    let mut browser = app.browser();
    let page = browser.type_password("alice", PASSWORD).await;
    page.form().fill("recovery_code", &codes[0]).submit(&mut browser).await.reply.expect(200);
    let page = browser.get("/account/authenticator").await;
    assert!(page.expect("authenticator").text().contains("cannot be removed"), "{}", page.text());
    let page = browser.get(&page.link("Use another app")).await;
    let new = Authenticator::with_key(&page.expect("another").codes()[0]);
    // Nothing changes until the new app has shown a code, and none of the old one will do.
    page.form().fill("code", &old.code(&app)).submit(&mut browser).await.refused(400);
    assert_eq!((app.rows("totp").await, app.rows("recovery_code WHERE used_at IS NULL").await), (1, 9));
    let done = page.form().fill("code", &new.code(&app)).submit(&mut browser).await;
    assert!(done.text().contains("Your new authenticator app is set up"), "{}", done.text());
    assert_eq!(done.codes().len(), 10);
    assert_eq!(
        (app.rows("totp").await, app.rows("recovery_code").await, app.rows("trusted_browser").await),
        (1, 10, 0)
    );
    // The session goes on, and what was before opens nothing.
    browser.get("/account/recovery-codes").await.expect("recovery-codes");
    app.pass(minutes(2)).await;
    let mut other = app.browser();
    let page = trusted.type_password("alice", PASSWORD).await;
    for (field, value) in [("code", old.code(&app)), ("recovery_code", codes[1].clone())] {
        page.expect("second-factor").form().fill(field, &value).submit(&mut trusted).await.refused(400);
    }
    let page = other.type_password("alice", PASSWORD).await;
    page.form().fill("recovery_code", &done.codes()[0]).submit(&mut other).await.reply.expect(200);
    app.pass(minutes(2)).await;
    app.browser().sign_in_with("alice", &new).await.get("/account").await.expect("account");
    let told: Vec<_> = app.letters_to("alice@example.com").await.into_iter().map(|it| it.subject).collect();
    assert!(told.contains(&"Your authenticator app was replaced".to_owned()), "{told:?}");
    let events = app.events().await;
    let count = |kind: &str| events.iter().filter(|it| *it == kind).count();
    assert_eq!(
        (count("authenticator_added"), count("authenticator_replaced"), count("authenticator_removed")),
        (1, 1, 0)
    );
}

#[tokio::test]
async fn who_must_have_a_second_factor_can_do_without_the_app_beside_a_passkey() {
    let app = TestApp::with(|config| config.login.second_factor = SecondFactor::Everybody).await;
    app.user("alice").await;
    let mut browser = app.browser();
    let page = browser.type_password("alice", PASSWORD).await;
    let authenticator = Authenticator::with_key(&page.expect("set-up").codes()[0]);
    page.form().fill("code", &authenticator.code(&app)).submit(&mut browser).await.reply.expect(200);
    let mut passkey = browser.add_passkey(Passkey::new(&app)).await;
    // One that the browser made by itself and that has never signed is no second factor.
    app.sql("UPDATE passkey SET automatic_at = created_at").await;
    let form = browser.get("/account/recovery-codes").await.form();
    form.to("/account/authenticator").fill("remove", "yes").submit(&mut browser).await.expect("authenticator");
    assert_eq!(app.rows("totp").await, 1);
    app.sql("UPDATE passkey SET automatic_at = NULL").await;
    let page = browser.get("/account/authenticator").await;
    assert!(page.text().contains("you sign in with your passkey"), "{}", page.text());
    let removed = page.press("remove").submit(&mut browser).await;
    assert!(removed.text().contains("The authenticator app is removed."), "{}", removed.text());
    assert_eq!(app.rows("totp").await, 0);
    // Now the passkey is the second factor that stays.
    assert!(browser.get("/account/passkeys").await.buttons("remove").is_empty());
    app.browser().type_password("alice", PASSWORD).await.expect("second-factor");
    app.browser().sign_in_by(&mut passkey).await.reply.expect(200);
}

#[tokio::test]
async fn of_two_other_apps_that_are_set_up_at_once_one_takes_the_place_of_the_old_one() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let old = browser.set_up_authenticator().await;
    let mut forms = Vec::new();
    for _ in 0..3 {
        let page = browser.get("/account/authenticator/another").await;
        let new = Authenticator::with_key(&page.expect("another").codes()[0]);
        forms.push((page.form().fill("code", &new.code(&app)), new));
    }
    let mut copies = [browser.clone(), browser.clone(), browser.clone()];
    let [one, two, three] = &mut copies;
    let (one, two, three) = tokio::join!(forms[0].0.submit(one), forms[1].0.submit(two), forms[2].0.submit(three));
    let won: Vec<_> = [one, two, three].iter().map(|page| page.codes().len() == 10).collect();
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
    assert_eq!((app.rows("totp").await, app.rows("recovery_code").await), (1, 10));
    let winner = won.iter().position(|won| *won).unwrap();
    // A page that was shown before comes too late.
    let (loser, browser) = (&forms[(winner + 1) % 3].0, &mut copies[winner]);
    loser.submit(browser).await.expect("authenticator");
    let events = app.events().await;
    assert_eq!(events.iter().filter(|kind| *kind == "authenticator_replaced").count(), 1);
    app.pass(minutes(2)).await;
    app.browser().sign_in_with("alice", &forms[winner].1).await;
    let mut thief = app.browser();
    let page = thief.type_password("alice", PASSWORD).await;
    page.expect("second-factor").form().fill("code", &old.code(&app)).submit(&mut thief).await.refused(400);
}
