//! `[ephemeral]`: the store for data that may be lost.

use std::fmt;
use std::time::Duration;

use super::reader::{between, rule, section};
use super::source::Raw;
use super::units::seconds;
use super::value::{Value, without_credentials};
use crate::base::secret::Secret;

section! {
    /// Where data is kept that may be lost at the price of a retry: rates, and which one-time proofs were used.
    pub struct Ephemeral("ephemeral") {
        /// `redis://user:password@host:port/number`, `rediss://…` for TLS, or `unix:///path`; for several processes,
        /// which share it.
        redis_url: Option<RedisUrl> = None, otherwise("the memory of this process");
        /// The prefix of all keys, so that several providers can share one Redis.
        redis_prefix: String = "latchkey".to_owned(),
            must(rule("letters, digits, '-', '_', '.' and ':'", |text: &String| is_prefix(text)));
        /// How long to wait for an answer of Redis before going on without it.
        redis_timeout: Duration = Duration::from_millis(500), must(between(Duration::from_millis(50), seconds(5)));
    }
}

fn is_prefix(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

/// The address of a Redis, which may hold a password.
#[derive(Clone, Debug)]
pub struct RedisUrl(Secret);

impl RedisUrl {
    /// Reads a URL; an error says what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = || "\"redis://host:6379\", \"rediss://host:6379\" or \"unix:///path\"".to_owned();
        let url = url::Url::parse(text).map_err(|_| wanted())?;
        let known = ["redis", "rediss", "unix", "redis+unix"].contains(&url.scheme());
        if known { Ok(Self(text.into())) } else { Err(wanted()) }
    }

    /// The URL with its password.
    pub fn expose(&self) -> &Secret {
        &self.0
    }
}

impl fmt::Display for RedisUrl {
    /// Without its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown().trim_matches('"'))
    }
}

impl Value for RedisUrl {
    const SECRET: bool = true;
    fn expected() -> String {
        "the URL of a Redis".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        Self::parse(raw.text().ok_or_else(<Self as Value>::expected)?.trim())
    }
    fn render(&self) -> String {
        self.shown()
    }
    fn shown(&self) -> String {
        without_credentials(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redis_is_shown_without_its_password() {
        let shown = |text: &str| RedisUrl::parse(text).unwrap().shown();
        assert_eq!(shown("redis://:hunter2@cache:6379/1"), "\"redis://:***@cache:6379/1\"");
        assert_eq!(shown("unix:///run/redis.sock?pass=hunter2"), "\"unix:///run/redis.sock?***\"");
        for text in ["", "cache:6379", "http://cache"] {
            assert!(RedisUrl::parse(text).is_err(), "{text}");
        }
    }
}
