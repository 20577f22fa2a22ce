//! What follows the first factor of a sign-in, whichever it was: a session, or the page of the second factor.

use axum::response::Response;

use crate::app::App;
use crate::base::id::Id;
use crate::federation::arrival::Arrival;
use crate::flow::authorization::Step;
use crate::flow::next_page;
use crate::http::error::Error;
use crate::http::redirect;
use crate::http::request::visitor::Visitor;
use crate::login::password::{self, Proof};
use crate::login::second_factor::{self, Demand, Rigour};
use crate::login::session::{self, SignIn, SignedIn};
use crate::login::step_up;
use crate::oidc::authorization::next_step::FirstFactor;
use crate::oidc::claims::acr::Method;
use crate::site::page::Page;
use crate::store::people::user::User;

/// A first factor that was proven.
pub struct ProvenFactor<'a> {
    /// Who has proven it.
    pub user: &'a User,
    /// How.
    pub method: Method,
    /// The method's name in the metrics.
    pub metric: &'static str,
    /// Whether the person wants to be kept signed in.
    pub keep: bool,
    /// The password that was typed, if that was the factor.
    pub proof: Option<&'a Proof>,
    /// The account at another provider, if that was the factor.
    pub upstream: Option<&'a Id>,
}

/// What a first factor leads to.
pub enum Onward {
    /// The page of the second factor, with this half of a sign-in.
    Half(FirstFactor),
    /// Wherever the sign-in leads: it is complete.
    In {
        /// The address.
        address: String,
        /// The session.
        signed_in: SignedIn,
    },
}

/// Begins a session, or leads on to the second factor if the user has one or needs one. `None` if the user has changed since
/// the factor was proven.
pub async fn prove(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    return_to: Option<Page>,
    first: ProvenFactor<'_>,
) -> Result<Option<Onward>, Error> {
    let ProvenFactor { user, method, metric, keep, proof, upstream } = first;
    let rigour = match step {
        Some(step) if step.proven.request.requires_second_factor() => Rigour::TwoFactors,
        Some(step) if step.proven.request.wants_fresh_proof() => Rigour::Strict,
        // What is asked next changes what lets the person in.
        _ if Arrival::waits(visitor.carried.as_deref()) => Rigour::StepUp,
        None if step_up::is_needed(app, &user.id, return_to.unwrap_or(Page::Home)).await? => Rigour::StepUp,
        _ => Rigour::Usual,
    };
    let client = step.map(|step| &*step.proven.client);
    if second_factor::demand(app, &user.id, client, &visitor.browser, rigour).await? != Demand::Nothing {
        if let Some(proof) = proof
            && !password::settle(app, proof).await?
        {
            return Ok(None);
        }
        app.metrics.sign_in(metric, "half");
        let half = second_factor::half(app, user, &[method], keep);
        return Ok(Some(Onward::Half(FirstFactor { upstream: upstream.cloned(), ..half })));
    }
    let methods = [method];
    let sign_in = SignIn { keep, proof, upstream, ..visitor.sign_in(user, &methods) };
    let Some(signed_in) = session::begin(app, &sign_in).await? else { return Ok(None) };
    app.metrics.sign_in(metric, "done");
    let mut interaction = step.map(|step| step.interaction.clone());
    let address = next_page::onward(app, visitor, interaction.as_mut(), return_to, &signed_in).await;
    Ok(Some(Onward::In { address, signed_in }))
}

/// Does the same, and redirects to what comes next.
pub async fn complete(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    return_to: Option<Page>,
    first: ProvenFactor<'_>,
) -> Result<Option<Response>, Error> {
    Ok(match prove(app, visitor, step, return_to, first).await? {
        None => None,
        Some(Onward::Half(half)) => {
            let interaction = step.map(|step| &step.interaction);
            Some(next_page::to_second_factor(app, visitor, interaction, return_to, half)?)
        }
        Some(Onward::In { address, signed_in }) => {
            Some(next_page::hand_over(app, visitor, &signed_in, redirect::see_other(&address)?))
        }
    })
}
