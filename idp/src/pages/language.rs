//! The language switch.

use axum::extract::State;
use axum::http::header;
use axum::response::Response;

use crate::app::App;
use crate::http::cookies::{Jar, Name};
use crate::http::error::Error;
use crate::http::redirect;
use crate::http::request::form::ProvenForm;
use crate::login::interaction::Interaction;
use crate::site::page::Page;

const A_YEAR: std::time::Duration = std::time::Duration::from_secs(365 * 24 * 60 * 60);

/// Stores the choice, and goes back to the page. Takes `language`, `return` and, if there is one, the interaction.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let wanted = params.get("language").and_then(|tag| visitor.site.languages().lookup(tag));
    let language = wanted.unwrap_or_else(|| visitor.language.clone());
    let mut location = location(&app, params.get("return").unwrap_or_default());
    if let Some(mut interaction) =
        params.get("interaction").and_then(|sealed| Interaction::open(&app, &visitor.browser, sealed))
    {
        interaction.language = Some(language.tag().to_owned());
        let joint = if location.contains('?') { '&' } else { '?' };
        location = format!("{location}{joint}interaction={}", interaction.seal(&app));
    }
    let mut response = redirect::see_other(&location)?;
    if let Some(cookie) = Jar::of(&app).set(Name::Language, language.tag(), Some(A_YEAR)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The address to which the switch returns: a path of this server, whatever the form says. The form of the previous
/// release has the path without that of the issuer.
fn location(app: &App, address: &str) -> String {
    if let Some(page) = Page::at(address) {
        return app.url(page);
    }
    // It stays on this server: it follows the host.
    if address.starts_with('/') { format!("{}{address}", app.config.issuer.origin()) } else { app.url(Page::Home) }
}
