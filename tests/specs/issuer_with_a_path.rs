//! An issuer with a path: OIDC Discovery §4.1, RFC 8414 §3.1. Every URL, cookie and link keeps it.

use crate::harness::TestApp;
use latchkey::config::Issuer;

async fn at_a_path() -> TestApp {
    TestApp::with(|config| config.issuer = Issuer::parse("https://id.example/auth").unwrap()).await
}

#[tokio::test]
async fn everything_lies_below_the_issuer() {
    let app = at_a_path().await;
    let document = app.get("/.well-known/openid-configuration").await.expect(200).json();
    assert_eq!(document["issuer"], "https://id.example/auth");
    for (name, value) in document.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            assert!(value.as_str().unwrap().starts_with("https://id.example/auth/"), "{name}: {value}");
        }
    }
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    assert!(page.url.starts_with("https://id.example/auth/sign-in?"), "{}", page.url);
    for link in page
        .reply
        .body
        .split("href=\"")
        .skip(1)
        .chain(page.reply.body.split("src=\"").skip(1))
        .chain(page.reply.body.split("action=\"").skip(1))
    {
        assert!(link.starts_with("/auth/") || link.starts_with('#'), "{}", link.split('"').next().unwrap());
    }
    let answer = browser.authorize(&rp).await;
    assert_eq!(answer.param("iss").as_deref(), Some("https://id.example/auth"));
    let tokens = rp.exchange(&answer.code()).await.tokens();
    assert_eq!(tokens.id_claims()["iss"], "https://id.example/auth");
    rp.userinfo(&tokens.access_token).await.expect(200);
    let css = page.reply.body.split("stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    app.get(&format!("https://id.example{css}")).await.expect(200);
}

#[tokio::test]
async fn an_issuer_may_lie_where_another_ones_endpoints_would() {
    for path in ["/.well-known", "/token", "/revoke", "/userinfo", "/introspect", "/jwks", "/health", "/account"] {
        let issuer = Issuer::parse(&format!("https://id.example{path}")).unwrap();
        let app = TestApp::with(|config| config.issuer = issuer).await;
        let document = app.get("/.well-known/openid-configuration").await.expect(200).json();
        assert_eq!(document["token_endpoint"], format!("https://id.example{path}/token"), "{path}");
        app.get("/jwks").await.expect(200);
    }
    // Load balancers ask there.
    for path in ["/health/live", "/health/ready"] {
        assert!(Issuer::parse(&format!("https://id.example{path}")).is_err(), "{path}");
    }
}

#[tokio::test]
async fn o2_the_length_of_a_url_is_that_of_the_whole() {
    let app = TestApp::with(|config| {
        config.issuer = Issuer::parse("https://id.example/auth").unwrap();
        config.http.url_limit = latchkey::config::Size::kib(4);
    })
    .await;
    for (length, status) in [(4096, 200), (4097, 414)] {
        let begin = "/auth/signed-out?q=";
        let url = format!("https://id.example{begin}{}", "a".repeat(length - begin.len()));
        app.get(&url).await.expect(status);
    }
}

#[tokio::test]
async fn two_issuers_on_one_host_have_cookies_of_their_own() {
    let app = at_a_path().await;
    let other = TestApp::with(|config| config.issuer = Issuer::parse("https://id.example/staff").unwrap()).await;
    let (rp, staff) = (app.relying_party().await, other.relying_party().await);
    let mut browser = app.browser().sign_in("alice").await;
    // The same browser, which sends its cookies to the whole host.
    let mut at_the_other = browser.on(&other);
    at_the_other.authorize(&staff).await.code();
    browser.cookies.extend(at_the_other.cookies.clone());
    browser.authorize(&rp).await.code();
    browser.on(&other).get(&staff.request().set("prompt", "none").path()).await.code();
    let names: Vec<_> = browser.cookies.keys().collect();
    assert_eq!(names.len(), 4, "{names:?}");
    for name in names {
        let (_, mark) = name.strip_prefix("__Host-").unwrap().split_once('-').unwrap();
        assert_eq!(mark.len(), 8, "{name}");
    }
}

#[tokio::test]
async fn the_documents_are_found_wherever_clients_look_for_them() {
    let app = at_a_path().await;
    for path in latchkey::oidc::discovery::paths("/auth") {
        let reply = app.get(&format!("https://id.example{path}")).await;
        assert_eq!(reply.expect(200).json()["issuer"], "https://id.example/auth", "{path}");
    }
    app.get("https://id.example/health/ready").await.expect(200);
    // Where the path is missing machines are told so in JSON, and people by a page.
    for path in ["/token", "/.well-known/nothing", "/auth/.well-known/nothing", "/sign-in", "/", "/auth/nothing"] {
        let reply = app.get(&format!("https://id.example{path}")).await;
        let json = reply.expect(404).header("content-type").unwrap().starts_with("application/json");
        assert_eq!(json, path == "/token" || path.contains("/.well-known/"), "{path}");
    }
    // Load balancers ask beside the issuer by address; below it only its own host is served.
    for (path, status) in [("/health/ready", 200), ("/auth/health/ready", 421)] {
        let request = http::Request::get(path).header("host", "10.0.0.1");
        app.send(request.body(axum::body::Body::empty()).unwrap()).await.expect(status);
    }
}
