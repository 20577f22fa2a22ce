//! `[http]`: where and how connections are taken.

use std::net::SocketAddr;
use std::time::Duration;

use super::reader::{at_least, between, each, if_set, rule, section};
use super::units::{Size, minutes, seconds};
use super::value::named;
use crate::base::network::Network;

section! {
    /// Where and how connections are accepted.
    pub struct Http("http") {
        /// The address and port to listen on.
        listen: Option<SocketAddr> = None, otherwise("127.0.0.1 at the port of a loopback issuer, else at 8080");
        /// Further `Host` headers to answer, besides the issuer's own; all others are refused with 421.
        extra_hosts: Vec<String> = vec![],
            must(each(rule("hosts as in a URL, such as \"latchkey:8080\"", |host: &String| is_authority(host))));
        /// Proxies whose forwarding header, or PROXY protocol, is believed; for all other connections the address of
        /// the connection itself counts.
        trusted_proxies: Vec<Network> = vec![],
            must(each(rule("addresses and ranges, such as \"10.0.0.0/8\"; not every address there is", |n: &Network| !n.is_everything())));
        /// The header in which trusted proxies write the client's address. The other header is ignored, since a
        /// client can write it.
        forwarded_header: ForwardedHeader = ForwardedHeader::XForwardedFor;
        /// Whether every connection begins with the PROXY protocol (version 1 or 2); only connections of trusted
        /// proxies are accepted then.
        proxy_protocol: bool = false;
        /// Whether HSTS covers all subdomains of the issuer's host. Browsers remember it for two years, whoever runs
        /// those hosts.
        hsts_include_subdomains: bool = false;
        /// How long a client may take to send the headers of its first request, counted from the start of the
        /// connection (the TLS handshake included); in HTTP/1 also how long until the next request.
        header_timeout: Duration = seconds(10), must(between(seconds(1), minutes(1)));
        /// How long a client may take to send its body.
        body_timeout: Duration = seconds(15), must(between(seconds(1), minutes(2)));
        /// How long a request may take as a whole, and how long its answer waits for the client to read on.
        request_timeout: Duration = seconds(30), must(between(seconds(1), minutes(5)));
        /// How long an HTTP/2 connection stays open without a request in progress.
        idle_timeout: Duration = minutes(1), must(between(seconds(1), minutes(10)));
        /// The largest body of a request.
        body_limit: Size = Size::kib(64), must(between(Size::kib(8), Size::mib(1)));
        /// The longest URL; more than 16 KiB is rarely of use. All headers together, including the URL, may be twice
        /// as long plus 32 KiB.
        url_limit: Size = Size::kib(16), must(between(Size::kib(4), Size::kib(64)));
        /// The most connections at once, as far as the system allows the process that many open files. When all are
        /// taken, a new connection replaces the one that has been quiet longest.
        connections: u32 = 4096, must(at_least(16));
        /// The most connections of one address (IPv4, or IPv6 /64), so that a few addresses cannot take all. Trusted
        /// proxies have no such limit.
        connections_per_address: Option<u32> = None, must(if_set(at_least(8))), otherwise("an eighth of `http.connections`");
        /// How long connections are still accepted after the signal to stop, so that load balancers have time to
        /// notice.
        shutdown_delay: Duration = Duration::from_millis(250), should(between(Duration::from_millis(100), minutes(1)));
        /// How long requests in progress may take after that. Many supervisors kill a process 30 seconds after the
        /// signal.
        shutdown_timeout: Duration = seconds(25), should(between(seconds(1), minutes(5)));
    }
}

impl Http {
    /// How many connections one address may have: by default an eighth, so that four addresses leave half to others. An
    /// eighth of the default is 512, which is enough for an office in which some thousands of people sign in within the
    /// same ten seconds.
    pub fn share_of_an_address(&self) -> u32 {
        self.connections_per_address.unwrap_or((self.connections / 8).max(8))
    }

    /// How long all headers of a request may be together, including its URL.
    pub fn header_limit(&self) -> usize {
        // We seal the URL of a request into our own URLs, which makes it longer.
        self.url_limit.in_bytes() * 2 + 32 * 1024
    }
}

/// The header in which proxies write the address that they speak for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, which most write.
    XForwardedFor,
    /// `Forwarded`: RFC 7239.
    Forwarded,
}

impl ForwardedHeader {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::XForwardedFor, Self::Forwarded];

    /// The header's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }
}

/// Whether the text is a host and perhaps a port as a browser writes them: RFC 3986 §3.2.
fn is_authority(text: &str) -> bool {
    let port = |url: &url::Url| url.port().map_or(String::new(), |port| format!(":{port}"));
    let normal = |url: url::Url| Some(format!("{}{}", url.host_str()?, port(&url)));
    url::Url::parse(&format!("http://{text}/")).ok().and_then(normal).as_deref() == Some(text)
}

named!(ForwardedHeader);
