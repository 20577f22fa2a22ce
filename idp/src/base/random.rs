//! Randomness, passed in as a value so that tests can repeat it.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use super::encoding::base64url;

/// How many bytes one system call fetches: enough for a few requests.
const BLOCK: usize = 512;

/// Random bytes of the system. The last `left` of them are unused; used ones are wiped.
struct Block {
    bytes: [u8; BLOCK],
    left: usize,
}

thread_local! {
    /// One for each thread, so that no thread waits for another.
    static UNUSED: RefCell<Block> = const { RefCell::new(Block { bytes: [0; BLOCK], left: 0 }) };
}

impl Block {
    fn take(&mut self, buffer: &mut [u8]) {
        if self.left < buffer.len() {
            ask_the_system(&mut self.bytes);
            self.left = BLOCK;
        }
        let from = BLOCK - self.left;
        let bytes = &mut self.bytes[from..from + buffer.len()];
        buffer.copy_from_slice(bytes);
        bytes.zeroize();
        self.left -= buffer.len();
    }
}

#[allow(clippy::disallowed_methods)] // The one place that may ask the system for randomness.
fn ask_the_system(buffer: &mut [u8]) {
    if getrandom::fill(buffer).is_err() {
        // No secret can be made without randomness; to continue in any way would be worse than to stop.
        std::process::abort();
    }
}

/// Where random bytes come from: the system, or a seed.
#[derive(Clone, Debug)]
pub enum Random {
    /// The operating system's generator.
    System,
    /// A stream determined by a seed, for tests.
    Seeded(Arc<Mutex<(u64, u64)>>),
}

impl Random {
    /// A stream that is the same for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new((seed, 0))))
    }

    /// Fills the buffer.
    pub fn fill(&self, buffer: &mut [u8]) {
        match self {
            Self::System => {
                let taken = buffer.len() <= BLOCK && UNUSED.try_with(|block| block.borrow_mut().take(buffer)).is_ok();
                if !taken {
                    ask_the_system(buffer);
                }
            }
            Self::Seeded(state) => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                for chunk in buffer.chunks_mut(32) {
                    let block = Sha256::new()
                        .chain_update(state.0.to_be_bytes())
                        .chain_update(state.1.to_be_bytes())
                        .finalize();
                    state.1 += 1;
                    chunk.copy_from_slice(&block[..chunk.len()]);
                }
            }
        }
    }

    /// A random array, as long as its type says.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A random name of so many bytes in base64url that does not begin with `-`: on a command line it would be an option.
    pub fn name<const N: usize>(&self) -> String {
        let mut bytes = self.bytes::<N>();
        // The first letter is made of the first six bits; without the highest of them it is one of `A` to `Z` and `a` to `f`.
        if let Some(first) = bytes.first_mut() {
            *first &= 0x7f;
        }
        base64url(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_name_never_begins_as_an_option_whatever_the_seed() {
        let mut first = std::collections::BTreeSet::new();
        for seed in 0..5_000 {
            let name = Random::seeded(seed).name::<12>();
            assert_eq!(name.len(), 16);
            first.insert(name.chars().next().unwrap());
        }
        assert!(!first.contains(&'-'), "{first:?}");
        assert_eq!(first.len(), 32, "all that may begin a name do: {first:?}");
    }

    #[test]
    fn no_byte_is_given_out_twice_whatever_is_asked_for_and_on_whatever_thread() {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                std::thread::spawn(|| {
                    let mut seen = Vec::new();
                    for length in (16..600).cycle().take(3_000) {
                        let mut bytes = vec![0; length];
                        Random::System.fill(&mut bytes);
                        // Equal 16 bytes twice by chance are too unlikely to matter.
                        seen.extend(bytes.chunks_exact(16).map(|chunk| <[u8; 16]>::try_from(chunk).unwrap()));
                    }
                    seen
                })
            })
            .collect();
        let all: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        let different: HashSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        assert!(!different.contains(&[0; 16]), "a wiped block was given out");
    }

    #[test]
    fn what_was_given_out_is_wiped() {
        let mut block = Block { bytes: [0; BLOCK], left: 0 };
        let mut bytes = [0; 40];
        block.take(&mut bytes);
        assert_eq!((block.left, &block.bytes[..40]), (BLOCK - 40, &[0; 40][..]));
        assert!(bytes.iter().any(|byte| *byte != 0) && block.bytes[40..].iter().any(|byte| *byte != 0));
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        assert_eq!(Random::seeded(7).bytes::<80>(), Random::seeded(7).bytes::<80>());
        assert_ne!(Random::seeded(7).bytes::<80>(), Random::seeded(8).bytes::<80>());
    }
}
