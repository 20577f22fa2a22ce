//! The two kinds of signatures: by the secret of a bot, and by Telegram's own key.

use openssl::pkey::{Id, PKey};
use openssl::sign::Verifier;
use subtle::ConstantTimeEq;

use crate::base::encoding::from_base64url;
use crate::base::hmac::hmac_sha256;

/// Whether this is the HMAC-SHA-256 of a text, in hexadecimal digits as Telegram writes them; compared in constant time.
pub(super) fn is_signed_with(key: &[u8], text: &str, hash: &str) -> bool {
    let (Some(hash), Ok(code)) = (from_hex(hash), hmac_sha256(key, text.as_bytes())) else { return false };
    code.ct_eq(&hash).into()
}

/// Whether this is the Ed25519 signature (RFC 8032) of a text, in base64url without padding.
pub(super) fn is_signed_by(public: &[u8; 32], text: &str, signature: &str) -> bool {
    let Some(signature) = from_base64url(signature) else { return false };
    let verified = PKey::public_key_from_raw_bytes(public, Id::ED25519).and_then(|key| {
        let mut verifier = Verifier::new_without_digest(&key)?;
        verifier.verify_oneshot(&signature, text.as_bytes())
    });
    verified.unwrap_or(false)
}

/// 32 bytes of lower-case hexadecimal digits.
pub(super) fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect::<Option<Vec<_>>>()?;
    bytes.try_into().ok().filter(|_| rest.is_empty())
}
