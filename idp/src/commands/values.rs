//! Values on the command line, and in its answers.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serializer;

use crate::base::clock::Timestamp;
use crate::config::units;
use crate::jose::Algorithm;
use crate::oidc::scope::ScopeSet;

pub(super) fn duration(text: &str) -> Result<Duration, &'static str> {
    units::parse_duration(text).ok_or("a duration has a unit (d, h, m, s, ms), such as \"5s\"")
}

pub(super) fn algorithms() -> impl TypedValueParser<Value = Algorithm> {
    PossibleValuesParser::new(Algorithm::ALL.map(Algorithm::as_str))
        .try_map(|name| Algorithm::from_name(&name).ok_or("no such algorithm"))
}

pub(super) fn scope(text: &str) -> Result<ScopeSet, String> {
    ScopeSet::parse(text).map_err(|error| error.description.into_owned())
}

pub(super) fn rfc3339<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(time)
}
