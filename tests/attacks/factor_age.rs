//! F8. How old a factor is that stands in for another one, and that none protects a thief's factor for ever.

use latchkey::account::{authenticator, passkeys};
use latchkey::store::people::passkey;

use super::recent_factors::{DAY, NEW_PASSWORD, boxes, link};
use crate::harness::{Authenticator, Browser, PASSWORD, Passkey, TestApp, minutes};

const WEEK: u64 = 7 * DAY;

/// The boxes of the page that the owner's letter opens.
async fn offered(app: &TestApp) -> Vec<String> {
    let mut browser = app.browser();
    let link = link(app, &mut browser).await;
    boxes(&browser.get(&link).await)
}

/// The owner sets a password by letter, and removes the app.
async fn rescue(app: &TestApp) {
    let mut owner = app.browser();
    let link = link(app, &mut owner).await;
    let page = owner.get(&link).await;
    assert_eq!(boxes(&page), ["app"]);
    page.form().fill("remove", "app").fill("password", PASSWORD).submit(&mut owner).await.reply.expect(200);
    owner.get("/account/authenticator").await.expect("authenticator");
    assert_eq!(app.rows("totp").await, 0);
}

/// A thief of the password adds an app.
async fn rob(app: &TestApp) {
    app.browser().sign_in("alice").await.set_up_authenticator().await;
}

/// Removes the app of who has proven it.
async fn give_up_the_app(app: &TestApp) {
    assert!(authenticator::remove(&app.app, &app.session_of("alice").await).await.unwrap());
}

#[tokio::test]
async fn f8_a_thief_who_comes_again_after_a_week_is_removed_by_letter_again() {
    let app = TestApp::with_mail().await;
    for _ in 0..3 {
        rob(&app).await;
        app.clock.advance(minutes(DAY));
        rescue(&app).await;
        app.clock.advance(minutes(WEEK + DAY));
    }
}

#[tokio::test]
async fn f8_who_tried_an_app_for_a_minute_is_helped_against_a_thief() {
    // Be it on the same day.
    for later in [DAY - 60, WEEK + DAY] {
        let app = TestApp::with_mail().await;
        app.browser().sign_in("alice").await.set_up_authenticator().await;
        give_up_the_app(&app).await;
        app.clock.advance(minutes(later));
        rob(&app).await;
        app.clock.advance(minutes(WEEK - 120));
        rescue(&app).await;
    }
}

#[tokio::test]
async fn f8_an_app_that_a_letter_has_removed_protects_nobody_on_the_same_day() {
    let app = TestApp::with_mail().await;
    for _ in 0..2 {
        rob(&app).await;
        app.clock.advance(minutes(6 * DAY));
        rescue(&app).await;
    }
}

#[tokio::test]
async fn f8_a_reset_by_an_operator_leaves_nothing_that_protects_the_next_thief() {
    let app = TestApp::with_mail().await;
    // For more than a week, and then somebody else with the password within the day.
    rob(&app).await;
    app.clock.advance(minutes(WEEK + DAY));
    assert!(latchkey::account::factors::reset(&app.app, &app.person("alice").await.id).await.unwrap().is_any());
    rob(&app).await;
    rescue(&app).await;
    // Nor does what was remembered before.
    let owners = app.browser().sign_in("alice").await.set_up_authenticator().await;
    app.clock.advance(minutes(WEEK + DAY));
    app.browser().sign_in_with("alice", &owners).await;
    give_up_the_app(&app).await;
    rob(&app).await;
    assert_eq!(offered(&app).await, Vec::<String>::new());
    assert!(latchkey::account::factors::reset(&app.app, &app.person("alice").await.id).await.unwrap().is_any());
    rob(&app).await;
    rescue(&app).await;
}

#[tokio::test]
async fn f8_a_factor_that_was_given_up_protects_no_thief_after_a_day() {
    let app = TestApp::with_mail().await;
    let old = app.browser().sign_in("alice").await.set_up_authenticator().await;
    app.clock.advance(minutes(WEEK + DAY));
    app.browser().sign_in_with("alice", &old).await;
    give_up_the_app(&app).await;
    app.clock.advance(minutes(DAY + 60));
    rob(&app).await;
    rescue(&app).await;
}

#[tokio::test]
async fn f8_a_phone_that_is_replaced_twice_is_as_old_as_the_first() {
    let app = TestApp::with_mail().await;
    let first = app.browser().sign_in("alice").await.set_up_authenticator().await;
    app.clock.advance(minutes(WEEK + DAY));
    let mut browser = app.browser().sign_in_with("alice", &first).await;
    give_up_the_app(&app).await;
    let second = browser.set_up_authenticator().await;
    // Longer after the first than a new one stands in for it, and not a week after the second.
    app.clock.advance(minutes(3 * DAY));
    let mut browser = app.browser().sign_in_with("alice", &second).await;
    give_up_the_app(&app).await;
    browser.set_up_authenticator().await;
    assert_eq!(offered(&app).await, Vec::<String>::new());
    app.clock.advance(minutes(6 * DAY));
    assert_eq!(offered(&app).await, Vec::<String>::new());
}

/// Sets up another app in place of the one that there is.
async fn move_on(app: &TestApp, browser: &mut Browser) -> Authenticator {
    let page = browser.get("/account/authenticator/another").await;
    let new = Authenticator::with_key(&page.expect("another").codes()[0]);
    let done = page.form().fill("code", &new.code(app)).submit(browser).await;
    assert_eq!(done.codes().len(), 10, "{}", done.text());
    app.pass(minutes(2)).await;
    new
}

#[tokio::test]
async fn f8_another_app_is_as_old_as_the_one_in_whose_place_it_comes() {
    let app = TestApp::with_mail().await;
    let first = app.browser().sign_in("alice").await.set_up_authenticator().await;
    app.clock.advance(minutes(WEEK + DAY));
    let second = move_on(&app, &mut app.browser().sign_in_with("alice", &first).await).await;
    assert_eq!(offered(&app).await, Vec::<String>::new());
    app.clock.advance(minutes(3 * DAY));
    move_on(&app, &mut app.browser().sign_in_with("alice", &second).await).await;
    app.clock.advance(minutes(3 * DAY));
    assert_eq!(offered(&app).await, Vec::<String>::new());
    // A thief's gets no older by it.
    let app = TestApp::with_mail().await;
    let mut thief = app.browser().sign_in("alice").await;
    thief.set_up_authenticator().await;
    move_on(&app, &mut thief).await;
    app.clock.advance(minutes(6 * DAY));
    rescue(&app).await;
}

/// Removes the first passkey of Alice, who has proven one.
async fn remove_first_passkey(app: &TestApp) {
    let session = app.session_of("alice").await;
    let own = passkey::of_user(&mut app.app.db.read().await.unwrap(), &session.user_id).await.unwrap();
    let removed = passkeys::remove(&app.app, &session, &own[0].id).await.unwrap();
    assert_eq!(removed, passkeys::Removed::Done);
}

#[tokio::test]
async fn f8_a_letter_spares_a_new_passkey_of_who_has_removed_an_old_one() {
    for is_old in [true, false] {
        let app = TestApp::with_mail().await;
        let mut browser = app.browser().sign_in("alice").await;
        let mut old = browser.add_passkey(Passkey::new(&app)).await;
        app.clock.advance(minutes(if is_old { WEEK + DAY } else { 6 * DAY }));
        let mut browser = app.browser();
        browser.sign_in_by(&mut old).await.reply.expect(200);
        let mut new = browser.add_passkey(Passkey::new(&app)).await;
        app.clock.advance(minutes(1));
        app.browser().sign_in_by(&mut new).await.reply.expect(200);
        remove_first_passkey(&app).await;
        assert_eq!(offered(&app).await.len(), usize::from(!is_old));
    }
}

/// Signs in on the way to a client, in a browser that makes a passkey by itself.
async fn made_unasked(app: &TestApp, browser: &mut Browser) -> Passkey {
    let (_, passkey) = browser.authorize_and_make_passkey(&app.relying_party().await).await;
    assert_eq!(app.rows("passkey").await, 1);
    passkey
}

#[tokio::test]
async fn f8_a_passkey_that_a_thiefs_browser_made_unasked_is_removed_by_letter_in_the_week_after_its_first_use() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let mut passkey = made_unasked(&app, &mut app.browser()).await;
    app.clock.advance(minutes(WEEK + DAY));
    app.browser().sign_in_by(&mut passkey).await.reply.expect(200);
    app.clock.advance(minutes(6 * DAY));
    app.browser().sign_in_by(&mut passkey).await.reply.expect(200);
    let mut owner = app.browser();
    let link = link(&app, &mut owner).await;
    let page = owner.get(&link).await;
    let handles = boxes(&page);
    assert_eq!(handles.len(), 1);
    let form = page.form().fill("remove", &handles[0]).fill("password", NEW_PASSWORD);
    form.submit(&mut owner).await.reply.expect(200);
    owner.get("/account/passkeys").await.expect("passkeys");
    assert_eq!(app.rows("passkey").await, 0);
}

#[tokio::test]
async fn f8_a_letter_removes_no_passkey_that_was_made_unasked_and_first_used_a_week_ago() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let mut passkey = made_unasked(&app, &mut app.browser()).await;
    app.browser().sign_in_by(&mut passkey).await.reply.expect(200);
    app.clock.advance(minutes(WEEK + 1));
    app.browser().sign_in_by(&mut passkey).await.reply.expect(200);
    assert_eq!(offered(&app).await, Vec::<String>::new());
}

#[tokio::test]
async fn f8_a_passkey_that_was_never_used_protects_no_factor_after_it() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    made_unasked(&app, &mut app.browser()).await;
    app.clock.advance(minutes(WEEK + DAY));
    app.browser().sign_in("alice").await;
    remove_first_passkey(&app).await;
    rob(&app).await;
    rescue(&app).await;
}
