//! The authorization endpoint: RFC 6749 §3.1, OIDC Core §3.1.2.

use std::time::Duration;

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::account::terms;
use crate::app::App;
use crate::base::clock::{Timestamp, seconds_up};
use crate::base::id::Id;
use crate::base::token::{Token, TokenHash, TokenKind};
use crate::flow::answer;
use crate::flow::authorization::ProvenRequest;
use crate::flow::next_page;
use crate::http::error::Error;
use crate::http::layers::maintenance;
use crate::http::redirect;
use crate::http::request::params;
use crate::http::request::visitor::Visitor;
use crate::login::factor_age::note_all_old;
use crate::login::interaction::Interaction;
use crate::login::session;
use crate::oidc;
use crate::oidc::authorization::next_step::{Allowed, Facts, NextStep, SignInReason};
use crate::oidc::authorization::response::AuthorizationResponse;
use crate::oidc::claims::access_token::audience;
use crate::oidc::discovery::AUTHORIZE;
use crate::oidc::error::ErrorCode;
use crate::oidc::params::Params;
use crate::oidc::scope::{OFFLINE_ACCESS, ScopeSet};
use crate::oidc::token::authorization_code::Code;
use crate::site::page::Page;
use crate::store::clients::consent;
use crate::store::db::{self, Change, Tx};
use crate::store::ephemeral::Rate;
use crate::store::grants::authorization_code;
use crate::store::grants::grant::{self, Grant};
use crate::store::people::session::Session;
use crate::store::people::user;

/// The rate of codes for one session: enough for an application that asks on each page, too few for one in an endless
/// loop.
const AUTHORIZATIONS: Rate = Rate { burst: 100, period: Duration::from_secs(1) };

/// How many grants of one client a session keeps: more than anybody has windows open in which the application uses one.
pub(super) const GRANTS: i64 = 500;

/// A request by GET: a new one or, with `interaction`, one whose person has just completed a step.
pub async fn get(State(app): State<App>, visitor: Visitor, RawQuery(query): RawQuery) -> Result<Response, Error> {
    let params = Params::parse(query.unwrap_or_default().as_bytes())?;
    if let Some(closed) = maintenance::closed(&app) {
        return unavailable(&app, &visitor, &params, closed).await;
    }
    match params.get("interaction") {
        Some(sealed) => go_on(&app, &visitor, sealed).await,
        None => begin(&app, &visitor, &params).await,
    }
}

/// A request by POST. From another site it has no `Lax` cookies, so a redirect repeats it as a GET.
pub async fn post(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let (parts, body) = params::body(&app, request).await?;
    if !params::is_form(&parts) {
        return Err(Error::Http(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be a form"));
    }
    let location = format!("{}?{}", app.config.issuer.url(AUTHORIZE), Params::parse(&body)?.encode());
    if location.len() > app.config.http.url_limit.in_bytes() {
        return Err(Error::Http(StatusCode::PAYLOAD_TOO_LARGE, "the request is too long"));
    }
    redirect::see_other(&location)
}

/// Answers during a maintenance: an error to a client that wants no page (`prompt=none`: OIDC Core §3.1.2.1; RFC 6749
/// §4.1.2.1), a page to all others.
async fn unavailable(app: &App, visitor: &Visitor, params: &Params, closed: Error) -> Result<Response, Error> {
    match ProvenRequest::read(app, params).await {
        Ok(Ok(proven)) if proven.request.prompt.none => {
            let error = oidc::error::Error::new(ErrorCode::TemporarilyUnavailable, "a maintenance is under way");
            answer::directly(app, visitor, proven.recipient.error(app.issuer(), &error)).await
        }
        _ => Err(closed),
    }
}

async fn begin(app: &App, visitor: &Visitor, params: &Params) -> Result<Response, Error> {
    let proven = match ProvenRequest::read(app, params).await? {
        Ok(proven) => proven,
        Err(answer) => return answer::directly(app, visitor, answer).await,
    };
    let sessions = proven.sessions(app, visitor).await?;
    match proven.next_step(app, visitor, &sessions, &Facts::default()).await? {
        NextStep::Fail(error) => answer::directly(app, visitor, proven.recipient.error(app.issuer(), &error)).await,
        NextStep::Proceed(allowed) => match answer(app, &proven, &sessions, &allowed).await? {
            Some(answer) => {
                let response = answer::directly(app, visitor, answer).await?;
                used(app, visitor, &sessions, &allowed, response).await
            }
            None => redirect::see_other(&format!("{}?{}", app.config.issuer.url(AUTHORIZE), params.encode())),
        },
        step => {
            let interaction = Interaction::begin(app, &visitor.browser, params);
            ask_at(app, visitor, interaction, &step, first_page(app, &proven, &step).await?)
        }
    }
}

/// The page of a request that has just come: for a sign-in, the way to the provider that the client has named. Whoever comes back
/// from there without having signed in sees the sign-in page.
async fn first_page(app: &App, proven: &ProvenRequest, step: &NextStep) -> Result<Page, Error> {
    Ok(match step {
        // No other provider can prove a passkey that somebody has here.
        NextStep::SignIn(SignInReason::NeedsPasskey) => Page::SignIn,
        NextStep::SignIn(_) if proven.hinted_upstream(app).await?.is_some() => Page::SignInUpstream,
        step => page_of(step),
    })
}

async fn go_on(app: &App, visitor: &Visitor, sealed: &str) -> Result<Response, Error> {
    let mut interaction = visitor.open(app, sealed)?;
    let proven = match ProvenRequest::read(app, &interaction.params()).await? {
        Ok(proven) => proven,
        Err(answer) => return answer::after_form(app, visitor, answer).await,
    };
    let sessions = proven.sessions(app, visitor).await?;
    let mut step = proven.next_step(app, visitor, &sessions, &interaction.facts).await?;
    if is_answer(&step) {
        let finished = interaction.finish(app).await;
        if !matches!(finished, Ok(true)) {
            // The interaction was finished before (the back button), or Redis cannot tell: its facts count only once,
            // so it begins again.
            interaction = Interaction::begin(app, &visitor.browser, &interaction.params());
            step = proven.next_step(app, visitor, &sessions, &interaction.facts).await?;
            if let (Err(unavailable), false) = (finished, is_answer(&step)) {
                // The next step needs no person and would lead here again.
                return Err(unavailable.into());
            }
        }
    }
    let answer = match step {
        NextStep::Proceed(allowed) => match answer(app, &proven, &sessions, &allowed).await? {
            Some(answer) => {
                let response = answer::after_form(app, visitor, answer).await?;
                return used(app, visitor, &sessions, &allowed, response).await;
            }
            None => return next_page::back_to_authorize(app, &interaction),
        },
        NextStep::Fail(error) => proven.recipient.error(app.issuer(), &error),
        step => return ask(app, visitor, interaction, &step),
    };
    answer::after_form(app, visitor, answer).await
}

/// The answer, by which the cookie of a visitor lasts longer.
async fn used(
    app: &App,
    visitor: &Visitor,
    sessions: &[Session],
    allowed: &Allowed,
    mut response: Response,
) -> Result<Response, Error> {
    let chosen = sessions.iter().find(|one| one.id == allowed.session);
    if let Some(session) = chosen.filter(|session| session.is_of_visitor()) {
        visitor.keep_visitor(app, session, &mut response).await?;
    }
    Ok(response)
}

/// Whether no step is left for a person.
fn is_answer(step: &NextStep) -> bool {
    matches!(step, NextStep::Fail(_) | NextStep::Proceed(_))
}

/// Creates the grant and its code: RFC 6749 §4.1.2. `None` if the consent that it needs was withdrawn in the meantime:
/// then the person has to be asked.
async fn answer(
    app: &App,
    proven: &ProvenRequest,
    sessions: &[Session],
    allowed: &Allowed,
) -> Result<Option<AuthorizationResponse>, Error> {
    let Allowed { session, scope, consent } = allowed;
    let session = sessions.iter().find(|one| one.id == *session);
    let session = session.ok_or_else(|| Error::Internal("a session that is not there was chosen".to_owned()))?;
    if let Err(wait) = app.ephemeral.limit(&format!("authorize:{}", session.id), AUTHORIZATIONS).await {
        let description = format!("This session was given many codes; wait {} s.", seconds_up(wait));
        let error = oidc::error::Error::new(ErrorCode::TemporarilyUnavailable, description);
        return Ok(Some(proven.recipient.error(app.issuer(), &error)));
    }
    // The allowed set holds scopes and resources together; here it is split again.
    let named = |word: &str| proven.request.resources.iter().any(|resource| resource == word);
    let resources: Vec<String> = scope.iter().filter(|word| named(word)).map(str::to_owned).collect();
    let scope: ScopeSet = scope.iter().filter(|word| !named(word)).collect();
    let audience = if resources.is_empty() { audience(&proven.client, &scope, app.issuer()) } else { resources };
    let (now, code) = (app.now(), Token::new(TokenKind::AuthorizationCode, &app.random));
    let grant = Grant {
        id: app.id(),
        user_id: session.user_id.clone(),
        sub: session.sub.clone(),
        client_row: proven.client.id.clone(),
        session_id: session.id.clone(),
        sid: session.sid.clone(),
        resources: audience,
        auth_time: session.auth_time,
        amr: session.amr.clone(),
        acr: proven.request.acr_of(session).to_owned(),
        offline_at: scope.contains(OFFLINE_ACCESS).then_some(now),
        scope,
        created_at: now,
    };
    let kept = Code {
        grant_id: grant.id.clone(),
        client_row: proven.client.id.clone(),
        redirect_uri: proven.request.redirect_uri.clone(),
        code_challenge: proven.request.code_challenge.clone(),
        nonce: proven.request.nonce.clone(),
        expires_at: now + app.config.tokens.authorization_code,
        used_at: None,
        failures: 0,
    };
    let fresh = now - app.config.tokens.authorization_code;
    let is_strict = proven.client.metadata.require_second_factor;
    if !app
        .db
        .write(GiveCode { is_strict, consent: consent.clone(), grant, hash: code.hash(), code: kept, fresh })
        .await?
    {
        return Ok(None);
    }
    session::touch(app, session).await;
    Ok(Some(proven.recipient.code(app.issuer(), code.expose())))
}

/// Creates a grant and its code; returns whether the consent and the session were still there.
#[derive(Clone)]
struct GiveCode {
    /// Whether the client requires a second factor.
    is_strict: bool,
    /// The consent that the grant needs, if any.
    consent: Option<Id>,
    grant: Grant,
    hash: TokenHash,
    code: Code,
    /// The codes of grants made after this time may still be redeemed.
    fresh: Timestamp,
}

impl Change for GiveCode {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> db::Result<bool> {
        let Self { is_strict, consent, grant, hash, code, fresh } = self;
        if grant.offline_at.is_some() {
            // The user is locked first, as everywhere: whoever signs this device out meanwhile ends this grant, too.
            user::hold(tx, &grant.user_id).await?;
        }
        if is_strict {
            // Without what the person has proven there, a letter alone would open it: from now on none takes it away.
            note_all_old(tx, &grant.user_id, grant.created_at).await?;
        }
        if let Some(consent) = &consent
            && !consent::hold_if_there(tx, consent).await?
        {
            return Ok(false);
        }
        if !grant::insert(tx, &grant).await? {
            // The session has ended meanwhile, or the user was deleted.
            return Ok(false);
        }
        grant::delete_surplus(tx, &grant.session_id, &grant.client_row, GRANTS, fresh).await?;
        authorization_code::insert(tx, &hash, &code, grant.created_at).await?;
        Ok(true)
    }
}

/// Redirects the person to the page of the next step.
fn ask(app: &App, visitor: &Visitor, interaction: Interaction, step: &NextStep) -> Result<Response, Error> {
    ask_at(app, visitor, interaction, step, page_of(step))
}

/// The page of a step.
const fn page_of(step: &NextStep) -> Page {
    match step {
        NextStep::SignUp => Page::SignUp,
        NextStep::SelectAccount => Page::SelectAccount,
        NextStep::Terms { .. } => Page::Terms,
        NextStep::Consent { .. } => Page::Consent,
        NextStep::Continue { .. } => Page::ContinueAs,
        NextStep::SecondFactor { .. } => Page::SecondFactor,
        // The last two need no page.
        NextStep::SignIn(_) | NextStep::Fail(_) | NextStep::Proceed(_) => Page::SignIn,
    }
}

fn ask_at(
    app: &App,
    visitor: &Visitor,
    mut interaction: Interaction,
    step: &NextStep,
    page: Page,
) -> Result<Response, Error> {
    if matches!(step, NextStep::Terms { .. }) {
        // The server that shows the page may have another version.
        interaction.facts.terms = terms::wanted(&visitor.site, &interaction.facts).cloned();
    }
    let mut response = next_page::to_step(app, page, &interaction)?;
    visitor.remember(app, &mut response);
    Ok(response)
}
