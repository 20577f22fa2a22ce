//! The address that a request came from.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;

use crate::app::App;

/// The address of the client: that of the connection, or, if that is a trusted proxy's, the one that it forwards for.
pub fn of(parts: &Parts, app: &App) -> IpAddr {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let peer = peer.unwrap_or(IpAddr::from([127, 0, 0, 1]));
    let trusted = |address: IpAddr| app.config.http.trusted_proxies.iter().any(|network| network.contains(address));
    if !trusted(peer) {
        return peer;
    }
    // Each proxy appends the address that it saw; only what trusted proxies have written can be believed.
    let forwarded = parts.headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let chain: Vec<&str> = forwarded.flat_map(|line| line.split(',')).map(str::trim).collect();
    for address in chain.into_iter().rev() {
        match address.parse() {
            Ok(address) if trusted(address) => {}
            Ok(address) => return address,
            Err(_) => break,
        }
    }
    peer
}

/// What one household or host has: an IPv4 address, or the first 64 bits of an IPv6 address.
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
