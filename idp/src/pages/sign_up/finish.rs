//! The end of a sign-up.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::Response;

use crate::app::App;
use crate::flow::authorization::{Step, layout_of};
use crate::flow::first_factor::{self, ProvenFactor};
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::visitor::Visitor;
use crate::login::recovery_code::RecoveryCode;
use crate::oidc::claims::acr::Method;
use crate::pages::Layout;
use crate::pages::account::recovery_codes::CodesView;
use crate::site::page::Page;
use crate::store::people::user::User;

/// Shows the recovery codes of an account that has no address, once, on the way to where the sign-up leads.
#[derive(Template)]
#[template(path = "pages/sign_up_done.html")]
pub struct SignUpDonePage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The codes.
    pub view: CodesView,
    /// Where the sign-up leads.
    pub onward: String,
}

/// Signs in who has just made an account.
pub(super) async fn sign_in(app: &App, visitor: &Visitor, step: Option<&Step>, user: &User) -> Result<Response, Error> {
    let first = ProvenFactor { user, method: Method::Password, metric: "password", keep: false, proof: None };
    let response = first_factor::complete(app, visitor, step, None, first).await?;
    response.ok_or_else(|| Error::Internal("a new user who cannot be signed in".to_owned()))
}

/// Signs in who has just made an account, and shows their recovery codes before the sign-in leads on.
pub(super) async fn show_codes(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    (user, name, codes): (&User, &str, &[RecoveryCode]),
) -> Result<Response, Error> {
    let signed_in = sign_in(app, visitor, step, user).await?;
    let onward = signed_in.headers().get(header::LOCATION).and_then(|address| address.to_str().ok());
    if onward.is_some_and(|address| address.contains(Page::SecondFactor.path())) {
        // An app has to be set up first, and other codes come with it, instead of these.
        return Ok(signed_in);
    }
    let layout = layout_of(app, visitor, step);
    let page = SignUpDonePage {
        view: CodesView::new(app, &layout, name, codes, Page::RecoveryCode),
        layout: Layout { interaction: None, ..layout },
        onward: onward.unwrap_or_default().to_owned(),
    };
    let mut response = page::show_with(app, visitor, StatusCode::OK, &page)?;
    for cookie in signed_in.headers().get_all(header::SET_COOKIE) {
        response.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    Ok(response)
}
