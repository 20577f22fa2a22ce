//! How long sessions live: NIST SP 800-63B §5, and links that set a password.

use crate::harness::{Browser, PASSWORD, Page, TestApp, minutes, seconds};
use latchkey::account::delete::{Outcome, disable};
use latchkey::account::password_link::{self, FirstLink};
use latchkey::account::{roles, users};
use latchkey::store::people::role::ADMINISTRATOR;

#[tokio::test]
async fn a_session_ends_after_a_day_of_rest_and_after_two_weeks_of_use() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let silent = rp.request().set("prompt", "none").path();
    let mut browser = app.browser();
    browser.authorize(&rp).await.code();
    app.clock.advance(minutes(24 * 60 - 5));
    browser.get(&silent).await.code();
    app.clock.advance(minutes(24 * 60 + 1));
    browser.get(&silent).await.error("login_required");
    let mut browser = app.browser();
    browser.authorize(&rp).await.code();
    for _ in 0..18 {
        app.clock.advance(minutes(18 * 60));
        browser.get(&silent).await.code();
    }
    app.clock.advance(minutes(14 * 60));
    browser.get(&silent).await.error("login_required");
}

#[tokio::test]
async fn who_asked_to_be_kept_signed_in_is_for_thirty_days_and_across_restarts_of_the_browser() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let form = page.form().fill("identifier", "alice").fill("password", PASSWORD).fill("keep_signed_in", "yes");
    let fields: Vec<_> = form.fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let request = http::Request::post("/sign-in")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", app.issuer());
    let reply = browser.send(request, crate::harness::form_encode(&fields)).await;
    let cookie = reply.set_cookies().into_iter().find(|line| line.starts_with("sid=")).unwrap();
    assert!(cookie.contains("Max-Age=2592000"), "{cookie}");
    let page = browser.get(reply.location()).await;
    browser.go_on(page).await.code();
    app.clock.advance(minutes(29 * 24 * 60));
    browser.get(&rp.request().set("prompt", "none").path()).await.code();
    app.clock.advance(minutes(2 * 24 * 60));
    browser.get(&rp.request().set("prompt", "none").path()).await.error("login_required");
}

/// Signs in, and asks to be kept signed in.
async fn sign_in_and_keep(browser: &mut Browser, page: &Page, name: &str) -> Page {
    let form = page.form().fill("identifier", name).fill("password", PASSWORD).fill("keep_signed_in", "yes");
    form.submit(browser).await
}

#[tokio::test]
async fn who_asks_at_a_later_sign_in_to_be_kept_signed_in_is_from_then_on() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let silent = rp.request().set("prompt", "none").path();
    let mut browser = app.browser();
    browser.authorize(&rp).await.code();
    app.clock.advance(minutes(12 * 60));
    let page = browser.get(&rp.request().set("prompt", "login").path()).await;
    sign_in_and_keep(&mut browser, &page, "alice").await.code();
    browser.close();
    app.clock.advance(minutes(29 * 24 * 60));
    browser.get(&silent).await.code();
    // And who does not ask again stays so.
    let page = browser.get(&rp.request().set("prompt", "login").path()).await;
    page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut browser).await.code();
    browser.close();
    browser.get(&silent).await.code();
    app.clock.advance(minutes(2 * 24 * 60));
    browser.get(&silent).await.error("login_required");
}

#[tokio::test]
async fn to_be_kept_signed_in_is_one_accounts_choice_and_not_the_others() {
    for keeps in ["alice", "bob"] {
        let app = TestApp::new().await;
        let rp = app.relying_party().await;
        let mut browser = app.browser();
        for name in ["alice", "bob"] {
            app.user(name).await;
            let page = browser.get("/sign-in?account=another").await;
            if name == keeps {
                sign_in_and_keep(&mut browser, &page, name).await;
            } else {
                page.form().fill("identifier", name).fill("password", PASSWORD).submit(&mut browser).await;
            }
        }
        let select = rp.request().set("prompt", "select_account").path();
        let both = browser.get(&select).await.text();
        assert!(both.contains("alice Example") && both.contains("bob Example"), "{both}");
        browser.close();
        let one = browser.get(&select).await.text();
        for name in ["alice", "bob"] {
            assert_eq!(one.contains(&format!("{name} Example")), name == keeps, "{keeps} is kept: {one}");
        }
        // The next sign-in finds the one that was kept, and ends the other's.
        let mut browser = browser.sign_in("carol").await;
        let text = browser.get(&select).await.text();
        for name in ["alice", "bob", "carol"] {
            let there = name == keeps || name == "carol";
            assert_eq!(text.contains(&format!("{name} Example")), there, "{keeps} is kept: {text}");
            assert_eq!(app.live_sessions_of(name).await, usize::from(there), "{name}");
        }
        browser.close();
        let text = browser.get(&select).await.text();
        assert!(text.contains(&format!("{keeps} Example")) && !text.contains("carol Example"), "{text}");
    }
}

#[tokio::test]
async fn a_link_sets_a_password_once_and_only_the_newest_works_and_looking_uses_nothing_up() {
    let app = TestApp::new().await;
    let alice = app.user("alice").await;
    let link = || async { password_link::make(&app.app, &alice.id, minutes(60)).await.unwrap() };
    let (older, newest) = (link().await, link().await);
    app.get(&older).await.expect(410);
    app.get(&newest).await.expect(200);
    let mut browser = app.browser();
    let page = browser.get(&newest).await;
    let weak = page.form().fill("password", "short").submit(&mut browser).await;
    assert_eq!(weak.reply.status, 400);
    let new_password = "four grey cranes wade slowly";
    let done = weak.form().fill("password", new_password).submit(&mut browser).await;
    assert_eq!(done.url, app.app.config.issuer.url("/"));
    assert!(done.text().contains("alice"), "signed in");
    app.get(&newest).await.expect(410);
    page.form().fill("password", new_password).submit(&mut browser).await.refused(410);
    let expired = link().await;
    app.clock.advance(minutes(61));
    app.get(&expired).await.expect(410);
}

#[tokio::test]
async fn a_link_does_not_outlive_that_its_user_was_disabled() {
    let app = TestApp::new().await;
    let alice = app.user("alice").await;
    let link = password_link::make(&app.app, &alice.id, minutes(60)).await.unwrap();
    app.get(&link).await.expect(200);
    assert_eq!(disable(&app.app, &alice.id, true).await.unwrap(), Outcome::Done);
    app.get(&link).await.expect(410);
    assert!(users::enable(&app.app, &alice.id).await.unwrap());
    app.get(&link).await.expect(410);
    let another = password_link::make(&app.app, &alice.id, minutes(60)).await.unwrap();
    app.get(&another).await.expect(200);
}

#[tokio::test]
async fn the_first_link_is_made_once_for_all_replicas_and_again_when_it_has_expired() {
    let app = TestApp::new().await;
    let alice = app.user("alice").await;
    let replica = app.replica().await;
    let first = async |app: &TestApp| password_link::make_first(&app.app, &alice.id, minutes(60)).await.unwrap();
    let made = match tokio::join!(first(&app), first(&replica)) {
        (FirstLink::Made(link), FirstLink::MadeBefore(until))
        | (FirstLink::MadeBefore(until), FirstLink::Made(link)) => {
            assert!(until.since(app.app.now()) > minutes(59), "{until}");
            link
        }
        both => panic!("one makes it: {both:?}"),
    };
    app.get(&made).await.expect(200);
    app.clock.advance(minutes(59));
    assert!(matches!(first(&app).await, FirstLink::MadeBefore(_)), "it works and was shown");
    app.clock.advance(minutes(1));
    let FirstLink::Made(next) = first(&app).await else { panic!("the one before has expired") };
    let mut browser = app.browser();
    let page = browser.get(&next).await;
    page.form().fill("password", "four grey cranes wade slowly").submit(&mut browser).await;
    for link in [&made, &next] {
        app.get(link).await.expect(410);
    }
    // Nor does one that was made before the password was changed in another way.
    let FirstLink::Made(pending) = first(&app).await else { panic!("the one before was used") };
    latchkey::account::password::set(&app.app, &alice.id, &"five tame herons drift".into()).await.unwrap();
    app.get(&pending).await.expect(410);
}

#[tokio::test]
async fn a_million_anonymous_starts_would_leave_no_row() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let tables = ["browser", "session", "client_grant", "authorization_code", "event", "password_failure"];
    let mut before = Vec::new();
    for table in tables {
        before.push(app.rows(table).await);
    }
    for _ in 0..20 {
        app.browser().get(&rp.request().path()).await.expect("sign-in");
    }
    for (table, rows) in tables.iter().zip(before) {
        assert_eq!(app.rows(table).await, rows, "{table}");
    }
}

#[tokio::test]
async fn a_session_of_an_administrator_is_short_whatever_was_chosen() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let silent = rp.request().set("prompt", "none").path();
    app.user("alice").await;
    app.sql("INSERT INTO role (id, name, created_at) VALUES ('r', 'administrator', 0)").await;
    app.sql("INSERT INTO user_role (user_id, role_id, created_at) SELECT id, 'r', 0 FROM user_account").await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let page = sign_in_and_keep(&mut browser, &page, "alice").await;
    browser.go_on(page).await.code();
    app.clock.advance(minutes(14));
    browser.get(&silent).await.code();
    app.clock.advance(minutes(16));
    browser.get(&silent).await.error("login_required");
    // Eight hours of work, and no more.
    let mut browser = app.browser();
    browser.authorize(&rp).await.code();
    for _ in 0..47 {
        app.clock.advance(minutes(10));
        browser.get(&silent).await.code();
    }
    app.clock.advance(minutes(10));
    browser.get(&silent).await.error("login_required");
}

#[tokio::test]
async fn a_switch_of_accounts_opens_no_administrator_who_has_gone() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let alice = app.user("alice").await.id;
    let mut browser = app.browser().sign_in("alice").await;
    let mut tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    roles::give(&app.app, &alice, ADMINISTRATOR).await.unwrap();
    for _ in 0..4 {
        app.clock.advance(minutes(5));
        tokens = rp.refresh(tokens.refresh()).await.tokens();
    }
    app.user("bob").await;
    app.clock.advance(seconds(1));
    let form = browser.get("/sign-in?account=another").await.form();
    form.fill("identifier", "bob").fill("password", PASSWORD).submit(&mut browser).await;
    let switch = browser.get("/account").await.expect("account").press("session");
    switch.submit(&mut browser).await.expect("sign-in");
    assert!(browser.get("/account").await.text().contains("bob"));
}

#[tokio::test]
async fn a_refresh_does_not_keep_the_session_of_an_administrator() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let silent = rp.request().set("prompt", "none").path();
    let alice = app.user("alice").await.id;
    let mut browsers = Vec::new();
    for name in ["alice", "bob"] {
        let mut browser = app.browser().sign_in(name).await;
        let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
        browsers.push((browser, tokens));
    }
    roles::give(&app.app, &alice, ADMINISTRATOR).await.unwrap();
    for _ in 0..4 {
        app.clock.advance(minutes(5));
        for (_, tokens) in &mut browsers {
            *tokens = rp.refresh(tokens.refresh()).await.tokens();
        }
    }
    let [(mut administrator, tokens), (mut other, _)] = <[_; 2]>::try_from(browsers).unwrap_or_else(|_| panic!());
    other.get(&silent).await.code();
    other.get("/account").await.expect("account");
    administrator.get(&silent).await.error("login_required");
    administrator.get(&rp.request().path()).await.expect("sign-in");
    for path in ["/account", "/account/sessions", "/account/data", "/account/security"] {
        // Looking at the page that asks is no use.
        for _ in 0..2 {
            administrator.get(path).await.expect("sign-in");
        }
    }
    // The application goes on, and a sign-in renews the session that it belongs to.
    let tokens = rp.refresh(tokens.refresh()).await.tokens();
    let page = administrator.get("/sign-in").await;
    page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut administrator).await;
    administrator.get("/account").await.expect("account");
    assert_eq!(app.live_sessions_of("alice").await, 1);
    // A sign-out ends all of it, whoever was away before.
    app.clock.advance(minutes(10));
    let tokens = rp.refresh(tokens.refresh()).await.tokens();
    app.clock.advance(minutes(10));
    let page = administrator.get("/end_session").await;
    page.form().fill("decision", "sign_out").submit(&mut administrator).await;
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
}

#[tokio::test]
async fn who_becomes_an_administrator_while_signed_in_is_held_to_the_limits_of_administrators() {
    let app = TestApp::new().await;
    let alice = app.user("alice").await.id;
    let mut browser = app.browser();
    let page = browser.get("/sign-in").await;
    sign_in_and_keep(&mut browser, &page, "alice").await;
    app.clock.advance(minutes(60));
    browser.get("/account").await.expect("account");
    roles::give(&app.app, &alice, ADMINISTRATOR).await.unwrap();
    app.clock.advance(minutes(14));
    browser.get("/account").await.expect("account");
    app.clock.advance(minutes(16));
    browser.get("/account").await.expect("sign-in");
    // Nor does the choice of before come back with a sign-in.
    let page = browser.get("/sign-in").await;
    page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut browser).await;
    browser.get("/account").await.expect("account");
    app.clock.advance(minutes(16));
    browser.get("/account").await.expect("sign-in");
}
