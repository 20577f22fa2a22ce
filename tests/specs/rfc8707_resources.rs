//! RFC 8707: resources that access tokens are for.

use latchkey::config::Config;
use latchkey::oidc::client_metadata::ClientKind;
use serde_json::json;

use crate::harness::{RelyingParty, Reply, TestApp};

const ORDERS: &str = "https://orders.example";
const STOCK: &str = "https://stock.example/v1";
const VAULT: &str = "https://vault.example";

const RESOURCES: &str = "
[tokens]
signing_algorithms = ['RS256', 'ES256']
[[resources]]
identifier = 'https://orders.example'
name = 'The order book'
scopes = 'orders:read orders:write'
access_token = '5m'
[[resources]]
identifier = 'https://stock.example/v1'
scopes = 'stock:read'
access_token = '30m'
[[resources]]
identifier = 'https://vault.example'
scopes = 'vault:open'
signing_algorithm = 'ES256'
";

async fn app() -> TestApp {
    let read =
        Config::read(Some((std::path::Path::new("latchkey.toml"), RESOURCES)), std::iter::empty()).unwrap().config;
    TestApp::with(|config| {
        config.resources = read.resources;
        config.tokens.signing_algorithms = read.tokens.signing_algorithms;
    })
    .await
}

/// A client that may ask for all of them but the vault.
async fn shop(app: &TestApp) -> RelyingParty {
    app.client(ClientKind::Web, |new| {
        new.metadata.resources = vec![ORDERS.to_owned(), STOCK.to_owned()];
        new.metadata.scope = app.app.scopes.clone();
    })
    .await
}

async fn exchange(rp: &RelyingParty, code: &str, resources: &[&str]) -> Reply {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", rp.redirect_uri()),
        ("code_verifier", &rp.verifier),
    ];
    fields.extend(resources.iter().map(|uri| ("resource", *uri)));
    rp.post("/token", &fields).await
}

async fn refresh(rp: &RelyingParty, token: &str, resources: &[&str]) -> Reply {
    let mut fields = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
    fields.extend(resources.iter().map(|uri| ("resource", *uri)));
    rp.post("/token", &fields).await
}

#[tokio::test]
async fn a_token_is_for_the_resources_that_were_asked_for_and_allowed() {
    let app = app().await;
    let rp = shop(&app).await;
    let mut browser = app.browser().sign_in("alice").await;
    let scope = "openid orders:read stock:read vault:open";
    let request = rp.request().set("scope", scope).add("resource", ORDERS).add("resource", STOCK);
    let page = browser.get(&request.path()).await;
    page.expect("consent");
    for words in ["Use “The order book” on your behalf", "At “The order book”", STOCK] {
        assert!(page.text().contains(words), "{words} in {}", page.text());
    }
    let code = browser.go_on(page).await.code();
    // A wrong one is told and spends nothing.
    exchange(&rp, &code, &[VAULT]).await.error("invalid_target");
    let tokens = exchange(&rp, &code, &[]).await.tokens();
    let claims = tokens.access_claims();
    assert_eq!(claims["aud"], json!([ORDERS, STOCK, app.issuer()]), "with openid here, too");
    assert_eq!((claims["scope"].as_str().unwrap(), tokens.expires_in), ("openid orders:read stock:read", 300));
    rp.userinfo(&tokens.access_token).await.expect(200);
    // Narrowed at a refresh, and whole again at the next.
    let narrow = refresh(&rp, tokens.refresh(), &[STOCK]).await.tokens();
    assert_eq!(narrow.access_claims()["aud"], json!([STOCK, app.issuer()]));
    assert_eq!((narrow.scope.as_str(), narrow.expires_in), ("openid stock:read", 1_800));
    let whole = refresh(&rp, tokens.refresh(), &[]).await.tokens();
    assert_eq!(whole.access_claims()["aud"], claims["aud"]);
    // B12: never more than was granted.
    for beyond in [VAULT, "https://unknown.example", "no uri", &format!("{ORDERS}#x")] {
        refresh(&rp, tokens.refresh(), &[ORDERS, beyond]).await.error("invalid_target");
    }
    // What was allowed is remembered, for these resources and no others.
    browser.get(&request.clone().set("prompt", "none").path()).await.code();
    let one = rp.request().set("scope", "openid").set("resource", ORDERS).set("prompt", "none");
    browser.get(&one.path()).await.code();
}

#[tokio::test]
async fn a_consent_to_scopes_is_none_to_a_resource() {
    let app = app().await;
    let rp = shop(&app).await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.authorize(&rp).await.code();
    let silent = rp.request().set("prompt", "none").set("resource", ORDERS);
    browser.get(&silent.path()).await.error("consent_required");
}

#[tokio::test]
async fn what_is_unknown_not_allowed_or_no_uri_is_an_invalid_target() {
    let app = app().await;
    let rp = shop(&app).await;
    let long = format!("{ORDERS}/{}", "a".repeat(2_100));
    for bad in [VAULT, "https://unknown.example", "hello world", "orders", &format!("{ORDERS}#x"), &long] {
        app.browser()
            .get(&rp.request().add("resource", ORDERS).add("resource", bad).path())
            .await
            .error("invalid_target");
    }
    let many = (0..20).fold(rp.request(), |request, n| request.add("resource", &format!("urn:x:{n}")));
    app.browser().get(&many.path()).await.error("invalid_target");
}

#[tokio::test]
async fn a_service_gets_tokens_for_its_resources_and_each_has_its_algorithm() {
    let app = app().await;
    let service = app
        .client(ClientKind::Service, |new| {
            new.redirect_uris.clear();
            new.metadata.resources = vec![ORDERS.to_owned(), VAULT.to_owned()];
            new.metadata.scope = app.app.scopes.clone();
        })
        .await;
    let ask = |resources: &'static [&'static str]| {
        let service = service.clone();
        async move {
            let grant = ("grant_type", "client_credentials");
            let fields: Vec<_> = std::iter::once(grant).chain(resources.iter().map(|uri| ("resource", *uri))).collect();
            service.post("/token", &fields).await
        }
    };
    let orders = ask(&[ORDERS]).await.tokens();
    assert_eq!(orders.access_claims()["aud"], ORDERS);
    assert_eq!(orders.scope, "orders:read orders:write");
    let vault = ask(&[VAULT]).await.tokens();
    let header = latchkey::base::encoding::from_base64url(vault.access_token.split('.').next().unwrap()).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&header).unwrap()["alg"], "ES256");
    assert_eq!((vault.access_claims()["aud"].as_str(), vault.scope.as_str()), (Some(VAULT), "vault:open"));
    // Several that take different algorithms cannot share a token.
    ask(&[ORDERS, VAULT]).await.error("invalid_target");
    ask(&[STOCK]).await.error("invalid_target");
    let own = ask(&[]).await.tokens();
    assert_eq!((own.access_claims()["aud"].as_str(), own.scope.as_str()), (Some(app.issuer()), ""));
    // Whoever stands for a resource is told of its tokens, and of no others.
    let api = app
        .client(ClientKind::Service, |new| {
            new.redirect_uris.clear();
            new.metadata.resource_identifiers = vec![ORDERS.to_owned()];
        })
        .await;
    assert_eq!(api.introspect(&orders.access_token).await.expect(200).json()["active"], true);
    assert_eq!(api.introspect(&vault.access_token).await.expect(200).json()["active"], false);
}

#[tokio::test]
async fn a_resource_that_a_client_may_ask_for_no_longer_is_left_out_at_its_next_refresh() {
    let app = app().await;
    let rp = shop(&app).await;
    let request =
        rp.request().set("scope", "openid orders:read stock:read").add("resource", ORDERS).add("resource", STOCK);
    let code = app.browser().go_through(&request).await.code();
    let tokens = exchange(&rp, &code, &[]).await.tokens();
    let mut config = app.app.config.clone();
    config.resources.retain(|resource| resource.identifier != STOCK);
    let later = app.on(config).await;
    let rp = rp.on(&later);
    let left = refresh(&rp, tokens.refresh(), &[]).await.tokens();
    assert_eq!(left.access_claims()["aud"], json!([ORDERS, later.issuer()]));
    refresh(&rp, tokens.refresh(), &[STOCK]).await.error("invalid_target");
}
