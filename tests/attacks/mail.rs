//! F1, F8, I1–I4, S2. Letters, and the links in them.

use latchkey::account::password_link;
use latchkey::base::token::{Token, TokenKind};
use latchkey::config::SignUp;

use crate::harness::{Browser, Page, TestApp, code_in, form_encode, link_in, minutes, sender};

const NEW_PASSWORD: &str = "seven slow barges turn";

/// Asks for a link to set a password.
pub(super) async fn forget(browser: &mut Browser, identifier: &str) -> Page {
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
    let names = ["alice@example.com", "nobody@example.com", "mallory@example.com", "alice", "nobody"];
    for (hour, name) in (12..).zip(names) {
        let mut browser = app.browser();
        let mut same = Vec::new();
        for _ in 0..5 {
            let page = forget(&mut browser, name).await;
            let headers: Vec<_> = page.reply.headers.keys().map(|name| name.as_str().to_owned()).collect();
            // The end of the wait is an hour later each time, and of the same minute.
            let text = page.text().replace(name, "…").replace(&format!(" {hour}:"), " …:");
            same.push((page.reply.status, text, headers));
        }
        answers.push(same);
        // While they are good: a letter that is late is not sent.
        app.letters_to("alice@example.com").await;
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

/// I4: strangers who ask for resets, again and again, leave the owner one whose link works.
#[tokio::test]
async fn f5_whoever_is_told_that_there_were_too_many_resets_finds_one_that_works() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let (mut newest, mut refused) = (None, 0);
    // Six hours, every four minutes, of as many networks as it takes.
    for n in 0..90 {
        let mut stranger = app.browser();
        stranger.address = [198, 51, 100, n].into();
        let page = forget(&mut stranger, "alice@example.com").await;
        if page.reply.status == 200 {
            newest = Some(link_in(&app.letter_to("alice@example.com").await));
        } else {
            assert_eq!(page.reply.status, 429);
            assert!(page.text().contains("look for the newest one"), "{}", page.text());
            refused += 1;
            app.browser().get(newest.as_deref().unwrap()).await.expect("set-password");
        }
        app.pass(minutes(4)).await;
    }
    assert!(app.letters_to("alice@example.com").await.len() < 30 && refused > 50, "{refused} were refused");
    // A network that has asked for many others learns nothing of this address.
    let mut busy = app.browser();
    let mut page = forget(&mut busy, "bob@example.com").await;
    for n in 0..10 {
        page = forget(&mut busy, &format!("nobody{n}@example.com")).await;
    }
    assert_eq!(page.reply.status, 429);
    assert!(!page.text().contains("look for the newest one"), "{}", page.text());
}

#[tokio::test]
async fn f5_letters_of_other_kinds_that_strangers_ask_for_take_no_reset_from_the_owner() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    for n in 0..12 {
        let mut stranger = app.browser();
        stranger.address = [198, 51, 100, n].into();
        let page = stranger.get("/sign-in/mail").await;
        page.form_to("/sign-in/mail").fill("email", "alice@example.com").submit(&mut stranger).await.reply.expect(200);
        assert_eq!(app.letters_to("alice@example.com").await.len(), usize::from(n) + 1);
        app.pass(minutes(5)).await;
    }
    forget(&mut app.browser(), "alice@example.com").await.reply.expect(200);
    assert_eq!(app.letter_to("alice@example.com").await.subject, "Set a new password");
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
    // The styles and scripts of the page are asked for without its address, and its form has its origin.
    assert_eq!(page.reply.header("referrer-policy"), Some("strict-origin"));
    for (path, policy) in [
        ("/sign-in/mail?token=lk_mt_x", "strict-origin"),
        ("/account/verify?a=b&token=lk_mt_x", "strict-origin"),
        ("/sign-up?invitation=00000-00000-00000-00000-00000", "strict-origin"),
        ("/sign-in/mail", "same-origin"),
        ("/sign-in?login_hint=token", "same-origin"),
    ] {
        assert_eq!(app.get(path).await.header("referrer-policy"), Some(policy), "{path}");
    }
    assert_eq!(page.reply.header("cache-control"), Some("no-store"));
    let token = link.split("token=").nth(1).unwrap();
    let html = scraper::Html::parse_document(&page.reply.body);
    let loaded = scraper::Selector::parse("[src], link[href]").unwrap();
    for element in html.select(&loaded) {
        let from = element.attr("src").or(element.attr("href")).unwrap();
        assert!(from.starts_with('/') && !from.contains(token), "{from}");
    }
    let done = set_password(&mut browser, &link, NEW_PASSWORD).await;
    // The notice of it is sent first: a link that waits beside it goes before it.
    app.letters_to("alice@example.com").await;
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
    assert!(!page.reply.body.contains("/forgot-password\"") && page.text().contains("Ask Latchkey for a link"));
    let off = browser.get("/forgot-password").await;
    off.refused(403);
    assert!(off.text().contains("This service sends no email"), "{}", off.text());
    // A link that an operator hands out works as before.
    let alice = app.user("alice").await;
    let link = password_link::make(&app.app, &alice.id, minutes(60)).await.unwrap();
    set_password(&mut browser, &link, NEW_PASSWORD).await.reply.expect(200);
}

/// Asks for a letter to sign in with.
pub(super) async fn ask_to_sign_in(browser: &mut Browser, email: &str) -> Page {
    let page = browser.get("/sign-in/mail").await;
    page.form_to("/sign-in/mail").fill("email", email).submit(browser).await
}

pub(super) async fn type_code(browser: &mut Browser, page: &Page, code: &str) -> Page {
    page.form().fill("code", code).submit(browser).await
}

/// Whether somebody is signed in here.
async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.get("/account").await.name() == "account"
}

#[tokio::test]
async fn i2_a_link_signs_in_where_it_was_asked_for_and_elsewhere_only_with_the_number_that_is_shown_there() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let mut asking = app.browser();
    let page = ask_to_sign_in(&mut asking, "alice@example.com").await;
    let link = link_in(&app.letter_to("alice@example.com").await);
    let number = page.text().split("asks for this number: ").nth(1).unwrap()[..6].to_owned();
    for method in ["GET", "HEAD", "GET"] {
        let mut scanner = app.browser();
        scanner.send(http::Request::builder().method(method).uri(app.path(&link)), String::new()).await;
        assert!(!is_signed_in(&mut scanner).await);
    }
    let mut other = app.browser();
    let asked = other.get(&link).await;
    assert!(asked.text().contains("You did not ask for the email in this browser"), "{}", asked.text());
    let wrong = if number == "000000" { "000001" } else { "000000" };
    for typed in ["", wrong, &code_in(&app.letter_to("alice@example.com").await)] {
        let refused = asked.form().fill("number", typed).submit(&mut other).await;
        assert_eq!(refused.reply.status, 400, "{typed}");
        assert!(!is_signed_in(&mut other).await);
    }
    let there = asked.form().fill("number", &format!("{} {}", &number[..3], &number[3..])).submit(&mut other).await;
    there.reply.expect(200);
    assert!(is_signed_in(&mut other).await);
    assert!(!is_signed_in(&mut asking).await, "and not in the other one");
    asking.get(&link).await.refused(410);
    assert_eq!(
        type_code(&mut asking, &page, &code_in(&app.letter_to("alice@example.com").await)).await.reply.status,
        400
    );

    // In the browser that asked for it the link is enough.
    app.clock.advance(minutes(20));
    ask_to_sign_in(&mut asking, "alice@example.com").await;
    let link = link_in(&app.letter_to("alice@example.com").await);
    asking.get(&link).await.form().submit(&mut asking).await.reply.expect(200);
    assert!(is_signed_in(&mut asking).await);
}

#[tokio::test]
async fn i2_five_wrong_numbers_end_a_link() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let mut asking = app.browser();
    let page = ask_to_sign_in(&mut asking, "alice@example.com").await;
    let link = link_in(&app.letter_to("alice@example.com").await);
    let mut thief = app.browser();
    let asked = thief.get(&link).await;
    for n in 0..5 {
        let refused = asked.form().fill("number", "no").submit(&mut thief).await;
        assert_eq!(refused.reply.status, if n < 4 { 400 } else { 410 }, "{n}");
    }
    let code = code_in(&app.letter_to("alice@example.com").await);
    assert_eq!(type_code(&mut asking, &page, &code).await.reply.status, 400);
    assert!(!is_signed_in(&mut asking).await && !is_signed_in(&mut thief).await);
}

/// CV5.
#[tokio::test]
async fn a_code_signs_in_twice_if_its_form_is_sent_twice_and_five_wrong_ones_end_it() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let page = ask_to_sign_in(&mut browser, "alice@example.com").await;
    let letter = app.letter_to("alice@example.com").await;
    let code = code_in(&letter);
    let mut elsewhere = app.browser();
    elsewhere.get("/sign-in").await;
    let stolen =
        page.form().fill("code", &code).fill("csrf", elsewhere.get("/sign-in").await.form().get("csrf").unwrap());
    assert_eq!(stolen.submit(&mut elsewhere).await.reply.status, 400, "a code is for the browser that asked for it");
    let mut twice = browser.clone();
    type_code(&mut browser, &page, &code).await.reply.expect(200);
    type_code(&mut twice, &page, &code).await.reply.expect(200);
    // A browser has one jar, and keeps what came last.
    assert!(is_signed_in(&mut twice).await);
    let row: (String, String) = sqlx::query_as("SELECT amr, acr FROM session ORDER BY created_at DESC LIMIT 1")
        .fetch_one(&mut *app.app.db.read().await.unwrap())
        .await
        .unwrap();
    assert_eq!(row, ("[\"email\"]".to_owned(), "urn:latchkey:acr:1fa".to_owned()));
    app.clock.advance(minutes(1));
    assert_eq!(type_code(&mut browser, &page, &code).await.reply.status, 400, "later it is over");

    let page = ask_to_sign_in(&mut browser, "alice@example.com").await;
    let code = code_in(&app.letter_to("alice@example.com").await);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(type_code(&mut browser, &page, wrong).await.reply.status, 400);
    }
    assert_eq!(type_code(&mut browser, &page, &code).await.reply.status, 400);
    app.clock.advance(minutes(20));
    let page = ask_to_sign_in(&mut browser, "alice@example.com").await;
    let code = code_in(&app.letter_to("alice@example.com").await);
    app.clock.advance(minutes(11));
    assert_eq!(type_code(&mut browser, &page, &code).await.reply.status, 400, "after ten minutes");
}

/// The page without what is another one each time.
fn alike(page: &Page, name: &str) -> (http::StatusCode, String) {
    let text = page.text_without_code().replace(name, "…");
    (page.reply.status, text.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect())
}

#[tokio::test]
async fn f1_signing_in_by_letter_does_not_tell_who_has_an_account_and_makes_none() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    app.user("unproven").await;
    app.sql("UPDATE user_identifier SET verified_at = NULL WHERE as_written = 'unproven@example.com'").await;
    let disabled = app.user("mallory").await;
    latchkey::account::delete::disable(&app.app, &disabled.id, true).await.unwrap();
    let mut answers = Vec::new();
    for name in ["alice", "nobody", "unproven", "mallory"] {
        let mut browser = app.browser();
        let page = ask_to_sign_in(&mut browser, &format!("{name}@example.com")).await;
        let mut same = vec![alike(&page, name)];
        for _ in 0..6 {
            same.push(alike(&type_code(&mut browser, &page, "").await, name));
            same.push(alike(&type_code(&mut browser, &page, "12345").await, name));
        }
        answers.push(same);
        // While they are good: a letter that is late is not sent.
        app.letters_to(&format!("{name}@example.com")).await;
        app.clock.advance(minutes(60));
    }
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
    for name in ["nobody", "unproven", "mallory"] {
        assert!(app.letters_to(&format!("{name}@example.com")).await.is_empty(), "{name}");
    }
    assert_eq!(app.rows("user_account").await, 3);
}

/// Fills the form of a new account.
async fn sign_up(browser: &mut Browser, email: &str) -> Page {
    let page = browser.get("/sign-up").await;
    page.form().fill("email", email).fill("name", "Al").fill("password", NEW_PASSWORD).submit(browser).await
}

#[tokio::test]
async fn f1_signing_up_does_not_tell_who_has_an_account_the_letter_does() {
    let app = TestApp::with(|config| {
        config.mail.from = Some(sender());
        config.login.sign_up = SignUp::Open;
    })
    .await;
    app.user("alice").await;
    let (mut known, mut unknown) = (app.browser(), app.browser());
    let taken = sign_up(&mut known, "alice@example.com").await;
    let free = sign_up(&mut unknown, "bob@example.com").await;
    assert_eq!(alike(&taken, "alice"), alike(&free, "bob"));
    assert_eq!(app.rows("user_account").await, 1, "nothing is made yet");
    for _ in 0..3 {
        let (a, b) = (type_code(&mut known, &taken, "12345").await, type_code(&mut unknown, &free, "12345").await);
        assert_eq!(alike(&a, "alice"), alike(&b, "bob"));
    }
    let told = app.letter_to("alice@example.com").await;
    assert_eq!(told.subject, "You already have an account");
    assert!(
        !told.text.lines().any(|line| line.trim().len() == 6 && line.trim().parse::<u32>().is_ok()),
        "{}",
        told.text
    );
    let code = code_in(&app.letter_to("bob@example.com").await);
    type_code(&mut unknown, &free, &code).await.reply.expect(200);
    assert!(is_signed_in(&mut unknown).await);
    let bob = app.person("bob@example.com").await;
    assert!(latchkey::account::person::find(&app.app, &bob.id).await.unwrap().unwrap().email_verified);
    // What waits to be made is sealed, and does not outlive its account.
    assert_eq!(alike(&type_code(&mut known, &taken, &code).await, "alice").0, 400);
    assert_eq!(app.rows("user_account").await, 2);
}

#[tokio::test]
async fn five_wrong_codes_of_a_letter_are_in_the_log_of_whose_account_it_is() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let page = browser.get("/sign-in/mail").await;
    let mut page = page.form_to("/sign-in/mail").fill("email", "alice@example.com").submit(&mut browser).await;
    let code = code_in(&app.letter_to("alice@example.com").await);
    let wrong = if code == "123456" { "654321" } else { "123456" };
    for tries in 1..=5 {
        page = type_code(&mut browser, &page, wrong).await;
        let failed = app.events().await.iter().filter(|kind| *kind == "mail_code_failed").count();
        assert_eq!(failed, usize::from(tries == 5), "{tries}");
    }
}

#[tokio::test]
async fn a_letter_leads_on_to_the_application_by_its_code_and_by_its_link() {
    let app = TestApp::with_mail().await;
    let rp = app.relying_party().await;
    for by_link in [false, true] {
        app.user("alice").await;
        let mut browser = app.browser();
        let page = browser.get(&rp.request().path()).await;
        let sealed = page.form_to("/sign-in").get("interaction").unwrap().to_owned();
        let page = browser.get(&format!("/sign-in/mail?{}", form_encode(&[("interaction", &sealed)]))).await;
        let page = page.form_to("/sign-in/mail").fill("email", "alice@example.com").submit(&mut browser).await;
        let letter = app.letter_to("alice@example.com").await;
        let next = match by_link {
            false => type_code(&mut browser, &page, &code_in(&letter)).await,
            true => browser.get(&link_in(&letter)).await.form().submit(&mut browser).await,
        };
        let tokens = rp.exchange(&browser.go_on(next).await.code()).await.tokens();
        assert!(!tokens.access_token.is_empty());
        app.clock.advance(minutes(20));
    }
}
