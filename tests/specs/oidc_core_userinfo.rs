//! OpenID Connect Core §5.3 and RFC 6750: UserInfo.

use axum::body::Body;

use crate::harness::{TestApp, form_encode, minutes};

#[tokio::test]
async fn claims_follow_the_granted_scopes_with_their_types() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let tokens = rp.tokens_of("alice").await;
    let userinfo = rp.userinfo(&tokens.access_token).await.expect(200).json();
    assert_eq!(userinfo["sub"], tokens.id_claims()["sub"]);
    assert_eq!(userinfo["name"], "alice Example");
    assert_eq!(userinfo["preferred_username"], "alice");
    assert_eq!(userinfo["email_verified"], true);
    assert!(userinfo["updated_at"].is_i64());
    assert!(userinfo.get("phone_number").is_none(), "not asked for");
    assert!(userinfo.get("birthdate").is_none(), "without a value it is left out");
    let answer = app.browser().go_through(&rp.request().set("scope", "openid")).await;
    let bare = rp.exchange(&answer.code()).await.tokens();
    assert_eq!(rp.userinfo(&bare.access_token).await.json().as_object().unwrap().len(), 1, "sub alone");
}

#[tokio::test]
async fn the_token_comes_in_the_header_or_in_a_posted_form_and_never_in_the_query() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let token = rp.tokens_of("alice").await.access_token;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        for method in ["GET", "POST"] {
            let request = http::Request::builder()
                .method(method)
                .uri("/userinfo")
                .header("authorization", format!("{scheme} {token}"));
            app.send(request.body(Body::empty()).unwrap()).await.expect(200);
        }
    }
    app.post("/userinfo", &[("access_token", &token)]).await.expect(200);
    let query = format!("/userinfo?{}", form_encode(&[("access_token", &token)]));
    app.get(&query).await.expect(400);
    let both = [("authorization", format!("Bearer {token}"))];
    let both: Vec<_> = both.iter().map(|(name, value)| (*name, value.as_str())).collect();
    app.post_with("/userinfo", &[("access_token", &token)], &both).await.expect(400);
}

#[tokio::test]
async fn two_authorization_headers_are_refused_whichever_comes_first() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let token = format!("Bearer {}", rp.tokens_of("alice").await.access_token);
    for lines in [[&token, "Bearer other"], ["Bearer other", &token], [&token, &token], ["Basic YTpi", &token]] {
        let request =
            http::Request::get("/userinfo").header("authorization", lines[0]).header("authorization", lines[1]);
        let refused = app.send(request.body(Body::empty()).unwrap()).await.expect(400);
        assert!(refused.header("www-authenticate").unwrap().contains("error=\"invalid_request\""));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_told_in_the_challenge() {
    // RFC 6750 §3, §3.1
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let bare = app.get("/userinfo").await.expect(401);
    let bare = bare.header("www-authenticate");
    assert_eq!(bare, Some("Bearer realm=\"latchkey\""), "without a token no error is told");
    let bad = rp.userinfo("garbage").await.expect(401);
    let challenge = bad.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer realm=\"latchkey\", error=\"invalid_token\", error_desc"), "{challenge}");
    let token = rp.tokens_of("alice").await.access_token;
    app.clock.advance(minutes(10));
    rp.userinfo(&token).await.expect(401);
}
