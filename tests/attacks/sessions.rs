//! D and E. Sign-out and sessions.

use crate::harness::{PASSWORD, TestApp, form_encode, minutes};

#[tokio::test]
async fn d1_a_foreign_site_can_only_lead_to_the_question_whether_to_sign_out() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    let page = browser.get("/end_session").await;
    page.expect("end_session");
    browser
        .get(&format!("/end_session?client_id={}&post_logout_redirect_uri=https://rp.example/bye", rp.id()))
        .await
        .expect("end_session");
    // A form of somebody else's, with a decision in it.
    let forged = http::Request::post("/end_session")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", "https://evil.example");
    browser.send(forged, form_encode(&[("decision", "sign_out")])).await.expect(403);
    assert!(rp.is_good(&tokens.access_token).await, "still signed in");
    page.form().fill("decision", "stay").submit(&mut browser).await;
    assert!(rp.is_good(&tokens.access_token).await);
    page.form().fill("decision", "sign_out").submit(&mut browser).await;
    assert!(!rp.is_good(&tokens.access_token).await);
}

#[tokio::test]
async fn d2_a_changed_hint_or_address_is_an_error_page_and_changes_nothing() {
    let app = TestApp::new().await;
    let (rp, other) = (app.relying_party().await, app.relying_party().await);
    let mut browser = app.browser();
    let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    let hint = tokens.id_token.clone().unwrap();
    let changed = format!("{}x", &hint[..hint.len() - 1]);
    let bye = "https://rp.example/bye";
    for query in [
        vec![("id_token_hint", &*changed), ("post_logout_redirect_uri", bye)],
        vec![("id_token_hint", "garbage")],
        vec![("id_token_hint", &*hint), ("post_logout_redirect_uri", "https://evil.example/")],
        vec![("id_token_hint", &*hint), ("post_logout_redirect_uri", "https://rp.example/bye?x=1")],
        vec![("id_token_hint", &*hint), ("client_id", other.id())],
        vec![("id_token_hint", &*hint), ("state", "a"), ("state", "b")],
        vec![("client_id", "nobody"), ("post_logout_redirect_uri", bye)],
    ] {
        browser.get(&format!("/end_session?{}", form_encode(&query))).await.refused(400);
        assert!(rp.is_good(&tokens.access_token).await, "{query:?} ended the session");
    }
}

#[tokio::test]
async fn d3_nothing_of_a_session_is_good_after_its_sign_out() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let unused = browser.authorize(&rp).await.code();
    let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    let kept = browser.clone();
    browser.get(&format!("/end_session?id_token_hint={}", tokens.id_token.as_deref().unwrap())).await;
    for mut browser in [browser, kept] {
        browser.get(&rp.request().set("prompt", "none").path()).await.error("login_required");
    }
    rp.exchange(&unused).await.error("invalid_grant");
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
    rp.userinfo(&tokens.access_token).await.expect(401);
    assert_eq!(rp.introspect(&tokens.access_token).await.json()["active"], false);
}

#[tokio::test]
async fn e1_each_authentication_makes_a_new_session_cookie_and_kills_the_old() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    // Planted by an attacker.
    let mut browser = app.browser();
    browser.cookies.insert("sid".to_owned(), "A".repeat(43));
    let mut browser = browser.sign_in("alice").await;
    let first = browser.cookies["sid"].clone();
    assert_ne!(first, "A".repeat(43));
    let again = rp.request().set("prompt", "login");
    browser.go_through(&again).await.code();
    assert_ne!(browser.cookies["sid"], first);
    browser.cookies.insert("sid".to_owned(), first);
    browser.get(&rp.request().set("prompt", "none").path()).await.error("login_required");
}

#[tokio::test]
async fn e1_who_signs_in_later_at_a_shared_computer_does_not_find_the_one_before() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    // The browser was closed: its session cookie is gone, the long-lived one is not.
    browser.cookies.remove("sid");
    let mut browser = browser.sign_in("bob").await;
    let choice = browser.get(&rp.request().set("prompt", "select_account").path()).await;
    assert!(!choice.text().contains("alice"), "{}", choice.text());
}

#[tokio::test]
async fn e2_cookies_are_host_bound_and_a_planted_second_one_makes_none() {
    let app =
        TestApp::with(|config| config.issuer = latchkey::config::Issuer::parse("https://id.example").unwrap()).await;
    let rp = app.relying_party().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let page = browser.get("/sign-in").await;
    let reply = {
        let form = page.form().fill("identifier", "alice").fill("password", PASSWORD);
        let fields: Vec<_> = form.fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let request = http::Request::post("/sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "https://id.example");
        browser.send(request, form_encode(&fields)).await
    };
    for line in page.reply.set_cookies().iter().chain(&reply.set_cookies()) {
        assert!(line.starts_with("__Host-"), "{line}");
        for flag in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
            assert!(line.contains(flag), "{flag} in {line}");
        }
        assert!(!line.contains("Domain"), "{line}");
    }
    let sid = browser.cookies["__Host-sid"].clone();
    let silent = rp.request().set("prompt", "none").path();
    let twice =
        http::Request::get(&silent).header("cookie", format!("__Host-sid={sid}; __Host-sid={}", "A".repeat(43)));
    let reply = app.send(twice.body(axum::body::Body::empty()).unwrap()).await;
    assert!(reply.location().contains("error=login_required"), "{}", reply.location());
}

#[tokio::test]
async fn e3_forms_that_this_browser_was_not_shown_are_403() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    app.user("alice").await;
    let mut victim = app.browser();
    let page = victim.get("/sign-in").await;
    let mut attacker = app.browser();
    let foreign = attacker.get("/sign-in").await.form().get("csrf").unwrap().to_owned();
    let good = page.form().fill("identifier", "alice").fill("password", PASSWORD);
    for csrf in ["", "x", &foreign] {
        good.clone().fill("csrf", csrf).submit(&mut victim).await.refused(403);
    }
    // The right token, posted from elsewhere.
    let fields: Vec<_> = good.fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    for origin in ["https://evil.example", "null", "http://localhost:8081"] {
        let request = http::Request::post("/sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", origin);
        victim.clone().send(request, form_encode(&fields)).await.expect(403);
    }
    // Consent, choice of account, language: the same.
    let mut signed_in = app.browser().sign_in("alice").await;
    let consent = signed_in.get(&rp.request().path()).await;
    consent.form().fill("decision", "allow").fill("csrf", &foreign).submit(&mut signed_in).await.refused(403);
    for path in ["/sign-up", "/select-account", "/set-password", "/language", "/consent"] {
        signed_in.post(path, &[("csrf", &foreign)]).await.refused(403);
    }
    // No cookies at all.
    app.post("/sign-in", &fields).await.expect(403);
}

#[tokio::test]
async fn e4_a_skipped_step_or_an_empty_form_leads_back_to_what_is_to_be_done() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let interaction = page.form().get("interaction").unwrap().to_owned();
    let csrf = page.form().get("csrf").unwrap().to_owned();
    // Consent before anybody has signed in.
    let skipped =
        browser.post("/consent", &[("csrf", &csrf), ("interaction", &interaction), ("decision", "allow")]).await;
    skipped.expect("sign-in");
    browser
        .post("/select-account", &[("csrf", &csrf), ("interaction", &interaction), ("session", "x")])
        .await
        .expect("sign-in");
    browser.get(&format!("/authorize?interaction={interaction}")).await.expect("sign-in");
    for fields in [vec![], vec![("csrf", &*csrf)], vec![("csrf", &*csrf), ("interaction", &*interaction)]] {
        let answer = browser.post("/sign-in", &fields).await;
        assert!([400, 403].contains(&answer.reply.status.as_u16()), "{fields:?}: {}", answer.reply.status);
    }
    browser.post("/consent", &[("csrf", &csrf)]).await.refused(400);
    // Deciding nothing on the consent page is no consent.
    let mut browser = app.browser().sign_in("alice").await;
    let consent = browser.get(&rp.request().path()).await;
    consent.form().submit(&mut browser).await.expect("consent");
    let denied = consent.form().fill("decision", "deny").submit(&mut browser).await;
    denied.error("access_denied");
    app.clock.advance(minutes(1));
}
