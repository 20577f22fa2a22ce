//! The sessions of the account, and how to end them.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::moment;
use crate::app::App;
use crate::flow::account_holder::{AccountForm, AccountHolder, handle};
use crate::http::error::Error;
use crate::http::request::query::Query;
use crate::http::{page, redirect};
use crate::login;
use crate::pages::Layout;
use crate::site::page::Page;
use crate::store::people::session::{self, OfUser};

/// Shows the sessions. Posts `end=<handle>` or `end=others` to `/account/sessions`.
#[derive(Template)]
#[template(path = "pages/account/sessions.html")]
pub struct AccountSessionsPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The sessions, the current one first.
    pub sessions: Vec<SessionView>,
    /// What was just ended.
    pub done: Option<Done>,
}

/// What was just ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// One session.
    One,
    /// All others.
    Others,
}

/// A session as the page shows it to its owner.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// Its handle in the form.
    pub handle: String,
    /// The browser, if its name is known.
    pub browser: Option<&'static str>,
    /// The system that it runs on, if that is known.
    pub system: Option<&'static str>,
    /// The address that it came from.
    pub address: Option<String>,
    /// When it began.
    pub began_at: String,
    /// When it was last used.
    pub active_at: String,
    /// Whether it is the current session.
    pub is_this: bool,
}

impl SessionView {
    fn device(&self, layout: &Layout<'_>) -> String {
        match (self.browser, self.system) {
            (Some(browser), Some(system)) => {
                layout.t_args("account-session-device", &[("browser", browser), ("system", system)])
            }
            (Some(name), None) | (None, Some(name)) => name.to_owned(),
            (None, None) => layout.t("account-session-unknown"),
        }
    }
}

/// The first of these in a `User-Agent` is the browser; browsers also name the later ones, for compatibility.
const BROWSERS: [(&str, &str); 9] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex Browser"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// The same for the system.
const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

fn known(user_agent: &str, names: &[(&str, &'static str)]) -> Option<&'static str> {
    names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
}

/// Shows where the account is signed in.
pub async fn get(State(app): State<App>, query: Query, holder: AccountHolder) -> Result<Response, Error> {
    let done = match query.get("done") {
        Some("one") => Some(Done::One),
        Some("others") => Some(Done::Others),
        _ => None,
    };
    let listed = session::list_of_user(&mut *app.db.read().await?, &holder.session.user_id, app.now()).await?;
    let mut sessions: Vec<_> = listed.into_iter().map(|session| view(&app, &holder, session)).collect();
    sessions.sort_by_key(|session| !session.is_this);
    let layout = holder.layout(&app);
    page::show_with(&app, &holder.visitor, StatusCode::OK, &AccountSessionsPage { layout, sessions, done })
}

/// Ends one session, or all others.
pub async fn post(State(app): State<App>, form: AccountForm) -> Result<Response, Error> {
    let AccountForm { holder, params } = form;
    let wanted = params.get("end").unwrap_or_default();
    let done = if wanted == "others" {
        login::session::end_others(&app, &holder.session).await?;
        Some("others")
    } else {
        let mut conn = app.db.read().await?;
        let listed = session::list_of_user(&mut conn, &holder.session.user_id, app.now()).await?;
        let chosen = listed.iter().find(|one| handle(&app, &holder.session, one.id.as_str()) == wanted);
        let chosen = match chosen {
            Some(chosen) => session::find(&mut conn, &chosen.id, app.now()).await?,
            None => None,
        };
        drop(conn);
        match chosen {
            Some(chosen) => {
                login::session::end(&app, &chosen).await?;
                Some("one")
            }
            // The session has already ended, or belongs to another person.
            None => None,
        }
    };
    match done {
        Some(done) => redirect::to_page_with(&app, Page::AccountSessions, "done", done),
        None => redirect::to_page(&app, Page::AccountSessions),
    }
}

fn view(app: &App, holder: &AccountHolder, session: OfUser) -> SessionView {
    let user_agent = session.user_agent.as_deref().unwrap_or_default();
    let active_at = session.refreshed_at.map_or(session.last_active_at, |at| at.max(session.last_active_at));
    SessionView {
        handle: handle(app, &holder.session, session.id.as_str()),
        browser: known(user_agent, &BROWSERS),
        system: known(user_agent, &SYSTEMS),
        is_this: session.id == holder.session.id,
        began_at: moment(session.created_at),
        active_at: moment(active_at),
        address: session.address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_told_by_what_its_browser_says_it_is() {
        for (user_agent, browser, system) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0",
                Some("Edge"),
                Some("Windows"),
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", Some("Firefox"), Some("Linux")),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                Some("Safari"),
                Some("iPhone"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36",
                Some("Chrome"),
                Some("Android"),
            ),
            ("curl/8.5.0", None, None),
            ("", None, None),
        ] {
            assert_eq!((known(user_agent, &BROWSERS), known(user_agent, &SYSTEMS)), (browser, system), "{user_agent}");
        }
    }
}
