//! The second half of a sign-in: a code of the authenticator app, or a recovery code.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::half::{self, Half};
use crate::app::App;
use crate::base::clock::{Timestamp, minutes_up};
use crate::flow::authorization::layout_of;
use crate::flow::next_page;
use crate::http::diagnosis::Diagnosis;
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::{self, Visitor};
use crate::login::passkey::{self, Offer};
use crate::login::second_factor::{self, Attempt, Outcome, Place, Second, Typed};
use crate::login::session::{self, SignIn};
use crate::oidc::difference::Difference;
use crate::pages::{AccountView, FormProblems, Layout, Wording};
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

/// Why a code was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorProblem {
    /// None was typed.
    Missing,
    /// The code of the app is wrong, too old, or was used before.
    Wrong,
    /// The recovery code is wrong, or was used before.
    RecoveryCodeWrong,
    /// A recovery code has set the password, and another one is no second factor.
    SameSheet,
    /// Too many tries at this account.
    TooManyTries {
        /// How long to wait, in minutes.
        minutes: u64,
    },
    /// Too many tries in this sign-in, which begins again.
    SignInOver,
}

impl FactorProblem {
    /// The problem with a code that is not right.
    pub fn wrong(typed: Typed<'_>) -> Self {
        match typed {
            Typed::Code(_) => Self::Wrong,
            Typed::RecoveryCode(_) => Self::RecoveryCodeWrong,
        }
    }

    /// The problem if no code counts until a moment.
    pub fn too_many(until: Timestamp, now: Timestamp) -> Self {
        Self::TooManyTries { minutes: minutes_up(until.since(now)) }
    }

    /// The message on the page.
    pub fn wording(self) -> Wording {
        match self {
            Self::Missing => Wording::new("second-factor-missing"),
            Self::Wrong => Wording::new("second-factor-wrong"),
            Self::RecoveryCodeWrong => Wording::new("second-factor-recovery-wrong"),
            Self::SameSheet => Wording::new("second-factor-same-sheet"),
            Self::TooManyTries { minutes } => Wording::counted("second-factor-too-many-tries", "minutes", minutes),
            Self::SignInOver => Wording::new("second-factor-over"),
        }
    }

    /// How long to wait.
    pub fn wait(self) -> Option<Duration> {
        match self {
            Self::TooManyTries { minutes } => Some(Duration::from_secs(60 * minutes)),
            _ => None,
        }
    }

    /// The field that it is about.
    pub fn field(self) -> &'static str {
        if matches!(self, Self::RecoveryCodeWrong | Self::SameSheet) { "recovery_code" } else { "code" }
    }

    /// A short code, for the log.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Missing => "second_factor_missing",
            Self::Wrong => "second_factor_wrong",
            Self::RecoveryCodeWrong => "second_factor_recovery_wrong",
            Self::SameSheet => "second_factor_same_sheet",
            Self::TooManyTries { .. } => "second_factor_too_many_tries",
            Self::SignInOver => "second_factor_over",
        }
    }

    /// What the operator is told about it. How the code was judged is kept, unless none was typed.
    pub async fn diagnosis(self, app: &App) -> Diagnosis {
        let is_wrong = matches!(self, Self::Wrong | Self::RecoveryCodeWrong);
        let difference = Difference::new("code", "another one", "a code of the account's app that was not used");
        let diagnosis = Diagnosis::new(self.reason(), is_wrong.then_some(difference));
        if self == Self::Missing { diagnosis } else { diagnosis.explained(app).await }
    }

    /// The status of the answer.
    pub fn status(self) -> StatusCode {
        match self {
            Self::TooManyTries { .. } | Self::SignInOver => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::BAD_REQUEST,
        }
    }
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
    visitor.hold_to(&app, "sign-in", visitor::sign_in_rate(&app)).await?;
    let typed = Typed::of(params.get("code").unwrap_or_default(), params.get("recovery_code").unwrap_or_default());
    let has_ticked = params.get("trust").is_some();
    let again = |problem| show(&app, &visitor, &half, Some(problem), has_ticked);
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
    let sign_in = SignIn { keep: half.first.keep, second: Some(&second), ..visitor.sign_in(&half.user, &methods) };
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
