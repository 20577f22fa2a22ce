//! Verifying tokens that this provider made itself.

use std::fmt;

use serde_json::{Map, Value};

use super::json;
use super::key_set::KeySet;
use super::typ::Typ;
use crate::base::encoding::from_base64url;

/// How long a token may be, in bytes.
pub const MAX_TOKEN: usize = 8 * 1024;

/// Why a token is not one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyError {
    /// Not a JWS in compact serialization, or over a limit.
    Malformed,
    /// A header that we never write, or another kind of token than expected.
    UnexpectedHeader,
    /// No key of that name.
    UnknownKey,
    /// The signature was not made with that key.
    BadSignature,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a token",
            Self::UnexpectedHeader => "not a token of the kind that is expected here",
            Self::UnknownKey => "signed by an unknown key",
            Self::BadSignature => "the signature does not match",
        })
    }
}

impl std::error::Error for VerifyError {}

/// Verifies a JWT of our own and returns its claims; the caller checks the claims, including the expiry.
///
/// The header must be exactly what `sign` writes: `alg`, `kid` and `typ`. So `none`, HMAC with a public key, `jku`,
/// `x5u`, `jwk`, `crit`, `b64`, `zip` and encrypted tokens are refused before any of them is interpreted
/// (RFC 8725 §3).
pub fn verify(token: &str, keys: &KeySet, typ: Typ) -> Result<Map<String, Value>, VerifyError> {
    if token.len() > MAX_TOKEN {
        return Err(VerifyError::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(VerifyError::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(VerifyError::Malformed)?;
    let header = from_base64url(header).and_then(|bytes| json::object(&bytes)).ok_or(VerifyError::Malformed)?;
    let text = |name: &str| header.get(name).and_then(Value::as_str).ok_or(VerifyError::UnexpectedHeader);
    let (algorithm, kid) = (text("alg")?, text("kid")?);
    if header.len() != 3 || text("typ")? != typ.as_str() {
        return Err(VerifyError::UnexpectedHeader);
    }
    let (expected, verifier) = keys.find(kid).ok_or(VerifyError::UnknownKey)?;
    if algorithm != expected.as_str() {
        return Err(VerifyError::UnexpectedHeader);
    }
    let signature = from_base64url(signature).ok_or(VerifyError::Malformed)?;
    verifier.verify(signed.as_bytes(), &signature).map_err(|_| VerifyError::BadSignature)?;
    from_base64url(payload).and_then(|bytes| json::object(&bytes)).ok_or(VerifyError::Malformed)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::base::encoding::base64url;
    use crate::jose::{Algorithm, SigningKey, sign};

    static KEYS: LazyLock<Vec<SigningKey>> =
        LazyLock::new(|| Algorithm::ALL.map(|algorithm| SigningKey::generate(algorithm).unwrap()).into());
    static SET: LazyLock<KeySet> = LazyLock::new(|| KeySet::new(KEYS.iter().map(SigningKey::public_jwk)).unwrap());

    fn claims() -> Map<String, Value> {
        json!({ "iss": "https://op.example", "sub": "alice", "n": [1, 2.5, null, true] }).as_object().unwrap().clone()
    }

    /// A token with this header and a valid signature by this key.
    fn forged(key: &SigningKey, header: &Value, payload: &str) -> String {
        let signed = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(payload.as_bytes()));
        let signature = key.signer().sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64url(&signature))
    }

    #[test]
    fn what_is_signed_is_verified_with_every_algorithm() {
        for key in KEYS.iter() {
            let token = sign(key, Typ::Jwt, &claims()).unwrap();
            assert_eq!(verify(&token, &SET, Typ::Jwt).unwrap(), claims(), "{key:?}");
        }
    }

    #[test]
    fn a_published_key_verifies_as_well_as_the_key_itself() {
        let published: Vec<Value> = SET.to_json()["keys"].as_array().unwrap().clone();
        let token = sign(&KEYS[0], Typ::Jwt, &claims()).unwrap();
        assert!(verify(&token, &KeySet::new(published).unwrap(), Typ::Jwt).is_ok());
    }

    #[test]
    fn c2_headers_that_point_elsewhere_are_refused_although_the_signature_is_right() {
        let key = &KEYS[1];
        let good = json!({ "alg": "ES256", "kid": key.kid(), "typ": "JWT" });
        assert!(verify(&forged(key, &good, "{}"), &SET, Typ::Jwt).is_ok());
        for (name, value) in [
            ("jku", json!("https://evil.example/jwks")),
            ("x5u", json!("https://evil.example/cert")),
            ("x5c", json!(["MII"])),
            ("jwk", key.public_jwk()),
            ("crit", json!(["b64"])),
            ("b64", json!(false)),
            ("zip", json!("DEF")),
            ("enc", json!("A256GCM")),
            ("cty", json!("JWT")),
        ] {
            let mut header = good.clone();
            header[name] = value;
            let refused = verify(&forged(key, &header, "{}"), &SET, Typ::Jwt);
            assert_eq!(refused, Err(VerifyError::UnexpectedHeader), "{name}");
        }
    }

    #[test]
    fn c1_another_algorithm_than_the_keys_own_is_refused() {
        let key = &KEYS[0];
        for algorithm in ["none", "None", "HS256", "RS384", "PS256", "ES256", "EdDSA", "rs256", ""] {
            let header = json!({ "alg": algorithm, "kid": key.kid(), "typ": "JWT" });
            let refused = verify(&forged(key, &header, "{}"), &SET, Typ::Jwt);
            assert_eq!(refused, Err(VerifyError::UnexpectedHeader), "{algorithm}");
        }
        let unsigned = json!({ "alg": "none", "kid": key.kid(), "typ": "JWT" }).to_string();
        assert!(verify(&format!("{}.e30.", base64url(unsigned.as_bytes())), &SET, Typ::Jwt).is_err());
    }

    #[test]
    fn c2_an_unknown_or_injected_kid_is_refused() {
        for kid in ["", "../../etc/passwd", "' OR 1=1 --", "\u{0}"] {
            let header = json!({ "alg": "RS256", "kid": kid, "typ": "JWT" });
            assert_eq!(verify(&forged(&KEYS[0], &header, "{}"), &SET, Typ::Jwt), Err(VerifyError::UnknownKey));
        }
    }

    #[test]
    fn c3_a_token_of_another_kind_is_refused() {
        let token = sign(&KEYS[0], Typ::Jwt, &claims()).unwrap();
        assert_eq!(verify(&token, &SET, Typ::AccessToken), Err(VerifyError::UnexpectedHeader));
    }

    #[test]
    fn c4_malformed_tokens_are_refused() {
        let key = &KEYS[0];
        let header = json!({ "alg": "RS256", "kid": key.kid(), "typ": "JWT" });
        for payload in ["", "[]", "1", "{", r#"{"sub":"a","sub":"b"}"#, &format!("{{\"a\":{}", "[".repeat(1_000))] {
            assert_eq!(verify(&forged(key, &header, payload), &SET, Typ::Jwt), Err(VerifyError::Malformed));
        }
        let long = json!({ "x": "a".repeat(MAX_TOKEN) }).to_string();
        assert_eq!(verify(&forged(key, &header, &long), &SET, Typ::Jwt), Err(VerifyError::Malformed));
        let token = sign(key, Typ::Jwt, &claims()).unwrap();
        for text in ["", ".", "..", "a.b", "....", &format!("{token}."), &format!("{token}="), &format!(" {token}")] {
            assert!(verify(text, &SET, Typ::Jwt).is_err(), "{text}");
        }
        let header = r#"{"alg":"RS256","alg":"RS256","kid":"x","typ":"JWT"}"#;
        assert!(verify(&format!("{}.e30.AA", base64url(header.as_bytes())), &SET, Typ::Jwt).is_err());
    }

    #[test]
    fn signatures_of_nothing_but_zeros_are_refused() {
        for key in KEYS.iter() {
            let token = sign(key, Typ::Jwt, &claims()).unwrap();
            let (signed, _) = token.rsplit_once('.').unwrap();
            for length in [0, 1, 32, 63, 64, 65, 256] {
                let zeros = format!("{signed}.{}", base64url(&vec![0; length]));
                assert_eq!(verify(&zeros, &SET, Typ::Jwt), Err(VerifyError::BadSignature), "{key:?} {length}");
            }
        }
    }

    #[test]
    fn c6_a_truncated_token_is_refused() {
        let token = sign(&KEYS[3], Typ::Jwt, &claims()).unwrap();
        for length in 0..token.len() {
            assert!(verify(&token[..length], &SET, Typ::Jwt).is_err(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn strangers_text_is_never_verified_and_never_a_panic(text in "\\PC{0,200}", parts in prop::collection::vec("[A-Za-z0-9_-]{0,60}", 0..6)) {
            prop_assert!(verify(&text, &SET, Typ::Jwt).is_err());
            prop_assert!(verify(&parts.join("."), &SET, Typ::Jwt).is_err());
        }

        #[test]
        fn a_changed_letter_is_noticed(at in any::<prop::sample::Index>(), key in 1usize..4) {
            let mut bytes = sign(&KEYS[key], Typ::Jwt, &claims()).unwrap().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            prop_assert!(verify(&String::from_utf8(bytes).unwrap(), &SET, Typ::Jwt).is_err());
        }

        #[test]
        fn any_claims_come_back_as_they_were(name in "\\PC{0,20}", text in "\\PC{0,50}", number in any::<i64>()) {
            let claims = json!({ name: text, "number": number }).as_object().unwrap().clone();
            let token = sign(&KEYS[3], Typ::AccessToken, &claims).unwrap();
            prop_assert_eq!(verify(&token, &SET, Typ::AccessToken).unwrap(), claims);
        }
    }
}
