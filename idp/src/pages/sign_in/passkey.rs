//! Signing in with a passkey, without a name.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::half;
use super::password::{self, Shown, SignInProblem};
use crate::app::App;
use crate::flow::authorization::Step;
use crate::flow::next_page;
use crate::http::error::Error;
use crate::http::request::form::ProvenForm;
use crate::http::request::visitor::Visitor;
use crate::login::interaction::Interaction;
use crate::login::limits;
use crate::login::passkey::{self, Proof, Refused};
use crate::login::session::{self, SignIn};
use crate::oidc::authorization::next_step::FirstFactor;
use crate::oidc::difference::Difference;
use crate::oidc::params::Params;
use crate::site::page::Page;

/// Where a sign-in with a passkey comes from.
#[derive(Default)]
struct Origin {
    /// The step of an interaction on the way to a client.
    step: Option<Step>,
    /// The page of this provider to which it returns.
    return_to: Option<Page>,
    /// The password that was typed before, if the passkey is there to complete a sign-in.
    half: Option<FirstFactor>,
}

impl Origin {
    async fn of(app: &App, visitor: &Visitor, params: &Params) -> Result<Self, Error> {
        let return_to = params.get("return").and_then(Page::by_return_name);
        let Some(sealed) = params.get("interaction") else { return Ok(Self { return_to, ..Self::default() }) };
        let half = |interaction: &Interaction| interaction.facts.first_factor.clone();
        // A sign-in for the pages of this provider is an interaction only once half of it is done.
        if let Some(here) = visitor.open(app, sealed).ok().filter(|interaction| !interaction.has_request()) {
            return Ok(Self { return_to: here.return_to(), half: half(&here), step: None });
        }
        let step = Step::open(app, visitor, sealed).await?;
        Ok(Self { half: half(&step.interaction), step: Some(step), return_to: None })
    }
}

/// Offers a passkey once more, to a page that was shown for so long that its first offer is over.
pub async fn get(State(app): State<App>, visitor: Visitor) -> Response {
    let Some(offer) = passkey::offer_sign_in(&app, &visitor.browser) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = Json(json!({ "options": offer.options, "ceremony": offer.ceremony })).into_response();
    visitor.remember(&app, &mut response);
    response
}

/// Signs in whose passkey has signed.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let mut origin = Origin::of(&app, &visitor, &params).await?;
    if let Err(wait) = limits::passkey(&app, visitor.caller()).await? {
        let problems = vec![SignInProblem::limited(&app, "passkey", wait)];
        let shown = Shown { problems, return_to: origin.return_to, ..Shown::default() };
        return password::show(&app, &visitor, origin.step.as_ref(), shown, StatusCode::TOO_MANY_REQUESTS).await;
    }
    let (ceremony, response) = (params.get("ceremony").unwrap_or_default(), params.get("response").unwrap_or_default());
    let proof = match passkey::check(&app, &visitor.browser, ceremony, response).await? {
        Ok(proof) if origin.half.as_ref().is_none_or(|first| first.user == proof.user.id) => proof,
        Ok(_) => {
            return refuse(&app, &visitor, &origin, Refused::Because("a passkey of another person"), response).await;
        }
        Err(refused) => return refuse(&app, &visitor, &origin, refused, response).await,
    };
    let Proof { user, .. } = &*proof;
    let keep = params.get("keep") == Some("yes") || origin.half.as_ref().is_some_and(|first| first.keep);
    // What was typed before is told, too, if it still counts.
    let half = match &origin.half {
        Some(first) if half::user_of(&app, &visitor, first).await?.is_some() => first.methods.as_slice(),
        _ => &[],
    };
    let methods: Vec<_> = half.iter().copied().chain([proof.method()]).collect();
    let sign_in = SignIn { keep, passkey: Some(&proof), ..visitor.sign_in(user, &methods) };
    let Some(signed_in) = session::begin(&app, &sign_in).await? else {
        let changed = Refused::Because("a user or a passkey that changed meanwhile");
        return refuse(&app, &visitor, &origin, changed, response).await;
    };
    app.metrics.sign_in("passkey", "done");
    let interaction = origin.step.as_mut().map(|step| &mut step.interaction);
    next_page::after_sign_in(&app, &visitor, interaction, origin.return_to, &signed_in).await
}

/// Shows the sign-in page again.
async fn refuse(
    app: &App,
    visitor: &Visitor,
    origin: &Origin,
    refused: Refused,
    response: &str,
) -> Result<Response, Error> {
    app.metrics.sign_in("passkey", "refused");
    let problem = match refused {
        Refused::TooLate => SignInProblem::PasskeyTooLate,
        Refused::Unknown => SignInProblem::PasskeyUnknown,
        _ => SignInProblem::PasskeyRefused,
    };
    let unknown = (refused == Refused::Unknown).then(|| passkey::signal_unknown(app, response)).flatten();
    let why = Difference::new("response", refused.as_str(), "a signature of a passkey that somebody has here");
    let (problems, return_to) = (vec![problem], origin.return_to);
    let shown = Shown { problems, why: Some(why), return_to, unknown, ..Shown::default() };
    password::show(app, visitor, origin.step.as_ref(), shown, StatusCode::BAD_REQUEST).await
}
