//! What this server sees of a request: whoever operates it finds out what a proxy in front makes of one.

use std::net::{IpAddr, SocketAddr};

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::config::ForwardedHeader;
use crate::http::error::Error;
use crate::http::request::client_ip;
use crate::keys::probe;

/// What the server saw of a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seen {
    /// The version of the server.
    pub latchkey: String,
    /// The address of the client.
    pub address: IpAddr,
    /// Whether the proxy's header could be read, if there was one.
    pub readable: bool,
    /// The address and port of the connection.
    pub peer: Option<SocketAddr>,
    /// Whether that is a trusted proxy.
    pub trusted: bool,
    /// The header in which a proxy is believed to name the client.
    pub header: String,
    /// The lines of that header.
    pub lines: Vec<String>,
    /// How many lines there were of the headers that are not believed.
    pub other_lines: usize,
    /// The host that the request named.
    pub host: Option<String>,
    /// `http` or `https`, as the proxy says, else as the server is configured.
    pub scheme: String,
}

/// Answers `latchkey doctor`, and nobody else.
pub async fn get(State(app): State<App>, request: Request) -> Result<Json<Seen>, Error> {
    let (parts, _) = request.into_parts();
    let proof = parts.headers.get(probe::HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !probe::holds(&app.vault, proof, app.now()) {
        return Err(Error::Http(StatusCode::NOT_FOUND, "there is nothing here"));
    }
    let source = client_ip::of(&parts, &app);
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let http = &app.config.http;
    let host =
        parts.uri.authority().map(ToString::to_string).or_else(|| lines(&parts.headers, "host").into_iter().next());
    let believed = http.forwarded_header;
    let others = ForwardedHeader::ALL.into_iter().filter(|header| *header != believed);
    let proto = lines(&parts.headers, "x-forwarded-proto").into_iter().next();
    let own = if app.config.tls.certificate_file.is_some() { "https" } else { "http" };
    Ok(Json(Seen {
        latchkey: env!("CARGO_PKG_VERSION").to_owned(),
        address: source.address,
        readable: source.is_readable,
        peer,
        trusted: peer.is_some_and(|peer| client_ip::is_in(&http.trusted_proxies, peer.ip())),
        header: believed.as_str().to_owned(),
        lines: lines(&parts.headers, believed.as_str()),
        other_lines: others.map(|header| lines(&parts.headers, header.as_str()).len()).sum(),
        host,
        scheme: proto.unwrap_or_else(|| own.to_owned()),
    }))
}

/// The longest part of a header that is told, in characters.
const LONGEST: usize = 300;

/// The lines of a header, each cut to what is worth reading.
fn lines(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).chars().take(LONGEST).collect())
        .collect()
}
