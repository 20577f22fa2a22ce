//! R. Injection into SQL, the log and pages.

use latchkey::config::SignUp;
use latchkey::letters::content::{Content, Letter};
use latchkey::letters::kind::Kind;
use latchkey::letters::written::{Facts, Secrets};
use latchkey::site::page::Page;

use crate::harness::{PASSWORD, Passkey, TestApp, form_encode, keep_log, kept_log};

#[tokio::test]
async fn r1_text_stays_text_in_sql() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let users = app.rows("user_account").await;
    for text in ["' OR '1'='1", "'; DROP TABLE user_account; --", "\\' OR 1=1 --", "$1", "?1", "alice' --", "%", "_"] {
        let mut browser = app.browser();
        app.user("alice").await;
        let page = browser.get("/sign-in").await;
        let answer = page.form().fill("identifier", text).fill("password", text).submit(&mut browser).await;
        assert_eq!(answer.name(), "sign-in", "{text} signs nobody in");
        app.browser().get(&rp.request().set("client_id", text).path()).await.refused(400);
        rp.exchange(text).await.error("invalid_grant");
        rp.refresh(text).await.error("invalid_grant");
        assert_eq!(rp.introspect(text).await.expect(200).json()["active"], false);
        browser.cookies.insert("sid".to_owned(), text.replace([';', ' '], ""));
        browser.get(&rp.request().set("prompt", "none").path()).await.error("login_required");
        app.post("/token", &[("grant_type", "client_credentials"), ("client_id", text), ("client_secret", text)])
            .await
            .error("invalid_client");
    }
    assert_eq!(app.rows("user_account").await, users + 1);
}

#[tokio::test(flavor = "current_thread")]
async fn r2_a_whole_journey_at_trace_logs_no_secret_and_no_line_of_a_strangers() {
    keep_log();
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let code = browser.authorize(&rp).await.code();
    let tokens = rp.exchange(&code).await.tokens();
    let second = rp.refresh(tokens.refresh()).await.tokens();
    rp.userinfo(&second.access_token).await.expect(200);
    rp.introspect(&second.access_token).await.expect(200);
    let injected = "x\r\n2026-01-01T00:00:00Z ERROR forged";
    let page = browser.get("/sign-in").await;
    page.form().fill("identifier", injected).fill("password", "wrong password here").submit(&mut browser).await;
    app.get(&format!("/nowhere?{}", form_encode(&[("x", injected)]))).await;
    app.post_with("/token", &[("grant_type", injected)], &[("user-agent", "evil"), ("authorization", &rp.basic())])
        .await;
    rp.revoke(second.refresh()).await.expect(200);
    browser.get(&format!("/end_session?id_token_hint={}", second.id_token.as_deref().unwrap())).await;

    let text = kept_log();
    assert!(text.contains("request{id="), "the log is there:\n{text}");
    let secrets = [
        code,
        tokens.access_token.clone(),
        tokens.refresh().to_owned(),
        tokens.id_token.clone().unwrap(),
        second.access_token.clone(),
        second.refresh().to_owned(),
        rp.secret().to_owned(),
        PASSWORD.to_owned(),
        "wrong password here".to_owned(),
        rp.verifier.clone(),
        page.form().get("csrf").unwrap().to_owned(),
        "alice@example.com".to_owned(),
        "a state & more".to_owned(),
    ];
    for secret in secrets.iter().map(String::as_str).chain(browser.cookies.values().map(String::as_str)) {
        assert!(
            !text.contains(secret),
            "{secret} is in the log:\n{}",
            text.lines().find(|line| line.contains(secret)).unwrap_or_default()
        );
    }
    assert!(!text.lines().any(|line| line.starts_with("2026-01-01T00:00:00Z ERROR forged")), "{text}");
}

#[tokio::test]
async fn r3_markup_comes_out_as_text_on_every_page_that_shows_a_strangers_words() {
    let app = TestApp::with(|config| config.login.sign_up = SignUp::Open).await;
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let rp =
        app.client(latchkey::oidc::client::metadata::ClientKind::Web, |new| new.name = Some(evil.to_owned())).await;
    let clean = |body: &str| assert!(!body.contains("<script>alert") && !body.contains("<img src=x"), "{body}");
    let mut browser = app.browser();
    let hinted = rp.request().set("login_hint", evil).set("ui_locales", evil).set("acr_values", evil);
    let page = browser.get(&hinted.path()).await;
    clean(&page.reply.body);
    assert_eq!(page.form().get("identifier"), Some(evil), "shown as it was hinted, as text");
    let again = page.form().fill("identifier", evil).fill("password", "wrong password here").submit(&mut browser).await;
    clean(&again.reply.body);
    let sign_up = browser.get(&rp.request().set("prompt", "create").path()).await;
    let refused =
        sign_up.form().fill("email", evil).fill("name", evil).fill("password", "short").submit(&mut browser).await;
    clean(&refused.reply.body);
    // A name that was taken is shown to others, and to its owner.
    let made = refused
        .form()
        .fill("email", "mallory@example.com")
        .fill("name", evil)
        .fill("password", PASSWORD)
        .submit(&mut browser)
        .await;
    clean(&made.reply.body);
    made.expect("consent");
    clean(&browser.get("/").await.reply.body);
    clean(&browser.get("/end_session").await.reply.body);
    clean(&browser.get(&rp.request().set("redirect_uri", evil).path()).await.reply.body);
    clean(
        &browser
            .get(&format!("/{}", url::form_urlencoded::byte_serialize(evil.as_bytes()).collect::<String>()))
            .await
            .reply
            .body,
    );
}

/// What a stranger may have chosen, so that it comes out as markup where it is not written as text.
const MARKUP: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

#[tokio::test]
async fn r3_markup_comes_out_as_text_on_every_page_of_an_account_that_shows_what_others_have_sent() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.add_passkey(Passkey::new(&app)).await;
    app.browser().sign_in("alice").await;
    let text = MARKUP.replace('\'', "''");
    for column in
        ["session SET user_agent", "event SET user_agent", "passkey SET name", "user_identifier SET as_written"]
    {
        app.execute(format!("UPDATE {column} = '{text}'")).await;
    }
    let mut shown = 0;
    for page in Page::ALL.iter().filter(|page| page.path().starts_with("/account")) {
        let reply = browser.get(page.path()).await.reply;
        assert!(
            !reply.body.contains("<script>alert") && !reply.body.contains("<img src=x"),
            "{page:?}: {}",
            reply.body
        );
        shown +=
            usize::from(reply.body.contains("&lt;script&gt;alert") || reply.body.contains("&#60;script&#62;alert"));
    }
    assert!(shown >= 4, "{shown} pages show it");
}

#[tokio::test]
async fn r3_markup_comes_out_as_text_in_every_letter() {
    let app = TestApp::with(|config| config.pages.operator_name = MARKUP.to_owned()).await;
    let site = app.app.site.get();
    let text = || Some(MARKUP.to_owned());
    let facts = Facts {
        at: Some(app.app.now()),
        address: text(),
        user_agent: text(),
        old: text(),
        new: text(),
        due_at: Some(app.app.now()),
        ..Facts::default()
    };
    let secrets = Secrets { code: Some(MARKUP.into()), token: Some(MARKUP.into()), word: None };
    for kind in Kind::ALL {
        for language in site.languages().all() {
            let letter = Letter { kind, recipient: MARKUP, facts: &facts, secrets: &secrets, word: Some(MARKUP) };
            let content = Content::new(&site, &app.app.config.issuer, language, &letter);
            let html = content.html().unwrap();
            assert!(!html.contains("<script>alert") && !html.contains("<img src=x"), "{kind:?}: {html}");
            assert!(content.plain().unwrap().contains(MARKUP), "{kind:?}: plain text stays as it is");
        }
    }
}
