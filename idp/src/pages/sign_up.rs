//! Creating an account.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::account::identifier;
use crate::account::profile::LONGEST;
use crate::account::users::{self, NewUser};
use crate::app::App;
use crate::base::secret::Secret;
use crate::flow::authorization::{Step, layout_of};
use crate::flow::next_page;
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::login;
use crate::login::second_factor::{self, Demand, Rigour};
use crate::login::session;
use crate::oidc::claims::acr::Method;
use crate::site::page::Page;
use crate::store;
use crate::store::ephemeral::Rate;
use crate::store::people::user::IdentifierKind;

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
    /// The mail address belongs to an account.
    EmailTaken,
    /// The name is too long.
    NameTooLong,
    /// The password was not accepted.
    Password(PasswordProblem),
}

impl SignUpProblem {
    /// The field with the error.
    pub fn field(self) -> SignUpField {
        match self {
            Self::EmailMissing | Self::EmailMalformed | Self::EmailTaken => SignUpField::Email,
            Self::NameTooLong => SignUpField::Name,
            Self::Password(_) => SignUpField::Password,
        }
    }

    /// The message on the page.
    pub fn wording(self) -> Wording {
        match self {
            Self::EmailMissing => Wording::new("sign-up-email-missing"),
            Self::EmailMalformed => Wording::new("sign-up-email-malformed"),
            Self::EmailTaken => Wording::new("sign-up-email-taken"),
            Self::NameTooLong => Wording::new("sign-up-name-too-long"),
            Self::Password(problem) => problem.wording(),
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
    show(&app, &visitor, step.as_ref(), Typed { email: hint.unwrap_or_default(), ..Typed::default() })
}

/// Creates an account, and signs its owner in.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    offered(&app)?;
    let ProvenForm { visitor, params } = form;
    // Before anything that takes time. There is no account yet, so only the network can be limited.
    visitor.hold_to(&app, "sign-up", Rate { burst: 10, period: Duration::from_secs(60) }).await?;
    let mut step = match params.get("interaction") {
        Some(sealed) => Some(Step::open(&app, &visitor, sealed).await?),
        None => None,
    };
    let email = params.get("email").unwrap_or_default().trim().to_owned();
    let name = params.get("name").unwrap_or_default().trim().to_owned();
    let password = Secret::from(params.get("password").unwrap_or_default());
    let again =
        |problems| show(&app, &visitor, step.as_ref(), Typed { email: email.clone(), name: name.clone(), problems });

    let mut problems = Vec::new();
    let identifier = identifier::parse(&email, None).ok().filter(|it| it.kind == IdentifierKind::Email.as_str());
    if identifier.is_none() {
        let missing = email.is_empty();
        problems.push(if missing { SignUpProblem::EmailMissing } else { SignUpProblem::EmailMalformed });
    }
    if name.chars().count() > LONGEST {
        problems.push(SignUpProblem::NameTooLong);
    }
    problems.extend(check_password(&app, &password, &[&email, &name]).await?.map(SignUpProblem::Password));
    let Some(identifier) = identifier.filter(|_| problems.is_empty()) else { return again(problems) };

    let mut profile = serde_json::Map::new();
    if !name.is_empty() {
        profile.insert("name".to_owned(), name.clone().into());
    }
    profile.insert("locale".to_owned(), visitor.language.tag().into());
    let new =
        NewUser { sub: None, profile, identifiers: vec![identifier], password: Some(password), roles: Vec::new() };
    let user = match users::add(&app, new).await {
        Ok(user) => user,
        Err(login::Error::Store(store::db::Error::Conflict)) => return again(vec![SignUpProblem::EmailTaken]),
        Err(error) => return Err(error.into()),
    };
    if second_factor::demand(&app, &user.id, &visitor.browser, Rigour::Usual).await? != Demand::Nothing {
        let first = second_factor::half(&app, &user, &[Method::Password], false);
        let interaction = step.as_ref().map(|step| &step.interaction);
        return next_page::to_second_factor(&app, &visitor, interaction, None, first);
    }
    let signed_in = session::begin(&app, &visitor.with_password(&user)).await?;
    let signed_in = signed_in.ok_or_else(|| Error::Internal("a new user who cannot be signed in".to_owned()))?;
    next_page::after_sign_in(&app, step.as_mut().map(|step| &mut step.interaction), None, &signed_in)
}

fn offered(app: &App) -> Result<(), Error> {
    if app.config.login.sign_up { Ok(()) } else { Err(Error::SignUpOff) }
}

/// The typed values, and the errors in them.
#[derive(Default)]
struct Typed {
    email: String,
    name: String,
    problems: Vec<SignUpProblem>,
}

fn show(app: &App, visitor: &Visitor, step: Option<&Step>, typed: Typed) -> Result<Response, Error> {
    let Typed { email, name, problems } = typed;
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let page = SignUpPage {
        layout: layout_of(app, visitor, step).of(Page::SignUp),
        email,
        name,
        least_password: app.config.login.password_min_length.into(),
        problems,
    };
    page::show_with(app, visitor, status, &page)
}
