//! Chance, passed in wherever it is needed so that tests can repeat it.

use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::encoding::base64url;

/// Where random bytes come from: the system, or a seed.
#[derive(Clone, Debug)]
pub enum Random {
    /// The operating system's generator.
    System,
    /// A stream that the seed decides, for tests.
    Seeded(Arc<Mutex<(u64, u64)>>),
}

impl Random {
    /// A stream that is the same for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new((seed, 0))))
    }

    /// Fills the buffer.
    #[allow(clippy::disallowed_methods)] // The one place that may ask the system for randomness.
    pub fn fill(&self, buffer: &mut [u8]) {
        match self {
            Self::System => {
                if getrandom::fill(buffer).is_err() {
                    // Without randomness no secret can be made; going on in any way would be worse than to stop.
                    std::process::abort();
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

    /// As many random bytes as the caller's type asks for.
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
}
