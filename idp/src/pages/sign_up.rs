//! Creating an account.

mod again;
mod by_letter;
mod challenge;
mod finish;
mod form;
mod kept;
pub mod new_here;
mod problem;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

pub use again::SignUpAgainPage;
pub use by_letter::SignUpCodePage;
pub use challenge::ChallengeProblem;
pub use finish::SignUpDonePage;
pub use kept::KeptView;
pub use problem::SignUpProblem;

use crate::account::invitation::proves;
use crate::account::sign_up::{Applicant, Joined, SIGN_UPS, join};
use crate::account::terms;
use crate::account::users::NewUser;
use crate::app::App;
use crate::base::secret::Secret;
use crate::base::written_code::WrittenCode;
use crate::config::{SignUp, SignUpIdentifier};
use crate::flow::authorization::{Step, layout_of};
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::login::challenge::Puzzle;
use crate::login::recovery_code::{has_no_address, hashes, new_set};
use crate::oidc::difference::Difference;
use crate::pages::upstreams::UpstreamView;
use crate::site::page::Page;

use form::{Checked, Typed, check, invited};
use problem::refused;

use super::{FormProblems, Layout};

/// Asks for the data of a new account. Posts `invitation`, `email` or `username`, `name`, `password` and,
/// if ticked, `terms=yes` with `terms_shown` to `/sign-up`.
#[derive(Template)]
#[template(path = "pages/sign_up.html")]
pub struct SignUpPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The code of the invitation as typed; `None` if it is not asked for.
    pub invitation: Option<String>,
    /// The anonymous account in this browser that the new one can go on from.
    pub kept: Option<KeptView>,
    /// The mail address as typed.
    pub email: String,
    /// The username as typed, where it is asked for in the place of the address.
    pub username: Option<String>,
    /// The person's name as typed; may be left empty.
    pub name: String,
    /// The terms that have to be accepted; `None` if nobody is asked.
    pub terms: Option<TermsView>,
    /// The least number of characters of a password.
    pub least_password: u64,
    /// The errors, in the order of the fields.
    pub problems: Vec<SignUpProblem>,
    /// The work that has to be proven, if any.
    pub challenge: Option<Puzzle>,
    /// The other providers by whose accounts people can make one.
    pub upstreams: Vec<UpstreamView>,
}

/// The terms on the form.
#[derive(Clone, Debug)]
pub struct TermsView {
    /// Their version, sealed: the one that is noted, whichever server the form goes to.
    pub sealed: String,
    /// Whether they are accepted.
    pub are_accepted: bool,
}

impl TermsView {
    /// The terms of this server. What was ticked on the form before counts as long as it showed the same ones.
    fn of(app: &App, visitor: &Visitor, typed: &Typed) -> Option<Self> {
        let terms = visitor.site.terms.as_ref()?;
        let is_same = terms::shown(app, &typed.shown_terms).is_some_and(|shown| shown == terms.version);
        Some(Self { sealed: terms::seal(app, terms), are_accepted: typed.accepts_terms && is_same })
    }
}

impl SignUpPage<'_> {
    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problems.iter().map(|one| (one.field().name(), self.layout.say(one.wording()))))
    }

    /// Whether the invitation has to be typed first.
    fn lacks_invitation(&self) -> bool {
        self.invitation.as_ref().is_some_and(String::is_empty)
    }
}

/// Shows the page, and uses no invitation up.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    offered(&app)?;
    let step = Step::open_if_any(&app, &visitor, query.get("interaction")).await?;
    if let Some(asked) = query.get("asked")
        && let Some(page) = by_letter::wait(&app, &visitor, step.as_ref(), asked).await?
    {
        return Ok(page);
    }
    let hint = step.as_ref().and_then(|step| step.proven.request.login_hint.clone());
    let challenge = challenge::pose(&app, &visitor, step.as_ref()).await;
    let kept = kept::offered(&app, &visitor).await?;
    let email = hint.unwrap_or_default();
    let username = if email.contains('@') { String::new() } else { email.clone() };
    let return_to = query.get("return").and_then(Page::by_return_name);
    let mut typed = Typed { email, username, challenge, kept, return_to, ..Typed::default() };
    if let Some(code) = query.get("invitation").map(str::trim).filter(|code| !code.is_empty()) {
        typed.invitation = WrittenCode::parse(code).map_or_else(|| code.to_owned(), |code| code.written());
        match invited(&app, &visitor, code).await? {
            // Whoever has the link that was sent to an address has the address, too.
            Ok(Some(invitation)) if invitation.mailed_at.is_some() => {
                typed.email = invitation.address.unwrap_or_default()
            }
            Ok(_) => {}
            Err(problem) => typed.problems.push(problem),
        }
    }
    show(&app, &visitor, step.as_ref(), typed).await
}

/// Creates an account, and signs its owner in.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    offered(&app)?;
    let ProvenForm { visitor, params } = form;
    let step = Step::open_if_any(&app, &visitor, params.get("interaction")).await?;
    let mut typed = Typed::of(&params);
    if let Some(asked) = params.get("asked") {
        let code = params.get("code").unwrap_or_default().trim();
        return by_letter::finish(&app, &visitor, step.as_ref(), (&typed.email, asked, code)).await;
    }
    if let Some(page) = again::shown(&app, &visitor, step.as_ref(), &typed).await? {
        return Ok(page);
    }
    typed.kept = kept::offered(&app, &visitor).await?;
    let is_there = kept::choose(&mut typed.kept, params.get("keep"));
    // Before anything that takes time. There is no account yet, so only the network can be limited.
    if let Err(wait) = visitor.limit(&app, "sign-up", SIGN_UPS).await {
        let problems = vec![SignUpProblem::too_many(wait)];
        return show(&app, &visitor, step.as_ref(), Typed { problems, ..typed }).await;
    }
    let (challenge, unproven) = challenge::judge(&app, &visitor, step.as_ref(), &params).await?;
    typed.challenge = challenge;
    let again = |problems| show(&app, &visitor, step.as_ref(), Typed { problems, ..typed.clone() });
    if let Some(problem) = unproven {
        return again(vec![SignUpProblem::Challenge(problem)]).await;
    }
    if !is_there {
        return again(vec![SignUpProblem::NothingToKeep]).await;
    }
    let password = Secret::from(params.get("password").unwrap_or_default());
    let checked = match check(&app, &visitor, step.as_ref(), &typed, password).await? {
        Ok(checked) => checked,
        Err(problems) => return again(problems).await,
    };
    let identifiers = vec![checked.identifier.clone()];
    let is_proven = checked.invitation.as_ref().is_some_and(|invitation| proves(invitation, &identifiers));
    let has_address = !has_no_address(&identifiers);
    if app.mailer.is_on() && has_address && !is_proven {
        // Whether anybody has the address is told by letter alone.
        return by_letter::ask(&app, &visitor, step.as_ref(), checked).await;
    }
    let Checked { profile, password, invitation, kept, terms, .. } = checked;
    let phc = app.hashing.hash(&password).await?;
    let new = NewUser { sub: None, profile, identifiers, password: None, roles: Vec::new() };
    let codes = if has_address { Vec::new() } else { new_set(&app.random) };
    let invitation = invitation.map(|invitation| invitation.id);
    let applicant = Applicant {
        new,
        phc: Some(phc),
        invitation,
        kept,
        recovery_codes: hashes(&codes),
        terms,
        letter: None,
        upstream: None,
        channel: None,
    };
    match join(&app, applicant).await? {
        Joined::Done(user) if has_address => finish::sign_in(&app, &visitor, step.as_ref(), &user).await,
        Joined::Done(user) => finish::show_codes(&app, &visitor, step.as_ref(), (&user, &typed.username, &codes)).await,
        Joined::Refused(refusal) => again(vec![refused(refusal)?]).await,
        Joined::Taken if has_address => again(vec![SignUpProblem::EmailTaken]).await,
        Joined::Taken => again(vec![SignUpProblem::UsernameTaken]).await,
        Joined::NothingToKeep => again(vec![SignUpProblem::NothingToKeep]).await,
    }
}

fn offered(app: &App) -> Result<(), Error> {
    if app.config.login.sign_up.is_offered() {
        Ok(())
    } else {
        Err(Error::SignUpOff.because(Difference::new(
            "login.sign_up",
            app.config.login.sign_up.as_str(),
            "open or invitation",
        )))
    }
}

async fn show(app: &App, visitor: &Visitor, step: Option<&Step>, typed: Typed) -> Result<Response, Error> {
    let terms = TermsView::of(app, visitor, &typed);
    let Typed { invitation, email, username, name, problems, challenge, kept, return_to, .. } = typed;
    let is_by_name = app.config.login.sign_up_identifier == SignUpIdentifier::Username;
    let wait = problems.iter().find_map(|problem| problem.wait());
    let status = match (wait, problems.is_empty()) {
        (Some(_), _) => StatusCode::TOO_MANY_REQUESTS,
        (None, true) => StatusCode::OK,
        (None, false) => StatusCode::BAD_REQUEST,
    };
    let mut layout = layout_of(app, visitor, step).of(Page::SignUp).waiting(wait, app.now());
    if let (Some(code), None) = (WrittenCode::parse(&invitation), step) {
        // The language switch leads back to it.
        let address = format!("{}?invitation={}", layout.url(Page::SignUp.path()), code.written());
        layout = layout.at(address);
    }
    let asks_invitation = app.config.login.sign_up == SignUp::Invitation || !invitation.is_empty();
    let page = SignUpPage {
        layout: Layout { return_to, ..layout },
        invitation: asks_invitation.then_some(invitation),
        kept: kept.map(|kept| kept.view),
        email,
        username: is_by_name.then_some(username),
        name,
        terms,
        least_password: app.config.login.password_min_length.into(),
        problems,
        challenge,
        upstreams: UpstreamView::ways_to_join(app, visitor).await?,
    };
    page::show_waiting(app, visitor, (status, wait), &page)
}
