//! D and E. Sign-out and sessions.

use std::collections::BTreeSet;

use crate::harness::{Browser, PASSWORD, RelyingParty, TestApp, code_in, form_encode, minutes, seconds};
use latchkey::site::page::Page as LatchkeyPage;

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
async fn e1_a_letter_and_a_step_up_make_a_new_session_cookie_and_kill_the_old() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let page = browser.get("/sign-in/mail").await;
    let asked = page.form_to("/sign-in/mail").fill("email", "alice@example.com").submit(&mut browser).await;
    let code = code_in(&app.letters_to("alice@example.com").await[0]);
    browser.cookies.insert("sid".to_owned(), "A".repeat(43));
    let done = asked.form_to("/sign-in/mail").fill("code", &code).submit(&mut browser).await;
    done.reply.expect(200);
    let first = browser.cookies["sid"].clone();
    assert_ne!(first, "A".repeat(43), "a new cookie after the letter");
    // A page that wants more than an old sign-in.
    app.pass(app.app.config.login.step_up).await;
    let page = browser.get("/account/passkeys").await;
    let form = page.expect("sign-in").form_to("/sign-in").fill("identifier", "alice").fill("password", PASSWORD);
    form.submit(&mut browser).await.expect("passkeys");
    assert_ne!(browser.cookies["sid"], first, "a new cookie after the step-up");
    app.pass(minutes(1)).await;
    browser.cookies.insert("sid".to_owned(), first);
    browser.get("/account").await.expect("sign-in");
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

/// The accounts that can be chosen in a browser.
async fn accounts(browser: &mut Browser, rp: &RelyingParty) -> Vec<&'static str> {
    let page = browser.get(&rp.request().set("prompt", "select_account").path()).await;
    if page.name() != "select-account" {
        return vec![];
    }
    let text = page.text();
    ["alice", "bob", "mallory"].into_iter().filter(|name| text.contains(&format!("{name} Example"))).collect()
}

#[tokio::test]
async fn e1_a_lost_answer_signs_nobody_out_and_the_cookie_before_never_opens_what_was_just_begun() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut before = app.browser().sign_in("alice").await;
    before.authorize(&rp).await.code();
    // Bob signs in, too, and his answer never arrives.
    let mut after = before.clone().sign_in("bob").await;
    assert_eq!(accounts(&mut after, &rp).await, ["alice", "bob"]);
    app.clock.advance(seconds(29));
    assert_eq!(accounts(&mut before, &rp).await, ["alice"]);
    let tokens = rp.exchange(&before.get(&rp.request().set("prompt", "none").path()).await.code()).await.tokens();
    assert_eq!(tokens.id_claims()["sub"], app.user("alice").await.sub);
    app.clock.advance(seconds(2));
    assert_eq!(accounts(&mut before, &rp).await, [""; 0]);
    assert_eq!(accounts(&mut after, &rp).await, ["alice", "bob"]);
}

#[tokio::test]
async fn e1_who_signs_in_again_because_the_answer_was_lost_finds_all_accounts() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let before = app.browser().sign_in("alice").await;
    let _lost = before.clone().sign_in("bob").await;
    app.clock.advance(seconds(10));
    let _lost_too = before.clone().sign_in("bob").await;
    app.clock.advance(seconds(10));
    let mut again = before.sign_in("bob").await;
    app.clock.advance(minutes(1));
    assert_eq!(accounts(&mut again, &rp).await, ["alice", "bob"]);
    for person in ["alice", "bob"] {
        assert_eq!(app.live_sessions_of(person).await, 1, "{person}");
    }
}

#[tokio::test]
async fn e1_a_planted_cookie_gains_nothing_by_being_the_one_before() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    // Mallory signs in, and plants all cookies in the browser of Alice.
    let mut mallory = app.browser().sign_in("mallory").await;
    let mut alice = mallory.clone().sign_in("alice").await;
    assert_eq!(accounts(&mut alice, &rp).await, ["alice", "mallory"]);
    assert_eq!(accounts(&mut mallory, &rp).await, ["mallory"]);
    // Nor by signing in with it once more.
    let mut mallory = mallory.sign_in("mallory").await;
    assert_eq!(accounts(&mut mallory, &rp).await, ["mallory"]);
    // A cookie that was never good does not become one.
    let mut alice = app.browser();
    alice.get("/sign-in").await;
    alice.cookies.insert("sid".to_owned(), "A".repeat(43));
    let planted = alice.clone();
    let mut alice = alice.sign_in("alice").await;
    let mut mallory = planted.clone().sign_in("mallory").await;
    assert_eq!(accounts(&mut mallory, &rp).await, ["mallory"]);
    assert_eq!(accounts(&mut planted.clone(), &rp).await, [""; 0]);
    assert_eq!(accounts(&mut alice, &rp).await, [""; 0], "who signs in later finds nobody, and ends what was open");
}

#[tokio::test]
async fn e1_a_copy_of_the_cookie_before_becomes_no_good_one_by_another_persons_sign_in() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    // A copy of Alice's cookies is with Mallory when Bob signs in, too.
    let copy = app.browser().sign_in("alice").await;
    let mut browser = copy.clone().sign_in("bob").await;
    assert_eq!(accounts(&mut browser, &rp).await, ["alice", "bob"]);
    let mut mallory = copy.sign_in("mallory").await;
    assert_eq!(accounts(&mut mallory, &rp).await, ["mallory"]);
    app.clock.advance(minutes(1));
    assert_eq!(accounts(&mut mallory, &rp).await, ["mallory"]);
}

#[tokio::test]
async fn e1_the_cookie_before_does_not_live_longer_when_the_clock_is_set_back() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut before = app.browser().sign_in("alice").await;
    before.clone().sign_in("bob").await;
    // Of the clock of another process, or of this one.
    app.sql("UPDATE browser SET sid_renewed_at = sid_renewed_at + 3600000000").await;
    assert_eq!(accounts(&mut before, &rp).await, [""; 0]);
}

#[tokio::test]
async fn e2_every_cookie_is_host_bound_and_out_of_reach_and_a_planted_second_one_makes_none() {
    let app = TestApp::with(|config| {
        config.issuer = latchkey::config::Issuer::parse("https://id.example").unwrap();
        config.login.sign_up = latchkey::config::SignUp::Open;
    })
    .await;
    let (rp, trial) = (app.relying_party().await, app.trial().await);
    let mut browser = app.browser().sign_in("alice").await;
    let authenticator = browser.set_up_authenticator().await;
    // Of two accounts one is to stay signed in; then half a sign-in, and another language.
    app.user("bob").await;
    let form =
        browser.get("/sign-in?account=another").await.form().fill("identifier", "bob").fill("password", PASSWORD);
    form.fill("keep_signed_in", "yes").submit(&mut browser).await.reply.expect(200);
    let page = browser.type_password("alice", PASSWORD).await;
    page.form_to("/language").fill("language", "ru").submit(&mut browser).await.reply.expect(200);
    page.form().fill("code", &authenticator.code(&app)).submit(&mut browser).await.reply.expect(200);
    // A secret for an app that waits until its person has signed in again.
    let mut slow = app.browser().sign_in("carol").await;
    let page = slow.get("/account/authenticator").await;
    app.pass(minutes(6)).await;
    page.form().fill("code", "000000").submit(&mut slow).await.expect("sign-in");
    let mut visitor = app.browser();
    visitor.visit(&trial).await;
    visitor.get(&trial.request().path()).await;
    let mut names = BTreeSet::new();
    for line in [&browser, &slow, &visitor].into_iter().flat_map(|one| &one.set_cookies) {
        for flag in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
            assert!(line.contains(flag), "{flag} in {line}");
        }
        assert!(!line.contains("Domain"), "{line}");
        names.insert(line.split('=').next().unwrap());
    }
    let all = ["__Host-browser", "__Host-carried", "__Host-half", "__Host-kept", "__Host-language", "__Host-sid"];
    assert_eq!(names.into_iter().collect::<Vec<_>>(), all, "every cookie that there is");
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
    // So for every page that takes a form, whichever there are.
    let mut forms = 0;
    // A request to sign out may come by a form of the application: it is asked about first. What a provider posts is kept, and counts in the
    // browser that has set out alone.
    let of_others = [LatchkeyPage::EndSession, LatchkeyPage::UpstreamCallback];
    for page in LatchkeyPage::ALL.iter().filter(|page| !of_others.contains(page)) {
        let answer = signed_in.post(page.path(), &[("csrf", &foreign)]).await;
        if answer.reply.status != 405 {
            assert_eq!(answer.reply.status, 403, "{}", page.path());
            forms += 1;
        }
    }
    assert!(forms > 20, "{forms} pages take forms");
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

#[tokio::test]
async fn another_site_cannot_replace_the_cookie_of_a_browser() {
    let app = TestApp::new().await;
    // Such a request has no cookies, since ours are `Lax`; what it sets would take the place of the browser's own.
    for path in ["/sign-in", "/consent", "/language", "/account/password", "/nowhere"] {
        let forged = http::Request::post(app.path(path))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "https://evil.example")
            .body(form_encode(&[("identifier", "alice")]).into());
        let reply = app.send(forged.unwrap()).await;
        assert!(reply.status.is_client_error(), "{path}: {}", reply.status);
        assert_eq!(reply.header("set-cookie"), None, "{path}");
        assert!(!reply.body.contains("name=\"language\""), "{path}: a form that could not be sent");
    }
    // A new browser gets its cookie with a page that it opens, errors included.
    assert!(app.get("/nowhere").await.header("set-cookie").is_some());
}
