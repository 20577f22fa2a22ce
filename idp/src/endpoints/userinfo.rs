//! The UserInfo endpoint: OIDC Core §5.3.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use crate::app::App;
use crate::http::error::Error;
use crate::http::params::Form;
use crate::oidc;
use crate::oidc::bearer::{self, Refusal};
use crate::oidc::error::ErrorCode;
use crate::oidc::params::Params;
use crate::oidc::userinfo::response;
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
    Form(params): Form,
) -> Result<Json<Map<String, Value>>, Error> {
    answer(&app, &headers, &Params::parse(b"")?, Some(&params)).await
}

async fn answer(
    app: &App,
    headers: &HeaderMap,
    query: &Params,
    form: Option<&Params>,
) -> Result<Json<Map<String, Value>>, Error> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = bearer::parse(authorization, query, form).map_err(|refusal| match refusal {
        Refusal::Missing => Error::BareChallenge(bearer::challenge(None)),
        Refusal::Malformed(error) => challenge(error),
    })?;
    let live = authenticate::access_token(app, &token).await?;
    let over =
        || challenge(oidc::error::Error::new(ErrorCode::InvalidToken, "The access token is not valid, or no longer."));
    let live = live.ok_or_else(over)?;
    let Some(person) = &live.person else {
        let code = ErrorCode::InsufficientScope;
        return Err(challenge(oidc::error::Error::new(code, "There is no person behind this token.")));
    };
    // Meant for other resources alone: without `openid` the issuer is not in the audience of such a token.
    if !live.token.is_for(app.issuer()) {
        return Err(over());
    }
    Ok(Json(response(person, &live.token.scope).map_err(challenge)?))
}

fn challenge(error: oidc::error::Error) -> Error {
    Error::Challenge(bearer::challenge(Some(&error)), error)
}
