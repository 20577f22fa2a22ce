//! Tokens for a client itself: RFC 6749 §4.4.

use crate::app::App;
use crate::http::error::Error;
use crate::oidc;
use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::error::ErrorCode;
use crate::oidc::resource;
use crate::oidc::scope::ScopeSet;
use crate::oidc::token::request::OwnToken;
use crate::oidc::token::response::TokenResponse;
use crate::resources;
use crate::tokens::issue;

/// Issues an access token, and neither a refresh token nor an ID token.
pub async fn issue(app: &App, client: &Client, wanted: &OwnToken) -> Result<TokenResponse, Error> {
    let (asked, named) = (wanted.scope.as_ref(), &wanted.resources[..]);
    if client.is_public() {
        return Err(oidc::error::Error::from(ErrorCode::UnauthorizedClient).into());
    }
    let scope = match asked {
        None => client.metadata.scope.clone(),
        Some(asked) => client.allowed_scope(asked),
    };
    // These scopes ask for a person's claims, and there is no person.
    let scope = ScopeSet::standard().iter().fold(scope, |scope, person| scope.without(person));
    if asked.is_some_and(|asked| !asked.is_empty()) && scope.is_empty() {
        let came = asked.map(ToString::to_string).unwrap_or_default();
        let own =
            ScopeSet::standard().iter().fold(client.metadata.scope.clone(), |scope, person| scope.without(person));
        let difference = Difference::one_of("scope", came, own.iter());
        let error = oidc::error::Error::new(ErrorCode::InvalidScope, "The client may have none of these scopes.");
        return Err(error.because(difference).into());
    }
    let known = resources::known(app).await?;
    resource::requested(named, client, &known.resources, app.issuer())?;
    let scope = match !scope.is_empty() && asked.is_some() {
        true => resource::scopes(&scope, named, client, &known.resources, app.issuer())?,
        false => scope,
    };
    Ok(issue::for_client(app, client, &known, &scope, named)?)
}
