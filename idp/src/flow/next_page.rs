//! The redirects after a form of a page.

use axum::http::header;
use axum::response::Response;

use crate::account::passkeys;
use crate::app::App;
use crate::base::token::CookieSecret;
use crate::federation::arrival::Arrival;
use crate::http::cookies::{Jar, Name};
use crate::http::error::Error;
use crate::http::redirect::{see_other, to_page, to_page_with};
use crate::http::request::visitor::{MakesPasskeys, Visitor};
use crate::login::interaction::Interaction;
use crate::login::session::SignedIn;
use crate::oidc::authorization::next_step::{Facts, FirstFactor};
use crate::oidc::discovery::AUTHORIZE;
use crate::site::page::Page;

/// Redirects to the authorization endpoint after a step, which decides about the next one.
pub fn back_to_authorize(app: &App, interaction: &Interaction) -> Result<Response, Error> {
    see_other(&authorize_again(app, interaction))
}

/// The address of the authorization endpoint that goes on with an interaction.
pub fn authorize_again(app: &App, interaction: &Interaction) -> String {
    format!("{}?interaction={}", app.config.issuer.url(AUTHORIZE), interaction.seal(app))
}

/// Redirects to the page for the next step of an interaction.
pub fn to_step(app: &App, page: Page, interaction: &Interaction) -> Result<Response, Error> {
    see_other(&step_address(app, page, interaction))
}

fn step_address(app: &App, page: Page, interaction: &Interaction) -> String {
    format!("{}?interaction={}", app.url(page), interaction.seal(app))
}

/// Redirects to the sign-in page, which returns to the given page of the account.
pub fn sign_in_first(app: &App, page: Page) -> Result<Response, Error> {
    match page.return_name() {
        Some(name) => to_page_with(app, Page::SignIn, "return", name),
        None => to_page(app, Page::SignIn),
    }
}

/// Redirects to the page of the second factor, with the first one that was proven. The sign-in goes on as it would have without:
/// to the client of the interaction, or to the page that required it.
pub fn to_second_factor(
    app: &App,
    visitor: &Visitor,
    interaction: Option<&Interaction>,
    return_to: Option<Page>,
    first: FirstFactor,
) -> Result<Response, Error> {
    let cookie = CookieSecret::new(&app.random);
    let first = FirstFactor { cookie: Some(cookie.hash().as_str().to_owned()), ..first };
    let begun = || Interaction::begin_here(app, &visitor.browser, return_to);
    let mut interaction = interaction.cloned().unwrap_or_else(begun);
    interaction.facts = Facts { first_factor: Some(first), ..Facts::default() };
    let mut response = to_step(app, Page::SecondFactor, &interaction)?;
    if let Some(cookie) = Jar::of(app).set(Name::Half, cookie.expose(), None) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Where a sign-in leads: to the authorization endpoint with what it has established, to the page that required it, or to the
/// front page.
pub fn address_after_sign_in(
    app: &App,
    interaction: Option<&mut Interaction>,
    return_to: Option<Page>,
    signed_in: &SignedIn,
) -> String {
    let Some(interaction) = interaction else { return app.url(return_to.unwrap_or(Page::Home)) };
    // Earlier choices and consents belong to the person who was signed in before.
    interaction.facts = Facts {
        session: Some(signed_in.session.clone()),
        of_visitor: signed_in.is_visitor,
        authenticated_at: Some(app.now()),
        ..Facts::default()
    };
    authorize_again(app, interaction)
}

/// Where a sign-in leads, but first to the question whether an account elsewhere is to be linked that waits for that, or to the offer of
/// a passkey, if that is due.
pub async fn onward(
    app: &App,
    visitor: &Visitor,
    mut interaction: Option<&mut Interaction>,
    return_to: Option<Page>,
    signed_in: &SignedIn,
) -> String {
    let address = address_after_sign_in(app, interaction.as_deref_mut(), return_to, signed_in);
    let waits = Arrival::found(app, &visitor.browser, visitor.carried.as_deref()).await;
    if waits.is_none() && !offers_passkey(app, visitor, return_to, signed_in).await {
        return address;
    }
    let begun = || Interaction::begin_here(app, &visitor.browser, return_to);
    let mut interaction = interaction.cloned().unwrap_or_else(begun);
    interaction.facts.session = Some(signed_in.session.clone());
    match waits {
        Some(sealed) => format!("{}&arrival={sealed}", step_address(app, Page::ConnectUpstream, &interaction)),
        None => step_address(app, Page::PasskeyOffer, &interaction),
    }
}

/// Gives a browser the cookies of a sign-in.
pub fn hand_over(app: &App, visitor: &Visitor, signed_in: &SignedIn, mut response: Response) -> Response {
    Jar::of(app).hand_over(&mut response, signed_in);
    if signed_in.provider.is_none() && visitor.provider.is_some() {
        Jar::of(app).forget_provider(&mut response);
    }
    visitor.remember_again(app, &mut response);
    response
}

/// The redirect after a sign-in.
pub async fn after_sign_in(
    app: &App,
    visitor: &Visitor,
    interaction: Option<&mut Interaction>,
    return_to: Option<Page>,
    signed_in: &SignedIn,
) -> Result<Response, Error> {
    let address = onward(app, visitor, interaction, return_to, signed_in).await;
    Ok(hand_over(app, visitor, signed_in, see_other(&address)?))
}

/// Whether somebody who has just signed in is offered a passkey, in a browser that can make one. They are signed in: a failure to find out
/// stops nobody.
async fn offers_passkey(app: &App, visitor: &Visitor, return_to: Option<Page>, signed_in: &SignedIn) -> bool {
    let settings = &app.config.passkeys;
    let can = match visitor.passkeys {
        MakesPasskeys::No => false,
        MakesPasskeys::Asked => settings.offer,
        MakesPasskeys::Automatic => settings.offer || settings.conditional_create,
    };
    // That page offers it anyhow.
    if !can || return_to == Some(Page::AccountPasskeys) {
        return false;
    }
    passkeys::is_offer_due(app, &signed_in.user).await.unwrap_or_else(|error| {
        tracing::warn!("whether a passkey is to be offered could not be read: {error}");
        false
    })
}
