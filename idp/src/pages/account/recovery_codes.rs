//! The recovery codes of the account.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::account::recovery_codes;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::flow::account_holder::{AccountForm, AccountHolder};
use crate::http::error::Error;
use crate::http::{page, redirect};
use crate::login::factor_age::has_older;
use crate::login::recovery_code::{RecoveryCode, sets_password_of};
use crate::login::second_factor::Enrolled;
use crate::pages::new_codes::{CodesView, typed_at};
use crate::pages::{Layout, Moment};
use crate::site::page::Page;

/// Shows how many recovery codes are left, or new ones, once. Posts `replace=<moment>` to `/account/recovery-codes`.
#[derive(Template)]
#[template(path = "pages/account/recovery_codes.html")]
pub struct AccountRecoveryCodesPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// What is shown.
    pub state: RecoveryCodesState,
}

/// What new recovery codes came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameWith {
    /// Nothing else.
    Nothing,
    /// An authenticator app.
    App,
    /// An authenticator app in place of another one.
    AnotherApp,
}

impl CameWith {
    /// The key of what is said about it.
    fn key(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::App => Some("account-authenticator-added"),
            Self::AnotherApp => Some("account-authenticator-replaced"),
        }
    }
}

/// What the page shows.
#[derive(Clone, Debug)]
pub enum RecoveryCodesState {
    /// New codes.
    New {
        /// The codes.
        view: CodesView,
        /// What they came with.
        came_with: CameWith,
        /// Whether a code stands in for an authenticator app.
        is_factor: bool,
        /// Whether a code sets a new password.
        sets_password: bool,
    },
    /// The account needs none: it has no authenticator app, and an address.
    NotNeeded,
    /// How many are left.
    Left {
        /// How many.
        count: u64,
        /// Whether a code sets a new password.
        sets_password: bool,
        /// Whether a code stands in for an authenticator app.
        is_factor: bool,
        /// Whether the old codes still set a password for a while when they are replaced.
        keeps_old: bool,
        /// When they were made.
        made: Option<Moment>,
        /// The same for the form, which replaces these codes and no others.
        made_at: String,
    },
}

/// Shows the page.
pub async fn get(State(app): State<App>, holder: AccountHolder) -> Result<Response, Error> {
    let mut conn = app.db.read().await?;
    let enrolled = Enrolled::of(&mut conn, &holder.session.user_id).await?;
    let sets_password = sets_password_of(&mut conn, &holder.session.user_id, app.mailer.is_on(), app.now()).await?;
    let keeps_old = sets_password && !has_older(&mut conn, &holder.session.user_id, app.now()).await?;
    drop(conn);
    let codes = enrolled.recovery_codes;
    let state = match enrolled.has_codes() || sets_password {
        false => RecoveryCodesState::NotNeeded,
        true => RecoveryCodesState::Left {
            count: codes.unused.unsigned_abs(),
            sets_password,
            is_factor: enrolled.has_codes(),
            keeps_old: keeps_old && codes.unused > 0,
            made: codes.created_at.map(|at| Moment::new(at, app.now())),
            made_at: codes.created_at.map_or_else(String::new, |at| at.micros().to_string()),
        },
    };
    let page = AccountRecoveryCodesPage { layout: holder.layout(&app), state };
    page::show_with(&app, &holder.visitor, StatusCode::OK, &page)
}

/// Replaces the codes that the page spoke of.
pub async fn post(State(app): State<App>, form: AccountForm) -> Result<Response, Error> {
    let AccountForm { holder, params } = form;
    let made_at = match params.get("replace").unwrap_or_default() {
        "" => None,
        micros => match micros.parse() {
            Ok(micros) => Some(Timestamp::from_micros(micros)),
            Err(_) => return redirect::to_page(&app, Page::AccountRecoveryCodes),
        },
    };
    match recovery_codes::renew(&app, &holder.session, made_at).await? {
        Some(codes) => show_once(&app, &holder, &codes, CameWith::Nothing).await,
        None => redirect::to_page(&app, Page::AccountRecoveryCodes),
    }
}

/// Shows new codes. Nobody can see them again: only their hashes are stored.
pub async fn show_once(
    app: &App,
    holder: &AccountHolder,
    codes: &[RecoveryCode],
    came_with: CameWith,
) -> Result<Response, Error> {
    let mut conn = app.db.read().await?;
    let is_factor = Enrolled::of(&mut conn, &holder.session.user_id).await?.has_codes();
    let sets_password = sets_password_of(&mut conn, &holder.session.user_id, app.mailer.is_on(), app.now()).await?;
    drop(conn);
    let layout = holder.layout(app);
    let view = CodesView::new(app, &layout, &holder.account.identifier, codes, typed_at(sets_password));
    let state = RecoveryCodesState::New { view, came_with, is_factor, sets_password };
    let page = AccountRecoveryCodesPage { layout, state };
    page::show_with(app, &holder.visitor, StatusCode::OK, &page)
}
