//! F4, F8. A thief of the password who changes the address does not shut the owner out: the mailbox of the old address takes the
//! change back. It opens no account that a second factor protects.

use latchkey::account::{authenticator, delete, edit, password_link, users};
use latchkey::login::identifier;
use latchkey::oidc::client::metadata::ClientKind;
use latchkey::server::jobs;

use super::mail::{ask_to_sign_in, forget, type_code};
use super::mailbox_owners::change_address;
use super::recent_factors::boxes;
use crate::harness::{Authenticator, Browser, PASSWORD, Page, Passkey, TestApp, code_in, link_in, minutes};
use crate::journeys::username_alone::recover;

const NEW_PASSWORD: &str = "seven slow barges turn";
const DAY: u64 = 24 * 60;
const OLD: &str = "alice@example.com";
const THIEFS: &str = "alice@thief.example";

/// The newest letter to an address that tells of a change of the address.
async fn told(app: &TestApp, address: &str) -> latchkey::mail::message::Message {
    let letters = app.letters_to(address).await;
    letters.into_iter().rfind(|it| it.subject == "Your email address was changed").expect("a letter of the change")
}

/// The link by which an old address takes the change back.
async fn way_back(app: &TestApp, address: &str) -> String {
    link_in(&told(app, address).await)
}

/// Whether a letter has a link that opens something.
async fn has_way_back(app: &TestApp, address: &str) -> bool {
    told(app, address).await.text.contains("/set-password?token=")
}

/// Sends the form behind a link.
async fn use_link(browser: &mut Browser, link: &str) -> Page {
    let page = browser.get(link).await;
    page.expect("set-password").form().fill("password", NEW_PASSWORD).submit(browser).await
}

/// A browser in which somebody with the password has made another address that of Alice's account.
async fn robbed(app: &TestApp) -> Browser {
    let mut thief = app.browser().sign_in("alice").await;
    change_address(app, &mut thief, THIEFS).await;
    thief
}

/// The addresses of a user, and whether they are proven.
async fn addresses(app: &TestApp, name: &str) -> Vec<(String, bool)> {
    let user = app.person(name).await.id;
    let own = latchkey::store::people::user::identifiers(&mut app.app.db.read().await.unwrap(), &user).await.unwrap();
    let own = own.into_iter().filter(|it| it.is_email());
    own.map(|it| (it.as_written, it.verified_at.is_some())).collect()
}

#[tokio::test]
async fn f8_a_thief_who_changes_the_address_is_shut_out_by_the_letter_to_the_old_one() {
    let app = TestApp::with_mail().await;
    app.browser().sign_in("alice").await;
    let rp = app.relying_party().await;
    let tokens = rp.tokens_of("alice").await;
    let mut thief = app.browser().sign_in("alice").await;
    thief.set_up_authenticator().await;
    change_address(&app, &mut thief, THIEFS).await;
    let mut another = app.browser();
    let waits = ask_to_sign_in(&mut another, THIEFS).await;
    let code = code_in(app.letters_to(THIEFS).await.iter().rfind(|it| it.subject == "Your code to sign in").unwrap());
    assert!(told(&app, OLD).await.text.contains("within 7 days"), "{}", told(&app, OLD).await.text);
    // Whoever looks into mails, or asks for the head alone, uses nothing up.
    let (link, mut owner) = (way_back(&app, OLD).await, app.browser());
    owner.get(&link).await.expect("set-password");
    let head = http::Request::head(app.path(&link)).body(axum::body::Body::empty()).unwrap();
    app.send(head).await.expect(200);
    app.clock.advance(minutes(6 * DAY));
    let page = owner.get(&link).await;
    for words in [OLD, THIEFS, "signs out all devices", "close this page"] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    assert_eq!(boxes(&page), ["app"], "the thief's");
    page.form().fill("remove", "app").fill("password", "short").submit(&mut owner).await.refused(400);
    assert_eq!(addresses(&app, "alice").await, [(THIEFS.to_owned(), true)], "nothing has happened yet");
    let done = page.form().fill("remove", "app").fill("password", NEW_PASSWORD).submit(&mut owner).await;
    done.reply.expect(200);
    owner.get("/account/authenticator").await.expect("authenticator");
    assert_eq!((addresses(&app, "alice").await, app.rows("totp").await), (vec![(OLD.to_owned(), true)], 0));
    owner.get(&link).await.refused(410);
    // Nothing is left to the thief: no session, no grant, no letter, no address.
    assert!(thief.get("/account").await.url.contains("/sign-in"));
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
    assert_eq!(type_code(&mut another, &waits, &code).await.reply.status, 400);
    let letters = app.letters_to(THIEFS).await.len();
    forget(&mut app.browser(), THIEFS).await.reply.expect(200);
    let told = app.letters_to(THIEFS).await;
    assert_eq!(told.len(), letters, "a link to set a password");
    let undone = told.iter().find(|it| it.subject == "The change of your email address was undone").expect("a notice");
    assert!(undone.text.contains(OLD) && !undone.text.contains("token="), "{}", undone.text);
    let events = app.events().await;
    assert!(events.contains(&"address_taken_back".to_owned()), "{events:?}");
    assert!(owner.get("/account/activity").await.text().contains("Your old email address was put back"));
}

#[tokio::test]
async fn f8_nothing_that_the_thief_does_next_ends_the_way_back() {
    let app = TestApp::with_mail().await;
    let mut thief = robbed(&app).await;
    let link = way_back(&app, OLD).await;
    // Another address, another password, a link to set one, and the deletion of the account.
    change_address(&app, &mut thief, "alice@lair.example").await;
    let thiefs_link = way_back(&app, THIEFS).await;
    let page = thief.get("/account/password").await;
    let form = page.form_to("/account/password").fill("current", PASSWORD).fill("password", "nine grey herons wade");
    form.submit(&mut thief).await.reply.expect(200);
    forget(&mut app.browser(), "alice@lair.example").await;
    let letters = app.letters_to("alice@lair.example").await;
    let reset = link_in(letters.iter().rfind(|it| it.subject == "Set a new password").expect("a link"));
    use_link(&mut thief, &reset).await.reply.expect(200);
    let page = thief.get("/account/data").await;
    page.form().fill("delete", "yes").fill("sure", "yes").submit(&mut thief).await;
    assert_eq!(app.rows("account_deletion").await, 1);
    let mut owner = app.browser();
    use_link(&mut owner, &link).await.reply.expect(200);
    owner.get("/account").await.expect("account");
    assert_eq!(addresses(&app, "alice").await, [(OLD.to_owned(), true)]);
    assert_eq!(app.rows("account_deletion").await, 0, "the owner has signed in");
    // The thief's mailbox cannot take back what has been taken back.
    thief.get(&thiefs_link).await.refused(410);
    let mut again = app.browser();
    again.type_password(OLD, NEW_PASSWORD).await.reply.expect(200);
    again.get("/account").await.expect("account");
}

#[tokio::test]
async fn f8_the_way_back_ends_after_a_week_and_works_once() {
    let app = TestApp::with_mail().await;
    robbed(&app).await;
    let link = way_back(&app, OLD).await;
    app.clock.advance(minutes(7 * DAY + 1));
    app.browser().get(&link).await.refused(410);
    assert_eq!(addresses(&app, "alice").await, [(THIEFS.to_owned(), true)]);
    let app = TestApp::with_mail().await;
    robbed(&app).await;
    let link = way_back(&app, OLD).await;
    let mut browsers = [app.browser(), app.browser()];
    let [first, second] = &mut browsers;
    let (one, other) = (first.get(&link).await, second.get(&link).await);
    let fill = |page: &Page| page.form().fill("password", NEW_PASSWORD);
    let (one, other) = (fill(&one), fill(&other));
    let (one, other) = tokio::join!(one.submit(first), other.submit(second));
    let mut statuses = [one.reply.status.as_u16(), other.reply.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 410]);
}

#[tokio::test]
async fn f8_an_old_mailbox_has_no_way_back_into_an_account_with_an_older_factor() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("alice").await;
    let mut passkey = browser.add_passkey(Passkey::new(&app)).await;
    app.clock.advance(minutes(7 * DAY + 1));
    let mut browser = app.browser();
    browser.sign_in_by(&mut passkey).await.reply.expect(200);
    assert!(!browser.get("/account/email").await.text().contains("can undo the change"));
    change_address(&app, &mut browser, "alice@new.example").await;
    assert!(!has_way_back(&app, OLD).await, "{}", told(&app, OLD).await.text);
    assert!(told(&app, OLD).await.text.contains("for help at once"));
    assert_eq!(app.rows("one_time_link").await, 0);
}

#[tokio::test]
async fn f8_an_old_mailbox_has_no_way_back_after_the_phone_was_replaced() {
    let app = TestApp::with_mail().await;
    let first = app.browser().sign_in("alice").await.set_up_authenticator().await;
    app.clock.advance(minutes(8 * DAY));
    let mut browser = app.browser().sign_in_with("alice", &first).await;
    browser.remove_authenticator().await;
    let second = browser.set_up_authenticator().await;
    // In another session, days later: the new one is as old as the one that has vouched for it.
    app.clock.advance(minutes(2 * DAY));
    let mut browser = app.browser().sign_in_with("alice", &second).await;
    let mut passkey = browser.add_passkey(Passkey::new(&app)).await;
    app.clock.advance(minutes(1));
    let mut browser = app.browser();
    browser.sign_in_by(&mut passkey).await.reply.expect(200);
    // The passkey is alone, and of today.
    browser.remove_authenticator().await;
    assert!(!browser.get("/account/email").await.text().contains("can undo the change"));
    change_address(&app, &mut browser, "alice@new.example").await;
    assert!(!has_way_back(&app, OLD).await, "{}", told(&app, OLD).await.text);
}

#[tokio::test]
async fn f8_an_app_of_a_thief_is_vouched_for_by_no_app_that_the_owner_has_just_removed() {
    let app = TestApp::with_mail().await;
    let first = app.browser().sign_in("alice").await.set_up_authenticator().await;
    app.clock.advance(minutes(8 * DAY));
    let mut owner = app.browser().sign_in_with("alice", &first).await;
    owner.remove_authenticator().await;
    let mut thief = app.browser().sign_in("alice").await;
    thief.set_up_authenticator().await;
    thief.add_passkey(Passkey::new(&app)).await;
    change_address(&app, &mut thief, THIEFS).await;
    use_link(&mut app.browser(), &way_back(&app, OLD).await).await.reply.expect(200);
    assert_eq!(addresses(&app, "alice").await, [(OLD.to_owned(), true)]);
}

#[tokio::test]
async fn f8_what_an_owner_has_removed_vouches_for_nobody_who_proves_the_password_alone_in_that_session_afterwards() {
    let app = TestApp::with_mail().await;
    let first = app.browser().sign_in("alice").await.set_up_authenticator().await;
    app.clock.advance(minutes(8 * DAY));
    let mut left_open = app.browser().sign_in_with("alice", &first).await;
    left_open.remove_authenticator().await;
    // Somebody else at the same browser, who knows the password.
    app.clock.advance(minutes(10));
    let asked = left_open.get("/account/authenticator").await;
    asked.expect("sign-in").form().fill("password", PASSWORD).submit(&mut left_open).await.expect("authenticator");
    left_open.set_up_authenticator().await;
    left_open.add_passkey(Passkey::new(&app)).await;
    change_address(&app, &mut left_open, THIEFS).await;
    assert!(has_way_back(&app, OLD).await, "{}", told(&app, OLD).await.text);
}

#[tokio::test]
async fn f8_a_factor_that_a_thief_removes_and_adds_again_is_no_older() {
    for is_strict in [false, true] {
        let app = TestApp::with_mail().await;
        let mut thief = if is_strict {
            // On the way to a client that requires two factors, which makes what is set up there an old one for letters.
            let bank = app.client(ClientKind::Web, |new| new.metadata.require_second_factor = true).await;
            app.user("alice").await;
            let mut thief = app.browser();
            let form = thief.get(&bank.request().path()).await.form_to("/sign-in");
            let page = form.fill("identifier", "alice").fill("password", PASSWORD).submit(&mut thief).await;
            let code = Authenticator::with_key(&page.codes()[0]).code(&app);
            page.form().fill("code", &code).submit(&mut thief).await.reply.expect(200);
            thief
        } else {
            // The owner has removed an app of a week today.
            let first = app.browser().sign_in("alice").await.set_up_authenticator().await;
            app.clock.advance(minutes(8 * DAY));
            app.browser().sign_in_with("alice", &first).await;
            assert!(authenticator::remove(&app.app, &app.session_of("alice").await).await.unwrap());
            let mut thief = app.browser().sign_in("alice").await;
            thief.set_up_authenticator().await;
            thief
        };
        assert_eq!(app.rows("totp").await, 1);
        thief.remove_authenticator().await;
        thief.set_up_authenticator().await;
        change_address(&app, &mut thief, THIEFS).await;
        assert!(has_way_back(&app, OLD).await, "{is_strict}: {}", told(&app, OLD).await.text);
    }
}

/// Whether the page of recovery codes makes any for this browser.
async fn makes_codes(browser: &mut Browser) -> bool {
    let page = browser.get("/account/recovery-codes").await;
    !page.expect("recovery-codes").forms_to("/account/recovery-codes").is_empty()
}

#[tokio::test]
async fn f8_a_changed_address_gives_recovery_codes_no_power_over_the_password() {
    let app = TestApp::with_mail().await;
    let mut owner = app.browser().sign_in("alice").await;
    assert!(!makes_codes(&mut owner).await, "a letter sets the password");
    change_address(&app, &mut owner, "alice@new.example").await;
    assert!(!makes_codes(&mut owner).await, "and still does");
    // A thief of the password changes the address; its owner takes that back.
    let mut thief = app.browser();
    thief.type_password("alice@new.example", PASSWORD).await.reply.expect(200);
    change_address(&app, &mut thief, THIEFS).await;
    assert!(!makes_codes(&mut thief).await, "nor does the thief get any");
    let back = way_back(&app, "alice@new.example").await;
    use_link(&mut app.browser(), &back).await.reply.expect(200);
    let mut owner = app.browser();
    owner.type_password("alice@new.example", NEW_PASSWORD).await.reply.expect(200);
    assert!(!makes_codes(&mut owner).await, "nor has the way back made the address a new one");
}

#[tokio::test]
async fn f8_codes_of_a_thief_do_not_outlive_the_way_back() {
    let app = TestApp::with_mail().await;
    app.browser().sign_in("alice").await;
    let mut thief = app.browser().sign_in("alice").await;
    let codes = thief.set_up_authenticator().await.recovery_codes;
    change_address(&app, &mut thief, THIEFS).await;
    let mut owner = app.browser();
    let page = owner.get(&way_back(&app, OLD).await).await;
    page.form().fill("remove", "app").fill("password", NEW_PASSWORD).submit(&mut owner).await.reply.expect(200);
    assert_eq!((app.rows("totp").await, app.rows("recovery_code").await), (0, 0));
    recover(&mut app.browser(), OLD, &codes[0]).await.refused(400);
}

#[tokio::test]
async fn f8_the_codes_beside_an_app_set_no_password_after_a_change_of_the_address() {
    let app = TestApp::with_mail().await;
    let own = app.browser().sign_in("alice").await.set_up_authenticator().await;
    app.clock.advance(minutes(8 * DAY));
    recover(&mut app.browser(), "alice", &own.recovery_codes[0]).await.refused(400);
    let mut owner = app.browser().sign_in_with("alice", &own).await;
    change_address(&app, &mut owner, "alice@new.example").await;
    recover(&mut app.browser(), "alice@new.example", &own.recovery_codes[0]).await.refused(400);
}

#[tokio::test]
async fn f8_an_operator_who_replaces_an_address_gives_recovery_codes_no_power() {
    let app = TestApp::with_mail().await;
    let mut owner = app.browser().sign_in("alice").await;
    let user = app.person("alice").await.id;
    let address = identifier::parse_email("alice@new.example", Some(app.app.now())).unwrap();
    edit::add_identifiers(&app.app, &user, vec![address]).await.unwrap().unwrap();
    edit::remove_identifier(&app.app, &user, OLD).await.unwrap().unwrap();
    assert!(!makes_codes(&mut owner).await);
}

#[tokio::test]
async fn f8_a_way_back_removes_no_factor_that_a_reset_does_not_remove() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("bob").await;
    assert!(browser.get("/account/email").await.text().contains("can undo the change"));
    change_address(&app, &mut browser, "bob@new.example").await;
    let link = way_back(&app, "bob@example.com").await;
    browser.set_up_authenticator().await;
    app.sql("UPDATE user_account SET protected_since = 1, protected_until = 9000000000000000").await;
    let mut stranger = app.browser();
    let page = stranger.get(&link).await;
    assert_eq!(boxes(&page), Vec::<String>::new());
    let form = page.form();
    let fields = [
        ("csrf", form.get("csrf").unwrap()),
        ("token", form.get("token").unwrap()),
        ("password", NEW_PASSWORD),
        ("remove", "app"),
    ];
    stranger.post("/set-password", &fields).await.expect("second-factor");
    assert_eq!((stranger.get("/account").await.name(), app.rows("totp").await), ("sign-in".to_owned(), 1));
}

#[tokio::test]
async fn f8_an_operator_who_decides_whose_the_account_is_ends_the_way_back() {
    for what in ["a link", "a password", "disabled and enabled"] {
        let app = TestApp::with_mail().await;
        robbed(&app).await;
        let (link, id) = (way_back(&app, OLD).await, app.person("alice").await.id);
        match what {
            "a link" => drop(password_link::make(&app.app, &id, minutes(60)).await.unwrap()),
            "a password" => latchkey::account::password::set(&app.app, &id, &NEW_PASSWORD.into()).await.unwrap(),
            _ => {
                delete::disable(&app.app, &id, true).await.unwrap();
                app.browser().get(&link).await.refused(410);
                users::enable(&app.app, &id).await.unwrap();
            }
        }
        app.browser().get(&link).await.refused(410);
    }
}

#[tokio::test]
async fn f8_an_address_that_somebody_else_has_by_now_is_not_put_back_until_it_is_free() {
    let app = TestApp::with_mail().await;
    robbed(&app).await;
    let (link, mut owner) = (way_back(&app, OLD).await, app.browser());
    let page = owner.get(&link).await;
    let bob = app.user("bob").await;
    let another = identifier::parse_email(OLD, Some(app.app.now())).unwrap();
    edit::add_identifiers(&app.app, &bob.id, vec![another]).await.unwrap().unwrap();
    let refused = page.form().fill("password", NEW_PASSWORD).submit(&mut owner).await;
    refused.refused(409);
    assert!(refused.text().contains("nothing was changed"), "{}", refused.text());
    owner.get(&link).await.refused(409);
    assert_eq!(addresses(&app, "alice").await, [(THIEFS.to_owned(), true)]);
    edit::remove_identifier(&app.app, &bob.id, OLD).await.unwrap().unwrap();
    use_link(&mut owner, &link).await.reply.expect(200);
    assert_eq!(addresses(&app, "alice").await, [(OLD.to_owned(), true)]);
}

#[tokio::test]
async fn a_way_back_leads_to_its_own_address_whatever_came_after_it() {
    let app = TestApp::with_mail().await;
    let mut alice = app.browser().sign_in("alice").await;
    let mut links = Vec::new();
    let mut present = OLD;
    for next in ["alice@one.example", "alice@two.example", "alice@three.example"] {
        change_address(&app, &mut alice, next).await;
        links.push(way_back(&app, present).await);
        present = next;
    }
    let mut browser = app.browser();
    use_link(&mut browser, &links[1]).await.reply.expect(200);
    assert_eq!(addresses(&app, "alice").await, [("alice@one.example".to_owned(), true)]);
    browser.get(&links[2]).await.refused(410);
    assert_eq!(app.rows("one_time_link WHERE used_at IS NULL").await, 1, "that of the first address");
    use_link(&mut browser, &links[0]).await.reply.expect(200);
    assert_eq!(addresses(&app, "alice").await, [(OLD.to_owned(), true)]);
    assert_eq!(app.rows("address_change").await, 0);
}

#[tokio::test]
async fn f8_who_changes_the_address_back_by_hand_gives_the_thief_no_link() {
    let app = TestApp::with_mail().await;
    robbed(&app).await;
    let link = way_back(&app, OLD).await;
    app.clock.advance(minutes(3 * DAY));
    let mut owner = app.browser().sign_in("alice").await;
    let page = owner.get("/account/email").await;
    assert!(page.text().contains("unless you go back to an address that you had before"), "{}", page.text());
    change_address(&app, &mut owner, OLD).await;
    assert!(!has_way_back(&app, THIEFS).await, "{}", told(&app, THIEFS).await.text);
    assert!(told(&app, THIEFS).await.text.contains("for help at once"));
    // The owner's own link is over before one of the thief's mailbox would be.
    app.clock.advance(minutes(4 * DAY + 1));
    app.browser().get(&link).await.refused(410);
    assert_eq!((app.rows("one_time_link").await, app.rows("address_change").await), (1, 2), "none but the owner's");
    assert_eq!(addresses(&app, "alice").await, [(OLD.to_owned(), true)]);
}

#[tokio::test]
async fn f8_an_address_that_comes_back_ends_the_links_of_those_in_between_and_keeps_its_own() {
    let app = TestApp::with_mail().await;
    let mut thief = robbed(&app).await;
    let first = way_back(&app, OLD).await;
    change_address(&app, &mut thief, "alice@lair.example").await;
    let thiefs = way_back(&app, THIEFS).await;
    let mut owner = app.browser().sign_in("alice").await;
    change_address(&app, &mut owner, OLD).await;
    assert!(!has_way_back(&app, "alice@lair.example").await);
    thief.get(&thiefs).await.refused(410);
    let page = owner.get(&first).await;
    assert!(page.expect("set-password").text().contains(OLD), "{}", page.text());
    assert!(!page.text().contains("are removed"), "nothing is there that goes: {}", page.text());
    // The next thief's change has a link of its own, and the first one takes back all.
    change_address(&app, &mut thief, "alice@three.example").await;
    let last = way_back(&app, OLD).await;
    use_link(&mut owner, &last).await.reply.expect(200);
    assert_eq!(addresses(&app, "alice").await, [(OLD.to_owned(), true)]);
    assert_eq!(app.rows("address_change").await, 3, "those by which the address became what it is");
    use_link(&mut app.browser(), &first).await.reply.expect(200);
    assert_eq!(addresses(&app, "alice").await, [(OLD.to_owned(), true)]);
    assert_eq!(app.rows("address_change").await, 0);
}

/// A second proven address of Alice's account.
const SECOND: &str = "alice@second.example";

/// Gives Alice that address.
async fn add_second(app: &TestApp) {
    let alice = app.user("alice").await;
    let second = identifier::parse_email(SECOND, Some(app.app.now())).unwrap();
    edit::add_identifiers(&app.app, &alice.id, vec![second]).await.unwrap().unwrap();
}

/// Her addresses, in the order of the alphabet.
async fn sorted(app: &TestApp) -> Vec<(String, bool)> {
    let mut own = addresses(app, "alice").await;
    own.sort();
    own
}

#[tokio::test]
async fn f8_a_way_back_leaves_no_address_of_the_same_thief() {
    let app = TestApp::with_mail().await;
    add_second(&app).await;
    let mut thief = robbed(&app).await;
    change_address(&app, &mut thief, "alice@lair.example").await;
    let (first, link) = (way_back(&app, OLD).await, way_back(&app, SECOND).await);
    let lost = [("alice@lair.example".to_owned(), true), (THIEFS.to_owned(), true)];
    assert_eq!(sorted(&app).await, lost);
    let mut owner = app.browser();
    let page = owner.get(&link).await;
    for goes in ["are removed", THIEFS, "alice@lair.example"] {
        assert!(page.text().contains(goes), "{goes}: {}", page.text());
    }
    use_link(&mut owner, &link).await.reply.expect(200);
    assert_eq!(sorted(&app).await, [(OLD.to_owned(), true), (SECOND.to_owned(), true)]);
    owner.get(&first).await.refused(410);
    assert_eq!(app.rows("address_change").await, 0);
}

#[tokio::test]
async fn a_way_back_leaves_an_address_that_was_the_persons_before_the_change() {
    let app = TestApp::with_mail().await;
    add_second(&app).await;
    let mut alice = app.browser().sign_in("alice").await;
    change_address(&app, &mut alice, SECOND).await;
    assert_eq!(sorted(&app).await, [(SECOND.to_owned(), true)]);
    let (link, mut browser) = (way_back(&app, OLD).await, app.browser());
    let page = browser.get(&link).await;
    assert!(!page.text().contains("are removed"), "{}", page.text());
    use_link(&mut browser, &link).await.reply.expect(200);
    assert_eq!(sorted(&app).await, [(OLD.to_owned(), true), (SECOND.to_owned(), true)]);
}

#[tokio::test]
async fn f8_an_address_that_nobody_has_proven_has_no_way_back_and_the_page_promises_none() {
    let app = TestApp::with_mail().await;
    let alice = app.user("alice").await;
    edit::remove_identifier(&app.app, &alice.id, OLD).await.unwrap().unwrap();
    let unproven = identifier::parse_email(SECOND, None).unwrap();
    edit::add_identifiers(&app.app, &alice.id, vec![unproven]).await.unwrap().unwrap();
    let mut browser = app.browser().sign_in("alice").await;
    assert!(!browser.get("/account/email").await.text().contains("can undo the change"));
    change_address(&app, &mut browser, THIEFS).await;
    assert_eq!(app.rows("one_time_link").await, 0);
    assert!(browser.get("/account/email").await.text().contains("can undo the change"));
    change_address(&app, &mut browser, SECOND).await;
    assert!(!has_way_back(&app, THIEFS).await, "who goes back undoes the change by hand");
    assert_eq!(app.rows("one_time_link").await, 0);
}

#[tokio::test]
async fn f8_the_letter_with_the_way_back_has_the_word_and_the_language_of_before() {
    let app = TestApp::with_mail().await;
    let mut owner = app.browser().sign_in("alice").await;
    let page = owner.get("/account").await;
    page.form_to("/account").fill("mail_word", "blue heron").submit(&mut owner).await.reply.expect(200);
    let mut thief = robbed(&app).await;
    let form = thief.get("/account").await.form_to("/account").fill("mail_word", "grey wolf").fill("locale", "ru");
    form.submit(&mut thief).await.reply.expect(200);
    assert_eq!(app.person("alice").await.profile["locale"], "ru", "before the letter is sent");
    let letter = told(&app, OLD).await;
    assert!(letter.text.contains("Your word: blue heron") && letter.html.contains("blue heron"), "{}", letter.text);
    assert!(letter.text.contains("/set-password?token="), "{}", letter.text);
    let thiefs = app.letters_to(THIEFS).await;
    assert!(thiefs.iter().all(|it| !it.text.contains("blue heron") && !it.html.contains("blue heron")));
}

#[tokio::test]
async fn f8_a_thief_who_changes_the_word_first_cannot_make_the_letter_with_the_way_back_look_forged() {
    let app = TestApp::with_mail().await;
    let mut owner = app.browser().sign_in("alice").await;
    let page = owner.get("/account").await;
    page.form_to("/account").fill("mail_word", "blue heron").submit(&mut owner).await.reply.expect(200);
    app.clock.advance(minutes(8 * DAY));
    let mut thief = app.browser().sign_in("alice").await;
    // Twice: what was there before the first change counts.
    for (word, locale) in [("grey wolf", "ru"), ("lean fox", "ar")] {
        let form = thief.get("/account").await.form_to("/account").fill("mail_word", word).fill("locale", locale);
        form.submit(&mut thief).await.reply.expect(200);
    }
    change_address(&app, &mut thief, THIEFS).await;
    let letter = told(&app, OLD).await;
    assert!(letter.text.contains("Your word: blue heron"), "{}", letter.text);
    use_link(&mut app.browser(), &way_back(&app, OLD).await).await.reply.expect(200);
    assert_eq!(app.person("alice").await.profile["locale"], "en", "with the address the language comes back");
    let mut owner = app.browser();
    owner.type_password(OLD, NEW_PASSWORD).await.reply.expect(200);
    assert!(owner.get("/account").await.reply.body.contains("value=\"blue heron\""), "and the word");
}

#[tokio::test]
async fn f8_a_word_that_was_changed_a_week_ago_is_the_owners() {
    let app = TestApp::with_mail().await;
    let mut owner = app.browser().sign_in("alice").await;
    for word in ["blue heron", "green finch"] {
        let form = owner.get("/account").await.form_to("/account").fill("mail_word", word);
        form.submit(&mut owner).await.reply.expect(200);
    }
    app.clock.advance(minutes(7 * DAY + 1));
    change_address(&app, &mut app.browser().sign_in("alice").await, THIEFS).await;
    assert!(told(&app, OLD).await.text.contains("Your word: green finch"), "{}", told(&app, OLD).await.text);
}

/// Chooses a word and a language for letters.
async fn choose(browser: &mut Browser, word: &str, locale: &str) {
    let form = browser.get("/account").await.form_to("/account").fill("mail_word", word).fill("locale", locale);
    form.submit(browser).await.reply.expect(200);
}

#[tokio::test]
async fn f8_the_word_and_the_language_come_back_for_as_long_as_the_address_does() {
    let app = TestApp::with_mail().await;
    choose(&mut app.browser().sign_in("alice").await, "blue heron", "en").await;
    app.clock.advance(minutes(8 * DAY));
    choose(&mut app.browser().sign_in("alice").await, "grey wolf", "ru").await;
    app.clock.advance(minutes(3 * DAY));
    robbed(&app).await;
    let link = way_back(&app, OLD).await;
    app.clock.advance(minutes(5 * DAY));
    use_link(&mut app.browser(), &link).await.reply.expect(200);
    assert_eq!(app.person("alice").await.profile["locale"], "en");
    let mut owner = app.browser();
    owner.type_password(OLD, NEW_PASSWORD).await.reply.expect(200);
    assert!(owner.get("/account").await.reply.body.contains("value=\"blue heron\""));
}

#[tokio::test]
async fn f8_a_thief_who_waits_until_a_change_by_the_owner_is_a_week_old_has_no_letter_of_their_own() {
    let app = TestApp::with_mail().await;
    choose(&mut app.browser().sign_in("alice").await, "blue heron", "en").await;
    choose(&mut app.browser().sign_in("alice").await, "green finch", "en").await;
    app.clock.advance(minutes(7 * DAY - 60));
    choose(&mut app.browser().sign_in("alice").await, "grey wolf", "ru").await;
    app.clock.advance(minutes(120));
    robbed(&app).await;
    let letter = told(&app, OLD).await;
    assert!(letter.text.contains("Your word: blue heron"), "{}", letter.text);
}

#[tokio::test]
async fn f8_a_first_word_is_the_owners_also_after_a_change_of_the_language() {
    let app = TestApp::with_mail().await;
    let mut owner = app.browser().sign_in("alice").await;
    let page = owner.get("/account").await;
    page.form_to("/account").fill("locale", "ru").submit(&mut owner).await.reply.expect(200);
    choose(&mut owner, "blue heron", "en").await;
    choose(&mut app.browser().sign_in("alice").await, "grey wolf", "en").await;
    robbed(&app).await;
    assert!(told(&app, OLD).await.text.contains("Your word: blue heron"), "{}", told(&app, OLD).await.text);
    use_link(&mut app.browser(), &way_back(&app, OLD).await).await.reply.expect(200);
    let mut owner = app.browser();
    owner.type_password(OLD, NEW_PASSWORD).await.reply.expect(200);
    assert!(owner.get("/account").await.reply.body.contains("value=\"blue heron\""));
}

#[tokio::test]
async fn f8_a_first_word_stays_that_nobody_has_changed() {
    let app = TestApp::with_mail().await;
    let mut owner = app.browser().sign_in("alice").await;
    let page = owner.get("/account").await;
    page.form_to("/account").fill("locale", "ru").submit(&mut owner).await.reply.expect(200);
    choose(&mut owner, "blue heron", "en").await;
    robbed(&app).await;
    assert!(told(&app, OLD).await.text.contains("Your word: blue heron"), "{}", told(&app, OLD).await.text);
    use_link(&mut app.browser(), &way_back(&app, OLD).await).await.reply.expect(200);
    assert_eq!(app.rows("user_account WHERE mail_word IS NOT NULL").await, 1);
}

#[tokio::test]
async fn f8_what_was_kept_of_a_word_is_forgotten_after_its_week() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("alice").await;
    choose(&mut browser, "blue heron", "en").await;
    choose(&mut browser, "green finch", "ru").await;
    let kept =
        "user_account WHERE former_mail_word IS NOT NULL OR former_locale IS NOT NULL OR former_until IS NOT NULL";
    for (time, is_kept) in [(7 * DAY - 1, 1), (2, 0)] {
        app.clock.advance(minutes(time));
        jobs::remove_expired(&app.app).await.unwrap();
        assert_eq!(app.rows(kept).await, is_kept);
    }
    assert_eq!(app.rows("user_account WHERE mail_word IS NOT NULL").await, 1);
}

#[tokio::test]
async fn f8_the_word_and_the_language_of_letters_are_changed_only_after_a_step_up() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account").await;
    app.pass(minutes(6)).await;
    for (field, value) in [("mail_word", "grey wolf"), ("locale", "ru")] {
        let form = page.form_to("/account").fill(field, value).fill("name", "Somebody");
        form.submit(&mut browser).await.expect("sign-in");
        let profile = app.person("alice").await.profile;
        assert_eq!((&profile["name"], &profile["locale"]), (&"alice Example".into(), &"en".into()), "{field}");
        assert_eq!(app.rows("user_account WHERE mail_word IS NOT NULL").await, 0);
    }
    // What applications see is saved as ever.
    page.form_to("/account").fill("name", "Alice Liddell").submit(&mut browser).await.expect("account");
    assert_eq!(app.person("alice").await.profile["name"], "Alice Liddell");
    let asked = page.form_to("/account").fill("mail_word", "blue heron").submit(&mut browser).await;
    let again = asked.expect("sign-in").form().fill("password", PASSWORD).submit(&mut browser).await;
    assert!(again.expect("letters").text().contains("Nothing has changed yet"), "{}", again.text());
    let changes = async || app.events().await.iter().filter(|event| *event == "profile_changed").count();
    let before = changes().await;
    let saved = again.form_to("/account").fill("mail_word", "blue heron").submit(&mut browser).await;
    assert!(saved.reply.body.contains("value=\"blue heron\""), "{}", saved.reply.body);
    assert_eq!(changes().await, before + 1);
}

#[tokio::test]
async fn f4_whoever_recovers_an_account_makes_the_browsers_of_all_others_unknown() {
    for what in ["by letter", "by an operator"] {
        let app = TestApp::with_mail().await;
        let mut thiefs = [app.browser().sign_in("alice").await, app.browser().sign_in("alice").await];
        let mut own = app.browser().sign_in("alice").await;
        assert_eq!(app.rows("known_device").await, 3);
        if what == "by letter" {
            forget(&mut own, OLD).await;
            let letters = app.letters_to(OLD).await;
            let link = link_in(letters.iter().rfind(|it| it.subject == "Set a new password").expect("a link"));
            use_link(&mut own, &link).await.reply.expect(200);
            assert_eq!(app.rows("known_device").await, 1, "this one");
        } else {
            own.set_up_authenticator().await;
            let id = app.person("alice").await.id;
            assert!(latchkey::account::factors::reset(&app.app, &id).await.unwrap().is_any());
            assert_eq!(app.rows("known_device").await, 0);
            latchkey::account::password::set(&app.app, &id, &NEW_PASSWORD.into()).await.unwrap();
        }
        // Not by the sessions either that they once had: the next sign-in there is one with a new browser.
        let before = app.letters_to(OLD).await.iter().filter(|it| it.subject == "New sign-in to your account").count();
        let [thief, _] = &mut thiefs;
        thief.type_password("alice", NEW_PASSWORD).await.reply.expect(200);
        let after = app.letters_to(OLD).await;
        let subjects: Vec<_> = after.iter().map(|it| it.subject.as_str()).collect();
        let told = after.iter().filter(|it| it.subject == "New sign-in to your account").count();
        assert_eq!(told, before + 1, "{what}: {subjects:?}");
    }
}
