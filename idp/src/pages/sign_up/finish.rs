//! The end of a sign-up.

use axum::response::Response;

use crate::app::App;
use crate::flow::authorization::Step;
use crate::flow::first_factor::{self, ProvenFactor};
use crate::http::error::Error;
use crate::http::request::visitor::Visitor;
use crate::oidc::claims::acr::Method;
use crate::store::people::user::User;

/// Signs in who has just made an account.
pub(super) async fn sign_in(app: &App, visitor: &Visitor, step: Option<&Step>, user: &User) -> Result<Response, Error> {
    let first = ProvenFactor { user, method: Method::Password, metric: "password", keep: false, proof: None };
    let response = first_factor::complete(app, visitor, step, None, first).await?;
    response.ok_or_else(|| Error::Internal("a new user who cannot be signed in".to_owned()))
}
