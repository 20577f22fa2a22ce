//! The introspection endpoint: RFC 7662.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::base::token::{Token, TokenKind};
use crate::http::diagnosis::Diagnosis;
use crate::http::error::Error;
use crate::http::request::client_auth::ConfidentialClient;
use crate::http::request::params::FormParams;
use crate::oidc::claims::introspection::{Active, Introspection, may_see};
use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::reason::Reason;
use crate::oidc::revocation::NamedToken;
use crate::oidc::token::refresh_token::{RefreshVerdict, judge};
use crate::store::grants::refresh_family::{self, Found};
use crate::tokens::authenticate;

/// Describes a token to the client that it was issued to, or to the one that its resource belongs to.
pub async fn post(
    State(app): State<App>,
    ConfidentialClient(client): ConfidentialClient,
    FormParams(params): FormParams,
) -> Result<Response, Error> {
    let named = NamedToken::parse(&params)?;
    let answer = match Token::parse(TokenKind::RefreshToken, &named.token) {
        Some(token) => refresh_token(&app, &client, &token).await?,
        None => access_token(&app, &client, &named.token).await?,
    };
    Ok(match answer {
        Ok(active) => Json(Introspection::active(active)).into_response(),
        Err(why) => {
            let mut response = Json(Introspection::inactive()).into_response();
            Diagnosis::new(Reason::InactiveToken, Some(why)).ride_on(&mut response);
            response
        }
    })
}

/// The description of an active token, or the reason why it is not active; the reason is for the log only.
type Answer = Result<Active, Difference>;

async fn access_token(app: &App, client: &Client, token: &str) -> Result<Answer, Error> {
    let Some(live) = authenticate::access_token(app, token).await? else {
        return Ok(Err(authenticate::why_not(app, token)));
    };
    if !may_see(client, &live.token.client_id, &live.token.audience) {
        let came = format!("a token for {}", live.token.audience.join(" "));
        let own = client.metadata.resource_identifiers.iter().map(String::as_str);
        let expected =
            format!("one of its own, or one for its resource_identifiers ({})", own.collect::<Vec<_>>().join(" "));
        return Ok(Err(Difference::new("token", came, expected)));
    }
    let username = live.person.and_then(|person| person.preferred_username);
    Ok(Ok(Active::access_token(&live.token, app.issuer(), username)))
}

/// A refresh token is described only to its own client.
async fn refresh_token(app: &App, client: &Client, token: &Token) -> Result<Answer, Error> {
    let now = app.now();
    let found = refresh_family::find(&mut *app.db.read().await?, &token.handle_hash(), now).await?;
    let refused = |came: &str| Ok(Err(Difference::new("token", came, "a refresh token of its own that is good")));
    let Some(Found { family, grant: Some(grant), .. }) = found else {
        return refused("a refresh token that is unknown, or whose grant has ended");
    };
    let verdict = judge(&family, &token.hash(), true, app.config.tokens.refresh_grace, now);
    if family.client_row != client.id {
        return refused("a refresh token of another client");
    }
    match verdict {
        RefreshVerdict::Replayed => return refused("a refresh token that was used before"),
        RefreshVerdict::Expired => return refused("a refresh token that has expired"),
        _ => {}
    }
    Ok(Ok(Active {
        scope: grant.scope,
        client_id: client.client_id.clone(),
        exp: family.idle_expires_at.min(family.expires_at).seconds(),
        sub: grant.sub,
        iss: app.issuer().to_owned(),
        ..Active::default()
    }))
}
