//! D3, E4, E6, F8. Half a sign-in: whose it is, for how long, and how it ends.

use super::second_factor::enrolled;
use crate::harness::{Authenticator, PASSWORD, TestApp, minutes};
use latchkey::account::password_link;
use latchkey::config::SecondFactor;

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
