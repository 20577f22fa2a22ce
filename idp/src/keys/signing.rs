//! The signing keys in use: made when there are none, published before they sign, kept until their last token has
//! expired, and revoked at once when they have leaked.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::body::Bytes;
use serde_json::Value;

use crate::base::clock::{Clock, SKEW, Timestamp};
use crate::base::random::Random;
use crate::jose::{Algorithm, KeySet, SigningKey, Typ, VerifyError, verify};
use crate::keys::vault::Vault;
use crate::keys::verified::Verified;
use crate::oidc::claims::id_token::Hint;
use crate::store::db::{Change, Db, Error, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::installation::signing_key::Retire;
use crate::store::installation::{former_signing_key, signing_key};

/// How long a key that has signed stays published, beyond the life of its tokens, for clocks and caches that lag.
const MARGIN: Duration = Duration::from_secs(24 * 60 * 60);

/// The same for a key that was replaced at once: it allows only for clocks that lag.
const SHORT_MARGIN: Duration = Duration::from_secs(5 * 60);

/// How long a key that is to sign at once is published before it signs. Each process checks every second whether the
/// keys have changed, so all of them publish the key before the first one signs with it.
pub const A_MOMENT: Duration = Duration::from_secs(3);

/// How many times a change is tried if another process is faster.
const TRIES: usize = 3;

/// When keys are rotated.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The algorithms that there must be a key for, the default one first.
    pub algorithms: Vec<Algorithm>,
    /// How long a key signs.
    pub every: Duration,
    /// How long it is published before it signs.
    pub ahead: Duration,
    /// The longest life of a token that may have been signed.
    pub longest_token: Duration,
}

/// When the next key is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// If there is none.
    Missing,
    /// Once the present one has signed for the configured time.
    Due,
    /// Now, to sign once it has been published long enough.
    Next,
    /// Now, to sign as soon as every process publishes it.
    Now,
}

/// The result of revoking a key.
#[derive(Clone, Debug)]
pub struct Revoked {
    /// The keys that were made in its place.
    pub made: Vec<signing_key::SigningKey>,
}

/// A snapshot of the keys.
#[derive(Debug)]
pub struct Ring {
    signing: HashMap<Algorithm, Vec<(Timestamp, Arc<SigningKey>)>>,
    /// All public keys, by which our own tokens are verified.
    pub public: KeySet,
    /// The tokens that were verified with them.
    pub verified: Verified,
    /// The same as the document that is published.
    pub jwks: Bytes,
    /// The number of changes when these keys were read, at least.
    pub generation: i64,
    /// Keys that are no longer published.
    former: KeySet,
    /// Keys that were revoked.
    revoked: KeySet,
}

impl Ring {
    /// The key that signs with this algorithm at this moment: the newest that has begun.
    pub fn signer(&self, algorithm: Algorithm, now: Timestamp) -> Option<&Arc<SigningKey>> {
        let keys = self.signing.get(&algorithm)?;
        // If the clock has jumped back to before the first key begins, that key signs nevertheless.
        keys.iter().rev().find(|(active_at, _)| *active_at <= now).or(keys.first()).map(|(_, key)| key)
    }

    /// Since when each algorithm's key signs.
    pub fn signing_since(&self, now: Timestamp) -> impl Iterator<Item = (Algorithm, Timestamp)> {
        self.signing.iter().filter_map(move |(algorithm, keys)| {
            let (since, _) = keys.iter().rev().find(|(active_at, _)| *active_at <= now)?;
            Some((*algorithm, *since))
        })
    }

    /// The content of an ID token that comes back as a hint; `None` if our key has signed it, but not for this issuer.
    /// Its age does not matter, nor whether its key is still published. If the key was revoked, anybody may have made
    /// the token; the hint says so.
    pub fn hint(&self, token: &str, issuer: &str) -> std::result::Result<Option<Hint>, VerifyError> {
        let by = |keys| verify(token, keys, Typ::Jwt);
        let (claims, revoked) = match by(&self.public) {
            Ok(claims) => (claims, false),
            Err(error) => match by(&self.former) {
                Ok(claims) => (claims, false),
                Err(_) => (by(&self.revoked).map_err(|_| error)?, true),
            },
        };
        Ok(Hint::from_claims(&claims, issuer).map(|hint| Hint { revoked, ..hint }))
    }

    /// Whether both were read from the same rows.
    fn is_same(&self, other: &Self) -> bool {
        let signing = |ring: &Self, algorithm| {
            let keys = ring.signing.get(&algorithm).into_iter().flatten();
            keys.map(|(active_at, key)| (*active_at, key.kid().to_owned())).collect::<Vec<_>>()
        };
        self.generation == other.generation
            && self.jwks == other.jwks
            && (self.former.len(), self.revoked.len()) == (other.former.len(), other.revoked.len())
            && Algorithm::ALL.into_iter().all(|algorithm| signing(self, algorithm) == signing(other, algorithm))
    }

    /// The generation that a process with these keys has fully adopted. It is one less than theirs while a key that was
    /// made to sign at once has not begun by this process's clock.
    pub fn followed(&self, now: Timestamp) -> i64 {
        let soon = |active_at: Timestamp| active_at > now && active_at <= now + SKEW + A_MOMENT;
        let waits = self.signing.values().flatten().any(|(active_at, _)| soon(*active_at));
        self.generation - i64::from(waits)
    }

    /// The algorithms that can be signed with.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        Algorithm::ALL.into_iter().filter(|algorithm| self.signing.contains_key(algorithm))
    }
}

/// The keys, reloaded when they change.
#[derive(Debug)]
pub struct Keys {
    clock: Clock,
    random: Random,
    rotation: Rotation,
    ring: RwLock<Arc<Ring>>,
}

impl Keys {
    /// Loads the keys that there are.
    pub async fn open(db: &Db, vault: &Vault, clock: Clock, random: Random, rotation: Rotation) -> Result<Self> {
        let ring = load(db, vault, &clock).await?;
        Ok(Self { clock, random, rotation, ring: RwLock::new(Arc::new(ring)) })
    }

    /// The keys of this moment.
    pub fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the keys again, which another replica or the command line may have changed.
    pub async fn reload(&self, db: &Db, vault: &Vault) -> Result<()> {
        let read = load(db, vault, &self.clock).await?;
        self.take(read, |read, present| read >= present);
        Ok(())
    }

    /// Replaces the keys by the ones that were read, if `may_follow` accepts their generation after the present one.
    fn take(&self, read: Ring, may_follow: impl Fn(i64, i64) -> bool) {
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        // Equal keys are not replaced, so that their verified tokens stay remembered. If two reads overlap, the newer
        // one wins.
        if may_follow(read.generation, ring.generation) && !read.is_same(&ring) {
            *ring = Arc::new(read);
        }
    }

    /// Reads the keys again if they have changed since.
    pub async fn follow(&self, db: &Db, vault: &Vault) -> Result<()> {
        let generation = signing_key::generation(&mut *db.read().await?).await?;
        let present = self.ring().generation;
        if generation < present {
            // The database was replaced by a backup while this process ran.
            let read = load(db, vault, &self.clock).await?;
            self.take(read, |_, still| still == present);
        } else if generation > present {
            self.reload(db, vault).await?;
        }
        Ok(())
    }

    /// Revokes a key: it leaves the key set, and the tokens that it has signed become invalid, here at once and in
    /// every other process at its next check for changed keys. If the key signs now, it is replaced in the same
    /// transaction. `None` if there is no such key, or it was revoked before.
    pub async fn revoke(&self, db: &Db, vault: &Vault, kid: &str) -> Result<Option<Revoked>> {
        for _ in 0..TRIES {
            let now = self.clock.now();
            let keys = signing_key::list(&mut *db.read().await?).await?;
            let key = keys.iter().find(|key| key.kid == kid && key.revoked_at.is_none()).cloned();
            let (lives, mut successor) = (self.rotation.longest_token, None);
            if let Some(key) = &key
                && let Some(algorithm) = Algorithm::from_name(&key.algorithm)
                && self.rotation.algorithms.contains(&algorithm)
                && signing_key::signer(&keys, &key.algorithm, now).is_some_and(|signer| signer.kid == kid)
            {
                let active_at = now.max(key.active_at + Duration::from_micros(1));
                let newest = signing_key::newest(&mut *db.read().await?, &key.algorithm).await?;
                let newest = newest.map(|newest| newest.active_at);
                let key = self.generate(vault, algorithm, active_at).await?;
                successor = Some(NewKey { key, newest, overlap: Overlap { lives, margin: SHORT_MARGIN } });
            }
            let mut made: Vec<_> = successor.iter().map(|new| new.key.clone()).collect();
            match db.write(Revoke { kid: kid.to_owned(), key, successor, now, lives }).await {
                Ok(true) => {
                    // The key that it was to replace may be due for replacement.
                    made.extend(self.rotate(db, vault, When::Due).await?);
                    return Ok(Some(Revoked { made }));
                }
                Ok(false) => return Ok(None),
                // Another process made a key in the meantime.
                Err(Error::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Conflict)
    }

    /// Makes the next key of each algorithm that is configured, and retires the keys of all others. Returns the new keys.
    pub async fn rotate(&self, db: &Db, vault: &Vault, when: When) -> Result<Vec<signing_key::SigningKey>> {
        let mut made = Vec::new();
        for algorithm in &self.rotation.algorithms {
            // Another replica may be faster. Its key is as good, unless it begins to sign too late.
            for _ in 0..if when == When::Now { TRIES } else { 1 } {
                match self.make_next(db, vault, *algorithm, when).await {
                    Err(Error::Conflict) => {}
                    outcome => {
                        made.extend(outcome?);
                        break;
                    }
                }
            }
        }
        self.retire_others(db, when).await?;
        self.reload(db, vault).await?;
        Ok(made)
    }

    /// Retires the keys of algorithms that are no longer configured: nothing is signed with them here, and they leave
    /// when the last token that they have signed has expired.
    async fn retire_others(&self, db: &Db, when: When) -> Result<()> {
        let margin = if when == When::Now { SHORT_MARGIN } else { MARGIN };
        let now = self.clock.now();
        let leaves = now + self.rotation.longest_token + margin;
        let configured = |name: &str| self.rotation.algorithms.iter().any(|algorithm| algorithm.as_str() == name);
        let keys = signing_key::list(&mut *db.read().await?).await?;
        let others = keys.into_iter().filter(|key| {
            key.revoked_at.is_none() && !configured(&key.algorithm) && key.removed_at.is_none_or(|at| at > leaves)
        });
        let others: Vec<String> = others.map(|key| key.kid).collect();
        if others.is_empty() {
            return Ok(());
        }
        db.write(Retire { kids: others, retired_at: now, removed_at: leaves }).await
    }

    /// Makes the next key of an algorithm, if it is wanted; `Conflict` if another process was faster.
    async fn make_next(
        &self,
        db: &Db,
        vault: &Vault,
        algorithm: Algorithm,
        when: When,
    ) -> Result<Option<signing_key::SigningKey>> {
        let now = self.clock.now();
        let newest = signing_key::newest(&mut *db.read().await?, algorithm.as_str()).await?;
        // The algorithm was not configured for a while, here or at another replica, and its last key is about to leave.
        let gone_by = now + self.rotation.longest_token + SHORT_MARGIN;
        let leaves = newest.is_some_and(|newest| newest.removed_at.is_some_and(|at| at <= gone_by));
        let newest = newest.map(|newest| newest.active_at);
        let active_at = match newest {
            Some(newest) if leaves => (now + A_MOMENT).max(newest + Duration::from_micros(1)),
            Some(_) if when == When::Missing => return Ok(None),
            // The next one is published already, or the present one is young.
            Some(newest) if when == When::Due && newest + self.rotation.every > now + self.rotation.ahead => {
                return Ok(None);
            }
            Some(_) if when == When::Now => now + A_MOMENT,
            Some(newest) => (now + self.rotation.ahead).max(newest + Duration::from_micros(1)),
            None => now,
        };
        let key = self.generate(vault, algorithm, active_at).await?;
        let margin = if when == When::Now { SHORT_MARGIN } else { MARGIN };
        let overlap = Overlap { lives: self.rotation.longest_token, margin };
        let at_once = active_at <= now;
        Ok(Some(db.write(AddNext { new: NewKey { key, newest, overlap }, at_once }).await?))
    }

    /// A key that signs from this moment on.
    async fn generate(
        &self,
        vault: &Vault,
        algorithm: Algorithm,
        active_at: Timestamp,
    ) -> Result<signing_key::SigningKey> {
        // Finding the primes of an RSA key takes a while.
        let key = tokio::task::spawn_blocking(move || SigningKey::generate(algorithm)).await;
        let key =
            key.ok().and_then(std::result::Result::ok).ok_or(Error::Corrupt("no signing key could be made".into()))?;
        let kid = key.kid().to_owned();
        Ok(signing_key::SigningKey {
            algorithm: algorithm.as_str().to_owned(),
            sealed_private: vault.seal(&self.random, &place(&kid), &key.to_pkcs8_der()),
            public_jwk: key.public_jwk(),
            kid,
            created_at: self.clock.now(),
            active_at,
            retired_at: None,
            removed_at: None,
            revoked_at: None,
        })
    }
}

/// How long a key stays after the next one has taken over.
#[derive(Clone, Copy, Debug)]
struct Overlap {
    /// The longest life of a token.
    lives: Duration,
    /// The time that is added to it.
    margin: Duration,
}

/// A key to be added.
#[derive(Clone)]
struct NewKey {
    key: signing_key::SigningKey,
    /// When the newest key before it begins to sign, as its maker saw it.
    newest: Option<Timestamp>,
    overlap: Overlap,
}

impl NewKey {
    /// Adds the key, and sets when the keys before it leave.
    async fn add(&self, tx: &mut Tx<'_>) -> Result<()> {
        let Self { key, newest, overlap: Overlap { lives, margin } } = self;
        signing_key::insert_after(tx, key, *newest).await?;
        signing_key::retire_before(tx, &key.algorithm, key.active_at, key.active_at + *lives + *margin).await?;
        // One that is published already takes over from this one.
        if let Some(next) = signing_key::next_after(tx, &key.algorithm, key.active_at).await? {
            signing_key::retire_before(tx, &key.algorithm, next, next + *lives + MARGIN).await?;
        }
        tx.record(&Event::SigningKeyCreated { kid: key.kid.clone() }).await
    }
}

/// Adds the next key of an algorithm, and returns it as it is added.
#[derive(Clone)]
struct AddNext {
    new: NewKey,
    /// Whether it signs at once, because there is no other.
    at_once: bool,
}

impl Change for AddNext {
    type Outcome = signing_key::SigningKey;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<signing_key::SigningKey> {
        let Self { mut new, at_once } = self;
        signing_key::in_turn(tx).await?;
        // Making the key and waiting for the turn took time. If a key signs before the other processes publish it,
        // they refuse its tokens.
        if !at_once {
            new.key.active_at = new.key.active_at.max(tx.now() + A_MOMENT);
        }
        new.add(tx).await?;
        Ok(new.key)
    }
}

/// Revokes a key, and replaces it if it signs; returns whether it existed and was not revoked before.
#[derive(Clone)]
struct Revoke {
    kid: String,
    /// The key, unless it is a former one.
    key: Option<signing_key::SigningKey>,
    successor: Option<NewKey>,
    /// The moment for which the successor was made.
    now: Timestamp,
    /// The longest life of a token.
    lives: Duration,
}

impl Change for Revoke {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let Self { kid, key, successor, now, lives } = self;
        if let Some(new) = &successor {
            new.add(tx).await?;
        }
        let known = signing_key::revoke(tx, &kid, now).await?;
        let former = former_signing_key::revoke(tx, &kid, now).await?;
        if let Some(key) = key.filter(|key| known && key.active_at > now) {
            make_way(tx, &key, now, lives).await?;
        }
        if known || former {
            tx.record(&Event::SigningKeyRevoked { kid }).await?;
        }
        Ok(known || former)
    }
}

/// Cancels the retirement of the key that a revoked one was to replace; it signs until the next one takes over.
async fn make_way(tx: &mut Tx<'_>, revoked: &signing_key::SigningKey, now: Timestamp, lives: Duration) -> Result<()> {
    signing_key::reinstate(tx, &revoked.algorithm, revoked.active_at).await?;
    if let Some(next) = signing_key::next_after(tx, &revoked.algorithm, now).await? {
        signing_key::retire_before(tx, &revoked.algorithm, next, next + lives + MARGIN).await?;
    }
    Ok(())
}

fn place(kid: &str) -> String {
    format!("signing_key.sealed_private.{kid}")
}

async fn load(db: &Db, vault: &Vault, clock: &Clock) -> Result<Ring> {
    let (generation, stored, former_keys) = {
        let mut conn = db.read().await?;
        // Read the generation first: the keys that are read after it are at least as new.
        let generation = signing_key::generation(&mut conn).await?;
        (generation, signing_key::list(&mut conn).await?, former_signing_key::list(&mut conn).await?)
    };
    let now = clock.now();
    let mut signing: HashMap<_, Vec<_>> = HashMap::new();
    let (mut public, mut former, mut revoked) = (Vec::new(), Vec::new(), Vec::new());
    for key in &stored {
        let jwk = key.public_jwk.clone();
        if !key.is_published(now) {
            if key.revoked_at.is_some() {
                revoked.push(jwk)
            } else {
                former.push(jwk)
            }
            continue;
        }
        let algorithm = Algorithm::from_name(&key.algorithm).ok_or(Error::Corrupt("signing_key.algorithm".into()))?;
        let der = vault.unseal(&place(&key.kid), &key.sealed_private);
        let der = der.ok_or(Error::Corrupt("signing_key.sealed_private".into()))?;
        let private = SigningKey::from_pkcs8_der(algorithm, &der);
        let private = private.map_err(|_| Error::Corrupt("signing_key.sealed_private".into()))?;
        public.push(jwk);
        // The keys are in the order in which they begin; the last that has begun signs, so retired keys need no special
        // case.
        signing.entry(algorithm).or_default().push((key.active_at, Arc::new(private)));
    }
    for key in former_keys.iter().filter(|former| !stored.iter().any(|key| key.kid == former.kid)) {
        let jwk = key.public_jwk.clone();
        if key.revoked_at.is_some() { revoked.push(jwk) } else { former.push(jwk) }
    }
    let set = |keys: Vec<Value>| KeySet::new(keys).map_err(|_| Error::Corrupt("signing_key.public_jwk".into()));
    let (public, former, revoked) = (set(public)?, set(former)?, set(revoked)?);
    let jwks = public.to_json().to_string().into();
    Ok(Ring { signing, public, verified: Verified::default(), jwks, generation, former, revoked })
}
