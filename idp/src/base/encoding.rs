//! The two encodings and the one hash that all of Latchkey uses.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Base64url without padding: RFC 7515 §2.
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes the output of `base64url`; `None` if the text is not exactly of that form.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Standard Base64 with padding: RFC 4648 §4.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Decodes standard Base64 with padding, as in HTTP Basic: RFC 7617 §2.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The SHA-256 of the bytes as base64url: how a high-entropy secret is stored.
pub fn sha256_text(bytes: &[u8]) -> String {
    base64url(&sha256(bytes))
}
