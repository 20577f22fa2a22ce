//! The grant of Mini Apps of Telegram: an extension grant, RFC 6749 §4.5. <https://core.telegram.org/bots/webapps>.

use latchkey::base::network::Network;
use latchkey::config::{Config, RoleNetworks, SecondFactor, SignUp};
use latchkey::federation::changes;
use latchkey::oidc::client::metadata::ClientKind;
use serde_json::json;

use crate::harness::{MINI_APP_GRANT, Telegram, TestApp, ann, minutes, seconds};

#[tokio::test]
async fn whoever_opens_a_mini_app_has_tokens_without_a_tap_and_the_same_account_the_next_time() {
    let app = TestApp::with_bot(|_| {}).await;
    let mini = app.mini_app().await;
    let tokens = mini.open(&Telegram::at(&app).init_data(&ann())).await.tokens();
    let claims = tokens.id_claims();
    assert_eq!((&claims["amr"], &claims["acr"]), (&json!(["fed"]), &json!("urn:latchkey:acr:1fa")));
    assert_eq!(claims["auth_time"], app.app.now().seconds());
    assert_eq!((&claims["name"], &claims["locale"]), (&json!("Анна Ex"), &json!("ru")));
    assert_eq!(tokens.scope, "openid profile offline_access");
    assert_eq!(tokens.access_claims()["client_id"], "mini");
    assert!(mini.is_good(&tokens.access_token).await);
    let (refreshed, events) = (mini.refresh(tokens.refresh()).await.tokens(), app.events().await);
    assert_eq!(refreshed.id_claims()["sub"], claims["sub"]);
    assert_eq!(events[2..], ["user_created", "upstream_linked", "signed_in"], "the account, the link, the sign-in");
    app.clock.advance(minutes(60));
    let again =
        mini.open(&Telegram::at(&app).init_data(&json!({ "id": 987_654_321, "first_name": "Other" }))).await.tokens();
    assert_eq!(again.id_claims()["sub"], claims["sub"], "whatever they are called by then");
    assert_eq!((app.rows("user_account").await, app.rows("upstream_account").await), (1, 1));
    assert!(
        app.rows("upstream_account WHERE joined_at IS NOT NULL AND last_used_at IS NOT NULL AND subject = '987654321'")
            .await
            == 1
    );
}

#[tokio::test]
async fn all_windows_of_a_mini_app_share_one_session_which_a_sign_out_ends() {
    let app = TestApp::with_bot(|_| {}).await;
    let mini = app.mini_app().await;
    let phone = mini.open_for("openid", &Telegram::at(&app).init_data(&ann())).await.tokens();
    app.clock.advance(seconds(5));
    let desktop = mini.open_for("openid", &Telegram::at(&app).init_data(&ann())).await.tokens();
    assert_eq!(phone.id_claims()["sid"], desktop.id_claims()["sid"]);
    assert_eq!((app.rows("session").await, app.rows("browser").await, app.rows("known_device").await), (1, 1, 1));
    mini.refresh(phone.refresh()).await.tokens();
    let sub = phone.id_claims()["sub"].as_str().unwrap().to_owned();
    let user =
        latchkey::store::people::user::find_by_sub(&mut app.app.db.read().await.unwrap(), &sub).await.unwrap().unwrap();
    latchkey::login::session::end_all(&app.app, &user.id, false).await.unwrap();
    mini.refresh(phone.refresh()).await.error("invalid_grant");
    mini.refresh(desktop.refresh()).await.error("invalid_grant");
    app.clock.advance(seconds(5));
    let next = mini.open_for("openid", &Telegram::at(&app).init_data(&ann())).await.tokens();
    assert_ne!(next.id_claims()["sid"], phone.id_claims()["sid"], "the next sign-in is another session");
}

#[tokio::test]
async fn the_scope_and_the_resources_are_judged_as_at_the_authorization_endpoint() {
    let app = TestApp::with_bot(|_| {}).await;
    let mini = app.mini_app().await;
    let data = Telegram::at(&app).init_data(&ann());
    mini.open_for("", &data).await.error("invalid_scope");
    mini.open_for("martian", &data).await.error("invalid_scope");
    let fields = [("grant_type", MINI_APP_GRANT), ("init_data", &data), ("scope", "openid")];
    let with = |more: (&'static str, &'static str)| [&fields[..], &[more]].concat();
    mini.post("/token", &with(("resource", "https://elsewhere.example"))).await.error("invalid_target");
    mini.post("/token", &with(("scope", "openid"))).await.error("invalid_request");
    mini.post("/token", &fields[..1]).await.error("invalid_request");
    // None of these has used it up.
    let tokens = mini.open_for("openid martian", &data).await.tokens();
    assert_eq!((tokens.scope.as_str(), tokens.refresh_token.is_some()), ("openid", true));
}

#[tokio::test]
async fn only_a_client_that_a_bot_has_as_its_mini_app_and_that_is_the_operators_own_may_use_it() {
    let app = TestApp::with_bot(|config| {
        config.channels[0].mini_apps = vec!["mini".to_owned(), "theirs".to_owned(), "service".to_owned()]
    })
    .await;
    let data = Telegram::at(&app).init_data(&ann());
    let another = app.client(ClientKind::Spa, |new| new.first_party = true).await;
    another.open(&data).await.error("unauthorized_client");
    let theirs = app.client(ClientKind::Spa, |new| new.client_id = Some("theirs".to_owned())).await;
    theirs.open(&data).await.error("unauthorized_client");
    let service = |new: &mut latchkey::oidc::client::registration::NewClient| {
        (new.client_id, new.first_party, new.redirect_uris) = (Some("service".to_owned()), true, Vec::new());
    };
    app.client(ClientKind::Service, service).await.open(&data).await.error("unauthorized_client");
    let nobody = app.post("/token", &[("grant_type", MINI_APP_GRANT), ("init_data", &data), ("scope", "openid")]).await;
    nobody.error("invalid_client");
    assert_eq!(app.rows("user_account").await, 0);
    let mini =
        app.client(ClientKind::Web, |new| (new.client_id, new.first_party) = (Some("mini".to_owned()), true)).await;
    let wrong = app
        .post(
            "/token",
            &[
                ("grant_type", MINI_APP_GRANT),
                ("init_data", &data),
                ("scope", "openid"),
                ("client_id", "mini"),
                ("client_secret", "another"),
            ],
        )
        .await;
    wrong.error("invalid_client");
    mini.open(&data).await.tokens();
}

#[tokio::test]
async fn the_grant_is_announced_where_a_client_can_use_it() {
    let announced = async |app: &TestApp| {
        let document = app.get("/.well-known/openid-configuration").await.json();
        document["grant_types_supported"].as_array().unwrap().contains(&json!(MINI_APP_GRANT))
    };
    assert!(announced(&TestApp::with_bot(|_| {}).await).await);
    assert!(!announced(&TestApp::new().await).await);
}

#[tokio::test]
async fn scripts_of_its_own_origin_may_call_it_and_no_others() {
    let app = TestApp::with_bot(|_| {}).await;
    let mini = app.mini_app().await;
    let data = Telegram::at(&app).init_data(&ann());
    for (origin, may_read) in [("https://elsewhere.example", false), ("https://rp.example", true)] {
        let fields =
            [("grant_type", MINI_APP_GRANT), ("init_data", &data), ("scope", "openid"), ("client_id", mini.id())];
        let reply = app.post_with("/token", &fields, &[("origin", origin)]).await;
        assert_eq!(reply.header("access-control-allow-origin").is_some(), may_read, "{origin}");
    }
}

#[tokio::test]
async fn whoever_is_not_known_gets_an_account_only_where_that_takes_no_page() {
    type Change = fn(&mut Config);
    let closed: [(Change, &str); 7] = [
        (|config| config.channels[0].sign_up = false, "login_required"),
        (|config| config.login.sign_up = SignUp::Closed, "login_required"),
        (|config| config.login.sign_up = SignUp::Invitation, "login_required"),
        (
            |config| {
                config.login.sign_up_domains = vec![latchkey::mail::domain::DomainRule::parse("a.example").unwrap()]
            },
            "login_required",
        ),
        (|config| config.login.second_factor = SecondFactor::Everybody, "interaction_required"),
        (
            |config| {
                (config.terms.version, config.pages.tos_uri) =
                    (Some("1".to_owned()), Some("https://a.example/terms".to_owned()))
            },
            "interaction_required",
        ),
        (|_| {}, "interaction_required"),
    ];
    let last = closed.len() - 1;
    for (at, (change, error)) in closed.into_iter().enumerate() {
        let app = TestApp::with_bot(change).await;
        let require = |new: &mut latchkey::oidc::client::registration::NewClient| {
            (new.client_id, new.first_party) = (Some("mini".to_owned()), true);
            new.metadata.require_second_factor = at == last;
        };
        let mini = app.client(ClientKind::Spa, require).await;
        let refused = mini.open(&Telegram::at(&app).init_data(&ann())).await.error(error);
        assert_eq!((app.rows("user_account").await, app.rows("session").await), (0, 0), "{at}: {}", refused.body);
    }
}

#[tokio::test]
async fn whoever_is_known_gets_nothing_that_a_page_would_ask_more_for() {
    let app = TestApp::with_bot(|config| {
        (config.terms.version, config.pages.tos_uri) =
            (Some("1".to_owned()), Some("https://a.example/terms".to_owned()));
    })
    .await;
    let mini = app.mini_app().await;
    app.link_telegram("alice", 987_654_321).await;
    let data = Telegram::at(&app).init_data(&ann());
    mini.open(&data).await.error("interaction_required");
    let alice = app.user("alice").await.id;
    latchkey::account::terms::accept(&app.app, &alice, "1").await.unwrap();
    // It was not used up, so that the Mini App goes on as soon as its person has done what was missing.
    mini.open(&data).await.tokens();

    let app = TestApp::with_bot(|config| config.login.second_factor = SecondFactor::Everybody).await;
    let mini = app.mini_app().await;
    app.link_telegram("alice", 987_654_321).await;
    mini.open(&Telegram::at(&app).init_data(&ann())).await.error("interaction_required");

    let app = TestApp::with_bot(|_| {}).await;
    let mini = app.mini_app().await;
    app.link_telegram("alice", 987_654_321).await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.set_up_authenticator().await;
    mini.open(&Telegram::at(&app).init_data(&ann())).await.error("interaction_required");
}

#[tokio::test]
async fn whoever_is_disabled_or_unlinked_gets_nothing() {
    let app = TestApp::with_bot(|config| config.channels[0].sign_up = false).await;
    let mini = app.mini_app().await;
    app.link_telegram("alice", 987_654_321).await;
    let alice = app.user("alice").await.id;
    latchkey::account::delete::disable(&app.app, &alice, false).await.unwrap();
    mini.open(&Telegram::at(&app).init_data(&ann())).await.error("invalid_grant");
    latchkey::account::users::enable(&app.app, &alice).await.unwrap();
    mini.open(&Telegram::at(&app).init_data(&ann())).await.tokens();
    app.sql("DELETE FROM upstream_account").await;
    app.clock.advance(seconds(1));
    mini.open(&Telegram::at(&app).init_data(&ann())).await.error("login_required");
}

#[tokio::test]
async fn rules_by_network_hold_here_too_and_a_server_is_not_where_its_people_are() {
    let rule = |config: &mut Config| {
        config.role_networks = vec![RoleNetworks {
            role: "administrator".to_owned(),
            allowed: vec![Network::parse("10.0.0.0/8").unwrap()],
            denied: Vec::new(),
        }];
    };
    let app = TestApp::with_bot(rule).await;
    app.link_telegram("alice", 987_654_321).await;
    app.give_role("alice", "administrator").await;
    let public = app.mini_app().await;
    public.open(&Telegram::at(&app).init_data(&ann())).await.error("access_denied");
    let app = TestApp::with_bot(|_| {}).await;
    let web = app
        .client(ClientKind::Web, |new| {
            (new.client_id, new.first_party) = (Some("mini".to_owned()), true);
            new.metadata.allowed_networks = vec![Network::parse("203.0.113.0/24").unwrap()];
        })
        .await;
    web.open(&Telegram::at(&app).init_data(&ann())).await.error("access_denied");
}

#[tokio::test]
async fn a_second_letter_about_a_new_device_is_not_sent_for_the_same_mini_app() {
    let app = TestApp::with_bot(|config| config.mail.from = Some(crate::harness::sender())).await;
    let mini = app.mini_app().await;
    app.link_telegram("alice", 987_654_321).await;
    app.browser().sign_in("alice").await;
    for _ in 0..3 {
        app.clock.advance(minutes(1));
        mini.open(&Telegram::at(&app).init_data(&ann())).await.tokens();
    }
    let told = app.letters_to("alice@example.com").await;
    assert_eq!(told.iter().filter(|letter| letter.subject.contains("sign-in")).count(), 1, "{told:?}");
}

#[tokio::test]
async fn telegram_that_is_disabled_opens_no_mini_app_and_signs_nobody_in_by_a_button() {
    let app = TestApp::with_bot(|_| {}).await;
    let mini = app.mini_app().await;
    let data = Telegram::at(&app).init_data(&ann());
    changes::set_disabled(&app.app, "telegram", true).await.unwrap().unwrap();
    mini.open(&data).await.error("invalid_grant");
    let link = Telegram::at(&app).widget(&[("id", "987654321"), ("first_name", "Ann")]);
    assert_eq!(app.get(&format!("/telegram/main/callback?{link}")).await.status, 400);
    changes::set_disabled(&app.app, "telegram", false).await.unwrap().unwrap();
    mini.open(&data).await.tokens();
}
