//! Rules by network: for a client, and for the accounts of a role.

use std::net::IpAddr;

use http::Request;
use latchkey::base::network::Network;
use latchkey::clients::edit;
use latchkey::config::{Config, RoleNetworks};
use latchkey::oidc::client::metadata::ClientKind;
use latchkey::oidc::client::registration::NewClient;
use latchkey::oidc::scope::ScopeSet;

use crate::harness::{Authenticator, Browser, PASSWORD, Passkey, RelyingParty, Reply, TestApp, form_encode, minutes};

/// Where browsers are unless a test says otherwise.
const OFFICE: &str = "203.0.113.0/24";

fn outside() -> IpAddr {
    [198, 51, 100, 9].into()
}

fn networks(texts: &[&str]) -> Vec<Network> {
    texts.iter().map(|text| Network::parse(text).unwrap()).collect()
}

/// A client that admits these networks alone.
async fn of_networks(app: &TestApp, kind: ClientKind, allowed: &[&str], denied: &[&str]) -> RelyingParty {
    app.client(kind, |client: &mut NewClient| {
        if kind == ClientKind::Service {
            client.redirect_uris.clear();
            client.metadata.scope = ScopeSet::parse("read write").unwrap();
        }
        client.metadata.allowed_networks = networks(allowed);
        client.metadata.denied_networks = networks(denied);
    })
    .await
}

/// Support may use their accounts in the office alone.
fn support_in_the_office(config: &mut Config) {
    let rule = RoleNetworks { role: "support".to_owned(), allowed: networks(&[OFFICE]), denied: vec![] };
    config.role_networks = vec![rule];
}

/// A request of a client to the token endpoint, from this address.
async fn token_from(app: &TestApp, rp: &RelyingParty, address: IpAddr, fields: &[(&str, &str)]) -> Reply {
    let mut fields = fields.to_vec();
    let is_public = rp.client.is_public();
    if is_public {
        fields.push(("client_id", rp.id()));
    }
    let mut request = Request::post(app.path("/token")).header("content-type", "application/x-www-form-urlencoded");
    if !is_public {
        request = request.header("authorization", rp.basic());
    }
    app.send_from(address, request.body(form_encode(&fields).into()).unwrap()).await
}

#[tokio::test]
async fn a_client_admits_its_networks_and_tells_the_developer_why_others_are_refused() {
    let app = TestApp::new().await;
    let rp = of_networks(&app, ClientKind::Web, &[OFFICE, "2001:db8::/32"], &["203.0.113.66"]).await;
    let mut browser = app.browser();
    browser.authorize(&rp).await.code();
    let before = browser.clone();
    for (address, admitted) in [
        ("203.0.113.200", true),
        ("::ffff:203.0.113.200", true),
        ("2001:db8::7", true),
        ("203.0.113.66", false),
        ("::ffff:203.0.113.66", false),
        ("198.51.100.9", false),
        ("2001:db9::7", false),
    ] {
        let mut browser = before.clone();
        browser.address = address.parse().unwrap();
        let page = browser.get(&rp.request().path()).await;
        if admitted {
            page.code();
            continue;
        }
        let why = page.error("access_denied").param("error_description").unwrap();
        assert!(why.contains("not accepted from this network"), "{address}: {why}");
        browser.get(&rp.request().set("prompt", "none").path()).await.error("access_denied");
    }
    // Nobody is asked for anything before, and other clients are as they were.
    let mut stranger = app.browser();
    stranger.address = outside();
    stranger.get(&rp.request().path()).await.error("access_denied");
    stranger.get(&rp.request().set("prompt", "login").path()).await.error("access_denied");
    stranger.authorize(&app.relying_party().await).await.code();
}

#[tokio::test]
async fn who_moves_to_another_network_on_the_way_gets_no_code() {
    let app = TestApp::new().await;
    let rp = of_networks(&app, ClientKind::Web, &[OFFICE], &[]).await;
    let mut browser = app.browser();
    app.user("alice").await;
    let page = browser.get(&rp.request().path()).await;
    let form = page.expect("sign-in").form().fill("identifier", "alice").fill("password", PASSWORD);
    browser.address = outside();
    form.submit(&mut browser).await.error("access_denied");
}

#[tokio::test]
async fn what_a_client_writes_into_a_forwarding_header_counts_for_nothing() {
    let app = TestApp::new().await;
    let rp = of_networks(&app, ClientKind::Web, &[OFFICE], &[]).await;
    let forged = |name: &str| {
        let request = Request::get(app.path(&rp.request().path())).header(name, "203.0.113.7");
        request.body(axum::body::Body::empty()).unwrap()
    };
    for name in ["x-forwarded-for", "x-real-ip", "true-client-ip"] {
        let reply = app.send_from(outside(), forged(name)).await;
        assert!(reply.location().contains("error=access_denied"), "{name}: {}", reply.location());
    }
}

#[tokio::test]
async fn a_proxy_that_does_not_tell_the_address_is_not_taken_for_the_client() {
    let app = TestApp::with(|config| config.http.trusted_proxies = networks(&["203.0.113.1"])).await;
    let rp = of_networks(&app, ClientKind::Web, &[OFFICE], &[]).await;
    for (line, admitted) in
        [("203.0.113.7", true), ("198.51.100.9", false), ("unknown", false), ("203.0.113.7, x", false)]
    {
        let request = Request::get(app.path(&rp.request().path())).header("x-forwarded-for", line);
        let request = request.body(axum::body::Body::empty()).unwrap();
        let reply = app.send_from([203, 0, 113, 1].into(), request).await;
        assert_eq!(reply.location().contains("error=access_denied"), !admitted, "{line}: {}", reply.location());
    }
    // A proxy that says nothing, or in the other header, is in the office itself.
    for header in [None, Some(("forwarded", "for=198.51.100.9"))] {
        let mut request = Request::get(app.path(&rp.request().path()));
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let request = request.body(axum::body::Body::empty()).unwrap();
        let reply = app.send_from([203, 0, 113, 1].into(), request).await;
        assert!(reply.location().contains("error=access_denied"), "{header:?}: {}", reply.location());
    }
}

#[tokio::test]
async fn a_public_client_is_where_its_person_is_and_the_server_of_a_web_application_is_not() {
    let app = TestApp::new().await;
    for (kind, admitted) in [(ClientKind::Web, true), (ClientKind::Spa, false)] {
        let rp = of_networks(&app, kind, &[OFFICE], &[]).await;
        let mut browser = app.browser();
        let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh())];
        let reply = token_from(&app, &rp, outside(), &refresh).await;
        if admitted {
            reply.tokens();
            continue;
        }
        assert_eq!((reply.status.as_u16(), &reply.json()["error"]), (400, &"access_denied".into()));
        // The token is as good as it was, once the person is back.
        rp.refresh(tokens.refresh()).await.tokens();
        // And so is a code that came from elsewhere.
        let code = browser.get(&rp.request().path()).await.code();
        let verifier = rp.verifier.clone();
        let exchange = [
            ("grant_type", "authorization_code"),
            ("code", &*code),
            ("redirect_uri", rp.redirect_uri()),
            ("code_verifier", &*verifier),
        ];
        let reply = token_from(&app, &rp, outside(), &exchange).await;
        assert_eq!(reply.json()["error"], "access_denied");
        rp.exchange(&code).await.tokens();
    }
}

#[tokio::test]
async fn a_service_gets_tokens_for_itself_from_its_networks_alone() {
    let app = TestApp::new().await;
    let service = of_networks(&app, ClientKind::Service, &[], &["198.51.100.0/24"]).await;
    service.client_credentials().await.tokens();
    let reply = token_from(&app, &service, outside(), &[("grant_type", "client_credentials")]).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["error"]), (400, &"access_denied".into()));
}

#[tokio::test]
async fn a_change_of_the_networks_holds_for_the_next_request() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    browser.address = outside();
    browser.authorize(&rp).await.code();
    let changed = edit::edit(&app.app, rp.id(), false, |new| {
        new.metadata.allowed_networks = networks(&[OFFICE]);
        Ok(())
    });
    assert!(changed.await.unwrap().unwrap());
    browser.get(&rp.request().path()).await.error("access_denied");
}

#[tokio::test]
async fn people_of_a_role_use_their_accounts_from_its_networks_alone() {
    let app = TestApp::with(support_in_the_office).await;
    let (rp, spa) = (app.relying_party().await, app.spa().await);
    app.give_role("alice", "support").await;
    let mut browser = app.browser();
    browser.authorize(&rp).await.code();
    let tokens = spa.exchange(&browser.authorize(&spa).await.code()).await.tokens();
    let form = browser.get("/account").await.form();
    browser.address = outside();
    // Neither the open session is worth anything elsewhere, …
    browser.get(&rp.request().path()).await.error("access_denied");
    browser.get(&rp.request().set("prompt", "none").path()).await.error("access_denied");
    let page = browser.get("/account").await;
    assert!(page.refused(403).text().contains("cannot be used from this network"), "{}", page.text());
    assert!(page.text().contains("mention the code"), "{}", page.text());
    // No link of the page leads to the same page.
    let links = page.links();
    assert!(links.iter().any(|link| link.contains("/sign-in?account=another")), "{links:?}");
    for link in links {
        let led = browser.clone().get(&link).await;
        assert_ne!(led.reply.status, 403, "{link}");
    }
    form.submit(&mut browser).await.refused(403);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh())];
    let reply = token_from(&app, &spa, outside(), &refresh).await;
    assert_eq!(reply.json()["error"], "access_denied");
    let code = spa.request().set("state", "here");
    let mut here = browser.clone();
    here.address = [203, 0, 113, 8].into();
    let code = here.get(&code.path()).await.code();
    let exchange = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", spa.redirect_uri()),
        ("code_verifier", &*spa.verifier),
    ];
    assert_eq!(token_from(&app, &spa, outside(), &exchange).await.json()["error"], "access_denied");
    spa.exchange(&code).await.tokens();
    // … nor a new sign-in, which says nothing about roles before the password is right.
    let mut stranger = app.browser();
    stranger.address = outside();
    stranger.type_password("alice", "wrong tame herons drift").await.refused(400);
    stranger.type_password("alice", PASSWORD).await;
    stranger.get("/account").await.refused(403);
    stranger.get(&rp.request().path()).await.error("access_denied");
    // Another account of this browser goes on, and so does everything once they are back.
    let mut other = stranger.sign_in("bob").await;
    other.get("/account").await.expect("account");
    app.pass(minutes(1)).await;
    browser.address = [203, 0, 113, 8].into();
    browser.get(&rp.request().path()).await.code();
    spa.refresh(tokens.refresh()).await.tokens();
}

#[tokio::test]
async fn who_has_several_roles_needs_an_address_that_all_of_them_admit() {
    let app = TestApp::with(|config| {
        support_in_the_office(config);
        let denied = networks(&["203.0.113.7"]);
        config.role_networks.push(RoleNetworks { role: "night".to_owned(), allowed: vec![], denied });
    })
    .await;
    for role in ["support", "night"] {
        app.give_role("alice", role).await;
    }
    app.give_role("bob", "support").await;
    app.browser().type_password("bob", PASSWORD).await.reply.expect(200);
    let mut browser = app.browser();
    browser.type_password("alice", PASSWORD).await;
    browser.get("/account").await.refused(403);
    browser.address = [203, 0, 113, 8].into();
    browser.get("/account").await.expect("account");
}

#[tokio::test]
async fn who_is_outside_the_networks_of_their_role_adds_no_factor_on_the_way() {
    let app = TestApp::with(support_in_the_office).await;
    app.give_role("alice", "support").await;
    let rp = app.client(ClientKind::Web, |client: &mut NewClient| client.metadata.require_second_factor = true).await;
    let sign_in = async |browser: &mut Browser, target: &str| {
        let page = browser.get(target).await;
        let form = page.form_to("/sign-in").fill("identifier", "alice").fill("password", PASSWORD);
        form.fill("passkeys", "asked").submit(browser).await
    };
    // Both are offered in the office.
    let mut inside = app.browser();
    let offer = sign_in(&mut inside, "/sign-in").await;
    let ceremony = offer.expect("passkey-offer").ceremony();
    let set_up = sign_in(&mut app.browser(), &rp.request().path()).await;
    set_up.expect("set-up");

    let mut outsider = app.browser();
    outsider.address = outside();
    assert_ne!(sign_in(&mut outsider, "/sign-in").await.name(), "passkey-offer");
    inside.address = outside();
    ceremony.answer(&Passkey::new(&app).create(&ceremony.options)).submit(&mut inside).await;
    assert_eq!(app.rows("passkey").await, 0);
    let mut outsider = app.browser();
    let page = sign_in(&mut outsider, &rp.request().path()).await;
    outsider.address = outside();
    let code = Authenticator::with_key(&page.expect("set-up").codes()[0]).code(&app);
    page.form().fill("code", &code).submit(&mut outsider).await.refused(403);
    outsider.get(&page.url).await.refused(403);
    assert_eq!(app.rows("totp").await, 0);
}
