//! Ways from one address to another.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::diagnosis::Diagnosis;
use super::error::Error;
use super::page::{self, FormPostPage, LeavingPage};
use super::visitor::Visitor;
use crate::app::App;
use crate::oidc::authorization_request::AuthorizationResponse;
use crate::oidc::response_mode::ResponseMode;

/// A redirect that turns every method into GET: RFC 9110 §15.4.4. Never 307, which would send a password on.
pub fn see_other(location: &str) -> Result<Response, Error> {
    let location = HeaderValue::from_str(location);
    let location =
        location.map_err(|_| Error::Http(StatusCode::BAD_REQUEST, "the address cannot be put in a header"))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

/// Answers a request for authorization that nobody was asked about.
pub fn at_once(app: &App, visitor: &Visitor, answer: &AuthorizationResponse) -> Result<Response, Error> {
    let response = match answer.mode {
        ResponseMode::Query | ResponseMode::Fragment => see_other(&answer.location())?,
        ResponseMode::FormPost => form_post(app, visitor, answer)?,
    };
    Ok(diagnosed(response, answer))
}

/// Answers a request for authorization after a form.
pub fn after_form(app: &App, visitor: &Visitor, answer: &AuthorizationResponse) -> Result<Response, Error> {
    let response = match answer.mode {
        ResponseMode::Query | ResponseMode::Fragment => away(app, visitor, &answer.location())?,
        ResponseMode::FormPost => form_post(app, visitor, answer)?,
    };
    Ok(diagnosed(response, answer))
}

/// The way to the client with the refusal that it tells, if it tells one.
fn diagnosed(mut response: Response, answer: &AuthorizationResponse) -> Response {
    if let Some(diagnosis) = Diagnosis::of_answer(answer) {
        diagnosis.ride_on(&mut response);
    }
    response
}

/// Goes from a form of ours to a foreign address: by a page, not a redirect, because browsers hold a form's policy
/// against the whole chain of redirects that follows it.
pub fn away(app: &App, visitor: &Visitor, url: &str) -> Result<Response, Error> {
    page::show(&LeavingPage { layout: page::layout(app, visitor), url: url.to_owned() })
}

fn form_post(app: &App, visitor: &Visitor, answer: &AuthorizationResponse) -> Result<Response, Error> {
    let params = answer.params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let page = FormPostPage { layout: page::layout(app, visitor), action: answer.redirect_uri.clone(), params };
    let mut response = page::show(&page)?;
    let policy = HeaderValue::from_static(FormPostPage::content_security_policy());
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}
