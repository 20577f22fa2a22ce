//! Setting a forgotten password with a recovery code, for who has no address that a letter could go to.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::account::own_words::OwnWords;
use crate::account::recent_factors::Unwanted;
use crate::account::recovery::{self, RightCode, Wish};
use crate::app::App;
use crate::base::clock::seconds_up;
use crate::base::secret::Secret;
use crate::flow::authorization::{Step, layout_of};
use crate::flow::first_factor::{self, ProvenFactor};
use crate::http::diagnosis::Diagnosis;
use crate::http::error::Error;
use crate::http::page;
use crate::http::redirect::see_other;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::login::identifier;
use crate::login::limits;
use crate::oidc::claims::acr::Method;
use crate::oidc::params::Params;
use crate::oidc::reason::Reason;
use crate::oidc::steps;
use crate::site::page::Page;
use crate::store::origin::Origin;

use super::new_password::{PasswordProblem, check_counted};
use super::recent_factors::{RecentFactor, of_addresses, of_factors, unwanted, unwanted_addresses};
use super::{FormProblems, Layout, Wording};

/// Asks for a username and a recovery code. Posts `identifier` and `recovery_code` to `/forgot-password/recovery-code`.
#[derive(Template)]
#[template(path = "pages/recovery_code.html")]
pub struct RecoveryCodePage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The username as typed.
    pub identifier: String,
    /// The errors, in the order of the fields.
    pub problems: Vec<RecoveryProblem>,
}

/// Asks for a new password after the code was right. Posts `recovery`, `password` and any number of `remove` to
/// `/forgot-password/recovery-code`.
#[derive(Template)]
#[template(path = "pages/recovery_password.html")]
pub struct RecoveryPasswordPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The code, sealed.
    pub recovery: String,
    /// The username as typed.
    pub identifier: String,
    /// The least number of characters.
    pub least_password: u64,
    /// What was added to the account lately, and can be removed.
    pub recent: Vec<RecentFactor>,
    /// Why the last password was not accepted.
    pub problem: Option<PasswordProblem>,
}

/// Why no password was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryProblem {
    /// No username was typed.
    IdentifierMissing,
    /// No code was typed.
    CodeMissing,
    /// They do not belong together, or the code was used. Also for accounts that do not exist, are disabled or have an address.
    Refused,
    /// The code was right too long ago, or in another browser.
    Over,
    /// Too many tries from this network.
    TooOften {
        /// How long to wait, in seconds.
        seconds: u64,
    },
}

impl RecoveryProblem {
    fn field(self) -> &'static str {
        match self {
            Self::IdentifierMissing => "identifier",
            Self::CodeMissing | Self::Refused | Self::Over | Self::TooOften { .. } => "recovery_code",
        }
    }

    /// The same as a reason, for the log.
    pub const fn reason(self) -> Reason {
        match self {
            Self::IdentifierMissing => Reason::SignInIdentifierMissing,
            Self::CodeMissing => Reason::RecoveryCodeMissing,
            Self::Refused => Reason::RecoveryCodeRefused,
            Self::Over => Reason::RecoveryCodeOver,
            Self::TooOften { .. } => Reason::RecoveryCodeTooOften,
        }
    }

    /// What the operator is told about it. How a code was judged is kept.
    async fn diagnosis(self, app: &App) -> Diagnosis {
        let diagnosis = Diagnosis::new(self.reason(), None);
        match self {
            Self::IdentifierMissing | Self::CodeMissing => diagnosis,
            Self::Refused | Self::Over | Self::TooOften { .. } => diagnosis.explained(app).await,
        }
    }

    /// The message on the page.
    pub fn wording(self) -> Wording {
        match self {
            Self::IdentifierMissing => Wording::new("sign-in-identifier-missing"),
            Self::CodeMissing => Wording::new("recovery-code-missing"),
            Self::Refused => Wording::new("recovery-code-refused"),
            Self::Over => Wording::new("recovery-code-over"),
            Self::TooOften { seconds } => Wording::counted("sign-in-too-many-tries", "seconds", seconds),
        }
    }

    fn wait(self) -> Option<Duration> {
        match self {
            Self::TooOften { seconds } => Some(Duration::from_secs(seconds)),
            _ => None,
        }
    }
}

impl RecoveryCodePage<'_> {
    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problems.iter().map(|one| (one.field(), self.layout.say(one.wording()))))
    }
}

impl RecoveryPasswordPage<'_> {
    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problem.map(|problem| ("password", self.layout.say(problem.wording()))))
    }
}

/// Where the sign-in leads that follows.
struct Way {
    step: Option<Step>,
    return_to: Option<Page>,
}

impl Way {
    async fn of(
        app: &App,
        visitor: &Visitor,
        (interaction, page): (Option<&str>, Option<&str>),
    ) -> Result<Self, Error> {
        let step = Step::open_if_any(app, visitor, interaction).await?;
        Ok(Self { step, return_to: page.and_then(Page::by_return_name) })
    }

    fn layout<'a>(&self, app: &'a App, visitor: &'a Visitor) -> Layout<'a> {
        Layout { return_to: self.return_to, ..layout_of(app, visitor, self.step.as_ref()).of(Page::RecoveryCode) }
    }
}

/// What was typed, and what is wrong with it. The code is not shown again.
#[derive(Default)]
struct Typed {
    identifier: String,
    problems: Vec<RecoveryProblem>,
}

impl Typed {
    fn wrong(problem: RecoveryProblem) -> Self {
        Self { problems: vec![problem], ..Self::default() }
    }
}

/// Shows the page for the code, or, after the code was right, the one for the password.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    let way = Way::of(&app, &visitor, (query.get("interaction"), query.get("return"))).await?;
    let Some(sealed) = query.get("recovery") else { return show(&app, &visitor, &way, Typed::default()).await };
    match RightCode::open(&app, &visitor.browser, sealed) {
        Some(right) => show_password(&app, &visitor, &way, Shown::of(&right)).await,
        None => show(&app, &visitor, &way, Typed::wrong(RecoveryProblem::Over)).await,
    }
}

/// Checks the code, or sets the password.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let way = Way::of(&app, &visitor, (params.get("interaction"), params.get("return"))).await?;
    match params.get("recovery") {
        Some(sealed) => set_password(&app, &visitor, &way, (sealed, &params)).await,
        None => check(&app, &visitor, &way, &params).await,
    }
}

async fn check(app: &App, visitor: &Visitor, way: &Way, params: &Params) -> Result<Response, Error> {
    let text = |name| params.get(name).unwrap_or_default().trim().to_owned();
    let (mut typed, code) = (Typed { identifier: text("identifier"), problems: Vec::new() }, text("recovery_code"));
    if typed.identifier.is_empty() || typed.identifier.len() > identifier::LONGEST {
        typed.problems.push(RecoveryProblem::IdentifierMissing);
    }
    if code.is_empty() {
        typed.problems.push(RecoveryProblem::CodeMissing);
    }
    if !typed.problems.is_empty() {
        return show(app, visitor, way, typed).await;
    }
    // The codes are too long to be guessed: no account is limited, so that no stranger keeps an owner from trying.
    if let Err(wait) = limits::recovery_code(app, visitor.caller(), &typed.identifier).await? {
        app.metrics.sign_in("recovery_code", "limited");
        Origin::note(steps::Step::failed("address", limits::OF_ADDRESS));
        typed.problems.push(RecoveryProblem::TooOften { seconds: seconds_up(wait) });
        return show(app, visitor, way, typed).await;
    }
    match recovery::check(app, &visitor.tries(&typed.identifier, &Secret::from(code.as_str()))).await? {
        Some(right) => see_other(&address(&way.layout(app, visitor), &right.seal(app))),
        None => {
            app.metrics.sign_in("recovery_code", "refused");
            typed.problems.push(RecoveryProblem::Refused);
            show(app, visitor, way, typed).await
        }
    }
}

/// Sets the password, and signs in as far as a password does.
async fn set_password(
    app: &App,
    visitor: &Visitor,
    way: &Way,
    (sealed, params): (&str, &Params),
) -> Result<Response, Error> {
    let Some(right) = RightCode::open(app, &visitor.browser, sealed) else {
        return show(app, visitor, way, Typed::wrong(RecoveryProblem::Over)).await;
    };
    let password = Secret::from(params.get("password").unwrap_or_default());
    let own = OwnWords::of_user(app, right.user()).await?;
    let (unwanted, addresses) = (unwanted(params), unwanted_addresses(params));
    if let Some(problem) = check_counted(app, right.code().as_str(), &password, own).await? {
        let shown = Shown { unwanted: &unwanted, addresses: &addresses, problem: Some(problem), ..Shown::of(&right) };
        return show_password(app, visitor, way, shown).await;
    }
    let Some(user) = recovery::recover(app, &right, Wish { password: &password, unwanted, addresses }).await? else {
        app.metrics.sign_in("recovery_code", "refused");
        let typed = Typed { identifier: right.typed, ..Typed::wrong(RecoveryProblem::Refused) };
        return show(app, visitor, way, typed).await;
    };
    let first = ProvenFactor {
        user: &user,
        method: Method::Password,
        metric: "recovery_code",
        keep: false,
        proof: None,
        upstream: None,
    };
    let done = first_factor::complete(app, visitor, way.step.as_ref(), way.return_to, first).await?;
    done.ok_or_else(|| Error::Internal("a user who has just set a password and cannot sign in".to_owned()))
}

/// The address of the page for the password.
fn address(layout: &Layout<'_>, sealed: &str) -> String {
    let link = layout.link(Page::RecoveryCode.path());
    let joint = if link.contains('?') { '&' } else { '?' };
    format!("{link}{joint}recovery={sealed}")
}

async fn show(app: &App, visitor: &Visitor, way: &Way, typed: Typed) -> Result<Response, Error> {
    let Typed { identifier, problems } = typed;
    let wait = problems.iter().find_map(|problem| problem.wait());
    let status = match (wait, problems.is_empty()) {
        (Some(_), _) => StatusCode::TOO_MANY_REQUESTS,
        (None, true) => StatusCode::OK,
        (None, false) => StatusCode::BAD_REQUEST,
    };
    let refusal = match problems.first() {
        Some(problem) => Some(problem.diagnosis(app).await),
        None => None,
    };
    let reference = refusal.as_ref().and_then(|refusal| refusal.reference.as_ref());
    let layout = way.layout(app, visitor).waiting(wait, app.now()).explained_by(reference);
    let page = RecoveryCodePage { layout, identifier, problems };
    let mut response = page::show_waiting(app, visitor, (status, wait), &page)?;
    if let Some(refusal) = refusal {
        refusal.ride_on(&mut response);
    }
    Ok(response)
}

/// What the page for the password shows.
struct Shown<'a> {
    right: &'a RightCode,
    unwanted: &'a Unwanted,
    addresses: &'a [String],
    problem: Option<PasswordProblem>,
}

impl<'a> Shown<'a> {
    /// That of a code, with nothing chosen.
    fn of(right: &'a RightCode) -> Self {
        const NOTHING: &Unwanted = &Unwanted { app: false, passkeys: Vec::new() };
        Self { right, unwanted: NOTHING, addresses: &[], problem: None }
    }
}

async fn show_password(app: &App, visitor: &Visitor, way: &Way, shown: Shown<'_>) -> Result<Response, Error> {
    let Shown { right, unwanted, addresses, problem } = shown;
    let (lately, sealed) = (recovery::added_lately(app, right).await?, right.seal(app));
    let mut recent = of_factors(&lately.factors, unwanted, app.now());
    recent.extend(of_addresses(&lately.addresses, addresses));
    let (status, wait) = PasswordProblem::answer(problem);
    let layout = way.layout(app, visitor).waiting(wait, app.now());
    let address = address(&Layout { interaction: None, ..way.layout(app, visitor) }, &sealed);
    let page = RecoveryPasswordPage {
        layout: layout.at(address),
        recovery: sealed,
        identifier: right.typed.clone(),
        least_password: app.config.login.password_min_length.into(),
        recent,
        problem,
    };
    page::show_waiting(app, visitor, (status, wait), &page)
}
