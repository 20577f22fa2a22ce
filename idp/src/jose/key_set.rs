//! The public keys by which the provider's tokens are verified.

use std::fmt;

use josekit::jws::{ES256, EdDSA, JwsVerifier, PS256, RS256};
use serde_json::{Map, Value, json};

use super::algorithm::Algorithm;
use super::key::{KeyError, PUBLIC_MEMBERS, jwk};

struct VerificationKey {
    kid: String,
    algorithm: Algorithm,
    jwk: Map<String, Value>,
    verifier: Box<dyn JwsVerifier>,
}

/// A set of public keys, each with a name and one algorithm: RFC 7517 §5.
#[derive(Default)]
pub struct KeySet {
    keys: Vec<VerificationKey>,
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.kid)).finish()
    }
}

impl KeySet {
    /// The set of these public JWKs; each needs `kid` and `alg`, and each `kid` must be unique.
    pub fn new(jwks: impl IntoIterator<Item = Value>) -> Result<Self, KeyError> {
        let mut set = Self::default();
        for value in jwks {
            let key = VerificationKey::new(value)?;
            if set.find(&key.kid).is_some() {
                return Err(KeyError::Malformed);
            }
            set.keys.push(key);
        }
        Ok(set)
    }

    /// The set as it is published: RFC 7517 §5.
    pub fn to_json(&self) -> Value {
        json!({ "keys": self.keys.iter().map(|key| Value::Object(key.jwk.clone())).collect::<Vec<_>>() })
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn find(&self, kid: &str) -> Option<(Algorithm, &dyn JwsVerifier)> {
        self.keys.iter().find(|key| key.kid == kid).map(|key| (key.algorithm, &*key.verifier))
    }
}

impl VerificationKey {
    fn new(value: Value) -> Result<Self, KeyError> {
        let Value::Object(mut public) = value else { return Err(KeyError::Malformed) };
        // If a private member ever gets this far, it is removed here.
        public.retain(|name, _| PUBLIC_MEMBERS.contains(&name.as_str()));
        let text = |name: &str| public.get(name).and_then(Value::as_str).ok_or(KeyError::Malformed);
        let kid = text("kid")?.to_owned();
        let algorithm = Algorithm::from_name(text("alg")?).ok_or(KeyError::Malformed)?;
        if algorithm == Algorithm::EdDSA && text("crv")? != "Ed25519" {
            return Err(KeyError::Malformed);
        }
        let jwk = jwk(&public)?;
        let verifier: Box<dyn JwsVerifier> = match algorithm {
            Algorithm::RS256 => Box::new(RS256.verifier_from_jwk(&jwk).map_err(|_| KeyError::Malformed)?),
            Algorithm::PS256 => Box::new(PS256.verifier_from_jwk(&jwk).map_err(|_| KeyError::Malformed)?),
            Algorithm::ES256 => Box::new(ES256.verifier_from_jwk(&jwk).map_err(|_| KeyError::Malformed)?),
            Algorithm::EdDSA => Box::new(EdDSA.verifier_from_jwk(&jwk).map_err(|_| KeyError::Malformed)?),
        };
        Ok(Self { kid, algorithm, jwk: public, verifier })
    }
}
