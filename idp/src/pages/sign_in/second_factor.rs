//! The second half of a sign-in: a code of the authenticator app, or a recovery code.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::half::{self, Half};
use crate::app::App;
use crate::flow::authorization::layout_of;
use crate::flow::next_page;
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::login::limits;
use crate::login::passkey::{self, Offer};
use crate::login::second_factor::{self, Attempt, Outcome, Place, Second, Typed};
use crate::login::session::{self, SignIn};
use crate::pages::factor_problem::FactorProblem;
use crate::pages::{AccountView, FormProblems, Layout};
use crate::site::page::Page;
use crate::store::people::user;

/// Asks for the second factor. Posts `code` or `recovery_code` and, if ticked, `trust=yes` to `/second-factor`.
#[derive(Template)]
#[template(path = "pages/sign_in/second_factor.html")]
pub struct SecondFactorPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// Whose account it is.
    pub account: AccountView,
    /// Why the last code was refused.
    pub problem: Option<FactorProblem>,
    /// How many recovery codes are left.
    pub recovery_codes: u64,
    /// For how many days the browser can be trusted; `None` offers no such trust.
    pub trust_days: Option<u64>,
    /// Whether its person has ticked that.
    pub trusts: bool,
    /// Where the sign-in begins again.
    pub again: String,
    /// Whether the account has an app, whose code can be typed.
    pub has_codes: bool,
    /// How to go on with a passkey, if the account has one.
    pub passkey: Option<Offer>,
    /// Whether a letter may help somebody who has lost the passkey: none removes a factor that the operator requires.
    pub offers_reset: bool,
}

impl SecondFactorPage<'_> {
    /// What ends the sign-in, so that there is no form.
    fn end(&self) -> Option<String> {
        self.problem
            .filter(|problem| *problem == FactorProblem::SignInOver)
            .map(|problem| self.layout.say(problem.wording()))
    }

    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problem.map(|problem| (problem.field(), self.layout.say(problem.wording()))))
    }
}

/// Shows the page.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    match Half::open(&app, &visitor, query.get("interaction").unwrap_or_default()).await? {
        Ok(half) if half.enrolled.is_any() => show(&app, &visitor, &half, None, false).await,
        Ok(half) => next_page::to_step(&app, Page::SetUpSecondFactor, &half.interaction),
        Err(interaction) => half::begin_again(&app, interaction),
    }
}

/// Completes the sign-in.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let half = match Half::open(&app, &visitor, params.get("interaction").unwrap_or_default()).await? {
        Ok(half) if half.enrolled.has_codes() => half,
        // The app was removed since.
        Ok(half) => return half::begin_again(&app, half.interaction),
        Err(interaction) => return half::begin_again(&app, interaction),
    };
    let typed = Typed::of(params.get("code").unwrap_or_default(), params.get("recovery_code").unwrap_or_default());
    let has_ticked = params.get("trust").is_some();
    let again = |problem| show(&app, &visitor, &half, Some(problem), has_ticked);
    if let Err(wait) = limits::second_factor(&app, &half.first.id).await {
        return again(FactorProblem::too_often(wait)).await;
    }
    let Some(typed) = typed else { return again(FactorProblem::Missing).await };
    let metric = match typed {
        Typed::Code(_) => "totp",
        Typed::RecoveryCode(_) => "recovery_code",
    };
    let wrong = FactorProblem::wrong(typed);
    let is_another = {
        let mut conn = app.db.read().await?;
        second_factor::is_another_factor(&mut conn, &half.user.id, &half.first.methods, typed).await?
    };
    if !is_another && half.needs_two(&app).await? {
        return again(FactorProblem::SameSheet).await;
    }
    let attempt =
        Attempt { user: &half.user.id, place: Place::SignIn(&half.first.id), browser: &visitor.browser, typed };
    let proof = match second_factor::check(&app, &attempt).await? {
        Outcome::Right(proof) => proof,
        Outcome::Wrong => {
            app.metrics.sign_in(metric, "refused");
            return again(wrong).await;
        }
        Outcome::SignInOver => {
            app.metrics.sign_in(metric, "refused");
            return again(FactorProblem::SignInOver).await;
        }
        Outcome::NoApp => return half::begin_again(&app, half.interaction),
        Outcome::TooMany { until } => {
            app.metrics.sign_in(metric, "throttled");
            return again(FactorProblem::too_many(until, app.now())).await;
        }
    };
    let trust = app.config.login.trusted_browser;
    let trusts = is_another && has_ticked && !trust.is_zero();
    let second = Second { proof, trust_until: trusts.then(|| app.now() + trust) };
    // Without another factor it lets in who has lost the others, and the class says that there was one.
    let methods: Vec<_> = half.first.methods.iter().copied().chain(is_another.then_some(typed.method())).collect();
    let sign_in = SignIn {
        keep: half.first.keep,
        upstream: half.first.upstream.as_ref(),
        second: Some(&second),
        ..visitor.sign_in(&half.user, &methods)
    };
    let Some(signed_in) = session::begin(&app, &sign_in).await? else {
        // Another request was faster with the same code, or the user has changed.
        app.metrics.sign_in(metric, "refused");
        return again(wrong).await;
    };
    app.metrics.sign_in(metric, "done");
    let return_to = half.interaction.return_to();
    let mut interaction = half.interaction;
    let on_the_way = interaction.has_request().then_some(&mut interaction);
    next_page::after_sign_in(&app, &visitor, on_the_way, return_to, &signed_in).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    half: &Half,
    problem: Option<FactorProblem>,
    trusts: bool,
) -> Result<Response, Error> {
    let mut conn = app.db.read().await?;
    let identifiers = user::identifiers(&mut conn, &half.user.id).await?;
    let is_required = second_factor::is_required(app, &mut conn, &half.user.id).await?;
    drop(conn);
    let wait = problem.and_then(FactorProblem::wait);
    let refusal = match problem {
        Some(problem) => Some(problem.diagnosis(app).await),
        None => None,
    };
    let reference = refusal.as_ref().and_then(|refusal| refusal.reference.as_ref());
    let layout = layout_of(app, visitor, half.step.as_ref()).of(Page::SecondFactor);
    let layout = layout.waiting(wait, app.now()).explained_by(reference);
    let again = half.again(&layout);
    let days = app.config.login.trusted_browser.as_secs() / (24 * 60 * 60);
    let page = SecondFactorPage {
        layout: layout.with_interaction(half.interaction.seal(app)),
        account: page::account_of(&half.user, &identifiers),
        again,
        problem,
        recovery_codes: half.enrolled.recovery_codes.unused.unsigned_abs(),
        trust_days: (days > 0).then_some(days),
        trusts,
        has_codes: half.enrolled.has_codes(),
        passkey: (half.enrolled.passkeys > 0).then(|| passkey::offer_sign_in(app, &visitor.browser)).flatten(),
        offers_reset: app.mailer.is_on() && !is_required,
    };
    let status = problem.map_or(StatusCode::OK, FactorProblem::status);
    let mut response = page::show_waiting(app, visitor, (status, wait), &page)?;
    if let Some(refusal) = refusal {
        refusal.ride_on(&mut response);
    }
    Ok(response)
}
