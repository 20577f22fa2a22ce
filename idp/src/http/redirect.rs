//! Redirects.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::http::error::Error;
use crate::site::page::Page;

/// A redirect that turns every method into GET: RFC 9110 §15.4.4. Never 307, which would send a password on.
pub fn see_other(location: &str) -> Result<Response, Error> {
    let location = HeaderValue::from_str(location);
    let location =
        location.map_err(|_| Error::Http(StatusCode::BAD_REQUEST, "the address cannot be put in a header"))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

/// A redirect to one of our pages.
pub fn to_page(app: &App, page: Page) -> Result<Response, Error> {
    see_other(&app.url(page))
}

/// The same with one parameter; its value is not percent-encoded.
pub fn to_page_with(app: &App, page: Page, name: &str, value: &str) -> Result<Response, Error> {
    see_other(&format!("{}?{name}={value}", app.url(page)))
}
