//! Why something could not be fetched, in words that an operator can act on.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::names::Nowhere;

/// Why something could not be fetched. None of it holds a path or a query: these may be secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The address may not be asked.
    Refused(Refusal),
    /// Too much is being fetched at the moment.
    Busy,
    /// Nobody has the name.
    Unknown,
    /// There was no connection.
    NotReached(String),
    /// The server has no certificate that is trusted, or does not speak TLS.
    Untrusted(String),
    /// The answer took longer than this.
    Silent(Duration),
    /// The answer is larger than this number of bytes.
    TooLarge(usize),
    /// The answer sends on to another address, which is not followed.
    Redirect,
    /// The connection ended before the answer did, or the answer is no HTTP.
    Broken(String),
}

/// Why an address may not be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no URL of a server.
    NotAnAddress,
    /// It is not encrypted, and not in `outbound.allowed_networks`.
    NotEncrypted,
    /// It holds a name or a password.
    Credentials,
    /// The port belongs to another protocol.
    Port,
    /// It is none of `outbound.allowed_hosts`.
    Host,
    /// It is not on the public internet, and not in `outbound.allowed_networks`.
    Private,
}

impl Refusal {
    const fn says(self) -> &'static str {
        match self {
            Self::NotAnAddress => "it is no https address",
            Self::NotEncrypted => "without https only addresses in outbound.allowed_networks are asked",
            Self::Credentials => "an address with a name or a password in it is not asked",
            Self::Port => "ports below 1024 other than 80 and 443 belong to other protocols",
            Self::Host => "the host is none of outbound.allowed_hosts",
            Self::Private => "it is not on the public internet: outbound.allowed_networks can allow it",
        }
    }
}

/// The names of all outcomes.
pub const OUTCOMES: [&str; 9] =
    ["answered", "refused", "busy", "unreachable", "untrusted", "timeout", "too_large", "redirect", "broken"];

impl Failure {
    /// The name of the outcome in metrics and logs.
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Busy => "busy",
            Self::Unknown | Self::NotReached(_) => "unreachable",
            Self::Untrusted(_) => "untrusted",
            Self::Silent(_) => "timeout",
            Self::TooLarge(_) => "too_large",
            Self::Redirect => "redirect",
            Self::Broken(_) => "broken",
        }
    }

    /// What the HTTP client says.
    pub(super) fn of(error: &reqwest::Error, patience: Duration) -> Self {
        if let Some(nowhere) = causes(error).find_map(|cause| cause.downcast_ref::<Nowhere>()) {
            return match nowhere {
                Nowhere::Unknown => Self::Unknown,
                Nowhere::Private => Self::Refused(Refusal::Private),
            };
        }
        let last = causes(error).last().map_or_else(String::new, ToString::to_string);
        if causes(error).any(is_of_tls) {
            Self::Untrusted(last)
        } else if error.is_timeout() {
            Self::Silent(patience)
        } else if error.is_connect() {
            Self::NotReached(last)
        } else {
            Self::Broken(last)
        }
    }
}

/// Whether an error is of TLS: that of rustls is inside those of connections.
fn is_of_tls(error: &(dyn Error + 'static)) -> bool {
    let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    error.is::<rustls::Error>() || inside.is_some_and(|inside| is_of_tls(inside))
}

/// The error's causes, the nearest first.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => f.write_str(refusal.says()),
            Self::Busy => f.write_str("too much is being fetched at the moment (outbound.at_once)"),
            Self::Unknown => f.write_str("the name has no address"),
            Self::NotReached(why) => write!(f, "there is no connection: {why}"),
            Self::Untrusted(why) => write!(f, "the server is not trusted: {why}"),
            Self::Silent(patience) => write!(f, "there was no answer within {} s", patience.as_secs_f64()),
            Self::TooLarge(most) => write!(f, "the answer is larger than {most} bytes"),
            Self::Redirect => f.write_str("the answer sends on to another address, which is not followed"),
            Self::Broken(why) => write!(f, "the answer cannot be read: {why}"),
        }
    }
}

impl Error for Failure {}
