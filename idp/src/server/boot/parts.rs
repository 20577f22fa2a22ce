//! The parts of the application that are made of the configuration alone.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};

use crate::base::clock::Clock;
use crate::base::random::Random;
use crate::base::refusal;
use crate::config::{Config, Login, Tokens};
use crate::hashing::{Bounds, Cost, Hashing};
use crate::keys::signing::Rotation;
use crate::keys::vault::Vault;
use crate::mail::mailer::{self, Mailer};
use crate::oidc::resource::LIFETIMES;
use crate::outbound::names::Names;
use crate::outbound::{self, Outbound, Tally};
use crate::store::ephemeral::{self, Ephemeral, Redis};

/// The schedule of signing key rotation.
pub(super) fn rotation(tokens: &Tokens) -> Rotation {
    Rotation {
        algorithms: tokens.signing_algorithms.clone(),
        every: tokens.key_rotation,
        ahead: tokens.key_publish_ahead,
        // The longest lifetime that any resource may have, registered now or when a token was made.
        longest_token: LIFETIMES[1].max(tokens.access_token).max(tokens.id_token),
    }
}

/// The certificates of a file that are trusted besides those of the known authorities.
fn trusted(key: &str, file: Option<&Path>) -> Result<Vec<Vec<u8>>> {
    let Some(path) = file else { return Ok(Vec::new()) };
    let read = std::fs::read(path).map_err(|error| anyhow!(refusal::explained(path, &error)));
    Ok(vec![read.with_context(|| format!("{key} cannot be read"))?])
}

/// What fetches from other servers.
pub(super) fn outbound(config: &Config, names: Names, tally: Tally) -> Result<Outbound> {
    let own = &config.outbound;
    let options = outbound::Options {
        allowed_networks: own.allowed_networks.clone(),
        allowed_hosts: own.allowed_hosts.clone(),
        trusted: trusted("outbound.ca_file", own.ca_file.as_deref())?,
        timeout: own.timeout,
        largest: own.largest.in_bytes(),
        at_once: own.at_once as usize,
        names,
        tally,
    };
    let file = own.ca_file.as_deref().map(|file| format!(": {}", file.display())).unwrap_or_default();
    Outbound::new(options).map_err(|why| anyhow!("outbound.ca_file cannot be used{file}: {why}"))
}

/// Whether a server can be made to fetch from others: that its certificates can be read.
pub(crate) fn try_outbound(config: &Config) -> Result<()> {
    outbound(config, Names::System, Tally::default()).map(drop)
}

/// What sends letters, if that is configured.
pub(crate) fn mailer(config: &Config) -> Result<Mailer> {
    let Some(from) = &config.mail.from else { return Ok(Mailer::default()) };
    let trusted = trusted("mail.ca_file", config.mail.ca_file.as_deref())?;
    let (servers, timeout) = (config.mail.transports.as_slice(), config.mail.timeout);
    // Not the domain of the sender: a server that receives for it refuses strangers that call themselves that.
    let hello = config.issuer.domain().filter(|name| name.contains('.')).unwrap_or(from.domain());
    let options = mailer::Options { from, hello, servers, trusted: &trusted, timeout };
    Mailer::new(&options).map_err(|why| anyhow!("mail.ca_file holds no certificate that can be used: {why}"))
}

/// The place where passwords are hashed.
pub(super) fn hashing(login: &Login, random: Random) -> Hashing {
    let cost = Cost {
        memory_kib: login.argon2_memory.in_kib(),
        iterations: login.argon2_iterations,
        parallelism: login.argon2_parallelism,
    };
    let bounds = Bounds {
        at_once: login.hashing_at_once.map(|n| n as usize),
        queue: login.hashing_queue as usize,
        wait: login.hashing_wait,
    };
    Hashing::new(cost, bounds, random)
}

/// The ephemeral store: Redis if the configuration names one, else the memory of this process.
pub(super) async fn ephemeral(config: &Config, vault: &Vault, clock: &Clock, random: &Random) -> Result<Ephemeral> {
    let Some(url) = &config.ephemeral.redis_url else { return Ok(Ephemeral::memory(clock.clone())) };
    let options = ephemeral::Options {
        url: url.expose().clone(),
        prefix: config.ephemeral.redis_prefix.clone(),
        timeout: config.ephemeral.redis_timeout,
    };
    let redis = Redis::new(&options, vault.derive("ephemeral"), clock.clone(), random.clone());
    let redis = redis.context("ephemeral.redis_url is not the address of a Redis")?;
    match redis.begin().await {
        Ok(Some(policy)) => tracing::warn!(
            "Redis evicts keys when its memory is full (maxmemory-policy {policy}): a form that was sent may be sent again"
        ),
        Ok(None) => {}
        Err(_) => tracing::warn!(
            "serving without Redis until {url} (ephemeral.redis_url) answers: each process counts limits for itself"
        ),
    }
    Ok(Ephemeral::Redis(Arc::new(redis)))
}
