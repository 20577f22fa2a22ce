//! Changing the password.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::account::own_words::OwnWords;
use crate::account::password::{self as account_password, NewPassword};
use crate::app::App;
use crate::base::secret::Secret;
use crate::flow::account_holder::{AccountForm, AccountHolder};
use crate::http::cookies::Jar;
use crate::http::error::Error;
use crate::http::page::Wording;
use crate::http::request::query::Query;
use crate::http::{page, redirect};
use crate::login::identifier;
use crate::login::password;
use crate::login::second_factor::{self, Attempt, Demand, Enrolled, Outcome, Place, Rigour, Second, Typed};
use crate::login::session::SignIn;
use crate::oidc::claims::acr::Method;
use crate::pages::factor_problem::FactorProblem;
use crate::pages::new_password::{PasswordProblem, check_password};
use crate::pages::present_password::{self, PresentPasswordProblem};
use crate::pages::{FormProblems, Layout};
use crate::site::page::Page;
use crate::store;
use crate::store::people::user;

/// Asks for the present password and a new one. Posts `current`, `password` and, if the account has
/// a second factor, `code` or `recovery_code`, and, if ticked, `end_others=yes` to `/account/password`. `others=asked` says that
/// the form has that box: without it, others end.
#[derive(Template)]
#[template(path = "pages/account/password.html")]
pub struct AccountPasswordPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The person's identifier, for password managers.
    pub identifier: String,
    /// Whether the account has a password.
    pub has_password: bool,
    /// Whether a person without a password can set one by a letter.
    pub offers_reset: bool,
    /// How many recovery codes are left, if the account has a second factor, for which the form then asks, too.
    pub recovery_codes: Option<u64>,
    /// The least number of characters.
    pub least_password: u64,
    /// Why the last try failed, in the order of the fields.
    pub problems: Vec<ChangeProblem>,
    /// Whether the box that signs out everywhere else is ticked.
    pub ends_others: bool,
    /// What was just done.
    pub done: Option<PasswordDone>,
}

/// What was just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordDone {
    /// The password was changed, and everything else has ended.
    Changed,
    /// The password was changed, and everything else goes on.
    ChangedAlone,
}

impl PasswordDone {
    const ALL: [(&'static str, Self); 2] = [("changed", Self::Changed), ("changed-alone", Self::ChangedAlone)];

    fn wording(self) -> Wording {
        Wording::new(match self {
            Self::Changed => "account-password-changed",
            Self::ChangedAlone => "account-password-changed-alone",
        })
    }
}

/// Why a password was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeProblem {
    /// The present password is not accepted.
    Current(PresentPasswordProblem),
    /// The code of the second factor is missing or wrong.
    Code(FactorProblem),
    /// The new password is not accepted.
    New(PasswordProblem),
}

impl AccountPasswordPage<'_> {
    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problems.iter().map(|one| (one.field(), self.layout.say(one.wording()))))
    }

    fn done_text(&self) -> Option<String> {
        self.done.map(|done| self.layout.say(done.wording()))
    }
}

impl ChangeProblem {
    /// The field's name in the form.
    fn field(self) -> &'static str {
        match self {
            Self::Current(_) => "current",
            Self::Code(problem) => problem.field(),
            Self::New(_) => "password",
        }
    }

    fn wait(self) -> Option<Duration> {
        match self {
            Self::Current(problem) => problem.wait(),
            Self::Code(problem) => problem.wait(),
            _ => None,
        }
    }

    fn wording(self) -> Wording {
        match self {
            Self::Current(problem) => problem.wording(),
            Self::Code(problem) => problem.wording(),
            Self::New(problem) => problem.wording(),
        }
    }
}

/// Shows the page.
pub async fn get(State(app): State<App>, query: Query, holder: AccountHolder) -> Result<Response, Error> {
    let done = PasswordDone::ALL.into_iter().find(|(name, _)| query.get("done") == Some(*name));
    show(&app, &holder, Shown { done: done.map(|(_, done)| done), ..Shown::default() }).await
}

/// Changes the password. All other sessions and grants end, unless the person wants them to go on; this browser gets a new session.
pub async fn post(State(app): State<App>, form: AccountForm) -> Result<Response, Error> {
    let AccountForm { holder, params } = form;
    let current = Secret::from(params.get("current").unwrap_or_default());
    let new = Secret::from(params.get("password").unwrap_or_default());
    let keeps_others = params.get("others").is_some() && params.get("end_others").is_none();
    let again = |problems| show(&app, &holder, Shown { problems, keeps_others, done: None });
    if let Some(problem) = present_password::limited(&app, &holder).await {
        return again(vec![ChangeProblem::Current(problem)]).await;
    }
    let enrolled = Enrolled::of(&mut *app.db.read().await?, &holder.session.user_id).await?;
    let demand =
        second_factor::demand(&app, &holder.session.user_id, None, &holder.visitor.browser, Rigour::Usual).await?;
    if demand == Demand::SetUp {
        // The session is older than the operator's wish for a second factor. A new one begins with it.
        return redirect::to_page(&app, Page::AccountAuthenticator);
    }
    let typed_code = Typed::of(params.get("code").unwrap_or_default(), params.get("recovery_code").unwrap_or_default());
    let missing = current.expose().is_empty().then_some(ChangeProblem::Current(PresentPasswordProblem::Missing));
    let without_code =
        (enrolled.has_codes() && typed_code.is_none()).then_some(ChangeProblem::Code(FactorProblem::Missing));
    let own = OwnWords::of_user(&app, &holder.session.user_id).await?;
    let unfit = check_password(&app, &new, own).await?.map(ChangeProblem::New);
    let problems: Vec<_> = missing.into_iter().chain(without_code).chain(unfit).collect();
    if !problems.is_empty() {
        return again(problems).await;
    }
    let proof = match present_password::check(&app, &holder, &current).await? {
        Ok(proof) => proof,
        Err(problem) => return again(vec![ChangeProblem::Current(problem)]).await,
    };
    let second = match typed_code.filter(|_| enrolled.has_codes()) {
        None => None,
        Some(typed) if !is_another_factor(&app, &holder, typed).await? => {
            password::settle(&app, &proof).await?;
            return again(vec![ChangeProblem::Code(FactorProblem::SameSheet)]).await;
        }
        Some(typed) => match prove_second(&app, &holder, typed).await? {
            Ok(second) => Some((second, typed.method())),
            Err(problem) => {
                // The password was right, and so no failure.
                password::settle(&app, &proof).await?;
                return again(vec![ChangeProblem::Code(problem)]).await;
            }
        },
    };
    // A passkey is no field of the form: the page wanted it just before.
    let before = if enrolled.is_passkey_alone() { Method::of_names(&holder.session.amr) } else { Vec::new() };
    let typed = [Method::Password].into_iter().chain(second.as_ref().map(|(_, method)| *method));
    let methods: Vec<_> = typed.chain(before).collect();
    let sign_in = SignIn {
        keep: holder.session.kept_at.is_some(),
        proof: Some(&proof),
        second: second.as_ref().map(|(second, _)| second),
        proven_at: enrolled.is_passkey_alone().then_some(holder.session.auth_time),
        ..holder.visitor.sign_in(&proof.user, &methods)
    };
    let new = NewPassword { password: &new, keeps_others };
    let Some(signed_in) = account_password::change(&app, &holder.session, &proof, new, &sign_in).await? else {
        // Another change was faster. If it set another password, this session is over.
        return redirect::to_page(&app, Page::AccountPassword);
    };
    let done = if keeps_others { "changed-alone" } else { "changed" };
    let mut response = redirect::to_page_with(&app, Page::AccountPassword, "done", done)?;
    Jar::of(&app).hand_over(&mut response, &signed_in);
    Ok(response)
}

/// Whether a code is a factor beside the password.
async fn is_another_factor(app: &App, holder: &AccountHolder, typed: Typed<'_>) -> Result<bool, Error> {
    let mut conn = app.db.read().await?;
    Ok(second_factor::is_another_factor(&mut conn, &holder.session.user_id, &[Method::Password], typed).await?)
}

/// Checks the code of the second factor, or says why it does not count.
async fn prove_second(
    app: &App,
    holder: &AccountHolder,
    typed: Typed<'_>,
) -> Result<Result<Second, FactorProblem>, Error> {
    let place = Place::Form(&holder.session.id);
    let attempt = Attempt { user: &holder.session.user_id, place, browser: &holder.visitor.browser, typed };
    Ok(match second_factor::check(app, &attempt).await? {
        Outcome::Right(proof) => Ok(Second { proof, trust_until: None }),
        // Whoever has no app any more is asked for no code when the form is shown again.
        Outcome::Wrong | Outcome::NoApp | Outcome::SignInOver => Err(FactorProblem::wrong(typed)),
        Outcome::TooMany { until } => Err(FactorProblem::too_many(until, app.now())),
    })
}

/// What the page shows.
#[derive(Default)]
struct Shown {
    problems: Vec<ChangeProblem>,
    keeps_others: bool,
    done: Option<PasswordDone>,
}

async fn show(app: &App, holder: &AccountHolder, shown: Shown) -> Result<Response, Error> {
    let Shown { problems, keeps_others, done } = shown;
    let mut conn = app.db.read().await?;
    let identifiers = user::identifiers(&mut conn, &holder.session.user_id).await?;
    let stored = store::people::password::exists(&mut conn, &holder.session.user_id).await?;
    let enrolled = Enrolled::of(&mut conn, &holder.session.user_id).await?;
    drop(conn);
    let wait = problems.iter().find_map(|problem| problem.wait());
    let status = match (wait, problems.is_empty()) {
        (Some(_), _) => StatusCode::TOO_MANY_REQUESTS,
        (None, true) => StatusCode::OK,
        (None, false) => StatusCode::BAD_REQUEST,
    };
    let shown = AccountPasswordPage {
        layout: holder.layout(app).waiting(wait, app.now()),
        identifier: identifier::shown(&identifiers).unwrap_or_default().to_owned(),
        has_password: stored,
        offers_reset: app.mailer.is_on(),
        recovery_codes: enrolled.has_codes().then_some(enrolled.recovery_codes.unused.unsigned_abs()),
        least_password: app.config.login.password_min_length.into(),
        ends_others: !keeps_others,
        problems,
        done,
    };
    page::show_waiting(app, &holder.visitor, (status, wait), &shown)
}
