//! F8. A thief of the password who adds a factor does not shut the owner out, and a letter spares no factor that was there before.

use latchkey::account::{authenticator, passkeys};
use latchkey::config::SecondFactor;
use latchkey::oidc::client::metadata::ClientKind;
use latchkey::store::people::{passkey, user};

use crate::attacks::mail::forget;
use crate::harness::{Authenticator, Browser, PASSWORD, Page, Passkey, TestApp, link_in, minutes, sender};

pub(super) const NEW_PASSWORD: &str = "seven slow barges turn";
pub(super) const DAY: u64 = 24 * 60;

/// The link that comes by letter to who has forgotten the password.
pub(super) async fn link(app: &TestApp, browser: &mut Browser) -> String {
    forget(browser, "alice").await;
    let letters = app.letters_to("alice@example.com").await;
    link_in(letters.iter().rfind(|letter| letter.subject == "Set a new password").expect("a letter with a link"))
}

/// The values of the boxes that remove something.
pub(super) fn boxes(page: &Page) -> Vec<String> {
    let html = scraper::Html::parse_document(&page.reply.body);
    let boxes = scraper::Selector::parse("input[type=checkbox][name=remove]").unwrap();
    html.select(&boxes).map(|one| one.value().attr("value").unwrap().to_owned()).collect()
}

#[tokio::test]
async fn f8_an_app_that_a_thief_of_the_password_has_added_is_removed_by_the_owners_letter() {
    let app = TestApp::with_mail().await;
    let mut thief = app.browser().sign_in("alice").await;
    let authenticator = thief.set_up_authenticator().await;
    let told = app.letter_to("alice@example.com").await;
    assert!(told.text.contains("does not offer to remove what was added"), "{}", told.text);
    app.clock.advance(minutes(6 * DAY));
    let mut owner = app.browser();
    let link = link(&app, &mut owner).await;
    let page = owner.get(&link).await;
    assert_eq!(boxes(&page), ["app"]);
    assert!(page.text().contains("Authenticator app"), "{}", page.text());
    // A password that is not accepted removes nothing, and the box stays ticked.
    let page = page.form().fill("remove", "app").fill("password", "short").submit(&mut owner).await;
    page.refused(400);
    assert_eq!(app.rows("totp").await, 1);
    assert_eq!(page.form().get("remove"), Some("app"), "{}", page.reply.body);
    page.form().fill("password", NEW_PASSWORD).submit(&mut owner).await.reply.expect(200);
    // The owner is in, can change what protects the account, and nothing of the thief's is left.
    owner.get("/account/authenticator").await.expect("authenticator");
    assert_eq!((app.rows("totp").await, app.rows("recovery_code").await), (0, 0));
    let ended = thief.get("/account").await;
    assert!(ended.url.contains("/sign-in"), "{}", ended.url);
    let mut again = app.browser();
    let page = again.type_password("alice", NEW_PASSWORD).await;
    assert!(!page.reply.body.contains(&authenticator.recovery_codes[0]) && page.name() != "second-factor");
    assert!(app.events().await.contains(&"authenticator_removed".to_owned()));
    let told: Vec<_> = app.letters_to("alice@example.com").await.into_iter().map(|it| it.subject).collect();
    assert!(told.contains(&"An authenticator app was removed".to_owned()), "{told:?}");
}

#[tokio::test]
async fn f8_of_the_passkeys_of_these_days_the_owner_removes_the_thiefs_and_keeps_the_own() {
    let app = TestApp::with_mail().await;
    let mut owner = app.browser().sign_in("alice").await;
    let mut own = owner.add_passkey(Passkey::new(&app)).await;
    let mut thief = app.browser();
    thief.sign_in_by(&mut own).await.reply.expect(200);
    let mut thiefs = thief.add_passkey(Passkey::new(&app)).await;
    let mut owner = app.browser();
    let link = link(&app, &mut owner).await;
    let page = owner.get(&link).await;
    let [first, second] = boxes(&page).try_into().expect("two passkeys");
    assert_ne!(first, second);
    page.form().fill("remove", &second).fill("password", NEW_PASSWORD).submit(&mut owner).await.reply.expect(200);
    assert_eq!(app.rows("passkey").await, 1);
    app.browser().sign_in_by(&mut thiefs).await.refused(400);
    app.browser().sign_in_by(&mut own).await.reply.expect(200);
    let events = app.events().await;
    assert_eq!(events.iter().filter(|kind| *kind == "passkey_removed").count(), 1, "{events:?}");
}

/// Sends the form with every box that could be there, and tells whether the link alone has opened the account.
async fn opens(app: &TestApp, handles: &[String]) -> bool {
    let mut browser = app.browser();
    let link = link(app, &mut browser).await;
    let page = browser.get(&link).await;
    assert_eq!(boxes(&page), Vec::<String>::new());
    let mut fields = vec![("remove", "app"), ("password", NEW_PASSWORD)];
    fields.extend(handles.iter().map(|handle| ("remove", handle.as_str())));
    let form = page.form();
    for name in ["csrf", "token"] {
        fields.push((name, form.get(name).unwrap()));
    }
    browser.post("/set-password", &fields).await;
    browser.get("/account/authenticator").await.name() == "authenticator"
}

#[tokio::test]
async fn f8_a_letter_removes_no_factor_of_who_has_had_one_for_longer() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("alice").await;
    let mut old = browser.add_passkey(Passkey::new(&app)).await;
    app.clock.advance(minutes(7 * DAY + 1));
    let mut browser = app.browser();
    browser.sign_in_by(&mut old).await.reply.expect(200);
    browser.set_up_authenticator().await;
    let alice = app.user("alice").await;
    let own = passkey::of_user(&mut app.app.db.read().await.unwrap(), &alice.id).await.unwrap();
    let handles: Vec<_> = own.iter().map(|one| one.id.handle()).collect();
    assert!(!opens(&app, &handles).await);
    assert_eq!((app.rows("totp").await, app.rows("passkey").await), (1, 1));
}

#[tokio::test]
async fn f8_a_letter_removes_no_factor_that_is_a_week_old() {
    let app = TestApp::with_mail().await;
    app.browser().sign_in("alice").await.set_up_authenticator().await;
    app.clock.advance(minutes(7 * DAY + 1));
    assert!(!opens(&app, &[]).await);
    assert_eq!(app.rows("totp").await, 1);
}

#[tokio::test]
async fn f8_a_letter_removes_no_factor_of_who_needs_one() {
    let app = TestApp::with_second_factors().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let page = browser.type_password("alice", PASSWORD).await;
    let code = Authenticator::with_key(&page.expect("set-up").codes()[0]).code(&app);
    page.form().fill("code", &code).submit(&mut browser).await.reply.expect(200);
    assert!(!opens(&app, &[]).await);
    assert_eq!(app.rows("totp").await, 1);
}

#[tokio::test]
async fn who_has_lost_the_passkey_is_sent_to_a_letter_only_where_one_can_help() {
    let app = TestApp::with(|config| {
        config.mail.from = Some(sender());
        config.login.second_factor = SecondFactor::Administrators;
    })
    .await;
    let rp = app.client(ClientKind::Web, |client| client.metadata.require_second_factor = true).await;
    app.browser().sign_in("alice").await.add_passkey(Passkey::new(&app)).await;
    let asked = async || {
        let mut browser = app.browser();
        let page = browser.get(&rp.request().path()).await;
        let page = page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut browser).await;
        page.expect("second-factor").text()
    };
    let text = asked().await;
    assert!(text.contains("Set a new password by email") && text.contains("in the last 7 days"), "{text}");
    app.give_role("alice", "administrator").await;
    let text = asked().await;
    assert!(!text.contains("by email") && text.contains("I can’t use my passkey Ask"), "{text}");
}

#[tokio::test]
async fn f8_a_letter_spares_the_new_phone_of_who_had_a_factor_for_longer() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("alice").await;
    let old = browser.set_up_authenticator().await;
    app.clock.advance(minutes(7 * DAY + 1));
    let mut browser = app.browser().sign_in_with("alice", &old).await;
    // The owner replaces the app, with both factors proven.
    assert!(authenticator::remove(&app.app, &app.session_of("alice").await).await.unwrap());
    browser.set_up_authenticator().await;
    assert!(!opens(&app, &[]).await);
    assert_eq!(app.rows("totp").await, 1);
}

#[tokio::test]
async fn f8_a_letter_spares_a_passkey_that_came_from_another_system() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.add_passkey(Passkey::new(&app)).await;
    let alice = app.person("alice").await;
    let own = passkey::of_user(&mut app.app.db.read().await.unwrap(), &alice.id).await.unwrap();
    // The same, as if another system had known it for years.
    let moved = passkey::Passkey { id: app.app.id(), credential_id: "AQIDBA".to_owned(), ..own[0].clone() };
    passkeys::remove_of(&app.app, &alice.id, &own[0].id).await.unwrap();
    assert_eq!(passkeys::import(&app.app, moved, None, false).await.unwrap(), passkeys::Imported::Done);
    let own = passkey::of_user(&mut app.app.db.read().await.unwrap(), &alice.id).await.unwrap();
    let handles: Vec<_> = own.iter().map(|one| one.id.handle()).collect();
    opens(&app, &handles).await;
    assert_eq!(app.rows("passkey").await, 1);
}

/// A client that requires a second factor.
async fn bank(app: &TestApp, first_party: bool) -> crate::harness::RelyingParty {
    app.client(ClientKind::Web, |new| {
        new.metadata.require_second_factor = true;
        new.first_party = first_party;
    })
    .await
}

#[tokio::test]
async fn f8_a_letter_removes_no_factor_of_who_needs_one_at_a_client() {
    for first_party in [false, true] {
        let app = TestApp::with_mail().await;
        app.user("alice").await;
        let bank = bank(&app, first_party).await;
        let mut owner = app.browser();
        let page = owner.get(&bank.request().path()).await;
        let form = page.expect("sign-in").form().fill("identifier", "alice").fill("password", PASSWORD);
        let page = form.submit(&mut owner).await;
        let code = Authenticator::with_key(&page.expect("set-up").codes()[0]).code(&app);
        let page = page.form().fill("code", &code).submit(&mut owner).await;
        let page = owner.get(&page.link("I have kept them")).await;
        owner.go_on(page).await.code();
        // What the client got is over, and its rows are gone, as after some days.
        if first_party {
            app.sql("DELETE FROM client_grant").await;
        }
        assert!(!opens(&app, &[]).await);
        assert_eq!(app.rows("totp").await, 1);
    }
}

#[tokio::test]
async fn f8_a_letter_removes_no_factor_that_its_owner_uses_at_a_client_that_requires_one() {
    for first_party in [false, true] {
        let app = TestApp::with_mail().await;
        let bank = bank(&app, first_party).await;
        let mut owner = app.browser().sign_in("alice").await;
        owner.set_up_authenticator().await;
        owner.go_through(&bank.request()).await.code();
        // As some days later.
        app.sql("DELETE FROM client_grant").await;
        assert!(!opens(&app, &[]).await);
        assert_eq!(app.rows("totp").await, 1);
    }
    // Nor of who has allowed it something before it required one.
    let app = TestApp::with_mail().await;
    let rp = app.relying_party().await;
    let mut owner = app.browser().sign_in("alice").await;
    owner.go_through(&rp.request()).await.code();
    owner.set_up_authenticator().await;
    app.sql("UPDATE client SET metadata = REPLACE(metadata, '\"require_second_factor\":false', '\"require_second_factor\":true')").await;
    assert!(!opens(&app, &[]).await);
    assert_eq!(app.rows("totp").await, 1);
}

#[tokio::test]
async fn a_code_for_a_client_that_requires_two_factors_changes_the_user_only_if_a_factor_is_new() {
    let app = TestApp::with_mail().await;
    let bank = bank(&app, true).await;
    let mut owner = app.browser().sign_in("alice").await;
    owner.set_up_authenticator().await;
    let until = async || {
        let mut conn = app.app.db.read().await.unwrap();
        let known = user::protection(&mut conn, &app.person("alice").await.id).await.unwrap();
        known.expect("a factor that is remembered").until
    };
    owner.go_through(&bank.request()).await.code();
    let first = until().await;
    app.clock.advance(minutes(1));
    owner.go_through(&bank.request()).await.code();
    assert_eq!(until().await, first, "nothing is written again");
    owner.add_passkey(Passkey::new(&app)).await;
    app.clock.advance(minutes(1));
    // As if nothing vouched for it.
    app.sql("UPDATE passkey SET since = NULL").await;
    owner.go_through(&bank.request()).await.code();
    assert!(until().await > first, "the passkey is one of those that no letter removes");
    assert!(!opens(&app, &[]).await);
}

#[tokio::test]
async fn f8_a_letter_removes_an_app_that_a_thief_set_up_for_a_request_that_asks_for_two_factors() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let rp = app.relying_party().await;
    let mut thief = app.browser();
    let page = thief.get(&rp.request().set("acr_values", "urn:latchkey:acr:2fa").path()).await;
    let form = page.expect("sign-in").form().fill("identifier", "alice").fill("password", PASSWORD);
    let page = form.submit(&mut thief).await;
    let code = Authenticator::with_key(&page.expect("set-up").codes()[0]).code(&app);
    page.form().fill("code", &code).submit(&mut thief).await.reply.expect(200);
    let mut owner = app.browser();
    let link = link(&app, &mut owner).await;
    let page = owner.get(&link).await;
    assert_eq!(boxes(&page), ["app"]);
    page.form().fill("remove", "app").fill("password", NEW_PASSWORD).submit(&mut owner).await.reply.expect(200);
    assert_eq!(app.rows("totp").await, 0);
}
