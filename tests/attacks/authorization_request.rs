//! A. The authorization request.

use crate::harness::{Authorize, Passkey, TestApp, Trap, minutes};
use latchkey::oidc::client::metadata::ClientKind;
use latchkey::oidc::params::Params;

/// Sends the request, and expects a page of ours with this short code: nobody is sent anywhere.
async fn page_with(app: &TestApp, request: &Authorize, code: &str) {
    let page = app.browser().get(&request.path()).await;
    page.refused(400);
    assert!(page.reply.body.contains(code), "{code} for {request:?}:\n{}", page.reply.body);
}

#[tokio::test]
async fn a1_a2_a3_a_redirect_uri_that_differs_in_anything_is_never_redirected_to() {
    let app = TestApp::new().await;
    let rp = app
        .client(ClientKind::Web, |new| new.redirect_uris = vec!["https://rp.example/callback?tenant=1".into()])
        .await;
    for tricked in [
        // A1: another host. RFC 9700 §4.1.3
        "https://rp.example.evil.example/callback?tenant=1",
        "https://evil.example/callback?tenant=1",
        "https://rp.example@evil.example/callback?tenant=1",
        "https://evil.example\\@rp.example/callback?tenant=1",
        "https://rp.example./callback?tenant=1",
        "https://xn--rp-example-/callback?tenant=1",
        "https://RP.example/callback?tenant=1",
        "//rp.example/callback?tenant=1",
        "javascript://rp.example/%0aalert(1)",
        // A2: another path
        "https://rp.example/callback/../evil?tenant=1",
        "https://rp.example/callback%252f..?tenant=1",
        "https://rp.example/callback/..;/evil?tenant=1",
        "https://rp.example/Callback?tenant=1",
        "https://rp.example:443/callback?tenant=1",
        "https://rp.example/callback/?tenant=1",
        "https://rp.example/?tenant=1",
        // A3: another query or fragment
        "https://rp.example/callback",
        "https://rp.example/callback?tenant=1&code=evil",
        "https://rp.example/callback?tenant=2",
        "https://rp.example/callback?tenant=1#",
        "https://rp.example/callback?tenant=1#x",
        " https://rp.example/callback?tenant=1",
        "https://rp.example/callback?tenant=1\n",
    ] {
        page_with(&app, &rp.request().set("redirect_uri", tricked), "unregistered_redirect_uri").await;
    }
    app.browser().get(&rp.request().set("prompt", "none").path()).await.error("login_required");
}

#[tokio::test]
async fn a4_http_is_not_https_and_of_a_loopback_uri_only_the_port_may_differ() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    page_with(&app, &rp.request().set("redirect_uri", "http://rp.example/callback"), "unregistered_redirect_uri").await;
    // RFC 8252 §7.3
    let native = app.client(ClientKind::Native, |_| {}).await;
    let silent = native.request().set("prompt", "none");
    for good in ["http://127.0.0.1/callback", "http://127.0.0.1:49152/callback"] {
        app.browser().get(&silent.clone().set("redirect_uri", good).path()).await.error("login_required");
    }
    for bad in [
        "http://127.0.0.1:49152/other",
        "http://127.0.0.2/callback",
        "https://127.0.0.1/callback",
        "http://127.0.0.1@evil.example/callback",
    ] {
        page_with(&app, &silent.clone().set("redirect_uri", bad), "unregistered_redirect_uri").await;
    }
}

#[tokio::test]
async fn a5_what_decides_the_target_must_be_there_once_and_a_repeated_rest_is_told_to_the_client() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    page_with(&app, &rp.request().without("client_id"), "missing_client_id").await;
    page_with(&app, &rp.request().set("client_id", ""), "missing_client_id").await;
    page_with(&app, &rp.request().set("client_id", "nobody"), "unknown_client").await;
    page_with(&app, &rp.request().without("redirect_uri"), "missing_redirect_uri").await;
    page_with(&app, &rp.request().add("client_id", rp.id()), "repeated_parameter").await;
    page_with(&app, &rp.request().add("redirect_uri", rp.redirect_uri()), "repeated_parameter").await;
    for name in ["scope", "nonce", "response_type", "code_challenge", "prompt", "unknown"] {
        let request = rp.request().set(name, "a").add(name, "b");
        let answer = app.browser().get(&request.path()).await;
        answer.error("invalid_request");
        assert_eq!(answer.param("state").as_deref(), Some("a state & more"), "{name}");
    }
}

#[tokio::test]
async fn a6_response_types_that_are_not_offered_are_unsupported() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    for other in
        ["token", "id_token", "id_token token", "code id_token", "code token", "code id_token token", "none", "CODE"]
    {
        let answer = app.browser().get(&rp.request().set("response_type", other).path()).await;
        answer.error("unsupported_response_type");
    }
    app.browser().get(&rp.request().without("response_type").path()).await.error("invalid_request");
}

#[tokio::test]
async fn a6_a_refusal_goes_where_answers_to_its_response_type_go() {
    // Core §3.2.2.6, §3.3.2.6; Multiple Response Types §5
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let hybrid = ["token", "id_token", "id_token token", "code id_token", "code token", "code id_token token"];
    let refused = hybrid.map(|response_type| ("response_type", response_type, "unsupported_response_type"));
    // Whoever asks for the fragment reads nothing else.
    for (name, value, error) in refused.into_iter().chain([("response_mode", "fragment", "invalid_request")]) {
        let page = app.browser().get(&rp.request().set(name, value).path()).await;
        let url = url::Url::parse(&page.url).unwrap();
        assert_eq!(url.query(), None, "{url}");
        let answer = Params::parse(url.fragment().unwrap_or_default().as_bytes()).unwrap();
        assert_eq!(answer.get("error"), Some(error), "{url}");
        assert_eq!(answer.get("state"), Some("a state & more"));
        assert_eq!(answer.get("iss"), Some(app.issuer()));
    }
    // A response mode that only the refused request object names is not known, so the query is used.
    let object = latchkey::base::encoding::base64url(br#"{"response_type":"id_token","response_mode":"fragment"}"#);
    let request = rp.request().set("request", &format!("e30.{object}."));
    app.browser().get(&request.path()).await.error("request_not_supported");
}

#[tokio::test]
async fn a7_a_state_with_markup_comes_out_escaped_under_a_policy_of_its_own() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    for mode in ["jwt", "form_post.jwt", "web_message", "<script>"] {
        app.browser().get(&rp.request().set("response_mode", mode).path()).await.error("invalid_request");
    }
    let state = "\"><script>alert(1)</script>";
    let request = rp.request().set("response_mode", "form_post").set("state", state).set("prompt", "none");
    let page = app.browser().get(&request.path()).await;
    assert!(!page.reply.body.contains("<script>alert"), "{}", page.reply.body);
    assert_eq!(page.param("state").as_deref(), Some(state));
    assert_eq!(page.param("error").as_deref(), Some("login_required"));
    assert_eq!(page.param("iss").as_deref(), Some(app.issuer()));
    let policy = page.reply.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'sha256-") && policy.contains("default-src 'none'"), "{policy}");
}

#[tokio::test]
async fn a8_every_answer_names_its_issuer() {
    // RFC 9207 §2
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let good = browser.authorize(&rp).await;
    assert!(good.param("code").is_some());
    assert_eq!(good.param("iss").as_deref(), Some(app.issuer()));
    for bad in [
        rp.request().set("prompt", "none login"),
        rp.request().set("scope", "nothing"),
        rp.request().set("request", "x.y.z"),
    ] {
        let answer = browser.get(&bad.path()).await;
        assert_eq!(answer.param("iss").as_deref(), Some(app.issuer()), "{bad:?}");
        assert!(answer.param("error").is_some());
    }
}

#[tokio::test]
async fn a9_pkce_that_is_missing_plain_or_malformed_is_an_invalid_request() {
    let app = TestApp::new().await;
    let good = crate::harness::pkce().1;
    for rp in [app.relying_party().await, app.spa().await] {
        for (challenge, method) in [
            (None, None),
            (Some(good.as_str()), Some("plain")),
            (Some(&good), None),
            (Some(&good), Some("s256")),
            (None, Some("S256")),
            (Some("short"), Some("S256")),
            (Some("!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!"), Some("S256")),
        ] {
            let mut request = rp.request().without("code_challenge").without("code_challenge_method");
            for (name, value) in [("code_challenge", challenge), ("code_challenge_method", method)] {
                if let Some(value) = value {
                    request = request.set(name, value);
                }
            }
            let answer = app.browser().get(&request.path()).await;
            answer.error("invalid_request");
            if (challenge, method) == (None, None) {
                // The setting that allows it is named to clients that it can help.
                let description = answer.param("error_description").unwrap();
                assert!(description.contains("PKCE"), "{description}");
                assert_eq!(description.contains("--require-pkce false"), rp.secret.is_some(), "{description}");
            }
        }
    }
}

#[tokio::test]
async fn a10_request_objects_are_refused_and_nothing_is_fetched() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let trap = Trap::set();
    let mut browser = app.browser().sign_in("alice").await;
    browser.authorize(&rp).await.code();
    for uri in
        [trap.url("/secret"), trap.url("/secret#sha256"), format!("{}?x=y", trap.url("/")), "file:///etc/passwd".into()]
    {
        let fetched = rp.request().set("request_uri", &uri);
        browser.get(&fetched.path()).await.error("request_uri_not_supported");
        let posted = app.post("/authorize", &fetched.fields()).await.expect(303).location().to_owned();
        browser.get(&posted).await.error("request_uri_not_supported");
    }
    let encode = |text: String| latchkey::base::encoding::base64url(text.as_bytes());
    let header = format!(r#"{{"alg":"RS256","kid":"k","jku":"{0}","x5u":"{0}"}}"#, trap.url("/jwks"));
    let claims = format!(r#"{{"iss":"{}","client_id":"{0}","jwks_uri":"{}"}}"#, rp.id(), trap.url("/jwks"));
    let object = format!("{}.{}.{}", encode(header), encode(claims), encode("signature".to_owned()));
    for object in ["a.b.c", &object] {
        browser.get(&rp.request().set("request", object).path()).await.error("request_not_supported");
    }
    trap.untouched();
}

#[tokio::test]
async fn a12_prompt_none_never_shows_a_page() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let silent = rp.request().set("prompt", "none");
    let mut browser = app.browser();
    browser.get(&silent.path()).await.error("login_required");
    let mut browser = browser.sign_in("alice").await;
    browser.get(&silent.path()).await.error("consent_required");
    browser.authorize(&rp).await.code();
    browser.get(&silent.path()).await.code();
    app.clock.advance(minutes(2));
    browser.get(&silent.clone().set("max_age", "60").path()).await.error("login_required");
    browser.get(&silent.clone().set("max_age", "0").path()).await.error("login_required");
    browser.get(&silent.clone().set("id_token_hint", "not.a.token").path()).await.error("login_required");
}

#[tokio::test]
async fn a12_no_error_tells_a_client_without_consent_which_factors_somebody_has() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let with_passkey = rp.request().set("acr_values", "phr");
    let silent = with_passkey.clone().set("prompt", "none");
    let one = app.browser().sign_in("alice").await;
    let mut other = app.browser().sign_in("carol").await;
    other.add_passkey(Passkey::new(&app)).await;
    for (browser, page) in [(&mut one.clone(), "sign-in"), (&mut other, "consent")] {
        browser.get(&silent.path()).await.error("consent_required");
        browser.get(&with_passkey.path()).await.expect(page);
    }
    // A client that they have allowed something learns what it needs to know.
    let mut browser = one;
    browser.authorize(&rp).await.code();
    for request in [with_passkey, silent] {
        browser.get(&request.path()).await.error("unmet_authentication_requirements");
    }
}

#[tokio::test]
async fn a13_a_fresh_sign_in_is_asked_for_each_time_also_by_the_back_button() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.authorize(&rp).await.code();
    let page = browser.get(&rp.request().set("prompt", "login").path()).await;
    page.expect("sign-in");
    // Leaving the page without signing in leads nowhere.
    let interaction = page.form().get("interaction").unwrap().to_owned();
    browser.get(&format!("/authorize?interaction={interaction}")).await.expect("sign-in");
    app.clock.advance(minutes(1));
    let answer = page.form().fill("identifier", "alice").fill("password", crate::harness::PASSWORD);
    let reply = browser
        .send(
            http::Request::post("/sign-in")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("origin", app.issuer()),
            crate::harness::form_encode(
                &answer.fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect::<Vec<_>>(),
            ),
        )
        .await;
    let proven = reply.location().to_owned();
    browser.get(&proven).await.code();
    // What was proven was proven once: going back to the same address asks again.
    browser.get(&proven).await.expect("sign-in");
}

#[tokio::test]
async fn a13_going_back_to_an_answer_decides_anew_and_not_as_before() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let consent = browser.get(&rp.request().path()).await;
    let reply = {
        let form = consent.form().fill("decision", "deny");
        let fields: Vec<_> = form.fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let request = http::Request::post("/consent")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", app.issuer());
        browser.send(request, crate::harness::form_encode(&fields)).await
    };
    let denied = reply.location().to_owned();
    browser.get(&denied).await.error("access_denied");
    browser.get(&denied).await.expect("consent");
    browser.authorize(&rp).await.code();
    browser.get(&denied).await.code();
}

#[tokio::test]
async fn a13_another_user_gets_a_session_of_their_own() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let first = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens().id_claims();
    browser.user = "bob".to_owned();
    let request = rp.request().set("prompt", "login");
    let second = rp.exchange(&browser.go_through(&request).await.code()).await.tokens().id_claims();
    assert_ne!(first["sub"], second["sub"]);
    assert_ne!(first["sid"], second["sid"]);
}

#[tokio::test]
async fn a14_a_sign_in_in_progress_is_bound_to_its_browser() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut attacker = app.browser();
    let page = attacker.get(&rp.request().path()).await;
    let interaction = page.form().get("interaction").unwrap().to_owned();
    let mut victim = app.browser().sign_in("alice").await;
    for path in ["/sign-in", "/consent", "/select-account", "/authorize"] {
        let shown = victim.get(&format!("{path}?interaction={interaction}")).await;
        shown.refused(400);
        assert!(shown.reply.body.contains("interaction_expired"), "{path}");
    }
    // And dies with its time.
    app.clock.advance(minutes(31));
    attacker.get(&format!("/sign-in?interaction={interaction}")).await.refused(400);
}

#[tokio::test]
async fn a15_pages_refuse_frames_and_no_form_is_left_by_307() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    assert!(page.reply.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    assert_eq!(page.reply.header("x-frame-options"), Some("DENY"));
    let posted = app.post("/authorize", &rp.request().fields()).await.expect(303);
    assert!(posted.location().starts_with(&format!("{}/authorize?", app.issuer())));
    let asked = http::Request::get(rp.request().path()).header("origin", "https://rp.example");
    let reply = app.send(asked.body(axum::body::Body::empty()).unwrap()).await;
    assert!(reply.header("access-control-allow-origin").is_none(), "no CORS on authorize");
}

#[tokio::test]
async fn a16_no_parameter_says_where_a_person_goes_next() {
    let app = TestApp::new().await;
    for target in ["//evil.example", "/\\evil.example", "javascript:alert(1)", "https://evil.example/"] {
        for name in ["next", "return_to", "return", "redirect", "continue"] {
            let mut browser = app.browser();
            app.user("alice").await;
            let page = browser.get(&format!("/sign-in?{}", crate::harness::form_encode(&[(name, target)]))).await;
            let form =
                page.form().fill("identifier", "alice").fill("password", crate::harness::PASSWORD).fill(name, target);
            let after = form.submit(&mut browser).await;
            assert_eq!(after.url, app.app.config.issuer.url("/"), "{name}={target}");
        }
    }
}

#[tokio::test]
async fn a_request_by_head_makes_no_code_and_ends_no_session() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    let codes = app.rows("authorization_code").await;
    let sign_out = format!("/end_session?id_token_hint={}", tokens.id_token.as_deref().unwrap());
    for target in [rp.request().path(), sign_out] {
        for method in ["HEAD", "DELETE", "PUT"] {
            let request = http::Request::builder().method(method).uri(app.path(&target));
            let reply = browser.send(request, String::new()).await.expect(405);
            let allowed: Vec<_> = reply.headers.get_all("allow").iter().collect();
            // RFC 9110 §10.2.1: what is refused is not named.
            assert_eq!(allowed, ["GET, POST"], "{method} {target}");
        }
    }
    assert_eq!(app.rows("authorization_code").await, codes);
    assert!(rp.is_good(&tokens.access_token).await, "nobody was signed out");
    // Where GET only shows something, HEAD is as good.
    browser.send(http::Request::head(app.path("/sign-in?account=another")), String::new()).await.expect(200);
}

#[tokio::test]
async fn a_code_that_is_written_is_given_although_the_sessions_use_cannot_be_noted() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    browser.authorize(&rp).await.code();
    app.clock.advance(crate::harness::minutes(2));
    if crate::harness::server().is_some() {
        app.sql("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$")
            .await;
        app.sql("CREATE TRIGGER refuse BEFORE UPDATE ON session FOR EACH ROW EXECUTE FUNCTION refuse()").await;
    } else {
        app.sql("CREATE TRIGGER refuse BEFORE UPDATE ON session BEGIN SELECT RAISE(ABORT, 'no'); END").await;
    }
    let code = browser.get(&rp.request().set("prompt", "none").path()).await.code();
    rp.exchange(&code).await.tokens();
    browser.get("/account").await.expect("account");
}
