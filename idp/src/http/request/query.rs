//! The query of a page.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::app::App;
use crate::http::error::Error;
use crate::oidc::params::Params;

/// The parameters in a URL.
pub struct Query(Params);

impl Query {
    /// A parameter; an empty one is none.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }

    /// All of them.
    pub fn into_params(self) -> Params {
        self.0
    }
}

impl FromRequestParts<App> for Query {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        Ok(Self(Params::parse(parts.uri.query().unwrap_or_default().as_bytes())?))
    }
}
