//! Creating an account.

mod challenge;

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value};

pub use challenge::ChallengeProblem;

use crate::account::identifier;
use crate::account::own_words::OwnWords;
use crate::account::profile::LONGEST;
use crate::account::sign_up::{Joined, Refusal, Rules, join};
use crate::account::users::NewUser;
use crate::app::App;
use crate::base::secret::Secret;
use crate::flow::authorization::{Step, layout_of};
use crate::flow::first_factor::{self, ProvenFactor};
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::login::challenge::Puzzle;
use crate::login::letter::{self, Asking, Judged, Newcomer};
use crate::oidc::claims::acr::Method;
use crate::site::page::Page;
use crate::store::ephemeral::Rate;
use crate::store::people::mail_proof::{Proof, Purpose};
use crate::store::people::user::{Identifier, User};

use super::mail_code::{CodeProblem, limited};
use super::new_password::{PasswordProblem, check_password};
use super::{FormProblems, Layout, Wording};

/// Asks for the data of a new account. Posts `email`, `name` and `password` to `/sign-up`.
#[derive(Template)]
#[template(path = "pages/sign_up.html")]
pub struct SignUpPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The mail address as typed.
    pub email: String,
    /// The person's name as typed; may be left empty.
    pub name: String,
    /// The least number of characters of a password.
    pub least_password: u64,
    /// The errors, in the order of the fields.
    pub problems: Vec<SignUpProblem>,
    /// The work that has to be proven, if any.
    pub challenge: Option<Puzzle>,
}

/// Asks for the code from the letter. Posts `asked` and `code` to `/sign-up`.
#[derive(Template)]
#[template(path = "pages/sign_up_code.html")]
pub struct SignUpCodePage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The address that the letter went to.
    pub email: String,
    /// What was asked for in this browser.
    pub asked: String,
    /// Why the last try failed.
    pub problem: Option<CodeProblem>,
}

impl SignUpCodePage<'_> {
    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problem.map(|problem| ("code", self.layout.say(problem.wording()))))
    }
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpField {
    /// The mail address.
    Email,
    /// The person's name.
    Name,
    /// The password.
    Password,
}

impl SignUpField {
    /// The field's name in the form.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Name => "name",
            Self::Password => "password",
        }
    }
}

/// An error in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpProblem {
    /// No mail address was typed.
    EmailMissing,
    /// It is not a mail address.
    EmailMalformed,
    /// No account can be made with an address of this domain.
    EmailDomain,
    /// The mail address belongs to an account.
    EmailTaken,
    /// The name is too long.
    NameTooLong,
    /// The password was not accepted.
    Password(PasswordProblem),
    /// The work was not proven.
    Challenge(ChallengeProblem),
}

impl SignUpProblem {
    /// The field with the error.
    pub fn field(self) -> SignUpField {
        match self {
            Self::EmailMissing | Self::EmailMalformed | Self::EmailDomain | Self::EmailTaken => SignUpField::Email,
            Self::NameTooLong => SignUpField::Name,
            // Whatever else is asked for, the password has to be typed again.
            Self::Password(_) | Self::Challenge(_) => SignUpField::Password,
        }
    }

    /// How long to wait.
    fn wait(self) -> Option<Duration> {
        match self {
            Self::Challenge(problem) => problem.wait(),
            _ => None,
        }
    }

    /// The message on the page.
    pub fn wording(self) -> Wording {
        match self {
            Self::EmailMissing => Wording::new("sign-up-email-missing"),
            Self::EmailMalformed => Wording::new("sign-up-email-malformed"),
            Self::EmailDomain => Wording::new("sign-up-email-domain"),
            Self::EmailTaken => Wording::new("sign-up-email-taken"),
            Self::NameTooLong => Wording::new("sign-up-name-too-long"),
            Self::Password(problem) => problem.wording(),
            Self::Challenge(problem) => problem.wording(),
        }
    }
}

impl SignUpPage<'_> {
    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problems.iter().map(|one| (one.field().name(), self.layout.say(one.wording()))))
    }
}

/// Shows the page.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    offered(&app)?;
    let step = match query.get("interaction") {
        Some(sealed) => Some(Step::open(&app, &visitor, sealed).await?),
        None => None,
    };
    let hint = step.as_ref().and_then(|step| step.proven.request.login_hint.clone());
    let challenge = challenge::pose(&app, &visitor, step.as_ref()).await;
    show(&app, &visitor, step.as_ref(), Typed { email: hint.unwrap_or_default(), challenge, ..Typed::default() })
}

/// Creates an account, and signs its owner in.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    offered(&app)?;
    let ProvenForm { visitor, params } = form;
    // Before anything that takes time. There is no account yet, so only the network can be limited.
    visitor.hold_to(&app, "sign-up", Rate { burst: 10, period: Duration::from_secs(60) }).await?;
    let step = match params.get("interaction") {
        Some(sealed) => Some(Step::open(&app, &visitor, sealed).await?),
        None => None,
    };
    let email = params.get("email").unwrap_or_default().trim().to_owned();
    if let Some(asked) = params.get("asked") {
        let code = params.get("code").unwrap_or_default().trim();
        return finish_by_letter(&app, &visitor, step.as_ref(), (&email, asked, code)).await;
    }
    let name = params.get("name").unwrap_or_default().trim().to_owned();
    let password = Secret::from(params.get("password").unwrap_or_default());
    // Before anything that takes time.
    let (challenge, unproven) = challenge::judge(&app, &visitor, step.as_ref(), &params).await?;
    let again = |problems| {
        let typed = Typed { email: email.clone(), name: name.clone(), problems, challenge: challenge.clone() };
        show(&app, &visitor, step.as_ref(), typed)
    };
    if let Some(problem) = unproven {
        return again(vec![SignUpProblem::Challenge(problem)]);
    }

    let mut problems = Vec::new();
    let identifier = allowed_address(&app, &email)?;
    problems.extend(identifier.as_ref().err());
    if name.chars().count() > LONGEST {
        problems.push(SignUpProblem::NameTooLong);
    }
    let client = step.as_ref().map_or("", |step| step.proven.client.name.as_str());
    let own = OwnWords::of_provider(&app).and(&email).and(&name).and(client);
    problems.extend(check_password(&app, &password, own).await?.map(SignUpProblem::Password));
    let Some(identifier) = identifier.ok().filter(|_| problems.is_empty()) else { return again(problems) };

    let mut profile = serde_json::Map::new();
    if !name.is_empty() {
        profile.insert("name".to_owned(), name.clone().into());
    }
    profile.insert("locale".to_owned(), visitor.language.tag().into());
    if app.mailer.is_on() {
        // Whether anybody has the address is told by letter alone.
        return ask_by_letter(&app, &visitor, step.as_ref(), (identifier, profile, password)).await;
    }
    let phc = app.hashing.hash(&password).await?;
    let new = NewUser { sub: None, profile, identifiers: vec![identifier], password: None, roles: Vec::new() };
    match join(&app, new, Some(phc)).await? {
        Joined::Done(user) => sign_in(&app, &visitor, step.as_ref(), &user).await,
        Joined::Refused(refusal) => again(vec![refused(refusal)?]),
        Joined::Taken => again(vec![SignUpProblem::EmailTaken]),
    }
}

/// The address that was typed, if an account may be made with it.
fn allowed_address(app: &App, typed: &str) -> Result<Result<Identifier, SignUpProblem>, Error> {
    if typed.is_empty() {
        return Ok(Err(SignUpProblem::EmailMissing));
    }
    let Ok(address) = identifier::parse_email(typed, None) else { return Ok(Err(SignUpProblem::EmailMalformed)) };
    match Rules::of(app).may_join(std::slice::from_ref(&address)) {
        Ok(()) => Ok(Ok(address)),
        Err(refusal) => Ok(Err(refused(refusal)?)),
    }
}

/// What the page says of a refusal.
fn refused(refusal: Refusal) -> Result<SignUpProblem, Error> {
    match refusal {
        Refusal::Closed => Err(Error::SignUpOff),
        Refusal::Domain => Ok(SignUpProblem::EmailDomain),
    }
}

/// Signs in who has just made an account.
async fn sign_in(app: &App, visitor: &Visitor, step: Option<&Step>, user: &User) -> Result<Response, Error> {
    let first = ProvenFactor { user, method: Method::Password, metric: "password", keep: false, proof: None };
    let response = first_factor::complete(app, visitor, step, None, first).await?;
    response.ok_or_else(|| Error::Internal("a new user who cannot be signed in".to_owned()))
}

/// Sends a letter: with a code, or, to somebody who has an account, that there is one.
async fn ask_by_letter(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    (address, profile, password): (Identifier, Map<String, Value>, Secret),
) -> Result<Response, Error> {
    let asker = match limited(app, visitor, &address.normalised).await? {
        Ok(asker) => asker,
        Err(problem) => return show_code(app, visitor, step, (&address.as_written, "", Some(problem))),
    };
    let phc = app.hashing.hash(&password).await?;
    let newcomer = Newcomer { email: address.as_written.clone(), profile, phc };
    let language = layout_of(app, visitor, step).language.tag().to_owned();
    let asking = Asking { address: &address, asker: &asker, browser: &visitor.browser, language: &language };
    let asked = letter::ask_to_sign_up(app, asking, &newcomer).await?;
    show_code(app, visitor, step, (&address.as_written, &asked.name, None))
}

/// Creates the account whose owner has typed the code, and signs them in.
async fn finish_by_letter(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    (email, asked, code): (&str, &str, &str),
) -> Result<Response, Error> {
    let problem = match code {
        "" => CodeProblem::Missing,
        code => match letter::judge_code(app, Purpose::SignUp, asked, code, &visitor.browser).await? {
            Judged::Right { proof, .. } => match create(app, &proof).await? {
                Some(user) => return sign_in(app, visitor, step, &user).await,
                None => CodeProblem::Over,
            },
            Judged::Wrong => CodeProblem::Wrong,
            Judged::Over => CodeProblem::Over,
        },
    };
    show_code(app, visitor, step, (email, asked, Some(problem)))
}

/// The new account; `None` if somebody else has made one with the address meanwhile, or nobody may any more.
async fn create(app: &App, proof: &Proof) -> Result<Option<User>, Error> {
    let Some(newcomer) = letter::newcomer(app, proof) else { return Ok(None) };
    let Ok(address) = identifier::parse_email(&newcomer.email, Some(app.now())) else { return Ok(None) };
    let (profile, identifiers) = (newcomer.profile, vec![address]);
    let new = NewUser { sub: None, profile, identifiers, password: None, roles: Vec::new() };
    match join(app, new, Some(newcomer.phc)).await? {
        Joined::Done(user) => Ok(Some(*user)),
        Joined::Refused(_) | Joined::Taken => Ok(None),
    }
}

fn show_code(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    (email, asked, problem): (&str, &str, Option<CodeProblem>),
) -> Result<Response, Error> {
    let wait = problem.and_then(CodeProblem::wait);
    let page = SignUpCodePage {
        layout: layout_of(app, visitor, step).of(Page::SignUp).waiting(wait, app.now()),
        email: email.to_owned(),
        asked: asked.to_owned(),
        problem,
    };
    page::show_waiting(app, visitor, (CodeProblem::status(problem), wait), &page)
}

fn offered(app: &App) -> Result<(), Error> {
    if app.config.login.sign_up.is_offered() { Ok(()) } else { Err(Error::SignUpOff) }
}

/// The typed values, and the errors in them.
#[derive(Default)]
struct Typed {
    email: String,
    name: String,
    problems: Vec<SignUpProblem>,
    challenge: Option<Puzzle>,
}

fn show(app: &App, visitor: &Visitor, step: Option<&Step>, typed: Typed) -> Result<Response, Error> {
    let Typed { email, name, problems, challenge } = typed;
    let wait = problems.iter().find_map(|problem| problem.wait());
    let status = match (wait, problems.is_empty()) {
        (Some(_), _) => StatusCode::TOO_MANY_REQUESTS,
        (None, true) => StatusCode::OK,
        (None, false) => StatusCode::BAD_REQUEST,
    };
    let page = SignUpPage {
        layout: layout_of(app, visitor, step).of(Page::SignUp).waiting(wait, app.now()),
        email,
        name,
        least_password: app.config.login.password_min_length.into(),
        problems,
        challenge,
    };
    page::show_waiting(app, visitor, (status, wait), &page)
}
