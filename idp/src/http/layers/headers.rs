//! Headers that every response carries.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use url::form_urlencoded;

use crate::app::App;

/// The parameters of addresses with which anybody can do something: links of letters, and invitations.
const SECRETS: [&str; 2] = ["token", "invitation"];

/// Whether the address of a page holds a secret.
fn holds_a_secret(request: &Request) -> bool {
    let query = request.uri().query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| SECRETS.contains(&&*name))
}

/// The outermost layer. It keeps headers that the response has already set.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    // With no-referrer our own forms would send `Origin: null`. Requests for styles and scripts would hand on the whole address, to every log
    // on their way.
    let referrer = if holds_a_secret(&request) { "strict-origin" } else { "same-origin" };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(header::CACHE_CONTROL, "no-store");
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::X_FRAME_OPTIONS, "DENY");
    put(header::REFERRER_POLICY, referrer);
    put(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    put(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    // Relying parties open the pages of an interaction as popups and wait until they close.
    put(HeaderName::from_static("cross-origin-opener-policy"), "unsafe-none");
    put(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    if app.config.issuer.is_https() {
        let all_below = app.config.http.hsts_include_subdomains;
        put(
            header::STRICT_TRANSPORT_SECURITY,
            if all_below { "max-age=63072000; includeSubDomains" } else { "max-age=63072000" },
        );
    }
    if headers.get(header::CACHE_CONTROL).is_some_and(|value| value == "no-store") {
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    }
    response
}
