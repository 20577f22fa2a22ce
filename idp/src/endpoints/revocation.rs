//! The revocation endpoint: RFC 7009.

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::http::error::Error;
use crate::http::request::client_auth::AuthenticatedClient;
use crate::http::request::params::FormParams;
use crate::oidc;
use crate::oidc::error::ErrorCode;
use crate::oidc::revocation::NamedToken;
use crate::tokens::revoke::{Revocation, revoke};

/// Revokes a token of the client. An unknown or invalid token is a success, too: RFC 7009 §2.2.
pub async fn post(
    State(app): State<App>,
    AuthenticatedClient(client): AuthenticatedClient,
    FormParams(params): FormParams,
) -> Result<StatusCode, Error> {
    let named = NamedToken::parse(&params)?;
    match revoke(&app, &client, &named.token).await? {
        Revocation::Done => Ok(StatusCode::OK),
        Revocation::OfAnotherClient => {
            Err(oidc::error::Error::new(ErrorCode::InvalidGrant, "The token is another client's.").into())
        }
    }
}
