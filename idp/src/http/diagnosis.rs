//! Why a request was refused, on its way to the log: it rides on the answer, and `request_log` writes it down.

use axum::response::Response;

use crate::oidc;
use crate::oidc::authorization::response::AuthorizationResponse;
use crate::oidc::difference::{Difference, shown};

/// What the line of a refused request says. The client is in the request's span (`request_log::name_client`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// What was wrong: a short code, or the code and sentence of the protocol.
    pub reason: String,
    /// The code on the page that was shown, if it was a page: what a person can tell.
    pub code: Option<&'static str>,
    /// What came and what was expected, where there are two such values.
    pub difference: Option<Difference>,
}

impl Diagnosis {
    /// A refusal that is told by a short code.
    pub fn new(reason: impl AsRef<str>, difference: Option<Difference>) -> Self {
        Self { reason: shown(reason.as_ref()), code: None, difference }
    }

    /// A refusal by the protocol.
    pub fn of_protocol(error: &oidc::error::Error) -> Self {
        Self::new(error.to_string(), error.difference.as_deref().cloned())
    }

    /// The refusal in an answer to a client, if it is one.
    pub fn of_answer(answer: &AuthorizationResponse) -> Option<Self> {
        answer.refusal.as_ref().map(Self::of_protocol)
    }

    /// Puts it on the answer, unless there is one already: the first diagnosis was made closest to the cause.
    pub fn ride_on(self, response: &mut Response) {
        response.extensions_mut().get_or_insert_with(|| self);
    }

    /// Names the code on the page that tells of the refusal.
    pub fn name_code(code: &'static str, response: &mut Response) {
        if let Some(diagnosis) = response.extensions_mut().get_mut::<Self>() {
            diagnosis.code = Some(code);
        }
    }
}
