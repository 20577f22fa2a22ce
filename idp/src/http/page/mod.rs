//! What all pages are made of, and the pages that any door may have to show: errors, and the ways out.

pub mod assets;
pub mod error;
pub mod form_post;
pub mod layout;
pub mod leaving;
pub mod wording;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

pub use form_post::FormPostPage;
pub use layout::{AccountView, ClientView, Layout};
pub use leaving::LeavingPage;
pub use wording::Wording;

use super::asked::Step;
use super::cookies::Jar;
use super::error::Error;
use super::form::csrf_token;
use super::headers::PAGE_POLICY;
use super::leave;
use super::visitor::Visitor;
use crate::app::App;
use crate::base::language::Language;
use crate::login::interaction::Interaction;
use crate::login::session::SignedIn;
use crate::login::users;
use crate::oidc::client_metadata::Client;
use crate::store::session::Session;
use crate::store::user;

/// What a page that belongs to no interaction is set in.
pub fn layout<'a>(app: &App, visitor: &'a Visitor) -> Layout<'a> {
    Layout::new(&visitor.site, visitor.language, csrf_token(app, visitor))
}

/// What a page on the way to a client is set in; without a step, as `layout`.
pub fn layout_of<'a>(app: &App, visitor: &'a Visitor, step: Option<&Step>) -> Layout<'a> {
    let layout = layout(app, visitor);
    let Some(step) = step else { return layout };
    // What the person has chosen on the way, then what the client asked for, then what is known of the browser.
    let chosen = step.interaction.language.as_deref().and_then(Language::lookup);
    let asked = || step.asked.request.ui_locales.iter().find_map(|tag| Language::lookup(tag));
    Layout { language: chosen.or_else(asked).unwrap_or(visitor.language), ..layout }
        .with_client(client(&step.asked.client))
        .with_interaction(step.interaction.seal(app))
}

/// A client as pages show it. Its logo is shown if it was handed over as a picture: a page of ours loads nothing
/// from elsewhere, which would tell the client's host who is about to sign in.
pub fn client(client: &Client) -> ClientView {
    let logo = client.metadata.logo_uri.clone().filter(|uri| uri.starts_with("data:image/"));
    ClientView { name: client.name.clone(), logo }
}

/// The account of a session as its owner knows it.
pub async fn account(app: &App, session: &Session) -> Result<AccountView, Error> {
    let person = users::person(app, &session.user_id).await?.unwrap_or_default();
    let identifiers = user::identifiers(&mut *app.db.read().await?, &session.user_id).await?;
    let identifier = identifiers.into_iter().next().map_or_else(|| session.sub.clone(), |it| it.as_written);
    let name = person.profile.get("name").and_then(|name| name.as_str()).map(str::to_owned);
    Ok(AccountView { name, identifier })
}

/// Renders a page.
pub fn show(page: &impl Template) -> Result<Response, Error> {
    let mut response = Html(page.render()?).into_response();
    let policy = HeaderValue::from_static(PAGE_POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

/// Renders a page with a form, and gives a new browser the secret that the form is bound to.
pub fn show_with(app: &App, visitor: &Visitor, status: StatusCode, page: &impl Template) -> Result<Response, Error> {
    let mut response = show(page)?;
    *response.status_mut() = status;
    visitor.remember(app, &mut response);
    Ok(response)
}

/// Sends a person who has done what a page asked back to the authorization endpoint, which knows what comes next.
pub fn back_to_authorize(app: &App, interaction: &Interaction) -> Result<Response, Error> {
    leave::see_other(&format!("{}?interaction={}", app.config.issuer.url("/authorize"), interaction.seal(app)))
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
    leave::see_other(&format!("{}?return={page}", app.config.issuer.url("/sign-in")))
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
            interaction.facts = crate::oidc::prompt::Facts {
                session: Some(signed_in.session.clone()),
                authenticated_at: Some(app.now()),
                ..Default::default()
            };
            back_to_authorize(app, interaction)?
        }
        None => {
            let page = OWN_PAGES.into_iter().find(|(name, _)| Some(*name) == own_page).map_or("/", |(_, path)| path);
            leave::see_other(&app.config.issuer.url(page))?
        }
    };
    Jar::of(app).hand_over(&mut response, signed_in, app.config.login.session_remembered);
    Ok(response)
}
