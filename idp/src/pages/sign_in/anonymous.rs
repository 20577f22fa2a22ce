//! Going on to a client with an anonymous account.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::password::{self, Shown, SignInProblem};
use crate::account::anonymous::{self, Asked, Begun};
use crate::app::App;
use crate::base::clock::seconds_up;
use crate::flow::authorization::Step;
use crate::flow::next_page;
use crate::http::cookies::Jar;
use crate::http::error::Error;
use crate::http::redirect;
use crate::http::request::form::ProvenForm;
use crate::http::request::visitor::Visitor;
use crate::login::session::SignIn;
use crate::oidc::authorization::next_step::{NextStep, SignInReason};
use crate::oidc::difference::Difference;
use crate::oidc::steps;
use crate::store::ephemeral::Rate;
use crate::store::origin::Origin;

/// How many anonymous accounts a network may begin: ten at once, then one in a minute, as many as it may make others.
const OF_NETWORK: Rate = Rate { burst: 10, period: Duration::from_secs(60) };

/// Begins an anonymous account, and goes on. Only this form does: no account comes from an address that is opened.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let mut step = Step::open(&app, &visitor, params.get("interaction").unwrap_or_default()).await?;
    if step.next(&app, &visitor).await? != NextStep::SignIn(SignInReason::NoSession) {
        // Somebody is signed in by now, such as by the same form, or the request asks for something else.
        return next_page::back_to_authorize(&app, &step.interaction);
    }
    if let Some(came) = anonymous::obstacle(&app, &step.proven.client, &step.proven.request) {
        return refused(&app, &visitor, &step, came).await;
    }
    if let Err(wait) = limit(&app, &visitor).await {
        let problems = vec![SignInProblem::TooManyTries { seconds: seconds_up(wait) }];
        let shown = Shown { problems, ..Shown::default() };
        return password::show(&app, &visitor, Some(&step), shown, StatusCode::TOO_MANY_REQUESTS).await;
    }
    let new = anonymous::prepare(&app);
    let user = new.user().clone();
    // Nobody can sign in to it again, so that it outlives the browser's closing.
    let sign_in = SignIn { keep: true, ..visitor.sign_in(&user, &[]) };
    let asked = Asked { client_row: &step.proven.client.id, interaction: step.interaction.id() };
    let signed_in = match anonymous::begin(&app, new, asked, &sign_in).await? {
        Begun::New(signed_in) => signed_in,
        Begun::Before(before) => match anonymous::resume(&app, &before, &sign_in).await? {
            Some(signed_in) => signed_in,
            None => return next_page::back_to_authorize(&app, &step.interaction),
        },
        Begun::Refused => return refused(&app, &visitor, &step, "a sign-up that was closed meanwhile").await,
    };
    app.metrics.sign_in("anonymous", "done");
    // No passkey is offered: it is for people who sign in.
    let address = next_page::address_after_sign_in(&app, Some(&mut step.interaction), None, &signed_in);
    let mut response = redirect::see_other(&address)?;
    Jar::of(&app).hand_over(&mut response, &signed_in);
    Ok(response)
}

/// The sign-in page, with what a visitor can do instead.
async fn refused(app: &App, visitor: &Visitor, step: &Step, came: &str) -> Result<Response, Error> {
    app.metrics.sign_in("anonymous", "refused");
    let expected = "a request that a visitor may answer, of a client with anonymous_accounts";
    let why = Some(Difference::new("anonymous account", came, expected));
    let shown = Shown { problems: vec![SignInProblem::AnonymousRefused], why, ..Shown::default() };
    password::show(app, visitor, Some(step), shown, StatusCode::FORBIDDEN).await
}

/// Counts one more anonymous account. A network that has begun too many does not fill the limit of all others.
async fn limit(app: &App, visitor: &Visitor) -> Result<(), Duration> {
    let most = app.config.login.anonymous_per_minute;
    let of_all = Rate { burst: most, period: Duration::from_secs(60) / most };
    let (wait, says) = match visitor.limit(app, "anonymous", OF_NETWORK).await {
        Err(wait) => (wait, "There were too many anonymous accounts from this network."),
        Ok(()) => match app.ephemeral.limit("anonymous", of_all).await {
            Ok(()) => return Ok(()),
            Err(wait) => (wait, "There were too many anonymous accounts in all (login.anonymous_per_minute)."),
        },
    };
    app.metrics.sign_in("anonymous", "limited");
    Origin::note(steps::Step::failed("address", says));
    Err(wait)
}
