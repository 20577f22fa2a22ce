//! The condition of a Redis, for `latchkey doctor`.

use std::collections::HashMap;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError, RedisResult};

use crate::base::clock::Timestamp;
use crate::base::secret::Secret;

/// What a Redis says about itself.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Its version, such as `7.2.4`.
    pub version: String,
    /// What it removes when its memory is full: its `maxmemory-policy`.
    pub policy: String,
    /// How much memory it may use, in bytes; 0 for all there is.
    pub most_memory: u64,
    /// Whether it writes its data to a disk; `None` if it does not say.
    pub persists: Option<bool>,
    /// Whether it is a replica, which takes no writes.
    pub is_replica: bool,
}

/// A connection to ask questions.
#[derive(Debug)]
pub struct Examined(MultiplexedConnection);

impl Examined {
    /// Connects to the Redis at this URL, and asks what it says about itself; an error says why that cannot be.
    pub async fn examine(url: &Secret, patience: Duration) -> Result<(Self, Condition), String> {
        let asked = async {
            let mut redis = Self::connect(url, patience).await?;
            let condition = redis.condition().await?;
            Ok::<_, RedisError>((redis, condition))
        };
        match tokio::time::timeout(patience, asked).await {
            Ok(answered) => answered.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no answer within {patience:?}")),
        }
    }

    async fn connect(url: &Secret, patience: Duration) -> Result<Self, RedisError> {
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(patience)).set_response_timeout(Some(patience));
        Ok(Self(Client::open(url.expose())?.get_multiplexed_async_connection_with_config(&config).await?))
    }

    async fn condition(&mut self) -> Result<Condition, RedisError> {
        let info: String = redis::cmd("INFO").query_async(&mut self.0).await?;
        let facts: HashMap<&str, &str> = info.lines().filter_map(|line| line.trim().split_once(':')).collect();
        let fact = |name: &str| facts.get(name).copied().unwrap_or_default();
        // Managed servers often refuse this command.
        let saves: RedisResult<Vec<String>> =
            redis::cmd("CONFIG").arg("GET").arg("save").query_async(&mut self.0).await;
        let snapshots = saves.ok().and_then(|pair| pair.get(1).map(|rules| !rules.is_empty()));
        Ok(Condition {
            version: fact("redis_version").to_owned(),
            policy: fact("maxmemory_policy").to_owned(),
            most_memory: fact("maxmemory").parse().unwrap_or(0),
            persists: if fact("aof_enabled") == "1" { Some(true) } else { snapshots },
            is_replica: fact("role") == "slave",
        })
    }

    /// What time it is there, if it says so.
    pub async fn time(&mut self) -> Option<Timestamp> {
        let (seconds, micros): (i64, i64) = redis::cmd("TIME").query_async(&mut self.0).await.ok()?;
        Some(Timestamp::from_micros(seconds.saturating_mul(1_000_000).saturating_add(micros)))
    }
}
