//! What the core can do at most, by the same libraries that the server uses.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use latchkey::base::random::Random;
use latchkey::hashing::{Bounds, Cost, Hashing};
use latchkey::jose::{Algorithm, SigningKey, Typ, sign};
use serde_json::json;

/// What a scenario is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Limit {
    /// RS256 signatures.
    Rs256,
    /// ES256 signatures.
    Es256,
    /// argon2id hashes at the default cost.
    Argon2id,
}

impl Limit {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::Argon2id => "argon2id",
        }
    }
}

const TIME: Duration = Duration::from_secs(2);

/// Operations in a second on this core, measured for two seconds.
pub fn measure(limit: Limit) -> Result<f64> {
    match limit {
        Limit::Rs256 => signatures(Algorithm::RS256),
        Limit::Es256 => signatures(Algorithm::ES256),
        Limit::Argon2id => hashes(),
    }
}

fn rate(mut once: impl FnMut() -> Result<()>) -> Result<f64> {
    once()?;
    let (began, mut count) = (Instant::now(), 0_u32);
    while began.elapsed() < TIME {
        once()?;
        count += 1;
    }
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}

fn signatures(algorithm: Algorithm) -> Result<f64> {
    let key = SigningKey::generate(algorithm)?;
    let claims =
        json!({ "iss": "https://id.example.com", "sub": "a subject", "aud": "https://api.example.com", "exp": 1 });
    let claims = claims.as_object().cloned().unwrap_or_default();
    rate(|| sign(&key, Typ::AccessToken, &claims).map(drop).map_err(|error| anyhow!("{error}")))
}

fn hashes() -> Result<f64> {
    let cost = Cost { memory_kib: 19 * 1024, iterations: 2, parallelism: 1 };
    let bounds = Bounds { at_once: Some(1), queue: 1, wait: TIME };
    let hashing = Hashing::new(cost, bounds, Random::System);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let password = "five tame herons drift".into();
    rate(|| runtime.block_on(hashing.hash(&password)).map(drop).map_err(|_| anyhow!("busy")))
}
