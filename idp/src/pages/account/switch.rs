//! Going on with another account of this browser.

use axum::extract::State;
use axum::response::Response;

use crate::app::App;
use crate::flow::account_holder::{AccountHolder, handle};
use crate::http::error::Error;
use crate::http::redirect;
use crate::http::request::form::ProvenForm;
use crate::site::page::Page;
use crate::store::session::Touch;

/// Goes on with another account of this browser.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let Some((owner, params)) = AccountHolder::of_form(&app, form).await? else {
        return redirect::to_page(&app, Page::AccountProfile);
    };
    let chosen = params.get("session").unwrap_or_default();
    if let Some(other) = owner.others.iter().find(|one| handle(&app, one, one.id.as_str()) == chosen) {
        app.db.write_one(Touch { session: other.id.clone() }).await?;
    }
    redirect::to_page(&app, Page::AccountProfile)
}
