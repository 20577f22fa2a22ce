//! The authenticator app of the account: setting it up, and removing it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::recovery_codes::{self, CameWith};
use crate::account::authenticator::{self, Because, NewApp};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::flow::account_holder::{AccountForm, AccountHolder};
use crate::http::cookies::Jar;
use crate::http::error::Error;
use crate::http::{page, redirect};
use crate::login::recovery_code::sets_password_of;
use crate::login::second_factor::Required;
use crate::login::session;
use crate::login::step_up::SteppedUp;
use crate::oidc::claims::acr::Method;
use crate::pages::factor_problem::FactorProblem;
use crate::pages::set_up::{SetUp, Shown};
use crate::pages::{FormProblems, Layout, Moment};
use crate::site::page::Page;
use crate::store;
use crate::store::people::totp::Totp;

/// Shows how to set up an app, or the one that there is. Posts `enrolment` and `code`, or `remove=yes`, to
/// `/account/authenticator`, and `enrolment` and `code` of another app to `/account/authenticator/another`.
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
    /// It has one, and this is how to set up another one in its place.
    Another(SetUp),
    /// It has one.
    There {
        /// Since when.
        since: Moment,
        /// When a code was last used.
        used: Option<Moment>,
        /// What is left when it goes.
        left: LeftWithout,
        /// Whether the recovery codes stay when the app goes.
        keeps_codes: bool,
    },
}

/// What is left to sign in with when the app goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftWithout {
    /// The person needs it to sign in, and cannot remove it.
    Nothing,
    /// A passkey: the person needs a second factor.
    Passkey,
    /// The password, which is enough.
    Password,
}

impl AccountAuthenticatorPage<'_> {
    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problem.map(|problem| (problem.field(), self.layout.say(problem.wording()))))
    }
}

/// Shows the app that there is, or how to set one up.
pub async fn get(State(app): State<App>, holder: AccountHolder) -> Result<Response, Error> {
    match present(&app, &holder).await? {
        Some(totp) => show(&app, &holder, there(&app, &holder, &totp).await?, None),
        None => show_set_up(&app, &holder, None).await,
    }
}

/// Shows how to set up another app in place of the one that there is.
pub async fn another(State(app): State<App>, holder: AccountHolder) -> Result<Response, Error> {
    match present(&app, &holder).await? {
        Some(totp) => show_set_up(&app, &holder, Some(totp.created_at)).await,
        None => redirect::to_page(&app, Page::AccountAuthenticator),
    }
}

/// Sets up an app whose code is right, be it in place of another one, or removes the one that there is.
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
    let there = present(&app, &holder).await?.map(|totp| totp.created_at);
    let shown = Shown::open(&app, id, params.get("enrolment").unwrap_or_default());
    // Otherwise another form was faster, or the page is too old.
    let Some(shown) = shown.filter(|shown| shown.replaces == there) else {
        return redirect::to_page(&app, Page::AccountAuthenticator);
    };
    let code = params.get("code").unwrap_or_default();
    let step = match (code.trim().is_empty(), shown.secret.step_of(code, app.now())) {
        (true, _) => return show(&app, &holder, set_up(&app, &holder, &shown), Some(FactorProblem::Missing)),
        (false, None) => return show(&app, &holder, set_up(&app, &holder, &shown), Some(FactorProblem::Wrong)),
        (false, Some(step)) => step,
    };
    let Some(user) = session::unchanged_user(&app, &holder.session).await? else {
        return redirect::to_page(&app, Page::AccountAuthenticator);
    };
    let methods = holder.session.methods_and(Method::Totp);
    let sign_in = holder.visitor.renewal(&holder.session, &user, &methods);
    let because = Because::SteppedUp(SteppedUp::of(&app, &holder.session));
    let new = NewApp { secret: &shown.secret, step, replaces: shown.replaces };
    let Some(added) = authenticator::add(&app, new, &sign_in, because).await? else {
        // Another form was faster.
        return redirect::to_page(&app, Page::AccountAuthenticator);
    };
    let came_with = if shown.replaces.is_some() { CameWith::AnotherApp } else { CameWith::App };
    let mut response = recovery_codes::show_once(&app, &holder, &added.codes, came_with).await?;
    Jar::of(&app).hand_over(&mut response, &added.signed_in);
    Ok(response)
}

/// The app that the account has.
async fn present(app: &App, holder: &AccountHolder) -> Result<Option<Totp>, Error> {
    Ok(store::people::totp::find(&mut *app.db.read().await?, &holder.session.user_id).await?)
}

/// What is shown of the app that there is.
async fn there(app: &App, holder: &AccountHolder, totp: &Totp) -> Result<AuthenticatorState, Error> {
    let (user, required, now) = (&holder.session.user_id, Required::of(app), app.now());
    let mut conn = app.db.read().await?;
    let left = match required.holds(&mut conn, user).await? {
        false => LeftWithout::Password,
        true if authenticator::is_bound(&mut conn, user, &required).await? => LeftWithout::Nothing,
        true => LeftWithout::Passkey,
    };
    let keeps_codes = sets_password_of(&mut conn, user, app.mailer.is_on(), now).await?;
    let (since, used) = (Moment::new(totp.created_at, now), totp.last_used_at.map(|at| Moment::new(at, now)));
    Ok(AuthenticatorState::There { since, used, left, keeps_codes })
}

/// What is shown of a secret.
fn set_up(app: &App, holder: &AccountHolder, shown: &Shown) -> AuthenticatorState {
    let operator = &holder.visitor.site.operator_name;
    let set_up = SetUp::of(app, &holder.session.user_id, &holder.account, shown, operator);
    if shown.replaces.is_some() { AuthenticatorState::Another(set_up) } else { AuthenticatorState::None(set_up) }
}

/// Shows how to set up an app.
async fn show_set_up(app: &App, holder: &AccountHolder, replaces: Option<Timestamp>) -> Result<Response, Error> {
    let shown = Shown::begin(app, &holder.visitor, &holder.session.user_id, replaces).await?;
    let mut response = show(app, holder, set_up(app, holder, &shown), None)?;
    shown.put_down(app, &mut response);
    Ok(response)
}

fn show(
    app: &App,
    holder: &AccountHolder,
    state: AuthenticatorState,
    problem: Option<FactorProblem>,
) -> Result<Response, Error> {
    let page = AccountAuthenticatorPage { layout: holder.layout(app), state, problem };
    page::show_with(app, &holder.visitor, problem.map_or(StatusCode::OK, FactorProblem::status), &page)
}
