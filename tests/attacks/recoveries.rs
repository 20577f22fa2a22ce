//! F8. An account with a username alone: five minutes with its password do not take it from its owner, who has the recovery codes.

use latchkey::account::edit;
use latchkey::login::identifier;
use latchkey::oidc::client::metadata::ClientKind;
use latchkey::server::jobs::remove_expired;

use super::mailbox_owners::change_address;
use super::recent_factors::{DAY, boxes};
use crate::harness::{Browser, Form, PASSWORD, Page, Passkey, TestApp, link_in, minutes, seconds, sender};
use crate::journeys::username_alone::{NEW_PASSWORD, account, by_name, prove, recover, renew, stranger, type_password};

const RECOVERY: &str = "/forgot-password/recovery-code";
const NEWER_PASSWORD: &str = "five bold otters swim";
const TWO_FACTORS: &str = "urn:latchkey:acr:2fa";

/// A thief who has the password of Ada.
async fn thief(app: &TestApp) -> Browser {
    app.clock.advance(minutes(DAY));
    let mut thief = stranger(app, 66);
    type_password(&mut thief, "ada", PASSWORD).await.reply.expect(200);
    thief
}

/// The owner sets a password with a code, and removes all that the page offers to remove; returns that.
async fn rescue(app: &TestApp, code: &str) -> (Browser, Vec<String>) {
    let mut owner = stranger(app, 1);
    let page = prove(&mut owner, "ada", code).await;
    let offered = boxes(page.expect("recovery-code"));
    let mut form = page.form_to(RECOVERY).fill("password", NEW_PASSWORD);
    for one in &offered {
        form = form.fill("remove", one);
    }
    form.submit(&mut owner).await.reply.expect(200);
    owner.get("/account/security").await.expect("security");
    (owner, offered)
}

/// Signs in for the page of the app, which wants all factors.
async fn step_up(app: &TestApp, password: &str) -> (Browser, Page) {
    let mut browser = stranger(app, 2);
    let page = browser.get("/account/authenticator").await;
    let form = page.expect("sign-in").form_to("/sign-in").fill("identifier", "ada").fill("password", password);
    let page = form.submit(&mut browser).await;
    (browser, page)
}

#[tokio::test]
async fn f8_a_recovery_code_outlives_an_app_of_a_thief_for_a_week_and_removes_it() {
    let app = by_name(|_| {}).await;
    let (_, codes) = account(&app, "ada").await;
    let mut thief = thief(&app).await;
    let thiefs = thief.set_up_authenticator().await.recovery_codes;
    app.clock.advance(minutes(6 * DAY));
    // Nothing is told before the code was right, and nothing is done before the password is set.
    assert_eq!(boxes(&stranger(&app, 3).get(RECOVERY).await), Vec::<String>::new());
    prove(&mut stranger(&app, 3), "ada", &codes[0]).await.reply.expect(200);
    assert_eq!(app.rows("totp").await, 1);
    let (_, offered) = rescue(&app, &codes[0]).await;
    assert_eq!((offered, app.rows("totp").await), (vec!["app".to_owned()], 0));
    thief.get("/account").await.expect("sign-in");
    // The codes that the thief has are void, and the others of the owner work as before.
    recover(&mut stranger(&app, 3), "ada", &thiefs[0]).await.refused(400);
    rescue(&app, &codes[1]).await;
    let (_, page) = step_up(&app, NEW_PASSWORD).await;
    page.expect("authenticator");
}

#[tokio::test]
async fn f8_a_recovery_code_outlives_new_codes_of_a_thief_for_a_week_however_often_they_are_made() {
    let app = by_name(|_| {}).await;
    let (_, codes) = account(&app, "ada").await;
    let mut thief = thief(&app).await;
    let mut of_thief = Vec::new();
    for _ in 0..12 {
        app.clock.advance(minutes(1));
        of_thief.push(renew(&mut thief).await[0].clone());
        thief = {
            let mut again = stranger(&app, 66);
            type_password(&mut again, "ada", PASSWORD).await.reply.expect(200);
            again
        };
    }
    // They sign nobody in, and stand in for nothing: they are there for this page.
    assert_eq!(app.rows("recovery_code").await, 10);
    app.clock.advance(minutes(6 * DAY));
    rescue(&app, &codes[0]).await;
    assert!(app.events().await.contains(&"recovery_codes_put_back".to_owned()));
    for (n, code) in (10..).zip(&of_thief) {
        recover(&mut stranger(&app, n), "ada", code).await.refused(400);
    }
    rescue(&app, &codes[9]).await;
}

#[tokio::test]
async fn f8_codes_that_were_replaced_are_void_after_a_week() {
    let app = by_name(|_| {}).await;
    let (mut owner, old) = account(&app, "ada").await;
    app.clock.advance(minutes(1));
    let codes = renew(&mut owner).await;
    app.clock.advance(minutes(7 * DAY + 1));
    recover(&mut stranger(&app, 1), "ada", &old[0]).await.refused(400);
    rescue(&app, &codes[0]).await;
    assert_eq!(app.rows("replaced_recovery_code").await, 10);
    remove_expired(&app.app).await.unwrap();
    assert_eq!(app.rows("replaced_recovery_code").await, 0);
}

#[tokio::test]
async fn f8_a_recovery_code_outlives_an_address_of_a_thief_for_a_week_and_removes_it() {
    let app = by_name(|config| config.mail.from = Some(sender())).await;
    let (_, codes) = account(&app, "ada").await;
    let mut thief = thief(&app).await;
    change_address(&app, &mut thief, "thief@elsewhere.example").await;
    // The thief's first mailbox could take this back.
    change_address(&app, &mut thief, "thief@second.example").await;
    let told = app.letters_to("thief@elsewhere.example").await;
    let back = link_in(told.iter().rfind(|it| it.text.contains("/set-password?token=")).expect("a way back"));
    app.clock.advance(minutes(6 * DAY));
    let (mut owner, offered) = rescue(&app, &codes[0]).await;
    assert_eq!(offered, ["thief@second.example"]);
    assert!(!owner.get("/account").await.text().contains("thief@"));
    stranger(&app, 66).get(&back).await.refused(410);
    // Who leaves it there for a week has an address, and codes that set no password.
    let address = identifier::parse_email("ada@example.com", Some(app.app.now())).unwrap();
    edit::add_identifiers(&app.app, &app.person("ada").await.id, vec![address]).await.unwrap().unwrap();
    rescue(&app, &codes[2]).await;
    let address = identifier::parse_email("ada@example.com", Some(app.app.now())).unwrap();
    edit::add_identifiers(&app.app, &app.person("ada").await.id, vec![address]).await.unwrap().unwrap();
    app.clock.advance(minutes(7 * DAY + 1));
    recover(&mut stranger(&app, 5), "ada", &codes[1]).await.refused(400);
}

#[tokio::test]
async fn f8_an_address_that_an_operator_adds_takes_no_codes_where_no_letter_is_sent_or_nobody_has_proven_it() {
    for sends in [false, true] {
        let app = by_name(|config| config.mail.from = sends.then(sender)).await;
        let (_, codes) = account(&app, "ada").await;
        app.clock.advance(minutes(1));
        let proven = (!sends).then(|| app.app.now());
        let address = identifier::parse_email("ada@example.com", proven).unwrap();
        let ada = app.person("ada").await.id;
        edit::add_identifiers(&app.app, &ada, vec![address]).await.unwrap().unwrap();
        app.clock.advance(minutes(30 * DAY));
        rescue(&app, &codes[0]).await;
    }
}

#[tokio::test]
async fn f8_a_recovery_code_removes_a_passkey_of_a_thief() {
    let app = by_name(|_| {}).await;
    let (_, codes) = account(&app, "ada").await;
    thief(&app).await.add_passkey(Passkey::new(&app)).await;
    let (_, offered) = rescue(&app, &codes[0]).await;
    assert_eq!((offered.len(), app.rows("passkey").await), (1, 0));
    let (_, page) = step_up(&app, NEW_PASSWORD).await;
    page.expect("authenticator");
}

#[tokio::test]
async fn f8_a_recovery_code_removes_no_app_that_is_a_week_old_nor_an_address_that_came_after_it() {
    let app = by_name(|config| config.mail.from = Some(sender())).await;
    let (mut owner, _) = account(&app, "ada").await;
    let own = owner.set_up_authenticator().await;
    app.clock.advance(minutes(8 * DAY));
    let mut owner = stranger(&app, 5).sign_in_with("ada", &own).await;
    change_address(&app, &mut owner, "ada@example.com").await;
    let mut stranger = stranger(&app, 1);
    let page = prove(&mut stranger, "ada", &own.recovery_codes[0]).await;
    assert_eq!(boxes(page.expect("recovery-code")), Vec::<String>::new());
    let form = page.form_to(RECOVERY);
    let fields = [
        ("csrf", form.get("csrf").unwrap()),
        ("recovery", form.get("recovery").unwrap()),
        ("password", NEW_PASSWORD),
        ("remove", "app"),
        ("remove", "ada@example.com"),
    ];
    stranger.post(RECOVERY, &fields).await.expect("second-factor");
    let ada = app.person("ada").await.id;
    let own = latchkey::store::people::user::identifiers(&mut app.app.db.read().await.unwrap(), &ada).await.unwrap();
    assert_eq!((app.rows("totp").await, own.len()), (1, 2));
}

#[tokio::test]
async fn f8_one_sheet_of_recovery_codes_is_one_factor() {
    let app = by_name(|_| {}).await;
    let (mut owner, _) = account(&app, "ada").await;
    let own = owner.set_up_authenticator().await;
    let codes = &own.recovery_codes;
    let bank = app.client(ClientKind::Web, |new| new.metadata.require_second_factor = true).await;
    let mut finder = stranger(&app, 1);
    let page = recover(&mut finder, "ada", &codes[0]).await;
    page.expect("second-factor").form().fill("recovery_code", &codes[1]).fill("trust", "yes").submit(&mut finder).await;
    // In, as somebody who has proven one factor, and nothing spares the others from now on.
    finder.get("/account").await.expect("account");
    assert_ne!(app.session_of("ada").await.acr, TWO_FACTORS);
    assert_eq!(app.rows("trusted_browser").await, 0);
    for path in ["/account/authenticator".to_owned(), bank.request().path()] {
        let mut finder = stranger(&app, 2);
        let form = finder.get(&path).await.expect("sign-in").form_to("/sign-in");
        let page = form.fill("identifier", "ada").fill("password", NEW_PASSWORD).submit(&mut finder).await;
        let page = page.expect("second-factor").form().fill("recovery_code", &codes[2]).submit(&mut finder).await;
        assert!(page.refused(400).text().contains("was set with a recovery code"), "{path}: {}", page.text());
    }
    let form = finder.get("/account/password").await.expect("password").form();
    let form = form.fill("current", NEW_PASSWORD).fill("password", "nine small herons wade");
    let page = form.fill("recovery_code", &codes[2]).submit(&mut finder).await;
    assert!(page.refused(400).text().contains("was set with a recovery code"), "{}", page.text());
    // The app is another factor; and beside a password that its owner has set, so is a code again.
    let (mut owner, page) = step_up(&app, NEW_PASSWORD).await;
    let page = page.expect("second-factor").form().fill("code", &own.code(&app)).submit(&mut owner).await;
    page.expect("authenticator");
    app.clock.advance(minutes(2));
    let form = owner.get("/account/password").await.form();
    let form = form.fill("current", NEW_PASSWORD).fill("password", "nine small herons wade");
    form.fill("code", &own.code(&app)).submit(&mut owner).await.reply.expect(200);
    let (mut owner, page) = step_up(&app, "nine small herons wade").await;
    let page = page.expect("second-factor").form().fill("recovery_code", &codes[2]).submit(&mut owner).await;
    page.expect("authenticator");
    assert_eq!(app.session_of("ada").await.acr, TWO_FACTORS);
}

/// The form that sets a password, behind a right code.
async fn proven(browser: &mut Browser, code: &str) -> Form {
    prove(browser, "ada", code).await.expect("recovery-code").form_to(RECOVERY)
}

#[tokio::test]
async fn a_recovery_that_is_sent_twice_signs_in_twice() {
    let app = by_name(|_| {}).await;
    let (_, codes) = account(&app, "ada").await;
    let mut owner = stranger(&app, 1);
    let form = proven(&mut owner, &codes[0]).await.fill("password", NEW_PASSWORD);
    for _ in 0..3 {
        form.submit(&mut owner).await.reply.expect(200);
        owner.get("/account").await.expect("account");
        app.clock.advance(seconds(9));
    }
    assert_eq!(app.rows("recovery_code WHERE used_at IS NULL").await, 9);
    app.clock.advance(seconds(30));
    form.submit(&mut owner).await.refused(400);
}

#[tokio::test]
async fn d3_a_recovery_is_not_done_again_after_a_sign_out() {
    let app = by_name(|_| {}).await;
    let (_, codes) = account(&app, "ada").await;
    let mut shared = stranger(&app, 1);
    let form = proven(&mut shared, &codes[0]).await;
    form.clone().fill("password", NEW_PASSWORD).submit(&mut shared).await.reply.expect(200);
    let home = shared.get("/").await;
    home.form_to("/end_session").fill("decision", "sign_out").submit(&mut shared).await;
    shared.get("/account").await.expect("sign-in");
    // Who comes next goes back, and sends the form with a password of their own.
    form.fill("password", "nine thieves grin back").submit(&mut shared).await.refused(400);
    shared.get("/account").await.expect("sign-in");
    type_password(&mut stranger(&app, 2), "ada", NEW_PASSWORD).await.reply.expect(200);
}

#[tokio::test]
async fn f8_a_recovery_that_is_sent_again_replaces_no_newer_password() {
    let app = by_name(|_| {}).await;
    let (_, codes) = account(&app, "ada").await;
    let mut owner = stranger(&app, 1);
    let form = proven(&mut owner, &codes[0]).await;
    form.clone().fill("password", NEW_PASSWORD).submit(&mut owner).await.reply.expect(200);
    let mut at_home = stranger(&app, 2);
    type_password(&mut at_home, "ada", NEW_PASSWORD).await.reply.expect(200);
    let page = at_home.get("/account/password").await.form();
    let page = page.fill("current", NEW_PASSWORD).fill("password", NEWER_PASSWORD);
    page.submit(&mut at_home).await.reply.expect(200);
    form.fill("password", "nine thieves grin back").submit(&mut owner).await.refused(400);
    at_home.get("/account").await.expect("account");
    type_password(&mut stranger(&app, 3), "ada", NEWER_PASSWORD).await.reply.expect(200);
}
