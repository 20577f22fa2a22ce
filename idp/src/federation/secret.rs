//! How this provider proves to another one who it is.

use oauth2::basic::BasicClient;
use openidconnect::{AuthType, ClientId, ClientSecret, EndpointNotSet, EndpointSet, TokenUrl};
use serde_json::json;

use super::refusal::Refusal;
use crate::app::App;
use crate::config::Upstream;
use crate::config::words::UpstreamAuthMethod;
use crate::jose::assertion::AssertionKey;

/// How long a signed secret is valid, in seconds: it is used at once, and clocks differ.
const LIFETIME: i64 = 5 * 60;

/// What a token request is authenticated with.
pub(super) struct Credentials {
    pub(super) secret: Option<ClientSecret>,
    pub(super) auth_type: AuthType,
}

impl Credentials {
    /// Those for the next request.
    pub(super) fn of(app: &App, upstream: &Upstream) -> Result<Self, Refusal> {
        let written = upstream.client_secret.as_ref().map(|secret| ClientSecret::new(secret.expose().to_owned()));
        Ok(match upstream.token_endpoint_auth_method {
            UpstreamAuthMethod::ClientSecretBasic | UpstreamAuthMethod::ClientSecretBasicAndId => {
                Self { secret: written, auth_type: AuthType::BasicAuth }
            }
            UpstreamAuthMethod::ClientSecretPost => Self { secret: written, auth_type: AuthType::RequestBody },
            UpstreamAuthMethod::AppleJwt => {
                Self { secret: Some(signed(app, upstream)?), auth_type: AuthType::RequestBody }
            }
        })
    }
}

/// A client of a provider that can exchange what it was given at this endpoint.
pub(super) type Exchanging = BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// Our client at a provider, for its next token request.
pub(super) fn exchanging(app: &App, upstream: &Upstream, token_endpoint: TokenUrl) -> Result<Exchanging, Refusal> {
    let Credentials { secret, auth_type } = Credentials::of(app, upstream)?;
    let client = BasicClient::new(ClientId::new(upstream.client_id.clone()));
    let client = client.set_token_uri(token_endpoint).set_auth_type(auth_type);
    Ok(match secret {
        Some(secret) => client.set_client_secret(secret),
        None => client,
    })
}

/// A secret for one request:
/// <https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret>.
fn signed(app: &App, upstream: &Upstream) -> Result<ClientSecret, Refusal> {
    let set = (&upstream.apple_team_id, &upstream.apple_key_id, &upstream.apple_private_key);
    let (Some(team), Some(kid), Some(pem)) = set else { return Err(Refusal::wrong("the key of apple_jwt is not set")) };
    let key =
        AssertionKey::from_pem(pem.expose()).ok_or_else(|| Refusal::wrong("the key of apple_jwt cannot be read"))?;
    let now = app.now().micros() / 1_000_000;
    let claims = json!({
        "iss": team, "sub": upstream.client_id, "aud": upstream.issuer, "iat": now, "exp": now + LIFETIME,
    });
    let claims = claims.as_object().cloned().unwrap_or_default();
    key.sign(kid, claims).map(ClientSecret::new).map_err(Refusal::wrong)
}
