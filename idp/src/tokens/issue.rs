//! Makes and signs tokens; nothing is written.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::account::person;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::jose::{Algorithm, SigningKey, Typ, sign};
use crate::oidc;
use crate::oidc::claims;
use crate::oidc::claims::access_token::{self, AccessToken};
use crate::oidc::claims::id_token::{self, IdToken};
use crate::oidc::client::metadata::Client;
use crate::oidc::error::ErrorCode;
use crate::oidc::resource::{self, Known, Standard, Terms, narrowed};
use crate::oidc::scope::{OPENID, ScopeSet};
use crate::oidc::token::response::TokenResponse;
use crate::resources;
use crate::store::db;
use crate::store::grants::grant::Grant;
use crate::tokens::binding_name;

/// Why no token is made.
#[derive(Debug)]
pub enum Error {
    /// The data for the token cannot be read, or there is no signing key.
    Broken(&'static str),
    /// The database did not answer.
    Store(db::Error),
    /// The client asked for a token that it cannot have.
    Refused(oidc::error::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(what) => write!(f, "no token can be made: {what}"),
            Self::Store(error) => error.fmt(f),
            Self::Refused(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<oidc::error::Error> for Error {
    fn from(error: oidc::error::Error) -> Self {
        Self::Refused(error)
    }
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        Self::Store(error)
    }
}

/// The parameters of a token request for a grant.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// The scope of a refresh that asked for less than was granted.
    pub narrower: Option<&'a ScopeSet>,
    /// The resources that the access token is to be for, if not all that were granted.
    pub resources: &'a [String],
    /// The client's `nonce`, by which it recognises the response to its request.
    pub nonce: Option<&'a str>,
}

/// The tokens of a grant, the refresh token aside: an access token and, with `openid`, an ID token.
pub async fn for_grant(app: &App, client: &Client, grant: &Grant, wanted: Wanted<'_>) -> Result<TokenResponse, Error> {
    let scope = wanted.narrower.unwrap_or(&grant.scope);
    let whole = *scope == grant.scope && wanted.resources.is_empty();
    // Resources that the client may no longer ask for are left out; so are scopes that were removed with their
    // resource.
    let known = resources::known(app).await?;
    let may_have = |uri: &&String| resource::allowed(client, &known.resources, app.issuer(), uri);
    let mut still: Vec<String> = grant.resources.iter().filter(may_have).cloned().collect();
    let scope: ScopeSet = scope.iter().filter(|word| known.scopes.contains(word)).collect();
    let named = |uris: &[String]| uris.iter().any(|uri| uri != app.issuer());
    if named(&grant.resources) && !named(&still) {
        // The client's default resources have changed. Naming no resource means the present defaults.
        still = access_token::audience(client, &scope, app.issuer());
        if !named(&still) && !scope.contains(OPENID) {
            return Err(
                oidc::error::Error::invalid_grant("The resources that were granted are no longer there.").into()
            );
        }
    }
    let terms = terms(app, client, &known, &narrowed(&still, wanted.resources)?, &scope)?;
    // Without a scope, the response would mean that everything requested was granted: RFC 6749 §5.1.
    if terms.scope.is_empty() {
        return Err(match whole {
            true => oidc::error::Error::invalid_grant("The scopes that were granted are no longer there."),
            false => oidc::error::Error::new(
                ErrorCode::InvalidScope,
                "No scope that was asked for belongs to the resources.",
            ),
        }
        .into());
    }
    let now = app.now();
    let mut response = access_token(app, client, &terms, Whose::Granted(grant), now)?;
    if terms.scope.contains(OPENID) {
        let offered = client.id_token_algorithm(&app.config.tokens.signing_algorithms);
        let wished = offered.or(client.metadata.id_token_signed_response_alg);
        let (algorithm, key) = signer(app, client, wished.map_or_else(|| default_algorithm(app), Ok)?)?;
        let token = IdToken {
            issuer: app.issuer(),
            sub: &grant.sub,
            client_id: &client.client_id,
            nonce: wanted.nonce,
            auth_time: grant.authenticated_at(),
            acr: &grant.acr,
            amr: &grant.amr,
            sid: Some(&grant.sid),
            at_hash: Some(id_token::at_hash(algorithm, &response.access_token)),
            person: claims_of(app, client, grant, &terms.scope).await?,
        };
        let claims = id_token::claims(&token, now, app.config.tokens.id_token);
        response.id_token = Some(signed(&key, Typ::Jwt, &claims)?);
    }
    Ok(response)
}

/// The claims of an ID token about the person, besides the subject.
async fn claims_of(app: &App, client: &Client, grant: &Grant, scope: &ScopeSet) -> Result<Map<String, Value>, Error> {
    if !client.metadata.id_token_claims || !claims::asked_for(scope) {
        return Ok(Map::new());
    }
    let person = person::find(app, &grant.user_id).await?.ok_or(Error::Broken("client_grant.user_id"))?;
    Ok(claims::for_scope(&person::told_by(grant, person), scope))
}

/// The token of a client that acts on its own behalf: RFC 6749 §4.4. `resources` are those that it asks for and may
/// have.
pub fn for_client(
    app: &App,
    client: &Client,
    known: &Known,
    scope: &ScopeSet,
    resources: &[String],
) -> Result<TokenResponse, Error> {
    let audience = match resources.is_empty() {
        true => access_token::audience(client, scope, app.issuer()),
        false => resources.to_vec(),
    };
    let terms = terms(app, client, known, &audience, scope)?;
    access_token(app, client, &terms, Whose::Client, app.now())
}

/// The token of a client that acts for a person who has bound the chat with its bot: RFC 8693. `resources` are those that it asks for and
/// may have.
pub fn for_bound(
    app: &App,
    client: &Client,
    known: &Known,
    (scope, resources): (&ScopeSet, &[String]),
    (sub, binding): (&str, &Id),
) -> Result<TokenResponse, Error> {
    let audience = match resources.is_empty() {
        true => access_token::audience(client, scope, app.issuer()),
        false => resources.to_vec(),
    };
    let terms = terms(app, client, known, &audience, scope)?;
    access_token(app, client, &terms, Whose::Bound { sub, binding }, app.now())
}

/// Whose access it is.
#[derive(Clone, Copy)]
enum Whose<'a> {
    /// That of the person who has given a grant.
    Granted(&'a Grant),
    /// The client's own.
    Client,
    /// That of a person who has bound a chat.
    Bound {
        /// The person's subject.
        sub: &'a str,
        /// The binding.
        binding: &'a Id,
    },
}

/// The response with an access token on these terms.
fn access_token(
    app: &App,
    client: &Client,
    terms: &Terms,
    whose: Whose<'_>,
    now: Timestamp,
) -> Result<TokenResponse, Error> {
    let (sub, grant, binding) = match whose {
        Whose::Granted(grant) => (&*grant.sub, Some(grant), None),
        Whose::Client => (&*client.client_id, None, None),
        Whose::Bound { sub, binding } => (sub, None, Some(binding)),
    };
    let token = AccessToken {
        sub: sub.to_owned(),
        audience: terms.audience.clone(),
        client_id: client.client_id.clone(),
        scope: terms.scope.clone(),
        jti: app.random.name::<16>(),
        grant: grant.map(|grant| app.grant_names.name(&grant.id, now)),
        binding: binding.map(|binding| binding_name::of(app).name(binding)),
        actor: binding.map(|_| client.client_id.clone()),
        sid: grant.map(|grant| grant.sid.clone()),
        auth_time: grant.and_then(Grant::authenticated_at),
        acr: grant.map(|grant| grant.acr.clone()),
        issued_at: now,
        expires_at: now + terms.lifetime,
    };
    let (_, key) = signer(app, client, terms.algorithm)?;
    let access_token = signed(&key, Typ::AccessToken, &token.claims(app.issuer()))?;
    Ok(TokenResponse::new(access_token, terms.lifetime, terms.scope.clone()))
}

fn terms(app: &App, client: &Client, known: &Known, audience: &[String], scope: &ScopeSet) -> Result<Terms, Error> {
    // With `openid`, UserInfo is an audience even if all resources are gone.
    if audience.is_empty() && !scope.contains(OPENID) {
        return Err(oidc::error::Error::from(ErrorCode::InvalidTarget).into());
    }
    let standard = Standard {
        lifetime: app.config.tokens.access_token,
        algorithm: default_algorithm(app)?,
        of_client: client.metadata.access_token_signed_response_alg,
    };
    Ok(resource::terms(&known.resources, audience, scope, app.issuer(), standard)?)
}

/// Access tokens are read by resource servers, which do not know the client, so they use the provider's first
/// algorithm, unless the client has another for what is not registered as a resource.
fn default_algorithm(app: &App) -> Result<Algorithm, Error> {
    app.config.tokens.signing_algorithms.first().copied().ok_or(Error::Broken("no signing algorithm"))
}

/// The key that signs a token for this client, and its algorithm: the wanted algorithm, if any process on the database
/// has made a key for it. A command, or a newer replica, may have registered an algorithm that this process knows only
/// after a restart; until then the first algorithm of its configuration is used.
fn signer(app: &App, client: &Client, wanted: Algorithm) -> Result<(Algorithm, Arc<SigningKey>), Error> {
    let (ring, now) = (app.keys.ring(), app.now());
    if let Some(key) = ring.signer(wanted, now) {
        return Ok((wanted, Arc::clone(key)));
    }
    let first = default_algorithm(app)?;
    if app.notices.first("algorithm without a key") {
        tracing::warn!(
            client = client.client_id,
            "there is no key for {wanted}: what wants it is signed with {first} until a process starts that has {wanted} in \
             tokens.signing_algorithms"
        );
    }
    let key = ring.signer(first, now).ok_or(Error::Broken("no signing key of this algorithm"))?;
    Ok((first, Arc::clone(key)))
}

fn signed(key: &SigningKey, typ: Typ, claims: &Map<String, Value>) -> Result<String, Error> {
    sign(key, typ, claims).map_err(|_| Error::Broken("the signature failed"))
}
