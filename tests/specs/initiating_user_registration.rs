//! Initiating User Registration via OpenID Connect 1.0.

use latchkey::config::{SignUp, SignUpChallenge};

use crate::harness::{PASSWORD, TestApp};

#[tokio::test]
async fn prompt_create_leads_to_sign_up_and_on_to_the_client() {
    let app = TestApp::with(|config| config.login.sign_up = SignUp::Open).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().set("prompt", "create").path()).await;
    page.expect("sign-up");
    let page = page
        .form()
        .fill("email", "new@example.com")
        .fill("name", "New")
        .fill("password", PASSWORD)
        .submit(&mut browser)
        .await;
    let answer = browser.go_on(page).await;
    let tokens = rp.exchange(&answer.code()).await.tokens();
    let userinfo = rp.userinfo(&tokens.access_token).await.json();
    assert_eq!(
        (&userinfo["email"], &userinfo["email_verified"], &userinfo["name"]),
        (&"new@example.com".into(), &false.into(), &"New".into())
    );
}

#[tokio::test]
async fn prompt_create_is_offered_where_people_can_sign_up_and_an_error_elsewhere() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    app.browser().get(&rp.request().set("prompt", "create").path()).await.error("invalid_request");
    assert!(!app.get("/.well-known/openid-configuration").await.body.contains("create"));
    app.get("/sign-up").await.expect(403);
    let open = TestApp::with(|config| config.login.sign_up = SignUp::Open).await;
    let document = open.get("/.well-known/openid-configuration").await.json();
    assert!(document["prompt_values_supported"].as_array().unwrap().contains(&"create".into()));
}

#[tokio::test]
async fn a_taken_address_and_a_guessable_password_are_refused_with_the_reason() {
    let app = TestApp::with(|config| config.login.sign_up = SignUp::Open).await;
    app.user("alice").await;
    let mut browser = app.browser();
    let page = browser.get("/sign-up").await;
    for (email, password) in [
        ("ALICE@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("", PASSWORD),
        ("b@example.com", "short"),
        ("b@example.com", "passwordpassword"),
        ("heron.evening@example.com", "heron.evening@example.com"),
        ("b@example.com", ""),
    ] {
        let answer = page.form().fill("email", email).fill("password", password).submit(&mut browser).await;
        assert_eq!(answer.reply.status, 400, "{email} {password}");
        assert_eq!(answer.form().get("email").unwrap_or_default(), email);
        assert_eq!(answer.form().get("password").unwrap_or_default(), "", "a password is never echoed");
    }
    assert_eq!(app.rows("user_account").await, 1);
}

#[tokio::test]
async fn a_refused_password_is_told_which_rule_it_breaks() {
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        config.login.sign_up_challenge = SignUpChallenge::Never;
        config.pages.operator_name = "Tidepool Library".to_owned();
    })
    .await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().set("prompt", "create").path()).await;
    let (own, stolen) = ("is made of your name", "appears in lists of stolen passwords");
    for (name, password, why) in [
        ("Alice Liddell", "Liddell-Alice-2024", own),
        ("", "alice.wonders2024!", own),
        ("", "tidepool  library 1", own),
        ("", &format!("{0} {0} 2024", rp.client.name)[..], own),
        ("", "RedHamsterBlueHamster", stolen),
        ("", "redhamsterbluehamster99", stolen),
        ("", "qwertyuiopasdfghjkl", "too easy to guess"),
    ] {
        let form = page.form().fill("email", "alice.wonders@example.com").fill("name", name);
        let answer = form.fill("password", password).submit(&mut browser).await;
        assert_eq!(answer.reply.status, 400, "{password}");
        assert!(answer.text().contains(why), "{password}: {}", answer.text());
    }
    assert_eq!(app.rows("user_account").await, 0);
}
