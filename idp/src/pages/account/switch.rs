//! Switching to another account of this browser.

use axum::extract::State;
use axum::response::Response;

use crate::app::App;
use crate::flow::account_holder::{AccountForm, handle};
use crate::http::error::Error;
use crate::http::redirect;
use crate::site::page::Page;
use crate::store::people::session::Touch;

/// Switches to another account of this browser; who has been away for too long signs in.
pub async fn post(State(app): State<App>, form: AccountForm) -> Result<Response, Error> {
    let AccountForm { holder, params } = form;
    let chosen = params.get("session").unwrap_or_default();
    if let Some(other) = holder.others.iter().find(|one| handle(&app, one, one.id.as_str()) == chosen) {
        let Some(touch) = Touch::of(other) else {
            // Beside the account that is open here.
            return redirect::to_page_with(&app, Page::SignIn, "account", "another");
        };
        app.db.write_one(touch).await?;
    }
    redirect::to_page(&app, Page::AccountProfile)
}
