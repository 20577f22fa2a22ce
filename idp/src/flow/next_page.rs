//! Where a person goes after doing what a page asked.

use axum::response::Response;

use crate::app::App;
use crate::http::cookies::Jar;
use crate::http::error::Error;
use crate::http::redirect::{see_other, to_page, to_page_with};
use crate::login::interaction::Interaction;
use crate::login::session::SignedIn;
use crate::oidc::authorization::next_step::Facts;
use crate::oidc::discovery::AUTHORIZE;
use crate::site::page::Page;

/// Sends a person who has done what a page asked back to the authorization endpoint, which knows what comes next.
pub fn back_to_authorize(app: &App, interaction: &Interaction) -> Result<Response, Error> {
    see_other(&format!("{}?interaction={}", app.config.issuer.url(AUTHORIZE), interaction.seal(app)))
}

/// Sends a person to the page where the next step of an interaction is done.
pub fn to_step(app: &App, page: Page, interaction: &Interaction) -> Result<Response, Error> {
    to_page_with(app, page, "interaction", &interaction.seal(app))
}

/// Asks a person to sign in who wants to see a page of the account; the sign-in returns to that page.
pub fn sign_in_first(app: &App, page: Page) -> Result<Response, Error> {
    match page.return_name() {
        Some(name) => to_page_with(app, Page::SignIn, "return", name),
        None => to_page(app, Page::SignIn),
    }
}

/// Where a person goes after signing in: to the client that the interaction is for, to the page that asked for the sign-in,
/// or to the front page.
pub fn after_sign_in(
    app: &App,
    interaction: Option<&mut Interaction>,
    return_to: Option<Page>,
    signed_in: &SignedIn,
) -> Result<Response, Error> {
    let mut response = match interaction {
        Some(interaction) => {
            // Whatever was chosen or allowed before was by whoever was signed in then.
            interaction.facts = Facts {
                session: Some(signed_in.session.clone()),
                authenticated_at: Some(app.now()),
                ..Default::default()
            };
            back_to_authorize(app, interaction)?
        }
        None => to_page(app, return_to.unwrap_or(Page::Home))?,
    };
    Jar::of(app).hand_over(&mut response, signed_in, app.config.login.session_remembered);
    Ok(response)
}
