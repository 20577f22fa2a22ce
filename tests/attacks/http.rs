//! O, P, Q, R4. Headers, proxies, sizes, and every route with every bad parameter.

use axum::body::Body;
use latchkey::http::page::assets;
use latchkey::site::page::Page;

use crate::harness::{Reply, TestApp, form_encode, keep_log, kept_log};

/// Every route of the router, and every page that it takes from the table, by method, so that none can be forgotten here.
fn routes() -> Vec<(&'static str, String)> {
    let table = include_str!("../../idp/src/server/router.rs");
    let service = table.split("// The issuer may have a path").next().unwrap();
    let mut routes = Vec::new();
    let mut add = |path: &str, handlers: &str| {
        let methods = [("GET", "get("), ("POST", "post("), ("PUT", "put("), ("DELETE", "delete("), ("PATCH", "patch(")];
        let found: Vec<_> = methods.into_iter().filter(|(_, call)| handlers.contains(call)).collect();
        assert!(!found.is_empty() && !handlers.contains("any("), "{path}: by which methods?");
        routes.extend(found.into_iter().map(|(method, _)| (method, path.to_owned())));
    };
    for route in service.split(".route(\"").skip(1) {
        let (path, handlers) = route.split_once("\", ").unwrap();
        let end = handlers.find(".route(").into_iter().chain(handlers.find('\n')).min().unwrap_or(handlers.len());
        let path = path.replace("{hash}/{file}", assets::path("latchkey.css").trim_start_matches("/static/"));
        add(&path, &handlers[..end]);
    }
    for page in Page::ALL {
        let arm = table.split(&format!("Page::{page:?} => ")).nth(1).unwrap_or_else(|| panic!("{page:?} is routed"));
        add(page.path(), arm.lines().next().unwrap());
    }
    assert!(routes.len() >= 38, "{routes:?}");
    routes
}

#[tokio::test]
async fn every_route_of_the_table_is_one() {
    let app = TestApp::new().await;
    for (method, path) in routes() {
        let status = send(&app, method, &path, &[], vec![]).await.unwrap().status.as_u16();
        // The brand is there if it was configured, and what a server sees for `latchkey doctor` alone.
        let hidden = path.starts_with("/brand") || path == "/health/seen";
        assert!(status != 405 && (status != 404 || hidden), "{method} {path}: {status}");
    }
}

async fn send(app: &TestApp, method: &str, target: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Option<Reply> {
    let mut request = http::Request::builder().method(method).uri(target);
    if method == "POST" {
        request = request.header("content-type", "application/x-www-form-urlencoded");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    // What is no request at all never gets as far as the router.
    Some(app.send(request.body(Body::from(body)).ok()?).await)
}

#[tokio::test]
async fn o1_links_come_from_the_configuration_and_other_hosts_are_misdirected() {
    let app = TestApp::new().await;
    for headers in [
        vec![("host", "localhost:8080"), ("x-forwarded-host", "evil.example")],
        vec![("host", "localhost:8080"), ("forwarded", "host=evil.example;proto=https")],
        vec![("host", "LOCALHOST:8080"), ("x-forwarded-proto", "https"), ("x-forwarded-prefix", "/evil")],
    ] {
        let reply = send(&app, "GET", "/.well-known/openid-configuration", &headers, vec![]).await.unwrap();
        assert!(!reply.body.contains("evil"), "{}", reply.body);
        assert_eq!(reply.json()["issuer"], app.issuer());
    }
    for host in [
        "evil.example",
        "localhost",
        "localhost:8081",
        "localhost:8080.evil.example",
        "localhost:8080@evil.example",
        "",
    ] {
        for path in [
            "/.well-known/openid-configuration",
            "/.well-known/nothing",
            "/.well-known/",
            "/sign-in",
            "/nothing",
            "/token",
        ] {
            let reply = send(&app, "GET", path, &[("host", host)], vec![]).await.unwrap();
            assert_eq!(reply.status, 421, "{host} {path}");
            let json = reply.header("content-type").unwrap().starts_with("application/json");
            assert_eq!(json, path == "/token" || path.starts_with("/.well-known/"), "{path}: JSON for machines alone");
        }
        // Load balancers ask by address.
        assert_eq!(send(&app, "GET", "/health/live", &[("host", host)], vec![]).await.unwrap().status, 200);
    }
    let extra = TestApp::with(|config| config.http.extra_hosts = vec!["internal.example".into()]).await;
    let reply = send(&extra, "GET", "/jwks", &[("host", "internal.example")], vec![]).await.unwrap();
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn o2_forwarding_headers_are_believed_of_trusted_proxies_only() {
    for (trusted, expected) in [(false, "203.0.113.7"), (true, "198.51.100.9")] {
        let app = TestApp::with(|config| {
            if trusted {
                config.http.trusted_proxies = vec![latchkey::base::network::Network::parse("203.0.113.0/24").unwrap()];
            }
        })
        .await;
        app.user("alice").await;
        let mut browser = app.browser();
        let page = browser.get("/sign-in").await;
        let form = page.form().fill("identifier", "alice").fill("password", crate::harness::PASSWORD);
        let fields: Vec<_> = form.fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let request = http::Request::post("/sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            // The left one was written by whoever sent the request.
            .header("x-forwarded-for", "192.0.2.66, 198.51.100.9");
        browser.send(request, form_encode(&fields)).await.expect(303);
        let row: (String,) = sqlx::query_as("SELECT address FROM session")
            .fetch_one(&mut *app.app.db.read().await.unwrap())
            .await
            .unwrap();
        assert_eq!(row.0, expected, "trusted: {trusted}");
    }
}

#[tokio::test]
async fn o2_a_forwarding_header_in_two_lines_or_beyond_ascii_is_not_believed_and_shares_limits_with_its_like_alone() {
    let app = TestApp::with(|config| {
        config.http.trusted_proxies = vec![latchkey::base::network::Network::parse("203.0.113.0/24").unwrap()];
        config.login.address_burst = 3;
    })
    .await;
    keep_log();
    let mut browser = app.browser();
    let page = browser.get("/sign-in").await;
    let form = page.form();
    let (csrf, mut tries) = (form.get("csrf").unwrap().to_owned(), 0);
    let mut sign_in = async |lines: &[&[u8]]| {
        tries += 1;
        let mut request = http::Request::post("/sign-in").header("content-type", "application/x-www-form-urlencoded");
        for line in lines {
            request = request.header("x-forwarded-for", http::HeaderValue::from_bytes(line).unwrap());
        }
        let name = format!("nobody{tries}");
        let fields = [("csrf", csrf.as_str()), ("identifier", &name), ("password", "wrong wrong wrong")];
        browser.send(request, form_encode(&fields)).await.status.as_u16()
    };
    // Whatever is made up in the line that cannot be read, it is one client.
    assert_eq!(sign_in(&[b"198.51.100.1\xff"]).await, 400);
    assert_eq!(sign_in(&[b"198.51.100.2", b"198.51.100.3"]).await, 400);
    assert_eq!(sign_in(&[b"\xe9, 198.51.100.4"]).await, 400);
    assert_eq!(sign_in(&[b"198.51.100.5", b"\xff"]).await, 429, "neither line is believed");
    assert_eq!(sign_in(&[b"198.51.100.6", b"198.51.100.7"]).await, 429);
    // Honest people, and what comes from the proxy itself, have limits of their own.
    for line in [&b"198.51.100.7"[..], b"198.51.100.3", b"198.51.100.5"] {
        assert_eq!(sign_in(&[line]).await, 400);
    }
    assert_eq!(sign_in(&[]).await, 400, "the proxy");
    let log = kept_log();
    assert_eq!(
        log.matches("the proxy 203.0.113.7 sent x-forwarded-for in several lines").count(),
        1,
        "told once: {log}"
    );
}

#[tokio::test]
async fn o2_a_forwarding_header_of_a_proxy_that_is_not_trusted_is_told_once() {
    let app = TestApp::new().await;
    keep_log();
    for _ in 0..3 {
        send(&app, "GET", "/sign-in", &[("x-forwarded-for", "198.51.100.9")], vec![]).await.unwrap().expect(200);
    }
    let log = kept_log();
    assert_eq!(log.matches("203.0.113.7, which is not in http.trusted_proxies").count(), 1, "{log}");
}

#[tokio::test]
async fn o2_paths_mean_one_thing_only() {
    let app = TestApp::new().await;
    for path in [
        "//token",
        "/token/",
        "/./token",
        "/x/../token",
        "/%74oken",
        "/token;x=1",
        "/TOKEN",
        "/token%00",
        "/token%2f",
        "/authorize%0d%0aLocation:%20https://evil.example",
    ] {
        let reply = send(&app, "GET", path, &[], vec![]).await.unwrap();
        assert!([404, 400].contains(&reply.status.as_u16()), "{path}: {}", reply.status);
        assert!(reply.header("location").is_none());
    }
    // A line break in what goes into a header stays encoded, or is no address.
    let rp = app.relying_party().await;
    let state = "x\r\nSet-Cookie: evil=1";
    let answer = app.browser().get(&rp.request().set("state", state).set("prompt", "none").path()).await;
    answer.error("login_required");
    assert_eq!(answer.param("state").as_deref(), Some(state));
    assert!(answer.reply.set_cookies().is_empty());
}

#[tokio::test]
async fn p1_scripts_of_other_origins_may_call_what_is_meant_for_them_and_nothing_else() {
    let app = TestApp::new().await;
    app.spa().await;
    let (client, stranger) = ("https://rp.example", "https://evil.example");
    for (method, path) in &routes() {
        let (method, path) = (*method, path.as_str());
        let everybody = path.starts_with("/.well-known/") || path == "/jwks";
        let for_clients = ["/token", "/revoke", "/userinfo"].contains(&path);
        for origin in [client, stranger, "null"] {
            let expected = match (everybody, for_clients && origin == client) {
                (true, _) => Some("*"),
                (_, true) => Some(client),
                _ => None,
            };
            let preflight = [
                ("origin", origin),
                ("access-control-request-method", method),
                ("access-control-request-headers", "authorization, content-type, dpop"),
            ];
            for (method, headers) in [(method, &preflight[..1]), ("OPTIONS", &preflight[..])] {
                let reply = send(&app, method, path, headers, vec![]).await.unwrap();
                assert_eq!(reply.header("access-control-allow-origin"), expected, "{method} {path} from {origin}");
                assert!(reply.header("access-control-allow-credentials").is_none(), "{path}");
                if for_clients {
                    assert!(reply.header("vary").unwrap().contains("Origin"), "{path}");
                }
                if method == "OPTIONS" && expected.is_some() {
                    let allowed = reply.header("access-control-allow-headers").unwrap().to_ascii_lowercase();
                    assert!(
                        ["authorization", "content-type", "dpop"].iter().all(|name| allowed.contains(name)),
                        "{allowed}"
                    );
                }
            }
        }
    }
    let exposed = send(&app, "POST", "/token", &[("origin", client)], vec![]).await.unwrap();
    for name in ["Date", "DPoP-Nonce", "Retry-After"] {
        assert!(exposed.header("access-control-expose-headers").unwrap().contains(name), "{name}");
    }
}

#[tokio::test]
async fn p2_https_is_promised_for_hosts_below_only_where_the_operator_says_so() {
    for (all_below, promise) in [(false, "max-age=63072000"), (true, "max-age=63072000; includeSubDomains")] {
        let app = TestApp::with(|config| {
            config.issuer = latchkey::config::Issuer::parse("https://example.com/auth").unwrap();
            config.http.hsts_include_subdomains = all_below;
        })
        .await;
        assert_eq!(app.get("/sign-in").await.header("strict-transport-security"), Some(promise));
    }
}

#[tokio::test]
async fn p2_every_answer_carries_the_security_headers_and_only_public_documents_may_be_kept() {
    let app =
        TestApp::with(|config| config.issuer = latchkey::config::Issuer::parse("https://id.example").unwrap()).await;
    let extra = [
        ("GET", "/nowhere"),
        ("DELETE", "/token"),
        ("GET", "/token"),
        ("GET", "/static/x/latchkey.css"),
        ("PATCH", "/sign-in"),
    ];
    let routes = routes();
    for (method, path) in routes.iter().map(|(method, path)| (*method, path.as_str())).chain(extra) {
        let reply = send(&app, method, path, &[], vec![]).await.unwrap();
        for name in [
            "x-content-type-options",
            "x-frame-options",
            "referrer-policy",
            "content-security-policy",
            "strict-transport-security",
            "cross-origin-opener-policy",
            "x-request-id",
        ] {
            assert!(reply.header(name).is_some(), "{name} at {method} {path} ({})", reply.status);
        }
        assert!(reply.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"), "{path}");
        let public = path.starts_with("/.well-known/") || path == "/jwks" || *path == assets::path("latchkey.css");
        let kept = reply.header("cache-control").unwrap();
        assert_eq!(kept == "no-store", !public || reply.status != 200, "{method} {path}: {kept}");
        assert!(reply.header("server").is_none());
    }
    let misdirected = send(&app, "GET", "/sign-in", &[("host", "evil.example")], vec![]).await.unwrap();
    assert_eq!(misdirected.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn q2_what_is_too_large_or_compressed_is_refused() {
    let app = TestApp::new().await;
    for (method, path) in &routes().into_iter().filter(|(method, _)| *method == "POST").collect::<Vec<_>>() {
        let (method, path) = (*method, path.as_str());
        let huge = send(&app, method, path, &[], vec![b'a'; 1 << 20]).await.unwrap();
        assert_eq!(huge.status, 413, "{path}");
        let zipped = send(&app, method, path, &[("content-encoding", "gzip")], vec![0x1f, 0x8b]).await.unwrap();
        assert_eq!(zipped.status, 415, "{path}");
        let many = (0..70).map(|n| format!("p{n}=x")).collect::<Vec<_>>().join("&");
        let many = send(&app, method, path, &[], many.into_bytes()).await.unwrap();
        assert_eq!(many.status, 400, "{path}");
        assert!(method == "POST");
    }
    // Headers count together, and to the byte: 64 KiB with the URL, and 4 a line.
    let (host, length) = ("localhost:8080".len() + 8, "/jwks".len() + 3 * (1 + 4));
    for (more, expected) in [(0, 200), (1, 431)] {
        let rest = (64 << 10) - host - length + more;
        let values = ["x".repeat(30_000), "y".repeat(30_000), "z".repeat(rest - 60_000)];
        let headers = [("a", values[0].as_str()), ("b", &values[1]), ("c", &values[2])];
        assert_eq!(send(&app, "GET", "/jwks", &headers, vec![]).await.unwrap().status, expected);
    }
    let long = format!("/authorize?state={}", "x".repeat(20_000));
    assert_eq!(send(&app, "GET", &long, &[], vec![]).await.unwrap().status, 414);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a list of values, and one loop over it")]
async fn r4_no_parameter_of_any_route_makes_a_fault_of_ours() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get(&rp.request().path()).await;
    let (csrf, interaction) =
        (page.form().get("csrf").unwrap().to_owned(), page.form().get("interaction").unwrap().to_owned());
    let cookie: Vec<_> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let (cookie, basic, long) = (cookie.join("; "), rp.basic(), "9".repeat(3_000));
    let broken = format!("{}x", &interaction[..interaction.len() - 2]);
    let values: [&[u8]; 22] = [
        b"",
        b"%00",
        b"%ff%fe",
        b"%",
        b"%zz",
        b"%0d%0a",
        b"a%20b",
        b"-1",
        b"18446744073709551616",
        b"1e400",
        b"null",
        b"[]",
        b"%7B%7D",
        b"'%20OR%201=1--",
        b"%22%3E%3Cscript%3E",
        b"../../etc/passwd",
        b"%F0%9F%94%91",
        b"lk_rt_x",
        b"v1.x.y.z",
        b"a.b.c",
        long.as_bytes(),
        broken.as_bytes(),
    ];
    let names = [
        "client_id",
        "redirect_uri",
        "response_type",
        "response_mode",
        "scope",
        "state",
        "nonce",
        "prompt",
        "max_age",
        "code_challenge",
        "code_challenge_method",
        "login_hint",
        "id_token_hint",
        "ui_locales",
        "acr_values",
        "request",
        "request_uri",
        "interaction",
        "csrf",
        "identifier",
        "password",
        "email",
        "name",
        "decision",
        "session",
        "token",
        "language",
        "return",
        "grant_type",
        "code",
        "code_verifier",
        "refresh_token",
        "token_type_hint",
        "client_secret",
        "client_assertion",
        "post_logout_redirect_uri",
        "logout_hint",
        "access_token",
        "keep_signed_in",
        "claims",
        "registration",
        "display",
        "resource",
    ];
    for (method, path) in &routes() {
        let (method, path) = (*method, path.as_str());
        for name in names {
            for value in values {
                // Everything else is in order, so that the bad one gets as deep as it can.
                let mut body = Vec::new();
                let good = [
                    ("csrf", csrf.as_str()),
                    ("interaction", &interaction),
                    ("grant_type", "refresh_token"),
                    ("token", "x"),
                ];
                let asked = rp.request();
                for (other, text) in good.into_iter().chain(asked.fields()).filter(|(other, _)| *other != name) {
                    if path == "/token" && !["grant_type"].contains(&other)
                        || path == "/authorize" && other == "interaction"
                    {
                        continue;
                    }
                    body.extend(form_encode(&[(other, text)]).bytes().chain(*b"&"));
                }
                body.extend(name.bytes().chain(*b"=").chain(value.iter().copied()));
                let mut headers = vec![("cookie", cookie.as_str()), ("origin", app.issuer())];
                if ["/token", "/revoke", "/introspect"].contains(&path) {
                    headers.push(("authorization", &basic));
                }
                let (target, body) = match method {
                    "GET" => (format!("{path}?{}", String::from_utf8_lossy(&body)), vec![]),
                    _ => (path.to_owned(), body),
                };
                let Some(reply) = send(&app, method, &target, &headers, body).await else { continue };
                assert!(
                    reply.status.as_u16() < 500,
                    "{method} {path} with {name}={:?}: {} {}",
                    String::from_utf8_lossy(value),
                    reply.status,
                    reply.body
                );
            }
        }
        for (name, value) in [
            ("cookie", "sid=\u{1}; browser="),
            ("authorization", "Bearer"),
            ("authorization", "Basic \u{7f}"),
            ("accept-language", "x;q=9,*"),
            ("content-type", "x"),
        ] {
            if let Some(reply) = send(&app, method, path, &[(name, value)], vec![]).await {
                assert!(reply.status.as_u16() < 500, "{method} {path} with {name}: {value}");
            }
        }
    }
}
