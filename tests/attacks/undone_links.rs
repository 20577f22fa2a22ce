//! F8, J6. Whoever has got hold of a session and links their own account elsewhere to the owner's, or takes the owner's away, is undone by the
//! owner's letter, whatever they do next. A letter gives nobody anything else.

use latchkey::account::{delete, password_link, users};
use latchkey::config::{Config, Upstream};
use latchkey::server::jobs;
use serde_json::json;

use super::mailbox_owners::change_address;
use crate::harness::{Behaviour, Browser, Double, Page, Passkey, TestApp, link_in, minutes, sender};

const DAY: u64 = 24 * 60;
const OWNER: &str = "alice@example.com";
const THIEFS: &str = "alice@thief.example";
const CONNECTED: &str = "An account was connected";
const DISCONNECTED: &str = "An account was disconnected";

async fn with_mail(change: impl FnOnce(&mut Config)) -> (Double, TestApp) {
    let double = Double::start().await;
    let app = TestApp::with(|config| {
        config.mail.from = Some(sender());
        double.declare(config);
        change(config);
    })
    .await;
    (double, app)
}

/// Comes from the provider as somebody of this subject.
fn as_subject(double: &Double, sub: &str) {
    let claims = json!({ "sub": sub, "email": format!("{sub}@elsewhere.example") });
    double.behave(Behaviour { claims, ..Behaviour::default() });
}

/// Links the account of this subject to that of a browser.
async fn connect(double: &Double, browser: &mut Browser, sub: &str) {
    as_subject(double, sub);
    let page = browser.get("/account/connections").await;
    let back = double.set_out_by(browser, page.press("connect")).await;
    let page = browser.get(&back).await;
    assert!(page.expect("connections").text().contains("The account is connected."), "{}", page.text());
}

async fn disconnect(browser: &mut Browser) {
    let page = browser.get("/account/connections").await;
    let page = page.press("disconnect").submit(browser).await;
    assert!(page.text().contains("The account is disconnected."), "{}", page.text());
}

/// The letters to an address with this subject, the newest last.
async fn told(app: &TestApp, address: &str, subject: &str) -> Vec<latchkey::mail::message::Message> {
    app.letters_to(address).await.into_iter().filter(|letter| letter.subject == subject).collect()
}

/// The link of the newest letter to an address with this subject.
async fn way_back(app: &TestApp, address: &str, subject: &str) -> String {
    link_in(told(app, address, subject).await.last().expect("a letter"))
}

/// Presses the button behind a link.
async fn undo(app: &TestApp, link: &str) -> Page {
    let mut browser = app.browser();
    let page = browser.get(link).await;
    page.expect("undo-connection").form().submit(&mut browser).await
}

/// Where somebody of this subject gets by the provider.
async fn arrives(double: &Double, app: &TestApp, sub: &str) -> String {
    as_subject(double, sub);
    let mut browser = app.browser();
    double.go(&mut browser).await.reply.expect(200);
    browser.get("/account").await.name()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f8_the_owner_takes_an_account_away_that_a_thief_has_linked_and_the_thief_is_out() {
    let (double, app) = with_mail(|_| {}).await;
    let rp = app.relying_party().await;
    let tokens = rp.tokens_of("alice").await;
    let mut thief = app.browser().sign_in("alice").await;
    connect(&double, &mut thief, "thief").await;
    assert_eq!(arrives(&double, &app, "thief").await, "account");
    let letter = told(&app, OWNER, CONNECTED).await.pop().expect("a letter");
    assert!(letter.text.contains("within 7 days"), "{}", letter.text);
    let link = link_in(&letter);
    // Whoever looks into mails undoes nothing.
    app.clock.advance(minutes(6 * DAY));
    let mut owner = app.browser();
    let page = owner.get(&link).await;
    for words in ["double", "thief@elsewhere.example", "All devices will be signed out", "close this page"] {
        assert!(page.expect("undo-connection").text().contains(words), "{words}: {}", page.text());
    }
    assert_eq!(app.rows("upstream_account").await, 1);
    let done = page.form().submit(&mut owner).await;
    let says = done.expect("undo-connection").text();
    assert!(says.contains("The account is disconnected") && says.contains("set a new password now"), "{says}");
    assert!(done.links().iter().any(|link| link.contains("/forgot-password")), "{:?}", done.links());
    assert_eq!((app.rows("upstream_account").await, app.rows("upstream_change").await), (0, 0));
    assert!(thief.get("/account").await.url.contains("/sign-in"), "the thief's session");
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
    assert_eq!(arrives(&double, &app, "thief").await, "sign-in");
    // It counts once, and the letter of it opens nothing.
    owner.get(&link).await.refused(410);
    page.form().submit(&mut owner).await.refused(410);
    let told = told(&app, OWNER, DISCONNECTED).await.pop().expect("a letter");
    assert!(!told.text.contains("token="), "{}", told.text);
    let events = app.events().await;
    assert!(events.contains(&"upstream_change_undone".to_owned()), "{events:?}");
}

/// Has the provider give a role to the thief.
fn gives_roles(config: &mut Config) {
    let keys = [("issuer", "https://id.example.com"), ("client_id", "us"), ("roles", "sub=thief -> editor")];
    let keys = keys.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    config.upstreams[0].roles = Upstream::of_keys("any", &keys).unwrap().roles;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f8_the_roles_that_a_thiefs_account_has_brought_go_with_it() {
    let (double, app) = with_mail(gives_roles).await;
    let mut thief = app.browser().sign_in("alice").await;
    connect(&double, &mut thief, "thief").await;
    assert_eq!(app.rows("user_role").await, 1);
    undo(&app, &way_back(&app, OWNER, CONNECTED).await).await.reply.expect(200);
    assert_eq!((app.rows("upstream_account").await, app.rows("user_role").await), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_disabled_gets_no_roles_by_an_account_elsewhere() {
    let (double, app) = with_mail(gives_roles).await;
    let mut browser = app.browser().sign_in("alice").await;
    connect(&double, &mut browser, "thief").await;
    disconnect(&mut browser).await;
    assert_eq!(app.rows("user_role").await, 0, "they go with it");
    connect(&double, &mut browser, "thief").await;
    assert_eq!(app.rows("user_role").await, 1);
    app.sql("DELETE FROM user_role").await;
    let alice = app.person("alice").await.id;
    delete::disable(&app.app, &alice, true).await.unwrap();
    double.go(&mut app.browser()).await.refused(403);
    assert_eq!(app.rows("user_role").await, 0);
    users::enable(&app.app, &alice).await.unwrap();
    double.go(&mut app.browser()).await.reply.expect(200);
    assert_eq!(app.rows("user_role").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f8_the_owner_gets_an_account_back_that_a_thief_has_taken_away_and_keeps_it_with_a_new_password() {
    let (double, app) = with_mail(|_| {}).await;
    let mut owner = app.browser().sign_in("alice").await;
    connect(&double, &mut owner, "ann").await;
    app.clock.advance(minutes(30 * DAY));
    let mut thief = app.browser().sign_in("alice").await;
    disconnect(&mut thief).await;
    connect(&double, &mut thief, "thief").await;
    let (link, thiefs) = (way_back(&app, OWNER, DISCONNECTED).await, way_back(&app, OWNER, CONNECTED).await);
    let page = owner.get(&link).await;
    assert!(page.expect("undo-connection").text().contains("Connect this account again?"), "{}", page.text());
    undo(&app, &link).await.reply.expect(200);
    assert!(thief.get("/account").await.url.contains("/sign-in"));
    undo(&app, &thiefs).await.reply.expect(200);
    assert_eq!(arrives(&double, &app, "thief").await, "sign-in");
    // It is as old as it was: no recent one that the next letter would take away.
    super::mail::forget(&mut owner, OWNER).await;
    let reset = way_back(&app, OWNER, "Set a new password").await;
    let page = owner.get(&reset).await;
    page.form().fill("password", "seven slow barges turn").submit(&mut owner).await.reply.expect(200);
    assert_eq!(arrives(&double, &app, "ann").await, "account");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f8_nothing_that_a_thief_does_next_keeps_the_owner_from_undoing_it() {
    let (double, app) = with_mail(|_| {}).await;
    let mut owner = app.browser().sign_in("alice").await;
    connect(&double, &mut owner, "ann").await;
    app.clock.advance(minutes(30 * DAY));
    let mut thief = app.browser().sign_in("alice").await;
    disconnect(&mut thief).await;
    let link = way_back(&app, OWNER, DISCONNECTED).await;
    connect(&double, &mut thief, "thief").await;
    disconnect(&mut thief).await;
    connect(&double, &mut thief, "thief").await;
    thief.set_up_authenticator().await;
    change_address(&app, &mut thief, THIEFS).await;
    let page = thief.get("/account/password").await;
    let form = page.form_to("/account/password").fill("current", crate::harness::PASSWORD);
    form.fill("password", "nine grey herons wade").submit(&mut thief).await;
    undo(&app, &link).await.reply.expect(200);
    assert!(thief.get("/account").await.url.contains("/sign-in"));
    // The thief's mailbox undoes nothing once the owner's address is back.
    let thiefs = app.letters_to(THIEFS).await;
    let opening: Vec<_> = thiefs.iter().filter(|letter| letter.text.contains("token=")).collect();
    assert!(opening.is_empty(), "the letters went to the address of before: {opening:?}");
    let letters = app.letters_to(OWNER).await;
    let taken_back = letters.iter().rfind(|it| it.subject == "Your email address was changed").expect("a letter");
    let page = owner.get(&link_in(taken_back)).await;
    page.form().fill("remove", "app").fill("password", "seven slow barges turn").submit(&mut owner).await;
    assert_eq!(arrives(&double, &app, "thief").await, "sign-in", "it went with the new password");
    assert_eq!(arrives(&double, &app, "ann").await, "account");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f8_the_letters_to_an_address_that_is_gone_undo_nothing() {
    let (double, app) = with_mail(|_| {}).await;
    app.browser().sign_in("alice").await;
    let mut thief = app.browser().sign_in("alice").await;
    change_address(&app, &mut thief, THIEFS).await;
    connect(&double, &mut thief, "thief").await;
    disconnect(&mut thief).await;
    let link = way_back(&app, THIEFS, DISCONNECTED).await;
    app.browser().get(&link).await.expect("undo-connection");
    let letters = app.letters_to(OWNER).await;
    let taken_back = letters.iter().rfind(|it| it.subject == "Your email address was changed").expect("a letter");
    let mut owner = app.browser();
    let page = owner.get(&link_in(taken_back)).await;
    page.form().fill("password", "seven slow barges turn").submit(&mut owner).await.reply.expect(200);
    app.browser().get(&link).await.refused(410);
    assert_eq!(arrives(&double, &app, "thief").await, "sign-in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f8_who_has_proven_an_older_factor_is_not_undone_by_a_mailbox() {
    let (double, app) = with_mail(|_| {}).await;
    let mut owner = app.browser().sign_in("alice").await;
    let passkey = Passkey::new(&app);
    let mut passkey = owner.add_passkey(passkey).await;
    app.clock.advance(minutes(8 * DAY));
    let mut owner = app.browser();
    owner.sign_in_by(&mut passkey).await.reply.expect(200);
    connect(&double, &mut owner, "ann").await;
    disconnect(&mut owner).await;
    for subject in [CONNECTED, DISCONNECTED] {
        let letter = told(&app, OWNER, subject).await.pop().expect("a letter");
        assert!(!letter.text.contains("token="), "{}", letter.text);
    }
    assert_eq!(app.rows("upstream_change").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f8_the_link_of_a_letter_ends_after_a_week_is_of_its_kind_and_goes_if_an_operator_decides() {
    let (double, app) = with_mail(|_| {}).await;
    let mut owner = app.browser().sign_in("alice").await;
    connect(&double, &mut owner, "ann").await;
    let link = way_back(&app, OWNER, CONNECTED).await;
    let token = link.split("token=").nth(1).unwrap();
    app.browser().get(&format!("/set-password?token={token}")).await.refused(410);
    super::mail::forget(&mut owner, OWNER).await;
    let reset = way_back(&app, OWNER, "Set a new password").await;
    let other = reset.split("token=").nth(1).unwrap();
    for wrong in [other, "", "lk_mt_x", &token[..token.len() - 1]] {
        app.browser().get(&format!("/undo-connection?token={wrong}")).await.refused(410);
    }
    app.browser().post("/undo-connection", &[("token", token)]).await.refused(403);
    app.clock.advance(minutes(7 * DAY + 1));
    app.browser().get(&link).await.refused(410);
    app.clock.advance(minutes(30 * DAY));
    jobs::remove_expired(&app.app).await.unwrap();
    assert_eq!(app.rows("upstream_change").await, 0);
    // Whoever asks an operator for help may be somebody else than whoever reads the mailbox.
    let mut owner = app.browser().sign_in("alice").await;
    disconnect(&mut owner).await;
    let link = way_back(&app, OWNER, DISCONNECTED).await;
    app.browser().get(&link).await.expect("undo-connection");
    let user = app.person("alice").await.id;
    password_link::make(&app.app, &user, minutes(60)).await.unwrap();
    app.browser().get(&link).await.refused(410);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j6_an_account_that_lets_somebody_else_in_by_now_stays_with_them() {
    let (double, app) = with_mail(|_| {}).await;
    let mut owner = app.browser().sign_in("alice").await;
    connect(&double, &mut owner, "ann").await;
    disconnect(&mut owner).await;
    let link = way_back(&app, OWNER, DISCONNECTED).await;
    let mut bob = app.browser().sign_in("bob").await;
    connect(&double, &mut bob, "ann").await;
    let taken = undo(&app, &link).await;
    assert_eq!(taken.reply.status, 409, "{}", taken.text());
    assert!(taken.text().contains("connected to another account here"), "{}", taken.text());
    assert_eq!(app.rows("upstream_account").await, 1);
    owner.get("/account").await.expect("account");
    // And without anything to undo, the link says so.
    let mut bob = app.browser().sign_in("bob").await;
    let link = way_back(&app, "bob@example.com", CONNECTED).await;
    disconnect(&mut bob).await;
    app.browser().get(&link).await.refused(410);
}
