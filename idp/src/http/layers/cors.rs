//! Cross-origin requests: discovery and keys are open to every origin, the token endpoint and its neighbours to the
//! origins of registered clients, and all other routes to none. Credentials are never allowed.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::http::diagnosis::Diagnosis;
use crate::http::error::Error;
use crate::oidc::difference::Difference;
use crate::store;

const EXPOSED: &str = "Date, DPoP-Nonce, Retry-After, WWW-Authenticate";
const METHODS: &str = "GET, POST, OPTIONS";
const HEADERS: &str = "Authorization, Content-Type, DPoP";

fn put(response: &mut Response, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}

fn preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn answer_preflight(response: &mut Response) {
    put(response, header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    put(response, header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    put(response, header::ACCESS_CONTROL_MAX_AGE, "3600");
}

/// The layer of documents that every origin may read.
pub async fn everybody(request: Request, next: Next) -> Response {
    let preflight = preflight(&request);
    let mut response = if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    if preflight {
        answer_preflight(&mut response);
    }
    put(&mut response, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    put(&mut response, header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    response
}

/// The layer of endpoints that scripts of registered clients may call.
pub async fn registered_origins(State(app): State<App>, request: Request, next: Next) -> Response {
    let preflight = preflight(&request);
    let origin = request.headers().get(header::ORIGIN).cloned();
    let known = match origin.as_ref().and_then(|origin| origin.to_str().ok()) {
        Some(origin) => match is_origin(&app, origin).await {
            Ok(known) => known,
            Err(error) => return error.into_response(),
        },
        None => false,
    };
    let foreign = origin.as_ref().filter(|origin| !known && *origin != app.config.issuer.origin());
    let foreign = foreign.map(|origin| String::from_utf8_lossy(origin.as_bytes()).into_owned());
    let mut response = if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
    if let (true, Some(origin)) = (known, origin) {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        put(&mut response, header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        if preflight {
            answer_preflight(&mut response);
        }
    } else if let Some(origin) = foreign {
        // The browser withholds the response from the script without a reason, so the log has it.
        let difference = Difference::new("origin", origin, "an origin that is registered for a client");
        Diagnosis::in_words("the origin is not registered", Some(difference)).ride_on(&mut response);
    }
    response
}

async fn is_origin(app: &App, origin: &str) -> Result<bool, Error> {
    // Our own pages are same-origin.
    Ok(origin != app.config.issuer.origin()
        && store::clients::client::is_origin(&mut *app.db.read().await?, origin).await?)
}
