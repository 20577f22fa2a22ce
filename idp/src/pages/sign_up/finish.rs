//! The end of a sign-up.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::base::id::Id;
use crate::flow::authorization::{Step, layout_of};
use crate::flow::first_factor::{self, Onward, ProvenFactor};
use crate::flow::next_page;
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::visitor::Visitor;
use crate::login::recovery_code::RecoveryCode;
use crate::oidc::claims::acr::Method;
use crate::pages::Layout;
use crate::pages::new_codes::CodesView;
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

/// Signs in who has just made an account, and leads on.
pub(super) async fn sign_in(app: &App, visitor: &Visitor, step: Option<&Step>, user: &User) -> Result<Response, Error> {
    first_factor::complete(app, visitor, step, None, new_password(user)).await?.ok_or_else(cannot_sign_in)
}

/// Signs in who has just made an account by another provider, and leads on.
pub(super) async fn sign_in_by_upstream(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    return_to: Option<Page>,
    (user, upstream, keep): (&User, &Id, bool),
) -> Result<Response, Error> {
    let (method, metric, upstream) = (Method::Federated, "upstream", Some(upstream));
    let proven = ProvenFactor { user, method, metric, keep, proof: None, upstream };
    first_factor::complete(app, visitor, step, return_to, proven).await?.ok_or_else(cannot_sign_in)
}

/// Signs in who has just made an account, and shows their recovery codes before the sign-in leads on.
pub(super) async fn show_codes(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    (user, name, codes): (&User, &str, &[RecoveryCode]),
) -> Result<Response, Error> {
    let proven = first_factor::prove(app, visitor, step, None, new_password(user)).await?;
    let (onward, signed_in) = match proven.ok_or_else(cannot_sign_in)? {
        Onward::In { address, signed_in } => (address, signed_in),
        // An app has to be set up first, and other codes come with it, instead of these.
        Onward::Half(half) => {
            let interaction = step.map(|step| &step.interaction);
            return next_page::to_second_factor(app, visitor, interaction, None, half);
        }
    };
    let layout = layout_of(app, visitor, step);
    let page = SignUpDonePage {
        view: CodesView::new(app, &layout, name, codes, Page::RecoveryCode),
        layout: Layout { interaction: None, ..layout },
        onward,
    };
    let response = page::show_with(app, visitor, StatusCode::OK, &page)?;
    Ok(next_page::hand_over(app, visitor, &signed_in, response))
}

/// The password that the owner of a new account has typed.
const fn new_password(user: &User) -> ProvenFactor<'_> {
    ProvenFactor { user, method: Method::Password, metric: "password", keep: false, proof: None, upstream: None }
}

fn cannot_sign_in() -> Error {
    Error::Internal("a new user who cannot be signed in".to_owned())
}
