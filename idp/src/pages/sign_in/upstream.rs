//! Signing in by an account at another provider: the way there and back.

use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::password::{self, Shown, SignInProblem};
use crate::app::App;
use crate::base::id::Id;
use crate::base::written_code::WrittenCode;
use crate::config::words::TakenProfile;
use crate::federation;
use crate::federation::arrival::Arrival;
use crate::federation::code::Answer;
use crate::federation::exchange;
use crate::federation::identity::Identity;
use crate::federation::link::Linked;
use crate::federation::posted;
use crate::federation::refusal::Refusal;
use crate::federation::remembered::Offered;
use crate::federation::roles;
use crate::federation::round_trip::{self, Purpose, RoundTrip, Wish};
use crate::federation::telegram;
use crate::federation::tokens;
use crate::flow::account_holder::admit;
use crate::flow::authorization::Step;
use crate::flow::first_factor::{self, ProvenFactor};
use crate::flow::next_page;
use crate::http::error::Error;
use crate::http::redirect;
use crate::http::request::client_ip::Source;
use crate::http::request::form::ProvenForm;
use crate::http::request::params;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::oidc::authorization::next_step::NextStep;
use crate::oidc::claims::acr::Method;
use crate::oidc::difference::Difference;
use crate::oidc::params::Params;
use crate::pages::upstreams::{self, connect, leave};
use crate::site::page::Page;
use crate::store::ephemeral::Rate;
use crate::store::people::upstream_account::{self, NoteTold};
use crate::store::people::user;

/// The parameter with the word for an answer that was posted.
const POSTED: &str = "posted";

/// How often a network may set out for another provider: each time something is kept for half an hour.
pub(super) const SET_OUT: Rate = Rate { burst: 60, period: Duration::from_secs(5) };

/// Leads to the provider that a client has named (`idp_hint`), without a page. The way belongs to a request that this browser has made, and
/// what comes back counts in this browser alone.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    let step = Step::open(&app, &visitor, query.get("interaction").unwrap_or_default()).await?;
    if !matches!(step.next(&app, &visitor).await?, NextStep::SignIn(_)) {
        return next_page::back_to_authorize(&app, &step.interaction);
    }
    let Some(provider) = step.proven.hinted_upstream(&app).await? else {
        return next_page::to_step(&app, Page::SignIn, &step.interaction);
    };
    let chosen = Chosen { provider, return_to: None, keep: false, invitation: None };
    set_out(&app, &visitor, Some(&step), chosen, redirect::see_other).await
}

/// Leads to the provider that was chosen.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let step = Step::open_if_any(&app, &visitor, params.get("interaction")).await?;
    let Some(provider) = federation::named(&app, params.get("upstream").unwrap_or_default()).await? else {
        return redirect::to_page(&app, Page::SignIn);
    };
    let chosen = Chosen {
        provider,
        return_to: params.get("return").and_then(Page::by_return_name),
        keep: params.get("keep_signed_in").is_some(),
        invitation: params.get("invitation").and_then(WrittenCode::parse).map(|code| code.written()),
    };
    set_out(&app, &visitor, step.as_ref(), chosen, |url| leave(&app, &visitor, url)).await
}

/// A provider that was chosen, and what goes along.
struct Chosen {
    provider: Offered,
    /// The page to which a sign-in without an interaction returns.
    return_to: Option<Page>,
    /// Whether the person wants to be kept signed in.
    keep: bool,
    /// The code of an invitation.
    invitation: Option<String>,
}

/// Leads to a provider in this way; the sign-in page if that cannot be reached.
async fn set_out(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    chosen: Chosen,
    lead: impl FnOnce(&str) -> Result<Response, Error>,
) -> Result<Response, Error> {
    let Chosen { provider, return_to, keep, invitation } = chosen;
    let upstream = provider.settings;
    if provider.disabled_at.is_some() {
        // Since the page was shown, or the client does not know.
        app.metrics.sign_in("upstream", "refused");
        let why =
            Some(Difference::new("other provider", format!("{}: it is disabled", upstream.name), "one that is not"));
        let shown = Shown { problems: vec![SignInProblem::UpstreamOff], why, return_to, keep, ..Shown::default() };
        return password::show(app, visitor, step, shown, StatusCode::FORBIDDEN).await;
    }
    if let Err(wait) = visitor.limit(app, "upstream", SET_OUT).await {
        let problems = vec![SignInProblem::limited(app, "upstream", wait)];
        let shown = Shown { problems, return_to, keep, ..Shown::default() };
        return password::show(app, visitor, step, shown, StatusCode::TOO_MANY_REQUESTS).await;
    }
    let request = step.map(|step| &step.proven.request);
    // Somebody who is signed in and is asked again is to prove that they are still there: not by a click on a button.
    let is_signed_in = visitor.sessions(app).await?.iter().any(|session| !session.is_of_visitor());
    let wish = Wish {
        purpose: Purpose::SignIn,
        interaction: step.map(|step| &step.interaction),
        return_to,
        keep,
        invitation,
        login_hint: request.and_then(|request| request.login_hint.as_deref()),
        again: is_signed_in || request.is_some_and(|request| request.wants_fresh_proof()),
    };
    match upstreams::set_out(app, &upstream, &visitor.browser, wish).await {
        Ok(url) => lead(&url),
        Err(refusal) => refused(app, visitor, step, (&upstream.name, Back { return_to, keep }), refusal).await,
    }
}

/// What a provider answers by a form that the browser posts from its page, without our cookies: it is kept for a moment, and found by a
/// redirect to our own page, which has them.
pub async fn posted(
    State(app): State<App>,
    Path(name): Path<String>,
    source: Source,
    request: Request,
) -> Result<Response, Error> {
    let (parts, body) = params::body(&app, request).await?;
    if !params::is_form(&parts) {
        return Err(Error::Http(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be a form"));
    }
    Params::parse(&body)?.refuse_repeated()?;
    let found = federation::find(&app, &name).await?.filter(|upstream| upstream.form_post);
    let upstream = found.ok_or_else(|| {
        let (came, expected) = ("the name of another one", "that of a provider that answers by a form (form_post)");
        Error::InteractionExpired.because(Difference::new("provider", came, expected))
    })?;
    app.ephemeral.limit(&format!("upstream-posted:{}", source.bucket), SET_OUT).await.map_err(Error::TooMany)?;
    let handle = posted::keep(&app, &upstream, &body).await.map_err(of_store)?;
    redirect::see_other(&format!("{}?{POSTED}={handle}", federation::redirect_uri(&app, &upstream)))
}

/// The way back: what the provider answers is in the query, or was posted a moment ago.
pub async fn callback(
    State(app): State<App>,
    Path(name): Path<String>,
    visitor: Visitor,
    query: Query,
) -> Result<Response, Error> {
    let found = federation::find(&app, &name).await?;
    // Telegram's login widget has an address of its own.
    let Some(upstream) = found.filter(|upstream| telegram::widget_of(&app, upstream).is_none()) else {
        return Err(over("one of a provider that is not there"));
    };
    let params = match query.get(POSTED) {
        Some(handle) if upstream.form_post => {
            let kept = posted::take(&app, &upstream, handle).await.map_err(of_store)?;
            kept.ok_or_else(|| over("none that was posted a moment ago"))?
        }
        _ => query.into_params(),
    };
    // RFC 6749 §3.1: of two values, another reader may take the other one.
    params.refuse_repeated()?;
    let (trip, step) = taken(&app, &visitor, &upstream.name, params.get("state")).await?;
    let came = exchange::arrive(&app, &upstream, &trip, Answer(&params)).await;
    arrived(&app, &visitor, step.as_ref(), &trip, came).await
}

fn over(came: &str) -> Error {
    let expected = "one that this browser has set out with to this provider, a moment ago and once";
    Error::InteractionExpired.because(Difference::new("state", came, expected))
}

/// The way to this provider that began with a `state` in this browser, and the sign-in that goes on behind it.
pub(super) async fn taken(
    app: &App,
    visitor: &Visitor,
    name: &str,
    state: Option<&str>,
) -> Result<(RoundTrip, Option<Step>), Error> {
    let Some(state) = state else { return Err(over("none")) };
    let trip = match round_trip::take(app, state).await {
        Ok(Some(trip)) => trip,
        Ok(None) => return Err(over("one that is unknown, used or too old")),
        Err(refusal) => return Err(of_store(refusal)),
    };
    if !trip.is_of(&visitor.browser) {
        return Err(over("one of another browser"));
    }
    // Each provider has an address of its own: an answer that comes to another one is that of somebody else (RFC 9700 §4.4.2).
    if trip.upstream != name {
        return Err(over("one of another provider"));
    }
    let step = match &trip.interaction {
        Some(interaction) => Some(Step::of(app, visitor, interaction.clone()).await?),
        None => None,
    };
    Ok((trip, step))
}

/// Goes on with who has come back, or with why nobody has.
pub(super) async fn arrived(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    trip: &RoundTrip,
    came: Result<Identity, Refusal>,
) -> Result<Response, Error> {
    let identity = match (came, &trip.purpose) {
        (Ok(identity), _) => identity,
        (Err(refusal), Purpose::SignIn) => {
            return refused(app, visitor, step, (&trip.upstream, Back::of(trip)), refusal).await;
        }
        (Err(refusal), Purpose::Link { .. }) => {
            return upstreams::not_linked(app, &trip.upstream, refusal).await;
        }
    };
    app.upstreams.note(&trip.upstream, None);
    let arrival = Arrival::new(app, &visitor.browser, identity, trip.keep);
    match &trip.purpose {
        Purpose::Link { session } => link_to(app, visitor, session, &arrival).await,
        Purpose::SignIn => sign_in(app, visitor, step, (Back::of(trip), trip.invitation.as_deref()), &arrival).await,
    }
}

fn of_store(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Wrong(_) => Error::Http(StatusCode::BAD_REQUEST, "the answer of the other provider cannot be read"),
        refusal => Error::Unavailable(refusal.to_string().into()),
    }
}

/// Links the account elsewhere to the session that has set out, which has to be in this browser still.
async fn link_to(app: &App, visitor: &Visitor, session: &Id, arrival: &Arrival) -> Result<Response, Error> {
    let sessions = visitor.sessions(app).await?;
    let done = match sessions.iter().find(|one| one.id == *session) {
        Some(session) => {
            admit(app, visitor, &session.user_id).await?;
            done(connect(app, session, &arrival.identity).await?)
        }
        None => "failed",
    };
    redirect::to_page_with(app, Page::AccountConnections, "done", done)
}

/// What became of a link, as the page of the connections is told.
pub(super) const fn done(linked: Linked) -> &'static str {
    match linked {
        Linked::Done | Linked::Already => "connected",
        Linked::Taken => "taken",
        Linked::Refused => "failed",
    }
}

/// Signs in whoever the account elsewhere is linked to; asks anybody else what they want, who may have an invitation.
pub(super) async fn sign_in(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    (back, invitation): (Back, Option<&str>),
    arrival: &Arrival,
) -> Result<Response, Error> {
    let Back { return_to, keep } = back;
    let mut conn = app.db.read().await?;
    let known = upstream_account::find(&mut conn, &arrival.identity.key()).await?;
    let owner = match &known {
        Some(known) => user::find(&mut conn, &known.user_id).await?.map(|user| (known, user)),
        None => None,
    };
    drop(conn);
    let Some((known, user)) = owner else {
        let (place, sealed) = (app.url(Page::NewHere), arrival.seal(app));
        let on_the_way = match (step, return_to.and_then(Page::return_name)) {
            (Some(step), _) => format!("&interaction={}", step.interaction.seal(app)),
            (None, Some(name)) => format!("&return={name}"),
            (None, None) => String::new(),
        };
        let invitation = invitation.map(|code| format!("&invitation={code}")).unwrap_or_default();
        return redirect::see_other(&format!("{place}?arrival={sealed}{on_the_way}{invitation}"));
    };
    if federation::find(app, &arrival.identity.upstream).await?.is_some_and(|it| it.profile == TakenProfile::Always) {
        let said = arrival.identity.said(visitor.site.languages());
        app.db.write_one(NoteTold { id: known.id.clone(), said }).await?;
    }
    tokens::keep(app, &arrival.identity).await?;
    if user.disabled_at.is_none() {
        roles::follow(app, &user.id, &arrival.identity).await?;
    }
    let first = ProvenFactor {
        user: &user,
        method: Method::Federated,
        metric: "upstream",
        keep,
        proof: None,
        upstream: Some(&known.id),
    };
    match first_factor::complete(app, visitor, step, return_to, first).await? {
        Some(response) => Ok(response),
        None => {
            app.metrics.sign_in("upstream", "refused");
            let came = "an account that is disabled, or was unlinked meanwhile";
            let why = Difference::new("account elsewhere", came, "an account that may be used");
            let problems = vec![SignInProblem::UpstreamRefused];
            let shown = Shown { problems, why: Some(why), return_to, keep, ..Shown::default() };
            password::show(app, visitor, step, shown, StatusCode::FORBIDDEN).await
        }
    }
}

/// What the sign-in page goes on with, if a way does not work.
#[derive(Clone, Copy, Default)]
pub(super) struct Back {
    /// The page to which the sign-in returns.
    return_to: Option<Page>,
    /// Whether the person wants to be kept signed in.
    keep: bool,
}

impl Back {
    /// From a way to another provider.
    fn of(trip: &RoundTrip) -> Self {
        Self { return_to: trip.return_to(), keep: trip.keep }
    }
}

/// The sign-in page, which says that this way did not work.
pub(super) async fn refused(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    (upstream, back): (&str, Back),
    refusal: Refusal,
) -> Result<Response, Error> {
    let (problem, status) = match &refusal {
        Refusal::Denied(_) => (SignInProblem::UpstreamDenied, StatusCode::FORBIDDEN),
        Refusal::NotAllowed => (SignInProblem::UpstreamNotAllowed, StatusCode::FORBIDDEN),
        Refusal::Unreachable(_) => (SignInProblem::UpstreamUnreachable, StatusCode::BAD_GATEWAY),
        Refusal::Wrong(_) => (SignInProblem::UpstreamFailed, StatusCode::BAD_GATEWAY),
        Refusal::Unavailable(_) => return Err(Error::Unavailable(refusal.to_string().into())),
    };
    app.metrics.sign_in("upstream", "refused");
    if let Refusal::Unreachable(_) = refusal {
        app.upstreams.note(upstream, Some(app.now()));
    }
    if !matches!(refusal, Refusal::Denied(_) | Refusal::NotAllowed) {
        tracing::warn!(upstream, why = %refusal, "a sign-in by another provider did not work");
    }
    let why = Some(Difference::new("other provider", format!("{upstream}: {refusal}"), refusal.expected()));
    let Back { return_to, keep } = back;
    let shown = Shown { problems: vec![problem], why, return_to, keep, ..Shown::default() };
    password::show(app, visitor, step, shown, status).await
}
