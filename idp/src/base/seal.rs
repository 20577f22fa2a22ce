//! Sealing: authenticated encryption of data that is stored in the database or passes through a browser.
//!
//! A blob is `v1.<key id>.<nonce>.<ciphertext>`, XChaCha20-Poly1305. Its associated data name its purpose and its
//! place, so that a blob moved to another row, column or purpose does not open.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::encoding::{base64url, from_base64url, sha256};
use super::random::Random;

/// A 256-bit key that seals and opens blobs.
#[derive(Clone)]
pub struct SealingKey {
    id: String,
    key: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealingKey({})", self.id)
    }
}

impl SealingKey {
    /// A key whose id is derived from the key itself, so that a blob names the key that opens it.
    pub fn new(key: [u8; 32]) -> Self {
        let fingerprint = Hkdf::<Sha256>::new(None, &key);
        let mut id = [0; 8];
        // 8 bytes are far below HKDF's limit, the only error it has.
        let _ = fingerprint.expand(b"latchkey key id", &mut id);
        Self { id: base64url(&id), key: Zeroizing::new(key) }
    }

    /// Reads a key from text: 32 bytes in base64url, or in the standard alphabet with padding, as `openssl rand
    /// -base64 32` writes them. Both forms stand for the same bytes.
    pub fn from_text(text: &str) -> Option<Self> {
        let text = Zeroizing::new(text.trim().trim_end_matches('=').replace('+', "-").replace('/', "_"));
        let bytes = Zeroizing::new(from_base64url(&text)?);
        <[u8; 32]>::try_from(bytes.as_slice()).ok().map(Self::new)
    }

    /// A new random key.
    pub fn generate(random: &Random) -> Self {
        Self::new(random.bytes())
    }

    /// The id of the key in blobs; it reveals nothing about the key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key itself, to be written to a key file or wrapped by another key.
    pub fn expose(&self) -> &[u8; 32] {
        &self.key
    }

    /// A key for one purpose, derived from this one: RFC 5869.
    pub fn derive(&self, purpose: &str) -> Self {
        let mut key = [0; 32];
        let _ = Hkdf::<Sha256>::new(None, &*self.key).expand(purpose.as_bytes(), &mut key);
        Self::new(key)
    }

    /// Derives a key for one purpose from a secret text (HKDF, RFC 5869). The hash of the text, which may be stored,
    /// does not suffice to derive the key.
    pub fn of_text(text: &str, purpose: &str) -> Self {
        let mut key = [0; 32];
        let _ = Hkdf::<Sha256>::new(None, text.as_bytes()).expand(purpose.as_bytes(), &mut key);
        Self::new(key)
    }

    /// Seals bytes for the place that `associated` names.
    pub fn seal(&self, random: &Random, associated: &str, plain: &[u8]) -> String {
        let nonce = random.bytes::<24>();
        let cipher = XChaCha20Poly1305::new((&*self.key).into());
        let payload = Payload { msg: plain, aad: associated.as_bytes() };
        // Encryption into a growing buffer fails only beyond 256 GiB; an empty ciphertext never opens.
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        format!("v1.{}.{}.{}", self.id, base64url(&nonce), base64url(&sealed))
    }

    /// Opens a blob that this key sealed for this place; `None` for any other blob.
    pub fn open(&self, associated: &str, blob: &str) -> Option<Zeroizing<Vec<u8>>> {
        let mut parts = blob.split('.');
        let (version, id, nonce, sealed) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version != "v1" || id != self.id || parts.next().is_some() {
            return None;
        }
        let nonce: [u8; 24] = from_base64url(nonce)?.try_into().ok()?;
        let cipher = XChaCha20Poly1305::new((&*self.key).into());
        let payload = Payload { msg: &from_base64url(sealed)?, aad: associated.as_bytes() };
        cipher.decrypt(&XNonce::from(nonce), payload).ok().map(Zeroizing::new)
    }

    /// Encrypts a value for a place.
    pub fn seal_value(&self, random: &Random, associated: &str, value: &impl Serialize) -> String {
        // Nothing opens what cannot be written, as nothing opens an empty blob.
        self.seal(random, associated, &serde_json::to_vec(value).unwrap_or_default())
    }

    /// Opens a value that this key sealed for this place; `None` for any other blob.
    pub fn open_value<T: DeserializeOwned>(&self, associated: &str, blob: &str) -> Option<T> {
        serde_json::from_slice(&self.open(associated, blob)?).ok()
    }

    /// A keyed fingerprint of the text, for values that are only compared and never opened.
    pub fn fingerprint(&self, text: &str) -> String {
        let key = self.derive(text);
        base64url(&sha256(&*key.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_blob_opens_only_where_it_belongs_and_only_with_its_key() {
        let random = Random::seeded(1);
        let (key, other) = (SealingKey::generate(&random), SealingKey::generate(&random));
        let blob = key.seal(&random, "signing_key.private.1", b"pkcs8");
        assert_eq!(key.open("signing_key.private.1", &blob).unwrap().as_slice(), b"pkcs8");
        assert!(key.open("signing_key.private.2", &blob).is_none());
        assert!(other.open("signing_key.private.1", &blob).is_none());
    }

    #[test]
    fn a_key_is_read_in_either_alphabet_with_and_without_padding() {
        // 32 bytes whose encoding uses the two characters in which the alphabets differ.
        let bytes: [u8; 32] = std::array::from_fn(|index| if index % 2 == 0 { 0xfb } else { 0xff });
        let url = base64url(&bytes);
        let standard = super::super::encoding::base64(&bytes);
        assert!(standard.contains('+') && standard.contains('/') && standard.ends_with('='), "{standard}");
        for text in [&url, &standard, &format!("{standard}\n"), &format!("  {url}=\r\n")] {
            assert_eq!(SealingKey::from_text(text).unwrap().expose(), &bytes, "{text}");
        }
        for text in ["", "=", "A", &url[1..], &format!("{url}AA"), "not a key at all, but as long as one is"] {
            assert!(SealingKey::from_text(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn strangers_text_never_opens_and_never_panics(blob in "\\PC{0,200}") {
            prop_assert!(SealingKey::new([7; 32]).open("x", &blob).is_none());
        }

        #[test]
        fn a_changed_byte_is_noticed(plain in prop::collection::vec(any::<u8>(), 0..64), at in any::<prop::sample::Index>()) {
            let key = SealingKey::new([7; 32]);
            let mut blob = key.seal(&Random::seeded(3), "x", &plain).into_bytes();
            let at = at.index(blob.len());
            blob[at] = if blob[at] == b'A' { b'B' } else { b'A' };
            prop_assert!(key.open("x", &String::from_utf8(blob).unwrap()).is_none());
        }
    }
}
