//! Public names in place of row ids: a UUIDv7 would reveal when its row was made.

use aes::Aes256;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::encoding::{base64url, from_base64url};
use super::id::Id;
use super::seal::SealingKey;

/// Encrypts ids to names, and decrypts names to ids. An id is one block of a cipher: each id has exactly one name, and
/// a name reveals nothing without the key.
pub struct Veil {
    key: Zeroizing<[u8; 32]>,
}

impl Veil {
    /// A veil under this key.
    pub fn new(key: &SealingKey) -> Self {
        Self { key: Zeroizing::new(*key.expose()) }
    }

    /// The name of an id.
    pub fn name(&self, id: &Id) -> String {
        let mut block = Array::from(Uuid::parse_str(id.as_str()).unwrap_or_default().into_bytes());
        self.cipher().encrypt_block(&mut block);
        base64url(&block)
    }

    /// The id of a name. A name that was not made here gives an id that no row has.
    pub fn id(&self, name: &str) -> Option<Id> {
        let bytes: [u8; 16] = from_base64url(name)?.try_into().ok()?;
        let mut block = Array::from(bytes);
        self.cipher().decrypt_block(&mut block);
        Some(Id::from(Uuid::from_bytes(block.into()).to_string()))
    }

    fn cipher(&self) -> Aes256 {
        Aes256::new(&Array::from(*self.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_name_leads_back_to_its_id_by_its_own_key_alone(bytes in any::<[u8; 16]>()) {
            let id = Id::from(Uuid::from_bytes(bytes).to_string());
            let (veil, other) = (Veil::new(&SealingKey::new([7; 32])), Veil::new(&SealingKey::new([8; 32])));
            let name = veil.name(&id);
            prop_assert_eq!(name.len(), 22);
            prop_assert_ne!(other.id(&name), Some(id.clone()));
            prop_assert_eq!(veil.id(&name), Some(id));
        }

        #[test]
        fn strangers_text_is_no_name_and_never_panics(text in "\\PC{0,40}") {
            let _ = Veil::new(&SealingKey::new([7; 32])).id(&text);
        }
    }
}
