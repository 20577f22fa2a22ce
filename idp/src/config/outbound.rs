//! `[outbound]`: what Latchkey fetches from other servers.

use std::path::PathBuf;
use std::time::Duration;

use super::reader::{between, each, rule, section};
use super::source::Raw;
use super::units::{Size, minutes, seconds};
use super::value::{Value, quoted};
use crate::base::network::Network;
use crate::outbound::host::HostRule;

section! {
    /// Requests to other servers, such as the providers that people sign in with. Only the public internet is asked, by https, and
    /// redirects are not followed: nobody reaches by a name what only this machine can reach.
    pub struct Outbound("outbound") {
        /// Addresses and ranges that may be asked beside the public internet, such as a provider in one's own network; also without https.
        allowed_networks: Vec<Network> = vec![],
            must(each(rule("addresses and ranges, such as \"10.0.0.0/8\"; not every address there is", |n: &Network| !n.is_everything())));
        /// The hosts that may be asked, such as `accounts.google.com` or `*.example.com`.
        allowed_hosts: Vec<HostRule> = vec![], otherwise("every host");
        /// A file of certificates in PEM that servers may have besides those of known authorities.
        ca_file: Option<PathBuf> = None;
        /// How long an answer may take, from the request to its end.
        timeout: Duration = seconds(10), must(between(Duration::from_millis(100), minutes(1)));
        /// The largest answer.
        largest: Size = Size::mib(1), must(between(Size::kib(64), Size::mib(16)));
        /// How many requests run at once; half of them at most to one host. Others wait for five seconds.
        at_once: u32 = 32, must(between(2, 1024));
    }
}

impl Value for HostRule {
    fn expected() -> String {
        "a host".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        let wanted = || "a host, such as \"id.example.com\", or \"*.example.com\" for those below it".to_owned();
        raw.text().and_then(HostRule::parse).ok_or_else(wanted)
    }
    fn render(&self) -> String {
        quoted(&self.to_string())
    }
}
