//! C. JWTs that somebody else made, or made of ours.

use latchkey::base::encoding::{base64url, from_base64url};
use latchkey::jose::{Algorithm, SigningKey, Typ, sign};
use serde_json::{Map, Value, json};

use crate::harness::TestApp;

fn parts(token: &str) -> (Value, Map<String, Value>, String) {
    let parts: Vec<&str> = token.split('.').collect();
    let json = |text: &str| serde_json::from_slice(&from_base64url(text).unwrap()).unwrap();
    (json(parts[0]), serde_json::from_value(json(parts[1])).unwrap(), parts[2].to_owned())
}

fn join(header: &Value, claims: &Map<String, Value>, signature: &str) -> String {
    let encode = |text: String| base64url(text.as_bytes());
    format!("{}.{}.{signature}", encode(header.to_string()), encode(Value::Object(claims.clone()).to_string()))
}

#[tokio::test]
async fn c1_no_algorithm_but_the_keys_own_is_taken() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let token = rp.tokens_of("alice").await.access_token;
    let (header, claims, signature) = parts(&token);
    let jwks: Value = app.get("/jwks").await.json();
    for alg in ["none", "None", "HS256", "HS512", "ES256", "PS256", ""] {
        let mut forged = header.clone();
        forged["alg"] = alg.into();
        // Signed with the public key as a shared secret, as a confused verifier would check it.
        let input = join(&forged, &claims, "");
        let mac = latchkey::base::seal::SealingKey::new([1; 32]).fingerprint(&format!("{input}{jwks}"));
        for signature in ["", &signature, &mac] {
            rp.userinfo(&join(&forged, &claims, signature)).await.expect(401);
        }
    }
}

#[tokio::test]
async fn c2_headers_that_name_other_keys_are_refused_and_nothing_is_fetched() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let token = rp.tokens_of("alice").await.access_token;
    let (header, claims, signature) = parts(&token);
    let own = SigningKey::generate(Algorithm::RS256).unwrap();
    // A key of the attacker's under its own name.
    rp.userinfo(&sign(&own, Typ::AccessToken, &claims).unwrap()).await.expect(401);
    for (name, value) in [
        ("kid", json!("../../etc/passwd")),
        ("kid", json!("' OR 1=1 --")),
        ("kid", json!(42)),
        ("jku", json!("http://127.0.0.1:1/jwks")),
        ("x5u", json!("http://127.0.0.1:1/cert")),
        ("jwk", own.public_jwk()),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
    ] {
        let mut forged = header.clone();
        forged[name] = value;
        rp.userinfo(&join(&forged, &claims, &signature)).await.expect(401);
    }
    let mut nameless = header.clone();
    nameless.as_object_mut().unwrap().remove("kid");
    rp.userinfo(&join(&nameless, &claims, &signature)).await.expect(401);
}

#[tokio::test]
async fn c3_a_token_of_one_kind_is_not_one_of_another() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let tokens = rp.tokens_of("alice").await;
    rp.userinfo(tokens.id_token.as_deref().unwrap()).await.expect(401);
    app.get(&format!("/end_session?id_token_hint={}", tokens.access_token)).await.expect(400);
    // A client's own token has no person behind it.
    let service = app.service().await.client_credentials().await.tokens();
    let reply = rp.userinfo(&service.access_token).await.expect(403);
    assert_eq!(reply.json()["error"], "insufficient_scope");
}

#[tokio::test]
async fn c4_malformed_and_absent_claims_are_an_invalid_token() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let (_, claims, _) = parts(&rp.tokens_of("alice").await.access_token);
    let ring = app.app.keys.ring();
    let key = ring.signer(Algorithm::RS256, app.app.now()).unwrap();
    rp.userinfo(&sign(key, Typ::AccessToken, &claims).unwrap()).await.expect(200);
    for name in ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "gid", "scope"] {
        for value in [
            None,
            Some(json!(null)),
            Some(json!([])),
            Some(json!({})),
            Some(json!("x")),
            Some(json!(-1)),
            Some(json!(1e300)),
        ] {
            let mut changed = claims.clone();
            match value {
                Some(value) => drop(changed.insert(name.to_owned(), value)),
                None => drop(changed.remove(name)),
            }
            let status = rp.userinfo(&sign(key, Typ::AccessToken, &changed).unwrap()).await.status.as_u16();
            // Some of these are claims of another, weaker token that is in order; none may be a fault of ours.
            assert!([200, 401, 403].contains(&status), "{name}: {status}");
            if ["iss", "exp", "aud", "gid"].contains(&name) {
                assert_ne!(status, 200, "{name} in {changed:?}");
            }
        }
    }
    for garbage in ["", ".", "..", "a.b.c", "....", "e30.e30.", &"a".repeat(9_000), "\u{1f511}"] {
        let status = rp.introspect(garbage).await.status.as_u16();
        assert!([200, 400].contains(&status), "{garbage}: {status}");
    }
}

#[tokio::test]
async fn c6_keys_are_published_without_private_members_and_a_truncated_token_is_none() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let tokens = rp.tokens_of("alice").await;
    let before = app.get("/jwks").await.json();
    for key in before["keys"].as_array().unwrap() {
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(key.get(private).is_none(), "{private} in {key}");
        }
    }
    use latchkey::tokens::keys::When;
    app.app.keys.rotate(&app.app.db, &app.app.vault, &app.app.pen, When::Now).await.unwrap();
    let after = app.get("/jwks").await.json();
    assert!(after["keys"].as_array().unwrap().contains(&before["keys"][0]), "the old key is kept");
    assert!(rp.is_good(&tokens.access_token).await, "a token of the old key is good until it expires");
    for cut in 1..40 {
        let end = tokens.access_token.len() - cut;
        rp.userinfo(&tokens.access_token[..end]).await.expect(401);
    }
}
