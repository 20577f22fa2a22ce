//! Making tokens: signed, and nothing written.

use std::fmt;

use serde_json::{Map, Value};

use crate::app::App;
use crate::base::encoding::base64url;
use crate::base::id::Id;
use crate::jose::{Algorithm, Typ, sign};
use crate::oidc::access_token::{self, AccessToken};
use crate::oidc::client_metadata::Client;
use crate::oidc::id_token::{self, IdToken};
use crate::oidc::scope::{OPENID, ScopeSet};
use crate::oidc::token_response::TokenResponse;
use crate::store::grant::Grant;

/// What tokens are made from cannot be read, or nothing is there to sign with.
#[derive(Debug)]
pub struct Broken(&'static str);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no token can be made: {}", self.0)
    }
}

impl std::error::Error for Broken {}

/// The tokens of a grant, the refresh token aside: an access token and, with `openid`, an ID token. `narrower` is the
/// scope of a refresh that asked for less.
pub fn for_grant(
    app: &App,
    client: &Client,
    grant: &Grant,
    narrower: Option<&ScopeSet>,
    nonce: Option<&str>,
) -> Result<TokenResponse, Broken> {
    let granted = ScopeSet::parse(&grant.scope).map_err(|_| Broken("client_grant.scope"))?;
    let scope = narrower.unwrap_or(&granted);
    let (now, lifetime) = (app.now(), app.config.tokens.access_token);
    let token = AccessToken {
        sub: grant.sub.clone(),
        audience: serde_json::from_str(&grant.resources).map_err(|_| Broken("client_grant.resources"))?,
        client_id: client.client_id.clone(),
        scope: scope.clone(),
        jti: jti(app),
        grant: Some(grant.id.clone()),
        sid: Some(grant.sid.clone()),
        auth_time: Some(grant.auth_time),
        acr: Some(grant.acr.clone()),
        issued_at: now,
        expires_at: now + lifetime,
    };
    let access_token = sign_with(app, default_algorithm(app)?, Typ::AccessToken, &token.claims(app.issuer()))?;
    let mut response = TokenResponse::new(access_token, lifetime, scope.clone());
    if scope.contains(OPENID) {
        let amr: Vec<String> = serde_json::from_str(&grant.amr).map_err(|_| Broken("client_grant.amr"))?;
        let algorithm = client.metadata.id_token_signed_response_alg;
        let token = IdToken {
            issuer: app.issuer(),
            sub: &grant.sub,
            client_id: &client.client_id,
            nonce,
            auth_time: grant.auth_time,
            acr: &grant.acr,
            amr: &amr,
            sid: Some(&grant.sid),
            at_hash: Some(id_token::at_hash(algorithm, &response.access_token)),
        };
        let claims = id_token::claims(&token, now, app.config.tokens.id_token);
        response.id_token = Some(sign_with(app, algorithm, Typ::Jwt, &claims)?);
    }
    Ok(response)
}

/// The token of a client that acts for itself: RFC 6749 §4.4.
pub fn for_client(app: &App, client: &Client, scope: &ScopeSet) -> Result<TokenResponse, Broken> {
    let (now, lifetime) = (app.now(), app.config.tokens.access_token);
    let token = AccessToken {
        sub: client.client_id.clone(),
        audience: access_token::audience(client, scope, app.issuer()),
        client_id: client.client_id.clone(),
        scope: scope.clone(),
        jti: jti(app),
        grant: None::<Id>,
        sid: None,
        auth_time: None,
        acr: None,
        issued_at: now,
        expires_at: now + lifetime,
    };
    let access_token = sign_with(app, default_algorithm(app)?, Typ::AccessToken, &token.claims(app.issuer()))?;
    Ok(TokenResponse::new(access_token, lifetime, scope.clone()))
}

fn jti(app: &App) -> String {
    base64url(&app.pen.random.bytes::<16>())
}

/// Access tokens are read by resource servers, which know nothing of the client: the provider's first algorithm.
fn default_algorithm(app: &App) -> Result<Algorithm, Broken> {
    app.config.tokens.signing_algorithms.first().copied().ok_or(Broken("no signing algorithm"))
}

fn sign_with(app: &App, algorithm: Algorithm, typ: Typ, claims: &Map<String, Value>) -> Result<String, Broken> {
    let ring = app.keys.ring();
    let key = ring.signer(algorithm, app.now()).ok_or(Broken("no signing key of this algorithm"))?;
    sign(key, typ, claims).map_err(|_| Broken("the signature failed"))
}
