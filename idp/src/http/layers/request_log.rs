//! Logs one line for each request, and counts it.

use std::net::IpAddr;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::app::App;
use crate::http::diagnosis::Diagnosis;
use crate::http::layers::guard;
use crate::http::request::client_ip;
use crate::http::request::id::RequestId;
use crate::store::origin::Origin;

/// The methods that are counted by name; clients could invent any number of others.
const METHODS: [&str; 7] = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"];

/// Routes that monitoring and every page request all the time.
const OFTEN: [&str; 2] = ["/health/", "/static/"];

/// Adds the client to everything that is logged for this request, and to the events of its changes. Only a registered
/// client, never a value as sent.
pub fn name_client(client_id: &str) {
    tracing::Span::current().record("client", client_id);
    Origin::name_client(client_id);
}

/// Counts a request when it is dropped, so that one without a response counts, too.
struct Counted<'a> {
    app: &'a App,
    method: &'static str,
    route: &'a str,
    status: u16,
    began: std::time::Instant,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.app.metrics.request_ends(self.method, self.route, self.status, self.began.elapsed());
    }
}

/// The layer that gives each request an id, a span and a line, and counts it. It logs the path of the route and never
/// the URL as sent: a query may hold codes and tokens.
pub async fn layer(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = RequestId::new(&app.random);
    request.extensions_mut().insert(id.clone());
    let method = METHODS.into_iter().find(|name| *name == request.method().as_str()).unwrap_or("other");
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("-", MatchedPath::as_str);
    // Every event that is logged while the request is handled carries its id, at any level.
    let empty = tracing::field::Empty;
    let span = tracing::error_span!("request", id = id.as_str(), method, route, client = empty, status = empty);
    app.metrics.request_begins();
    let (parts, body) = request.into_parts();
    let address = app.config.log.addresses.then(|| client_ip::of(&parts, &app).address);
    let request = Request::from_parts(parts, body);
    let mut counted = Counted { app: &app, method, route, status: 499, began: std::time::Instant::now() };
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert("x-request-id", value);
    }
    counted.status = response.status().as_u16();
    let micros = u64::try_from(counted.began.elapsed().as_micros()).unwrap_or(u64::MAX);
    let diagnosis = response.extensions_mut().remove::<Diagnosis>().or_else(|| {
        // A method that the route does not take, or a form that is shown again.
        let status = response.status();
        status.is_client_error().then(|| Diagnosis::in_words(status.canonical_reason().unwrap_or_default(), None))
    });
    let line = Line { route, status: counted.status, micros, address, diagnosis: diagnosis.as_ref() };
    span.in_scope(|| write(&app, &line));
    // For traces. Recorded only after the line was written, which would otherwise have the status twice.
    span.record("status", counted.status);
    response
}

/// Counts and logs a request that was refused before all of it was read, because its headers are too long.
pub fn too_large(app: &App) {
    let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.as_u16();
    app.metrics.request_begins();
    app.metrics.request_ends("other", "-", status, std::time::Duration::ZERO);
    let difference = guard::headers_too_long(&app.config.http);
    let diagnosis = Diagnosis::in_words(guard::HEADERS_TOO_LONG, Some(difference));
    write(app, &Line { route: "-", status, micros: 0, address: None, diagnosis: Some(&diagnosis) });
}

/// What the line of a request says.
struct Line<'a> {
    route: &'a str,
    status: u16,
    micros: u64,
    /// The address of the client, if it is to be logged.
    address: Option<IpAddr>,
    /// Why it was refused.
    diagnosis: Option<&'a Diagnosis>,
}

/// Writes the line of a request, with the reason if it was refused.
fn write(app: &App, line: &Line<'_>) {
    let Line { route, status, micros, address, diagnosis } = *line;
    let address = address.map(tracing::field::display);
    let place = route.strip_prefix(app.config.issuer.path()).unwrap_or(route);
    if diagnosis.is_none() && OFTEN.iter().any(|often| place.starts_with(often)) {
        return tracing::debug!(address, status, micros, "request");
    }
    let difference = diagnosis.and_then(|diagnosis| diagnosis.difference.as_ref());
    tracing::info!(
        address,
        status,
        micros,
        reason = diagnosis.map(|diagnosis| diagnosis.reason.as_str()),
        code = diagnosis.and_then(|diagnosis| diagnosis.code),
        of = difference.map(|difference| difference.of),
        came = difference.map(|difference| difference.came.as_str()),
        expected = difference.map(|difference| difference.expected.as_str()),
        reference = diagnosis.and_then(|diagnosis| diagnosis.reference.as_ref()).map(tracing::field::display),
        "request"
    );
}
