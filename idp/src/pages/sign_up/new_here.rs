//! Somebody has come by another provider, and nobody here is linked to the account there: they make an account, or sign in to the one that
//! they have and link it.

use askama::Template;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::TermsView;
use super::finish;
use super::form::{Typed, invited};
use super::kept::{self, KeptView};
use super::problem::{SignUpProblem, refused};
use crate::account::sign_up::{Applicant, Joined, SIGN_UPS, join, user_of};
use crate::account::terms;
use crate::account::users::NewUser;
use crate::app::App;
use crate::base::written_code::WrittenCode;
use crate::config::{SignUp, Upstream};
use crate::federation;
use crate::federation::arrival::Arrival;
use crate::federation::identity::Identity;
use crate::federation::link::to_join;
use crate::federation::roles;
use crate::flow::authorization::{Step, layout_of};
use crate::flow::next_page;
use crate::http::cookies::Jar;
use crate::http::error::Error;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::http::{page, redirect};
use crate::login::identifier::{normalise, parse_email};
use crate::mail::domain::DomainRule;
use crate::oidc::difference::Difference;
use crate::pages::upstreams::UpstreamView;
use crate::pages::{FormProblems, Layout};
use crate::site::page::Page;
use crate::store::people::upstream_account;
use crate::store::people::user::{self, Identifier};

/// Asks somebody who has come by another provider what they want. Posts `answer=create` or `answer=connect` to `/sign-up/upstream`.
#[derive(Template)]
#[template(path = "pages/sign_up_new_here.html")]
pub struct NewHerePage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The provider.
    pub upstream: UpstreamView,
    /// What the account there is known by.
    pub shown_as: Option<String>,
    /// What the form says about it, sealed.
    pub arrival: String,
    /// Whether an account here has the address that the provider has proven.
    pub is_known: bool,
    /// Whether the person may make an account.
    pub may_create: bool,
    /// The code of the invitation as typed; `None` if it is not asked for.
    pub invitation: Option<String>,
    /// The terms that have to be accepted; `None` if nobody is asked.
    pub terms: Option<TermsView>,
    /// The anonymous account in this browser that the new one can go on from.
    pub kept: Option<KeptView>,
    /// The errors, in the order of the fields.
    pub problems: Vec<SignUpProblem>,
}

impl NewHerePage<'_> {
    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problems.iter().map(|one| (one.field().name(), self.layout.say(one.wording()))))
    }
}

/// Shows the page.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    let step = Step::open_if_any(&app, &visitor, query.get("interaction")).await?;
    let sealed = query.get("arrival").unwrap_or_default();
    let (arrival, upstream) = open(&app, &visitor, sealed).await?;
    let return_to = query.get("return").and_then(Page::by_return_name);
    if let Some(response) = already(&app, step.as_ref(), return_to, &arrival.identity).await? {
        return Ok(response);
    }
    let kept = kept_by(&app, &visitor, &arrival).await?;
    let code = query.get("invitation").and_then(WrittenCode::parse);
    let invitation = code.map(|code| code.written()).unwrap_or_default();
    let typed = Typed { invitation, kept, return_to, ..Typed::default() };
    show(&app, &visitor, step.as_ref(), (&arrival, &*upstream, sealed), typed).await
}

/// Makes an account, or leads to the sign-in after which the one elsewhere is linked.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let step = Step::open_if_any(&app, &visitor, params.get("interaction")).await?;
    let sealed = params.get("arrival").unwrap_or_default();
    let (arrival, upstream) = open(&app, &visitor, sealed).await?;
    let mut typed = Typed::of(&params);
    if let Some(response) = already(&app, step.as_ref(), typed.return_to, &arrival.identity).await? {
        return Ok(response);
    }
    if params.get("answer") == Some("connect") {
        return connect(&app, step.as_ref(), typed.return_to, &arrival).await;
    }
    typed.kept = kept_by(&app, &visitor, &arrival).await?;
    let is_there = kept::choose(&mut typed.kept, params.get("keep"));
    let again = |problem| {
        show(
            &app,
            &visitor,
            step.as_ref(),
            (&arrival, &*upstream, sealed),
            Typed { problems: vec![problem], ..typed.clone() },
        )
    };
    if let Err(wait) = visitor.limit(&app, "sign-up", SIGN_UPS).await {
        return again(SignUpProblem::too_many(wait)).await;
    }
    if !is_there {
        return again(SignUpProblem::NothingToKeep).await;
    }
    let invitation = match invited(&app, &visitor, &typed.invitation).await? {
        Ok(invitation) => invitation,
        Err(problem) => return again(problem).await,
    };
    // The version that the person could read, which may be another one than that of this server.
    let accepted = terms::shown(&app, &typed.shown_terms).filter(|_| typed.accepts_terms);
    if visitor.site.terms.is_some() && accepted.is_none() {
        return again(SignUpProblem::TermsNotAccepted).await;
    }
    if !may_create(&app, &upstream, &arrival.identity).await? {
        return show(&app, &visitor, step.as_ref(), (&arrival, &*upstream, sealed), typed).await;
    }
    // Once: whoever sends the form again has the account by now, and comes in by the button.
    if !arrival.use_up(&app).await? {
        return Err(over());
    }
    let (identity, link) = (&arrival.identity, to_join(&app, &arrival.identity).await);
    let applicant = Applicant {
        invitation: invitation.map(|invitation| invitation.id),
        kept: typed.kept.as_ref().filter(|kept| kept.view.is_chosen).map(|kept| kept.session.clone()),
        terms: accepted,
        ..Applicant::by_upstream(new_user(&app, &visitor, identity), link.clone())
    };
    match join(&app, applicant).await? {
        Joined::Done(user) => {
            roles::follow(&app, &user.id, identity).await?;
            let proven = (&*user, &link.id, arrival.keep);
            finish::sign_in_by_upstream(&app, &visitor, step.as_ref(), typed.return_to, proven).await
        }
        // What was proven elsewhere has made nothing yet.
        Joined::Refused(refusal) => {
            let (renewed, problems) = (arrival.renew(&app), vec![refused(refusal)?]);
            let shown = (&renewed, &*upstream, &*renewed.seal(&app));
            show(&app, &visitor, step.as_ref(), shown, Typed { problems, ..typed.clone() }).await
        }
        Joined::NothingToKeep => {
            let (renewed, problems) = (arrival.renew(&app), vec![SignUpProblem::NothingToKeep]);
            let shown = (&renewed, &*upstream, &*renewed.seal(&app));
            show(&app, &visitor, step.as_ref(), shown, Typed { problems, ..typed.clone() }).await
        }
        // Somebody was faster, with the address or with the account elsewhere.
        Joined::Taken => match already(&app, step.as_ref(), typed.return_to, identity).await? {
            Some(response) => Ok(response),
            None => show(&app, &visitor, step.as_ref(), (&arrival, &*upstream, sealed), typed).await,
        },
    }
}

/// The user that is made of what the provider says.
fn new_user(app: &App, visitor: &Visitor, identity: &Identity) -> NewUser {
    let language = identity.locale.as_deref().and_then(|tag| visitor.site.languages().lookup(tag));
    let identifiers = proven_address(app, identity).into_iter().collect();
    user_of(identity, language.as_ref().unwrap_or(&visitor.language), identifiers)
}

/// Goes on if the account elsewhere is linked: the form was sent twice, its answer was lost, or somebody came back to the page. Whoever is not
/// signed in here by now finds the sign-in page there, with the button that lets them in.
async fn already(
    app: &App,
    step: Option<&Step>,
    return_to: Option<Page>,
    identity: &Identity,
) -> Result<Option<Response>, Error> {
    if upstream_account::find(&mut *app.db.read().await?, &identity.key()).await?.is_none() {
        return Ok(None);
    }
    Ok(Some(match step {
        Some(step) => next_page::back_to_authorize(app, &step.interaction)?,
        None => redirect::to_page(app, return_to.unwrap_or(Page::Home))?,
    }))
}

/// Leads to the sign-in page. The one who signs in next in this browser, in the time of a sign-in, is asked whether to link the account.
async fn connect(
    app: &App,
    step: Option<&Step>,
    return_to: Option<Page>,
    arrival: &Arrival,
) -> Result<Response, Error> {
    // They connect it from their own page, having set out here.
    if !arrival.may_connect {
        return next_page::sign_in_first(app, Page::AccountConnections);
    }
    let word = arrival.wait(app).await?;
    let mut response = match (step, return_to) {
        (Some(step), _) => next_page::to_step(app, Page::SignIn, &step.interaction)?,
        (None, Some(page)) => next_page::sign_in_first(app, page)?,
        (None, None) => next_page::sign_in_first(app, Page::AccountConnections)?,
    };
    Jar::of(app).carry(&mut response, &word);
    Ok(response)
}

/// The anonymous account in this browser that the new one can go on from. Not for whoever has come by a link that somebody may have sent: the account of
/// the visitor would be theirs from then on.
async fn kept_by(app: &App, visitor: &Visitor, arrival: &Arrival) -> Result<Option<kept::Kept>, Error> {
    if arrival.may_connect { kept::offered(app, visitor).await } else { Ok(None) }
}

/// Who has come, and by which provider.
async fn open(app: &App, visitor: &Visitor, sealed: &str) -> Result<(Arrival, Arc<Upstream>), Error> {
    let arrival = Arrival::open(app, &visitor.browser, sealed).ok_or_else(over)?;
    let upstream = federation::find(app, &arrival.identity.upstream).await?.ok_or_else(over)?;
    Ok((arrival, upstream))
}

fn over() -> Error {
    let came = "one that is of another browser, too old or used";
    Error::InteractionExpired.because(Difference::new("arrival", came, "one of this browser (login.interaction)"))
}

/// The address that somebody has proven elsewhere.
fn proven_address(app: &App, identity: &Identity) -> Option<Identifier> {
    let email = identity.email.as_deref().filter(|_| identity.email_is_proven)?;
    parse_email(email, Some(app.now())).ok()
}

/// Whether somebody here has the address that was proven elsewhere. Nobody is told that of an address that was not.
async fn is_known(app: &App, identity: &Identity) -> Result<bool, Error> {
    let Some(address) = proven_address(app, identity) else { return Ok(false) };
    let found = user::find_by_identifier(&mut *app.db.read().await?, &normalise(&address.as_written)).await?;
    Ok(found.is_some())
}

/// Whether somebody may make an account by this provider.
async fn may_create(app: &App, upstream: &Upstream, identity: &Identity) -> Result<bool, Error> {
    let domains = &upstream.sign_up_domains;
    let address = proven_address(app, identity);
    let is_of_domain = |rule: &DomainRule| address.as_ref().is_some_and(|address| rule.admits(&address.as_written));
    let admitted = domains.is_empty() || domains.iter().any(is_of_domain);
    Ok(admitted && upstream.sign_up && app.config.login.sign_up.is_offered() && !is_known(app, identity).await?)
}

async fn show(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    (arrival, upstream, sealed): (&Arrival, &Upstream, &str),
    typed: Typed,
) -> Result<Response, Error> {
    let is_known = is_known(app, &arrival.identity).await?;
    let may_create = may_create(app, upstream, &arrival.identity).await?;
    let wait = typed.problems.iter().find_map(|problem| problem.wait());
    let status = match (wait, typed.problems.is_empty()) {
        (Some(_), _) => StatusCode::TOO_MANY_REQUESTS,
        (None, true) => StatusCode::OK,
        (None, false) => StatusCode::BAD_REQUEST,
    };
    let returned = typed.return_to.and_then(Page::return_name).map(|name| format!("&return={name}"));
    let on_the_way = step.map(|step| format!("&interaction={}", step.interaction.seal(app))).or(returned);
    // The language switch returns to the page with who has come.
    let place = format!(
        "{}{}?arrival={sealed}{}",
        app.config.issuer.path(),
        Page::NewHere.path(),
        on_the_way.unwrap_or_default()
    );
    let layout = layout_of(app, visitor, step).of(Page::NewHere).waiting(wait, app.now());
    let shown = NewHerePage {
        layout: Layout { return_to: typed.return_to, address: Some(place), ..layout },
        upstream: UpstreamView::of(upstream),
        shown_as: arrival.identity.shown_as(),
        arrival: sealed.to_owned(),
        is_known,
        may_create,
        invitation: (app.config.login.sign_up == SignUp::Invitation && may_create).then(|| typed.invitation.clone()),
        terms: TermsView::of(app, visitor, &typed).filter(|_| may_create),
        kept: typed.kept.map(|kept| kept.view).filter(|_| may_create),
        problems: typed.problems,
    };
    page::show_waiting(app, visitor, (status, wait), &shown)
}
