//! Setting a forgotten password with a recovery code, for who has no address that a letter could go to.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::account::own_words::OwnWords;
use crate::account::recovery::{self, Recovery};
use crate::app::App;
use crate::base::secret::Secret;
use crate::flow::authorization::{Step, layout_of};
use crate::flow::first_factor::{self, ProvenFactor};
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::{self, Visitor};
use crate::oidc::claims::acr::Method;
use crate::site::page::Page;

use super::new_password::{PasswordProblem, check_password};
use super::{FormProblems, Layout, Wording};

/// Asks for a username, a recovery code and a new password. Posts `identifier`, `recovery_code` and `password` to
/// `/forgot-password/recovery-code`.
#[derive(Template)]
#[template(path = "pages/recovery_code.html")]
pub struct RecoveryCodePage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The username as typed.
    pub identifier: String,
    /// The least number of characters of a password.
    pub least_password: u64,
    /// The errors, in the order of the fields.
    pub problems: Vec<RecoveryProblem>,
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
    /// The password was not accepted.
    Password(PasswordProblem),
}

impl RecoveryProblem {
    fn field(self) -> &'static str {
        match self {
            Self::IdentifierMissing => "identifier",
            Self::CodeMissing | Self::Refused => "recovery_code",
            Self::Password(_) => "password",
        }
    }

    /// The message on the page.
    pub fn wording(self) -> Wording {
        match self {
            Self::IdentifierMissing => Wording::new("sign-in-identifier-missing"),
            Self::CodeMissing => Wording::new("recovery-code-missing"),
            Self::Refused => Wording::new("recovery-code-refused"),
            Self::Password(problem) => problem.wording(),
        }
    }
}

impl RecoveryCodePage<'_> {
    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problems.iter().map(|one| (one.field(), self.layout.say(one.wording()))))
    }
}

/// What was typed, and what is wrong with it. The code is not shown again.
#[derive(Default)]
struct Typed {
    identifier: String,
    code: String,
    problems: Vec<RecoveryProblem>,
    return_to: Option<Page>,
}

/// Shows the page.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    let step = step(&app, &visitor, query.get("interaction")).await?;
    let return_to = query.get("return").and_then(Page::by_return_name);
    show(&app, &visitor, step.as_ref(), Typed { return_to, ..Typed::default() })
}

/// Sets the password, and signs in as far as a password does.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    // The codes are too long to be guessed: a network alone is limited, and no stranger keeps an owner from trying.
    visitor.hold_to(&app, "recovery-code", visitor::sign_in_rate(&app)).await?;
    let step = step(&app, &visitor, params.get("interaction")).await?;
    let text = |name| params.get(name).unwrap_or_default().trim().to_owned();
    let mut typed = Typed {
        identifier: text("identifier"),
        code: text("recovery_code"),
        problems: Vec::new(),
        return_to: params.get("return").and_then(Page::by_return_name),
    };
    if typed.identifier.is_empty() || typed.identifier.len() > LONGEST {
        typed.problems.push(RecoveryProblem::IdentifierMissing);
    }
    if typed.code.is_empty() {
        typed.problems.push(RecoveryProblem::CodeMissing);
    }
    let password = Secret::from(params.get("password").unwrap_or_default());
    // Of what was typed alone: the words of the account would tell that there is one.
    let own = OwnWords::of_provider(&app).and(&typed.identifier);
    typed.problems.extend(check_password(&app, &password, own).await?.map(RecoveryProblem::Password));
    if !typed.problems.is_empty() {
        return show(&app, &visitor, step.as_ref(), typed);
    }
    let recovery =
        Recovery { typed: &typed.identifier, code: &typed.code, password: &password, browser: &visitor.browser };
    if let Some(user) = recovery::recover(&app, &recovery).await? {
        let first =
            ProvenFactor { user: &user, method: Method::Password, metric: "recovery_code", keep: false, proof: None };
        let done = first_factor::complete(&app, &visitor, step.as_ref(), typed.return_to, first).await?;
        return done.ok_or_else(|| Error::Internal("a user who has just set a password and cannot sign in".to_owned()));
    }
    app.metrics.sign_in("recovery_code", "refused");
    typed.problems.push(RecoveryProblem::Refused);
    show(&app, &visitor, step.as_ref(), typed)
}

/// The longest identifier, in bytes.
const LONGEST: usize = 254;

async fn step(app: &App, visitor: &Visitor, sealed: Option<&str>) -> Result<Option<Step>, Error> {
    match sealed {
        Some(sealed) => Ok(Some(Step::open(app, visitor, sealed).await?)),
        None => Ok(None),
    }
}

fn show(app: &App, visitor: &Visitor, step: Option<&Step>, typed: Typed) -> Result<Response, Error> {
    let Typed { identifier, problems, return_to, .. } = typed;
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let page = RecoveryCodePage {
        layout: Layout { return_to, ..layout_of(app, visitor, step).of(Page::RecoveryCode) },
        identifier,
        least_password: app.config.login.password_min_length.into(),
        problems,
    };
    page::show_with(app, visitor, status, &page)
}
