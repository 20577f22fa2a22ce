//! Client authentication: RFC 6749 §2.3. Credentials are parsed and verified once, before the handler runs.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use crate::app::App;
use crate::base::token::TokenHash;
use crate::clients;
use crate::http::error::Error;
use crate::http::layers::request_log;
use crate::http::request::params::FormParams;
use crate::oidc;
use crate::oidc::client::auth::{self, ClientCredentials};
use crate::oidc::client::metadata::{Client, TokenEndpointAuthMethod};
use crate::oidc::difference::{Difference, shown};
use crate::oidc::error::ErrorCode;
use crate::oidc::steps::Step;
use crate::store::clients::client::{self, Registered};
use crate::store::origin::Origin;

/// What a difference in the secret is about.
const SECRET: &str = "client_secret";

/// An authenticated client; a public client has only named itself.
pub struct AuthenticatedClient(pub Arc<Client>);

impl FromRequestParts<App> for AuthenticatedClient {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let by_header = parts.headers.contains_key(header::AUTHORIZATION);
        authenticate(parts, app, if by_header { challenged } else { Error::Protocol }).await.map(Self)
    }
}

/// An authenticated client that has a secret, at an endpoint where others get a challenge: RFC 7662 §2.3.
pub struct ConfidentialClient(pub Arc<Client>);

impl FromRequestParts<App> for ConfidentialClient {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let client = authenticate(parts, app, challenged).await?;
        if client.is_public() {
            // Anybody can claim to be a public client.
            return Err(challenged(oidc::error::Error::invalid_client("A public client cannot do this.")));
        }
        Ok(Self(client))
    }
}

/// Finds the client whose credentials came; those that are not accepted are answered as `refusal` says.
async fn authenticate(
    parts: &mut Parts,
    app: &App,
    refusal: fn(oidc::error::Error) -> Error,
) -> Result<Arc<Client>, Error> {
    let FormParams(params) = FormParams::from_request_parts(parts, app).await?;
    let refused = || refusal(oidc::error::Error::invalid_client("unknown client, or wrong or missing credentials"));
    let mut headers = parts.headers.get_all(header::AUTHORIZATION).iter();
    let authorization = match (headers.next(), headers.next()) {
        (None, _) => None,
        (Some(value), None) => Some(value.to_str().map_err(|_| refused())?),
        (Some(_), Some(_)) => {
            return Err(oidc::error::Error::invalid_request("Authorization is there twice").into());
        }
    };
    let credentials = auth::parse(authorization, &params).map_err(|error| match error.code {
        ErrorCode::InvalidClient => refusal(error),
        _ => Error::Protocol(error),
    })?;
    let registered = clients::find(app, &credentials.client_id).await?;
    if let Some(difference) = difference(&credentials, registered.as_deref()) {
        let difference = with_secret(app, &credentials, registered.as_deref(), difference).await?;
        return Err(refused().because(difference));
    }
    let registered = registered.ok_or_else(refused)?;
    Origin::note(Step::passed("client", authenticated(credentials.method)));
    Ok(Arc::clone(&registered.client))
}

/// Why these credentials are not the client's, for the log; `None` if they are. The response gives no reason.
fn difference(came: &ClientCredentials, registered: Option<&Registered>) -> Option<Difference> {
    let Some(Registered { client, secrets, .. }) = registered else {
        return Some(Difference::new("client_id", &came.client_id, "the id of a registered client"));
    };
    request_log::name_client(&client.client_id);
    if client.disabled {
        return Some(Difference::new("client", "one that is disabled", "one that is not"));
    }
    if !auth::method_allowed(client, came.method) {
        let expected = match client.metadata.token_endpoint_auth_method {
            Some(registered) => registered.as_str(),
            None => "client_secret_basic or client_secret_post",
        };
        return Some(Difference::new("token_endpoint_auth_method", came.method.as_str(), expected));
    }
    let secret_fits = match &came.secret {
        // The secrets are random and stored as hashes, so that the time of the comparison reveals nothing useful.
        Some(secret) => secrets.contains(&TokenHash::of(secret.expose())),
        None => client.is_public(),
    };
    let expected = match secrets.len() {
        0 => "one that was registered; there is none".to_owned(),
        1 => "the registered one".to_owned(),
        count => format!("one of the {count} registered ones"),
    };
    (!secret_fits).then(|| Difference::new(SECRET, "another one", expected))
}

/// The same difference with which secret came, if it is a secret that did not fit.
async fn with_secret(
    app: &App,
    came: &ClientCredentials,
    registered: Option<&Registered>,
    difference: Difference,
) -> Result<Difference, Error> {
    let (Some(registered), Some(secret)) = (registered, &came.secret) else { return Ok(difference) };
    if difference.of != SECRET {
        return Ok(difference);
    }
    let trimmed = TokenHash::of(secret.expose().trim());
    if registered.secrets.contains(&trimmed) {
        return Ok(Difference {
            came: "the right one, with blanks or a line break beside it".to_owned(),
            ..difference
        });
    }
    let Some(whose) = client::whose_secret(&mut *app.db.read().await?, &trimmed).await? else { return Ok(difference) };
    let handle = whose.secret.handle();
    let came = match whose.expires_at.map(|at| app.now().since(at).as_secs()) {
        _ if whose.client_row != registered.client.id => format!("a secret of the client {}", shown(&whose.client_id)),
        Some(ago) => format!("its secret {handle}, which expired {ago} s ago"),
        None => format!("its secret {handle}, which was not there a moment ago"),
    };
    Ok(Difference { came, ..difference })
}

/// How a client has authenticated, in words.
fn authenticated(method: TokenEndpointAuthMethod) -> &'static str {
    match method {
        TokenEndpointAuthMethod::None => "The client is registered without a secret, and has named itself.",
        TokenEndpointAuthMethod::ClientSecretBasic => "The client has proven its secret (client_secret_basic).",
        TokenEndpointAuthMethod::ClientSecretPost => "The client has proven its secret (client_secret_post).",
    }
}

/// Status 401, with the scheme to use, which it always needs (RFC 9110 §15.5.2): for who has used the header `Authorization`
/// (RFC 6749 §5.2). All others get 400, since some libraries read the body only if there is no challenge.
fn challenged(error: oidc::error::Error) -> Error {
    Error::Challenge("Basic realm=\"latchkey\", charset=\"UTF-8\"".to_owned(), error)
}
