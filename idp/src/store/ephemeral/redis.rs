//! The ephemeral store that replicas share: Redis 6.2 or newer, or a server that speaks its protocol.
//!
//! Each operation is one script, so that it is atomic for all replicas. Keys are fingerprints and values are sealed:
//! the server learns neither names nor addresses nor the values.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncTypedCommands, Client, RedisError, Script, ScriptInvocation};

use super::memory::Memory;
use super::terms::{Crowd, Rate, Result, Unavailable};
use crate::base::clock::{Clock, SKEW, Timestamp};
use crate::base::random::Random;
use crate::base::seal::SealingKey;
use crate::base::secret::Secret;

/// How long a server that did not answer is left alone, so that requests do not wait for a lost one.
const REST: Duration = Duration::from_secs(1);

/// How to reach the server.
#[derive(Clone, Debug)]
pub struct Options {
    /// `redis://`, `rediss://` or `unix://`, perhaps with a password.
    pub url: Secret,
    /// The prefix of all keys.
    pub prefix: String,
    /// How long an answer may take.
    pub timeout: Duration,
}

/// The store on a Redis.
pub struct Redis {
    connection: ConnectionManager,
    prefix: String,
    clock: Clock,
    random: Random,
    key: SealingKey,
    scripts: Scripts,
    /// Counts rates while the server is lost.
    local: Memory,
    answered: AtomicU64,
    failed: AtomicU64,
    /// Until when the server is left alone, in microseconds of monotonic time.
    resting: AtomicU64,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

struct Scripts {
    put: Script,
    take: Script,
    once: Script,
    limit: Script,
    give_back: Script,
    gather: Script,
}

impl Scripts {
    fn new() -> Self {
        Self {
            put: Script::new(
                "redis.call('HSET', KEYS[1], 'e', ARGV[1], 'd', ARGV[3])
                 redis.call('PEXPIRE', KEYS[1], ARGV[2])",
            ),
            take: Script::new(
                "local held = redis.call('HMGET', KEYS[1], 'e', 'd')
                 redis.call('DEL', KEYS[1])
                 return held",
            ),
            // A missing epoch means that the store is empty: nothing is known of proofs made until now. An epoch in the
            // future dates from before the clock was set back.
            once: Script::new(
                "local now, made = tonumber(ARGV[1]), tonumber(ARGV[2])
                 local epoch = redis.call('GET', KEYS[2])
                 if not epoch or tonumber(epoch) > now + tonumber(ARGV[5]) then
                   epoch = ARGV[1]
                   redis.call('SET', KEYS[2], epoch)
                 end
                 if made <= tonumber(epoch) or made > now + tonumber(ARGV[5]) then return 0 end
                 local seen = redis.call('GET', KEYS[1])
                 if seen and tonumber(seen) > now then return 0 end
                 redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
                 return 1",
            ),
            limit: Script::new(
                "local now, period, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
                 local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
                 -- Further ahead no rate can be, unless the clock was set back: it is as good as used up.
                 if arrival > now + tolerance + period + tonumber(ARGV[4]) then arrival = now + tolerance end
                 local ahead = arrival - now
                 if ahead > tolerance then return ahead - tolerance end
                 redis.call('SET', KEYS[1], string.format('%.0f', arrival + period), 'PX', math.ceil((ahead + period) / 1000))
                 return 0",
            ),
            // An arrival that is past now counts as now.
            give_back: Script::new(
                "local arrival = redis.call('GET', KEYS[1])
                 if arrival then
                   redis.call('SET', KEYS[1], string.format('%.0f', tonumber(arrival) - tonumber(ARGV[1])), 'KEEPTTL')
                 end
                 return 0",
            ),
            // A HyperLogLog: its size is bounded, and its members cannot be listed.
            gather: Script::new(
                "local is_new = redis.call('PFADD', KEYS[1], ARGV[1])
                 redis.call('PEXPIRE', KEYS[1], ARGV[3])
                 if is_new == 0 then return 0 end
                 local count = redis.call('PFCOUNT', KEYS[1])
                 if count < tonumber(ARGV[2]) then return 0 end
                 if not redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[3]) then return 0 end
                 return count",
            ),
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX / 4)
}

impl Redis {
    /// A store that connects on first use, so that an unreachable server does not prevent the start. `Err` if the
    /// address is not valid.
    pub fn new(
        options: &Options,
        key: SealingKey,
        clock: Clock,
        random: Random,
    ) -> std::result::Result<Self, RedisError> {
        let client = Client::open(options.url.expose())?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(10))
            .set_max_delay(Duration::from_millis(100))
            .set_connection_timeout(Some(options.timeout))
            .set_response_timeout(Some(options.timeout));
        Ok(Self {
            connection: ConnectionManager::new_lazy_with_config(client, config)?,
            prefix: options.prefix.clone(),
            local: Memory::new(clock.clone()),
            clock,
            random,
            key,
            scripts: Scripts::new(),
            answered: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            resting: AtomicU64::new(0),
        })
    }

    /// Begins an epoch if there is none. Returns the eviction policy of the server if that policy may evict proofs.
    pub async fn begin(&self) -> Result<Option<String>> {
        let now = self.clock.now();
        let mut connection = self.connection.clone();
        let begun = connection.set_nx(self.name("epoch", ""), now.micros()).await;
        self.outcome(begun)?;
        let memory: std::result::Result<String, RedisError> =
            redis::cmd("INFO").arg("memory").query_async(&mut connection).await;
        let memory = memory.unwrap_or_default();
        let policy = memory.lines().find_map(|line| line.strip_prefix("maxmemory_policy:")).map(str::trim);
        Ok(policy.filter(|policy| *policy != "noeviction").map(str::to_owned))
    }

    /// The name of a key on the server. The braces keep all of one provider in one slot of a cluster.
    fn name(&self, kind: &str, key: &str) -> String {
        let print = if key.is_empty() { String::new() } else { format!(":{}", self.key.fingerprint(key)) };
        format!("{{{}}}:{kind}{print}", self.prefix)
    }

    /// How long the server keeps an entry that expires at this moment: until then by our clock, and a little longer.
    fn sweep_after(&self, expires_at: Timestamp) -> u64 {
        let lives = expires_at.since(self.clock.now());
        u64::try_from(lives.as_millis()).unwrap_or(u64::MAX / 2) + 60_000
    }

    fn outcome<T>(&self, outcome: std::result::Result<T, RedisError>) -> Result<T> {
        let count = if outcome.is_ok() { &self.answered } else { &self.failed };
        count.fetch_add(1, Ordering::Relaxed);
        outcome.map_err(|error| {
            let now = self.clock.passed();
            let before = self.resting.swap(micros(now + REST), Ordering::AcqRel);
            // One log line for each outage, not one for each request during it.
            if before == 0 || before < micros(now.saturating_sub(REST)) {
                tracing::warn!("Redis does not answer: {error}");
            }
            Unavailable
        })
    }

    async fn ask<T: redis::FromRedisValue>(&self, call: &ScriptInvocation<'_>) -> Result<T> {
        if micros(self.clock.passed()) < self.resting.load(Ordering::Acquire) {
            return Err(Unavailable);
        }
        self.outcome(call.invoke_async(&mut self.connection.clone()).await)
    }

    pub(super) async fn put(&self, key: &str, value: &[u8], expires_at: Timestamp) -> Result<()> {
        let mut call = self.scripts.put.key(self.name("value", key));
        call.arg(expires_at.micros()).arg(self.sweep_after(expires_at)).arg(self.key.seal(&self.random, key, value));
        self.ask(&call).await
    }

    pub(super) async fn take(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let (expires_at, sealed) = self.ask(&self.scripts.take.key(self.name("value", key))).await?;
        Ok(self.open(key, expires_at, sealed))
    }

    fn open(&self, key: &str, expires_at: Option<i64>, sealed: Option<String>) -> Option<Vec<u8>> {
        let live = Timestamp::from_micros(expires_at?) > self.clock.now();
        self.key.open(key, &sealed?).filter(|_| live).map(|value| value.to_vec())
    }

    pub(super) async fn once(&self, key: &str, made_at: Timestamp, expires_at: Timestamp) -> Result<bool> {
        let mut call = self.scripts.once.key(self.name("proof", key));
        call.key(self.name("epoch", ""))
            .arg(self.clock.now().micros())
            .arg(made_at.micros())
            .arg(expires_at.micros())
            .arg(self.sweep_after(expires_at))
            .arg(micros(SKEW));
        self.ask(&call).await
    }

    pub(super) async fn limit(&self, key: &str, rate: Rate) -> std::result::Result<(), Duration> {
        let mut call = self.scripts.limit.key(self.name("rate", key));
        call.arg(self.clock.now().micros()).arg(micros(rate.period)).arg(micros(rate.tolerance())).arg(micros(SKEW));
        match self.ask::<u64>(&call).await {
            Ok(0) => Ok(()),
            Ok(wait) => Err(Duration::from_micros(wait)),
            Err(Unavailable) => self.local.limit(key, rate),
        }
    }

    pub(super) async fn give_back(&self, key: &str, rate: Rate) {
        let mut call = self.scripts.give_back.key(self.name("rate", key));
        call.arg(micros(rate.period));
        if self.ask::<u64>(&call).await.is_err() {
            self.local.give_back(key, rate);
        }
    }

    pub(super) async fn gather(&self, key: &str, member: &str, crowd: Crowd) -> Result<Option<u64>> {
        let now = self.clock.now();
        let key = format!("{}:{key}", crowd.window_at(now));
        let mut call = self.scripts.gather.key(self.name("crowd", &key));
        call.key(self.name("told", &key))
            .arg(self.key.fingerprint(&format!("{key}:{member}")))
            .arg(crowd.least)
            .arg(self.sweep_after(now + crowd.window));
        let count: u64 = self.ask(&call).await?;
        Ok((count > 0).then_some(count))
    }

    /// How many requests the server answered, and how many not.
    pub(super) fn usage(&self) -> (u64, u64) {
        (self.answered.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed))
    }

    pub(super) async fn answers(&self) -> bool {
        let pong: std::result::Result<String, RedisError> =
            redis::cmd("PING").query_async(&mut self.connection.clone()).await;
        pong.is_ok()
    }
}
