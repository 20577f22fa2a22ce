//! JWTs by which this provider proves to another one who it is: RFC 7523 §2.2.

use std::fmt;

use josekit::jws::alg::ecdsa::EcdsaJwsSigner;
use josekit::jws::{ES256, JwsHeader};
use josekit::jwt::{self, JwtPayload};
use serde_json::{Map, Value};

use super::sign::SignError;

/// A private key on P-256 that the other provider has given.
pub struct AssertionKey(EcdsaJwsSigner);

impl AssertionKey {
    /// Reads a key in PEM (PKCS #8: RFC 5958).
    pub fn from_pem(pem: &str) -> Option<Self> {
        ES256.signer_from_pem(pem.trim()).ok().map(Self)
    }

    /// Signs claims with ES256, under the name that the other provider has for the key.
    pub fn sign(&self, kid: &str, claims: Map<String, Value>) -> Result<String, SignError> {
        let mut header = JwsHeader::new();
        header.set_key_id(kid);
        let payload = JwtPayload::from_map(claims).map_err(|_| SignError)?;
        jwt::encode_with_signer(&payload, &header, &self.0).map_err(|_| SignError)
    }
}

impl fmt::Debug for AssertionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AssertionKey")
    }
}
