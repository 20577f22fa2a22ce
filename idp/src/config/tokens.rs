//! `[tokens]`: how long what is issued lives, and what signs it.

use std::time::Duration;

use super::reader::{at_most, between, rule, section};
use super::units::{days, hours, minutes, seconds};
use crate::jose::algorithm::Algorithm;

section! {
    /// How long codes, tokens and signing keys live, and which algorithms sign.
    pub struct Tokens("tokens") {
        /// How long an authorization code can be exchanged.
        authorization_code: Duration = seconds(60), must(between(seconds(10), seconds(60)));
        /// How long an access token is valid.
        access_token: Duration = minutes(10), must(between(minutes(1), minutes(60)));
        /// How long an ID token is valid.
        id_token: Duration = minutes(10), must(between(minutes(1), hours(24))), should(between(minutes(1), hours(1)));
        /// How long a refresh token lives without being used.
        refresh_idle: Duration = days(14), must(between(hours(1), days(90)));
        /// How long a refresh token lives at most, however often it is used.
        refresh_absolute: Duration = days(90), must(between(hours(1), days(730)));
        /// How long a refresh token that was rotated still leads to the newest one of its family.
        refresh_grace: Duration = seconds(30), must(at_most(seconds(60)));
        /// How long a signing key is used before the next one takes over.
        key_rotation: Duration = days(90), should(between(days(7), days(365)));
        /// How long the next signing key is published before it signs.
        key_publish_ahead: Duration = hours(24), must(between(minutes(15), days(30)));
        /// The algorithms to sign with; the first is the default.
        signing_algorithms: Vec<Algorithm> = vec![Algorithm::RS256],
            must(rule("at least one of \"RS256\", \"ES256\", \"PS256\", \"EdDSA\"", |algorithms: &Vec<_>| !algorithms.is_empty())),
            should(rule("RS256 among them, which every client understands (OpenID Connect Discovery §3)",
                |algorithms: &Vec<_>| algorithms.contains(&Algorithm::RS256)));
    }
}
