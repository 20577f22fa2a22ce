//! The keys that sign what this provider issues.

use std::fmt;
use std::ops::Deref;

use josekit::jwk::Jwk;
use josekit::jwk::alg::ed::EdCurve;
use josekit::jwk::{KeyPair, alg::ec::EcKeyPair, alg::ed::EdKeyPair, alg::rsa::RsaKeyPair, alg::rsapss::RsaPssKeyPair};
use josekit::jws::{ES256, EdDSA, JwsSigner, PS256, RS256};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::algorithm::Algorithm;
use crate::base::encoding::{base64url, from_base64, sha256};

/// The size of RSA keys: the minimum of RFC 7518 §3.3.
const RSA_BITS: u32 = 2048;

/// How many keys are made at most until one has a name that can be used.
const MOST_TRIES: usize = 16;

/// Why a key could not be made or read. It never contains any part of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// The cryptographic library could not make a key.
    Generate,
    /// The bytes are not a private key for this algorithm.
    Malformed,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Generate => "a signing key could not be made",
            Self::Malformed => "this is not a key for the named algorithm",
        })
    }
}

impl std::error::Error for KeyError {}

enum Pair {
    Rsa(RsaKeyPair),
    RsaPss(RsaPssKeyPair),
    Ec(EcKeyPair),
    Ed(EdKeyPair),
}

impl Deref for Pair {
    type Target = dyn KeyPair;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Rsa(pair) => pair,
            Self::RsaPss(pair) => pair,
            Self::Ec(pair) => pair,
            Self::Ed(pair) => pair,
        }
    }
}

/// A private key with the algorithm that it is for, ready to sign.
pub struct SigningKey {
    algorithm: Algorithm,
    kid: String,
    pair: Pair,
    public_jwk: Value,
    // Built once: it costs more than many signatures.
    signer: Box<dyn JwsSigner>,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} {})", self.algorithm, self.kid)
    }
}

impl SigningKey {
    /// Makes a new key; for RSA this takes up to a second. The key's name does not begin with `-`: on a command line it
    /// would be taken for an option.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        // One name in 64 begins with `-`.
        for _ in 0..MOST_TRIES {
            let key = Self::generate_any(algorithm)?;
            if !key.kid.starts_with('-') {
                return Ok(key);
            }
        }
        Err(KeyError::Generate)
    }

    fn generate_any(algorithm: Algorithm) -> Result<Self, KeyError> {
        let pair = match algorithm {
            Algorithm::RS256 => RS256.generate_key_pair(RSA_BITS).map(Pair::Rsa),
            Algorithm::PS256 => PS256.generate_key_pair(RSA_BITS).map(Pair::RsaPss),
            Algorithm::ES256 => ES256.generate_key_pair().map(Pair::Ec),
            Algorithm::EdDSA => EdDSA.generate_key_pair(EdCurve::Ed25519).map(Pair::Ed),
        };
        Self::new(algorithm, pair.map_err(|_| KeyError::Generate)?)
    }

    /// Reads a key from the form that `to_pkcs8_der` gives.
    pub fn from_pkcs8_der(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        let pair = match algorithm {
            Algorithm::RS256 => RS256.key_pair_from_der(der).map(Pair::Rsa),
            Algorithm::PS256 => PS256.key_pair_from_der(der).map(Pair::RsaPss),
            Algorithm::ES256 => ES256.key_pair_from_der(der).map(Pair::Ec),
            Algorithm::EdDSA => EdDSA.key_pair_from_der(der).map(Pair::Ed),
        };
        Self::new(algorithm, pair.map_err(|_| KeyError::Malformed)?)
    }

    fn new(algorithm: Algorithm, pair: Pair) -> Result<Self, KeyError> {
        let mut public: Map<String, Value> = pair.to_jwk_public_key().into();
        let kid = thumbprint(&public).ok_or(KeyError::Malformed)?;
        public.retain(|name, _| PUBLIC_MEMBERS.contains(&name.as_str()));
        for (name, value) in [("use", "sig"), ("alg", algorithm.as_str()), ("kid", &kid)] {
            public.insert(name.to_owned(), value.into());
        }
        let der = Zeroizing::new(pair.to_der_private_key());
        let signer: Box<dyn JwsSigner> = match algorithm {
            Algorithm::RS256 => Box::new(RS256.signer_from_der(&*der).map_err(|_| KeyError::Malformed)?),
            Algorithm::PS256 => Box::new(PS256.signer_from_der(&*der).map_err(|_| KeyError::Malformed)?),
            Algorithm::ES256 => Box::new(ES256.signer_from_der(&*der).map_err(|_| KeyError::Malformed)?),
            Algorithm::EdDSA => Box::new(EdDSA.signer_from_der(&*der).map_err(|_| KeyError::Malformed)?),
        };
        Ok(Self { algorithm, kid, pair, public_jwk: Value::Object(public), signer })
    }

    /// The private key as PKCS #8 (RFC 5958), to be sealed and stored.
    pub fn to_pkcs8_der(&self) -> Zeroizing<Vec<u8>> {
        // Converted through PEM, since josekit writes the DER of elliptic curve keys in an older form.
        let pem = Zeroizing::new(self.pair.to_pem_private_key());
        let body: String = pem.split(|&b| b == b'\n').filter(|line| !line.starts_with(b"-----")).fold(
            String::with_capacity(pem.len()),
            |mut body, line| {
                body.extend(line.iter().filter(|b| b.is_ascii_graphic()).map(|&b| char::from(b)));
                body
            },
        );
        Zeroizing::new(from_base64(&Zeroizing::new(body)).unwrap_or_default())
    }

    /// What the key signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key's name: its thumbprint, RFC 7638.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key as a JWK (RFC 7517 §4): public members only.
    pub fn public_jwk(&self) -> Value {
        self.public_jwk.clone()
    }

    pub(super) fn signer(&self) -> &dyn JwsSigner {
        &*self.signer
    }
}

/// The public members of a JWK: RFC 7518 §6.2.1 and §6.3.1, RFC 8037 §2.
pub(super) const PUBLIC_MEMBERS: [&str; 9] = ["kty", "use", "alg", "kid", "n", "e", "crv", "x", "y"];

/// The SHA-256 thumbprint of a JWK: RFC 7638 §3.
fn thumbprint(jwk: &Map<String, Value>) -> Option<String> {
    let required: &[&str] = match jwk.get("kty")?.as_str()? {
        "RSA" => &["e", "kty", "n"],
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        _ => return None,
    };
    let members =
        required.iter().map(|name| Some(format!("\"{name}\":{}", jwk.get(*name)?))).collect::<Option<Vec<_>>>()?;
    Some(base64url(&sha256(format!("{{{}}}", members.join(",")).as_bytes())))
}

/// A public JWK in josekit's type.
pub(super) fn jwk(public: &Map<String, Value>) -> Result<Jwk, KeyError> {
    Jwk::from_map(public.clone()).map_err(|_| KeyError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_is_the_same_after_storage() {
        for algorithm in Algorithm::ALL {
            let key = SigningKey::generate(algorithm).unwrap();
            let der = key.to_pkcs8_der();
            assert!(der.len() > 40, "{algorithm}");
            let again = SigningKey::from_pkcs8_der(algorithm, &der).unwrap();
            assert_eq!(again.public_jwk(), key.public_jwk());
            assert_eq!(again.kid(), key.kid());
        }
    }

    #[test]
    fn c6_a_published_key_has_no_private_member() {
        for algorithm in Algorithm::ALL {
            let jwk = SigningKey::generate(algorithm).unwrap().public_jwk();
            let names: Vec<_> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
            for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
                assert!(!names.contains(&private), "{algorithm} shows {private}");
            }
            assert_eq!((jwk["use"].as_str(), jwk["alg"].as_str()), (Some("sig"), Some(algorithm.as_str())));
        }
    }

    #[test]
    fn the_thumbprint_is_the_example_of_rfc_7638() {
        let jwk = json!({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"});
        assert_eq!(thumbprint(jwk.as_object().unwrap()).unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn other_bytes_and_other_algorithms_keys_are_refused() {
        let ed = SigningKey::generate(Algorithm::EdDSA).unwrap().to_pkcs8_der();
        for algorithm in [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256] {
            assert_eq!(SigningKey::from_pkcs8_der(algorithm, &ed).unwrap_err(), KeyError::Malformed, "{algorithm}");
            assert_eq!(SigningKey::from_pkcs8_der(algorithm, b"").unwrap_err(), KeyError::Malformed);
        }
    }
}
