//! The signing keys in use: made when there are none, published before they sign, kept until the last token has died.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use axum::body::Bytes;
use serde_json::Value;

use crate::base::clock::Timestamp;
use crate::jose::{Algorithm, KeySet, SigningKey};
use crate::store::db::{Db, Error, Result};
use crate::store::event::{Event, Pen};
use crate::store::signing_key;
use crate::vault::Vault;

/// How long a key that has signed stays published, beyond the life of its tokens, for clocks and caches that lag.
const MARGIN: Duration = Duration::from_secs(24 * 60 * 60);

/// When keys take turns.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The algorithms that there must be a key for, the default one first.
    pub algorithms: Vec<Algorithm>,
    /// How long a key signs.
    pub every: Duration,
    /// How long it is published before.
    pub ahead: Duration,
    /// The longest life of a token.
    pub longest_token: Duration,
}

/// When the next key is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// When there is none.
    Missing,
    /// When the present one has signed for as long as it should.
    Due,
    /// Now, to sign once it has been published long enough.
    Next,
    /// Now, to sign at once.
    Now,
}

/// The keys of one moment.
#[derive(Debug)]
pub struct Ring {
    signing: HashMap<Algorithm, Vec<(Timestamp, Arc<SigningKey>)>>,
    /// All public keys, by which our own tokens are verified.
    pub public: KeySet,
    /// The same as the document that is published.
    pub jwks: Bytes,
    /// The provider's description of itself, which names the algorithms of these keys; written when it is first asked for.
    pub description: OnceLock<Bytes>,
}

impl Ring {
    /// The key that signs with this algorithm at this moment: the newest that has begun.
    pub fn signer(&self, algorithm: Algorithm, now: Timestamp) -> Option<&Arc<SigningKey>> {
        let keys = self.signing.get(&algorithm)?;
        // Should the clock have jumped back before the first key's begin, that key signs all the same.
        keys.iter().rev().find(|(active_at, _)| *active_at <= now).or(keys.first()).map(|(_, key)| key)
    }

    /// Since when each algorithm's key signs.
    pub fn signing_since(&self, now: Timestamp) -> impl Iterator<Item = (Algorithm, Timestamp)> {
        self.signing.iter().filter_map(move |(algorithm, keys)| {
            let (since, _) = keys.iter().rev().find(|(active_at, _)| *active_at <= now)?;
            Some((*algorithm, *since))
        })
    }

    /// The algorithms that can be signed with.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        Algorithm::ALL.into_iter().filter(|algorithm| self.signing.contains_key(algorithm))
    }
}

/// The keys, reloaded when they change.
#[derive(Debug)]
pub struct Keys {
    rotation: Rotation,
    ring: RwLock<Arc<Ring>>,
}

impl Keys {
    /// Loads the keys, and makes those that must be there and are not.
    pub async fn open(db: &Db, vault: &Vault, pen: &Pen, rotation: Rotation) -> Result<Self> {
        let keys = Self { rotation, ring: RwLock::new(Arc::new(load(db, vault, pen).await?)) };
        keys.rotate(db, vault, pen, When::Missing).await?;
        Ok(keys)
    }

    /// The keys of this moment.
    pub fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the keys again, which another replica or the command line may have changed.
    pub async fn reload(&self, db: &Db, vault: &Vault, pen: &Pen) -> Result<()> {
        let ring = Arc::new(load(db, vault, pen).await?);
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        Ok(())
    }

    /// Makes the next key of each algorithm. Returns the new keys.
    pub async fn rotate(&self, db: &Db, vault: &Vault, pen: &Pen, when: When) -> Result<Vec<signing_key::SigningKey>> {
        let mut made = Vec::new();
        for algorithm in &self.rotation.algorithms {
            let now = pen.clock.now();
            let newest = signing_key::newest(&mut *db.read().await?, algorithm.as_str()).await?;
            let active_at = match newest {
                Some(_) if when == When::Missing => continue,
                // The next one is published already, or the present one is young.
                Some(newest) if when == When::Due && newest + self.rotation.every > now + self.rotation.ahead => {
                    continue;
                }
                Some(newest) if when != When::Now => (now + self.rotation.ahead).max(newest + Duration::from_micros(1)),
                _ => now,
            };
            let key = generate(*algorithm, vault, pen, active_at).await?;
            let removed_at = active_at + self.rotation.longest_token + MARGIN;
            let (new, algorithm, pen) = (key.clone(), *algorithm, pen.clone());
            let inserted = db
                .write(move |conn| {
                    Box::pin(async move {
                        signing_key::insert_after(conn, &key, newest).await?;
                        signing_key::retire_before(conn, algorithm.as_str(), active_at, removed_at).await?;
                        pen.record(conn, &Event::SigningKeyCreated { kid: key.kid }).await
                    })
                })
                .await;
            match inserted {
                Ok(()) => made.push(new),
                // Another replica was faster.
                Err(Error::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        self.reload(db, vault, pen).await?;
        Ok(made)
    }
}

fn place(kid: &str) -> String {
    format!("signing_key.sealed_private.{kid}")
}

async fn generate(
    algorithm: Algorithm,
    vault: &Vault,
    pen: &Pen,
    active_at: Timestamp,
) -> Result<signing_key::SigningKey> {
    // Finding the primes of an RSA key takes a while.
    let key = tokio::task::spawn_blocking(move || SigningKey::generate(algorithm)).await;
    let key = key.ok().and_then(std::result::Result::ok).ok_or(Error::Corrupt("no signing key could be made"))?;
    let kid = key.kid().to_owned();
    Ok(signing_key::SigningKey {
        algorithm: algorithm.as_str().to_owned(),
        sealed_private: vault.seal(&pen.random, &place(&kid), &key.to_pkcs8_der()),
        public_jwk: key.public_jwk().to_string(),
        kid,
        created_at: pen.clock.now(),
        active_at,
        retired_at: None,
        removed_at: None,
    })
}

async fn load(db: &Db, vault: &Vault, pen: &Pen) -> Result<Ring> {
    let stored = signing_key::list(&mut *db.read().await?, pen.clock.now()).await?;
    let mut signing: HashMap<_, Vec<_>> = HashMap::new();
    let mut public = Vec::new();
    for key in stored {
        let algorithm = Algorithm::from_name(&key.algorithm).ok_or(Error::Corrupt("signing_key.algorithm"))?;
        let der = vault.unseal(&place(&key.kid), &key.sealed_private);
        let der = der.ok_or(Error::Corrupt("signing_key.sealed_private"))?;
        let private = SigningKey::from_pkcs8_der(algorithm, &der);
        let private = private.map_err(|_| Error::Corrupt("signing_key.sealed_private"))?;
        public.push(
            serde_json::from_str::<Value>(&key.public_jwk).map_err(|_| Error::Corrupt("signing_key.public_jwk"))?,
        );
        // Listed in the order in which they begin; the last that has begun signs, so that retired ones need no care.
        signing.entry(algorithm).or_default().push((key.active_at, Arc::new(private)));
    }
    let public = KeySet::new(public).map_err(|_| Error::Corrupt("signing_key.public_jwk"))?;
    let jwks = public.to_json().to_string().into();
    Ok(Ring { signing, public, jwks, description: OnceLock::new() })
}
