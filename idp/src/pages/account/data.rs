//! The person's data: a copy of it, and its end.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::account::delete::{self, Leaving};
use crate::account::export::{export, note_export};
use crate::app::App;
use crate::flow::account_holder::{AccountForm, AccountHolder};
use crate::http::error::Error;
use crate::http::page;
use crate::http::page::Wording;
use crate::http::redirect;
use crate::pages::{FormProblems, Layout, Moment};
use crate::site::page::Page;
use crate::store::ephemeral::Rate;

/// How often somebody may download their data: one has up to ten thousand events, and reads them on one connection.
const EXPORTS: Rate = Rate { burst: 3, period: Duration::from_secs(600) };

/// Offers a copy of the person's data and the deletion of the account. Posts `export=yes`, or `delete=yes` with `sure=yes`, to
/// `/account/data`.
#[derive(Template)]
#[template(path = "pages/account/data.html")]
pub struct AccountDataPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// After how many days the account would be deleted.
    pub grace_days: u64,
    /// Why it will not be.
    pub problem: Option<DeleteProblem>,
}

/// Why an account will not be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteProblem {
    /// The person has not said that they are sure.
    NotSure,
    /// It is that of the last administrator.
    LastAdministrator,
}

impl DeleteProblem {
    fn wording(self) -> Wording {
        Wording::new(match self {
            Self::NotSure => "account-delete-not-sure",
            Self::LastAdministrator => "account-delete-last-administrator",
        })
    }
}

impl AccountDataPage<'_> {
    /// Whether the account stays for a while.
    const fn has_grace(&self) -> bool {
        self.grace_days > 0
    }

    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problem.map(|problem| ("sure", self.layout.say(problem.wording()))))
    }
}

/// Says when the account will be deleted, or that it is, to who has just been signed out everywhere.
#[derive(Template)]
#[template(path = "pages/account/leaving.html")]
pub struct AccountLeavingPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// When the account will be deleted, if its person can take that back until then.
    pub at: Option<Moment>,
}

/// Shows the page.
pub async fn get(State(app): State<App>, holder: AccountHolder) -> Result<Response, Error> {
    show(&app, &holder, None)
}

/// Hands out the data, or notes that the account is to be deleted.
pub async fn post(State(app): State<App>, form: AccountForm) -> Result<Response, Error> {
    let AccountForm { holder, params } = form;
    let user = &holder.session.user_id;
    if params.get("export") == Some("yes") {
        app.ephemeral.limit(&format!("export:{user}"), EXPORTS).await.map_err(Error::TooMany)?;
        let data = export(&app, user).await?;
        let data = data.ok_or_else(|| Error::Internal("a session without its user".to_owned()))?;
        note_export(&app, user).await?;
        return Ok(file(&serde_json::to_string_pretty(&data).unwrap_or_default()));
    }
    if params.get("delete") != Some("yes") || params.get("sure") != Some("yes") {
        return show(&app, &holder, Some(DeleteProblem::NotSure));
    }
    match delete::leave(&app, &holder.session).await? {
        Leaving::StepUpNeeded => redirect::to_page(&app, Page::AccountData),
        Leaving::LastAdministrator => show(&app, &holder, Some(DeleteProblem::LastAdministrator)),
        Leaving::At(at) => {
            let layout = page::layout(&app, &holder.visitor);
            let can_stay = !delete::grace(&app, &holder.session).is_zero();
            let page = AccountLeavingPage { layout, at: can_stay.then(|| Moment::new(at, app.now())) };
            page::show_with(&app, &holder.visitor, StatusCode::OK, &page)
        }
    }
}

/// A JSON file to be kept.
fn file(text: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"account.json\"")),
    ];
    (headers, text.to_owned()).into_response()
}

fn show(app: &App, holder: &AccountHolder, problem: Option<DeleteProblem>) -> Result<Response, Error> {
    let grace_days = delete::grace(app, &holder.session).as_secs().div_ceil(24 * 60 * 60);
    let page = AccountDataPage { layout: holder.layout(app), grace_days, problem };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    page::show_with(app, &holder.visitor, status, &page)
}
