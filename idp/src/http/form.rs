//! Forms of hosted pages: what a handler gets was posted by a page that we showed this browser.

use axum::extract::{FromRequest, Request};
use axum::http::header;
use axum::http::request::Parts;

use super::error::Error;
use super::params;
use super::visitor::Visitor;
use crate::app::App;
use crate::base::secret::Secret;
use crate::oidc::params::Params;

/// A posted form, checked against cross-site request forgery before any handler sees it.
pub struct Form {
    /// Who posted it.
    pub visitor: Visitor,
    /// The fields.
    pub params: Params,
}

/// The hidden field that binds a form to the browser that it was shown to.
pub fn csrf_token(app: &App, visitor: &Visitor) -> String {
    app.csrf.fingerprint(visitor.browser.expose())
}

impl FromRequest<App> for Form {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        let (parts, body) = params::body(app, request).await?;
        if !params::is_form(&parts) {
            return Err(Error::ForeignForm);
        }
        Self::check(app, &parts, Params::parse(&body)?)
    }
}

impl Form {
    /// Checks that a page of ours posted these fields, from this very browser.
    pub fn check(app: &App, parts: &Parts, params: Params) -> Result<Self, Error> {
        let visitor = Visitor::of(parts, app);
        // A browser says where a form was posted from; what says nothing must know the token all the same.
        let origin = parts.headers.get(header::ORIGIN);
        if origin.is_some_and(|origin| origin.as_bytes() != app.config.issuer.origin().as_bytes()) {
            return Err(Error::ForeignForm);
        }
        let sent = Secret::from(params.get("csrf").unwrap_or_default());
        if visitor.is_new || !sent.same_as(&csrf_token(app, &visitor)) {
            return Err(if visitor.is_new { Error::CookiesOff } else { Error::ForeignForm });
        }
        Ok(Self { visitor, params })
    }
}
