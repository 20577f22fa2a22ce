//! Values on the command line, and in its answers.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serializer;

use crate::base::clock::Timestamp;
use crate::base::device;
use crate::base::network::Network;
use crate::config::units;
use crate::jose::Algorithm;
use crate::oidc::scope::ScopeSet;

pub(super) fn duration(text: &str) -> Result<Duration, &'static str> {
    units::parse_duration(text).ok_or("a duration needs a unit (d, h, m, s, ms), such as \"5s\"")
}

/// A moment in the past: a time in RFC 3339, or a duration before now.
pub(super) fn moment_before(now: Timestamp, text: &str) -> Result<Timestamp, &'static str> {
    let before = units::parse_duration(text).map(|duration| now - duration);
    before
        .or_else(|| Timestamp::parse(text))
        .ok_or("a time is written like \"2026-01-31T12:00:00Z\", or as a duration like \"1h\"")
}

/// A moment in the future: a time in RFC 3339.
pub(super) fn moment(text: &str) -> Result<Timestamp, &'static str> {
    Timestamp::parse(text).ok_or("a time is written like \"2026-01-31T12:00:00Z\"")
}

pub(super) fn algorithms() -> impl TypedValueParser<Value = Algorithm> {
    PossibleValuesParser::new(Algorithm::ALL.map(Algorithm::as_str))
        .try_map(|name| Algorithm::from_name(&name).ok_or("no such algorithm"))
}

pub(super) fn scope(text: &str) -> Result<ScopeSet, String> {
    ScopeSet::parse(text).map_err(|error| error.description.into_owned())
}

pub(super) fn network(text: &str) -> Result<Network, &'static str> {
    Network::parse(text).ok_or("an address or a range of addresses, such as \"10.0.0.0/8\" or \"fd00::/8\"")
}

pub(super) fn rfc3339<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(time)
}

/// The longest part of an unknown `User-Agent` that is shown.
const UNKNOWN_DEVICE: usize = 40;

/// The browser and its system, or the beginning of what it calls itself.
pub(super) fn device_name(user_agent: &str) -> String {
    match (device::browser(user_agent), device::system(user_agent)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => user_agent.chars().take(UNKNOWN_DEVICE).collect(),
    }
}
