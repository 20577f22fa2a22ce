//! Redirects.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::http::error::Error;

/// A redirect that turns every method into GET: RFC 9110 §15.4.4. Never 307, which would send a password on.
pub fn see_other(location: &str) -> Result<Response, Error> {
    let location = HeaderValue::from_str(location);
    let location =
        location.map_err(|_| Error::Http(StatusCode::BAD_REQUEST, "the address cannot be put in a header"))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}
