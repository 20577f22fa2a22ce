//! An authorization request, and the steps that it needs before its response: for the authorization endpoint and for
//! the pages of an interaction.

use std::sync::Arc;

use crate::account::terms;
use crate::app::App;
use crate::clients;
use crate::federation;
use crate::federation::remembered;
use crate::http::error::Error;
use crate::http::layers::request_log;
use crate::http::page;
use crate::http::page::layout::Layout;
use crate::http::request::visitor::Visitor;
use crate::login::interaction::Interaction;
use crate::login::networks::{self, Rule};
use crate::login::second_factor::{self, Enrolled};
use crate::login::session::is_outgrown;
use crate::oidc;
use crate::oidc::authorization::next_step::{
    Allowed, Facts, NextStep, Situation, next_step, session_for, usable, what_is_missing,
};
use crate::oidc::authorization::recipient::{Recipient, Refusal, client_id, identify};
use crate::oidc::authorization::request::{AuthorizationRequest, Offered, validate};
use crate::oidc::authorization::response::AuthorizationResponse;
use crate::oidc::claims::acr::Acr;
use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::error::ErrorCode;
use crate::oidc::params::Params;
use crate::oidc::steps;
use crate::resources;
use crate::store::clients::consent;
use crate::store::origin::Origin;
use crate::store::people::known_device;
use crate::store::people::session::Session;
use crate::store::people::user::{self, User};

/// An authorization request whose recipient is proven.
pub struct ProvenRequest {
    /// The client that asks.
    pub client: Arc<Client>,
    /// The recipient of the response.
    pub recipient: Recipient,
    /// The validated request.
    pub request: AuthorizationRequest,
}

impl ProvenRequest {
    /// Proves the recipient, then validates the request. The inner error is a response to the recipient.
    pub async fn read(app: &App, params: &Params) -> Result<Result<Self, AuthorizationResponse>, Error> {
        let refused = |refusal: Refusal, client: Option<&Client>| match refusal.difference(params, client) {
            Some(difference) => Error::from(refusal).because(difference),
            None => refusal.into(),
        };
        let client_id = client_id(params).map_err(|refusal| refused(refusal, None))?;
        let client = clients::find(app, client_id).await?.map(|registered| Arc::clone(&registered.client));
        if let Some(client) = &client {
            request_log::name_client(&client.client_id);
        }
        let recipient = identify(params, client.as_deref()).map_err(|refusal| {
            let error = refused(refusal, client.as_deref());
            match &client {
                Some(client) => error.on_the_way(client),
                None => error,
            }
        })?;
        Origin::note(steps::Step::passed("redirect_uri", "The client is registered, and so is redirect_uri for it."));
        let Some(client) = client else {
            return Err(Error::Internal("a client that is not there was identified".to_owned()));
        };
        let offered = Offered {
            known: resources::known(app).await?,
            sign_up: app.config.login.sign_up.is_offered(),
            issuer: app.issuer().to_owned(),
        };
        Ok(match validate(params, &client, &recipient, &offered) {
            Ok(request) => {
                Origin::note(steps::Step::passed("request", "The parameters of the request are in order."));
                Ok(Self { client, recipient, request })
            }
            Err(error) => Err(recipient.error(app.issuer(), &error)),
        })
    }

    /// The live sessions of a browser that can answer the request.
    pub async fn sessions(&self, app: &App, visitor: &Visitor) -> Result<Vec<Session>, Error> {
        let all = visitor.sessions_with_outgrown(app).await?;
        let live = all.len();
        let usable = usable(&self.request, all);
        if usable.len() < live {
            let says = "The anonymous account of this browser is no answer: the client takes none (anonymous_accounts), or the request \
                        asks for a sign-in (prompt=login, max_age, or acr_values without 0).";
            Origin::note(steps::Step::failed("session", says));
        }
        Ok(usable)
    }

    /// The next step, for this browser with these sessions, which can answer the request, and the facts so far.
    pub async fn next_step(
        &self,
        app: &App,
        visitor: &Visitor,
        sessions: &[Session],
        facts: &Facts,
    ) -> Result<NextStep, Error> {
        let address = visitor.certain_address;
        if !networks::admits(&self.client, address) {
            return Ok(NextStep::Fail(Rule::OfClient.refusal(address)));
        }
        let step = self.decided(app, visitor, sessions, facts).await?;
        let chosen = match &step {
            NextStep::Proceed(Allowed { session, .. })
            | NextStep::Terms { session }
            | NextStep::Consent { session, .. }
            | NextStep::Continue { session } => sessions.iter().find(|one| one.id == *session),
            _ => None,
        };
        match chosen {
            Some(session) if !networks::admit(app, &session.user_id, address).await? => {
                Ok(NextStep::Fail(Rule::OfRole.refusal(address)))
            }
            _ => Ok(step),
        }
    }

    /// The provider that `idp_hint` names, if there is one; it may be disabled.
    pub async fn hinted_upstream(&self, app: &App) -> Result<Option<remembered::Offered>, Error> {
        match self.request.idp_hint.as_deref() {
            Some(name) => Ok(federation::named(app, name).await?),
            None => Ok(None),
        }
    }

    /// The person that `id_token_hint` names. A hint that has expired is fine as long as we have issued it: Core §3.1.2.1.
    fn hinted_sub(&self, app: &App) -> Option<String> {
        let hint = self.request.id_token_hint.as_deref()?;
        let hint = app.keys.ring().hint(hint, app.issuer()).ok().flatten().filter(|hint| !hint.revoked);
        hint.map(|hint| hint.sub)
    }

    /// The next step, wherever the browser is.
    async fn decided(
        &self,
        app: &App,
        visitor: &Visitor,
        sessions: &[Session],
        facts: &Facts,
    ) -> Result<NextStep, Error> {
        let hinted = self.hinted_sub(app);
        if self.request.id_token_hint.is_some() && hinted.is_none() && self.request.prompt.none {
            // The hint does not say which person the client expects. Without a page no other person must be chosen.
            let came = "one that is not of this provider, or was signed with a key that is gone or revoked";
            let difference = Difference::new("id_token_hint", came, "an ID token of this provider");
            let error = oidc::error::Error::from(ErrorCode::LoginRequired);
            return Ok(NextStep::Fail(error.because(difference)));
        }
        let mut situation = Situation {
            now: app.now(),
            sessions,
            hinted_sub: hinted.as_deref(),
            remembered: None,
            reachable: Acr::OneFactor,
            is_too_weak: false,
            lacks_terms: false,
            facts,
            sign_up_offered: app.config.login.sign_up.is_offered(),
        };
        let remembered = match situation.session() {
            Some(session) => consent::find(&mut *app.db.read().await?, &session.user_id, &self.client.id).await?,
            None => None,
        };
        situation.remembered = remembered.as_ref();
        // Nobody but who asks for a class has to read for it.
        if let Some(session) = situation.session().filter(|_| !self.request.acr_values.is_empty()) {
            situation.reachable = if session.is_of_visitor() {
                Acr::Anonymous
            } else {
                Enrolled::of(&mut *app.db.read().await?, &session.user_id).await?.reachable()
            };
        }
        if let Some(session) = situation.session() {
            // Once an anonymous account is somebody's, they sign in to it. The session is judged and not left out, so that the page offers
            // no other anonymous account in its place.
            let is_outgrown = is_outgrown(&mut *app.db.read().await?, session).await?;
            situation.is_too_weak = is_outgrown
                || session.is_unattended()
                || second_factor::is_lacking(app, session, &self.client, &visitor.browser).await?;
            situation.lacks_terms = terms::is_due(app, &session.user_id, terms::wanted(&visitor.site, facts)).await?;
        }
        let step = next_step(&self.request, &self.client, &situation);
        let NextStep::Fail(error) = step else { return Ok(step) };
        let missing = what_is_missing(&self.request, &self.client, &situation).filter(|_| error.difference.is_none());
        Ok(NextStep::Fail(match missing {
            Some(difference) => error.because(difference),
            None => error,
        }))
    }
}

/// A step of an interaction: the request, and the facts so far.
pub struct Step {
    /// The request.
    pub proven: ProvenRequest,
    /// The facts so far.
    pub interaction: Interaction,
    /// The live sessions of the browser that can answer the request.
    pub sessions: Vec<Session>,
}

impl Step {
    /// Opens the interaction that a page or a form carries.
    pub async fn open(app: &App, visitor: &Visitor, sealed: &str) -> Result<Self, Error> {
        match visitor.open(app, sealed) {
            Ok(interaction) => Self::of(app, visitor, interaction).await,
            Err(error) => Err(on_the_way(app, sealed, error).await),
        }
    }

    /// The same for a page that is not always on the way to a client.
    pub async fn open_if_any(app: &App, visitor: &Visitor, sealed: Option<&str>) -> Result<Option<Self>, Error> {
        match sealed {
            Some(sealed) => Self::open(app, visitor, sealed).await.map(Some),
            None => Ok(None),
        }
    }

    /// The step of an interaction that was opened, if that is on the way to a client.
    pub async fn of_interaction(
        app: &App,
        visitor: &Visitor,
        interaction: &Interaction,
    ) -> Result<Option<Self>, Error> {
        match interaction.has_request() {
            true => Self::of(app, visitor, interaction.clone()).await.map(Some),
            false => Ok(None),
        }
    }

    /// The step of an interaction that was opened.
    pub async fn of(app: &App, visitor: &Visitor, interaction: Interaction) -> Result<Self, Error> {
        // The request was valid when the interaction began. If the client has changed since, the sign-in begins again.
        let proven = ProvenRequest::read(app, &interaction.params()).await?.map_err(|_| Error::InteractionExpired)?;
        let sessions = proven.sessions(app, visitor).await?;
        Ok(Self { proven, interaction, sessions })
    }

    /// The next step.
    pub async fn next(&self, app: &App, visitor: &Visitor) -> Result<NextStep, Error> {
        self.proven.next_step(app, visitor, &self.sessions, &self.interaction.facts).await
    }

    /// The next step as it was when the person was asked what they have answered now. A sign-in that has become too old since
    /// (`max_age`) takes nothing from the answer; the authorization endpoint asks for a newer one.
    pub async fn next_for_answer(&mut self, app: &App, visitor: &Visitor) -> Result<NextStep, Error> {
        self.proven.request.max_age = self.proven.request.max_age.filter(|seconds| *seconds == 0);
        self.next(app, visitor).await
    }

    /// The person that the sign-in page may name, since this browser knows them: the one that `id_token_hint` names, if they have signed in
    /// here lately, else the one whose session is too old or too weak.
    pub async fn expected(&self, app: &App, visitor: &Visitor) -> Result<Option<User>, Error> {
        let mut conn = app.db.read().await?;
        if let Some(sub) = self.proven.hinted_sub(app) {
            let Some(user) = user::find_by_sub(&mut conn, &sub).await? else { return Ok(None) };
            let since = app.now() - app.config.login.known_device;
            let is_known = known_device::is_known(&mut conn, &visitor.browser.hash(), &user.id, since).await?;
            return Ok(is_known.then_some(user));
        }
        let facts = &self.interaction.facts;
        // Of several people nobody knows yet which one is meant.
        let is_meant = |session: &&Session| self.sessions.len() == 1 || facts.are_of(session);
        match session_for(&self.sessions, facts, None).filter(is_meant) {
            Some(session) if !session.is_of_visitor() => Ok(user::find(&mut conn, &session.user_id).await?),
            _ => Ok(None),
        }
    }
}

/// The error of an interaction that cannot be continued, with its client, if that is still there.
async fn on_the_way(app: &App, sealed: &str, error: Error) -> Error {
    let Some(params) = Interaction::request_of(app, sealed) else { return error };
    let Some(client_id) = params.get("client_id") else { return error };
    match clients::find(app, client_id).await {
        Ok(Some(found)) => error.on_the_way(&found.client),
        _ => error,
    }
}

/// The layout of a page of an interaction; without a step, that of `http::page::layout`.
pub fn layout_of<'a>(app: &App, visitor: &'a Visitor, step: Option<&Step>) -> Layout<'a> {
    let layout = page::layout(app, visitor);
    let Some(step) = step else { return layout };
    // The language that the person chose during the interaction, then the client's, then the browser's.
    let languages = visitor.site.languages();
    let chosen = step.interaction.language.as_deref().and_then(|tag| languages.lookup(tag));
    let wanted = || step.proven.request.ui_locales.iter().find_map(|tag| languages.lookup(tag));
    Layout { language: chosen.or_else(wanted).unwrap_or_else(|| visitor.language.clone()), ..layout }
        .with_client(page::client(&step.proven.client))
        .with_interaction(step.interaction.seal(app))
}
