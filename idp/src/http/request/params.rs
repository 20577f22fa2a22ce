//! The parameters of a request to an endpoint for machines.

use axum::body::Bytes;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};

use crate::app::App;
use crate::http::error::Error;
use crate::oidc::difference::Difference;
use crate::oidc::error::ErrorCode;
use crate::oidc::params::Params;

/// Reads the whole body, within the limits of size and time.
pub async fn body(app: &App, request: Request) -> Result<(Parts, Bytes), Error> {
    let (parts, body) = request.into_parts();
    if parts.headers.contains_key(header::CONTENT_ENCODING) {
        return Err(Error::Http(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a compressed body is not taken"));
    }
    let limit = app.config.http.body_limit.in_bytes();
    let read = tokio::time::timeout(app.config.http.body_timeout, Limited::new(body, limit).collect());
    match read.await {
        Ok(Ok(body)) => Ok((parts, body.to_bytes())),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            let expected = format!("{limit} bytes at most (http.body_limit)");
            let difference = Difference::new("body", format!("more than {limit} bytes"), expected);
            Err(Error::Http(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large").because(difference))
        }
        Ok(Err(_)) => Err(Error::Http(StatusCode::BAD_REQUEST, "the body could not be read")),
        Err(_) => Err(Error::Http(StatusCode::REQUEST_TIMEOUT, "the body took too long")),
    }
}

/// Whether the body is a form: RFC 6749 appendix B.
pub fn is_form(parts: &Parts) -> bool {
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

/// The layer of endpoints that take a form by POST: reads it once, for client authentication and for the handler.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    match read(&app, request).await {
        Ok(request) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

async fn read(app: &App, request: Request) -> Result<Request, Error> {
    if request.method() != axum::http::Method::POST {
        return Ok(request);
    }
    let invalid = |what: &'static str| Error::from(crate::oidc::error::Error::new(ErrorCode::InvalidRequest, what));
    if request.uri().query().is_some_and(|query| !query.is_empty()) {
        // Parameters in a URL end up in logs and histories: RFC 6749 §2.3.1.
        return Err(invalid("parameters belong in the body, not in the URL"));
    }
    let (mut parts, body) = body(app, request).await?;
    if !body.is_empty() && !is_form(&parts) {
        return Err(invalid("the body must be application/x-www-form-urlencoded"));
    }
    let params = Params::parse(&body)?;
    if let Some(name) = params.repeated() {
        return Err(invalid_repeated(name));
    }
    parts.extensions.insert(params);
    Ok(Request::from_parts(parts, axum::body::Body::empty()))
}

fn invalid_repeated(name: &str) -> Error {
    let known = name.len() <= 40 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let name = if known { name } else { "a parameter" };
    crate::oidc::error::Error::new(ErrorCode::InvalidRequest, format!("{name} is there twice")).into()
}

/// The parameters of a form that the layer has read. Unlike `ProvenForm`, it does not prove who sent them.
pub struct FormParams(pub Params);

impl FromRequestParts<App> for FormParams {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        let params = parts.extensions.get::<Params>().cloned();
        Ok(Self(params.map_or_else(|| Params::parse(b""), Ok)?))
    }
}
