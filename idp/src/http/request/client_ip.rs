//! The address that a request came from.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;

use crate::app::App;
use crate::base::network::Network;
use crate::config::ForwardedHeader;

/// Where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The address of the client: that of the connection, or the one that a trusted proxy forwards for.
    pub address: IpAddr,
    /// The key of rate limits: the network of the address, or a separate bucket if the proxy's header is unreadable.
    pub bucket: String,
    /// Whether the proxy's header could be read, if there was one.
    pub is_readable: bool,
}

impl FromRequestParts<App> for Source {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(of(parts, app))
    }
}

impl Source {
    /// The address for rules by network; `None` if it may be that of a proxy, which such a rule must not take for the client's.
    pub fn certain(&self) -> Option<IpAddr> {
        self.is_readable.then_some(self.address)
    }

    fn of(address: IpAddr) -> Self {
        Self { address, bucket: network(address), is_readable: true }
    }

    /// All requests whose header is unreadable share one set of limits, separate from all others.
    fn unreadable(peer: IpAddr) -> Self {
        Self { address: peer, bucket: format!("unreadable:{}", network(peer)), is_readable: false }
    }
}

/// Where a request comes from.
pub fn of(parts: &Parts, app: &App) -> Source {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let peer = peer.unwrap_or(IpAddr::from([127, 0, 0, 1]));
    let http = &app.config.http;
    let trusted = is_in(&http.trusted_proxies, peer);
    // One header and never both: a proxy that writes one of them passes on the other as the client wrote it.
    let header = http.forwarded_header.as_str();
    let mut lines = parts.headers.get_all(header).iter();
    match (lines.next(), lines.next()) {
        // It may be anybody behind the proxy.
        (None, _) if trusted && !http.proxy_protocol => {
            let is_first = !app.config.role_networks.is_empty() && app.notices.first("silent proxy");
            if is_first {
                tracing::warn!("the proxy {peer} sends no {header}: role_networks admit nobody behind it");
            }
            Source { is_readable: false, ..Source::of(peer) }
        }
        (None, _) => Source::of(peer),
        (Some(_), _) if !trusted => {
            if app.notices.first("untrusted proxy") {
                tracing::warn!(
                    "{header} came from {peer}, which is not in http.trusted_proxies: it is not believed, and limits count \
                     by the address of the connection"
                );
            }
            Source::of(peer)
        }
        (Some(line), None) if line.to_str().is_ok() => {
            let line = line.to_str().unwrap_or_default();
            match believed(peer, line, http.forwarded_header, &http.trusted_proxies) {
                Ok(address) => Source::of(address),
                Err(last) => Source::unreadable(last),
            }
        }
        // The proxy has passed on the client's line beside its own, and the two cannot be told apart.
        _ => {
            if app.notices.first("unreadable proxy") {
                tracing::warn!(
                    "the proxy {peer} sent {header} in several lines, or not as text: it is not believed; the proxy must send one line, in place of what the client sent"
                );
            }
            Source::unreadable(peer)
        }
    }
}

/// Follows the hops backwards from the address of the connection, as long as they are trusted proxies: each appends the
/// address that it saw. The error is the last proxy, if its entry is unreadable.
fn believed(peer: IpAddr, line: &str, header: ForwardedHeader, trusted: &[Network]) -> Result<IpAddr, IpAddr> {
    let hops: Vec<Option<IpAddr>> = match header {
        ForwardedHeader::XForwardedFor => line.split(',').map(node).collect(),
        ForwardedHeader::Forwarded => forwarded(line).ok_or(peer)?,
    };
    let (mut believed, mut hops) = (peer, hops.into_iter().rev());
    while is_in(trusted, believed) {
        match hops.next() {
            Some(Some(address)) => believed = address,
            // Unknown, hidden or broken: the entries before it may be forged.
            Some(None) => return Err(believed),
            None => break,
        }
    }
    Ok(believed)
}

/// The `for` of each element of a `Forwarded` header: RFC 7239 §4. `None` if a quoted string is not closed: what a
/// proxy appended would then be part of the client's string.
fn forwarded(line: &str) -> Option<Vec<Option<IpAddr>>> {
    let of_element = |element| {
        let pairs = split_unquoted(element, ';')?;
        let mut named = pairs.iter().filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = named.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
        node(value.trim().trim_matches('"'))
    };
    Some(split_unquoted(line, ',')?.into_iter().map(of_element).collect())
}

/// The parts between separators outside quoted strings; `None` if a quoted string is not closed.
fn split_unquoted(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut begin, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if c == separator && !quoted => {
                parts.push(&text[begin..at]);
                begin = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    (!quoted).then_some(parts)
}

/// An address with or without a port: RFC 7239 §6. `None` if it is `unknown` or obfuscated.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// Whether an address is in one of these networks.
pub fn is_in(networks: &[Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

/// The network of one household or host: an IPv4 address, or the first 64 bits of an IPv6 address.
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(header: ForwardedHeader, peer: &str, line: &str) -> String {
        let trusted = [Network::parse("10.0.0.0/8").unwrap(), Network::parse("fd00::/8").unwrap()];
        match believed(peer.parse().unwrap(), line, header, &trusted) {
            Ok(address) => address.to_string(),
            Err(last) => format!("unreadable from {last}"),
        }
    }

    #[test]
    fn o2_addresses_are_believed_as_far_back_as_trusted_proxies_have_written_them() {
        let of = |peer, line| of(ForwardedHeader::XForwardedFor, peer, line);
        assert_eq!(of("203.0.113.1", "198.51.100.1"), "203.0.113.1", "a stranger's word");
        assert_eq!(of("10.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(of("10.0.0.1", "1.2.3.4, 198.51.100.1"), "198.51.100.1", "the client's own invention");
        assert_eq!(of("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.2"), "198.51.100.1", "two proxies");
        assert_eq!(of("10.0.0.1", "198.51.100.1:4711"), "198.51.100.1", "a port");
        assert_eq!(of("10.0.0.1", "1.2.3.4, nonsense"), "unreadable from 10.0.0.1");
        assert_eq!(of("10.0.0.1", "1.2.3.4, nonsense, 10.0.0.7"), "unreadable from 10.0.0.7");
        assert_eq!(of("10.0.0.1", "10.0.0.2"), "10.0.0.2", "a client that is a proxy itself");
        assert_eq!(of("10.0.0.1", ""), "unreadable from 10.0.0.1");
        assert_eq!(of("fd00::1", "2001:db8::7"), "2001:db8::7");
    }

    #[test]
    fn o2_forwarded_is_read_as_rfc_7239_writes_it() {
        let of = |peer, line| of(ForwardedHeader::Forwarded, peer, line);
        assert_eq!(of("10.0.0.1", "for=198.51.100.1;proto=https;by=203.0.113.43"), "198.51.100.1");
        assert_eq!(of("10.0.0.1", "For=\"[2001:db8:cafe::17]:4711\""), "2001:db8:cafe::17");
        assert_eq!(of("10.0.0.1", "for=1.2.3.4, proto=https;for=\"198.51.100.1:80\", for=10.0.0.9"), "198.51.100.1");
        assert_eq!(of("10.0.0.1", "for=1.2.3.4, for=unknown"), "unreadable from 10.0.0.1");
        assert_eq!(of("10.0.0.1", "for=1.2.3.4, for=_hidden"), "unreadable from 10.0.0.1");
        assert_eq!(
            of("10.0.0.1", "for=\"1.2.3.4, for=198.51.100.1\""),
            "unreadable from 10.0.0.1",
            "a comma in quotes"
        );
        for open in [
            "for=6.6.6.6;x=\", for=198.51.100.1",
            "for=6.6.6.6, for=\"198.51.100.1",
            "for=6.6.6.6;x=\"\\\", for=198.51.100.1",
        ] {
            assert_eq!(of("10.0.0.1", open), "unreadable from 10.0.0.1", "{open}");
        }
        assert_eq!(of("203.0.113.1", "for=198.51.100.1"), "203.0.113.1");
    }

    proptest! {
        #[test]
        fn no_header_panics(line in "[ -~]{0,120}") {
            for header in ForwardedHeader::ALL {
                of(header, "10.0.0.1", &line);
            }
        }
    }
}
