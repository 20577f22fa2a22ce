//! Asks who has come by another provider, and has then signed in to an account that they had, whether the two are to be linked. Both were
//! proven just now.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::upstream::done;
use crate::app::App;
use crate::federation;
use crate::federation::arrival::Arrival;
use crate::flow::account_holder::admit;
use crate::flow::authorization::layout_of;
use crate::flow::just_signed_in::JustSignedIn;
use crate::http::cookies::Jar;
use crate::http::error::Error;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::http::{page, redirect};
use crate::login::step_up;
use crate::pages::upstreams::{UpstreamView, connect};
use crate::pages::{AccountView, Layout};
use crate::site::page::Page;

/// Asks whether to link an account elsewhere. Posts `answer=connect` or `answer=later` to `/sign-in/connect`.
#[derive(Template)]
#[template(path = "pages/sign_in/connect_upstream.html")]
pub struct ConnectUpstreamPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The account here.
    pub account: AccountView,
    /// The provider.
    pub upstream: UpstreamView,
    /// What the account there is known by.
    pub shown_as: Option<String>,
    /// What the form says about it, sealed.
    pub arrival: String,
}

/// Shows the page.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    let place = open(&app, &visitor, query.get("interaction").unwrap_or_default()).await?;
    let arrival = query.get("arrival").unwrap_or_default();
    let found = Arrival::open(&app, &visitor.browser, arrival).filter(|found| found.may_connect);
    let upstream = match &found {
        Some(found) => federation::find(&app, &found.identity.upstream).await?,
        None => None,
    };
    let (Some(session), Some(found), Some(upstream)) = (&place.session, found.as_ref(), upstream) else {
        return redirect::see_other(&place.onward(&app));
    };
    if !step_up::is_done(&app, session).await? {
        return redirect::see_other(&place.onward(&app));
    }
    let shown = ConnectUpstreamPage {
        account: page::account(&app, &visitor, session).await?,
        layout: layout_of(&app, &visitor, place.step.as_ref())
            .of(Page::ConnectUpstream)
            .with_interaction(place.interaction.seal(&app)),
        upstream: UpstreamView::of(&upstream),
        shown_as: found.identity.shown_as(),
        arrival: arrival.to_owned(),
    };
    let mut response = page::show_with(&app, &visitor, StatusCode::OK, &shown)?;
    Jar::of(&app).put_down(&mut response);
    Ok(response)
}

/// Links the two, if the person says so, and goes on.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let place = open(&app, &visitor, params.get("interaction").unwrap_or_default()).await?;
    let arrival = Arrival::open(&app, &visitor.browser, params.get("arrival").unwrap_or_default());
    let arrival = arrival.filter(|arrival| arrival.may_connect);
    if let (Some(session), Some(arrival), Some("connect")) = (&place.session, arrival, params.get("answer"))
        && federation::find(&app, &arrival.identity.upstream).await?.is_some()
        && arrival.use_up(&app).await?
    {
        let linked = connect(&app, session, &arrival.identity).await?;
        if place.step.is_none() {
            return redirect::to_page_with(&app, Page::AccountConnections, "done", done(linked));
        }
    }
    redirect::see_other(&place.onward(&app))
}

/// Who has just signed in. What lets somebody in is not changed from where the account may not be used.
async fn open(app: &App, visitor: &Visitor, sealed: &str) -> Result<JustSignedIn, Error> {
    let place = JustSignedIn::open(app, visitor, sealed).await?;
    if let Some(session) = &place.session {
        admit(app, visitor, &session.user_id).await?;
    }
    Ok(place)
}
