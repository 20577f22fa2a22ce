//! Who can make an account, and how. CV5.

use latchkey::config::SignUp;
use latchkey::mail::domain::DomainRule;

use crate::harness::{Browser, PASSWORD, Page, TestApp, code_in, sender};

/// Opens the page of a new account and sends its form.
async fn sign_up(browser: &mut Browser, email: &str) -> Page {
    let page = browser.get("/sign-up").await;
    page.form_to("/sign-up").fill("email", email).fill("password", PASSWORD).submit(browser).await
}

/// Types the code that came by letter.
async fn type_code(app: &TestApp, browser: &mut Browser, page: &Page, email: &str) -> Page {
    let code = code_in(&app.letter_to(email).await);
    page.form().fill("code", &code).submit(browser).await
}

/// A browser in a network of its own.
fn stranger(app: &TestApp, n: u8) -> Browser {
    let mut browser = app.browser();
    browser.address = [198, 51, 100, n].into();
    browser
}

/// The text of a page with what differs between two addresses taken out.
fn alike(page: &Page, name: &str) -> (http::StatusCode, String) {
    (page.reply.status, page.text().replace(name, "…"))
}

fn domains(rules: &[&str]) -> Vec<DomainRule> {
    rules.iter().map(|rule| DomainRule::parse(rule).unwrap()).collect()
}

#[tokio::test]
async fn cv5_a_closed_sign_up_is_closed_for_every_way_in_with_the_same_answer() {
    let app = TestApp::with_mail().await;
    let rp = app.relying_party().await;
    app.user("alice").await;
    let mut browser = app.browser();
    for page in [browser.get("/").await, browser.get("/sign-in").await, browser.get(&rp.request().path()).await] {
        assert!(!page.reply.body.contains("/sign-up"), "{}", page.url);
    }
    browser.get(&rp.request().set("prompt", "create").path()).await.error("invalid_request");
    let csrf = browser.get("/sign-in").await.form_to("/sign-in").get("csrf").unwrap().to_owned();
    let mut answers = vec![browser.get("/sign-up").await, browser.get("/sign-up?interaction=x").await];
    for email in ["alice@example.com", "new@example.com", "nonsense"] {
        answers.push(browser.post("/sign-up", &[("csrf", &csrf), ("email", email), ("password", PASSWORD)]).await);
        let code = [("csrf", &*csrf), ("email", email), ("asked", "x"), ("code", "123456")];
        answers.push(browser.post("/sign-up", &code).await);
    }
    let without_request = |page: &Page| page.text().split("Request").next().unwrap().to_owned();
    for answer in &answers {
        answer.refused(403);
        assert_eq!(without_request(answer), without_request(&answers[0]));
    }
    // A letter to sign in with makes none either, and does not tell.
    let ask = |email: &'static str| {
        let mut browser = app.browser();
        async move {
            let page = browser.get("/sign-in/mail").await;
            page.form_to("/sign-in/mail").fill("email", email).submit(&mut browser).await
        }
    };
    ask("new@example.com").await.reply.expect(200);
    assert!(app.letters_to("new@example.com").await.is_empty());
    assert_eq!(app.rows("user_account").await, 1);
}

#[tokio::test]
async fn cv5_a_sign_up_that_was_begun_makes_no_account_once_it_may_not_any_more() {
    let app = TestApp::with(|config| {
        config.mail.from = Some(sender());
        config.login.sign_up = SignUp::Open;
    })
    .await;
    let mut browser = app.browser();
    let page = sign_up(&mut browser, "new@example.com").await;
    let code = code_in(&app.letter_to("new@example.com").await);
    type Change = fn(&mut latchkey::config::Config);
    let changed: [(Change, u16); 2] = [
        (|config| config.login.sign_up = SignUp::Closed, 403),
        (|config| config.login.sign_up_domains = domains(&["northwind.example"]), 400),
    ];
    for (change, status) in changed {
        let mut config = app.app.config.clone();
        change(&mut config);
        let later = app.on(config).await;
        let mut browser = browser.on(&later);
        page.form().fill("code", &code).submit(&mut browser).await.reply.expect(status);
        assert_eq!(app.rows("user_account").await, 0);
    }
}

#[tokio::test]
async fn addresses_of_some_domains_alone_can_make_an_account_where_it_is_configured_so() {
    let app = TestApp::with(|config| {
        config.mail.from = Some(sender());
        config.login.sign_up = SignUp::Open;
        config.login.sign_up_domains = domains(&["example.com", "норд.example"]);
    })
    .await;
    app.user("alice").await;
    for (n, refused) in (0..).zip(["bob@elsewhere.example", "bob@sub.example.com", "bob@example.com.elsewhere.example"])
    {
        let page = sign_up(&mut stranger(&app, n), refused).await;
        page.refused(400);
        assert!(page.text().contains("addresses of this domain"), "{}", page.text());
        assert!(app.letters_to(refused).await.is_empty(), "{refused}");
    }
    for (admitted, mailbox) in [("Bob@EXAMPLE.com", "Bob@example.com"), ("bob@НОРД.example", "bob@xn--d1ardi.example")]
    {
        let mut browser = stranger(&app, 7);
        let page = sign_up(&mut browser, admitted).await;
        type_code(&app, &mut browser, &page, mailbox).await.reply.expect(200);
        browser.get("/account").await.expect("account");
    }
    assert_eq!(app.rows("user_account").await, 3);
}

#[tokio::test]
async fn f1_a_refused_domain_does_not_tell_who_has_an_account() {
    let app = TestApp::with(|config| {
        config.mail.from = Some(sender());
        config.login.sign_up = SignUp::Open;
        config.login.sign_up_domains = domains(&["northwind.example"]);
    })
    .await;
    app.user("alice").await;
    let known = sign_up(&mut app.browser(), "alice@example.com").await;
    let unknown = sign_up(&mut app.browser(), "nobody@example.com").await;
    assert_eq!(known.reply.status, 400);
    assert_eq!(alike(&known, "alice"), alike(&unknown, "nobody"));
    assert_eq!(app.rows("mail_proof").await + app.rows("outbox").await, 0);
}
