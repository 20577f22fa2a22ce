//! The key that signs checkpoints.
//!
//! It is derived from the data key, so that all replicas have the same without a row, nobody has it who has the database alone, and
//! it stays when the master key and the keys of tokens change. Ed25519, RFC 8032.

use openssl::pkey::{Id, PKey, Private, Public};
use openssl::sign::{Signer, Verifier};

use crate::base::encoding::{base64url, from_base64url};
use crate::keys::vault::Vault;
use crate::store::installation::audit_checkpoint::{Beginning, Checkpoint, End};

/// The private key.
#[derive(Clone, Debug)]
pub struct AuditKey(PKey<Private>);

impl AuditKey {
    /// The key of this installation.
    pub fn of(vault: &Vault) -> Option<Self> {
        let seed = vault.derive("audit checkpoints");
        PKey::private_key_from_raw_bytes(seed.expose(), Id::ED25519).ok().map(Self)
    }

    /// Signs a text; `None` if the library refuses.
    pub fn sign(&self, text: &str) -> Option<String> {
        let mut signer = Signer::new_without_digest(&self.0).ok()?;
        signer.sign_oneshot_to_vec(text.as_bytes()).ok().map(|signature| base64url(&signature))
    }

    /// Its public half.
    pub fn public(&self) -> Option<PublicKey> {
        PublicKey::of_bytes(&self.0.raw_public_key().ok()?)
    }
}

/// The public half, which verifies checkpoints.
#[derive(Clone, Debug)]
pub struct PublicKey(PKey<Public>);

impl PublicKey {
    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        PKey::public_key_from_raw_bytes(bytes, Id::ED25519).ok().map(Self)
    }

    /// Reads a key from its text: 32 bytes in base64url.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::of_bytes(&from_base64url(text)?)
    }

    /// Its text.
    pub fn text(&self) -> String {
        base64url(&self.0.raw_public_key().unwrap_or_default())
    }

    /// Whether the key has signed a text.
    pub fn has_signed(&self, text: &str, signature: &str) -> bool {
        let Some(signature) = from_base64url(signature) else { return false };
        let verified = Verifier::new_without_digest(&self.0)
            .and_then(|mut verifier| verifier.verify_oneshot(&signature, text.as_bytes()));
        verified.unwrap_or(false)
    }

    /// Whether a checkpoint is as the key has signed it, its hash included.
    pub fn has_signed_checkpoint(&self, checkpoint: &Checkpoint) -> bool {
        checkpoint.hash == checkpoint.computed_hash()
            && self.has_signed(&checkpoint.signed_text(), &checkpoint.signature)
    }

    /// Whether the mark of where the log ends is as the key has signed it.
    pub fn has_signed_end(&self, end: &End) -> bool {
        self.has_signed(&end.signed_text(), &end.signature)
    }

    /// Whether the mark of where the log begins is as the key has signed it.
    pub fn has_signed_beginning(&self, beginning: &Beginning) -> bool {
        self.has_signed(&beginning.signed_text(), &beginning.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_of_one_text_and_one_key() {
        let key = |byte| AuditKey(PKey::private_key_from_raw_bytes(&[byte; 32], Id::ED25519).unwrap());
        let (own, other) = (key(1), key(2));
        let public = PublicKey::from_text(&own.public().unwrap().text()).unwrap();
        let signature = own.sign("text").unwrap();
        assert!(public.has_signed("text", &signature));
        assert!(!public.has_signed("texts", &signature));
        assert!(!public.has_signed("text", &other.sign("text").unwrap()));
        for broken in ["", "x", "AA"] {
            assert!(!public.has_signed("text", broken), "{broken}");
            assert!(PublicKey::from_text(broken).is_none(), "{broken}");
        }
    }
}
