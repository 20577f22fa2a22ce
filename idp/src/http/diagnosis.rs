//! Why a request was refused, for the log: the reason is attached to the response, and `request_log` logs it.

use axum::response::Response;

use crate::app::App;
use crate::base::reference::Reference;
use crate::explanations::{self, Counted};
use crate::oidc;
use crate::oidc::authorization::response::AuthorizationResponse;
use crate::oidc::difference::{Difference, shown};
use crate::oidc::reason::Reason;
use crate::oidc::steps::Step;

/// What the log says about a refused request. The client is in the request's span (`request_log::name_client`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// What was wrong: a short code, or words, such as the code and sentence of the protocol.
    pub reason: String,
    /// The sentence that stands for the short code.
    pub sentence: Option<&'static str>,
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
    /// A refusal for a reason.
    pub fn new(reason: Reason, difference: Option<Difference>) -> Self {
        Self { sentence: Some(reason.sentence()), ..Self::in_words(reason.as_str(), difference) }
    }

    /// A refusal that has no short code.
    pub fn in_words(words: &str, difference: Option<Difference>) -> Self {
        let (reason, counted) = (shown(words), Counted::Refusal);
        Self { reason, sentence: None, code: None, difference, counted, reference: None }
    }

    /// A protocol error.
    pub fn of_protocol(error: &oidc::error::Error) -> Self {
        let counted = if error.code.is_silent() { Counted::Silent } else { Counted::Refusal };
        Self { counted, ..Self::in_words(&error.to_string(), error.difference.as_deref().cloned()) }
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
                let last = || Step::refused(self.in_a_sentence(), self.difference.as_ref());
                explanations::keep(app, self.counted, last).await
            }
        };
        Self { reference, ..self }
    }

    fn in_a_sentence(&self) -> String {
        self.sentence.map_or_else(|| format!("The request was refused: {}", self.reason), str::to_owned)
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
