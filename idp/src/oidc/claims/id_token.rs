//! ID Tokens: Core §2.

use std::time::Duration;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256, Sha512};

use crate::base::clock::Timestamp;
use crate::base::encoding::base64url;
use crate::jose::Algorithm;

/// What an ID Token says.
#[derive(Clone, Debug)]
pub struct IdToken<'a> {
    /// Who says it.
    pub issuer: &'a str,
    /// The person that it is about.
    pub sub: &'a str,
    /// The client that it is for.
    pub client_id: &'a str,
    /// The `nonce` that ties the token to the client's request; a refreshed token has none (Core §12.2).
    pub nonce: Option<&'a str>,
    /// When the person last proved who they are; a refresh does not change it. A visitor never has.
    pub auth_time: Option<Timestamp>,
    /// How strongly.
    pub acr: &'a str,
    /// By which methods.
    pub amr: &'a [String],
    /// The session: Back-Channel Logout §2.1.
    pub sid: Option<&'a str>,
    /// The hash of the access token that comes with it: see `at_hash`.
    pub at_hash: Option<String>,
    /// The claims of the person that the scopes ask for (Core §5.4). They never replace another claim.
    pub person: Map<String, Value>,
}

/// The longest that the claims of an ID Token may be as JSON: the token comes back in a URL as a hint, and must then be
/// shorter than `jose::verify::MAX_TOKEN`.
const MAX_CLAIMS: usize = 5 * 1024;

/// The claims of an ID Token that is made now. There is one audience, so there is no `azp`.
///
/// The claims of the person are left out if they would make the token too long; UserInfo has them.
pub fn claims(token: &IdToken<'_>, now: Timestamp, lifetime: Duration) -> Map<String, Value> {
    let whole = with_person(token, token.person.clone(), now, lifetime);
    let length = || serde_json::to_vec(&whole).map_or(usize::MAX, |json| json.len());
    if token.person.is_empty() || length() <= MAX_CLAIMS {
        return whole;
    }
    with_person(token, Map::new(), now, lifetime)
}

fn with_person(
    token: &IdToken<'_>,
    mut claims: Map<String, Value>,
    now: Timestamp,
    lifetime: Duration,
) -> Map<String, Value> {
    let mut put = |name: &str, value: Value| {
        claims.insert(name.to_owned(), value);
    };
    put("iss", token.issuer.into());
    put("sub", token.sub.into());
    put("aud", token.client_id.into());
    put("exp", json!((now + lifetime).seconds()));
    put("iat", json!(now.seconds()));
    if let Some(auth_time) = token.auth_time {
        put("auth_time", json!(auth_time.seconds()));
    }
    if let Some(nonce) = token.nonce {
        put("nonce", nonce.into());
    }
    put("acr", token.acr.into());
    if !token.amr.is_empty() {
        put("amr", token.amr.into());
    }
    if let Some(sid) = token.sid {
        put("sid", sid.into());
    }
    if let Some(at_hash) = &token.at_hash {
        put("at_hash", at_hash.as_str().into());
    }
    claims
}

/// The left half of the access token's hash, which binds the access token to the ID Token: Core §3.1.3.6. The hash
/// function is that of the signature algorithm; for Ed25519 it is SHA-512.
pub fn at_hash(algorithm: Algorithm, access_token: &str) -> String {
    match algorithm {
        Algorithm::RS256 | Algorithm::ES256 | Algorithm::PS256 => base64url(&Sha256::digest(access_token)[..16]),
        Algorithm::EdDSA => base64url(&Sha512::digest(access_token)[..32]),
    }
}

/// The content of an ID Token that came back as a hint: Core §3.1.2.1, RP-Initiated Logout §2. Its age does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The person that it was about.
    pub sub: String,
    /// The clients that it was for.
    pub audience: Vec<String>,
    /// The session that it was made in.
    pub sid: Option<String>,
    /// Whether its key was revoked; then anybody may have made it.
    pub revoked: bool,
}

impl Hint {
    /// Reads the claims of a verified token; `None` if they are not those of an ID Token of this issuer.
    pub fn from_claims(claims: &Map<String, Value>, issuer: &str) -> Option<Self> {
        let text = |name: &str| claims.get(name)?.as_str();
        if text("iss")? != issuer || claims.get("exp")?.as_i64().is_none() {
            return None;
        }
        let sid = match claims.get("sid") {
            None => None,
            Some(sid) => Some(sid.as_str()?.to_owned()),
        };
        Some(Self { sub: text("sub")?.to_owned(), audience: audience(claims.get("aud")?)?, sid, revoked: false })
    }
}

/// One audience or several: RFC 7519 §4.1.3.
pub(crate) fn audience(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Array(several) if !several.is_empty() => {
            several.iter().map(|one| one.as_str().map(str::to_owned)).collect()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://op.example";

    fn token(amr: &[String]) -> Map<String, Value> {
        of_person(amr, Map::new())
    }

    fn of_person(amr: &[String], person: Map<String, Value>) -> Map<String, Value> {
        let token = IdToken {
            issuer: ISSUER,
            sub: "alice",
            client_id: "rp",
            nonce: Some("n"),
            auth_time: Some(Timestamp::from_seconds(90)),
            acr: "1",
            amr,
            sid: Some("s"),
            at_hash: None,
            person,
        };
        claims(&token, Timestamp::from_seconds(100), Duration::from_secs(600))
    }

    #[test]
    fn an_id_token_says_what_core_wants_it_to_say() {
        assert_eq!(
            Value::Object(token(&["pwd".to_owned()])),
            json!({ "iss": ISSUER, "sub": "alice", "aud": "rp", "exp": 700, "iat": 100, "auth_time": 90, "nonce": "n", "acr": "1", "amr": ["pwd"], "sid": "s" })
        );
    }

    #[test]
    fn what_is_told_of_the_person_replaces_nothing_and_never_makes_the_token_too_long() {
        let person = |name: &str| json!({ "name": name, "sub": "mallory", "iss": "x" }).as_object().unwrap().clone();
        let claims = of_person(&[], person("Alice"));
        assert_eq!(
            (&claims["name"], &claims["sub"], &claims["iss"]),
            (&"Alice".into(), &"alice".into(), &ISSUER.into())
        );
        assert_eq!(of_person(&[], person(&"a".repeat(MAX_CLAIMS))), token(&[]));
    }

    #[test]
    fn at_hash_is_the_example_of_core_a3() {
        let access_token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(at_hash(Algorithm::RS256, access_token), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(at_hash(Algorithm::EdDSA, access_token).len(), 43);
    }

    #[test]
    fn a_hint_is_an_id_token_of_this_issuer() {
        let hint = Hint::from_claims(&token(&[]), ISSUER).unwrap();
        assert_eq!(
            hint,
            Hint { sub: "alice".into(), audience: vec!["rp".into()], sid: Some("s".into()), revoked: false }
        );
        assert_eq!(Hint::from_claims(&token(&[]), "https://other.example"), None);
        for (name, bad) in [
            ("iss", Value::Null),
            ("sub", json!(1)),
            ("aud", json!([])),
            ("aud", json!([1])),
            ("aud", Value::Null),
            ("sid", json!(1)),
            ("exp", json!("1")),
        ] {
            let mut claims = token(&[]);
            claims.insert(name.to_owned(), bad);
            assert_eq!(Hint::from_claims(&claims, ISSUER), None, "{name}");
        }
    }
}
