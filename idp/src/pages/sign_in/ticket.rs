//! Signing in by a link of a bot. A GET shows whose account it is and consumes nothing: programs look into links, too.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::channels::came::Came;
use crate::channels::ticket;
use crate::flow::authorization::Step;
use crate::flow::first_factor::{self, ProvenFactor};
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::oidc::claims::acr::Method;
use crate::oidc::difference::Difference;
use crate::pages::{AccountView, Layout};
use crate::site::page::Page;
use crate::store::ephemeral::Rate;
use crate::store::people::user;

/// How often a network may open such links.
const OPENED: Rate = Rate { burst: 60, period: std::time::Duration::from_secs(5) };

/// Asks whether to sign in. Posts `ticket` to `/sign-in/ticket`.
#[derive(Template)]
#[template(path = "pages/sign_in/ticket.html")]
pub struct TicketPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The account.
    pub account: AccountView,
    /// What the link carries.
    pub ticket: String,
}

/// Shows the page.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    visitor.limit(&app, "ticket", OPENED).await.map_err(Error::TooMany)?;
    let ticket = query.get("ticket").unwrap_or_default();
    let (_, user) = ticket::look(&app, ticket).await?.ok_or_else(spent)?;
    let identifiers = user::identifiers(&mut *app.db.read().await?, &user.id).await?;
    let shown = TicketPage {
        layout: page::layout(&app, &visitor).of(Page::SignInTicket),
        account: page::account_of(&user, &identifiers),
        ticket: ticket.to_owned(),
    };
    page::show_with(&app, &visitor, StatusCode::OK, &shown)
}

/// Uses the link up, and signs in.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    visitor.limit(&app, "ticket", OPENED).await.map_err(Error::TooMany)?;
    let came = ticket::redeem(&app, params.get("ticket").unwrap_or_default()).await?.ok_or_else(spent)?;
    let keep = params.get("keep_signed_in").is_some();
    come_in(&app, &visitor, None, None, (&came, keep)).await?.ok_or_else(spent)
}

/// Signs in somebody who has come by a chat; `None` if they have changed meanwhile.
pub(super) async fn come_in(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    return_to: Option<Page>,
    (came, keep): (&Came, bool),
) -> Result<Option<Response>, Error> {
    let first = ProvenFactor {
        user: &came.user,
        method: Method::Federated,
        metric: "channel",
        keep,
        proof: None,
        upstream: came.link.as_ref(),
    };
    first_factor::complete(app, visitor, step, return_to, first).await
}

fn spent() -> Error {
    let came = "one that is unknown, used or too old, or of a chat that is bound to nobody";
    Error::SpentLink.because(Difference::new("ticket", came, "a link of a bot, once and within five minutes"))
}
