//! The sign-up of an address that a letter proves: whether anybody has it is told by letter alone.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::finish::sign_in;
use super::form::Checked;
use super::problem::{SignUpProblem, refused};
use crate::account::sign_up::{Applicant, Joined, join};
use crate::account::users::NewUser;
use crate::app::App;
use crate::flow::authorization::{Step, layout_of};
use crate::http::error::Error;
use crate::http::request::visitor::Visitor;
use crate::http::{page, redirect};
use crate::login::identifier;
use crate::login::letter::{self, Asking, Judged, Newcomer};
use crate::pages::mail_code::{CodeProblem, address_of, limited};
use crate::pages::{FormProblems, Layout};
use crate::site::page::Page;
use crate::store::people::mail_proof::{Proof, Purpose};
use crate::store::people::user::{self, User};

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
    /// Why no account comes of it, although the code was right.
    pub ended: Option<SignUpProblem>,
}

impl SignUpCodePage<'_> {
    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problem.map(|problem| ("code", self.layout.say(problem.wording()))))
    }

    /// What is said in place of the form.
    fn end(&self) -> Option<String> {
        let too_many = self.problem.filter(|_| self.asked.is_empty()).map(CodeProblem::wording);
        self.ended.map(SignUpProblem::wording).or(too_many).map(|wording| self.layout.say(wording))
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
        Err(problem) => return show(app, visitor, step, (&address.as_written, ""), Why::Code(problem)),
    };
    let phc = app.hashing.hash(&checked.password).await?;
    let invitation = checked.invitation.map(|invitation| invitation.id);
    let (profile, terms, kept) = (checked.profile, checked.terms, checked.kept);
    let newcomer = Newcomer { email: address.as_written.clone(), profile, phc, invitation, terms, kept };
    let language = layout_of(app, visitor, step).language.tag().to_owned();
    let asking = Asking { address, asker: &asker, browser: &visitor.browser, language: &language };
    let asked = letter::ask_to_sign_up(app, asking, &newcomer).await?;
    let interaction = step.map(|step| step.interaction.seal(app));
    redirect::see_other(&address_of(&app.url(Page::SignUp), &asked.name, interaction.as_deref()))
}

/// The page that waits for the code of a letter that was asked for in this browser; `None` if none does. It shows the address in its
/// normal form, whether or not anybody has it.
pub(super) async fn wait(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    asked: &str,
) -> Result<Option<Response>, Error> {
    let Some(proof) = letter::waiting(app, Purpose::SignUp, asked, &visitor.browser).await? else { return Ok(None) };
    show(app, visitor, step, (&proof.address, asked), Why::Nothing).map(Some)
}

/// Creates the account whose owner has typed the code, and signs them in.
pub(super) async fn finish(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    (email, asked, code): (&str, &str, &str),
) -> Result<Response, Error> {
    let why = match code {
        "" => Why::Code(CodeProblem::Missing),
        code => match letter::judge_code(app, Purpose::SignUp, asked, code, &visitor.browser).await? {
            Judged::Right { proof, .. } => match create(app, visitor, &proof).await? {
                Ok(user) => return sign_in(app, visitor, step, &user).await,
                Err(why) => why,
            },
            Judged::Wrong => Why::Code(CodeProblem::Wrong),
            Judged::Over => Why::Code(CodeProblem::Over),
        },
    };
    show(app, visitor, step, (email, asked), why)
}

/// The new account, or why there is none. Whoever has typed the right code has proven the address, and so is told whose it is. A form
/// that is sent twice finds the account that it has made.
async fn create(app: &App, visitor: &Visitor, proof: &Proof) -> Result<std::result::Result<User, Why>, Error> {
    if let Some(user) = made(app, proof).await? {
        return Ok(Ok(user));
    }
    let over = Ok(Err(Why::Code(CodeProblem::Over)));
    let Some(newcomer) = letter::newcomer(app, proof) else { return over };
    let Ok(address) = identifier::parse_email(&newcomer.email, Some(app.now())) else { return over };
    let (profile, identifiers) = (newcomer.profile, vec![address]);
    let new = NewUser { sub: None, profile, identifiers, password: None, roles: Vec::new() };
    let (phc, invitation, kept, terms) = (Some(newcomer.phc), newcomer.invitation, newcomer.kept, newcomer.terms);
    let letter = Some((proof.id.clone(), visitor.browser.hash()));
    let why = match join(
        app,
        Applicant {
            new,
            phc,
            invitation,
            kept,
            recovery_codes: Vec::new(),
            terms,
            letter,
            upstream: None,
            channel: None,
        },
    )
    .await?
    {
        Joined::Done(user) => return Ok(Ok(*user)),
        Joined::Refused(refusal) => Why::Ended(refused(refusal)?),
        Joined::Taken => Why::Ended(SignUpProblem::EmailTaken),
        Joined::NothingToKeep => Why::Ended(SignUpProblem::NothingToKeep),
    };
    // Perhaps the same form, sent at the same time, was faster, or the time of the letter is over.
    match letter::waiting(app, Purpose::SignUp, proof.id.as_str(), &visitor.browser).await? {
        Some(proof) => Ok(made(app, &proof).await?.ok_or(why)),
        None => over,
    }
}

/// The account that was made with a proof just now.
async fn made(app: &App, proof: &Proof) -> Result<Option<User>, Error> {
    let Some(id) = &proof.user_id else { return Ok(None) };
    Ok(user::find(&mut *app.db.read().await?, id).await?.filter(|user| user.disabled_at.is_none()))
}

/// Why the page is shown.
#[derive(Clone, Copy)]
enum Why {
    /// A letter was sent just now.
    Nothing,
    /// The code is not right, or there were too many letters.
    Code(CodeProblem),
    /// No account comes of it.
    Ended(SignUpProblem),
}

fn show(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    (email, asked): (&str, &str),
    why: Why,
) -> Result<Response, Error> {
    let (problem, ended) = match why {
        Why::Nothing => (None, None),
        Why::Code(problem) => (Some(problem), None),
        Why::Ended(problem) => (None, Some(problem)),
    };
    let wait = problem.and_then(CodeProblem::wait);
    let status = if ended.is_some() { StatusCode::BAD_REQUEST } else { CodeProblem::status(problem) };
    let layout = layout_of(app, visitor, step).of(Page::SignUp).waiting(wait, app.now());
    let address = (!asked.is_empty()).then(|| address_of(&layout.url(Page::SignUp.path()), asked, None));
    let page = SignUpCodePage {
        layout: Layout { address, ..layout },
        email: email.to_owned(),
        asked: asked.to_owned(),
        problem,
        ended,
    };
    page::show_waiting(app, visitor, (status, wait), &page)
}
