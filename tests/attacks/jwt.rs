//! C. JWTs that somebody else made, or made of ours.

use josekit::jws::{HS256, HS384, HS512, JwsSigner, JwsVerifier, RS256};
use latchkey::base::encoding::{base64url, from_base64url};
use latchkey::jose::{Algorithm, SigningKey, Typ, sign};
use serde_json::{Map, Value, json};

use crate::harness::{TestApp, Trap};

fn parts(token: &str) -> (Value, Map<String, Value>, String) {
    let parts: Vec<&str> = token.split('.').collect();
    let json = |text: &str| serde_json::from_slice(&from_base64url(text).unwrap()).unwrap();
    (json(parts[0]), serde_json::from_value(json(parts[1])).unwrap(), parts[2].to_owned())
}

fn join(header: &Value, claims: &Map<String, Value>, signature: &str) -> String {
    let encode = |text: String| base64url(text.as_bytes());
    format!("{}.{}.{signature}", encode(header.to_string()), encode(Value::Object(claims.clone()).to_string()))
}

/// DER of what stands in this tag: X.690 §8.1.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut encoded = vec![tag];
    match length {
        0..128 => encoded.push(u8::try_from(length).unwrap()),
        _ => encoded.extend([&[0x82][..], &u16::try_from(length).unwrap().to_be_bytes()].concat()),
    }
    encoded.extend(content);
    encoded
}

fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    let text = latchkey::base::encoding::base64(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n")).into_bytes()
}

/// The public key of a JWK in all forms in which a confused verifier could hold it: RFC 8017 §A.1.1, RFC 5280 §4.1.2.7.
fn forms_of(jwk: &Value) -> Vec<Vec<u8>> {
    let integer = |name: &str| {
        let bytes = from_base64url(jwk[name].as_str().unwrap()).unwrap();
        // A number whose first bit is set would be a negative one.
        let sign: &[u8] = if bytes[0] & 0x80 == 0 { &[] } else { &[0] };
        der(0x02, &[sign, &bytes].concat())
    };
    let pkcs1 = der(0x30, &[integer("n"), integer("e")].concat());
    let algorithm = der(0x30, &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00]);
    let spki = der(0x30, &[algorithm, der(0x03, &[&[0], &pkcs1[..]].concat())].concat());
    let mut forms = vec![pem("PUBLIC KEY", &spki), pem("RSA PUBLIC KEY", &pkcs1), spki, pkcs1];
    forms.push(pem("PUBLIC KEY", &forms[2]).trim_ascii_end().to_vec());
    forms.push(jwk.to_string().into_bytes());
    forms
}

#[tokio::test]
async fn c1_no_algorithm_but_the_keys_own_is_taken() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let tokens = rp.tokens_of("alice").await;
    let jwks: Value = app.get("/jwks").await.json();
    let forms = forms_of(&jwks["keys"][0]);
    for token in [tokens.access_token.clone(), tokens.id_token.clone().unwrap()] {
        let (header, claims, signature) = parts(&token);
        // These are the keys indeed: the real signature fits to them.
        for (at, label) in [(0, "PEM"), (2, "DER")] {
            let verifier = match label {
                "PEM" => RS256.verifier_from_pem(&forms[at]),
                _ => RS256.verifier_from_der(&forms[at]),
            };
            let signed = token.rsplit_once('.').unwrap().0;
            verifier.unwrap().verify(signed.as_bytes(), &from_base64url(&signature).unwrap()).unwrap();
        }
        let mut forged = Vec::new();
        for alg in ["none", "None", "nOnE", "HS256", "ES256", "PS256", "RS512", ""] {
            let mut header = header.clone();
            header["alg"] = alg.into();
            forged.extend([join(&header, &claims, ""), join(&header, &claims, &signature)]);
        }
        // Signed with the public key as a shared secret, as a confused verifier would check it.
        for (alg, hmac) in [("HS256", HS256), ("HS384", HS384), ("HS512", HS512)] {
            let mut header = header.clone();
            header["alg"] = alg.into();
            for secret in &forms {
                let input = join(&header, &claims, "");
                let input = input.strip_suffix('.').unwrap();
                let mac = hmac.signer_from_bytes(secret).unwrap().sign(input.as_bytes()).unwrap();
                forged.push(format!("{input}.{}", base64url(&mac)));
            }
        }
        for forged in forged {
            rp.userinfo(&forged).await.expect(401);
            assert_eq!(rp.introspect(&forged).await.expect(200).json()["active"], false);
            app.get(&format!("/end_session?id_token_hint={forged}")).await.expect(400);
        }
    }
}

#[tokio::test]
async fn c2_headers_that_name_other_keys_are_refused_and_nothing_is_fetched() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let token = rp.tokens_of("alice").await.access_token;
    let (header, claims, _) = parts(&token);
    let ring = app.app.keys.ring();
    let ours = ring.signer(Algorithm::RS256, app.app.now()).unwrap();
    let signed = |key: &SigningKey, header: &Value| {
        let input = join(header, &claims, "");
        let input = input.strip_suffix('.').unwrap();
        let signature = RS256.signer_from_der(&*key.to_pkcs8_der()).unwrap().sign(input.as_bytes()).unwrap();
        format!("{input}.{}", base64url(&signature))
    };
    // The signature is good, so that what follows is refused for its header.
    rp.userinfo(&signed(ours, &header)).await.expect(200);
    let own = SigningKey::generate(Algorithm::RS256).unwrap();
    let trap = Trap::set();
    for (name, value) in [
        ("kid", json!("../../etc/passwd")),
        ("kid", json!("' OR 1=1 --")),
        ("kid", json!(42)),
        ("kid", json!(own.kid())),
        ("kid", json!(trap.url("/kid"))),
        ("jku", json!(trap.url("/jwks"))),
        ("x5u", json!(trap.url("/cert"))),
        ("x5c", json!([trap.url("/cert")])),
        ("jwk", own.public_jwk()),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("typ", json!("JWT")),
        ("typ", json!("application/at+jwt")),
        ("cty", json!("JWT")),
    ] {
        let mut forged = header.clone();
        forged[name] = value;
        for token in [signed(ours, &forged), signed(&own, &forged)] {
            rp.userinfo(&token).await.expect(401);
            assert_eq!(rp.introspect(&token).await.expect(200).json()["active"], false, "{forged}");
        }
    }
    for name in ["kid", "alg", "typ"] {
        let mut lacking = header.clone();
        lacking.as_object_mut().unwrap().remove(name);
        rp.userinfo(&signed(ours, &lacking)).await.expect(401);
    }
    // A key of the attacker's under its own name, and under ours.
    rp.userinfo(&sign(&own, Typ::AccessToken, &claims).unwrap()).await.expect(401);
    rp.userinfo(&signed(&own, &header)).await.expect(401);
    trap.untouched();
}

#[tokio::test]
async fn c5_encrypted_tokens_are_refused_without_the_work_that_they_ask_for() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let kid = app.get("/jwks").await.json()["keys"][0]["kid"].clone();
    let mut browser = app.browser().sign_in("alice").await;
    browser.authorize(&rp).await.code();
    let filler = base64url(&[0x5a; 40]);
    let began = std::time::Instant::now();
    for header in [
        // Two thousand million rounds of PBKDF2 would take this machine a quarter of an hour or more.
        json!({ "alg": "PBES2-HS512+A256KW", "enc": "A256GCM", "p2c": i32::MAX, "p2s": filler, "kid": kid, "typ": "at+jwt" }),
        json!({ "alg": "PBES2-HS256+A128KW", "enc": "A128CBC-HS256", "p2c": 1e18, "p2s": filler, "kid": kid, "typ": "JWT" }),
        json!({ "alg": "dir", "enc": "A256GCM", "zip": "DEF", "kid": kid, "typ": "at+jwt" }),
        json!({ "alg": "RSA-OAEP", "enc": "A256GCM", "zip": "DEF", "kid": kid, "typ": "JWT" }),
        json!({ "alg": "RSA1_5", "enc": "A128CBC-HS256", "kid": kid, "typ": "JWT" }),
        json!({ "alg": "ECDH-ES", "enc": "A256GCM", "epk": { "kty": "EC" }, "kid": kid, "typ": "JWT" }),
    ] {
        let header = base64url(header.to_string().as_bytes());
        // Nearly as much as fits into a token, of what unpacks to a thousand times as much.
        let bomb = base64url(&[&[0xed, 0xc1][..], &[0x01; 4_000]].concat());
        for jwe in
            [format!("{header}.{filler}.{filler}.{bomb}.{filler}"), format!("{header}..{filler}.{bomb}.{filler}")]
        {
            rp.userinfo(&jwe).await.expect(401);
            assert_eq!(rp.introspect(&jwe).await.expect(200).json()["active"], false);
            rp.revoke(&jwe).await.expect(200);
            let silent = rp.request().set("prompt", "none");
            browser.get(&silent.clone().set("id_token_hint", &jwe).path()).await.error("login_required");
            browser.get(&silent.set("request", &jwe).path()).await.error("request_not_supported");
            app.get(&format!("/end_session?id_token_hint={jwe}")).await.expect(400);
            let assertion = [
                ("grant_type", "client_credentials"),
                ("client_id", rp.id()),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", &*jwe),
            ];
            app.post("/token", &assertion).await.error("invalid_client");
        }
    }
    let took = began.elapsed();
    assert!(took < std::time::Duration::from_secs(60), "84 refusals took {took:?}");
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
    use latchkey::keys::signing::When;
    app.app.keys.rotate(&app.app.db, &app.app.vault, When::Now).await.unwrap();
    let after = app.get("/jwks").await.json();
    assert!(after["keys"].as_array().unwrap().contains(&before["keys"][0]), "the old key is kept");
    assert!(rp.is_good(&tokens.access_token).await, "a token of the old key is good until it expires");
    for cut in 1..40 {
        let end = tokens.access_token.len() - cut;
        rp.userinfo(&tokens.access_token[..end]).await.expect(401);
    }
}
