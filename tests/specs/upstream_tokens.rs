//! Tokens of other providers: a client of ours acts for a person there (RFC 8693), with a token that is refreshed (RFC 6749 §6) and revoked when
//! the account is unlinked (RFC 7009). The other provider is a second Latchkey, or one that answers what a test wants.

use latchkey::account::delete;
use latchkey::config::words::UpstreamAuthMethod;
use latchkey::config::{Config, SignUp};
use latchkey::federation::tokens::revoke;
use latchkey::oidc::client::metadata::ClientKind;
use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::{Behaviour, Browser, Double, RelyingParty, Reply, TestApp, Tokens, Upstream, minutes, seconds};

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

async fn calendar(app: &TestApp) -> RelyingParty {
    app.client(ClientKind::Web, |new| new.client_id = Some("calendar".to_owned())).await
}

async fn both(change: impl FnOnce(&mut Config)) -> (Upstream, TestApp, RelyingParty) {
    let upstream = Upstream::start().await;
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        upstream.declare(config);
        config.upstreams[0].token_clients = vec!["calendar".to_owned()];
        change(config);
    })
    .await;
    let rp = calendar(&app).await;
    (upstream, app, rp)
}

/// One that says by `claims_supported` that it does not tell when somebody has signed in.
fn behaviour() -> Behaviour {
    Behaviour { metadata: json!({ "claims_supported": ["sub"] }), ..Behaviour::default() }
}

/// The same with the provider that answers what a test wants.
async fn with_double(behaviour: Behaviour) -> (Double, TestApp, RelyingParty) {
    let double = Double::start().await;
    double.behave(behaviour);
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        double.declare(config);
        config.upstreams[0].token_clients = vec!["calendar".to_owned()];
    })
    .await;
    let rp = calendar(&app).await;
    (double, app, rp)
}

/// Signs in at the client by the other provider; makes an account if there is none yet.
async fn come(upstream: &Upstream, rp: &RelyingParty, browser: &mut Browser) -> Tokens {
    let page = browser.get(&rp.request().set("prompt", "login").path()).await;
    let page = upstream.go(browser, &page, "ann").await;
    let page = if page.buttons("answer").contains(&"create".to_owned()) {
        page.press("answer").submit(browser).await
    } else {
        page
    };
    rp.exchange(&browser.go_on(page).await.code()).await.tokens()
}

/// The same with the provider that answers what a test wants.
async fn come_by(double: &Double, rp: &RelyingParty, browser: &mut Browser) -> Tokens {
    let page = browser.get(&rp.request().set("prompt", "login").path()).await;
    let back = double.set_out_by(browser, page.press("upstream")).await;
    let page = browser.get(&back).await;
    let page = if page.buttons("answer").contains(&"create".to_owned()) {
        page.press("answer").submit(browser).await
    } else {
        page
    };
    rp.exchange(&browser.go_on(page).await.code()).await.tokens()
}

async fn ask_with(rp: &RelyingParty, token: &str, more: &[(&str, &str)]) -> Reply {
    let exchange = ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
    let of = [exchange, ("subject_token_type", ACCESS_TOKEN), ("subject_token", token)];
    rp.post("/token", &[&of, more].concat()).await
}

async fn ask(rp: &RelyingParty, token: &str) -> Reply {
    ask_with(rp, token, &[("audience", "home")]).await
}

fn text(reply: &Reply, name: &str) -> String {
    reply.json()[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", reply.json())).to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_the_provider_s_settings_name_acts_there_for_who_has_come_by_it() {
    let (upstream, app, rp) = both(|_| {}).await;
    let there = upstream.app.trial().await;
    let mut browser = app.browser();
    let own = come(&upstream, &rp, &mut browser).await;
    let given = ask(&rp, &own.access_token).await.expect(200);
    let said = given.json();
    assert_eq!((&said["issued_token_type"], &said["token_type"]), (&json!(ACCESS_TOKEN), &json!("Bearer")));
    assert!((1..=600).contains(&said["expires_in"].as_u64().unwrap()), "{said}");
    assert!(said["refresh_token"].is_null() && said["id_token"].is_null(), "the refresh token stays here");
    assert!(said["scope"].as_str().unwrap().contains("email"), "what the provider has granted: {said}");
    let told = there.userinfo(&text(&given, "access_token")).await.expect(200).json();
    assert_eq!(told["email"], "ann@example.com", "it is the token of the person there");
    assert_eq!(rp.userinfo(&text(&given, "access_token")).await.status, 401, "and none of ours");
    // What is stored is sealed.
    let stored = app.texts("SELECT sealed FROM upstream_token").await;
    assert_eq!(stored.len(), 1);
    assert!(!stored[0].contains(&text(&given, "access_token")), "{stored:?}");
    ask(&rp, &own.access_token).await.expect(200);
    let events = app.events().await;
    assert_eq!(
        events.iter().filter(|kind| *kind == "upstream_token_given").count(),
        1,
        "noted once an hour: {events:?}"
    );
    // Its person sees who can.
    let page = browser.get("/account/connections").await;
    assert!(page.text().contains("The Herons' Club can use this account for you"), "{}", page.text());
    let grants = app.get("/.well-known/openid-configuration").await.json()["grant_types_supported"].clone();
    assert!(grants.as_array().unwrap().contains(&json!("urn:ietf:params:oauth:grant-type:token-exchange")), "{grants}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_nobody_may_have_are_not_kept() {
    let (upstream, app, rp) = both(|config| config.upstreams[0].token_clients.clear()).await;
    let own = come(&upstream, &rp, &mut app.browser()).await;
    assert_eq!(app.rows("upstream_token").await, 0);
    ask(&rp, &own.access_token).await.error("unauthorized_client");
    let grants = app.get("/.well-known/openid-configuration").await.json()["grant_types_supported"].clone();
    assert!(!grants.to_string().contains("token-exchange"), "{grants}");
}

/// Eight requests at once, on two replicas: the access tokens that they get.
async fn ask_at_once(app: &TestApp, rp: &RelyingParty, token: &str, audience: &'static str) -> Vec<String> {
    let replica = app.replica().await;
    let mut asking = JoinSet::new();
    for one in [rp.clone(), rp.on(&replica)].into_iter().cycle().take(8) {
        let token = token.to_owned();
        asking.spawn(async move { ask_with(&one, &token, &[("audience", audience)]).await });
    }
    let answers = asking.join_all().await;
    answers.into_iter().map(|answer| text(&answer.expect(200), "access_token")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_is_used_once_however_many_ask_on_two_replicas() {
    // A provider may revoke everything when one is used twice: RFC 9700 §4.14.2.
    let tokens = json!({ "refresh_token": "r1", "expires_in": 30 });
    let (double, app, rp) = with_double(Behaviour { tokens, ..behaviour() }).await;
    let own = come_by(&double, &rp, &mut app.browser()).await;
    double.behave(Behaviour { tokens: json!({ "refresh_token": "r2" }), ..behaviour() });
    app.clock.advance(seconds(20));
    ask_at_once(&app, &rp, &own.access_token, "double").await;
    let exchanged = double.exchanged();
    let refreshed: Vec<_> = exchanged.iter().filter(|body| body.contains("refresh_token")).collect();
    assert_eq!(refreshed, ["grant_type=refresh_token&refresh_token=r1"], "{exchanged:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_live_a_minute_or_less_are_refreshed_once_by_an_exchange() {
    for lives in [60, 30, 1, 0] {
        let tokens = json!({ "refresh_token": "r1", "expires_in": lives });
        let (double, app, rp) = with_double(Behaviour { tokens, ..behaviour() }).await;
        let own = come_by(&double, &rp, &mut app.browser()).await;
        app.clock.advance(seconds(61));
        let given = ask_with(&rp, &own.access_token, &[("audience", "double")]).await;
        assert_eq!(given.status, 200, "{lives} s: {}", given.json());
        let refreshed = double.exchanged().iter().filter(|body| body.contains("refresh_token")).count();
        assert_eq!(refreshed, 1, "{lives} s");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_about_to_end_is_refreshed_before_a_client_gets_it() {
    let (upstream, app, rp) = both(|_| {}).await;
    let there = upstream.app.trial().await;
    let own = come(&upstream, &rp, &mut app.browser()).await;
    let first = text(&ask(&rp, &own.access_token).await.expect(200), "access_token");
    for clock in [&app.clock, &upstream.app.clock] {
        clock.advance(minutes(9) + seconds(30));
    }
    let second = ask_at_once(&app, &rp, &own.access_token, "home").await;
    assert!(second.iter().all(|one| *one == second[0] && *one != first), "one new token for all");
    there.userinfo(&second[0]).await.expect(200);
    let events = upstream.app.events().await;
    assert!(!events.contains(&"refresh_token_replayed".to_owned()), "{events:?}");
    assert_eq!(app.rows("upstream_token").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_ended_it_at_the_provider_has_to_come_once_more() {
    let (upstream, app, rp) = both(|_| {}).await;
    let mut browser = app.browser();
    let own = come(&upstream, &rp, &mut browser).await;
    upstream.app.sql("UPDATE client_grant SET ended_at = 1").await;
    for clock in [&app.clock, &upstream.app.clock] {
        clock.advance(minutes(9) + seconds(30));
    }
    ask(&rp, &own.access_token).await.error("interaction_required");
    assert_eq!(app.rows("upstream_token").await, 0, "what works no more is not kept");
    let own = come(&upstream, &rp, &mut browser).await;
    ask(&rp, &own.access_token).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_revoked_at_the_provider_once_the_account_is_unlinked_or_deleted() {
    for way in ["disconnected", "deleted"] {
        let (upstream, app, rp) = both(|_| {}).await;
        let there = upstream.app.trial().await;
        let mut browser = app.browser().sign_in("alice").await;
        let page = browser.get("/account/connections").await;
        let page = upstream.go_by(&mut browser, page.press("connect"), "ann").await;
        assert!(page.text().contains("The account is connected."), "{}", page.text());
        let own = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
        let given = text(&ask(&rp, &own.access_token).await.expect(200), "access_token");
        if way == "deleted" {
            let user = app.person("alice").await;
            delete::delete(&app.app, &user.id, true).await.unwrap();
        } else {
            let page = browser.get("/account/connections").await;
            page.press("disconnect").submit(&mut browser).await.reply.expect(200);
            ask(&rp, &own.access_token).await.error("interaction_required");
        }
        assert!(there.is_good(&given).await, "{way}: nobody has told the provider yet");
        assert_eq!(revoke::revoke_ended(&app.app).await.unwrap(), 1, "{way}");
        assert!(!there.is_good(&given).await, "{way}: it is revoked there");
        assert_eq!(app.rows("upstream_token").await, 0, "{way}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_has_tokens_revoked_that_nobody_may_have_any_more_and_no_server_does_so_by_itself() {
    let (upstream, app, rp) = both(|_| {}).await;
    let there = upstream.app.trial().await;
    let own = come(&upstream, &rp, &mut app.browser()).await;
    let given = text(&ask(&rp, &own.access_token).await.expect(200), "access_token");
    // Such as one that was started with the file of before.
    let mut config = app.app.config.clone();
    config.upstreams[0].token_clients.clear();
    let other = app.on(config).await;
    assert_eq!(revoke::revoke_ended(&other.app).await.unwrap(), 0);
    ask(&rp, &own.access_token).await.expect(200);
    assert_eq!(revoke::end_all(&other.app, "home").await.unwrap(), 1);
    assert_eq!(revoke::revoke_ended(&other.app).await.unwrap(), 1);
    assert!(!there.is_good(&given).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_provider_sees_tokens_whatever_the_settings_say_now() {
    let tokens = json!({ "refresh_token": "r1", "expires_in": 30 });
    let (double, app, rp) = with_double(Behaviour { tokens, ..behaviour() }).await;
    let own = come_by(&double, &rp, &mut app.browser()).await;
    app.clock.advance(seconds(31));
    let another = Double::start().await;
    for is_client in [false, true] {
        let mut config = app.app.config.clone();
        if is_client {
            config.upstreams[0].client_id = "another".to_owned();
        } else {
            config.upstreams[0].issuer = another.issuer.clone();
        }
        let moved = app.on(config).await;
        let answer = ask_with(&rp.on(&moved), &own.access_token, &[("audience", "double")]).await;
        assert_eq!(text(&answer, "error"), "interaction_required", "the refresh token stays where it is");
    }
    app.sql("DELETE FROM upstream_account").await;
    let mut config = app.app.config.clone();
    config.upstreams[0].issuer = another.issuer.clone();
    let moved = app.on(config).await;
    assert_eq!(revoke::revoke_ended(&moved.app).await.unwrap(), 0);
    assert!(
        another.exchanged().is_empty() && another.revoked().is_empty(),
        "{:?} {:?}",
        another.exchanged(),
        another.revoked()
    );
    assert_eq!(double.exchanged().len(), 1);
    // A server that knows the provider does it, at its next turn.
    app.clock.advance(minutes(2));
    assert_eq!(revoke::revoke_ended(&app.app).await.unwrap(), 1);
    assert_eq!(double.revoked(), ["token=r1&token_type_hint=refresh_token"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_former_settings_hold_up_no_others() {
    let (double, app, rp) = with_double(Behaviour { tokens: json!({ "refresh_token": "r1" }), ..behaviour() }).await;
    come_by(&double, &rp, &mut app.browser()).await;
    double.behave(Behaviour {
        claims: json!({ "sub": "bob", "email": "bob@example.com" }),
        tokens: json!({ "refresh_token": "r2" }),
        ..behaviour()
    });
    come_by(&double, &rp, &mut app.browser()).await;
    // The rows are looked at in this order.
    app.sql("UPDATE upstream_token SET client_id = 'before' WHERE id = (SELECT MIN(id) FROM upstream_token)").await;
    app.sql("DELETE FROM upstream_account").await;
    assert_eq!(revoke::revoke_ended(&app.app).await.unwrap(), 1);
    assert_eq!((double.revoked().len(), app.rows("upstream_token").await), (1, 1), "the other one waits");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_an_account_that_was_linked_again_are_not_revoked() {
    // At Google and Discord, one revocation ends all that a person has allowed.
    let (double, app, rp) = with_double(Behaviour { tokens: json!({ "refresh_token": "r1" }), ..behaviour() }).await;
    come_by(&double, &rp, &mut app.browser()).await;
    app.sql("DELETE FROM user_account").await;
    assert_eq!(app.rows("upstream_token WHERE account_id IS NULL").await, 1);
    come_by(&double, &rp, &mut app.browser()).await;
    assert_eq!(revoke::revoke_ended(&app.app).await.unwrap(), 0);
    assert_eq!((double.revoked().len(), app.rows("upstream_token").await), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signs_in_while_a_token_is_refreshed_keeps_the_refresh_token_that_comes() {
    let mut behaviour = Behaviour { tokens: json!({ "refresh_token": "r1", "expires_in": 30 }), ..behaviour() };
    let (double, app, rp) = with_double(behaviour.clone()).await;
    let mut browser = app.browser();
    let own = come_by(&double, &rp, &mut browser).await;
    app.clock.advance(seconds(20));
    // The refresh is answered only once the person has signed in again, by an answer without a refresh token.
    let answers = double.hold_refreshes();
    let asking = tokio::spawn({
        let (rp, token) = (rp.clone(), own.access_token.clone());
        async move { ask_with(&rp, &token, &[("audience", "double")]).await }
    });
    double.refresh_begun().await;
    behaviour.tokens = json!({ "expires_in": 40, "access_token": "of the sign-in" });
    double.behave(behaviour.clone());
    come_by(&double, &rp, &mut browser).await;
    behaviour.tokens = json!({ "refresh_token": "r2", "access_token": "of the refresh", "expires_in": 30 });
    double.behave(behaviour.clone());
    drop(answers);
    asking.await.unwrap().expect(200);
    app.clock.advance(seconds(45));
    behaviour.tokens = json!({ "access_token": "the last" });
    double.behave(behaviour);
    let given = ask_with(&rp, &own.access_token, &[("audience", "double")]).await.expect(200);
    assert_eq!(text(&given, "access_token"), "the last");
    let exchanged = double.exchanged();
    let refreshed: Vec<_> = exchanged.iter().filter(|body| body.contains("grant_type=refresh_token")).collect();
    assert!(refreshed[0].ends_with("refresh_token=r1") && refreshed[1].ends_with("refresh_token=r2"), "{refreshed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_providers_say_of_a_refresh_token_that_works_no_more_is_understood() {
    for (status, body) in [
        (400, json!({ "error": "invalid_grant" })),
        (
            200,
            json!({ "error": "bad_refresh_token", "error_description": "The refresh token passed is incorrect or expired." }),
        ),
        (400, json!({ "error": "invalid_request", "error_description": "Value passed for the token was invalid." })),
        (400, json!({ "error": "interaction_required", "error_description": "AADSTS50076" })),
    ] {
        let tokens = json!({ "refresh_token": "r1", "expires_in": 30 });
        let (double, app, rp) = with_double(Behaviour { tokens, ..behaviour() }).await;
        let own = come_by(&double, &rp, &mut app.browser()).await;
        app.clock.advance(seconds(31));
        double.behave(Behaviour { token: Some((status, body.to_string())), ..behaviour() });
        let answer = ask_with(&rp, &own.access_token, &[("audience", "double")]).await;
        assert_eq!(text(&answer, "error"), "interaction_required", "{body}");
        assert_eq!(app.rows("upstream_token").await, 0, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_scope_is_that_of_the_token_and_not_of_another_one_or_of_the_settings() {
    let mut behaviour = Behaviour { tokens: json!({ "scope": "openid,email" }), ..behaviour() };
    let (double, app, rp) = with_double(behaviour.clone()).await;
    let mut browser = app.browser();
    let own = come_by(&double, &rp, &mut browser).await;
    let ask = async |rp: &RelyingParty, token: &str, more: &[(&str, &str)]| {
        ask_with(rp, token, &[&[("audience", "double")], more].concat()).await
    };
    assert_eq!(text(&ask(&rp, &own.access_token, &[]).await, "scope"), "openid email", "written with commas there");
    ask(&rp, &own.access_token, &[("scope", "profile")]).await.error("invalid_scope");
    // Without a word, all that was asked for was given: RFC 6749 §5.1.
    behaviour.tokens = json!({});
    double.behave(behaviour);
    let own = come_by(&double, &rp, &mut browser).await;
    assert_eq!(text(&ask(&rp, &own.access_token, &[("scope", "profile")]).await, "scope"), "openid profile email");
    let mut config = app.app.config.clone();
    config.upstreams[0].scope = ["openid", "calendar"].into_iter().collect();
    let later = app.on(config).await;
    ask(&rp.on(&later), &own.access_token, &[("scope", "calendar")]).await.error("invalid_scope");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_accounts_there_the_one_counts_of_which_tokens_are_kept() {
    let (upstream, app, rp) = both(|config| config.upstreams[0].token_clients.clear()).await;
    let mut browser = app.browser().sign_in("alice").await;
    for person in ["ann", "bob"] {
        let page = browser.get("/account/connections").await;
        upstream.go_by(&mut browser, page.press("connect"), person).await.reply.expect(200);
    }
    let mut config = app.app.config.clone();
    config.upstreams[0].token_clients = vec!["calendar".to_owned()];
    let later = app.on(config).await;
    let rp = rp.on(&later);
    let mut browser = later.browser().sign_in("alice").await;
    let own = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    ask(&rp, &own.access_token).await.error("interaction_required");
    let page = browser.get("/account/connections").await;
    upstream.go_by(&mut browser, page.press("connect"), "ann").await.reply.expect(200);
    let given = text(&ask(&rp, &own.access_token).await.expect(200), "access_token");
    let there = upstream.app.trial().await;
    assert_eq!(there.userinfo(&given).await.json()["email"], "ann@example.com");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_client_that_gets_a_token_is_noted() {
    let clients = || vec!["calendar".to_owned(), "mailer".to_owned()];
    let (upstream, app, rp) = both(|config| config.upstreams[0].token_clients = clients()).await;
    let mailer = app.client(ClientKind::Web, |new| new.client_id = Some("mailer".to_owned())).await;
    let mut browser = app.browser();
    let own = come(&upstream, &rp, &mut browser).await;
    let of_mailer = mailer.exchange(&browser.authorize(&mailer).await.code()).await.tokens();
    for _ in 0..2 {
        ask(&rp, &own.access_token).await.expect(200);
        ask(&mailer, &of_mailer.access_token).await.expect(200);
    }
    let events = app.events().await;
    assert_eq!(events.iter().filter(|kind| *kind == "upstream_token_given").count(), 2, "one of each: {events:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_does_not_answer_is_asked_again_to_revoke() {
    let mut behaviour = Behaviour { tokens: json!({ "refresh_token": "r1" }), revocation: 503, ..behaviour() };
    let (double, app, rp) = with_double(behaviour.clone()).await;
    come_by(&double, &rp, &mut app.browser()).await;
    app.sql("DELETE FROM upstream_account").await;
    assert_eq!(revoke::revoke_ended(&app.app).await.unwrap(), 0);
    assert_eq!(revoke::revoke_ended(&app.app).await.unwrap(), 0, "not at once");
    assert_eq!((double.revoked().len(), app.rows("upstream_token").await), (1, 1));
    app.clock.advance(minutes(1));
    behaviour.revocation = 200;
    double.behave(behaviour);
    assert_eq!(revoke::revoke_ended(&app.app).await.unwrap(), 1);
    let asked = double.revoked().pop().unwrap();
    assert_eq!(asked, "token=r1&token_type_hint=refresh_token", "the one by which all others were got");
    assert_eq!(app.rows("upstream_token").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_refuses_to_revoke_is_not_asked_for_ever() {
    let (double, app, rp) = with_double(Behaviour { revocation: 400, ..behaviour() }).await;
    come_by(&double, &rp, &mut app.browser()).await;
    app.sql("DELETE FROM upstream_account").await;
    assert_eq!(revoke::revoke_ended(&app.app).await.unwrap(), 1);
    assert_eq!(double.revoked(), ["token=an-access-token&token_type_hint=access_token"]);
    assert_eq!(app.rows("upstream_token").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_that_is_given_with_the_first_sign_in_alone_is_kept() {
    // As Google does: https://developers.google.com/identity/protocols/oauth2/web-server#offline
    let mut behaviour = Behaviour { tokens: json!({ "refresh_token": "r1" }), ..behaviour() };
    let (double, app, rp) = with_double(behaviour.clone()).await;
    let ask = async |token: &str| ask_with(&rp, token, &[("audience", "double")]).await;
    let mut browser = app.browser();
    come_by(&double, &rp, &mut browser).await;
    behaviour.tokens = json!({ "expires_in": 30, "access_token": "the second" });
    double.behave(behaviour.clone());
    let own = come_by(&double, &rp, &mut browser).await.access_token;
    // While the provider does not answer, what works still is given.
    behaviour.token = Some((503, "{}".to_owned()));
    double.behave(behaviour.clone());
    assert_eq!(text(&ask(&own).await.expect(200), "access_token"), "the second");
    app.clock.advance(seconds(31));
    let busy = ask(&own).await;
    assert_eq!((busy.status.as_u16(), text(&busy, "error").as_str()), (503, "temporarily_unavailable"));
    (behaviour.token, behaviour.tokens) = (None, json!({ "access_token": "the third" }));
    double.behave(behaviour);
    assert_eq!(text(&ask(&own).await.expect(200), "access_token"), "the third");
    assert!(
        double.exchanged().pop().unwrap().contains("grant_type=refresh_token&refresh_token=r1"),
        "{:?}",
        double.exchanged()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resource_server_acts_there_for_who_has_sent_their_token() {
    let (upstream, app, _) = both(|config| config.upstreams[0].token_clients = vec!["api".to_owned()]).await;
    let spa = app
        .client(ClientKind::Spa, |new| new.metadata.default_resources = vec!["https://api.example".to_owned()])
        .await;
    let api = app
        .client(ClientKind::Service, |new| {
            new.client_id = Some("api".to_owned());
            new.redirect_uris.clear();
            new.metadata.resource_identifiers = vec!["https://api.example".to_owned()];
        })
        .await;
    let mut browser = app.browser();
    let page = browser.get(&spa.request().path()).await;
    let new = upstream.go(&mut browser, &page, "ann").await;
    let page = new.press("answer").submit(&mut browser).await;
    let sent = spa.exchange(&browser.go_on(page).await.code()).await.tokens();
    ask(&api, &sent.access_token).await.expect(200);
    // The application itself is not named.
    ask(&spa, &sent.access_token).await.error("unauthorized_client");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_gets_a_token_of_another_provider_and_nothing_else_stands_for_its_person() {
    let (upstream, app, rp) = both(|_| {}).await;
    let mut browser = app.browser();
    let own = come(&upstream, &rp, &mut browser).await;
    let token = &*own.access_token;
    for (more, error) in [
        (vec![], "invalid_request"),
        (vec![("audience", "google")], "invalid_target"),
        (vec![("audience", "home"), ("resource", "https://api.example")], "invalid_target"),
        (vec![("audience", "home"), ("scope", "calendar.write")], "invalid_scope"),
        (vec![("audience", "home"), ("actor_token", token), ("actor_token_type", ACCESS_TOKEN)], "invalid_request"),
    ] {
        let answer = ask_with(&rp, token, &more).await;
        assert_eq!(text(&answer, "error"), error, "{more:?}");
    }
    let other = app.relying_party().await;
    ask(&other, token).await.error("unauthorized_client");
    // A token of another client is none that this one was given.
    let strange = other.exchange(&browser.authorize(&other).await.code()).await.tokens();
    let service = app.service().await.client_credentials().await.tokens();
    let tokens = [&*strange.access_token, &service.access_token, own.id_token.as_deref().unwrap(), own.refresh(), "x"];
    for (at, wrong) in tokens.into_iter().enumerate() {
        assert_eq!(text(&ask(&rp, wrong).await, "error"), "invalid_request", "token {at}");
    }
    // Somebody who has never come by it.
    let alice = rp.tokens_of("alice").await;
    ask(&rp, &alice.access_token).await.error("interaction_required");
    // A provider that is disabled.
    latchkey::federation::changes::set_disabled(&app.app, "home", true).await.unwrap().unwrap();
    ask(&rp, token).await.error("invalid_target");
    latchkey::federation::changes::set_disabled(&app.app, "home", false).await.unwrap().unwrap();
    ask(&rp, token).await.expect(200);
    // A person who has signed out.
    rp.revoke(token).await.expect(200);
    ask(&rp, token).await.error("invalid_request");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_acts_at_the_providers_that_name_it_alone_and_a_public_one_at_none() {
    let double = Double::start().await;
    double.behave(behaviour());
    let (upstream, app, rp) = both(|config| {
        config.upstreams[0].token_clients.push("page".to_owned());
        double.declare(config);
        config.upstreams[1].token_clients = vec!["mailer".to_owned(), "page".to_owned()];
    })
    .await;
    let mailer = app.client(ClientKind::Web, |new| new.client_id = Some("mailer".to_owned())).await;
    let public = app.client(ClientKind::Spa, |new| new.client_id = Some("page".to_owned())).await;
    let mut browser = app.browser();
    let own = come(&upstream, &rp, &mut browser).await;
    let page = browser.get("/account/connections").await;
    let back = double.set_out_by(&mut browser, page.press("connect").fill("connect", "double")).await;
    browser.get(&back).await.reply.expect(200);
    assert_eq!(app.rows("upstream_token").await, 2);
    ask(&rp, &own.access_token).await.expect(200);
    ask_with(&rp, &own.access_token, &[("audience", "double")]).await.error("invalid_target");
    let of_mailer = mailer.exchange(&browser.authorize(&mailer).await.code()).await.tokens().access_token;
    ask_with(&mailer, &of_mailer, &[("audience", "double")]).await.expect(200);
    ask(&mailer, &of_mailer).await.error("invalid_target");
    let of_page = public.exchange(&browser.authorize(&public).await.code()).await.tokens().access_token;
    ask(&public, &of_page).await.error("unauthorized_client");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_is_wrong_for_a_moment_ends_no_refresh_token() {
    for error in ["invalid_client", "unauthorized_client", "server_error", "slow_down"] {
        let tokens = json!({ "refresh_token": "r1", "expires_in": 30 });
        let (double, app, rp) = with_double(Behaviour { tokens, ..behaviour() }).await;
        let own = come_by(&double, &rp, &mut app.browser()).await;
        app.clock.advance(seconds(31));
        let said = (401, json!({ "error": error }).to_string());
        double.behave(Behaviour { token: Some(said), ..behaviour() });
        let answer = ask_with(&rp, &own.access_token, &[("audience", "double")]).await;
        assert_eq!((answer.status.as_u16(), &*text(&answer, "error")), (503, "temporarily_unavailable"), "{error}");
        double.behave(Behaviour { tokens: json!({ "access_token": "new" }), ..behaviour() });
        let answer = ask_with(&rp, &own.access_token, &[("audience", "double")]).await.expect(200);
        assert_eq!(text(&answer, "access_token"), "new", "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_proves_itself_by_the_form_does_so_at_each_endpoint() {
    let double = Double::start().await;
    let tokens = json!({ "refresh_token": "r1", "expires_in": 30 });
    double.behave(Behaviour { tokens, ..behaviour() });
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        double.declare(config);
        config.upstreams[0].token_endpoint_auth_method = UpstreamAuthMethod::ClientSecretPost;
        config.upstreams[0].token_clients = vec!["calendar".to_owned()];
    })
    .await;
    let rp = calendar(&app).await;
    let own = come_by(&double, &rp, &mut app.browser()).await;
    app.clock.advance(seconds(31));
    ask_with(&rp, &own.access_token, &[("audience", "double")]).await.expect(200);
    app.sql("DELETE FROM upstream_account").await;
    assert_eq!(revoke::revoke_ended(&app.app).await.unwrap(), 1);
    let asked = [double.exchanged(), double.revoked()].concat();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|body| body.contains("client_id=latchkey") && body.contains("client_secret=")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_kept_for_whoever_may_not_come_in() {
    let (double, app, rp) = with_double(Behaviour { tokens: json!({ "refresh_token": "r1" }), ..behaviour() }).await;
    come_by(&double, &rp, &mut app.browser()).await;
    let sub = app.texts("SELECT sub FROM user_account").await.pop().unwrap();
    let user = latchkey::store::people::user::find_by_sub(&mut app.app.db.read().await.unwrap(), &sub).await.unwrap();
    delete::disable(&app.app, &user.unwrap().id, true).await.unwrap();
    app.sql("DELETE FROM upstream_token").await;
    double.go(&mut app.browser()).await.refused(403);
    assert_eq!(double.exchanged().len(), 2);
    assert_eq!(app.rows("upstream_token").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_never_answers_is_given_up_after_six_days() {
    let tokens = json!({ "refresh_token": "r1" });
    let (double, app, rp) = with_double(Behaviour { tokens, revocation: 503, ..behaviour() }).await;
    come_by(&double, &rp, &mut app.browser()).await;
    app.sql("DELETE FROM upstream_account").await;
    let mut passed = 0;
    for tried in 1..14 {
        assert_eq!(revoke::revoke_ended(&app.app).await.unwrap(), 0);
        assert_eq!((double.revoked().len(), app.rows("upstream_token").await), (tried, 1));
        let wait = 1 << (tried - 1);
        app.clock.advance(minutes(wait));
        passed += wait;
    }
    assert_eq!(passed / (24 * 60), 5, "days, and most of a sixth");
    assert_eq!(revoke::revoke_ended(&app.app).await.unwrap(), 1, "it is forgotten");
    assert_eq!((double.revoked().len(), app.rows("upstream_token").await), (14, 0));
}
