//! The authenticator app of the account: setting it up, and removing it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::recovery_codes;
use crate::account::authenticator::{self, Because};
use crate::app::App;
use crate::flow::account_holder::{AccountForm, AccountHolder};
use crate::http::cookies::Jar;
use crate::http::error::Error;
use crate::http::{page, redirect};
use crate::login::recovery_code::sets_password_of;
use crate::login::second_factor::{self, Enrolled};
use crate::login::session;
use crate::login::step_up::SteppedUp;
use crate::login::totp::TotpSecret;
use crate::oidc::claims::acr::Method;
use crate::pages::factor_problem::FactorProblem;
use crate::pages::set_up::{SetUp, shown_secret};
use crate::pages::{FormProblems, Layout, Moment};
use crate::site::page::Page;

/// Shows how to set up an app, or the one that there is. Posts `enrolment` and `code`, or `remove=yes`, to
/// `/account/authenticator`.
#[derive(Template)]
#[template(path = "pages/account/authenticator.html")]
pub struct AccountAuthenticatorPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// What is shown.
    pub state: AuthenticatorState,
    /// Why the last code was refused.
    pub problem: Option<FactorProblem>,
}

/// Whether the account has an app.
#[derive(Clone, Debug)]
pub enum AuthenticatorState {
    /// It has none, and this is how to set one up.
    None(SetUp),
    /// It has one.
    There {
        /// Since when.
        since: Moment,
        /// When a code was last used.
        used: Option<Moment>,
        /// Whether the person needs one to sign in, and so cannot remove it.
        is_required: bool,
        /// Whether the recovery codes stay when the app goes.
        keeps_codes: bool,
    },
}

impl AccountAuthenticatorPage<'_> {
    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problem.map(|problem| (problem.field(), self.layout.say(problem.wording()))))
    }
}

/// Shows the page.
pub async fn get(State(app): State<App>, holder: AccountHolder) -> Result<Response, Error> {
    show(&app, &holder, None, None).await
}

/// Sets up an app whose code is right, or removes the one that there is.
pub async fn post(State(app): State<App>, form: AccountForm) -> Result<Response, Error> {
    let AccountForm { holder, params } = form;
    let id = &holder.session.user_id;
    if params.get("remove") == Some("yes") {
        return match authenticator::remove(&app, &holder.session).await? {
            true => redirect::to_page_with(&app, Page::AccountSecurity, "done", "authenticator-removed"),
            // It was removed already, the page asks for another step-up, or the operator requires it.
            false => redirect::to_page(&app, Page::AccountAuthenticator),
        };
    }
    let Some((secret, form)) = shown_secret(&app, id, params.get("enrolment").unwrap_or_default()) else {
        return redirect::to_page(&app, Page::AccountAuthenticator);
    };
    let code = params.get("code").unwrap_or_default();
    let step = match (code.trim().is_empty(), secret.step_of(code, app.now())) {
        (true, _) => return show(&app, &holder, Some(&secret), Some(FactorProblem::Missing)).await,
        (false, None) => return show(&app, &holder, Some(&secret), Some(FactorProblem::Wrong)).await,
        (false, Some(step)) => step,
    };
    let Some(user) = session::unchanged_user(&app, &holder.session).await? else {
        return redirect::to_page(&app, Page::AccountAuthenticator);
    };
    let methods = holder.session.methods_and(Method::Totp);
    let sign_in = holder.visitor.renewal(&holder.session, &user, &methods);
    let because = Because::SteppedUp(SteppedUp::of(&app, &holder.session), form);
    let Some(added) = authenticator::add(&app, &secret, step, &sign_in, because).await? else {
        // Another form was faster.
        return redirect::to_page(&app, Page::AccountAuthenticator);
    };
    let mut response = recovery_codes::show_once(&app, &holder, &added.codes, true).await?;
    Jar::of(&app).hand_over(&mut response, &added.signed_in);
    Ok(response)
}

async fn show(
    app: &App,
    holder: &AccountHolder,
    shown: Option<&TotpSecret>,
    problem: Option<FactorProblem>,
) -> Result<Response, Error> {
    let mut conn = app.db.read().await?;
    let enrolled = Enrolled::of(&mut conn, &holder.session.user_id).await?;
    let is_required = second_factor::is_required(app, &mut conn, &holder.session.user_id).await?;
    let keeps_codes = sets_password_of(&mut conn, &holder.session.user_id, app.mailer.is_on(), app.now()).await?;
    drop(conn);
    let layout = holder.layout(app);
    let now = app.now();
    let state = match enrolled.totp {
        Some(totp) => AuthenticatorState::There {
            since: Moment::new(totp.created_at, now),
            used: totp.last_used_at.map(|at| Moment::new(at, now)),
            is_required,
            keeps_codes,
        },
        None => {
            let (user, operator) = (&holder.session.user_id, &layout.site.operator_name);
            AuthenticatorState::None(SetUp::of(app, user, &holder.account, shown, operator))
        }
    };
    let page = AccountAuthenticatorPage { layout, state, problem };
    page::show_with(app, &holder.visitor, problem.map_or(StatusCode::OK, FactorProblem::status), &page)
}
