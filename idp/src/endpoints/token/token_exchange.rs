//! The token exchange: RFC 8693. What can be exchanged is a list; each kind of `subject_token` has its own rules, and none has a fallback.

mod sender;
mod upstream;

use serde::Serialize;

use crate::app::App;
use crate::channels;
use crate::federation;
use crate::http::error::Error;
use crate::oidc;
use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::token::request::TokenExchange;
use crate::oidc::token::response::{ACCESS_TOKEN, TokenResponse, UpstreamTokenResponse};
use crate::store::db::Result as StoreResult;

/// What a messenger calls somebody who has bound their chat with the client's bot.
const CHANNEL_SENDER: &str = "urn:latchkey:params:oauth:token-type:channel-sender";

/// What somebody has got by an exchange.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Exchanged {
    /// A token of ours.
    Own(TokenResponse),
    /// One that another provider has given.
    Upstream(UpstreamTokenResponse),
}

/// Whether a client has anything to exchange.
pub async fn is_offered_to(app: &App, client: &Client) -> StoreResult<bool> {
    if client.is_public() {
        return Ok(false);
    }
    let runs_bots = channels::of_client(app, &client.client_id).next().is_some();
    Ok(runs_bots
        || federation::all(app).await?.iter().any(|one| one.settings.token_clients.contains(&client.client_id)))
}

/// Exchanges what stands for a person for an access token with which the client acts for them. There is neither a refresh token nor an ID
/// token: whoever asks again is judged again.
pub async fn exchange(app: &App, client: &Client, wanted: &TokenExchange) -> Result<Exchanged, Error> {
    if wanted.has_actor {
        return Err(oidc::error::Error::invalid_request("actor_token is not taken: the client itself acts.").into());
    }
    if wanted.requested_token_type.as_deref().is_some_and(|kind| kind != ACCESS_TOKEN) {
        return Err(of_type("requested_token_type", wanted.requested_token_type.as_deref(), [ACCESS_TOKEN]));
    }
    match wanted.subject_token_type.as_str() {
        CHANNEL_SENDER => sender::exchange(app, client, wanted).await.map(Exchanged::Own),
        ACCESS_TOKEN => upstream::exchange(app, client, wanted).await.map(Exchanged::Upstream),
        other => Err(of_type("subject_token_type", Some(other), [CHANNEL_SENDER, ACCESS_TOKEN])),
    }
}

fn of_type<const N: usize>(parameter: &'static str, came: Option<&str>, expected: [&'static str; N]) -> Error {
    let difference = Difference::one_of(parameter, came.unwrap_or_default(), expected);
    oidc::error::Error::invalid_request(format!("This {parameter} is not offered.")).because(difference).into()
}
