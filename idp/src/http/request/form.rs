//! Forms of hosted pages: a handler only gets a form that was posted from a page shown to this browser.

use axum::extract::{FromRequest, Request};
use axum::http::header;
use axum::http::request::Parts;

use crate::app::App;
use crate::base::secret::Secret;
use crate::http::error::Error;
use crate::http::request::params;
use crate::http::request::visitor::{MakesPasskeys, Visitor};
use crate::oidc::difference::Difference;
use crate::oidc::params::Params;

/// A posted form, checked against cross-site request forgery before any handler sees it.
pub struct ProvenForm {
    /// Who posted it.
    pub visitor: Visitor,
    /// The fields.
    pub params: Params,
}

/// The hidden field that binds a form to the browser that it was shown to.
pub fn csrf_token(app: &App, visitor: &Visitor) -> String {
    app.csrf.fingerprint(visitor.browser.expose())
}

impl FromRequest<App> for ProvenForm {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        let (parts, body) = params::body(app, request).await?;
        if !params::is_form(&parts) {
            let difference = Difference::new("content-type", "no form", "application/x-www-form-urlencoded");
            return Err(Error::ForeignForm.because(difference));
        }
        Self::check(app, &parts, Params::parse(&body)?)
    }
}

impl ProvenForm {
    /// Checks that these fields were posted by one of our pages, in this browser.
    pub fn check(app: &App, parts: &Parts, params: Params) -> Result<Self, Error> {
        let visitor = Visitor::of(parts, app);
        // Browsers send the origin of a form. A request without one is checked by its token alone.
        let origin = parts.headers.get(header::ORIGIN);
        if let Some(origin) = origin.filter(|origin| origin.as_bytes() != app.config.issuer.origin().as_bytes()) {
            let came = String::from_utf8_lossy(origin.as_bytes());
            return Err(Error::ForeignForm.because(Difference::new("origin", came, app.config.issuer.origin())));
        }
        let sent = params.get("csrf").unwrap_or_default();
        if visitor.is_new || !Secret::from(sent).same_as(&csrf_token(app, &visitor)) {
            let expected = "that of a form that was shown to this browser";
            return Err(match (visitor.is_new, sent.is_empty()) {
                (true, _) => Error::FormWithoutCookie.because(Difference::missing("cookie", "the browser's own")),
                (_, true) => Error::ForeignForm.because(Difference::missing("csrf", expected)),
                _ => Error::ForeignForm.because(Difference::new("csrf", "another browser's, or an old one", expected)),
            });
        }
        let passkeys = MakesPasskeys::of_field(params.get("passkeys"));
        Ok(Self { visitor: Visitor { passkeys, ..visitor }, params })
    }
}
