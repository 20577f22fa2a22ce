//! Hashing of passwords: argon2id on a bounded number of threads, with a bounded queue before them.

mod deadline;
mod machine;

use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use unicode_normalization::UnicodeNormalization;

use crate::base::random::Random;
use crate::base::secret::Secret;

pub use deadline::Deadline;
use machine::Machine;

/// The longest password, in bytes: a longer one is refused before it is hashed.
pub const LONGEST: usize = 1024;

/// How costly a hash is: RFC 9106 §3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

/// How many hashes are computed, and wait, at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many at once; `None` means as many as cores and memory allow.
    pub at_once: Option<usize>,
    /// How many may wait.
    pub queue: usize,
    /// How long one may wait.
    pub wait: Duration,
}

/// How busy the hasher is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// How many are being hashed.
    pub running: u64,
    /// How many wait for their turn.
    pub waiting: u64,
    /// How many were hashed since the start.
    pub done: u64,
    /// How many were refused since the start.
    pub refused: u64,
}

/// Too many passwords wait to be hashed: the client gets a 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// The right to hash one password now.
#[derive(Debug)]
pub struct Turn {
    _permit: OwnedSemaphorePermit,
}

/// The result of checking a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordVerdict {
    /// The right one.
    Right,
    /// The right one, but its hash is weaker than new hashes are.
    RightButWeak,
    /// A wrong one.
    Wrong,
}

/// The place where passwords are hashed.
#[derive(Debug)]
pub struct Hashing {
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    done: AtomicU64,
    refused: AtomicU64,
    at_once: usize,
    bounds: Bounds,
    cost: Cost,
    random: Random,
    /// The hash of a random password, verified if there is no account, so that the check takes as long as for an
    /// account.
    nobody: String,
    memory: Arc<Memory>,
    deadline: Deadline,
    measured: OnceCell<()>,
}

/// Memory of earlier hashes, kept for the next ones: to get it from the system and fill it with zeros takes a tenth of
/// the time of a hash.
#[derive(Debug, Default)]
struct Memory(Mutex<Vec<(Instant, Vec<Block>)>>);

impl Memory {
    fn kept(&self) -> MutexGuard<'_, Vec<(Instant, Vec<Block>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Computes in memory of this many blocks.
    fn with<T>(&self, blocks: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
        let taken = self.kept().pop().map(|(_, memory)| memory).filter(|memory| memory.len() >= blocks);
        let mut memory = taken.unwrap_or_else(|| vec![Block::default(); blocks]);
        let value = work(memory.get_mut(..blocks).unwrap_or_default());
        self.kept().push((Instant::now(), memory));
        value
    }

    fn rest(&self, unused_for: Duration) {
        self.kept().retain(|(used, _)| used.elapsed() < unused_for);
    }
}

impl Hashing {
    /// A hasher with these bounds.
    pub fn new(cost: Cost, bounds: Bounds, random: Random) -> Self {
        let at_once = bounds.at_once.unwrap_or_else(|| at_once(cost.memory_kib, Machine::look(Path::new("/")))).max(1);
        let nobody = phc(cost, &random.bytes(), &random.bytes::<32>()).unwrap_or_default();
        Self {
            slots: Arc::new(Semaphore::new(at_once)),
            waiting: AtomicUsize::new(0),
            done: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            at_once,
            bounds,
            cost,
            random,
            nobody,
            memory: Arc::default(),
            deadline: Deadline::default(),
            measured: OnceCell::new(),
        }
    }

    /// Notes how long a try against this PHC string took; without one, a try against the hash of the random password.
    pub fn note(&self, phc: Option<&str>, took: Duration) {
        self.deadline.note(phc.unwrap_or(&self.nobody), took);
    }

    /// When refused sign-ins are answered.
    pub fn deadline(&self) -> &Deadline {
        &self.deadline
    }

    /// How busy the hasher is.
    pub fn usage(&self) -> Usage {
        Usage {
            running: self.at_once.saturating_sub(self.slots.available_permits()) as u64,
            waiting: self.waiting.load(Ordering::Acquire) as u64,
            done: self.done.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }

    /// Frees memory that has not been used for this long.
    pub fn rest(&self, unused_for: Duration) {
        self.memory.rest(unused_for);
    }

    /// Waits for a turn, at most for the configured time.
    pub async fn turn(&self) -> Result<Turn, Busy> {
        let turn = self.wait_for_turn().await;
        if turn.is_err() {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        turn
    }

    async fn wait_for_turn(&self) -> Result<Turn, Busy> {
        if let Ok(permit) = Arc::clone(&self.slots).try_acquire_owned() {
            return Ok(Turn { _permit: permit });
        }
        let _place = Place::take(&self.waiting, self.bounds.queue).ok_or(Busy)?;
        let permit = tokio::time::timeout(self.bounds.wait, Arc::clone(&self.slots).acquire_owned());
        Ok(Turn { _permit: permit.await.map_err(|_| Busy)?.map_err(|_| Busy)? })
    }

    /// The PHC string of a password.
    pub async fn hash(&self, password: &Secret) -> Result<String, Busy> {
        let turn = self.turn().await?;
        let (cost, salt, normal) = (self.cost, self.random.bytes::<16>(), normalise(password));
        let memory = Arc::clone(&self.memory);
        let phc = in_turn(turn, move || {
            let mut output = [0; 32];
            derive(&memory, params(cost)?, &normal, &salt, &mut output)?;
            phc(cost, &salt, &output)
        });
        let phc = phc.await?.ok_or(Busy)?;
        self.done.fetch_add(1, Ordering::Relaxed);
        Ok(phc)
    }

    /// Compares a password with a PHC string; without one, takes as long and returns that it is wrong.
    pub async fn verify(&self, turn: Turn, password: &Secret, phc: Option<&str>) -> Result<PasswordVerdict, Busy> {
        let (phc, known) = (phc.unwrap_or(&self.nobody).to_owned(), phc.is_some());
        let (normal, cost) = (normalise(password), self.cost);
        let memory = Arc::clone(&self.memory);
        let right = in_turn(turn, move || is_right(&memory, &normal, &phc, cost)).await?;
        self.done.fetch_add(1, Ordering::Relaxed);
        Ok(match right {
            Some(true) if known => PasswordVerdict::Right,
            Some(false) if known => PasswordVerdict::RightButWeak,
            _ => PasswordVerdict::Wrong,
        })
    }

    /// Does other slow work, which waits for a turn like hashing.
    pub async fn other_work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        in_turn(self.turn().await?, work).await
    }

    /// Measures one hash before the first sign-in, so that the first refusal has a deadline, too.
    pub async fn measure(&self) -> Result<(), Busy> {
        let once = self.measured.get_or_try_init(|| async {
            let began = tokio::time::Instant::now();
            let turn = self.turn().await?;
            self.verify(turn, &Secret::from("nobody has this one"), None).await?;
            self.deadline.note(&self.nobody, began.elapsed() * 2);
            Ok::<(), Busy>(())
        });
        once.await.copied()
    }
}

async fn in_turn<T: Send + 'static>(turn: Turn, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    })
    .await
    .map_err(|_| Busy)
}

/// A place in the queue, given up when dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, queue: usize) -> Option<Self> {
        waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| (n < queue).then_some(n + 1)).ok()?;
        Some(Self(waiting))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// As many as there are cores, but not more than fit into a quarter of the memory.
fn at_once(memory_kib: u32, machine: Machine) -> usize {
    let fit = |bytes: u64| usize::try_from(bytes / 1024 / 4 / u64::from(memory_kib.max(1))).unwrap_or(usize::MAX);
    machine.memory.map_or(machine.cores, |bytes| machine.cores.min(fit(bytes)))
}

fn params(cost: Cost) -> Option<Params> {
    Params::new(cost.memory_kib, cost.iterations, cost.parallelism, Some(32)).ok()
}

fn derive(memory: &Memory, params: Params, password: &Secret, salt: &[u8], output: &mut [u8]) -> Option<()> {
    let blocks = params.block_count();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let password = password.expose().as_bytes();
    memory.with(blocks, |memory| argon2.hash_password_into_with_memory(password, salt, output, memory).ok())
}

fn phc(cost: Cost, salt: &[u8; 16], output: &[u8; 32]) -> Option<String> {
    let params = params(cost)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.into(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).ok()?,
        salt: Some(Salt::new(salt).ok()?),
        hash: Some(Output::new(output).ok()?),
    };
    Some(hash.to_string())
}

/// `Some(strong)` if the password is right.
fn is_right(memory: &Memory, password: &Secret, phc: &str, cost: Cost) -> Option<bool> {
    let hash = PasswordHash::new(phc).ok()?;
    if hash.algorithm != Algorithm::Argon2id.into() {
        return None;
    }
    let params = Params::try_from(&hash).ok()?;
    let (salt, expected) = (hash.salt?, hash.hash?);
    let mut output = vec![0; expected.as_bytes().len()];
    derive(memory, params.clone(), password, salt.as_ref(), &mut output)?;
    let right: bool = subtle::ConstantTimeEq::ct_eq(&output[..], expected.as_bytes()).into();
    let strong = params.m_cost() >= cost.memory_kib && params.t_cost() >= cost.iterations;
    right.then_some(strong)
}

/// The password in the one form of Unicode in which it is compared: NFC, as NIST SP 800-63B §3.1.1.2 asks.
fn normalise(password: &Secret) -> Secret {
    password.expose().nfc().collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_container_on_a_large_machine_hashes_few_at_once() {
        let of = |cores, memory| at_once(19 * 1024, Machine { cores, memory });
        assert_eq!(of(24, Some(512 << 20)), 6);
        assert_eq!(of(2, Some(64 << 30)), 2);
        assert_eq!(of(3, None), 3);
        assert_eq!(of(24, Some(32 << 20)), 0, "one is hashed all the same");
    }
}
