//! Ways to a client: the answer to a request for authorization, and any foreign address after a form.

use axum::http::{HeaderValue, header};
use axum::response::Response;

use crate::app::App;
use crate::http::diagnosis::Diagnosis;
use crate::http::error::Error;
use crate::http::page;
use crate::http::page::form_post::FormPostPage;
use crate::http::page::leaving::LeavingPage;
use crate::http::redirect::see_other;
use crate::http::request::visitor::Visitor;
use crate::oidc::authorization::response::AuthorizationResponse;
use crate::oidc::authorization::response_mode::ResponseMode;

/// Answers a request for authorization that nobody was asked about.
pub fn directly(app: &App, visitor: &Visitor, answer: &AuthorizationResponse) -> Result<Response, Error> {
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
