//! `[http]`: where and how connections are taken.

use std::net::SocketAddr;
use std::time::Duration;

use super::reader::{at_least, between, each, rule, section};
use super::units::{Size, minutes, seconds};
use super::value::Network;

section! {
    /// Where and how connections are taken.
    pub struct Http("http") {
        /// The address and port to listen on.
        listen: Option<SocketAddr> = None, otherwise("127.0.0.1 at the port of a loopback issuer, else at 8080");
        /// Further `Host` headers to answer, besides the issuer's own; all others are refused with 421.
        extra_hosts: Vec<String> = vec![],
            must(each(rule("hosts as in a URL, such as \"latchkey:8080\"", |host: &String| is_authority(host))));
        /// Proxies whose `X-Forwarded-For` is believed; the address of the connection counts for all others.
        trusted_proxies: Vec<Network> = vec![],
            must(each(rule("addresses and ranges, such as \"10.0.0.0/8\"; not every address there is", |n: &Network| !n.is_everything())));
        /// How long a client may take to send its headers.
        header_timeout: Duration = seconds(10), must(between(seconds(1), minutes(1)));
        /// How long a client may take to send its body.
        body_timeout: Duration = seconds(15), must(between(seconds(1), minutes(2)));
        /// How long a request may take as a whole.
        request_timeout: Duration = seconds(30), must(between(seconds(1), minutes(5)));
        /// How long a body may be.
        body_limit: Size = Size::kib(64), must(between(Size::kib(8), Size::mib(1)));
        /// How long a URL may be; more than 16 KiB helps no one.
        url_limit: Size = Size::kib(16), must(between(Size::kib(4), Size::kib(64)));
        /// How many connections may be open at once.
        connections: u32 = 4096, must(at_least(16));
        /// How long requests that are under way may go on after the order to stop.
        shutdown_timeout: Duration = seconds(30), should(between(seconds(1), minutes(5)));
    }
}

/// Whether the text is a host and perhaps a port as a browser writes them: RFC 3986 §3.2.
fn is_authority(text: &str) -> bool {
    let port = |url: &url::Url| url.port().map_or(String::new(), |port| format!(":{port}"));
    let normal = |url: url::Url| Some(format!("{}{}", url.host_str()?, port(&url)));
    url::Url::parse(&format!("http://{text}/")).ok().and_then(normal).as_deref() == Some(text)
}
