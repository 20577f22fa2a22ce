//! B. Client authentication, and requests to the token endpoint that are not what they should be.

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::harness::{TestApp, form_encode};

#[tokio::test]
async fn b13_two_ways_to_authenticate_are_one_too_many_and_wrong_ones_are_401() {
    let app = TestApp::new().await;
    let rp = app.service().await;
    let grant = ("grant_type", "client_credentials");
    let (id, secret) = (rp.id().to_owned(), rp.secret().to_owned());
    rp.client_credentials().await.tokens();
    app.post("/token", &[grant, ("client_id", &id), ("client_secret", &secret)]).await.tokens();
    // RFC 6749 §2.3
    let both = [grant, ("client_id", &*id), ("client_secret", &*secret)];
    app.post_with("/token", &both, &[("authorization", &rp.basic())]).await.error("invalid_request");
    for (id, secret) in
        [(&*id, "wrong"), (&id, ""), ("nobody", &secret), (&id, "lk_cs_x"), ("", ""), ("\u{1f511}", "\u{1f511}")]
    {
        app.post("/token", &[grant, ("client_id", id), ("client_secret", secret)]).await.error("invalid_client");
    }
    for reply in [
        app.post("/token", &[grant]).await,
        app.post("/token", &[grant, ("client_id", &id)]).await,
        app.post("/token", &[grant, ("client_id", &id), ("client_secret", "wrong")]).await,
        app.post("/revoke", &[("token", "x")]).await,
    ] {
        // RFC 6749 §5.2; openid-client, for one, reads no body beside a challenge.
        reply.error("invalid_client").expect(400);
    }
    let spa = app.spa().await;
    for fields in [&[("token", "x")][..], &[("token", "x"), ("client_id", spa.id())]] {
        // RFC 7662 §2.3, RFC 9110 §15.5.2.
        let reply = app.post("/introspect", fields).await.error("invalid_client").expect(401);
        assert_eq!(reply.header("www-authenticate"), Some("Basic realm=\"latchkey\", charset=\"UTF-8\""));
    }
    for header in [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic QQ==",
        "Basic Og==",
        &format!("Basic {}", STANDARD.encode(format!("{id}:wrong"))),
        &format!("Basic {}", STANDARD.encode(b"\xff\xfe:\xff")),
        &format!("Basic {}", STANDARD.encode("%zz:%zz")),
        "Bearer x",
        "Digest username=\"x\"",
        "\u{fe}",
    ] {
        let reply =
            app.post_with("/token", &[grant], &[("authorization", header)]).await.error("invalid_client").expect(401);
        assert!(reply.header("www-authenticate").unwrap().starts_with("Basic "), "{header}");
    }
    let twice = http::Request::post("/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", rp.basic())
        .header("authorization", rp.basic());
    app.send(twice.body(form_encode(&[grant]).into()).unwrap()).await.error("invalid_request");
}

#[tokio::test]
async fn b13_a_client_authenticates_as_it_registered() {
    let app = TestApp::new().await;
    let public = app.spa().await;
    let code = app.browser().authorize(&public).await.code();
    let with_secret = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", public.redirect_uri()),
        ("code_verifier", &public.verifier),
        ("client_id", public.id()),
        ("client_secret", "made-up"),
    ];
    app.post("/token", &with_secret).await.error("invalid_client");
    public.exchange(&code).await.tokens();
    // A public client has nothing to introspect with.
    public.introspect("x").await.error("invalid_client");
    let confidential = app.relying_party().await;
    let as_public = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", confidential.id())];
    app.post("/token", &as_public).await.error("invalid_client");
}

#[tokio::test]
async fn b15_what_is_no_form_or_no_grant_of_ours_is_refused() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let basic = rp.basic();
    let send = |content_type: &'static str, body: String| {
        let request =
            http::Request::post("/token").header("content-type", content_type).header("authorization", &basic);
        app.send(request.body(Body::from(body)).unwrap())
    };
    let form = "application/x-www-form-urlencoded";
    send("application/json", r#"{"grant_type":"client_credentials"}"#.to_owned()).await.error("invalid_request");
    send("text/plain", "grant_type=client_credentials".to_owned()).await.error("invalid_request");
    send("multipart/form-data; boundary=x", "--x--".to_owned()).await.error("invalid_request");
    send(form, String::new()).await.error("invalid_request");
    send(form, "grant_type=password&username=alice&password=x".to_owned()).await.error("unsupported_grant_type");
    send(form, "grant_type=refresh_token&refresh_token=a&refresh_token=b".to_owned()).await.error("invalid_request");
    send(form, format!("grant_type=client_credentials&scope={}", "a".repeat(1 << 20))).await.expect(413);
    send(form, format!("grant_type=refresh_token&refresh_token=x&scope={}", "a".repeat(2_000))).await.expect(400);
    send(form, "grant_type=client_credentials".to_owned()).await.error("unauthorized_client");
    let in_query =
        http::Request::post("/token?grant_type=refresh_token&refresh_token=x").header("authorization", &basic);
    app.send(in_query.body(Body::empty()).unwrap()).await.error("invalid_request");
    for path in ["/token?grant_type=client_credentials", "/revoke", "/introspect"] {
        let refused = app.get(path).await.expect(405);
        assert_eq!(refused.header("allow"), Some("POST"), "{path}");
        assert_eq!(refused.json()["error"], "invalid_request", "{path}");
    }
}

#[tokio::test]
async fn b16_another_clients_tokens_cannot_be_revoked_or_looked_into() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.relying_party().await, app.relying_party().await);
    let tokens = owner.tokens_of("alice").await;
    for token in [&tokens.access_token, tokens.refresh()] {
        let seen = stranger.introspect(token).await.expect(200).json();
        assert_eq!(seen, serde_json::json!({ "active": false }));
        stranger.revoke(token).await.error("invalid_grant");
    }
    assert!(owner.is_good(&tokens.access_token).await);
    assert_eq!(owner.introspect(tokens.refresh()).await.expect(200).json()["active"], true);
    owner.refresh(tokens.refresh()).await.tokens();
}
