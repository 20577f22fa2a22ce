//! Signing claims.

use std::fmt;

use serde_json::{Map, Value, json};

use super::key::SigningKey;
use super::typ::Typ;
use crate::base::encoding::base64url;

/// The cryptographic library refused to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignError;

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token could not be signed")
    }
}

impl std::error::Error for SignError {}

/// Signs the claims as a JWT in compact serialization: RFC 7515 §3.1, RFC 7519 §7.1.
pub fn sign(key: &SigningKey, typ: Typ, claims: &Map<String, Value>) -> Result<String, SignError> {
    let header = json!({ "alg": key.algorithm().as_str(), "kid": key.kid(), "typ": typ.as_str() });
    let claims = serde_json::to_vec(claims).map_err(|_| SignError)?;
    let mut token = base64url(header.to_string().as_bytes());
    token.push('.');
    token.push_str(&base64url(&claims));
    let signature = key.signer().sign(token.as_bytes()).map_err(|_| SignError)?;
    token.push('.');
    token.push_str(&base64url(&signature));
    Ok(token)
}
