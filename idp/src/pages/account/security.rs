//! What protects the account, at a glance.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::sessions::Device;
use crate::account::trusted_browsers;
use crate::app::App;
use crate::flow::account_holder::{AccountForm, AccountHolder, handle};
use crate::http::error::Error;
use crate::http::request::query::Query;
use crate::http::{page, redirect};
use crate::login::recovery_code::sets_password_of;
use crate::login::second_factor::Enrolled;
use crate::pages::upstreams::UpstreamView;
use crate::pages::{Layout, Moment, Wording};
use crate::site::page::Page;
use crate::store::people::{channel_binding, password, trusted_browser, upstream_account};

/// Shows what protects the account. Posts `forget=<handle>` to `/account/security`.
#[derive(Template)]
#[template(path = "pages/account/security.html")]
pub struct AccountSecurityPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// When the password was changed, if there is one.
    pub password: Option<Moment>,
    /// When the authenticator app was set up, if there is one.
    pub authenticator: Option<Moment>,
    /// Whether the account needs recovery codes.
    pub has_recovery_codes: bool,
    /// How many recovery codes are left.
    pub recovery_codes: u64,
    /// When they were made, if there are any.
    pub codes_made: Option<Moment>,
    /// How many passkeys there are.
    pub passkeys: u64,
    /// Whether there are other providers to sign in by, or accounts there that are linked.
    pub has_upstreams: bool,
    /// How many accounts at other providers are linked.
    pub connections: u64,
    /// Whether there are bots, or chats with bots that are bound.
    pub has_channels: bool,
    /// How many chats with bots are bound.
    pub chats: u64,
    /// The browsers that are not asked for a code.
    pub browsers: Vec<TrustedBrowserView>,
    /// What was just done.
    pub done: Option<SecurityDone>,
}

/// A trusted browser as the page shows it.
#[derive(Clone, Debug)]
pub struct TrustedBrowserView {
    /// Its handle in the form.
    pub handle: String,
    /// The device.
    pub device: Device,
    /// Since when it is trusted.
    pub since: Moment,
}

/// What was just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityDone {
    /// The authenticator app was removed.
    AuthenticatorRemoved,
    /// A browser is trusted no more.
    BrowserForgotten,
}

impl SecurityDone {
    fn wording(self) -> Wording {
        Wording::new(match self {
            Self::AuthenticatorRemoved => "account-authenticator-removed",
            Self::BrowserForgotten => "account-browser-forgotten",
        })
    }
}

impl AccountSecurityPage<'_> {
    fn done_text(&self) -> Option<String> {
        self.done.map(|done| self.layout.say(done.wording()))
    }
}

/// Shows the page.
pub async fn get(State(app): State<App>, query: Query, holder: AccountHolder) -> Result<Response, Error> {
    let (user, now) = (&holder.session.user_id, app.now());
    let mut conn = app.db.read().await?;
    let enrolled = Enrolled::of(&mut conn, user).await?;
    let sets_password = sets_password_of(&mut conn, user, app.mailer.is_on(), now).await?;
    let password = password::changed_at(&mut conn, user).await?;
    let browsers = trusted_browser::of_user(&mut conn, user, now).await?;
    let connections = upstream_account::of_user(&mut conn, user).await?.len() as u64;
    let chats = channel_binding::of_user(&mut conn, user).await?.len() as u64;
    drop(conn);
    let shown = AccountSecurityPage {
        has_upstreams: connections > 0 || !UpstreamView::all(&app).await?.is_empty(),
        has_channels: chats > 0 || !app.config.channels.is_empty(),
        chats,
        connections,
        layout: holder.layout(&app),
        password: password.map(|at| Moment::new(at, now)),
        has_recovery_codes: enrolled.has_codes() || sets_password,
        authenticator: enrolled.totp.map(|totp| Moment::new(totp.created_at, now)),
        codes_made: enrolled.recovery_codes.created_at.map(|at| Moment::new(at, now)),
        recovery_codes: enrolled.recovery_codes.unused.unsigned_abs(),
        passkeys: (enrolled.passkeys + enrolled.unproven_passkeys).unsigned_abs(),
        browsers: browsers
            .into_iter()
            .map(|trust| TrustedBrowserView {
                handle: handle(&app, &holder.session, trust.id.as_str()),
                device: Device::of(trust.user_agent.as_deref()),
                since: Moment::new(trust.created_at, now),
            })
            .collect(),
        done: match query.get("done") {
            Some("authenticator-removed") => Some(SecurityDone::AuthenticatorRemoved),
            Some("browser-forgotten") => Some(SecurityDone::BrowserForgotten),
            _ => None,
        },
    };
    page::show_with(&app, &holder.visitor, StatusCode::OK, &shown)
}

/// Ends the trust in a browser.
pub async fn post(State(app): State<App>, form: AccountForm) -> Result<Response, Error> {
    let AccountForm { holder, params } = form;
    let (user, wanted) = (&holder.session.user_id, params.get("forget").unwrap_or_default());
    let browsers = trusted_browser::of_user(&mut *app.db.read().await?, user, app.now()).await?;
    let chosen = browsers.iter().find(|trust| handle(&app, &holder.session, trust.id.as_str()) == wanted);
    // Otherwise the trust has ended already, or it is another person's.
    if let Some(chosen) = chosen
        && trusted_browsers::forget(&app, user, &chosen.id).await?
    {
        return redirect::to_page_with(&app, Page::AccountSecurity, "done", "browser-forgotten");
    }
    redirect::to_page(&app, Page::AccountSecurity)
}
