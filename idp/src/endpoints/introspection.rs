//! The introspection endpoint: RFC 7662.

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::base::token::{Token, TokenKind};
use crate::http::client::AuthenticatedClient;
use crate::http::error::Error;
use crate::http::params::Form;
use crate::oidc;
use crate::oidc::client_metadata::Client;
use crate::oidc::introspection::{Active, Introspection, may_see};
use crate::oidc::refresh_token::{Verdict, judge};
use crate::oidc::revocation::NamedToken;
use crate::oidc::scope::ScopeSet;
use crate::store::refresh_family;
use crate::tokens::authenticate;

/// Tells a client about a token of its own, or one for a resource that it stands for.
pub async fn post(
    State(app): State<App>,
    AuthenticatedClient(client): AuthenticatedClient,
    Form(params): Form,
) -> Result<Json<Introspection>, Error> {
    if client.is_public() {
        // Anybody could say to be it.
        return Err(oidc::error::Error::invalid_client("A public client cannot introspect.").into());
    }
    let named = NamedToken::parse(&params)?;
    let answer = match Token::parse(TokenKind::RefreshToken, &named.token) {
        Some(token) => refresh_token(&app, &client, &token).await?,
        None => access_token(&app, &client, &named.token).await?,
    };
    Ok(Json(answer.map_or_else(Introspection::inactive, Introspection::active)))
}

async fn access_token(app: &App, client: &Client, token: &str) -> Result<Option<Active>, Error> {
    let live = authenticate::access_token(app, token).await?;
    let Some(live) = live.filter(|live| may_see(client, &live.token.client_id, &live.token.audience)) else {
        return Ok(None);
    };
    let username = live.person.and_then(|person| person.preferred_username);
    Ok(Some(Active::access_token(&live.token, app.issuer(), username)))
}

/// A refresh token is told of to its own client alone: nobody else has any business with one.
async fn refresh_token(app: &App, client: &Client, token: &Token) -> Result<Option<Active>, Error> {
    let now = app.now();
    let found = refresh_family::find(&mut *app.db.read().await?, &token.handle_hash(), now).await?;
    let Some((family, Some(grant))) = found else { return Ok(None) };
    let judged = family.judged();
    let verdict = judge(&judged, &token.hash(), true, app.config.tokens.refresh_grace, now);
    if family.client_row != client.id || matches!(verdict, Verdict::Replayed | Verdict::Expired | Verdict::Revoked) {
        return Ok(None);
    }
    Ok(Some(Active {
        scope: ScopeSet::parse(&grant.scope).unwrap_or_default(),
        client_id: client.client_id.clone(),
        exp: judged.idle_expires_at.min(judged.expires_at).seconds(),
        sub: grant.sub,
        iss: app.issuer().to_owned(),
        ..Active::default()
    }))
}
