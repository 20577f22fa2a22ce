//! F1, F4, F8. Letters go to whoever has the mailbox, open nothing after a change of the account, and strangers who ask for them
//! neither learn anything nor take anything away.

use latchkey::account::{delete, edit, password_link, users};
use latchkey::letters::delivery::deliver;
use latchkey::store::people::outbox::Claim;

use super::mail::{ask_to_sign_in, forget, type_code};
use crate::harness::{Browser, PASSWORD, Page, TestApp, code_in, link_in, minutes};

/// Asks for a code that makes an address that of the account.
async fn ask_to_change(browser: &mut Browser, email: &str) -> Page {
    let form = browser.get("/account/email?step=address").await.form_to("/account/email");
    form.fill("email", email).fill("current", PASSWORD).submit(browser).await
}

/// Makes an address that of the account.
pub(super) async fn change_address(app: &TestApp, browser: &mut Browser, email: &str) {
    let page = ask_to_change(browser, email).await;
    let code = code_in(&app.letter_to(email).await);
    type_code(browser, &page, &code).await.reply.expect(200);
}

/// The newest code to sign in with that went to an address. Notices go there, too, in any order.
async fn code_to_sign_in(app: &TestApp, address: &str) -> String {
    let letters = app.letters_to(address).await;
    let letter = letters.iter().rev().find(|letter| letter.subject == "Your code to sign in");
    code_in(letter.expect("a letter to sign in with"))
}

/// A browser in a network of its own.
fn stranger(app: &TestApp, n: u8) -> Browser {
    let mut browser = app.browser();
    browser.address = [198, 51, 100, n].into();
    browser
}

#[tokio::test]
async fn f8_a_letter_to_sign_in_goes_to_the_stored_address_however_it_is_spelt() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let mut thief = app.browser();
    // Another mailbox for a mail system, though it has one normal form with Alice's.
    for other in ["Ａlice@example.com", "ａｌｉｃｅ@example.com"] {
        let refused = ask_to_sign_in(&mut thief, other).await;
        assert_eq!(refused.reply.status, 400, "{other}");
        assert!(app.letters_to(other).await.is_empty(), "{other}");
    }
    ask_to_sign_in(&mut thief, "ALICE@Example.com").await.reply.expect(200);
    assert!(app.letters_to("ALICE@Example.com").await.is_empty());
    assert_eq!(app.letters_to("alice@example.com").await.len(), 1);
}

#[tokio::test]
async fn f8_another_mailbox_of_one_normal_form_is_not_stored_as_proven() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("alice").await;
    assert_eq!(ask_to_change(&mut browser, "Ｃeo@victim.example").await.reply.status, 400);
    assert_eq!(app.rows("mail_proof").await, 0);
    // What was proven is what is stored, letter by letter.
    change_address(&app, &mut browser, "Alice.New@example.com").await;
    let alice = app.person("alice").await;
    let person = latchkey::account::person::find(&app.app, &alice.id).await.unwrap().unwrap();
    assert_eq!((person.email.as_deref(), person.email_verified), (Some("Alice.New@example.com"), true));
}

#[tokio::test]
async fn f8_a_letter_to_sign_in_opens_nothing_after_a_change_that_ends_what_was_before() {
    for change in ["another address", "another password", "disabled and enabled", "the address is gone"] {
        let app = TestApp::with_mail().await;
        let mut alice = app.browser().sign_in("alice").await;
        let (id, mut thief) = (app.person("alice").await.id, stranger(&app, 7));
        let page = ask_to_sign_in(&mut thief, "alice@example.com").await;
        let code = code_in(&app.letter_to("alice@example.com").await);
        match change {
            "another address" => change_address(&app, &mut alice, "alice@new.example").await,
            "another password" => {
                latchkey::account::password::set(&app.app, &id, &"seven slow barges turn".into()).await.unwrap()
            }
            "disabled and enabled" => {
                delete::disable(&app.app, &id, true).await.unwrap();
                users::enable(&app.app, &id).await.unwrap();
            }
            _ => edit::remove_identifier(&app.app, &id, "alice@example.com").await.unwrap().unwrap(),
        }
        assert_eq!(type_code(&mut thief, &page, &code).await.reply.status, 400, "{change}");
        assert_eq!(thief.get("/account").await.name(), "sign-in", "{change}");
    }
}

#[tokio::test]
async fn f8_a_letter_that_waits_is_withdrawn_by_such_a_change() {
    let app = TestApp::with_mail().await;
    let alice = app.user("alice").await;
    ask_to_sign_in(&mut app.browser(), "alice@example.com").await;
    app.settled().await;
    assert_eq!(app.rows("outbox").await, 1);
    edit::remove_identifier(&app.app, &alice.id, "alice@example.com").await.unwrap().unwrap();
    assert_eq!((app.rows("outbox").await, app.rows("mail_proof").await), (0, 0));
}

#[tokio::test]
async fn f1_letters_by_a_username_do_not_tell_which_address_it_has() {
    let app = TestApp::with_mail().await;
    app.user("jane").await;
    for n in 0..3 {
        forget(&mut stranger(&app, n), "jane").await.reply.expect(200);
    }
    for n in 0..3 {
        forget(&mut stranger(&app, 10 + n), "jane@example.com").await.reply.expect(200);
    }
    // Jane's mailbox is not filled all the same.
    assert_eq!(app.letters_to("jane@example.com").await.len(), 1, "of those that wait, the newest");
    app.settled().await;
    assert_eq!(app.rows("one_time_link").await, 3);
}

#[tokio::test]
async fn f4_strangers_who_ask_for_letters_keep_no_owner_from_signing_in() {
    let app = TestApp::with_mail().await;
    let mut known = app.browser().sign_in("iris").await;
    known.close();
    // A code of the owner's own stays good, in a browser that was never here, too.
    let mut new = stranger(&app, 1);
    let page = ask_to_sign_in(&mut new, "iris@example.com").await;
    let code = code_to_sign_in(&app, "iris@example.com").await;
    for n in 2..8 {
        ask_to_sign_in(&mut stranger(&app, n), "iris@example.com").await;
        forget(&mut stranger(&app, 100 + n), "iris@example.com").await;
    }
    type_code(&mut new, &page, &code).await.reply.expect(200);
    assert_eq!(new.get("/account").await.name(), "account");
    app.letters_to("iris@example.com").await;
    // And whoever has signed in in a browser before is counted there alone.
    let page = ask_to_sign_in(&mut known, "iris@example.com").await;
    assert_eq!(page.reply.status, 200, "{}", page.text());
    let code = code_to_sign_in(&app, "iris@example.com").await;
    type_code(&mut known, &page, &code).await.reply.expect(200);
    assert_eq!(known.get("/account").await.name(), "account");
}

#[tokio::test]
async fn f4_a_stranger_who_asks_for_a_reset_ends_no_invitation() {
    let app = TestApp::with_mail().await;
    let gina = app.user("gina").await;
    let link = password_link::make(&app.app, &gina.id, minutes(72 * 60)).await.unwrap();
    forget(&mut app.browser(), "gina@example.com").await.reply.expect(200);
    app.settled().await;
    app.browser().get(&link).await.expect("set-password");
    // The first one that is used ends the other.
    let letter = app.letter_to("gina@example.com").await;
    let mut browser = app.browser();
    let page = browser.get(&link_in(&letter)).await;
    page.form().fill("password", "seven slow barges turn").submit(&mut browser).await.reply.expect(200);
    app.browser().get(&link).await.refused(410);
}

#[tokio::test]
async fn x8_a_clock_that_is_set_back_makes_no_used_code_work_again() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let page = ask_to_sign_in(&mut browser, "alice@example.com").await;
    let code = code_in(&app.letter_to("alice@example.com").await);
    app.clock.advance(minutes(5));
    type_code(&mut browser, &page, &code).await.reply.expect(200);
    app.clock.set_back(minutes(4));
    assert_eq!(type_code(&mut browser, &page, &code).await.reply.status, 400);
}

#[tokio::test]
async fn an_old_address_that_nobody_has_proven_is_told_nothing() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("fred").await;
    app.sql("UPDATE user_identifier SET verified_at = NULL").await;
    change_address(&app, &mut browser, "fred@home.example").await;
    let told = app.letters_to("fred@home.example").await;
    assert!(told.iter().any(|letter| letter.subject == "Your email address was changed"), "{}", told.len());
    assert!(app.letters_to("fred@example.com").await.is_empty());
}

#[tokio::test]
async fn ones_own_second_address_can_take_the_place_of_the_first() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("ruth").await;
    let ruth = app.person("ruth").await;
    let second = latchkey::login::identifier::parse_email("ruth2@example.com", None).unwrap();
    edit::add_identifiers(&app.app, &ruth.id, vec![second]).await.unwrap().unwrap();
    change_address(&app, &mut browser, "ruth2@example.com").await;
    let person = latchkey::account::person::find(&app.app, &ruth.id).await.unwrap().unwrap();
    assert_eq!((person.email.as_deref(), person.email_verified), (Some("ruth2@example.com"), true));
    assert!(app.find_user("ruth@example.com").await.is_none());
}

#[tokio::test]
async fn letters_that_somebody_waits_for_are_sent_before_notices() {
    let app = TestApp::with_mail().await;
    let alice = app.user("alice").await;
    for _ in 0..3 {
        latchkey::account::password::set(&app.app, &alice.id, &"seven slow barges turn".into()).await.unwrap();
    }
    ask_to_sign_in(&mut app.browser(), "alice@example.com").await;
    app.settled().await;
    let claim = Claim { claim: "one".to_owned(), limit: 1, longest: minutes(1) };
    let first = app.app.db.write_one(claim).await.unwrap();
    assert_eq!(first.iter().map(|letter| letter.kind.as_str()).collect::<Vec<_>>(), ["sign_in"]);
    app.clock.advance(minutes(2));
    deliver(&app.app).await.unwrap();
    assert_eq!(app.rows("outbox").await, 0);
}

#[tokio::test]
async fn e5_whoever_asks_for_a_deletion_or_a_copy_of_the_data_is_told_by_letter() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account/data").await;
    page.form().fill("export", "yes").submit(&mut browser).await.reply.expect(200);
    assert_eq!(app.letter_to("alice@example.com").await.subject, "Your data was downloaded");
    let page = browser.get("/account/data").await;
    page.form().fill("delete", "yes").fill("sure", "yes").submit(&mut browser).await;
    let letter = app.letter_to("alice@example.com").await;
    assert_eq!(letter.subject, "Your account will be deleted");
    let due = (app.app.now() + app.app.config.login.deletion_grace).to_string();
    assert!(letter.text.contains(&due[..10]), "{due}: {}", letter.text);
}

#[tokio::test]
async fn f8_a_link_to_set_a_password_in_the_old_mailbox_is_dead_after_a_change_of_the_address() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("alice").await;
    forget(&mut stranger(&app, 7), "alice@example.com").await;
    let link = link_in(&app.letter_to("alice@example.com").await);
    change_address(&app, &mut browser, "alice@new.example").await;
    stranger(&app, 7).get(&link).await.refused(410);
}

#[tokio::test]
async fn d3_a_code_that_was_used_opens_nothing_after_signing_out() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let page = ask_to_sign_in(&mut browser, "alice@example.com").await;
    let code = code_in(&app.letter_to("alice@example.com").await);
    type_code(&mut browser, &page, &code).await.reply.expect(200);
    let session = app.session_of("alice").await;
    latchkey::login::session::end(&app.app, &session).await.unwrap();
    assert_eq!(type_code(&mut browser, &page, &code).await.reply.status, 400);
    assert_eq!(app.live_sessions_of("alice").await, 0);
}

#[tokio::test]
async fn i4_an_address_gets_some_twelve_letters_in_a_day_however_patiently_they_are_asked_for() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let mut statuses = Vec::new();
    for _ in 0..48 {
        let mut browser = app.browser();
        let page = browser.get("/sign-in/mail").await;
        let asked = page.form_to("/sign-in/mail").fill("email", "alice@example.com").submit(&mut browser).await;
        statuses.push(asked.reply.status.as_u16());
        app.clock.advance(minutes(30));
    }
    let sent = statuses.iter().filter(|status| **status == 200).count();
    // Twelve, and one more in two hours.
    assert!((12..=24).contains(&sent) && statuses.contains(&429), "{sent} of {statuses:?}");
    assert_eq!(statuses[..12], [200; 12], "{statuses:?}");
}

#[tokio::test]
async fn i4_whoever_changes_the_word_is_told_of_by_a_letter_with_the_word_of_before() {
    let app = TestApp::with_mail().await;
    let mut owner = app.browser().sign_in("alice").await;
    let choose = async |browser: &mut Browser, word: &str, locale: &str| {
        let page = browser.get("/account").await;
        let form = page.form_to("/account").fill("mail_word", word).fill("locale", locale);
        form.submit(browser).await.reply.expect(200);
        app.letter_to("alice@example.com").await
    };
    let first = choose(&mut owner, "blue heron", "en").await;
    assert_eq!(first.subject, "Your word in our emails was changed");
    assert!(first.text.contains("A word was chosen"), "{}", first.text);
    let mut thief = app.browser().sign_in("alice").await;
    let told = choose(&mut thief, "grey wolf", "ru").await;
    assert_eq!(told.subject, "Your word in our emails was changed", "in the language of before");
    assert!(told.text.contains("Your word: blue heron") && told.html.contains("blue heron"), "{}", told.text);
    assert!(told.text.contains("set a new password at once"), "{}", told.text);
    // A second change takes no letter away that waits.
    let (words, letters) = (["brown bear", ""], app.letters_to("alice@example.com").await.len());
    for word in words {
        let page = thief.get("/account").await;
        page.form_to("/account").fill("mail_word", word).submit(&mut thief).await.reply.expect(200);
    }
    let told = app.letters_to("alice@example.com").await;
    assert_eq!(told.len(), letters + 2);
    for word in ["grey wolf", "brown bear"] {
        assert_eq!(told[letters..].iter().filter(|it| it.text.contains(word)).count(), 1, "{word}");
    }
}

#[tokio::test]
async fn i4_the_word_of_a_person_is_not_shown_to_an_address_that_nobody_has_proven() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.get("/account").await.form_to("/account").fill("mail_word", "blue heron").submit(&mut browser).await;
    let alice = app.user("alice").await;
    latchkey::account::edit::remove_identifier(&app.app, &alice.id, "alice@example.com").await.unwrap().unwrap();
    let unproven = latchkey::login::identifier::parse_email("alice@mistyped.example", None).unwrap();
    latchkey::account::edit::add_identifiers(&app.app, &alice.id, vec![unproven]).await.unwrap().unwrap();
    app.clock.advance(minutes(30));
    forget(&mut app.browser(), "alice@mistyped.example").await;
    for letter in app.letters_to("alice@mistyped.example").await {
        assert!(!letter.text.contains("blue heron") && !letter.html.contains("blue heron"), "{}", letter.text);
    }
}
