//! What people are told by letters.

use latchkey::letters::kind::Notice;
use latchkey::letters::notice::notify;

use crate::harness::{PASSWORD, TestApp, made_up, minutes};

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
    latchkey::account::users::set_password(&app.app, &bob.id, &PASSWORD.into()).await.unwrap();
    assert_eq!(app.rows("outbox").await, 0, "an address that may be a stranger's is told nothing");
}

#[tokio::test]
async fn without_mail_no_letter_is_written() {
    let app = TestApp::new().await;
    app.browser().sign_in("alice").await;
    app.browser().sign_in("alice").await;
    let alice = app.person("alice").await;
    latchkey::account::users::set_password(&app.app, &alice.id, &PASSWORD.into()).await.unwrap();
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
