//! The applications that use the account, and withdrawing their consent.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::clients;
use crate::flow::account_holder::{AccountForm, AccountHolder, handle};
use crate::http::error::Error;
use crate::http::request::query::Query;
use crate::http::{page, redirect};
use crate::oidc::resource::Known;
use crate::oidc::scope::ScopeSet;
use crate::pages::consent::ScopeView;
use crate::pages::{ClientView, Layout, Moment};
use crate::resources;
use crate::site::page::Page;
use crate::store::clients::consent::{self, Application, Withdraw};

/// Shows the applications. Posts `withdraw=<handle>` to `/account/applications`.
#[derive(Template)]
#[template(path = "pages/account/applications.html")]
pub struct AccountApplicationsPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The applications, by name.
    pub applications: Vec<ApplicationView>,
    /// Whether a consent has just been withdrawn.
    pub done: bool,
}

/// An application as the page shows it.
#[derive(Clone, Debug)]
pub struct ApplicationView {
    /// Its handle in the form.
    pub handle: String,
    /// Its name and picture.
    pub client: ClientView,
    /// What it may do.
    pub scopes: Vec<ScopeView>,
    /// When the person consented, if they were asked.
    pub since: Option<Moment>,
    /// When it was last used.
    pub used_at: Option<Moment>,
}

/// Shows which applications use the account.
pub async fn get(State(app): State<App>, query: Query, holder: AccountHolder) -> Result<Response, Error> {
    let layout = holder.layout(&app);
    let known = resources::known(&app).await?;
    let mut applications = Vec::new();
    for found in list(&app, &holder).await? {
        let Some(registered) = clients::find(&app, &found.client_id).await? else { continue };
        applications.push(ApplicationView {
            handle: handle(&app, &holder.session, &found.client_id),
            client: page::client(&registered.client),
            scopes: allowed(&app, &known, &layout, &found),
            since: found.consented_at.map(|at| Moment::new(at, app.now())),
            used_at: found.used_at.map(|at| Moment::new(at, app.now())),
        });
    }
    let done = query.get("done") == Some("withdrawn");
    page::show_with(&app, &holder.visitor, StatusCode::OK, &AccountApplicationsPage { layout, applications, done })
}

/// Withdraws the consent to an application: its grants end, and it has to ask again.
pub async fn post(State(app): State<App>, form: AccountForm) -> Result<Response, Error> {
    let AccountForm { holder, params } = form;
    let wanted = params.get("withdraw").unwrap_or_default();
    let listed = list(&app, &holder).await?;
    let chosen = listed.iter().find(|one| handle(&app, &holder.session, &one.client_id) == wanted);
    let registered = match chosen {
        Some(chosen) => clients::find(&app, &chosen.client_id).await?,
        None => None,
    };
    let Some(registered) = registered else {
        return redirect::to_page(&app, Page::AccountApplications);
    };
    let withdraw = Withdraw { user: holder.session.user_id.clone(), client_row: registered.client.id.clone() };
    app.db.write(withdraw).await?;
    redirect::to_page_with(&app, Page::AccountApplications, "done", "withdrawn")
}

/// Everything that a client may do, in words: the consent, and the scopes of live grants. Scopes first, then resources.
fn allowed(app: &App, known: &Known, layout: &Layout<'_>, found: &Application) -> Vec<ScopeView> {
    let mut scopes = found.consented.clone().unwrap_or_default();
    let mut resources = ScopeSet::default();
    for grant in &found.granted {
        scopes = scopes.union(&grant.scope);
        // The scopes already say what it may do at the issuer's own resource, UserInfo.
        resources =
            resources.union(&grant.resources.iter().filter(|uri| *uri != app.issuer()).map(String::as_str).collect());
    }
    let is_resource = |word: &str| resources.contains(word) || known.resources.iter().any(|one| one.identifier == word);
    let consented: ScopeSet = scopes.iter().filter(|word| is_resource(word)).collect();
    let scopes = scopes.iter().filter(|word| !is_resource(word)).map(|word| ScopeView::of(app, known, layout, word));
    let uses = |uri| ScopeView::of_resource(known, layout, uri);
    scopes.chain(consented.union(&resources).iter().map(uses)).collect()
}

async fn list(app: &App, holder: &AccountHolder) -> Result<Vec<Application>, Error> {
    Ok(consent::applications(&mut *app.db.read().await?, &holder.session.user_id, app.now()).await?)
}
