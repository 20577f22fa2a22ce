//! The access tokens whose signature has been verified: the same token comes to UserInfo and introspection many times.
//!
//! Only the signed claims are remembered, never whether the token is still valid: expiry, revocation, grant, session
//! and user are checked on every request. Each ring of keys has its own memory, which is dropped when a key leaves the
//! ring.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::encoding::sha256;
use crate::oidc::claims::access_token::AccessToken;

/// How many tokens are remembered in each of the two halves.
const HALF: usize = 2_048;

/// Tokens by the hash of their text.
#[derive(Default)]
pub struct Verified(Mutex<Halves>);

type Tokens = HashMap<[u8; 32], Arc<AccessToken>>;

/// A full young half replaces the old one. So unused tokens are dropped without a record of uses.
#[derive(Default)]
struct Halves {
    young: Tokens,
    old: Tokens,
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verified")
    }
}

impl Verified {
    /// What this token says, if it was found good before; else what `verify` says, which is remembered if it is good.
    pub fn or_else(&self, token: &str, verify: impl FnOnce() -> Option<AccessToken>) -> Option<Arc<AccessToken>> {
        let hash = sha256(token.as_bytes());
        if let Some(known) = self.with(|halves| halves.find(&hash)) {
            return Some(known);
        }
        let verified = Arc::new(verify()?);
        self.with(|halves| halves.insert(hash, Arc::clone(&verified)));
        Some(verified)
    }

    fn with<T>(&self, what: impl FnOnce(&mut Halves) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Halves {
    fn find(&mut self, hash: &[u8; 32]) -> Option<Arc<AccessToken>> {
        if let Some(known) = self.young.get(hash) {
            return Some(Arc::clone(known));
        }
        let known = self.old.remove(hash)?;
        self.insert(*hash, Arc::clone(&known));
        Some(known)
    }

    fn insert(&mut self, hash: [u8; 32], token: Arc<AccessToken>) {
        if self.young.len() >= HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(hash, token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Timestamp;
    use crate::oidc::scope::ScopeSet;

    fn token(name: &str) -> AccessToken {
        AccessToken {
            sub: name.to_owned(),
            audience: vec![],
            client_id: "rp".to_owned(),
            scope: ScopeSet::default(),
            jti: name.to_owned(),
            grant: None,
            binding: None,
            actor: None,
            sid: None,
            auth_time: None,
            acr: None,
            issued_at: Timestamp::from_seconds(1),
            expires_at: Timestamp::from_seconds(2),
        }
    }

    #[test]
    fn a_token_is_verified_once_and_a_bad_one_every_time() {
        let verified = Verified::default();
        assert_eq!(verified.or_else("good", || Some(token("good"))).unwrap().sub, "good");
        assert_eq!(verified.or_else("good", || panic!("again")).unwrap().sub, "good");
        for _ in 0..2 {
            let mut asked = false;
            let none = verified.or_else("bad", || {
                asked = true;
                None
            });
            assert!(none.is_none() && asked);
        }
    }

    #[test]
    fn the_memory_is_bounded_and_keeps_who_is_asked_for() {
        let verified = Verified::default();
        verified.or_else("often", || Some(token("often")));
        for n in 0..10 * HALF {
            verified.or_else(&n.to_string(), || Some(token("once")));
            verified.or_else("often", || panic!("forgotten after {n}"));
        }
        assert!(verified.with(|halves| halves.young.len() + halves.old.len()) <= 2 * HALF);
        let mut asked = false;
        verified.or_else("0", || {
            asked = true;
            Some(token("once"))
        });
        assert!(asked, "who was not asked for is gone");
    }
}
