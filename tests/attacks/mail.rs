//! F1, F8, I1, I3, I4, S2. Letters, and the links in them.

use latchkey::account::users;
use latchkey::base::token::{Token, TokenKind};

use crate::harness::{Browser, Page, TestApp, link_in, minutes};

const NEW_PASSWORD: &str = "seven slow barges turn";

/// Asks for a link to set a password.
async fn forget(browser: &mut Browser, identifier: &str) -> Page {
    let page = browser.get("/forgot-password").await;
    page.form().fill("identifier", identifier).submit(browser).await
}

/// Sets a password by a link.
async fn set_password(browser: &mut Browser, link: &str, password: &str) -> Page {
    let page = browser.get(link).await;
    page.expect("set-password").form().fill("password", password).submit(browser).await
}

#[tokio::test]
async fn f8_a_forgotten_password_is_set_by_the_newest_link_once_and_ends_what_was_before() {
    let app = TestApp::with_mail().await;
    let mut thief = app.browser().sign_in("alice").await;
    let mut browser = app.browser();
    let page = browser.get("/sign-in").await;
    assert!(page.reply.body.contains("href=\"/forgot-password\""), "{}", page.reply.body);
    forget(&mut browser, "alice@example.com").await.expect("forgot-password");
    let first = link_in(&app.letter_to("alice@example.com").await);
    forget(&mut browser, "ALICE").await.expect("forgot-password");
    let letter = app.letter_to("alice@example.com").await;
    let second = link_in(&letter);
    assert_ne!(first, second);
    assert_eq!(letter.subject, "Set a new password");
    browser.get(&first).await.refused(410);
    set_password(&mut browser, &second, NEW_PASSWORD).await.reply.expect(200);
    browser.get(&second).await.refused(410);
    let ended = thief.get("/account").await;
    assert!(ended.url.contains("/sign-in"), "{}", ended.url);
    let told: Vec<_> = app.letters_to("alice@example.com").await.into_iter().map(|it| it.subject).collect();
    assert!(told.contains(&"Your password was changed".to_owned()), "{told:?}");
    assert!(app.events().await.contains(&"password_link_sent".to_owned()));
}

#[tokio::test]
async fn f8_a_link_goes_to_the_stored_address_and_to_nobody_else() {
    let app = TestApp::with_mail().await;
    let alice = app.user("alice").await;
    let mut browser = app.browser();
    for typed in [
        "alice@example.com,eve@evil.example",
        "alice@example.com eve@evil.example",
        "alice@example.com\r\nBcc: eve@evil.example",
        "\"alice@example.com\" <eve@evil.example>",
        "alice@example.com@evil.example",
    ] {
        let answer = forget(&mut browser, typed).await;
        assert_eq!(answer.reply.status, 200, "{typed}");
        app.clock.advance(minutes(20));
    }
    assert_eq!(app.rows("outbox").await, 0);
    // As it is stored, however it is spelt.
    forget(&mut browser, "ＡＬＩＣＥ@Example.COM").await;
    assert_eq!(app.letters_to("alice@example.com").await.len(), 1);
    // Who no longer has the address gets no link there, and a link that waits is withdrawn.
    app.clock.advance(minutes(20));
    forget(&mut browser, "alice@example.com").await;
    app.settled().await;
    assert_eq!(app.rows("outbox").await, 1);
    latchkey::account::edit::remove_identifier(&app.app, &alice.id, "alice@example.com").await.unwrap().unwrap();
    assert_eq!(app.rows("outbox").await, 0);
    forget(&mut browser, "alice@example.com").await;
    assert_eq!(app.letters_to("alice@example.com").await.len(), 1);
}

#[tokio::test]
async fn f1_asking_for_a_link_does_not_tell_who_has_an_account() {
    let app = TestApp::with_mail().await;
    let disabled = app.user("mallory").await;
    latchkey::account::delete::disable(&app.app, &disabled.id, true).await.unwrap();
    app.user("alice").await;
    let mut answers = Vec::new();
    for name in ["alice@example.com", "nobody@example.com", "mallory@example.com", "alice", "nobody"] {
        let mut browser = app.browser();
        let mut same = Vec::new();
        for _ in 0..5 {
            let page = forget(&mut browser, name).await;
            let headers: Vec<_> = page.reply.headers.keys().map(|name| name.as_str().to_owned()).collect();
            same.push((page.reply.status, page.text().replace(name, "…"), headers));
        }
        answers.push(same);
        app.clock.advance(minutes(60));
    }
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
    assert_eq!(answers[0].iter().map(|it| it.0.as_u16()).collect::<Vec<_>>(), [200, 200, 200, 429, 429]);
    assert!(app.letters_to("mallory@example.com").await.is_empty());
}

#[tokio::test]
async fn i4_nobody_fills_a_mailbox_or_sends_letters_to_the_whole_world() {
    let app = TestApp::with_mail().await;
    for n in 0..12 {
        app.user(&format!("person{n}")).await;
    }
    // One mailbox, from many networks, by each of its names.
    for n in 0..8u8 {
        let mut browser = app.browser();
        browser.address = [198, 51, 100, n].into();
        forget(&mut browser, if n % 2 == 0 { "person0" } else { "person0@example.com" }).await;
        // Sent at once: of those that wait, the newest alone would be.
        app.letters_to("person0@example.com").await;
    }
    assert_eq!(app.letters_to("person0@example.com").await.len(), 3);
    // Many mailboxes, from one network.
    let mut browser = app.browser();
    let mut taken = 0;
    for n in 1..12 {
        taken += u32::from(forget(&mut browser, &format!("person{n}")).await.reply.status == 200);
    }
    assert_eq!(taken, 10);
}

#[tokio::test]
async fn i1_what_opens_a_link_without_a_person_uses_nothing_up() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let mut browser = app.browser();
    forget(&mut browser, "alice").await;
    let link = link_in(&app.letter_to("alice@example.com").await);
    for method in ["GET", "HEAD", "OPTIONS", "GET"] {
        let request = http::Request::builder().method(method).uri(app.path(&link));
        let mut scanner = app.browser();
        scanner.send(request, String::new()).await;
    }
    // A form that was not shown to this browser does nothing either.
    let fields = [("token", link.split("token=").nth(1).unwrap()), ("password", NEW_PASSWORD)];
    assert_eq!(app.post("/set-password", &fields).await.status, 403);
    set_password(&mut browser, &link, NEW_PASSWORD).await.reply.expect(200);
}

#[tokio::test]
async fn i3_a_link_leaks_nowhere_and_is_dead_once_it_is_used_or_old() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let mut browser = app.browser();
    forget(&mut browser, "alice").await;
    let link = link_in(&app.letter_to("alice@example.com").await);
    let page = browser.get(&link).await;
    assert_eq!(page.reply.header("referrer-policy"), Some("same-origin"));
    assert_eq!(page.reply.header("cache-control"), Some("no-store"));
    let token = link.split("token=").nth(1).unwrap();
    let html = scraper::Html::parse_document(&page.reply.body);
    let loaded = scraper::Selector::parse("[src], link[href]").unwrap();
    for element in html.select(&loaded) {
        let from = element.attr("src").or(element.attr("href")).unwrap();
        assert!(from.starts_with('/') && !from.contains(token), "{from}");
    }
    let done = set_password(&mut browser, &link, NEW_PASSWORD).await;
    assert!(!done.url.contains("token"), "{}", done.url);
    app.browser().get(&link).await.refused(410);
    app.clock.advance(minutes(20));
    forget(&mut browser, "alice").await;
    let link = link_in(&app.letter_to("alice@example.com").await);
    app.clock.advance(minutes(31));
    app.browser().get(&link).await.refused(410);
    // A letter that is late is not sent.
    forget(&mut browser, "alice").await;
    app.settled().await;
    app.clock.advance(minutes(31));
    assert_eq!(
        app.letters_to("alice@example.com").await.iter().filter(|it| it.subject == "Set a new password").count(),
        2
    );
}

#[tokio::test]
async fn s2_a_copy_of_the_database_has_no_link_that_waits_to_be_sent() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    forget(&mut app.browser(), "alice").await;
    app.settled().await;
    let columns = "SELECT data || COALESCE(sealed, '') || COALESCE(about, '') || id FROM outbox";
    let row: (String,) = sqlx::query_as(columns).fetch_one(&mut *app.app.db.read().await.unwrap()).await.unwrap();
    assert!(row.0.contains("v1.") && !row.0.contains("lk_mt_"), "{}", row.0);
    let link = link_in(&app.letter_to("alice@example.com").await);
    let token = Token::parse(TokenKind::OneTimeLink, link.split("token=").nth(1).unwrap()).unwrap();
    assert!(!row.0.contains(token.expose()) && !row.0.contains(token.hash().as_str()));
    assert_eq!(app.rows("outbox").await, 0, "and none that was sent");
}

#[tokio::test]
async fn without_mail_a_password_is_not_forgotten_by_letter_and_the_page_says_so() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let page = browser.get("/sign-in").await;
    assert!(!page.reply.body.contains("/forgot-password") && page.text().contains("Ask Latchkey for a link"));
    let off = browser.get("/forgot-password").await;
    off.refused(403);
    assert!(off.text().contains("This service sends no email"), "{}", off.text());
    // A link that an operator hands out works as before.
    let alice = app.user("alice").await;
    let link = users::password_link(&app.app, &alice.id, minutes(60)).await.unwrap();
    set_password(&mut browser, &link, NEW_PASSWORD).await.reply.expect(200);
}
