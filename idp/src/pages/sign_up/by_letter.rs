//! The sign-up of an address that a letter proves: whether anybody has it is told by letter alone.

use askama::Template;
use axum::response::Response;

use super::finish::sign_in;
use super::form::Checked;
use crate::account::identifier;
use crate::account::sign_up::{Applicant, Joined, join};
use crate::account::users::NewUser;
use crate::app::App;
use crate::flow::authorization::{Step, layout_of};
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::visitor::Visitor;
use crate::login::letter::{self, Asking, Judged, Newcomer};
use crate::pages::mail_code::{CodeProblem, limited};
use crate::pages::{FormProblems, Layout};
use crate::site::page::Page;
use crate::store::people::mail_proof::{Proof, Purpose};
use crate::store::people::user::User;

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

/// Sends a letter: with a code, or, to somebody who has an account, that there is one.
pub(super) async fn ask(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    checked: Checked,
) -> Result<Response, Error> {
    let address = &checked.identifier;
    let asker = match limited(app, visitor, &address.normalised).await? {
        Ok(asker) => asker,
        Err(problem) => return show(app, visitor, step, (&address.as_written, "", Some(problem))),
    };
    let phc = app.hashing.hash(&checked.password).await?;
    let invitation = checked.invitation.map(|invitation| invitation.id);
    let newcomer =
        Newcomer { email: address.as_written.clone(), profile: checked.profile, phc, invitation, terms: checked.terms };
    let language = layout_of(app, visitor, step).language.tag().to_owned();
    let asking = Asking { address, asker: &asker, browser: &visitor.browser, language: &language };
    let asked = letter::ask_to_sign_up(app, asking, &newcomer).await?;
    show(app, visitor, step, (&address.as_written, &asked.name, None))
}

/// Creates the account whose owner has typed the code, and signs them in.
pub(super) async fn finish(
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
    show(app, visitor, step, (email, asked, Some(problem)))
}

/// The new account; `None` if somebody else has made one with the address meanwhile, or nobody may any more.
async fn create(app: &App, proof: &Proof) -> Result<Option<User>, Error> {
    let Some(newcomer) = letter::newcomer(app, proof) else { return Ok(None) };
    let Ok(address) = identifier::parse_email(&newcomer.email, Some(app.now())) else { return Ok(None) };
    let (profile, identifiers) = (newcomer.profile, vec![address]);
    let new = NewUser { sub: None, profile, identifiers, password: None, roles: Vec::new() };
    let (phc, invitation, terms) = (Some(newcomer.phc), newcomer.invitation, newcomer.terms);
    match join(app, Applicant { new, phc, invitation, recovery_codes: Vec::new(), terms }).await? {
        Joined::Done(user) => Ok(Some(*user)),
        Joined::Refused(_) | Joined::Taken => Ok(None),
    }
}

fn show(
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
