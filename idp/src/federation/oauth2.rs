//! Providers that speak OAuth 2.0 alone: RFC 6749 §4.1. Who somebody is, they tell to whoever has an access token; this one was given to us in
//! answer to our own code, so that it is not a token that somebody else was given.

use oauth2::TokenResponse;
use oauth2::basic::BasicTokenResponse;
use openidconnect::{AuthorizationCode, RedirectUrl};
use serde_json::Value;

use super::code::{Answer, Came, redeem};
use super::metadata::{endpoint, token_endpoint};
use super::refusal::Refusal;
use super::round_trip::{RoundTrip, scope};
use super::secret::exchanging;
use super::tokens::Granted;
use super::{redirect_uri, userinfo};
use crate::app::App;
use crate::config::Upstream;

/// Who has come with this code.
pub(super) async fn arrive(
    app: &App,
    upstream: &Upstream,
    trip: &RoundTrip,
    (code, answer): (&str, Answer<'_>),
) -> Result<Came, Refusal> {
    let client = exchanging(app, upstream, token_endpoint(app, upstream).await?)?;
    let client = client.set_redirect_uri(RedirectUrl::new(redirect_uri(app, upstream)).map_err(Refusal::wrong)?);
    let request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
    let tokens: BasicTokenResponse = redeem(app, upstream, trip, answer, request).await?;
    let token = tokens.access_token().secret();
    let place = endpoint(upstream.userinfo_endpoint.as_ref(), "userinfo_endpoint")?;
    let mut claims = userinfo::ask(app, upstream, place, token).await?;
    if upstream.userinfo_audience.as_ref().is_some_and(|it| it.text(&claims).as_deref() != Some(&upstream.client_id)) {
        return Err(Refusal::wrong("the access token was given to another client"));
    }
    if let Some(place) = &upstream.emails_endpoint {
        // Without an answer there is no address, also not the one that anybody can write into a profile.
        for claim in ["email", "email_verified"] {
            claims.remove(claim);
        }
        if let Some(email) = userinfo::primary_email(app, upstream, place, token).await? {
            claims.insert("email".to_owned(), Value::String(email));
            claims.insert("email_verified".to_owned(), Value::Bool(true));
        }
    }
    if let Some(place) = &upstream.organizations_endpoint {
        let all = userinfo::organizations(app, upstream, place, token).await?;
        claims.insert("organizations".to_owned(), all.into_iter().map(Value::String).collect());
    }
    Ok(Came { issuer: upstream.issuer.clone(), claims, granted: Granted::of(app.now(), &tokens, &scope(upstream)) })
}
