//! Errors as responses: JSON for machines, a page for people. An internal error is logged once, here, and the response
//! has only the request id.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::base::clock::seconds_up;
use crate::base::reference::Reference;
use crate::hashing::Busy;
use crate::http::diagnosis::Diagnosis;
use crate::http::request::id::RequestId;
use crate::login;
use crate::oidc;
use crate::oidc::authorization::recipient::Refusal;
use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::end_session;
use crate::oidc::error::ErrorCode;
use crate::oidc::reason::Reason;
use crate::store;
use crate::tokens::issue;

/// After how many seconds to try again during a maintenance whose end is not known.
const UNKNOWN_END: u64 = 300;

/// Why a request fails.
#[derive(Debug)]
pub enum Error {
    /// A protocol error, for a machine: RFC 6749 §5.2.
    Protocol(oidc::error::Error),
    /// The same with a challenge: RFC 6750 §3, RFC 9110 §11.6.1.
    Challenge(String, oidc::error::Error),
    /// A challenge without an error code, for a request without a token: RFC 6750 §3.
    BareChallenge(String),
    /// A request for authorization that must not be redirected.
    Refused(Refusal),
    /// A form that was shown to another browser, or too long ago.
    ForeignForm,
    /// A form from a browser that did not send its browser cookie.
    FormWithoutCookie,
    /// An interaction from a browser that did not send its browser cookie.
    InteractionWithoutCookie,
    /// An interaction that belongs to another browser, or is over.
    InteractionExpired,
    /// A link that is unknown, used or expired.
    SpentLink,
    /// A link that puts an address back that somebody else has by now.
    AddressTaken,
    /// A sign-out that cannot be trusted.
    BadSignOut(end_session::Refusal),
    /// Sign-up is off.
    SignUpOff,
    /// What was asked for is done by letter, and none are sent.
    MailOff,
    /// An account that may not be used from the network of the browser.
    OutsideNetworks,
    /// Malformed or oversized HTTP.
    Http(StatusCode, &'static str),
    /// Too many requests; how long to wait.
    TooMany(Duration),
    /// A maintenance, for people: how long it lasts, if that is known, and what the operator says.
    Maintenance {
        /// How much time is left.
        left: Option<Duration>,
        /// The operator's message.
        message: Option<String>,
    },
    /// Temporarily unavailable; the client may try again.
    Unavailable(Cow<'static, str>),
    /// An internal error.
    Internal(String),
    /// Any of these, with what came and what was expected, for the log.
    Explained(Box<Self>, Difference),
    /// Any of these, on the way to or from a registered client, to which the page links.
    OnTheWay(Box<Self>, Arc<Client>),
}

impl From<store::db::Error> for Error {
    fn from(error: store::db::Error) -> Self {
        match error {
            store::db::Error::Unavailable(error) => Self::Unavailable(store::db::plain(&error).into()),
            error => Self::Internal(error.to_string()),
        }
    }
}

impl From<store::ephemeral::Unavailable> for Error {
    fn from(unavailable: store::ephemeral::Unavailable) -> Self {
        Self::Unavailable(unavailable.to_string().into())
    }
}

impl From<oidc::error::Error> for Error {
    fn from(error: oidc::error::Error) -> Self {
        Self::Protocol(error)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<end_session::Refusal> for Error {
    fn from(refusal: end_session::Refusal) -> Self {
        Self::BadSignOut(refusal)
    }
}

impl From<login::Error> for Error {
    fn from(error: login::Error) -> Self {
        match error {
            login::Error::Store(error) => error.into(),
            login::Error::Busy => Busy.into(),
            login::Error::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

impl From<issue::Error> for Error {
    fn from(error: issue::Error) -> Self {
        match error {
            issue::Error::Store(error) => error.into(),
            issue::Error::Refused(error) => error.into(),
            broken @ issue::Error::Broken(_) => Self::Internal(broken.to_string()),
        }
    }
}

impl From<Busy> for Error {
    fn from(Busy: Busy) -> Self {
        Self::Unavailable("too many passwords to hash".into())
    }
}

impl From<askama::Error> for Error {
    fn from(error: askama::Error) -> Self {
        Self::Internal(format!("a page could not be rendered: {error}"))
    }
}

impl Error {
    /// The same error, with the difference for the log.
    #[must_use]
    pub fn because(self, difference: Difference) -> Self {
        Self::Explained(Box::new(self), difference)
    }

    /// The same error, on the way to or from this client. The page says nothing of a client that is disabled.
    #[must_use]
    pub fn on_the_way(self, client: &Arc<Client>) -> Self {
        if client.disabled { self } else { Self::OnTheWay(Box::new(self), Arc::clone(client)) }
    }

    /// The error without the difference.
    fn bare(self) -> Self {
        match self {
            Self::Explained(error, _) => error.bare(),
            Self::OnTheWay(error, client) => Self::OnTheWay(Box::new(error.bare()), client),
            error => error,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Protocol(error) => StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::BAD_REQUEST),
            Self::Challenge(_, error) if error.code == ErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
            Self::Challenge(_, error) => StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::UNAUTHORIZED),
            Self::BareChallenge(_) => StatusCode::UNAUTHORIZED,
            Self::SignUpOff | Self::MailOff | Self::OutsideNetworks => StatusCode::FORBIDDEN,
            Self::Refused(_) | Self::InteractionExpired | Self::InteractionWithoutCookie | Self::BadSignOut(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::SpentLink => StatusCode::GONE,
            Self::AddressTaken => StatusCode::CONFLICT,
            Self::ForeignForm | Self::FormWithoutCookie => StatusCode::FORBIDDEN,
            Self::Http(status, _) => *status,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) | Self::Maintenance { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Explained(error, _) | Self::OnTheWay(error, _) => error.status(),
        }
    }

    /// The code and text for a machine. They reveal nothing about internal errors.
    fn for_machines(&self) -> (&str, Cow<'_, str>) {
        match self {
            Self::Protocol(error) | Self::Challenge(_, error) => {
                (error.code.as_str(), Cow::Borrowed(error.description.as_ref()))
            }
            Self::Http(_, what) => (ErrorCode::InvalidRequest.as_str(), (*what).into()),
            Self::BareChallenge(_)
            | Self::Refused(_)
            | Self::ForeignForm
            | Self::FormWithoutCookie
            | Self::InteractionWithoutCookie
            | Self::InteractionExpired
            | Self::SpentLink
            | Self::AddressTaken
            | Self::SignUpOff
            | Self::MailOff
            | Self::OutsideNetworks
            | Self::BadSignOut(_) => (ErrorCode::InvalidRequest.as_str(), "the request was refused".into()),
            Self::TooMany(_) => (ErrorCode::TemporarilyUnavailable.as_str(), "too many requests".into()),
            Self::Unavailable(_) | Self::Maintenance { .. } => {
                (ErrorCode::TemporarilyUnavailable.as_str(), "try again in a moment".into())
            }
            Self::Internal(_) => (ErrorCode::ServerError.as_str(), "something is broken here".into()),
            Self::Explained(error, _) | Self::OnTheWay(error, _) => error.for_machines(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany(wait) => Some(seconds_up(*wait)),
            Self::Unavailable(_) => Some(2),
            Self::OnTheWay(error, _) => error.retry_after(),
            Self::Maintenance { left, .. } => Some(left.map_or(UNKNOWN_END, seconds_up)),
            _ => None,
        }
    }

    fn log(&self) {
        match self {
            Self::Internal(what) => tracing::error!("internal error: {what}"),
            Self::Unavailable(what) => tracing::warn!("unavailable: {what}"),
            Self::OnTheWay(error, _) => error.log(),
            // The log line of the request has the reason.
            _ => {}
        }
    }
}

/// Carries the error from where it arose to the layer that renders it.
#[derive(Clone, Debug)]
struct Carried(Arc<Error>);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        self.diagnosis().ride_on(&mut response);
        response.extensions_mut().insert(Carried(Arc::new(self.bare())));
        response
    }
}

/// For extractors that may return a response instead of a value.
impl From<Error> for Response {
    fn from(error: Error) -> Self {
        error.into_response()
    }
}

/// Takes the error out of a response that carries one, and logs it.
pub fn take(response: &mut Response) -> Option<Arc<Error>> {
    let Carried(error) = response.extensions_mut().remove::<Carried>()?;
    error.log();
    Some(error)
}

/// Whether a response carries an error by which its request was judged, and not one of the server, of its limits, or of an address
/// that does not exist.
pub fn is_refusal(response: &Response) -> bool {
    response.extensions().get::<Carried>().is_some_and(|Carried(error)| error.is_refusal())
}

/// Adds the headers that belong to the error.
fn add_headers(response: &mut Response, error: &Error) {
    if let Some(seconds) = error.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Error::Challenge(challenge, _) | Error::BareChallenge(challenge) = error
        && let Ok(value) = HeaderValue::from_str(challenge)
    {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
}

/// The layer that renders errors as JSON, for routes that machines call: RFC 6749 §5.2.
pub async fn as_json(request: Request, next: Next) -> Response {
    let id = RequestId::of(&request);
    let mut response = next.run(request).await;
    let Some(error) = take(&mut response) else { return response };
    finish(error.json(&id, Diagnosis::reference_of(&response)), &response, &error)
}

impl Error {
    /// What the log says about a request that ends with this error.
    fn diagnosis(&self) -> Diagnosis {
        let reason = match self {
            Self::Explained(error, difference) => {
                return Diagnosis { difference: Some(difference.clone()), ..error.diagnosis() };
            }
            Self::OnTheWay(error, _) => return error.diagnosis(),
            Self::Protocol(error) | Self::Challenge(_, error) => return Diagnosis::of_protocol(error),
            Self::BareChallenge(_) => Reason::NoAccessToken,
            Self::Refused(refusal) => refusal.reason(),
            Self::BadSignOut(refusal) => refusal.reason(),
            Self::ForeignForm => Reason::ForeignForm,
            Self::FormWithoutCookie | Self::InteractionWithoutCookie => Reason::CookiesOff,
            Self::InteractionExpired => Reason::InteractionExpired,
            Self::SpentLink => Reason::SpentLink,
            Self::AddressTaken => Reason::AddressTaken,
            Self::SignUpOff => Reason::SignUpOff,
            Self::MailOff => Reason::MailOff,
            Self::OutsideNetworks => Reason::OutsideNetworks,
            Self::Http(_, what) => return Diagnosis::in_words(what, None),
            Self::TooMany(_) => Reason::TooManyRequests,
            Self::Unavailable(_) => Reason::Unavailable,
            Self::Maintenance { .. } => Reason::Maintenance,
            Self::Internal(_) => Reason::Internal,
        };
        Diagnosis::new(reason, None)
    }

    /// Whether the request was judged, and refused.
    fn is_refusal(&self) -> bool {
        match self {
            Self::Explained(error, _) | Self::OnTheWay(error, _) => error.is_refusal(),
            Self::Http(status, _) => matches!(*status, StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::BareChallenge(_)
            | Self::TooMany(_)
            | Self::Maintenance { .. }
            | Self::Unavailable(_)
            | Self::Internal(_) => false,
            Self::Protocol(_)
            | Self::Challenge(..)
            | Self::Refused(_)
            | Self::ForeignForm
            | Self::FormWithoutCookie
            | Self::InteractionWithoutCookie
            | Self::InteractionExpired
            | Self::SpentLink
            | Self::AddressTaken
            | Self::BadSignOut(_)
            | Self::SignUpOff
            | Self::MailOff
            | Self::OutsideNetworks => self.status().is_client_error(),
        }
    }

    /// The error for a machine.
    fn json(&self, request: &RequestId, reference: Option<&Reference>) -> Response {
        let (code, description) = self.for_machines();
        let description = match reference {
            Some(reference) => Cow::Owned(oidc::error::with_reference(&description, reference)),
            None => description,
        };
        let mut body = json!({ "error": code, "error_description": description });
        if matches!(self, Self::BareChallenge(_)) {
            body = json!({});
        }
        if matches!(self, Self::Internal(_) | Self::Unavailable(_)) {
            body["request_id"] = request.as_str().into();
        }
        (self.status(), Json(body)).into_response()
    }
}

/// Gives a rendered error the headers that inner layers have set, and those of the error.
pub fn finish(mut rendered: Response, carrier: &Response, error: &Error) -> Response {
    for (name, value) in carrier.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            rendered.headers_mut().append(name, value.clone());
        }
    }
    if let Some(diagnosis) = carrier.extensions().get::<Diagnosis>() {
        diagnosis.clone().ride_on(&mut rendered);
    }
    add_headers(&mut rendered, error);
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_that_is_explained_has_a_sentence() {
        let on_pages = Refusal::all().into_iter().map(Error::Refused);
        let signing_out = end_session::Refusal::ALL.into_iter().map(Error::BadSignOut);
        let others = [
            Error::ForeignForm,
            Error::FormWithoutCookie,
            Error::InteractionWithoutCookie,
            Error::InteractionExpired,
            Error::SpentLink,
            Error::AddressTaken,
            Error::SignUpOff,
            Error::MailOff,
            Error::OutsideNetworks,
        ];
        for error in on_pages.chain(signing_out).chain(others) {
            assert!(error.is_refusal(), "{error:?}");
            let diagnosis = error.diagnosis();
            assert!(diagnosis.sentence.is_some(), "{} has a sentence", diagnosis.reason);
        }
    }
}
