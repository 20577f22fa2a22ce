//! Setting up a second factor within a sign-in, for who needs one (`login.second_factor`).

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::half::{self, Half};
use crate::account::authenticator::{self, Because, NewApp};
use crate::app::App;
use crate::flow::account_holder::admit;
use crate::flow::answer;
use crate::flow::authorization::layout_of;
use crate::flow::next_page;
use crate::http::cookies::Jar;
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::login::limits;
use crate::login::recovery_code;
use crate::login::second_factor;
use crate::login::session::SignIn;
use crate::oidc;
use crate::oidc::claims::acr::Method;
use crate::oidc::difference::Difference;
use crate::oidc::error::ErrorCode;
use crate::pages::factor_problem::FactorProblem;
use crate::pages::new_codes::{CodesView, typed_at};
use crate::pages::set_up::{SetUp, Shown};
use crate::pages::{AccountView, FormProblems, Layout};
use crate::site::page::Page;
use crate::store::people::user;

/// Shows how to set up an authenticator app. Posts `enrolment` and `code` to `/second-factor/set-up`; or `decision=not_now`, on the way to
/// a client.
#[derive(Template)]
#[template(path = "pages/sign_in/set_up_second_factor.html")]
pub struct SetUpSecondFactorPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// Whose account it is.
    pub account: AccountView,
    /// What an app is set up with.
    pub set_up: SetUp,
    /// Why the last code was refused.
    pub problem: Option<FactorProblem>,
    /// Where the sign-in begins again.
    pub again: String,
    /// Whether the operator requires it, and not the client for this sign-in alone.
    pub is_required: bool,
}

impl SetUpSecondFactorPage<'_> {
    /// Who wants a second factor.
    fn who_wants_it(&self) -> String {
        match &self.layout.client {
            Some(client) if !self.is_required => {
                self.layout.t_args("second-factor-asked-for", &[("client", client.name.as_str())])
            }
            _ => self.layout.t_args("second-factor-required", &[("operator", self.layout.site.operator_name.as_str())]),
        }
    }

    /// Whether a button leads back to a client without one.
    fn offers_not_now(&self) -> bool {
        self.layout.client.is_some()
    }

    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problem.map(|problem| (problem.field(), self.layout.say(problem.wording()))))
    }
}

/// Shows the recovery codes that came with the app, once, on the way to where the sign-in leads.
#[derive(Template)]
#[template(path = "pages/sign_in/new_recovery_codes.html")]
pub struct NewRecoveryCodesPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The codes.
    pub view: CodesView,
    /// Where the sign-in leads.
    pub onward: String,
    /// Whether a code sets a new password.
    pub sets_password: bool,
}

/// Shows the page.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    match Half::open(&app, &visitor, query.get("interaction").unwrap_or_default()).await? {
        Ok(half) if half.enrolled.is_any() => next_page::to_step(&app, Page::SecondFactor, &half.interaction),
        Ok(half) => {
            // No factor is added from where the account may not be used.
            admit(&app, &visitor, &half.user.id).await?;
            let shown = Shown::begin(&app, &visitor, &half.user.id, None).await?;
            show(&app, &visitor, &half, &shown, None).await
        }
        Err(interaction) => half::begin_again(&app, interaction),
    }
}

/// Sets the app up, and completes the sign-in.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let mut half = match Half::open(&app, &visitor, params.get("interaction").unwrap_or_default()).await? {
        Ok(half) if half.enrolled.is_any() => {
            return next_page::to_step(&app, Page::SecondFactor, &half.interaction);
        }
        Ok(half) => half,
        Err(interaction) => {
            let mut response = half::begin_again(&app, interaction)?;
            // An app may have the secret by now, and must not have to be set up again.
            Jar::of(&app).carry(&mut response, params.get("enrolment").unwrap_or_default());
            return Ok(response);
        }
    };
    if params.get("decision") == Some("not_now") {
        return not_now(&app, &visitor, half).await;
    }
    admit(&app, &visitor, &half.user.id).await?;
    let Some(shown) = Shown::open(&app, &half.user.id, params.get("enrolment").unwrap_or_default()) else {
        let shown = Shown::begin(&app, &visitor, &half.user.id, None).await?;
        return show(&app, &visitor, &half, &shown, None).await;
    };
    if let Err(wait) = limits::second_factor(&app, &half.first.id).await {
        return show(&app, &visitor, &half, &shown, Some(FactorProblem::too_often(wait))).await;
    }
    let code = params.get("code").unwrap_or_default();
    if code.trim().is_empty() {
        return show(&app, &visitor, &half, &shown, Some(FactorProblem::Missing)).await;
    }
    let Some(step) = shown.secret.step_of(code, app.now()) else {
        shown.secret.note_clock(code, app.now());
        return show(&app, &visitor, &half, &shown, Some(FactorProblem::Wrong)).await;
    };
    let methods: Vec<_> = half.first.methods.iter().copied().chain([Method::Totp]).collect();
    let sign_in = SignIn {
        keep: half.first.keep,
        upstream: half.first.upstream.as_ref(),
        ..visitor.sign_in(&half.user, &methods)
    };
    let because = Because::Half { name: half.first.id.clone(), is_required: is_required(&app, &half).await? };
    let new = NewApp { secret: &shown.secret, step, replaces: None };
    let Some(added) = authenticator::add(&app, new, &sign_in, because).await? else {
        // Another form was faster, or the user has changed.
        return next_page::to_step(&app, Page::SecondFactor, &half.interaction);
    };
    app.metrics.sign_in("totp", "done");
    let layout = layout_of(&app, &visitor, half.step.as_ref());
    let return_to = half.interaction.return_to();
    let on_the_way = half.interaction.has_request().then_some(&mut half.interaction);
    let onward = next_page::address_after_sign_in(&app, on_the_way, return_to, &added.signed_in);
    let mut conn = app.db.read().await?;
    let identifiers = user::identifiers(&mut conn, &half.user.id).await?;
    let sets_password =
        recovery_code::sets_password_of(&mut conn, &half.user.id, app.mailer.is_on(), app.now()).await?;
    drop(conn);
    let account = page::account_of(&half.user, &identifiers).identifier;
    let view = CodesView::new(&app, &layout, &account, &added.codes, typed_at(sets_password));
    let layout = Layout { interaction: None, ..layout };
    let page = NewRecoveryCodesPage { layout, view, onward, sets_password };
    let mut response = page::show_with(&app, &visitor, StatusCode::OK, &page)?;
    Jar::of(&app).hand_over(&mut response, &added.signed_in);
    Ok(response)
}

/// Goes back to the client of somebody who does not want to set up a second factor now. A client that names classes gets one of them, or
/// learns that there is none (RFC 9470 §5); where the configuration requires a second factor, it was its person who refused.
async fn not_now(app: &App, visitor: &Visitor, half: Half) -> Result<Response, Error> {
    let (is_required, Some(step)) = (is_required(app, &half).await?, &half.step) else {
        let shown = Shown::begin(app, visitor, &half.user.id, None).await?;
        return show(app, visitor, &half, &shown, None).await;
    };
    if !half.interaction.finish(app).await? {
        // It was answered before.
        return half::begin_again(app, half.interaction);
    }
    let (code, of) = match is_required {
        true => (ErrorCode::AccessDenied, "second factor"),
        false => (ErrorCode::UnmetAuthenticationRequirements, "acr_values"),
    };
    let difference = Difference::new(of, "a no to setting up a second factor", "a second factor");
    let error = oidc::error::Error::from(code).because(difference);
    answer::after_form(app, visitor, step.proven.recipient.error(app.issuer(), &error)).await
}

/// Whether the operator requires a second factor for this sign-in.
async fn is_required(app: &App, half: &Half) -> Result<bool, Error> {
    let client = half.step.as_ref().map(|step| &*step.proven.client);
    Ok(second_factor::is_required_at(app, &mut *app.db.read().await?, &half.user.id, client).await?)
}

async fn show(
    app: &App,
    visitor: &Visitor,
    half: &Half,
    shown: &Shown,
    problem: Option<FactorProblem>,
) -> Result<Response, Error> {
    let identifiers = user::identifiers(&mut *app.db.read().await?, &half.user.id).await?;
    let account = page::account_of(&half.user, &identifiers);
    let refusal = match problem {
        Some(problem) => Some(problem.diagnosis(app).await),
        None => None,
    };
    let reference = refusal.as_ref().and_then(|refusal| refusal.reference.as_ref());
    let wait = problem.and_then(FactorProblem::wait);
    let layout = layout_of(app, visitor, half.step.as_ref()).of(Page::SetUpSecondFactor);
    let layout = layout.waiting(wait, app.now()).explained_by(reference);
    let page = SetUpSecondFactorPage {
        again: half.again(&layout),
        set_up: SetUp::of(app, &half.user.id, &account, shown, &layout.site.operator_name),
        layout: layout.with_interaction(half.interaction.seal(app)),
        account,
        problem,
        is_required: is_required(app, half).await?,
    };
    let status = problem.map_or(StatusCode::OK, FactorProblem::status);
    let mut response = page::show_waiting(app, visitor, (status, wait), &page)?;
    if let Some(refusal) = refusal {
        refusal.ride_on(&mut response);
    }
    shown.put_down(app, &mut response);
    Ok(response)
}
