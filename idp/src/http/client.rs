//! Client authentication: RFC 6749 §2.3. Parsed and proven once, before any handler.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::error::Error;
use super::params::Form;
use crate::app::App;
use crate::base::token::TokenHash;
use crate::clients;
use crate::oidc;
use crate::oidc::client_auth;
use crate::oidc::client_metadata::Client;
use crate::oidc::error::ErrorCode;

/// A client that has proven who it is; a public one has only said so.
pub struct AuthenticatedClient(pub Arc<Client>);

impl FromRequestParts<App> for AuthenticatedClient {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let Form(params) = Form::from_request_parts(parts, app).await?;
        let mut headers = parts.headers.get_all(header::AUTHORIZATION).iter();
        let authorization = match (headers.next(), headers.next()) {
            (None, _) => None,
            (Some(value), None) => Some(value.to_str().map_err(|_| refused(true))?),
            (Some(_), Some(_)) => {
                return Err(oidc::error::Error::invalid_request("Authorization is there twice").into());
            }
        };
        let by_header = authorization.is_some();
        let credentials = client_auth::parse(authorization, &params).map_err(|error| challenge(error, by_header))?;
        let registered = clients::find(app, &credentials.client_id).await?;
        let proven = registered.filter(|registered| {
            let secret_fits = match &credentials.secret {
                // High-entropy secrets are kept as plain hashes, whose comparison tells nothing of use.
                Some(secret) => registered.secrets.contains(&TokenHash::of(secret.expose())),
                None => registered.client.is_public(),
            };
            secret_fits
                && !registered.client.disabled
                && client_auth::method_allowed(&registered.client, credentials.method)
        });
        proven.map(|registered| Self(Arc::clone(&registered.client))).ok_or_else(|| refused(by_header))
    }
}

fn refused(by_header: bool) -> Error {
    challenge(oidc::error::Error::invalid_client("unknown client, or wrong or missing credentials"), by_header)
}

/// A client that used the `Authorization` header is told which scheme to use: RFC 6749 §5.2.
fn challenge(error: oidc::error::Error, by_header: bool) -> Error {
    if by_header && error.code == ErrorCode::InvalidClient {
        return Error::Challenge("Basic realm=\"latchkey\", charset=\"UTF-8\"".to_owned(), error);
    }
    Error::Protocol(error)
}
