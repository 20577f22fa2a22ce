//! Whoever set something up wrongly finds out by the log what it is: each refusal is one line that says what came and what
//! was expected, and holds no secret.

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use latchkey::config::Issuer;
use latchkey::oidc::client::metadata::{ClientKind, TokenEndpointAuthMethod};

use crate::harness::{Authorize, PASSWORD, Reply, TestApp, form_encode, keep_log, kept_log, minutes, seconds};

/// Sends what is wrong, and expects one line that has these words and the request's id.
async fn told(refused: impl Future<Output = Reply>, words: &[&str]) {
    keep_log();
    let reply = refused.await;
    let log = kept_log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(" reason=")).collect();
    let &[line] = &lines[..] else { panic!("one line, for {words:?}:\n{log}") };
    assert!(line.contains(" INFO "), "{line}");
    for word in words {
        assert!(line.contains(word), "{word:?} in {line}");
    }
    let id = reply.header("x-request-id").expect("an id");
    assert!(line.contains(id), "{id} in {line}");
    no_secret(&log);
}

/// The texts that `./test --only trace` looks for.
fn no_secret(log: &str) {
    let log = &without_names(log);
    for secret in ["lk_ac_", "lk_rt_", "lk_cs_", "eyJ", PASSWORD, "hunter2", "Basic ", "Bearer ", "v1."] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    let mut run = 0;
    for c in log.chars() {
        run = if c.is_ascii_alphanumeric() || c == '-' || c == '_' { run + 1 } else { 0 };
        assert!(run < 43, "something as long as a token in {log}");
    }
}

/// The log without the ids of requests and clients: they are random, so that now and then one begins like a token.
fn without_names(log: &str) -> String {
    let mut rest = log;
    let mut kept = String::new();
    while let Some((before, name)) =
        [" client=\"", "{id=\""].iter().filter_map(|name| rest.split_once(name)).min_by_key(|found| found.0.len())
    {
        kept.push_str(before);
        rest = name.split_once('"').map_or("", |(_, behind)| behind);
    }
    kept + rest
}

fn get(app: &TestApp, target: &str) -> http::request::Builder {
    http::Request::get(app.path(target))
}

async fn send(app: &TestApp, request: http::request::Builder, body: String) -> Reply {
    app.send(request.body(Body::from(body)).unwrap()).await
}

async fn ask(app: &TestApp, request: &Authorize) -> Reply {
    app.get(&request.path()).await
}

#[tokio::test]
async fn each_mistake_in_a_request_for_authorization_is_told() {
    let app = TestApp::new().await;
    let many = ["https://rp.example/callback?tenant=1".to_owned(), "https://rp.example/other".to_owned()];
    let rp = app.client(ClientKind::Web, |new| new.redirect_uris = many.to_vec()).await;
    let good = rp.request();
    let client = format!("client=\"{}\"", rp.id());
    for (name, value, words) in [
        ("client_id", "nobody", &["unknown_client", "came=\"nobody\"", "registered client"][..]),
        ("client_id", "", &["missing_client_id", "of=\"client_id\""]),
        ("redirect_uri", "", &["missing_redirect_uri", "of=\"redirect_uri\""]),
        (
            "redirect_uri",
            "https://rp.example/callback/?tenant=1&secret=hunter2",
            &[
                &*client,
                "unregistered_redirect_uri",
                "came=\"https://rp.example/callback/?tenant=…&secret=…\"",
                "expected=\"https://rp.example/callback?tenant=… (the nearest of 2)\"",
            ],
        ),
        ("redirect_uri", "https://rp.example/callback?tenant=2", &["?tenant=… with other values"]),
        ("redirect_uri", "http://rp.example/callback?tenant=1", &["came=\"http://rp.example/callback?tenant=…\""]),
        ("redirect_uri", "https://alice:hunter2@rp.example/", &["came=\"https://…@rp.example/\""]),
        ("response_type", "token", &[&*client, "unsupported_response_type", "came=\"token\" expected=\"code\""]),
        ("response_mode", "fragment", &["came=\"fragment\" expected=\"one of query, form_post\""]),
        ("scope", "email2", &["invalid_scope", "came=\"email2\"", "openid"]),
        ("resource", "https://api.example", &["invalid_target", "came=\"https://api.example\""]),
        ("prompt", "force", &["came=\"force\" expected=\"one of none, login"]),
        ("prompt", "none", &[&*client, "login_required"]),
        ("max_age", "soon", &["max_age is not a number"]),
        ("code_challenge", "", &["code_challenge"]),
        ("code_challenge_method", "plain", &["code_challenge_method"]),
        ("request_uri", "https://rp.example/?token=hunter2", &["request_uri_not_supported"]),
        ("request", "eyJhbGciOiJub25lIn0.e30.", &["request_not_supported"]),
    ] {
        told(ask(&app, &good.clone().set(name, value)), words).await;
    }
    told(ask(&app, &good.clone().add("client_id", rp.id())), &["repeated_parameter", "of=\"client_id\""]).await;
    told(ask(&app, &good.clone().add("state", "x")), &["'state' was sent more than once"]).await;
    app.sql("UPDATE client SET disabled_at = 1").await;
    told(ask(&app, &good), &["disabled_client", "not disabled"]).await;
}

#[tokio::test]
async fn each_mistake_of_a_client_at_the_token_endpoint_is_told() {
    let app = TestApp::new().await;
    let (rp, spa, service) = (app.relying_party().await, app.spa().await, app.service().await);
    let named = app
        .client(ClientKind::Web, |new| {
            new.metadata.token_endpoint_auth_method = Some(TokenEndpointAuthMethod::ClientSecretBasic);
        })
        .await;
    let refresh = ("grant_type", "refresh_token");
    let of = |id: &str, secret: &str| {
        let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        let app = &app;
        async move { app.post_with("/token", &[refresh, ("refresh_token", "x")], &[("authorization", &basic)]).await }
    };
    told(of("nobody", "hunter2"), &["invalid_client", "of=\"client_id\" came=\"nobody\""]).await;
    told(of(rp.id(), "hunter2"), &["of=\"client_secret\" came=\"another one\"", "the registered one", rp.id()]).await;
    told(of(spa.id(), "hunter2"), &["came=\"client_secret_basic\" expected=\"none\"", spa.id()]).await;
    told(of("a\u{202e}b\nreason=forged", "x"), &["of=\"client_id\""]).await;
    let in_body = [refresh, ("client_id", named.id()), ("client_secret", named.secret())];
    told(app.post("/token", &in_body), &["came=\"client_secret_post\" expected=\"client_secret_basic\""]).await;
    let none = [refresh, ("client_id", rp.id())];
    told(app.post("/token", &none), &["came=\"none\" expected=\"client_secret_basic or client_secret_post\""]).await;
    told(app.post("/token", &[refresh]), &["did not say who it is"]).await;
    told(
        rp.post("/token", &[("grant_type", "password"), ("password", PASSWORD)]),
        &["unsupported_grant_type", "came=\"password\"", rp.id()],
    )
    .await;
    told(rp.client_credentials(), &["unauthorized_client", "of=\"grant_type\" came=\"client_credentials\""]).await;
    let scope = [("grant_type", "client_credentials"), ("scope", "delete")];
    told(service.post("/token", &scope), &["invalid_scope", "came=\"delete\"", "one of read, write"]).await;
    told(app.post("/introspect", &[("client_id", spa.id()), ("token", "x")]), &["public client cannot"]).await;
    let query = http::Request::post("/token?grant_type=refresh_token");
    told(send(&app, query, String::new()), &["belong in the body"]).await;
    let json = http::Request::post("/token").header("content-type", "application/json");
    told(send(&app, json, "{}".to_owned()), &["x-www-form-urlencoded"]).await;
    told(app.get("/token"), &["does not take that method"]).await;
}

#[tokio::test]
async fn each_mistake_with_a_code_or_a_token_is_told() {
    let app = TestApp::new().await;
    let (rp, spa) = (app.relying_party().await, app.spa().await);
    let mut browser = app.browser().sign_in("alice").await;
    let mut code = async || browser.authorize(&rp).await.code();
    let other = "https://rp.example/other?x=hunter2";
    let uri = rp.redirect_uri();

    let presented = code().await;
    told(
        rp.exchange_with(&presented, other, &rp.verifier),
        &["invalid_grant", "came=\"https://rp.example/other?x=…\"", "expected=\"https://rp.example/callback\""],
    )
    .await;
    let wrong = "w".repeat(43);
    told(rp.exchange_with(&presented, uri, &wrong), &["code_verifier does not match"]).await;
    told(rp.exchange_with(&presented, uri, ""), &["code_verifier is missing"]).await;
    told(rp.exchange(&presented), &["of=\"code\" came=\"after 3 wrong exchanges\""]).await;
    told(spa.exchange(&code().await), &["made for another client"]).await;
    let late = code().await;
    app.clock.advance(seconds(75));
    told(rp.exchange(&late), &["expired", "15 s after its end", "tokens.authorization_code"]).await;
    let good = code().await;
    let tokens = rp.exchange(&good).await.tokens();
    told(rp.exchange(tokens.refresh()), &["of=\"code\" came=\"a refresh token\""]).await;
    told(rp.exchange("hunter2"), &["came=\"no token of this provider\""]).await;
    told(rp.refresh(&good), &["of=\"refresh_token\" came=\"an authorization code\""]).await;
    told(rp.refresh(&tokens.refresh()[..70]), &["came=\"a token that is cut or changed\""]).await;
    told(rp.refresh(&tokens.access_token), &["came=\"a JWT\" expected=\"a refresh token of this client\""]).await;
    told(spa.refresh(tokens.refresh()), &["another client's", spa.id()]).await;
    let more = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh()), ("scope", "openid phone")];
    told(rp.post("/token", &more), &["came=\"openid phone\" expected=\"openid profile email\""]).await;

    let stranger = app.service().await;
    told(stranger.introspect(&tokens.access_token), &["inactive_token", "a token for http", "resource_identifiers ()"])
        .await;
    told(rp.introspect("hunter2"), &["inactive_token", "came=\"no token of this provider\""]).await;
    told(rp.introspect(&format!("{}AAAA", &tokens.access_token[..tokens.access_token.len() - 4])), &["signature"])
        .await;
    told(stranger.introspect(tokens.refresh()), &["inactive_token", "a refresh token of another client"]).await;
    let resource =
        |uri: &'static str| [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh()), ("resource", uri)];
    told(
        rp.post("/token", &resource("https://api.example")),
        &["invalid_target", "of=\"resource\" came=\"https://api.example\"", "expected=\"http://localhost"],
    )
    .await;
    told(rp.post("/token", &resource("orders")), &["invalid_target", "came=\"orders\"", "absolute URI"]).await;

    told(app.get("/userinfo"), &["no_access_token"]).await;
    told(app.get("/userinfo?access_token=hunter2"), &["in the query"]).await;
    told(rp.userinfo("hunter2"), &["came=\"no token of this provider\""]).await;
    told(rp.userinfo(tokens.refresh()), &["came=\"a refresh token\" expected=\"an access token\""]).await;
    told(rp.userinfo(tokens.id_token.as_deref().unwrap()), &["came=\"an ID token\""]).await;
    let (signed, _) = tokens.access_token.rsplit_once('.').unwrap();
    told(rp.userinfo(&format!("{signed}.AAAA")), &["signature does not match"]).await;
    let service = app.service().await;
    let own = service.client_credentials().await.tokens();
    told(service.userinfo(&own.access_token), &["insufficient_scope", "one of the client itself"]).await;
    app.clock.advance(minutes(11));
    told(rp.userinfo(&tokens.access_token), &["has expired"]).await;
}

#[tokio::test]
async fn each_mistake_of_hosts_origins_forms_and_pages_is_told() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let host = get(&app, "/").header("host", "internal:8080");
    told(send(&app, host, String::new()), &["of=\"host\" came=\"internal:8080\"", "http.extra_hosts"]).await;
    let long = format!("/?x={}", "x".repeat(20_000));
    told(app.get(&long), &["of=\"url\"", "http.url_limit"]).await;
    let post = || http::Request::post("/token").header("content-type", "application/x-www-form-urlencoded");
    told(send(&app, post(), "x".repeat(70_000)), &["of=\"body\"", "http.body_limit"]).await;
    let preflight = http::Request::options("/token")
        .header("origin", "https://app.example:3000")
        .header("access-control-request-method", "POST");
    told(send(&app, preflight, String::new()), &["origin is not registered", "came=\"https://app.example:3000\""])
        .await;
    let script = get(&app, "/userinfo").header("origin", "https://app.example");
    told(send(&app, script, String::new()), &["no_access_token"]).await;

    let bye = "/end_session?post_logout_redirect_uri=https%3A%2F%2Frp.example%2Fbye2%3Fs%3Dhunter2&client_id=";
    told(
        app.get(&format!("{bye}{}", rp.id())),
        &[
            "reason=\"unregistered_post_logout_redirect_uri\" code=\"unregistered_post_logout_redirect_uri\"",
            "came=\"https://rp.example/bye2?s=…\" expected=\"https://rp.example/bye\"",
        ],
    )
    .await;
    told(app.get(&format!("{bye}nobody")), &["unknown_client", "came=\"nobody\""]).await;
    told(app.get("/end_session?id_token_hint=eyJhbGciOiJub25lIn0.e30."), &["of=\"id_token_hint\" came=\"a JWT"]).await;
    told(app.get("/end_session?id_token_hint=x"), &["reason=\"invalid_id_token_hint\" code=\"invalid_hint\""]).await;
    let nowhere = [
        "there is nothing here",
        "code=\"not_found\" of=\"path\" came=\"/nowhere\" expected=\"a path of this server\"",
    ];
    told(app.get("/nowhere?token=hunter2"), &nowhere).await;
    let secret = format!("/reset/{}/alice%40example.com", "k".repeat(43));
    told(app.get(&secret), &["came=\"/reset/…/…@example.com\""]).await;
    told(app.get("/set-password?token=lk_mt_hunter2"), &["spent_link"]).await;

    let form = form_encode(&[("identifier", "alice"), ("password", PASSWORD)]);
    let post = || http::Request::post("/sign-in").header("content-type", "application/x-www-form-urlencoded");
    let foreign = post().header("origin", "https://evil.example");
    told(send(&app, foreign, form.clone()), &["foreign_form", "of=\"origin\" came=\"https://evil.example\""]).await;
    let mut guesser = app.browser();
    let page = guesser.get("/sign-in").await.form().fill("identifier", "alice").fill("password", "hunter2");
    told(async { page.submit(&mut guesser).await.reply }, &["sign_in_refused", "a name that nobody has"]).await;
    app.user("alice").await;
    let mut again = async |password: &str, words: &[&str]| {
        let page = guesser.get("/sign-in").await.form().fill("identifier", "alice").fill("password", password);
        told(async { page.submit(&mut guesser).await.reply }, words).await;
    };
    again("hunter2", &["sign_in_refused", "came=\"another password\""]).await;
    app.sql("UPDATE user_account SET disabled_at = 1").await;
    again(PASSWORD, &["sign_in_refused", "came=\"a disabled user\""]).await;
    app.sql("UPDATE user_account SET disabled_at = NULL").await;
    told(send(&app, post(), form), &["cookies_off", "of=\"cookie\" came=\"nothing\""]).await;

    // A browser that keeps no cookies, a second later: that is what it is told, and not that it waited for too long.
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let path = format!("/sign-in?interaction={}", page.form().get("interaction").unwrap());
    app.clock.advance(seconds(1));
    told(app.get(&path), &["cookies_off", "of=\"interaction\" came=\"one without the browser's cookie\""]).await;
    let shown = app.get(&path).await;
    assert!(shown.body.contains("blocking cookies") && !shown.body.contains("too long"), "{}", shown.body);
    let mut another = app.browser().sign_in("alice").await;
    told(async { another.get(&path).await.reply }, &["interaction_expired", "one of another browser"]).await;
    app.clock.advance(minutes(31));
    told(async { browser.get(&path).await.reply }, &["interaction_expired", "began too long ago"]).await;
}

#[tokio::test]
async fn a_path_without_that_of_the_issuer_is_told() {
    let app = TestApp::with(|config| config.issuer = Issuer::parse("http://localhost/auth").unwrap()).await;
    let stripped = http::Request::get("/sign-in").header("host", "localhost");
    let words = ["of=\"path\" came=\"/sign-in\" expected=\"a path that begins with /auth/\""];
    told(send(&app, stripped, String::new()), &words).await;
    told(app.get("/nowhere"), &["came=\"/auth/nowhere\" expected=\"a path of this server\""]).await;
}

#[tokio::test]
async fn the_code_on_an_error_page_is_in_the_line_of_its_request() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let evil = rp.request().set("redirect_uri", "https://evil.example/");
    for request in [
        get(&app, "/").header("host", "internal"),
        get(&app, &evil.path()),
        get(&app, "/end_session?client_id=nobody&post_logout_redirect_uri=https%3A%2F%2Frp.example%2Fbye"),
        http::Request::post("/sign-in"),
        http::Request::post("/"),
    ] {
        keep_log();
        let reply = send(&app, request, String::new()).await;
        let code = reply.body.split("<dd><code>").nth(1).unwrap().split('<').next().unwrap();
        let log = kept_log();
        assert!(log.contains(&format!(" code=\"{code}\"")), "{code} in {log}");
    }
    // What is no page has none.
    keep_log();
    rp.post("/token", &[("grant_type", "password")]).await;
    assert!(!kept_log().contains(" code="));
}

#[tokio::test]
async fn a_page_shows_the_status_that_it_has() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    app.sql("UPDATE client SET disabled_at = 1").await;
    let host = get(&app, "/").header("host", "internal");
    for reply in [
        ask(&app, &rp.request()).await,
        app.get("/set-password?token=x").await,
        app.get("/nowhere").await,
        app.post("/sign-in", &[]).await,
        app.post("/", &[]).await,
        send(&app, http::Request::post("/authorize"), "x".to_owned()).await,
        send(&app, host, String::new()).await,
    ] {
        let status = format!("<dd><code>{}</code></dd>", reply.status.as_u16());
        assert!(reply.status.is_client_error() && reply.body.contains(&status), "{status} in {}", reply.body);
    }
}
