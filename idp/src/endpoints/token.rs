//! The token endpoint: RFC 6749 §3.2.

pub mod authorization_code;
pub mod client_credentials;
pub mod refresh_token;
pub mod telegram_init_data;
pub mod token_exchange;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use token_exchange::Exchanged;

use crate::app::App;
use crate::http::error::Error;
use crate::http::request::client_auth::AuthenticatedClient;
use crate::http::request::client_ip::Source;
use crate::http::request::params::FormParams;
use crate::http::request::visitor::user_agent;
use crate::login::networks::{self, Rule};
use crate::oidc::steps::Step;
use crate::oidc::token::grant_type::GrantType;
use crate::oidc::token::request::TokenRequest;
use crate::store::origin::Origin;

/// Issues tokens for a grant.
pub async fn post(
    State(app): State<App>,
    source: Source,
    headers: HeaderMap,
    AuthenticatedClient(client): AuthenticatedClient,
    FormParams(params): FormParams,
) -> Result<Json<Exchanged>, Error> {
    let request = TokenRequest::parse(&params)?;
    let is_allowed = match request.grant_type() {
        GrantType::TelegramInitData => telegram_init_data::is_mini_app(&app, &client),
        GrantType::TokenExchange => token_exchange::is_offered_to(&app, &client).await?,
        grant_type => client.allows_grant(grant_type),
    };
    if !is_allowed {
        return Err(request.not_allowed(&client).into());
    }
    let grant_type = request.grant_type();
    Origin::note(Step::passed("grant_type", "The client may use this grant."));
    // The server of a confidential client is not where its people are; their browsers were judged at the authorization endpoint.
    let is_own_address = client.is_public() || grant_type == GrantType::ClientCredentials;
    let address = source.certain();
    if is_own_address && !networks::admits(&client, address) {
        return Err(Rule::OfClient.refusal(address).into());
    }
    let user_agent = user_agent(&headers);
    let own = Exchanged::Own;
    let answer = match request {
        TokenRequest::AuthorizationCode(exchange) => {
            own(authorization_code::redeem(&app, &client, &exchange, address).await?)
        }
        TokenRequest::RefreshToken(refresh) => own(refresh_token::refresh(&app, &client, &refresh, address).await?),
        TokenRequest::ClientCredentials(wanted) => own(client_credentials::issue(&app, &client, &wanted).await?),
        TokenRequest::TelegramInitData(wanted) => {
            own(telegram_init_data::exchange(&app, &client, &wanted, (&source, user_agent.as_deref())).await?)
        }
        TokenRequest::TokenExchange(wanted) => token_exchange::exchange(&app, &client, &wanted).await?,
    };
    app.metrics.tokens_issued(grant_type.as_str());
    Ok(Json(answer))
}
