//! Anonymous accounts: begun at a client that allows them, kept by who signs up, removed if they are not used.

use latchkey::config::{Config, SecondFactor, SignUp, SignUpChallenge, SignUpIdentifier};
use latchkey::mail::domain::DomainRule;
use latchkey::server::jobs;
use serde_json::{Value, json};

use crate::harness::{Browser, PASSWORD, Page, TestApp, answer, code_in, minutes, sender};

const A_DAY: u64 = 24 * 60;

/// A provider where everybody may make an account.
async fn open() -> TestApp {
    TestApp::with(|config| config.login.sign_up = SignUp::Open).await
}

/// A provider that sends letters, with another configuration.
async fn with_mail(change: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::with(|config| {
        config.mail.from = Some(sender());
        change(config);
    })
    .await
}

/// Signs up on the page, as it is filled, with this address.
async fn sign_up(browser: &mut Browser, email: &str) -> Page {
    let page = browser.get("/sign-up").await;
    page.form_to("/sign-up").fill("email", email).fill("password", PASSWORD).submit(browser).await
}

fn offers(page: &Page) -> bool {
    !page.forms_to("/sign-in/anonymous").is_empty()
}

#[tokio::test]
async fn a_visitor_gets_a_subject_of_their_own_and_a_class_that_says_so_and_no_claim_that_nobody_told() {
    let app = open().await;
    let rp = app.trial().await;
    let mut browser = app.browser();
    let tokens = browser.visit(&rp).await;
    let claims = tokens.id_claims();
    assert_eq!((&claims["acr"], claims.get("amr")), (&json!("0"), None), "{claims}");
    assert_eq!(tokens.access_claims()["acr"], "0");
    let introspected = rp.introspect(&tokens.access_token).await.json();
    assert_eq!(introspected["acr"], "0");
    // Nobody has authenticated: Core §2, `auth_time`.
    for told in [&claims, &tokens.access_claims(), &introspected] {
        assert!(told.get("auth_time").is_none(), "{told}");
    }
    let told = rp.userinfo(&tokens.access_token).await.json();
    assert_eq!(told["sub"], claims["sub"]);
    for claim in ["email", "email_verified", "name", "preferred_username", "locale"] {
        assert!(told.get(claim).is_none() && claims.get(claim).is_none(), "{claim} in {told} or {claims}");
    }
    // The next request is answered by the same account, a silent one, too, and another browser has another one.
    let again = browser.get(&rp.request().set("prompt", "none").path()).await;
    assert_eq!(rp.exchange(&again.code()).await.tokens().id_claims()["sub"], claims["sub"]);
    assert_ne!(app.browser().visit(&rp).await.id_claims()["sub"], claims["sub"]);
    rp.refresh(tokens.refresh()).await.tokens();
    let document = app.get("/.well-known/openid-configuration").await.json();
    assert!(document["acr_values_supported"].as_array().unwrap().contains(&json!("0")));
    let events = app.events().await;
    assert!(events.contains(&"anonymous_account_begun".to_owned()), "{events:?}");
}

#[tokio::test]
async fn who_asks_for_more_than_an_anonymous_account_gets_the_sign_in_page_without_it() {
    let app = open().await;
    let (rp, usual) = (app.trial().await, app.relying_party().await);
    let mut browser = app.browser();
    browser.visit(&rp).await;
    let more = |name: &str, value: &str| rp.request().set(name, value);
    for request in [
        usual.request(),
        more("acr_values", "urn:latchkey:acr:1fa"),
        more("acr_values", "urn:example:gold"),
        more("max_age", "3600"),
        more("prompt", "login"),
    ] {
        for browser in [&mut browser, &mut app.browser()] {
            let page = browser.get(&request.path()).await;
            assert!(!offers(page.expect("sign-in")), "{}", request.path());
        }
        if !request.path().contains("prompt=") {
            browser.get(&request.clone().set("prompt", "none").path()).await.error("login_required");
        }
    }
    // A wish for both is satisfied, in either order, and again.
    for wish in ["0", "urn:latchkey:acr:1fa 0"] {
        for _ in 0..2 {
            browser.get(&more("acr_values", wish).path()).await.code();
        }
        assert!(offers(&app.browser().get(&more("acr_values", wish).path()).await), "{wish}");
    }
    // Whoever signs in does so in the same browser, and is somebody else.
    app.user("alice").await;
    let page = browser.get(&usual.request().path()).await;
    let claims = usual.exchange(&browser.go_on(page).await.code()).await.tokens().id_claims();
    assert_eq!(
        (&claims["acr"], &claims["sub"]),
        (&json!("urn:latchkey:acr:1fa"), &json!(app.person("alice").await.sub))
    );
    browser.get(&rp.request().path()).await.expect("select-account");
}

#[tokio::test]
async fn the_holder_sees_what_fits_and_nothing_that_needs_a_sign_in() {
    let app = open().await;
    let rp = app.trial().await;
    let mut browser = app.browser();
    browser.visit(&rp).await;
    app.pass(minutes(30)).await;
    let page = browser.get("/account").await;
    assert!(page.expect("account").text().contains("Visitor"), "{}", page.text());
    assert!(!page.reply.body.contains("/account/security"), "{}", page.reply.body);
    page.link("Keep this account");
    for path in ["/account/applications", "/account/sessions", "/account/data"] {
        browser.get(path).await.expect(path.rsplit('/').next().unwrap());
    }
    for path in ["security", "password", "passkeys", "authenticator", "recovery-codes", "email", "activity"] {
        browser.get(&format!("/account/{path}")).await.expect("account");
    }
    let data = browser.get("/account/data").await;
    let file = data.form().fill("export", "yes").submit(&mut browser).await;
    let exported: Value = serde_json::from_str(&file.reply.body).unwrap();
    assert_eq!((&exported["anonymous"], &exported["identifiers"]), (&json!(true), &json!([])), "{exported}");
    let leaving = browser.get("/end_session").await;
    assert!(leaving.text().contains("cannot come back"), "{}", leaving.text());
    leaving.link("Keep this account");
    // Nobody can sign in and take a deletion back, so that there is nothing to wait for.
    let gone = data.form().fill("delete", "yes").fill("sure", "yes").submit(&mut browser).await;
    assert_eq!(gone.reply.status, 200);
    assert!(
        gone.text().contains("Your account is deleted") && !gone.text().contains("sign in before"),
        "{}",
        gone.text()
    );
    assert!(!gone.reply.body.contains("href=\"/sign-in"), "{}", gone.reply.body);
    jobs::remove_expired(&app.app).await.unwrap();
    assert_eq!((app.rows("user_account").await, app.rows("anonymous_account").await), (0, 0));
}

#[tokio::test]
async fn with_mail_the_account_is_kept_once_the_address_is_proven_and_taken_addresses_are_not_told() {
    let app = with_mail(|config| config.login.sign_up = SignUp::Open).await;
    let rp = app.trial().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let sub = browser.visit(&rp).await.id_claims()["sub"].clone();
    let (taken, new) =
        (sign_up(&mut browser, "alice@example.com").await, sign_up(&mut browser, "dora@example.com").await);
    let alike = |page: &Page, name: &str| (page.reply.status, page.text().replace(name, "…"));
    assert_eq!(alike(&taken, "alice"), alike(&new, "dora"));
    assert_eq!(app.rows("anonymous_account").await, 1);
    let code = code_in(&app.letter_to("dora@example.com").await);
    new.form().fill("code", &code).submit(&mut browser).await.reply.expect(200);
    let dora = app.person("dora@example.com").await;
    assert_eq!((json!(dora.sub), app.rows("user_account").await), (sub, 2));
}

#[tokio::test]
async fn who_does_not_want_to_keep_it_makes_another_account() {
    let app = open().await;
    let rp = app.trial().await;
    let mut browser = app.browser();
    let sub = browser.visit(&rp).await.id_claims()["sub"].clone();
    let page = browser.get("/sign-up").await;
    assert!(page.form().get("keep").is_some(), "it is kept unless the person says otherwise");
    let mut form = page.form().fill("email", "dora@example.com").fill("password", PASSWORD);
    form.fields.retain(|(name, _)| name != "keep");
    form.submit(&mut browser).await.reply.expect(200);
    assert_ne!(json!(app.person("dora@example.com").await.sub), sub);
    assert_eq!(app.rows("anonymous_account").await, 1);
    assert_eq!(app.browser().get("/sign-up").await.form().get("keep"), None);
}

#[tokio::test]
async fn only_what_is_not_used_is_removed_and_a_refresh_is_a_use() {
    let app = open().await;
    let rp = app.trial().await;
    let request = rp.request().set("scope", "openid offline_access");
    let mut browser = app.browser();
    let page = browser.get(&request.path()).await;
    let mut used = rp.exchange(&browser.go_on_as_visitor(&page).await.code()).await.tokens();
    let mut left = app.browser();
    let page = left.get(&request.path()).await;
    let unused = rp.exchange(&left.go_on_as_visitor(&page).await.code()).await.tokens();
    app.user("alice").await;
    for _ in 0..3 {
        app.pass(minutes(10 * A_DAY)).await;
        used = rp.refresh(used.refresh()).await.tokens();
        jobs::remove_expired(&app.app).await.unwrap();
    }
    assert_eq!(app.rows("user_account").await, 3, "thirty days and not an hour more");
    app.pass(minutes(61)).await;
    jobs::remove_expired(&app.app).await.unwrap();
    assert_eq!((app.rows("user_account").await, app.rows("anonymous_account").await), (2, 1));
    assert!(app.events().await.contains(&"user_deleted".to_owned()));
    // What it had has ended with it.
    rp.refresh(unused.refresh()).await.error("invalid_grant");
    assert_eq!(rp.introspect(unused.refresh()).await.json()["active"], false);
    assert!(offers(&left.get(&rp.request().path()).await));
    rp.refresh(used.refresh()).await.tokens();
    // What an operator of an earlier release has given an address is nobody's to remove; a password alone opens nothing.
    app.sql("INSERT INTO password (user_id, phc, changed_at) SELECT user_id, 'x', 0 FROM anonymous_account").await;
    let (mut other, given) = (app.browser(), app.browser().visit(&rp).await.id_claims()["sub"].clone());
    other.visit(&rp).await;
    own_address(&app, given.as_str().unwrap()).await;
    app.pass(minutes(31 * A_DAY)).await;
    jobs::remove_expired(&app.app).await.unwrap();
    assert_eq!((app.rows("user_account").await, app.rows("anonymous_account").await), (2, 1));
}

/// Gives the account of a visitor an address, as a command of an earlier release did.
async fn own_address(app: &TestApp, sub: &str) {
    let columns = "id, user_id, kind, as_written, normalised, skeleton, created_at, verified_at";
    app.execute(format!(
        "INSERT INTO user_identifier ({columns})
         SELECT 'given', id, 'email', 'dora@example.com', 'dora@example.com', 'dora@example.com', 0, 0
           FROM user_account WHERE sub = '{sub}'"
    ))
    .await;
}

#[tokio::test]
async fn a_visitor_who_comes_back_stays_the_same_for_as_long_as_they_come_back() {
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        config.login.session_remembered = minutes(2 * A_DAY);
    })
    .await;
    let rp = app.trial().await;
    let mut browser = app.browser();
    let sub = browser.visit(&rp).await.id_claims()["sub"].clone();
    let silent = rp.request().set("prompt", "none").path();
    for _ in 0..6 {
        app.pass(minutes(10 * A_DAY)).await;
        jobs::remove_expired(&app.app).await.unwrap();
        browser.close();
        let page = browser.get(&silent).await;
        let renewed = page.reply.set_cookies();
        let lasts = |line: &String| line.contains("sid") && line.contains(&format!("Max-Age={}", 30 * A_DAY * 60));
        assert!(renewed.iter().any(lasts), "the cookie lasts as long as the account: {renewed:?}");
        assert_eq!(rp.exchange(&page.code()).await.tokens().id_claims()["sub"], sub);
    }
    // Who signs in beside them without staying signed in changes nothing of that.
    let usual = app.relying_party().await;
    app.user("alice").await;
    let page = browser.get(&usual.request().path()).await;
    browser.go_on(page).await.code();
    for _ in 0..3 {
        browser.close();
        app.pass(minutes(20 * A_DAY)).await;
        let page = browser.get(&silent).await;
        assert_eq!(rp.exchange(&page.code()).await.tokens().id_claims()["sub"], sub);
    }
    app.pass(minutes(30 * A_DAY + 61)).await;
    browser.get(&silent).await.error("login_required");
    jobs::remove_expired(&app.app).await.unwrap();
    assert_eq!(app.rows("anonymous_account").await, 0);
}

#[tokio::test]
async fn no_way_to_sign_out_ends_a_visitors_account_without_saying_so() {
    let app = open().await;
    let rp = app.trial().await;
    let mut browser = app.browser();
    let tokens = browser.visit(&rp).await;
    let hint = tokens.id_token.clone().unwrap();
    let silent = rp.request().set("prompt", "none").path();
    let home = browser.get("/").await;
    assert!(home.text().contains("You are here as a visitor") && !home.text().contains("signed in"), "{}", home.text());
    home.link("Keep this account");
    let account = browser.get("/account").await;
    let mut asked = Vec::new();
    for page in [home, account] {
        asked.push(page.form_to("/end_session").fill("decision", "sign_out").submit(&mut browser).await);
    }
    let hinted = format!("/end_session?id_token_hint={hint}&post_logout_redirect_uri=https%3A%2F%2Frp.example%2Fbye");
    asked.push(browser.get(&hinted).await);
    for page in &asked {
        assert!(page.expect("end_session").text().contains("cannot come back"), "{}", page.text());
        assert!(!page.text().contains("sign in again"), "{}", page.text());
        page.link("Keep this account");
        browser.get(&silent).await.code();
    }
    let left = asked.pop().unwrap().form().fill("decision", "sign_out").submit(&mut browser).await;
    assert!(left.foreign && left.url.starts_with("https://rp.example/bye"), "{}", left.url);
    browser.get(&silent).await.error("login_required");
}

#[tokio::test]
async fn who_goes_back_from_the_consent_can_go_on_as_the_visitor_they_are() {
    let app = open().await;
    let rp = app.trial().await;
    let mut browser = app.browser();
    let sign_in = browser.get(&rp.request().path()).await;
    sign_in.form_to("/sign-in/anonymous").submit(&mut browser).await.expect("consent");
    let back = browser.get(&sign_in.url).await;
    assert!(back.expect("sign-in").text().contains("Continue as a visitor"), "{}", back.text());
    browser.go_on_as_visitor(&back).await.code();
    assert_eq!(app.rows("user_account").await, 1);
}

#[tokio::test]
async fn where_a_client_takes_no_visitors_any_more_their_tokens_are_not_renewed() {
    let app = open().await;
    let rp = app.trial().await;
    let tokens = app.browser().visit(&rp).await;
    let refreshed = rp.refresh(tokens.refresh()).await.tokens();
    let changed = latchkey::clients::edit::edit(&app.app, rp.id(), false, |new| {
        new.metadata.anonymous_accounts = false;
        Ok(())
    });
    assert!(changed.await.unwrap().unwrap());
    rp.refresh(refreshed.refresh()).await.error("invalid_grant");
}

#[tokio::test]
async fn the_session_of_a_visitor_answers_nothing_once_the_account_is_somebodys() {
    let app = open().await;
    let rp = app.trial().await;
    let mut browser = app.browser();
    let sub = browser.visit(&rp).await.id_claims()["sub"].clone();
    own_address(&app, sub.as_str().unwrap()).await;
    let page = browser.get(&rp.request().path()).await;
    assert!(!offers(page.expect("sign-in")), "{}", page.text());
    browser.get(&rp.request().set("prompt", "none").path()).await.error("login_required");
    // Nor does it tell whose it is, or end what is theirs.
    for path in ["/", "/account", "/account/data", "/account/sessions", "/sign-in", "/sign-up", "/end_session"] {
        let page = browser.get(path).await;
        assert!(!page.reply.body.contains("dora@"), "{path}: {}", page.text());
    }
    let choice = browser.get(&rp.request().set("prompt", "select_account").path()).await;
    assert!(!choice.reply.body.contains("dora@"), "{}", choice.text());
    browser.get("/account").await.expect("sign-in");
    browser.get("/").await.link("Sign in");
    assert_eq!(app.rows("session WHERE ended_at IS NULL").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_gives_a_visitor_no_way_in_that_leads_nowhere() {
    let app = open().await;
    let rp = app.trial().await;
    let mut browser = app.browser();
    let sub = browser.visit(&rp).await.id_claims()["sub"].clone();
    let name = sub.as_str().unwrap();
    for args in [
        &["user", "set-password", name][..],
        &["user", "identifier", "add", name, "--email", "dora@example.com"],
        &["user", "identifier", "add", name, "--username", "dora"],
    ] {
        answer(&app.app.config, args).refused(4, "is a visitor, and nobody knows whose the account is");
    }
    let silent = browser.get(&rp.request().set("prompt", "none").path()).await;
    assert_eq!(rp.exchange(&silent.code()).await.tokens().id_claims()["sub"], sub);
    app.pass(minutes(30 * A_DAY + 61)).await;
    jobs::remove_expired(&app.app).await.unwrap();
    assert_eq!(app.rows("user_account").await, 0);
}

#[tokio::test]
async fn where_not_everybody_may_make_an_account_nobody_begins_one_without_telling_who_they_are() {
    for (who, domains) in [
        (SignUp::Closed, vec![]),
        (SignUp::Invitation, vec![]),
        (SignUp::Open, vec![DomainRule::parse("northwind.example").unwrap()]),
    ] {
        let app = with_mail(|config| {
            (config.login.sign_up, config.login.sign_up_domains) = (who, domains);
        })
        .await;
        let rp = app.trial().await;
        let mut browser = app.browser();
        let page = browser.get(&rp.request().path()).await;
        assert!(!offers(page.expect("sign-in")), "{who:?}");
        let refused = page.form_to("/sign-in").to("/sign-in/anonymous").submit(&mut browser).await;
        assert!(refused.refused(403).text().contains("cannot continue without an account"), "{}", refused.text());
        assert_eq!((app.rows("user_account").await, app.rows("session").await), (0, 0), "{who:?}");
    }
}

#[tokio::test]
async fn whoever_was_there_before_the_rules_changed_stays_and_can_sign_up_only_as_they_allow() {
    let app = with_mail(|config| config.login.sign_up = SignUp::Open).await;
    let rp = app.trial().await;
    let mut browser = app.browser();
    let tokens = browser.visit(&rp).await;
    let sub = tokens.id_claims()["sub"].clone();
    for (who, domain) in [(SignUp::Closed, None), (SignUp::Invitation, None), (SignUp::Open, Some("northwind.example"))]
    {
        let mut config = app.app.config.clone();
        config.login.sign_up = who;
        config.login.sign_up_challenge = SignUpChallenge::Never;
        config.login.sign_up_domains = domain.into_iter().map(|name| DomainRule::parse(name).unwrap()).collect();
        let later = app.on(config).await;
        let (mut there, rp) = (browser.on(&later), rp.on(&later));
        assert_eq!(rp.exchange(&there.get(&rp.request().path()).await.code()).await.tokens().id_claims()["sub"], sub);
        let account = there.get("/account").await;
        assert_eq!(account.expect("account").text().contains("Keep this account"), who != SignUp::Closed, "{who:?}");
        if who == SignUp::Closed {
            there.get("/sign-up").await.refused(403);
            continue;
        }
        let refused = sign_up(&mut there, "dora@example.com").await;
        refused.refused(400);
        assert_eq!((later.rows("anonymous_account").await, later.rows("user_identifier").await), (1, 0), "{who:?}");
    }
    rp.refresh(tokens.refresh()).await.tokens();
}

#[tokio::test]
async fn each_prompt_treats_a_visitor_as_what_they_are() {
    let app = open().await;
    let rp = app.trial().await;
    let prompt = |value: &str| rp.request().set("prompt", value).path();
    let mut browser = app.browser();
    let tokens = browser.visit(&rp).await;
    let (hint, sub) = (tokens.id_token.clone().unwrap(), tokens.id_claims()["sub"].clone());
    browser.get(&prompt("consent")).await.expect("consent");
    let choice = browser.get(&prompt("select_account")).await;
    assert!(choice.expect("select-account").text().contains("Visitor"), "{}", choice.text());
    let another = choice.form().fill("session", "another").submit(&mut browser).await;
    assert!(!offers(another.expect("sign-in")), "one browser has one visitor");
    browser.get(&prompt("create")).await.expect("sign-up").form().get("keep").unwrap();
    let hinted = |hint: &str| rp.request().set("id_token_hint", hint);
    let page = browser.get(&hinted(&hint).set("prompt", "none").path()).await;
    assert_eq!(rp.exchange(&page.code()).await.tokens().id_claims()["sub"], sub);
    // A client can expect no new visitor.
    let mut other = app.browser();
    for request in [hinted(&hint).path(), prompt("login")] {
        assert!(!offers(other.get(&request).await.expect("sign-in")), "{request}");
    }
    other.get(&prompt("none")).await.error("login_required");
    other.get(&prompt("create")).await.expect("sign-up");
    assert_eq!(app.rows("user_account").await, 1);
    // Whoever comes back by the other way is asked for no more than a consent, as anybody.
    assert!(offers(&other.get(&prompt("select_account")).await));
    let consented = other.get(&prompt("consent")).await;
    let again = other.go_on_as_visitor(&consented).await;
    assert_ne!(rp.exchange(&again.code()).await.tokens().id_claims()["sub"], sub);
}

#[tokio::test]
async fn where_everybody_needs_a_second_factor_there_are_no_new_visitors_and_the_old_ones_have_to_sign_in() {
    let app = open().await;
    let rp = app.trial().await;
    let mut browser = app.browser();
    browser.visit(&rp).await;
    let mut config = app.app.config.clone();
    config.login.second_factor = SecondFactor::Everybody;
    let later = app.on(config).await;
    let path = rp.request().path();
    assert!(!offers(later.browser().get(&path).await.expect("sign-in")));
    assert!(!offers(browser.on(&later).get(&path).await.expect("sign-in")));
}

#[tokio::test]
async fn a_visitor_accepts_the_terms_like_anybody_and_once_more_when_they_sign_up() {
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        config.pages.tos_uri = Some("https://northwind.example/terms".to_owned());
        config.terms.version = Some("2026-01".to_owned());
    })
    .await;
    let rp = app.trial().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let page = browser.go_on_as_visitor(&page).await;
    let page = page.expect("terms").form_to("/terms").fill("decision", "accept").submit(&mut browser).await;
    let page = browser.go_on(page).await;
    let sub = rp.exchange(&page.code()).await.tokens().id_claims()["sub"].clone();
    let form = browser.get("/sign-up").await.form_to("/sign-up");
    let form = form.fill("email", "dora@example.com").fill("password", PASSWORD);
    form.submit(&mut browser).await.refused(400);
    assert_eq!(app.rows("anonymous_account").await, 1, "nothing is lost by a mistake");
    form.fill("terms", "yes").submit(&mut browser).await.reply.expect(200);
    assert_eq!((json!(app.person("dora@example.com").await.sub), app.rows("terms_acceptance").await), (sub, 1));
}

#[tokio::test]
async fn an_account_with_a_username_alone_keeps_what_the_visitor_did_and_gets_its_codes() {
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        config.login.sign_up_identifier = SignUpIdentifier::Username;
    })
    .await;
    let rp = app.trial().await;
    let mut browser = app.browser();
    let sub = browser.visit(&rp).await.id_claims()["sub"].clone();
    let form = browser.get("/sign-up").await.form_to("/sign-up").fill("username", "dora").fill("password", PASSWORD);
    form.submit(&mut browser).await.reply.expect(200);
    assert_eq!((json!(app.person("dora").await.sub), app.rows("recovery_code").await), (sub, 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_see_visitors_apart_and_where_they_began() {
    let app = open().await;
    let rp = app.trial().await;
    app.user("alice").await;
    let sub = app.browser().visit(&rp).await.id_claims()["sub"].clone();
    let listed = answer(&app.app.config, &["user", "list", "--anonymous", "--json"]).json();
    assert_eq!((&listed["total"], &listed["users"][0]["sub"]), (&json!(1), &sub), "{listed}");
    let all = answer(&app.app.config, &["user", "list"]).done();
    assert_eq!(
        (all.matches("visitor").count(), all.lines().filter(|line| line.contains("alice")).count()),
        (1, 1),
        "{all}"
    );
    let events = answer(&app.app.config, &["events"]).done();
    assert!(events.contains("anonymous account begun at") && !events.contains("signed in"), "{events}");
    let role = answer(&app.app.config, &["user", "role", "add", sub.as_str().unwrap(), "administrator"]);
    role.refused(4, "is a visitor, to whose account nobody can sign in");
    assert_eq!(app.rows("user_role").await, 0);
    let stats = answer(&app.app.config, &["stats", "--json"]).json();
    for (name, count) in [("people", 2), ("visitors", 1), ("sign_ins_in_30_days", 0)] {
        assert_eq!(stats[name]["count"], count, "{name} in {stats}");
    }
}
