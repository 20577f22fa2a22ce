//! G4. Browsers that spare their person the second factor.

use latchkey::account::authenticator;

use super::second_factor::enrolled;
use crate::harness::{Browser, PASSWORD, Page, TestApp, minutes, seconds};

#[tokio::test]
async fn g4_a_trusted_browser_spares_the_code_for_its_person_and_its_time_and_no_step_up() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let (_, authenticator) = enrolled(&app).await;
    let mut browser = app.browser();
    let page = browser.type_password("alice", PASSWORD).await;
    let code = authenticator.code(&app);
    page.form().fill("code", &code).fill("trust", "yes").submit(&mut browser).await.reply.expect(200);
    let page = browser.type_password("alice", PASSWORD).await;
    page.reply.expect(200);
    let page = browser.authorize(&rp).await;
    let once = (vec!["pwd".to_owned()], "urn:latchkey:acr:1fa".to_owned());
    assert_eq!(rp.told(&page).await, once);
    // A client that wants more gets it, and so do the pages that change what protects the account.
    let page = browser.get(&rp.request().set("acr_values", "urn:latchkey:acr:2fa").path()).await;
    let page =
        page.expect("sign-in").form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut browser).await;
    page.expect("second-factor");
    let page = browser.get("/account/authenticator").await;
    page.expect("sign-in").form().fill("password", PASSWORD).submit(&mut browser).await.expect("second-factor");
    // Another browser, and another person in this one, are not spared.
    app.browser().type_password("alice", PASSWORD).await.expect("second-factor");
    // It can be taken back, and ends by itself.
    let page = browser.get("/account/security").await;
    assert!(page.text().contains("Browsers that don’t ask for a code"), "{}", page.text());
    page.press("forget").submit(&mut browser).await.expect("security");
    browser.type_password("alice", PASSWORD).await.expect("second-factor");
}

#[tokio::test]
async fn g4_trust_in_a_browser_ends_with_its_days_with_a_new_password_and_without_the_setting() {
    let app = TestApp::new().await;
    let (_, authenticator) = enrolled(&app).await;
    let trust = async |browser: &mut Browser, password: &str| {
        app.pass(minutes(2)).await;
        let page = browser.type_password("alice", password).await;
        page.form()
            .fill("code", &authenticator.code(&app))
            .fill("trust", "yes")
            .submit(browser)
            .await
            .reply
            .expect(200);
    };
    let mut browser = app.browser();
    trust(&mut browser, PASSWORD).await;
    app.pass(minutes(29 * 24 * 60)).await;
    browser.type_password("alice", PASSWORD).await.reply.expect(200);
    assert_eq!(app.rows("trusted_browser").await, 1);
    app.pass(minutes(24 * 60)).await;
    browser.type_password("alice", PASSWORD).await.expect("second-factor");
    trust(&mut browser, PASSWORD).await;
    let alice = app.person("alice").await;
    latchkey::account::password::set(&app.app, &alice.id, &"seven calm otters sing".into()).await.unwrap();
    browser.type_password("alice", "seven calm otters sing").await.expect("second-factor");
    // Where the operator offers no trust, there is none.
    let app = TestApp::with(|config| config.login.trusted_browser = seconds(0)).await;
    let (mut browser, authenticator) = enrolled(&app).await;
    let page = browser.type_password("alice", PASSWORD).await;
    assert!(!page.reply.body.contains("name=\"trust\""), "{}", page.reply.body);
    page.form()
        .fill("code", &authenticator.code(&app))
        .fill("trust", "yes")
        .submit(&mut browser)
        .await
        .reply
        .expect(200);
    assert_eq!(app.rows("trusted_browser").await, 0);
}

#[tokio::test]
async fn g4_a_trusted_browser_spares_nothing_to_a_client_that_wants_a_new_sign_in_whatever_the_way() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let (_, authenticator) = enrolled(&app).await;
    let mut browser = app.browser();
    let page = browser.type_password("alice", PASSWORD).await;
    let code = authenticator.code(&app);
    page.form().fill("code", &code).fill("trust", "yes").submit(&mut browser).await.reply.expect(200);
    for (name, value) in [("prompt", "login"), ("max_age", "0"), ("max_age", "1")] {
        app.pass(minutes(2)).await;
        let page = browser.get(&rp.request().set(name, value).path()).await;
        let typed = async |page: &Page, browser: &mut Browser| {
            page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(browser).await
        };
        let page = typed(page.expect("sign-in"), &mut browser).await;
        // By the page's own link, and the same password once more.
        let again = browser.get(&page.expect("second-factor").link("Use another account")).await;
        typed(again.expect("sign-in"), &mut browser).await.expect("second-factor");
        // And if the session is gone.
        let mut without = browser.clone();
        without.cookies.remove("sid");
        let page = without.get(&rp.request().set(name, value).path()).await;
        typed(page.expect("sign-in"), &mut without).await.expect("second-factor");
    }
}

#[tokio::test]
async fn g4_trust_ends_with_all_sessions_and_with_a_shorter_setting() {
    let app = TestApp::new().await;
    let (mut first, authenticator) = enrolled(&app).await;
    let mut browser = app.browser();
    let page = browser.type_password("alice", PASSWORD).await;
    let code = authenticator.code(&app);
    page.form().fill("code", &code).fill("trust", "yes").submit(&mut browser).await.reply.expect(200);
    browser.type_password("alice", PASSWORD).await.reply.expect(200);
    let page = first.get("/account/sessions").await;
    page.form_to("/account/sessions").fill("end", "others").submit(&mut first).await.reply.expect(200);
    browser.type_password("alice", PASSWORD).await.expect("second-factor");
    app.pass(minutes(2)).await;
    let page = browser.type_password("alice", PASSWORD).await;
    let code = authenticator.code(&app);
    page.form().fill("code", &code).fill("trust", "yes").submit(&mut browser).await.reply.expect(200);
    let alice = app.person("alice").await;
    latchkey::login::session::end_all(&app.app, &alice.id, false).await.unwrap();
    browser.type_password("alice", PASSWORD).await.expect("second-factor");
    // Trust of many days, where the setting is shorter by now.
    app.pass(minutes(2)).await;
    let page = browser.type_password("alice", PASSWORD).await;
    let code = authenticator.code(&app);
    page.form().fill("code", &code).fill("trust", "yes").submit(&mut browser).await.reply.expect(200);
    browser.type_password("alice", PASSWORD).await.reply.expect(200);
    app.sql("UPDATE trusted_browser SET created_at = created_at - 2678400000000").await;
    browser.type_password("alice", PASSWORD).await.expect("second-factor");
}

#[tokio::test]
async fn g4_trust_ends_with_the_app_that_it_spares() {
    let app = TestApp::new().await;
    let (mut owner, authenticator) = enrolled(&app).await;
    let mut trusted = app.browser();
    let page = trusted.type_password("alice", PASSWORD).await;
    page.form()
        .fill("code", &authenticator.code(&app))
        .fill("trust", "yes")
        .submit(&mut trusted)
        .await
        .reply
        .expect(200);
    assert_eq!(app.rows("trusted_browser").await, 1);
    assert!(authenticator::remove(&app.app, &app.session_of("alice").await).await.unwrap());
    assert_eq!(app.rows("trusted_browser").await, 0);
    // With another app, that browser is asked as any other is.
    app.pass(minutes(1)).await;
    owner.get("/account").await;
    let mut owner = app.browser().sign_in("alice").await;
    owner.set_up_authenticator().await;
    trusted.type_password("alice", PASSWORD).await.expect("second-factor");
}

#[tokio::test]
async fn g4_trust_ends_with_the_session_that_an_operator_ends() {
    let app = TestApp::new().await;
    let (_, authenticator) = enrolled(&app).await;
    let mut trusted = app.browser();
    let page = trusted.type_password("alice", PASSWORD).await;
    let form = page.form().fill("code", &authenticator.code(&app)).fill("trust", "yes");
    form.submit(&mut trusted).await.reply.expect(200);
    let session = app.session_of("alice").await;
    assert!(latchkey::login::session::end_one(&app.app, &session.user_id, &session.id).await.unwrap());
    trusted.type_password("alice", PASSWORD).await.expect("second-factor");
}
