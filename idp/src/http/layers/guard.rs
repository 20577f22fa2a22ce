//! Refuses requests before any handler sees them.

use axum::extract::{OriginalUri, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::config;
use crate::http::error::Error;
use crate::oidc::difference::Difference;

/// The bytes that HTTP/1.1 adds to the name and value of a header.
const LINE: usize = ": \r\n".len();

/// The layer that refuses too long URLs and headers, and requests for other hosts (RFC 9110 §15.5.20). Nothing is
/// derived from the `Host` header; a request that names another host is meant for another server.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    match check_length(&app, &request).and_then(|()| check_host(&app, &request)) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// The same without the check of the host, for routes that may be requested by IP address.
pub async fn any_host(State(app): State<App>, request: Request, next: Next) -> Response {
    match check_length(&app, &request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// The reason of a 431.
pub const HEADERS_TOO_LONG: &str = "the headers are too long";

/// How long headers may be.
pub fn headers_too_long(http: &config::Http) -> Difference {
    let limit = http.header_limit();
    let expected = format!("{limit} bytes at most (32 KiB and twice http.url_limit), in 100 headers");
    Difference::new("headers", "more than that", expected)
}

fn check_length(app: &App, request: &Request) -> Result<(), Error> {
    // The URI as sent: the router has stripped the issuer's path from the other one.
    let uri = request.extensions().get::<OriginalUri>().map_or(request.uri(), |original| &original.0);
    let limit = app.config.http.url_limit.in_bytes();
    // An authorization request within the limit grows when it is sealed into our own URLs.
    let sealed = uri.query().is_some_and(|query| query.starts_with("interaction="));
    let limit = if sealed { limit * 2 } else { limit };
    if uri.path_and_query().is_some_and(|it| it.as_str().len() > limit) {
        let (came, expected) = (format!("more than {limit} bytes"), format!("{limit} bytes at most (http.url_limit)"));
        let error = Error::Http(StatusCode::URI_TOO_LONG, "the URL is too long");
        return Err(error.because(Difference::new("url", came, expected)));
    }
    // hyper has limits, too, but they depend on how the bytes happen to arrive.
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + LINE);
    if headers.sum::<usize>() + uri.path_and_query().map_or(0, |it| it.as_str().len()) > app.config.http.header_limit()
    {
        let error = Error::Http(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, HEADERS_TOO_LONG);
        return Err(error.because(headers_too_long(&app.config.http)));
    }
    Ok(())
}

fn is_ours(app: &App, host: &str) -> bool {
    host.eq_ignore_ascii_case(app.config.issuer.authority())
        || app.config.http.extra_hosts.iter().any(|extra| host.eq_ignore_ascii_case(extra))
}

/// The host that a request names, if it names one.
fn host_of<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> Option<&'r str> {
    if let Some(authority) = uri.authority() {
        return Some(authority.as_str());
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok(),
        _ => None,
    }
}

/// Whether a request names this server's host.
pub fn names_us(app: &App, parts: &Parts) -> bool {
    host_of(&parts.uri, &parts.headers).is_some_and(|host| is_ours(app, host))
}

fn check_host(app: &App, request: &Request) -> Result<(), Error> {
    let named = host_of(request.uri(), request.headers());
    if named.is_some_and(|host| is_ours(app, host)) {
        return Ok(());
    }
    let expected = format!("{}, or one of http.extra_hosts", app.config.issuer.authority());
    let difference = Difference::new("host", named.unwrap_or("none, or more than one"), expected);
    Err(Error::Http(StatusCode::MISDIRECTED_REQUEST, "this server is not that host").because(difference))
}
