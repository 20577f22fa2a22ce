//! Responses that lead to a client: authorization responses, and any foreign address after a form.

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

/// Answers an authorization request that needed no page.
pub async fn directly(app: &App, visitor: &Visitor, answer: AuthorizationResponse) -> Result<Response, Error> {
    let (answer, diagnosis) = explained(app, answer).await;
    let response = match answer.mode {
        ResponseMode::Query | ResponseMode::Fragment => see_other(&answer.location())?,
        ResponseMode::FormPost => form_post(app, visitor, &answer)?,
    };
    Ok(diagnosed(response, diagnosis))
}

/// Answers an authorization request after a form.
pub async fn after_form(app: &App, visitor: &Visitor, answer: AuthorizationResponse) -> Result<Response, Error> {
    let (answer, diagnosis) = explained(app, answer).await;
    let response = match answer.mode {
        ResponseMode::Query | ResponseMode::Fragment => away(app, visitor, &answer.location())?,
        ResponseMode::FormPost => form_post(app, visitor, &answer)?,
    };
    Ok(diagnosed(response, diagnosis))
}

/// Keeps why the request was refused, if it was, and names the code for it in the answer.
async fn explained(app: &App, answer: AuthorizationResponse) -> (AuthorizationResponse, Option<Diagnosis>) {
    let Some(diagnosis) = Diagnosis::of_answer(&answer) else { return (answer, None) };
    let diagnosis = diagnosis.explained(app).await;
    let answer = match &diagnosis.reference {
        Some(reference) => answer.with_reference(reference),
        None => answer,
    };
    (answer, Some(diagnosis))
}

/// Attaches the refusal in the response, if it is one, for the log.
fn diagnosed(mut response: Response, diagnosis: Option<Diagnosis>) -> Response {
    if let Some(diagnosis) = diagnosis {
        diagnosis.ride_on(&mut response);
    }
    response
}

/// Leads from one of our forms to a foreign address: by a page, not a redirect, because browsers apply a form's policy
/// to the whole chain of redirects that follows it.
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
