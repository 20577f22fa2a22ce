//! The sign-out request and its confirmation page: OpenID Connect RP-Initiated Logout §2.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use url::form_urlencoded;

use crate::app::App;
use crate::base::token::looks_like;
use crate::clients;
use crate::flow::answer;
use crate::http::error::Error;
use crate::http::layers::request_log;
use crate::http::request::form::ProvenForm;
use crate::http::request::params;
use crate::http::request::visitor::Visitor;
use crate::http::{page, redirect};
use crate::login::interaction::Interaction;
use crate::login::session;
use crate::oidc::claims::id_token::Hint;
use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::end_session::{CurrentSession, Decision, EndSessionRequest, Refusal, decide};
use crate::oidc::params::Params;
use crate::pages::{AccountView, Layout};
use crate::site::page::Page;
use crate::store::people::session::Session;

/// Asks whether to sign out. Posts `decision=sign_out` or `decision=stay` to `/end_session`, and `session=<handle>` to sign
/// out of one account and not of all.
#[derive(Template)]
#[template(path = "pages/sign_out/end_session.html")]
pub struct EndSessionPage<'a> {
    /// The layout of the page, with the client that asks, if it is known.
    pub layout: Layout<'a>,
    /// The account that is meant, and then the others that are signed in.
    pub accounts: Vec<AccountView>,
    /// The handle of the session of the account that is meant.
    pub handle: String,
    /// Whether people can sign up.
    pub offers_sign_up: bool,
}

impl EndSessionPage<'_> {
    /// Whether nobody else is signed in, so that nobody has to sign in again.
    fn is_visitor_alone(&self) -> bool {
        self.accounts.iter().all(|account| account.is_anonymous)
    }

    /// Whether one of them is anonymous, and ends with its session.
    fn has_visitor(&self) -> bool {
        self.accounts.iter().any(|account| account.is_anonymous)
    }
}

/// A sign-out request by GET: from a client, or from our own redirect after a foreign POST.
pub async fn get(State(app): State<App>, visitor: Visitor, RawQuery(query): RawQuery) -> Result<Response, Error> {
    let mut params = Params::parse(query.unwrap_or_default().as_bytes())?;
    let mut chosen = None;
    if let Some(sealed) = params.get("interaction") {
        // The switch of the language has returned here, or the form of a session that is over.
        let interaction = visitor.open(&app, sealed)?;
        chosen = interaction.language.as_deref().and_then(|tag| visitor.site.languages().lookup(tag));
        params = interaction.params();
    }
    let wish = Wish::read(&app, &params).await?;
    let mut sessions = visitor.sessions(&app).await?;
    match wish.decide(&sessions) {
        Decision::Refuse(refusal) => Err(wish.refused(refusal)),
        Decision::SignOut { redirect } if !wish.meant(&sessions).is_some_and(Session::is_of_visitor) => {
            // The hint names the session; sessions of other people in this browser stay.
            if let Some(session) = wish.meant(&sessions) {
                session::end(&app, session).await?;
            }
            done(&app, &visitor, &wish, redirect.as_deref(), false)
        }
        // Nobody comes back to an anonymous account: its holder is always asked (RP-Initiated Logout §2).
        Decision::SignOut { .. } | Decision::Confirm { .. } => {
            let meant = wish.meant(&sessions).map(|meant| meant.id.clone());
            sessions.sort_by_key(|session| meant.as_ref() != Some(&session.id));
            let handle = sessions.first().map(|session| page::session_handle(&app, session)).unwrap_or_default();
            let mut accounts = Vec::new();
            for session in &sessions {
                accounts.push(page::account(&app, &visitor, session).await?);
            }
            let mut interaction = Interaction::begin(&app, &visitor.browser, &params);
            interaction.language = chosen.as_ref().map(|language| language.tag().to_owned());
            let sealed = interaction.seal(&app);
            let wanted = || wish.request.ui_locales.iter().find_map(|tag| visitor.site.languages().lookup(tag));
            let layout = page::layout(&app, &visitor);
            let language = chosen.or_else(wanted).unwrap_or_else(|| layout.language.clone());
            let layout = Layout { language, ..layout }.of(Page::EndSession).with_interaction(sealed);
            let layout = match &wish.client {
                Some(client) => layout.with_client(page::client(client)),
                None => layout,
            };
            let offers_sign_up = app.config.login.sign_up.is_offered();
            let page = EndSessionPage { layout, accounts, handle, offers_sign_up };
            page::show_with(&app, &visitor, StatusCode::OK, &page)
        }
    }
}

/// A sign-out request by POST. Our form has a decision; a foreign POST has no `Lax` cookies, and is repeated as a GET.
pub async fn post(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let (parts, body) = params::body(&app, request).await?;
    if !params::is_form(&parts) {
        return Err(Error::Http(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be a form"));
    }
    let params = Params::parse(&body)?;
    if params.get("decision").is_none() {
        let location = format!("{}?{}", app.url(Page::EndSession), params.encode());
        return redirect::see_other(&location);
    }
    let ProvenForm { visitor, params } = ProvenForm::check(&app, &parts, params)?;
    let wish = match params.get("interaction") {
        Some(sealed) => {
            let interaction = visitor.open(&app, sealed)?;
            Wish::read(&app, &interaction.params()).await?
        }
        None => Wish::read(&app, &Params::parse(b"")?).await?,
    };
    if params.get("decision") != Some("sign_out") {
        return stay(&app, &visitor, &wish);
    }
    let mut sessions = visitor.sessions(&app).await?;
    let is_signed_in = !sessions.is_empty();
    // A form without a session, as the previous release has made it, ends all. That release ends all for any form.
    if let Some(handle) = params.get("session") {
        sessions.retain(|session| page::session_handle(&app, session) == handle);
    }
    if is_signed_in && sessions.is_empty() {
        // The session of the form is over, and somebody has signed in since: ask again, and do not say that it is done.
        return match params.get("interaction") {
            Some(sealed) => redirect::to_page_with(&app, Page::EndSession, "interaction", sealed),
            None => redirect::to_page(&app, Page::EndSession),
        };
    }
    if params.get("interaction").is_none() && sessions.iter().any(Session::is_of_visitor) {
        // The form of another page, which does not say that nobody comes back to an anonymous account.
        return redirect::to_page(&app, Page::EndSession);
    }
    let redirect = match wish.decide(&sessions) {
        Decision::Refuse(refusal) => return Err(wish.refused(refusal)),
        Decision::SignOut { redirect } | Decision::Confirm { redirect } => redirect,
    };
    for session in &sessions {
        session::end(&app, session).await?;
    }
    done(&app, &visitor, &wish, redirect.as_deref(), true)
}

/// Leads back to the client that asked, if it has a home page, after the person has decided to stay signed in.
fn stay(app: &App, visitor: &Visitor, wish: &Wish) -> Result<Response, Error> {
    match wish.client.as_deref().and_then(page::home_of) {
        Some((_, uri)) => answer::away(app, visitor, &uri),
        None => redirect::to_page(app, Page::Home),
    }
}

/// The client's sign-out request, with its proofs.
struct Wish {
    request: EndSessionRequest,
    hint: Option<Hint>,
    client: Option<Arc<Client>>,
}

impl Wish {
    async fn read(app: &App, params: &Params) -> Result<Self, Error> {
        let request = EndSessionRequest::parse(params)?;
        let hint = match &request.id_token_hint {
            None => None,
            Some(token) => {
                let invalid = |came: String| {
                    let expected = format!("an ID token of {}", app.issuer());
                    Error::from(Refusal::InvalidHint).because(Difference::new("id_token_hint", came, expected))
                };
                let hint = app.keys.ring().hint(token, app.issuer());
                let hint = hint.map_err(|error| invalid(format!("{}, {error}", looks_like(token))))?;
                Some(hint.ok_or_else(|| invalid("a token of another issuer, or another kind".to_owned()))?)
            }
        };
        let client = match request.client_id(hint.as_ref()) {
            Some(client_id) => clients::find(app, client_id).await?,
            None => None,
        };
        if let Some(client) = &client {
            request_log::name_client(&client.client.client_id);
        }
        Ok(Self { request, hint, client: client.map(|found| Arc::clone(&found.client)) })
    }

    /// A refusal, with the value that came and the one that was expected.
    fn refused(&self, refusal: Refusal) -> Error {
        let request = &self.request;
        let difference = match refusal {
            Refusal::UnregisteredRedirectUri => {
                let registered = self.client.as_ref().map_or(&[][..], |client| &client.post_logout_redirect_uris);
                let came = request.post_logout_redirect_uri.as_deref().unwrap_or_default();
                Difference::of_uri("post_logout_redirect_uri", came, registered)
            }
            Refusal::UnknownClient | Refusal::AnotherClient => {
                let came = request.client_id.as_deref().unwrap_or("none");
                let expected = self.hint.as_ref().map(|hint| hint.audience.join(" "));
                Difference::new("client_id", came, expected.as_deref().unwrap_or("a registered client, not disabled"))
            }
            _ => return self.on_the_way(refusal.into()),
        };
        self.on_the_way(Error::from(refusal).because(difference))
    }

    fn on_the_way(&self, error: Error) -> Error {
        match &self.client {
            Some(client) => error.on_the_way(client),
            None => error,
        }
    }

    /// The session that the hint names, or else the last used one.
    fn meant<'a>(&self, sessions: &'a [Session]) -> Option<&'a Session> {
        let hinted = self.hint.as_ref().and_then(|hint| {
            sessions.iter().find(|session| match &hint.sid {
                Some(sid) => *sid == session.sid,
                None => hint.sub == session.sub,
            })
        });
        hinted.or(sessions.first())
    }

    fn decide(&self, sessions: &[Session]) -> Decision {
        let current = self.meant(sessions).map(|session| CurrentSession { sid: &session.sid, sub: &session.sub });
        decide(&self.request, self.hint.as_ref(), self.client.as_deref(), current)
    }
}

/// Goes on to the client, or to the page that says that the person is signed out.
fn done(
    app: &App,
    visitor: &Visitor,
    wish: &Wish,
    redirect: Option<&str>,
    after_form: bool,
) -> Result<Response, Error> {
    match (redirect, &wish.client) {
        (Some(url), _) if after_form => answer::away(app, visitor, url),
        (Some(url), _) => redirect::see_other(url),
        (None, Some(client)) => {
            let client_id = form_urlencoded::byte_serialize(client.client_id.as_bytes()).collect::<String>();
            redirect::to_page_with(app, Page::SignedOut, "client_id", &client_id)
        }
        (None, None) => redirect::to_page(app, Page::SignedOut),
    }
}
