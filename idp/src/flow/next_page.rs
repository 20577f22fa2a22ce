//! Where a person goes after doing what a page asked.

use axum::response::Response;

use crate::app::App;
use crate::http::cookies::Jar;
use crate::http::error::Error;
use crate::http::redirect::see_other;
use crate::login::interaction::Interaction;
use crate::login::session::SignedIn;
use crate::oidc::authorization::next_step::Facts;

/// Sends a person who has done what a page asked back to the authorization endpoint, which knows what comes next.
pub fn back_to_authorize(app: &App, interaction: &Interaction) -> Result<Response, Error> {
    see_other(&format!("{}?interaction={}", app.config.issuer.url("/authorize"), interaction.seal(app)))
}

/// The pages of one's own account, by the names that a sign-in comes back to them by: no address from a request is ever
/// followed.
const OWN_PAGES: [(&str, &str); 4] = [
    ("account", "/account"),
    ("password", "/account/password"),
    ("sessions", "/account/sessions"),
    ("applications", "/account/applications"),
];

/// The name of a page of one's own, if this is one.
pub fn own_page(name: Option<&str>) -> Option<&'static str> {
    OWN_PAGES.into_iter().map(|(own, _)| own).find(|own| Some(*own) == name)
}

/// Asks somebody to sign in, who wants to see a page of their own.
pub fn sign_in_first(app: &App, page: &'static str) -> Result<Response, Error> {
    see_other(&format!("{}?return={page}", app.config.issuer.url("/sign-in")))
}

/// Goes on after somebody has signed in: to the client that they are on the way to, or to a page of their own.
pub fn go_on(
    app: &App,
    interaction: Option<&mut Interaction>,
    own_page: Option<&str>,
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
        None => {
            let page = OWN_PAGES.into_iter().find(|(name, _)| Some(*name) == own_page).map_or("/", |(_, path)| path);
            see_other(&app.config.issuer.url(page))?
        }
    };
    Jar::of(app).hand_over(&mut response, signed_in, app.config.login.session_remembered);
    Ok(response)
}
