//! Why a request was refused, for the log: the reason is attached to the response, and `request_log` logs it.

use axum::response::Response;

use crate::app::App;
use crate::base::reference::Reference;
use crate::explanations::{self, Counted};
use crate::oidc;
use crate::oidc::authorization::response::AuthorizationResponse;
use crate::oidc::difference::{Difference, shown};
use crate::oidc::steps::Step;

/// What the log says about a refused request. The client is in the request's span (`request_log::name_client`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// What was wrong: a short code, or the code and sentence of the protocol.
    pub reason: String,
    /// The code on the error page, if a page was shown, which a person can tell support.
    pub code: Option<&'static str>,
    /// The value that came and the one that was expected, if the refusal has both.
    pub difference: Option<Difference>,
    /// What it counts as for the limits of explanations.
    pub counted: Counted,
    /// The code by which `latchkey explain` finds how the request was judged, if that was kept.
    pub reference: Option<Reference>,
}

impl Diagnosis {
    /// A refusal with a short code.
    pub fn new(reason: impl AsRef<str>, difference: Option<Difference>) -> Self {
        Self { reason: shown(reason.as_ref()), code: None, difference, counted: Counted::Refusal, reference: None }
    }

    /// A protocol error.
    pub fn of_protocol(error: &oidc::error::Error) -> Self {
        let counted = if error.code.is_silent() { Counted::Silent } else { Counted::Refusal };
        Self { counted, ..Self::new(error.to_string(), error.difference.as_deref().cloned()) }
    }

    /// The refusal in a response to a client, if it is one.
    pub fn of_answer(answer: &AuthorizationResponse) -> Option<Self> {
        answer.refusal.as_ref().map(Self::of_protocol)
    }

    /// Keeps how the request was judged, if that is not done yet.
    pub async fn explained(self, app: &App) -> Self {
        let reference = match self.reference {
            Some(reference) => Some(reference),
            None => {
                let last = || Step::refused(&self.reason, self.difference.as_ref());
                explanations::keep(app, self.counted, last).await
            }
        };
        Self { reference, ..self }
    }

    /// The reference that a response carries.
    pub fn reference_of(response: &Response) -> Option<&Reference> {
        response.extensions().get::<Self>()?.reference.as_ref()
    }

    /// Attaches it to the response, unless it already has one: the first diagnosis was made closest to the cause.
    pub fn ride_on(self, response: &mut Response) {
        response.extensions_mut().get_or_insert_with(|| self);
    }

    /// Records the code that the error page shows.
    pub fn name_code(code: &'static str, response: &mut Response) {
        if let Some(diagnosis) = response.extensions_mut().get_mut::<Self>() {
            diagnosis.code = Some(code);
        }
    }
}
