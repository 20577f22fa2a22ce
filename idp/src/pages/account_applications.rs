//! The applications that use one's account, and withdrawing what they were allowed.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::account::moment;
use super::consent::ScopeView;
use super::{ClientView, Layout};
use crate::app::App;
use crate::clients;
use crate::http::error::Error;
use crate::http::form::Form;
use crate::http::owner::{Owner, handle};
use crate::http::query::Query;
use crate::http::visitor::Visitor;
use crate::http::{leave, page};
use crate::oidc::scope::ScopeSet;
use crate::resources;
use crate::store::consent::{self, Application};
use crate::store::event::Event;

/// Shows the applications. Posts `withdraw=<handle>` to `/account/applications`.
#[derive(Template)]
#[template(path = "pages/account_applications.html")]
pub struct AccountApplicationsPage<'a> {
    /// What the page is set in.
    pub layout: Layout<'a>,
    /// The applications, by name.
    pub applications: Vec<ApplicationView>,
    /// Whether one was just withdrawn from.
    pub done: bool,
}

/// An application as its page shows it.
#[derive(Clone, Debug)]
pub struct ApplicationView {
    /// What the form sends for it.
    pub handle: String,
    /// Its name and picture.
    pub client: ClientView,
    /// What it may do.
    pub scopes: Vec<ScopeView>,
    /// When it was allowed, if it was asked.
    pub since: Option<String>,
    /// When it was last used.
    pub used_at: Option<String>,
}

/// Shows which applications use the account.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    let Some(owner) = Owner::of(&app, visitor).await? else { return page::sign_in_first(&app, "applications") };
    let layout = owner.layout(&app, "/account/applications");
    let known = resources::known(&app).await?;
    let mut applications = Vec::new();
    for found in list(&app, &owner).await? {
        let Some(registered) = clients::find(&app, &found.client_id).await? else { continue };
        let scope = found.granted.as_ref().or(found.consented.as_ref());
        let scope = scope.and_then(|scope| ScopeSet::parse(scope).ok()).unwrap_or_default();
        applications.push(ApplicationView {
            handle: handle(&app, &owner.session, &found.client_id),
            client: page::client(&registered.client),
            scopes: scope.iter().map(|word| ScopeView::of(&app, &known, &layout, word)).collect(),
            since: found.consented_at.map(moment),
            used_at: found.used_at.map(moment),
        });
    }
    let done = query.get("done") == Some("withdrawn");
    page::show_with(&app, &owner.visitor, StatusCode::OK, &AccountApplicationsPage { layout, applications, done })
}

/// Withdraws what an application was allowed: its grants end, and it has to ask again.
pub async fn post(State(app): State<App>, form: Form) -> Result<Response, Error> {
    let Some((owner, params)) = Owner::of_form(&app, form).await? else {
        return leave::see_other(&app.config.issuer.url("/account/applications"));
    };
    let wanted = params.get("withdraw").unwrap_or_default();
    let listed = list(&app, &owner).await?;
    let chosen = listed.iter().find(|one| handle(&app, &owner.session, &one.client_id) == wanted);
    let registered = match chosen {
        Some(chosen) => clients::find(&app, &chosen.client_id).await?,
        None => None,
    };
    let Some(registered) = registered else { return leave::see_other(&app.config.issuer.url("/account/applications")) };
    let (user, client) = (owner.session.user_id.clone(), registered.client.id.clone());
    let (pen, now) = (app.pen.clone(), app.now());
    app.db
        .write(move |conn| {
            Box::pin(async move {
                consent::withdraw(conn, &user, &client, now).await?;
                pen.record(conn, &Event::ConsentWithdrawn { user, client }).await
            })
        })
        .await?;
    leave::see_other(&format!("{}?done=withdrawn", app.config.issuer.url("/account/applications")))
}

async fn list(app: &App, owner: &Owner) -> Result<Vec<Application>, Error> {
    Ok(consent::applications(&mut *app.db.read().await?, &owner.session.user_id, app.now()).await?)
}
