//! The UserInfo endpoint: OIDC Core §5.3.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use crate::app::App;
use crate::http::error::Error;
use crate::http::layers::request_log;
use crate::http::request::params::FormParams;
use crate::oidc;
use crate::oidc::bearer::{self, Refusal};
use crate::oidc::claims::userinfo::response;
use crate::oidc::difference::Difference;
use crate::oidc::error::ErrorCode;
use crate::oidc::params::Params;
use crate::tokens::authenticate;

/// By GET, with the token in the header.
pub async fn get(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Map<String, Value>>, Error> {
    let query = Params::parse(query.unwrap_or_default().as_bytes())?;
    answer(&app, &headers, &query, None).await
}

/// By POST, with the token in the header or in the form.
pub async fn post(
    State(app): State<App>,
    headers: HeaderMap,
    FormParams(params): FormParams,
) -> Result<Json<Map<String, Value>>, Error> {
    answer(&app, &headers, &Params::parse(b"")?, Some(&params)).await
}

async fn answer(
    app: &App,
    headers: &HeaderMap,
    query: &Params,
    form: Option<&Params>,
) -> Result<Json<Map<String, Value>>, Error> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let authorization = match (lines.next(), lines.next()) {
        (line, None) => line.and_then(|value| value.to_str().ok()),
        (_, Some(_)) => return Err(challenge(oidc::error::Error::invalid_request("Authorization is there twice."))),
    };
    let token = bearer::parse(authorization, query, form).map_err(|refusal| match refusal {
        Refusal::Missing => Error::BareChallenge(bearer::challenge(None)),
        Refusal::Malformed(error) => challenge(error),
    })?;
    let live = authenticate::access_token(app, &token).await?;
    let over = |difference| {
        let error = oidc::error::Error::new(ErrorCode::InvalidToken, "The access token is not valid, or no longer.");
        challenge(error.because(difference))
    };
    let Some(live) = live else { return Err(over(authenticate::why_not(app, &token))) };
    request_log::name_client(&live.token.client_id);
    let Some(person) = &live.person else {
        let difference = Difference::new("access_token", "one of the client itself", "one that a person's grant gave");
        let error = oidc::error::Error::new(ErrorCode::InsufficientScope, "There is no person behind this token.");
        return Err(challenge(error.because(difference)));
    };
    // The token is for other resources only: without `openid` the issuer is not in its audience.
    if !live.token.is_for(app.issuer()) {
        let came = live.token.audience.join(" ");
        let expected = format!("{}, which the scope openid adds", app.issuer());
        return Err(over(Difference::new("aud", came, expected)));
    }
    Ok(Json(response(person, &live.token.scope).map_err(challenge)?))
}

fn challenge(error: oidc::error::Error) -> Error {
    Error::Challenge(bearer::challenge(Some(&error)), error)
}
