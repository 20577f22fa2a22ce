//! The offer of a passkey to who has just signed in without one: once for each account, on the way to where the sign-in leads.
//!
//! Whatever happens here, the way goes on: whoever has answered already, or has no fresh sign-in, is led on at once.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::account::passkeys;
use crate::app::App;
use crate::flow::authorization::layout_of;
use crate::flow::just_signed_in::JustSignedIn;
use crate::flow::next_page;
use crate::http::cookies::Jar;
use crate::http::diagnosis::Diagnosis;
use crate::http::error::Error;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::http::{page, redirect};
use crate::login::networks;
use crate::login::passkey::{self, Made, Mediation, Offer, Person, Refused};
use crate::login::session;
use crate::login::step_up;
use crate::oidc::claims::acr::Method;
use crate::oidc::difference::Difference;
use crate::oidc::reason::Reason;
use crate::pages::{AccountView, Layout};
use crate::site::page::Page;
use crate::store::people::session::Session;
use crate::store::people::user;

/// Offers a passkey. Posts `answer=later`, or `ceremony`, `response` and, if the browser made it by itself, `automatic=yes` to
/// `/passkey-offer`.
#[derive(Template)]
#[template(path = "pages/sign_in/passkey_offer.html")]
pub struct PasskeyOfferPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// Whose account it is.
    pub account: AccountView,
    /// How the person makes a passkey; `None` if nobody is asked.
    pub asked: Option<Offer>,
    /// How the browser makes one by itself; `None` if it is not to.
    pub automatic: Option<Offer>,
    /// Where the sign-in leads.
    pub onward: String,
    /// Whether the last try to make one failed.
    pub is_refused: bool,
}

/// Shows the page.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    let place = JustSignedIn::open(&app, &visitor, query.get("interaction").unwrap_or_default()).await?;
    match due(&app, &visitor, &place).await? {
        Some(session) => show(&app, &visitor, &place, session, None).await,
        None => redirect::see_other(&place.onward(&app)),
    }
}

/// Keeps a passkey, or notes that none is wanted, and goes on.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let mut place = JustSignedIn::open(&app, &visitor, params.get("interaction").unwrap_or_default()).await?;
    let onward = redirect::see_other(&place.onward(&app));
    let Some(session) = due(&app, &visitor, &place).await?.cloned() else { return onward };
    if params.get("answer") == Some("later") {
        passkeys::decline_offer(&app, &session.user_id).await?;
        return onward;
    }
    let is_automatic = params.get("automatic") == Some("yes");
    let made = Made {
        mediation: if is_automatic { Mediation::Conditional } else { Mediation::Asked },
        ceremony: params.get("ceremony").unwrap_or_default(),
        response: params.get("response").unwrap_or_default(),
    };
    let new = match passkey::check_registration(&app, &visitor.browser, &session.user_id, made).await? {
        Ok(new) => new,
        // Nobody has asked for it, so nobody is told either.
        Err(_) if is_automatic => return onward,
        Err(refused) => return show(&app, &visitor, &place, &session, Some(refused)).await,
    };
    if is_automatic {
        if makes_by_itself(&app, &session) {
            passkeys::add_automatic(&app, &session, &new).await?;
        }
        return onward;
    }
    let Some(user) = session::unchanged_user(&app, &session).await? else { return onward };
    // The passkey is made now, and signs nobody in.
    let methods = session.methods_and(passkey::method(new.backup));
    let sign_in = visitor.renewal(&session, &user, &methods);
    let Some(signed_in) = passkeys::add(&app, &session, &new, &sign_in).await? else { return onward };
    let return_to = place.interaction.return_to();
    let on_the_way = place.step.is_some().then_some(&mut place.interaction);
    let address = next_page::address_after_sign_in(&app, on_the_way, return_to, &signed_in);
    let mut response = redirect::see_other(&address)?;
    Jar::of(&app).hand_over(&mut response, &signed_in);
    Ok(response)
}

/// The session whose person is to be offered a passkey: the sign-in is the step-up that this needs.
async fn due<'a>(app: &App, visitor: &Visitor, place: &'a JustSignedIn) -> Result<Option<&'a Session>, Error> {
    let Some(session) = &place.session else { return Ok(None) };
    if place.step.is_some() && place.interaction.facts.authenticated_at.is_none() {
        // The session was chosen. What is made here would count as a new sign-in.
        return Ok(None);
    }
    let asks = app.config.passkeys.offer || makes_by_itself(app, session);
    // What protects the account is not changed from where it may not be used.
    let is_due = asks
        && passkeys::is_offer_due(app, &session.user_id).await?
        && step_up::is_done(app, session).await?
        && networks::admit(app, &session.user_id, visitor.certain_address).await?;
    Ok(is_due.then_some(session))
}

/// Whether the browser may make a passkey for a session by itself: it was begun by a password, which the browser may have stored.
fn makes_by_itself(app: &App, session: &Session) -> bool {
    app.config.passkeys.conditional_create && Method::of_names(&session.amr).contains(&Method::Password)
}

async fn show(
    app: &App,
    visitor: &Visitor,
    place: &JustSignedIn,
    session: &Session,
    refused: Option<Refused>,
) -> Result<Response, Error> {
    let account = page::account(app, visitor, session).await?;
    let known = user::passkey_handle(&mut *app.db.read().await?, &session.user_id).await?.unwrap_or_default();
    let title = account.title();
    let (id, identifier) = (&session.user_id, account.identifier.as_str());
    let person = Person { id, handle: &known, identifier, name: &title, passkeys: &[] };
    let begin = |mediation| passkey::offer_registration(app, &visitor.browser, &person, mediation);
    let shown = PasskeyOfferPage {
        asked: app.config.passkeys.offer.then(|| begin(Mediation::Asked)).flatten(),
        automatic: makes_by_itself(app, session).then(|| begin(Mediation::Conditional)).flatten(),
        layout: layout_of(app, visitor, place.step.as_ref())
            .of(Page::PasskeyOffer)
            .with_interaction(place.interaction.seal(app)),
        account: account.clone(),
        onward: place.onward(app),
        is_refused: refused.is_some(),
    };
    let status = if refused.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let mut response = page::show_with(app, visitor, status, &shown)?;
    if let Some(refused) = refused {
        let difference = Difference::new("response", refused.as_str(), "a new passkey of this person");
        Diagnosis::new(Reason::PasskeyNotAdded, Some(difference)).ride_on(&mut response);
    }
    Ok(response)
}
