//! What people are told by letters.

use latchkey::account::password_link;
use latchkey::letters::kind::Notice;
use latchkey::letters::notice::notify;
use latchkey::store::people::outbox;

use crate::harness::{Browser, Form, PASSWORD, Page, TestApp, code_in, link_in, made_up, minutes};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";

#[tokio::test]
async fn a_sign_in_with_a_browser_that_was_never_used_is_told_once() {
    let app = TestApp::with_mail().await;
    let mut first = app.browser().sign_in("alice").await;
    assert!(app.letters_to("alice@example.com").await.is_empty(), "the first one is no news");
    let mut second = app.browser();
    second.user_agent = FIREFOX.to_owned();
    let mut second = second.sign_in("alice").await;
    let letters = app.letters_to("alice@example.com").await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].subject, "New sign-in to your account");
    for said in ["Firefox on Linux", "203.0.113.7", "2026-01-01 12:01 UTC", "http://localhost:8080/account"] {
        assert!(letters[0].text.contains(said), "{said}: {}", letters[0].text);
    }
    app.clock.advance(minutes(60 * 24 * 20));
    first = first.sign_in("alice").await;
    second = second.sign_in("alice").await;
    assert_eq!(app.letters_to("alice@example.com").await.len(), 1, "both are known");
    first.close();
    second.close();
    app.user("bob").await;
    second.sign_in("bob").await;
    assert!(app.letters_to("bob@example.com").await.is_empty(), "the first one of this person");
}

#[tokio::test]
async fn a_changed_password_is_told_to_verified_addresses_in_the_language_of_the_person() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account").await;
    page.form_to("/account").fill("locale", "ru").submit(&mut browser).await;
    let page = browser.get("/account/password").await;
    let form = page.form_to("/account/password").fill("current", PASSWORD).fill("password", "seven slow barges turn");
    form.submit(&mut browser).await.reply.expect(200);
    let letter = app.letter_to("alice@example.com").await;
    assert_eq!((letter.subject.as_str(), letter.language.as_str()), ("Ваш пароль изменён", "ru"));
    app.sql("UPDATE user_identifier SET verified_at = NULL").await;
    let bob = app.user("bob").await;
    app.sql("UPDATE user_identifier SET verified_at = NULL").await;
    latchkey::account::password::set(&app.app, &bob.id, &PASSWORD.into()).await.unwrap();
    assert_eq!(app.rows("outbox").await, 0, "an address that may be a stranger's is told nothing");
}

#[tokio::test]
async fn without_mail_no_letter_is_written() {
    let app = TestApp::new().await;
    app.browser().sign_in("alice").await;
    app.browser().sign_in("alice").await;
    let alice = app.person("alice").await;
    latchkey::account::password::set(&app.app, &alice.id, &PASSWORD.into()).await.unwrap();
    assert_eq!(app.rows("outbox").await, 0);
}

#[tokio::test]
async fn a_notice_belongs_to_its_change_and_goes_with_its_user() {
    let app = TestApp::with_mail().await;
    let alice = app.user("alice").await.id;
    let user = alice.clone();
    let undone = made_up(move |tx| {
        let user = user.clone();
        Box::pin(async move {
            notify(tx, &user, Notice::PasskeyAdded).await?;
            Err::<(), _>(latchkey::store::db::Error::Conflict)
        })
    });
    assert!(app.app.db.write(undone).await.is_err());
    assert!(app.letters_to("alice@example.com").await.is_empty());
    let user = alice.clone();
    let done = made_up(move |tx| {
        let user = user.clone();
        Box::pin(async move { notify(tx, &user, Notice::RecoveryCodeUsed).await })
    });
    app.app.db.write(done).await.unwrap();
    assert_eq!(app.rows("outbox").await, 1);
    app.execute(format!("DELETE FROM user_account WHERE id = '{alice}'")).await;
    assert_eq!(app.rows("outbox").await, 0);
}

/// A person whose address nobody has proven, signed in.
async fn unproven(app: &TestApp) -> Browser {
    let browser = app.browser().sign_in("alice").await;
    app.sql("UPDATE user_identifier SET verified_at = NULL").await;
    browser
}

/// Asks for a letter that verifies the address.
async fn ask_to_verify(browser: &mut Browser) -> Page {
    browser.get("/account").await.press("send").submit(browser).await
}

async fn type_code(browser: &mut Browser, page: &Page, code: &str) -> Page {
    let form = page.forms_to(url::Url::parse(&page.url).unwrap().path()).remove(0);
    form.fill("code", code).submit(browser).await
}

#[tokio::test]
async fn an_address_is_verified_by_the_code_in_a_letter() {
    let app = TestApp::with_mail().await;
    let mut browser = unproven(&app).await;
    let page = ask_to_verify(&mut browser).await;
    let page = page.expect("verify");
    let letter = app.letter_to("alice@example.com").await;
    assert_eq!(letter.subject, "Confirm your email address");
    assert!(letter.text.contains("expire 24 hours after"), "{}", letter.text);
    let code = code_in(&letter);
    let again = type_code(&mut browser, page, "").await;
    assert!(again.text().contains("Enter the six digits"), "{}", again.text());
    let done = type_code(&mut browser, page, &format!(" {} {} ", &code[..3], &code[3..])).await;
    assert!(done.text().contains("Your email address is verified"), "{}", done.text());
    assert!(!done.reply.body.contains("name=\"send\""), "nothing is left to verify");
    assert!(app.events().await.contains(&"identifier_verified".to_owned()));
    let user = app.person("alice").await;
    let person = latchkey::account::person::find(&app.app, &user.id).await.unwrap().unwrap();
    assert!(person.email_verified);
}

#[tokio::test]
async fn the_link_verifies_where_its_account_is_signed_in_and_nowhere_else() {
    let app = TestApp::with_mail().await;
    let mut browser = unproven(&app).await;
    ask_to_verify(&mut browser).await;
    let link = link_in(&app.letter_to("alice@example.com").await);
    for method in ["GET", "HEAD"] {
        browser.send(http::Request::builder().method(method).uri(app.path(&link)), String::new()).await;
    }
    let mut elsewhere = app.browser();
    let asked = elsewhere.get(&link).await;
    assert!(asked.url.contains("/sign-in"), "{}", asked.url);
    let mut bob = app.browser().sign_in("bob").await;
    bob.get(&link).await.refused(410);
    let page = browser.get(&link).await;
    let form = page.expect("verify").forms_to("/account/verify").remove(0);
    // Bob cannot send what Alice was shown.
    let token = form.get("token").unwrap().to_owned();
    let own = ask_form(&mut bob).await.fill("token", &token);
    own.submit(&mut bob).await.refused(410);
    let done = form.submit(&mut browser).await;
    assert!(done.text().contains("Your email address is verified"), "{}", done.text());
    form.submit(&mut browser).await.refused(410);
}

/// A form of somebody's own account.
async fn ask_form(browser: &mut Browser) -> Form {
    let page = browser.get("/account").await;
    page.form_to("/account").to("/account/verify")
}

/// CV5.
#[tokio::test]
async fn five_wrong_codes_end_a_code_and_a_newer_letter_the_one_before() {
    let app = TestApp::with_mail().await;
    let mut browser = unproven(&app).await;
    let page = ask_to_verify(&mut browser).await;
    let first = code_in(&app.letter_to("alice@example.com").await);
    let wrong = if first == "000000" { "000001" } else { "000000" };
    for n in 0..5 {
        let answer = type_code(&mut browser, &page, wrong).await;
        assert_eq!(answer.reply.status, 400);
        assert_eq!(answer.text().contains("no longer works"), n == 4, "{n}: {}", answer.text());
    }
    assert_eq!(type_code(&mut browser, &page, &first).await.reply.status, 400, "it is over");
    ask_to_verify(&mut browser).await;
    let second = code_in(&app.letter_to("alice@example.com").await);
    let page = ask_to_verify(&mut browser).await;
    let third = code_in(&app.letter_to("alice@example.com").await);
    assert!(second == third || type_code(&mut browser, &page, &second).await.reply.status == 400);
    app.clock.advance(minutes(24 * 60 - 1));
    browser = browser.sign_in("alice").await;
    app.sql("UPDATE user_identifier SET verified_at = NULL").await;
    let page = browser.get("/account/verify").await;
    assert!(type_code(&mut browser, &page, &third).await.text().contains("is verified"));
}

#[tokio::test]
async fn a_person_who_asks_again_gets_the_letter_from_the_next_server() {
    let app = TestApp::with_mail().await;
    let mut browser = unproven(&app).await;
    for expected in 0..3 {
        ask_to_verify(&mut browser).await;
        let waiting = outbox::list(&mut app.app.db.read().await.unwrap(), 10).await.unwrap();
        assert_eq!(waiting.iter().map(|it| it.first_server).collect::<Vec<_>>(), [expected]);
    }
}

async fn change_email(browser: &mut Browser, email: &str, current: &str) -> Page {
    let page = browser.get("/account/email?step=address").await;
    let form = page.form_to("/account/email").fill("email", email).fill("current", current);
    form.submit(browser).await
}

#[tokio::test]
async fn another_address_is_proven_before_it_takes_the_place_of_the_old_one_and_both_are_told() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("alice").await;
    for (email, current, words) in [
        ("", PASSWORD, "Enter your email address"),
        ("a@new.example,b@new.example", PASSWORD, "Enter a valid email address"),
        ("ALICE@example.com", PASSWORD, "This is your email address already"),
        ("alice@new.example", "", "Enter your current password"),
        ("alice@new.example", "wrong password here", "not your current password"),
    ] {
        let refused = change_email(&mut browser, email, current).await;
        assert!(refused.reply.status == 400 && refused.text().contains(words), "{words}: {}", refused.text());
    }
    assert_eq!(app.rows("outbox").await, 0);
    let page = change_email(&mut browser, "alice@new.example", PASSWORD).await;
    let code = code_in(&app.letter_to("alice@new.example").await);
    assert!(app.letters_to("alice@example.com").await.is_empty());
    assert!(app.find_user("alice@new.example").await.is_none(), "nothing has changed yet");
    let done = type_code(&mut browser, &page, &code).await;
    assert!(done.text().contains("Your email address is changed"), "{}", done.text());
    assert!(app.find_user("alice@example.com").await.is_none());
    assert_eq!(app.person("alice@new.example").await.id, app.person("alice").await.id);
    for address in ["alice@example.com", "alice@new.example"] {
        let letter = app.letter_to(address).await;
        assert_eq!(letter.subject, "Your email address was changed", "{address}");
        assert!(letter.text.contains("alice@example.com") && letter.text.contains("alice@new.example"));
        // At the old address a new password cannot be set any more.
        let is_old = address == "alice@example.com";
        assert_eq!(letter.text.contains("set a new password at once"), !is_old, "{}", letter.text);
        assert_eq!(letter.text.contains("/set-password?token="), is_old, "{}", letter.text);
        assert_eq!(letter.text.contains("within 7 days"), is_old, "{}", letter.text);
    }
    assert_eq!(type_code(&mut browser, &page, &code).await.reply.status, 400, "once");
}

#[tokio::test]
async fn an_address_of_somebody_else_is_told_to_be_so_to_its_reader_alone() {
    let app = TestApp::with_mail().await;
    app.user("bob").await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = change_email(&mut browser, "bob@example.com", PASSWORD).await;
    let other = change_email(&mut browser, "nobody@example.com", PASSWORD).await;
    assert_eq!(page.text().replace("bob", "…"), other.text().replace("nobody", "…"));
    let page = change_email(&mut browser, "bob@example.com", PASSWORD).await;
    let code = code_in(&app.letter_to("bob@example.com").await);
    let taken = type_code(&mut browser, &page, &code).await;
    assert!(taken.text().contains("can’t be used"), "{}", taken.text());
    assert_eq!(app.person("bob@example.com").await.id, app.person("bob").await.id);
}

#[tokio::test]
async fn letters_to_a_person_show_the_word_that_they_chose_and_letters_to_others_do_not() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account").await;
    let saved = page.form_to("/account").fill("mail_word", " blue\r\nheron ").submit(&mut browser).await;
    assert!(saved.reply.body.contains("value=\"blue heron\""), "{}", saved.reply.body);
    change_email(&mut browser, "eve@evil.example", PASSWORD).await;
    let letter = app.letter_to("eve@evil.example").await;
    assert!(!letter.text.contains("heron") && !letter.html.contains("heron"), "{}", letter.text);
    latchkey::account::password::set(&app.app, &app.person("alice").await.id, &PASSWORD.into()).await.unwrap();
    let letter = app.letter_to("alice@example.com").await;
    assert!(letter.text.contains("Your word: blue heron") && letter.html.contains("blue heron"), "{}", letter.text);
    let stored: (Option<String>,) = sqlx::query_as("SELECT mail_word FROM user_account")
        .fetch_one(&mut *app.app.db.read().await.unwrap())
        .await
        .unwrap();
    assert!(stored.0.unwrap().starts_with("v1."), "sealed");
    let mut browser = browser.sign_in("alice").await;
    let page = browser.get("/account").await;
    page.form_to("/account").fill("mail_word", "").submit(&mut browser).await;
    latchkey::account::password::set(&app.app, &app.person("alice").await.id, &PASSWORD.into()).await.unwrap();
    assert!(!app.letter_to("alice@example.com").await.text.contains("Your word"));
}

#[tokio::test]
async fn a_link_verifies_the_address_that_it_was_sent_to_and_one_that_an_operator_printed_does_not() {
    for (is_sent, is_theirs) in [(true, true), (true, false), (false, true)] {
        let app = TestApp::with_mail().await;
        let alice = app.user("alice").await;
        app.sql("UPDATE user_identifier SET verified_at = NULL").await;
        let mut browser = app.browser();
        let link = if is_sent {
            let page = browser.get("/forgot-password").await;
            page.form().fill("identifier", "alice@example.com").submit(&mut browser).await;
            link_in(&app.letter_to("alice@example.com").await)
        } else {
            password_link::make(&app.app, &alice.id, minutes(10)).await.unwrap()
        };
        if !is_theirs {
            app.sql("UPDATE user_identifier SET normalised = 'other@example.com' WHERE kind = 'email'").await;
        }
        let page = browser.get(&link).await;
        // To open it is not enough: mail programs do so, too.
        assert_eq!(app.rows("user_identifier WHERE verified_at IS NOT NULL").await, 0);
        page.form().fill("password", "seven slow barges turn").submit(&mut browser).await.reply.expect(200);
        let is_verified = is_sent && is_theirs;
        let verified = app.rows("user_identifier WHERE verified_at IS NOT NULL AND kind = 'email'").await;
        assert_eq!(verified, i64::from(is_verified), "{is_sent} {is_theirs}");
        assert_eq!(app.events().await.contains(&"identifier_verified".to_owned()), is_verified);
        // The change is told to an address that is proven.
        let told: Vec<_> = app.letters_to("alice@example.com").await.into_iter().map(|it| it.subject).collect();
        assert_eq!(told.contains(&"Your password was changed".to_owned()), is_verified, "{told:?}");
    }
}
