//! Revoking tokens: RFC 7009.

use crate::app::App;
use crate::base::token::{Token, TokenKind};
use crate::jose::{Typ, verify};
use crate::oidc::claims::access_token::AccessToken;
use crate::oidc::client::metadata::Client;
use crate::store::db::Result;
use crate::store::grants::refresh_family::{self, Found};
use crate::store::grants::{grant, revoked_access_token};
use crate::store::installation::event::Event;

/// The result of a revocation request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// The token is no longer valid, from now on or already before.
    Done,
    /// The token belongs to another client, and stays valid.
    OfAnotherClient,
}

/// Revokes a token of this client. A refresh token ends its grant and all access tokens of that grant; an access token
/// ends alone.
pub async fn revoke(app: &App, client: &Client, token: &str) -> Result<Revocation> {
    if let Some(token) = Token::parse(TokenKind::RefreshToken, token) {
        return refresh_token(app, client, &token).await;
    }
    let Ok(claims) = verify(token, &app.keys.ring().public, Typ::AccessToken) else { return Ok(Revocation::Done) };
    let Ok(token) = AccessToken::from_claims(&claims, app.issuer(), app.now()) else { return Ok(Revocation::Done) };
    if token.client_id != client.client_id {
        return Ok(Revocation::OfAnotherClient);
    }
    app.db.write(revoked_access_token::Revoke { jti: token.jti, expires_at: token.expires_at }).await?;
    Ok(Revocation::Done)
}

async fn refresh_token(app: &App, client: &Client, token: &Token) -> Result<Revocation> {
    let found = refresh_family::find(&mut *app.db.read().await?, &token.handle_hash(), app.now()).await?;
    let Some(Found { family, .. }) = found else { return Ok(Revocation::Done) };
    if family.client_row != client.id {
        return Ok(Revocation::OfAnotherClient);
    }
    // Any token with the family's handle ends it: only a holder of one of its tokens knows the handle.
    app.db.write(grant::End { grant: family.grant_id, event: Event::GrantRevoked }).await?;
    Ok(Revocation::Done)
}
