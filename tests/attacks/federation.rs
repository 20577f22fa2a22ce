//! J. Sign-in by other providers: what is forged, replayed or of somebody else lets nobody in.

use latchkey::base::network::Network;
use latchkey::config::claim::Claim;
use latchkey::config::words::{EmailProof, UserinfoUse};
use latchkey::config::{Config, RoleNetworks, SignUp};
use latchkey::mail::domain::DomainRule;
use serde_json::{Value, json};

use super::mail::forget;
use crate::harness::{Behaviour, Browser, Double, PASSWORD, Page, Signed, TestApp, link_in, minutes, sender};

async fn at_double() -> (Double, TestApp) {
    let double = Double::start().await;
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        double.declare(config);
    })
    .await;
    (double, app)
}

/// The same with a second provider, called "other".
async fn at_two(change: impl FnOnce(&mut Config)) -> (Double, Double, TestApp) {
    let (double, other) = (Double::start().await, Double::start().await);
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        double.declare(config);
        other.declare(config);
        config.upstreams[1].name = "other".to_owned();
        change(config);
    })
    .await;
    (double, other, app)
}

/// Makes an account by the provider.
async fn join(double: &Double, browser: &mut Browser) {
    let new = double.go(browser).await;
    new.expect("upstream").press("answer").submit(browser).await.reply.expect(200);
}

fn is_refused(page: &Page, what: &str) {
    assert!(page.reply.status.is_client_error() || page.reply.status.is_server_error(), "{what}: {}", page.text());
    assert!(!page.foreign && page.name() != "upstream", "{what}: at {}", page.url);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j1_no_address_links_accounts_and_an_account_that_was_made_ahead_gets_nothing() {
    let (double, app) = at_double().await;
    // Somebody has made an account with the address of Ann, who comes by another provider that has proven it.
    app.user("ann").await;
    let mut browser = app.browser();
    let new = double.go(&mut browser).await;
    assert_eq!(new.expect("upstream").buttons("answer"), ["connect"], "{}", new.text());
    assert_eq!((app.rows("upstream_account").await, app.rows("session").await), (0, 0));
    let forced = new.form().fill("answer", "create").submit(&mut browser).await;
    forced.expect("upstream");
    assert_eq!((app.rows("user_account").await, app.rows("upstream_account").await), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j1_an_address_and_what_is_said_about_it_come_from_one_place() {
    let (email, none) = (json!("ann@example.com"), json!(null));
    // Of the ID token, then of UserInfo: the address, and whether it is proven.
    for (claim, id_token, userinfo, is_proven) in [
        ("email_verified", [&none, &json!(true)], [&email, &none], false),
        ("email_verified", [&email, &none], [&none, &json!(true)], false),
        ("email_verified", [&email, &none], [&email, &json!(true)], false),
        ("email_verified", [&email, &json!(false)], [&email, &json!(true)], false),
        ("email_verified", [&none, &none], [&email, &json!(true)], true),
        ("email_verified", [&email, &json!(true)], [&email, &none], true),
        ("verified", [&none, &json!(true)], [&email, &none], false),
        ("verified", [&email, &none], [&none, &json!(true)], false),
        ("verified", [&none, &none], [&email, &json!(true)], true),
        ("verified", [&email, &json!(true)], [&none, &none], true),
    ] {
        let double = Double::start().await;
        let app = TestApp::with(|config| {
            config.login.sign_up = SignUp::Open;
            double.declare(config);
            config.upstreams[0].userinfo = UserinfoUse::Always;
            config.upstreams[0].email_verified_claim = Claim::named(claim);
        })
        .await;
        let mut claims = json!({ "email_verified": null, "email": id_token[0] });
        claims[claim] = id_token[1].clone();
        let mut told = serde_json::Map::from_iter([("sub".to_owned(), json!("ann"))]);
        let said = [("email", userinfo[0]), (claim, userinfo[1])].into_iter().filter(|(_, value)| !value.is_null());
        told.extend(said.map(|(name, value)| (name.to_owned(), value.clone())));
        double.behave(Behaviour { claims, userinfo: Value::Object(told), ..Behaviour::default() });
        join(&double, &mut app.browser()).await;
        let proven = app.rows("user_identifier WHERE verified_at IS NOT NULL").await;
        assert_eq!(proven, i64::from(is_proven), "{claim}: {id_token:?}, then {userinfo:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j2_a_state_that_is_missing_forged_replayed_or_of_another_browser_is_refused() {
    let (double, app) = at_double().await;
    let mut browser = app.browser();
    for path in [
        "/upstream/double/callback",
        "/upstream/double/callback?code=a-code",
        "/upstream/double/callback?code=a-code&state=x",
        "/upstream/nobody/callback?code=a-code&state=x",
    ] {
        browser.get(path).await.refused(400);
    }
    let back = double.set_out(&mut browser).await;
    // In another browser: that of a victim, who would go on as the attacker.
    app.browser().get(&back).await.refused(400);
    browser.get(&back).await.refused(400);
    let back = double.set_out(&mut browser).await;
    browser.get(&back).await.expect("upstream");
    browser.get(&back).await.refused(400);
    let back = double.set_out(&mut browser).await;
    app.clock.advance(minutes(31));
    browser.get(&back).await.refused(400);
    let back = double.set_out(&mut browser).await;
    browser.get(&format!("{back}&state=twice")).await.refused(400);
    assert_eq!(double.exchanged().len(), 1, "no code of these is exchanged");
    // Nobody sets out by a form of another site.
    browser.post("/sign-in/upstream", &[("upstream", "double")]).await.refused(403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j2_a_request_that_names_a_provider_leads_there_for_its_own_browser_alone_and_not_without_end() {
    let (double, app) = at_double().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let path = rp.request().set("idp_hint", "double").path();
    let away = browser.get(&path).await;
    assert!(away.foreign && away.url.starts_with(&double.issuer), "to the double, not {}", away.url);
    // The attacker's way there and back, in the browser of a victim.
    let state = away.url.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let back = format!("/upstream/double/callback?code=a-code&state={state}");
    app.browser().get(&back).await.refused(400);
    browser.get(&back).await.refused(400);
    // The attacker's request, in the browser of a victim.
    let begun = app.send(http::Request::get(&path).body(axum::body::Body::empty()).unwrap()).await;
    let leads_there = begun.location().to_owned();
    assert!(leads_there.contains("/sign-in/upstream?interaction="), "{leads_there}");
    app.browser().get(&leads_there).await.refused(400);
    app.browser().get("/sign-in/upstream").await.refused(400);
    assert_eq!(double.exchanged().len(), 0);
    let mut answers = 0;
    while browser.get(&path).await.foreign {
        answers += 1;
        assert!(answers < 100, "each way is kept for half an hour");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j3_an_answer_of_another_provider_is_refused() {
    let (double, other, app) = at_two(|_| {}).await;
    let mut browser = app.browser();
    let back = double.set_out(&mut browser).await;
    browser.get(&back.replace("/double/", "/other/")).await.refused(400);
    for (iss, announced) in [(Some(other.issuer.as_str()), false), (Some(""), true), (None, true)] {
        double.behave(Behaviour {
            metadata: json!({ "authorization_response_iss_parameter_supported": announced }),
            ..Behaviour::default()
        });
        app.clock.advance(minutes(61));
        let back = double.set_out(&mut browser).await;
        let iss = iss.map(|iss| format!("&iss={iss}")).unwrap_or_default();
        is_refused(&browser.get(&format!("{back}{iss}")).await, &iss);
    }
    assert_eq!((double.exchanged().len(), other.exchanged().len()), (0, 0), "no code goes anywhere");
    let back = double.set_out(&mut browser).await;
    browser.get(&format!("{back}&iss={}", double.issuer)).await.expect("upstream");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j4_an_id_token_that_is_not_right_in_whole_is_refused() {
    let (double, app) = at_double().await;
    let now = app.app.now().micros() / 1_000_000;
    let claims = |claims: Value| Behaviour { claims, ..Behaviour::default() };
    let signed = |signed| Behaviour { signed, ..Behaviour::default() };
    let token = |status: u16, body: &str| Behaviour { token: Some((status, body.to_owned())), ..Behaviour::default() };
    let mut browser = app.browser();
    for (what, behaviour) in [
        ("another nonce", claims(json!({ "nonce": "another" }))),
        ("no nonce", claims(json!({ "nonce": null }))),
        ("another audience", claims(json!({ "aud": "another" }))),
        ("no audience", claims(json!({ "aud": [] }))),
        ("a second audience", claims(json!({ "aud": ["latchkey", "another"] }))),
        ("another party", claims(json!({ "azp": "another" }))),
        ("another issuer", claims(json!({ "iss": "https://accounts.example" }))),
        ("an issuer with a slash", claims(json!({ "iss": format!("{}/", double.issuer) }))),
        ("expired", claims(json!({ "exp": now - 61 }))),
        ("no end", claims(json!({ "exp": null }))),
        ("from the future", claims(json!({ "iat": now + 61 + 60 }))),
        ("no subject", claims(json!({ "sub": null }))),
        ("an empty subject", claims(json!({ "sub": "" }))),
        ("another access token", claims(json!({ "at_hash": "MTIzNDU2Nzg5MDEyMzQ1Ng" }))),
        ("unsigned", signed(Signed::Not)),
        ("signed with the secret", signed(Signed::WithSecret)),
        ("signed with the public key as a secret", signed(Signed::WithPublicKey)),
        ("signed with another key", signed(Signed::Swapped)),
        ("signed with a key that is not published", signed(Signed::Unknown)),
        ("an error", token(400, r#"{"error":"invalid_grant"}"#)),
        ("an error in a 200", token(200, r#"{"error":"bad_verification_code"}"#)),
        ("no ID token", token(200, r#"{"access_token":"a","token_type":"Bearer"}"#)),
        ("no JSON", token(200, "<html>")),
        ("an ID token that is none", token(200, r#"{"access_token":"a","token_type":"Bearer","id_token":"a.b.c"}"#)),
    ] {
        double.behave(behaviour);
        is_refused(&double.go(&mut browser).await, what);
    }
    assert_eq!(app.rows("upstream_account").await, 0);
    // Two right ones, so that all of that was refused for its fault.
    double.behave(claims(json!({ "exp": now - 30, "azp": "latchkey" })));
    double.go(&mut browser).await.expect("upstream");
    double.behave(Behaviour::default());
    double.go(&mut browser).await.expect("upstream");
    assert!(double.exchanged().iter().all(|body| body.contains("code_verifier=")), "PKCE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j4_metadata_and_userinfo_of_somebody_else_are_refused() {
    for (what, behaviour) in [
        (
            "metadata of another issuer",
            Behaviour { metadata: json!({ "issuer": "https://accounts.example" }), ..Behaviour::default() },
        ),
        (
            "metadata without a token endpoint",
            Behaviour { metadata: json!({ "token_endpoint": null }), ..Behaviour::default() },
        ),
        (
            "people sent to a script",
            Behaviour { metadata: json!({ "authorization_endpoint": "javascript:alert(1)" }), ..Behaviour::default() },
        ),
        (
            "people sent to a file",
            Behaviour { metadata: json!({ "authorization_endpoint": "file:///etc/passwd" }), ..Behaviour::default() },
        ),
        (
            "keys elsewhere",
            Behaviour { metadata: json!({ "jwks_uri": "http://10.0.0.1/jwks" }), ..Behaviour::default() },
        ),
    ] {
        let (double, app) = at_double().await;
        double.behave(behaviour);
        let mut browser = app.browser();
        let page = browser.get("/sign-in").await;
        let refused = page.press("upstream").submit(&mut browser).await;
        assert_eq!(refused.reply.status, 502, "{what}: {}", refused.text());
    }
    let (double, app) = at_double().await;
    let mut browser = app.browser();
    for (userinfo, arrives) in [
        (json!({ "sub": "bob", "email": "bob@example.com", "email_verified": true }), false),
        (json!({ "email": "bob@example.com", "email_verified": true }), false),
        (json!({ "sub": "ann", "email": "ann@example.com" }), true),
    ] {
        double.behave(Behaviour {
            claims: json!({ "email": null, "email_verified": null }),
            userinfo,
            ..Behaviour::default()
        });
        let page = double.go(&mut browser).await;
        match arrives {
            true => assert!(page.expect("upstream").text().contains("ann@example.com"), "{}", page.text()),
            false => is_refused(&page, "userinfo of another sub"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j4_a_new_key_is_found_and_made_up_ones_are_not_looked_for_again_and_again() {
    let (double, app) = at_double().await;
    let mut browser = app.browser();
    join(&double, &mut browser).await;
    assert_eq!(double.keys_read(), 1);
    double.behave(Behaviour { signed: Signed::Unknown, ..Behaviour::default() });
    for _ in 0..5 {
        is_refused(&double.go(&mut browser).await, "a key that is not published");
    }
    assert_eq!(double.keys_read(), 1, "not a moment after the last time");
    app.clock.advance(minutes(2));
    for _ in 0..5 {
        is_refused(&double.go(&mut browser).await, "a key that is not published");
    }
    assert_eq!(double.keys_read(), 2);
    app.clock.advance(minutes(2));
    double.behave(Behaviour::default());
    double.rotate("k2");
    double.go(&mut app.browser()).await.reply.expect(200);
    assert_eq!(double.keys_read(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e5_whoever_is_to_prove_again_who_they_are_does_not_do_so_by_a_click_alone() {
    let (double, app) = at_double().await;
    let mut browser = app.browser();
    join(&double, &mut browser).await;
    app.clock.advance(minutes(10));
    let now = app.app.now().micros() / 1_000_000;
    let asked = browser.get("/account/connections").await;
    let form = asked.expect("sign-in").press("upstream");
    let away = form.submit(&mut browser).await;
    assert!(away.url.contains("prompt=login"), "{}", away.url);
    for (auth_time, is_enough) in [(json!(now - 600), false), (json!(null), false), (json!(now), true)] {
        double.behave(Behaviour { claims: json!({ "auth_time": auth_time }), ..Behaviour::default() });
        let back = double.set_out_by(&mut browser, form.clone()).await;
        let page = browser.get(&back).await;
        match is_enough {
            true => drop(page.expect("connections")),
            false => is_refused(&page, "a sign-in of before"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j5_the_same_subject_at_two_providers_is_two_people_and_an_address_is_none() {
    let unproven = |config: &mut Config| config.upstreams.iter_mut().for_each(|it| it.email_proof = EmailProof::Never);
    let (double, other, app) = at_two(unproven).await;
    let mut first = app.browser();
    join(&double, &mut first).await;
    // The same `sub` and address, of another provider.
    let mut second = app.browser();
    let page = second.get("/sign-in").await;
    let back = other.set_out_by(&mut second, page.press("upstream").fill("upstream", "other")).await;
    second.get(&back).await.expect("upstream");
    // Another `sub` with the same address; the same one with another address.
    double.behave(Behaviour { claims: json!({ "sub": "bob" }), ..Behaviour::default() });
    double.go(&mut app.browser()).await.expect("upstream");
    double
        .behave(Behaviour { claims: json!({ "email": "new@example.com", "name": "Another" }), ..Behaviour::default() });
    let mut third = app.browser();
    double.go(&mut third).await.reply.expect(200);
    assert!(third.get("/account").await.text().contains("Ann Example"), "what is taken over is taken once");
    assert_eq!(app.rows("user_account").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j6_nobody_is_made_to_link_the_account_of_an_attacker() {
    let (double, app) = at_double().await;
    let mut attacker = app.browser().sign_in("mallory").await;
    let page = attacker.get("/account/connections").await;
    let back = double.set_out_by(&mut attacker, page.press("connect")).await;
    // The victim opens the address with the attacker's code.
    let mut victim = app.browser().sign_in("alice").await;
    victim.get(&back).await.refused(400);
    // In one browser, somebody else has signed in meanwhile.
    let mut shared = app.browser().sign_in("mallory").await;
    let page = shared.get("/account/connections").await;
    let back = double.set_out_by(&mut shared, page.press("connect")).await;
    let page = shared.get("/end_session").await;
    page.form().fill("decision", "sign_out").submit(&mut shared).await.reply.expect(200);
    let mut shared = shared.sign_in("alice").await;
    shared.get(&back).await;
    // Long after the step-up.
    let mut late = app.browser().sign_in("alice").await;
    let page = late.get("/account/connections").await;
    let back = double.set_out_by(&mut late, page.press("connect")).await;
    app.clock.advance(minutes(20));
    // What the provider says is of now.
    let now = app.app.now().micros() / 1_000_000;
    double.behave(Behaviour { claims: json!({ "iat": now, "exp": now + 300 }), ..Behaviour::default() });
    let asked = double.exchanged().len();
    late.get(&back).await;
    assert_eq!(double.exchanged().len(), asked + 1, "it was nothing of the provider's that refused it");
    assert_eq!(app.rows("upstream_account").await, 0);
    // A form of another site links nothing.
    late.post("/account/connections", &[("connect", "double")]).await.refused(403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j6_what_somebody_has_proven_elsewhere_is_used_once_and_by_them() {
    let (double, app) = at_double().await;
    let mut browser = app.browser();
    let new = double.go(&mut browser).await;
    let create = new.expect("upstream").press("answer");
    // Not in another browser, nor after half an hour, nor twice.
    create.submit(&mut app.browser()).await.refused(403);
    let mut other = app.browser().sign_in("mallory").await;
    let arrival = create.get("arrival").unwrap();
    other.get(&format!("/sign-up/upstream?arrival={arrival}")).await.refused(400);
    create.submit(&mut browser).await.reply.expect(200);
    // Sent twice, it leads to the same place, and so does the page; once its person has signed out, it opens nothing.
    let place = format!("/sign-up/upstream?arrival={arrival}");
    let again = create.submit(&mut browser).await;
    again.reply.expect(200);
    assert_eq!(browser.get(&place).await.url, again.url, "back to the page");
    browser.get("/account").await.expect("account");
    let page = browser.get("/end_session").await;
    page.form().fill("decision", "sign_out").submit(&mut browser).await.reply.expect(200);
    for page in [create.submit(&mut browser).await, browser.get(&place).await] {
        assert_ne!(page.name(), "upstream", "it does not say that nobody is linked: {}", page.text());
    }
    browser.get("/account").await.expect("sign-in");
    assert_eq!((app.rows("upstream_account").await, app.rows("user_account").await), (1, 2), "and Mallory's");
    let mut late = app.browser();
    double.behave(Behaviour { claims: json!({ "sub": "bob", "email": "bob@example.com" }), ..Behaviour::default() });
    let create = double.go(&mut late).await.press("answer");
    app.clock.advance(minutes(31));
    create.submit(&mut late).await.refused(400);
    // One who waits for a sign-in in this browser is not offered to the next person once it is over.
    let mut shared = app.browser();
    let new = double.go(&mut shared).await;
    let form = new.forms_to("/sign-up/upstream").pop().unwrap().fill("answer", "connect");
    let page = form.submit(&mut shared).await;
    app.clock.advance(minutes(31));
    app.user("alice").await;
    let page = page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut shared).await;
    assert!(page.name() != "connect", "{}", page.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j6_a_form_that_has_linked_an_account_links_it_no_second_time() {
    let (double, app) = at_double().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let new = double.go(&mut browser).await;
    let form = new.forms_to("/sign-up/upstream").pop().unwrap().fill("answer", "connect");
    let page = form.submit(&mut browser).await;
    let form = page.expect("sign-in").form().fill("identifier", "alice").fill("password", PASSWORD);
    let connect = form.submit(&mut browser).await.expect("connect").press("answer");
    let linked = connect.submit(&mut browser).await;
    assert_eq!(app.rows("upstream_account").await, 1);
    linked.expect("connections").press("disconnect").submit(&mut browser).await.reply.expect(200);
    assert_eq!(app.rows("upstream_account").await, 0);
    // Such as by the thief who was signed in here, and has kept it.
    connect.submit(&mut browser).await;
    assert_eq!(app.rows("upstream_account").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j6_a_provider_that_is_taken_out_lets_nobody_in_and_signs_nobody_out() {
    let (double, app) = at_double().await;
    let mut browser = app.browser();
    join(&double, &mut browser).await;
    let back = double.set_out(&mut app.browser()).await;
    let without = {
        let mut config = app.app.config.clone();
        config.upstreams.clear();
        app.on(config).await
    };
    let mut browser = browser.on(&without);
    browser.get("/account").await.expect("account");
    browser.get(&back).await.refused(400);
    let page = without.browser().get("/sign-in").await;
    assert_eq!(page.buttons("upstream"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_does_not_answer_is_told_and_other_ways_work() {
    let app = TestApp::with(|config| {
        config.upstreams.push(latchkey::config::Upstream {
            name: "gone".to_owned(),
            issuer: format!("http://localhost:{}", crate::harness::free_port()),
            client_id: "latchkey".to_owned(),
            ..latchkey::config::Upstream::default()
        });
        config.outbound.allowed_networks = vec![latchkey::base::network::Network::parse("127.0.0.0/8").unwrap()];
    })
    .await;
    let mut browser = app.browser();
    app.user("alice").await;
    let page = browser.get("/sign-in").await;
    let told = page.press("upstream").submit(&mut browser).await;
    assert_eq!(told.reply.status, 502);
    assert!(told.text().contains("does not answer at the moment"), "{}", told.text());
    told.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut browser).await.reply.expect(200);
    // And whoever says no there comes back to the same page.
    let (double, app) = at_double().await;
    let mut browser = app.browser();
    let back = double.set_out(&mut browser).await.replace("code=a-code", "error=access_denied&error_description=no");
    let told = browser.get(&back).await;
    assert!(told.refused(403).text().contains("The other provider did not sign you in."), "{}", told.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_down_is_known_for_a_day_by_what_it_has_said_and_its_button_tells() {
    let (double, app) = at_double().await;
    let silent = "Does not answer";
    join(&double, &mut app.browser()).await;
    let down = || Behaviour { describes: 503, ..Behaviour::default() };
    double.behave(down());
    for passed in [61, 22 * 60] {
        app.clock.advance(minutes(passed));
        let page = double.go(&mut app.browser()).await;
        page.reply.expect(200);
    }
    app.clock.advance(minutes(60));
    let mut browser = app.browser();
    let page = browser.get("/sign-in").await;
    assert!(!page.text().contains(silent), "{}", page.text());
    let told = page.press("upstream").submit(&mut browser).await;
    assert_eq!(told.reply.status, 502, "{}", told.text());
    assert!(told.text().contains(silent), "{}", told.text());
    assert!(app.browser().get("/sign-in").await.text().contains(silent), "to everybody");
    // It can be tried again all the time, and once it works, or after a minute, the button says nothing.
    double.behave(Behaviour::default());
    double.go(&mut app.browser()).await.reply.expect(200);
    assert!(!app.browser().get("/sign-in").await.text().contains(silent));
    app.clock.advance(minutes(25 * 60));
    double.behave(down());
    let page = browser.get("/sign-in").await.press("upstream").submit(&mut browser).await;
    assert!(page.text().contains(silent), "{}", page.text());
    app.clock.advance(minutes(1));
    assert!(!browser.get("/sign-in").await.text().contains(silent));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f8_an_account_that_a_thief_has_linked_goes_with_the_new_password_of_the_owner() {
    let double = Double::start().await;
    let app = TestApp::with(|config| {
        config.mail.from = Some(sender());
        double.declare(config);
    })
    .await;
    app.user("alice").await;
    app.clock.advance(minutes(1));
    let mut thief = app.browser().sign_in("alice").await;
    let page = thief.get("/account/connections").await;
    let back = double.set_out_by(&mut thief, page.press("connect")).await;
    thief.get(&back).await.expect("connections");
    assert_eq!(app.rows("upstream_account").await, 1);
    let mut owner = app.browser();
    forget(&mut owner, "alice@example.com").await;
    let letters = app.letters_to("alice@example.com").await;
    let link = link_in(letters.iter().rfind(|it| it.subject == "Set a new password").expect("a link"));
    let page = owner.get(&link).await;
    page.form().fill("password", "seven slow barges turn").submit(&mut owner).await.reply.expect(200);
    assert_eq!(app.rows("upstream_account").await, 0);
    double.go(&mut app.browser()).await.expect("upstream");
    let told = app.letters_to("alice@example.com").await;
    assert!(told.iter().any(|letter| letter.subject == "An account was disconnected"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f8_the_account_elsewhere_that_an_account_was_made_by_stays_whoever_sets_a_password() {
    let double = Double::start().await;
    let app = TestApp::with(|config| {
        config.mail.from = Some(sender());
        config.login.sign_up = SignUp::Open;
        double.declare(config);
    })
    .await;
    // Also of somebody who was a visitor before.
    let rp = app.trial().await;
    let mut visitor = app.browser();
    visitor.visit(&rp).await;
    app.clock.advance(minutes(60));
    join(&double, &mut visitor).await;
    assert_eq!(app.rows("user_account").await, 1, "the visitor's account is kept");
    let mut owner = app.browser();
    forget(&mut owner, "ann@example.com").await;
    let link = link_in(&app.letter_to("ann@example.com").await);
    let page = owner.get(&link).await;
    page.form().fill("password", "seven slow barges turn").submit(&mut owner).await.reply.expect(200);
    assert_eq!(app.rows("upstream_account").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f8_who_takes_a_link_away_ends_the_sessions_that_it_has_begun() {
    let (double, app) = at_double().await;
    let mut owner = app.browser().sign_in("alice").await;
    let page = owner.get("/account/connections").await;
    let back = double.set_out_by(&mut owner, page.press("connect")).await;
    let linked = owner.get(&back).await;
    let mut thief = app.browser();
    double.go(&mut thief).await.reply.expect(200);
    thief.get("/account").await.expect("account");
    linked.expect("connections").press("disconnect").submit(&mut owner).await.expect("connections");
    thief.get("/account").await.expect("sign-in");
    owner.get("/account").await.expect("account");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g4_half_a_sign_in_by_a_link_that_has_gone_is_not_completed() {
    let (double, app) = at_double().await;
    let mut browser = app.browser();
    join(&double, &mut browser).await;
    let authenticator = browser.set_up_authenticator().await;
    app.clock.advance(minutes(1));
    let mut other = app.browser();
    let half = double.go(&mut other).await;
    app.sql("DELETE FROM upstream_account").await;
    let code = authenticator.code(&app);
    half.expect("second-factor").form().fill("code", &code).submit(&mut other).await.refused(400);
    other.get("/account").await.expect("sign-in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_to_a_provider_that_is_not_there_is_no_way_in() {
    let (double, other, app) = at_two(|_| {}).await;
    let mut browser = app.browser();
    join(&double, &mut browser).await;
    let page = browser.get("/account/connections").await;
    let back = other.set_out_by(&mut browser, page.press("connect").fill("connect", "other")).await;
    let page = browser.get(&back).await;
    assert_eq!(page.expect("connections").buttons("disconnect").len(), 2);
    let mut config = app.app.config.clone();
    config.upstreams.pop();
    let mut browser = browser.on(&app.on(config).await);
    let page = browser.get("/account/connections").await;
    assert_eq!(page.buttons("disconnect").len(), 1, "that of the provider that has gone: {}", page.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_make_an_account_can_still_link_what_they_came_by() {
    let double = Double::start().await;
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        config.login.sign_up_domains = vec![DomainRule::parse("northwind.example").unwrap()];
        double.declare(config);
    })
    .await;
    app.user("alice").await;
    let mut browser = app.browser();
    let new = double.go(&mut browser).await;
    let refused = new.expect("upstream").press("answer").submit(&mut browser).await;
    let again = refused.refused(400).press("answer").submit(&mut browser).await;
    let form = again.refused(400).forms_to("/sign-up/upstream").pop().unwrap().fill("answer", "connect");
    let page = form.submit(&mut browser).await;
    let form = page.expect("sign-in").form().fill("identifier", "alice").fill("password", PASSWORD);
    let asked = form.submit(&mut browser).await;
    asked.expect("connect").press("answer").submit(&mut browser).await.expect("connections");
    assert_eq!(app.rows("upstream_account").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_wants_to_link_proves_the_second_factor_also_in_a_trusted_browser() {
    let (double, app) = at_double().await;
    double.behave(Behaviour {
        claims: json!({ "sub": "bob", "email": null, "email_verified": null }),
        userinfo: json!({ "sub": "bob" }),
        ..Behaviour::default()
    });
    let rp = app.relying_party().await;
    let authenticator = app.browser().sign_in("alice").await.set_up_authenticator().await;
    app.clock.advance(minutes(1));
    let mut browser = app.browser();
    let half = browser.type_password("alice", PASSWORD).await;
    let code = authenticator.code(&app);
    half.form().fill("code", &code).fill("trust", "yes").submit(&mut browser).await.reply.expect(200);
    let page = browser.get("/end_session").await;
    page.form().fill("decision", "sign_out").submit(&mut browser).await.reply.expect(200);
    app.clock.advance(minutes(1));
    let page = browser.get(&rp.request().path()).await;
    let back = double.set_out_by(&mut browser, page.press("upstream")).await;
    let new = browser.get(&back).await;
    let form = new.forms_to("/sign-up/upstream").pop().unwrap().fill("answer", "connect");
    let page = form.submit(&mut browser).await;
    let half = page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut browser).await;
    let code = authenticator.code(&app);
    let asked = half.expect("second-factor").form().fill("code", &code).submit(&mut browser).await;
    asked.expect("connect").press("answer").submit(&mut browser).await;
    assert_eq!(app.rows("upstream_account").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e5_nobody_links_from_where_the_account_may_not_be_used() {
    let double = Double::start().await;
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        double.declare(config);
        config.role_networks = vec![RoleNetworks {
            role: "staff".to_owned(),
            allowed: vec![Network::parse("198.51.100.0/24").unwrap()],
            denied: Vec::new(),
        }];
    })
    .await;
    app.user("alice").await;
    app.give_role("alice", "staff").await;
    let mut thief = app.browser();
    let new = double.go(&mut thief).await;
    let form = new.forms_to("/sign-up/upstream").pop().unwrap().fill("answer", "connect");
    let page = form.submit(&mut thief).await;
    let asked = page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut thief).await;
    asked.refused(403);
    assert!(!asked.text().contains("alice Example"), "{}", asked.text());
    assert_eq!(app.rows("upstream_account").await, 0);
}
