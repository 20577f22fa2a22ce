//! The sessions of the account, and how to end them.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::base::device;
use crate::flow::account_holder::{AccountForm, AccountHolder, handle};
use crate::http::error::Error;
use crate::http::request::query::Query;
use crate::http::{page, redirect};
use crate::login::{self, devices};
use crate::oidc::claims::acr::Method;
use crate::pages::{Layout, Moment};
use crate::site::page::Page;
use crate::store::grants::grant::{self, OfSession};
use crate::store::people::session::{self, OfUser};

/// How long the page can say which session has ended.
const LATELY: Duration = Duration::from_secs(10 * 60);

/// Shows the sessions. Posts `end=<handle>`, `end=others` or `end=all` to `/account/sessions`.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// One session, on this device.
    One(Device),
    /// All others.
    Others,
}

impl AccountSessionsPage<'_> {
    fn done_text(&self) -> Option<String> {
        Some(match self.done.as_ref()? {
            Done::Others => self.layout.t("account-sessions-ended"),
            Done::One(device) if *device == Device::default() => self.layout.t("account-session-ended-unknown"),
            Done::One(device) => self.layout.t_args("account-session-ended", &[("device", device.name(&self.layout))]),
        })
    }

    /// How its person has signed in, in words; `None` if no word is known.
    fn factors(&self, session: &SessionView) -> Option<String> {
        let words: Vec<_> = session.factors.iter().map(|key| self.layout.t(key)).collect();
        self.list(&words)
    }

    /// The applications that were used in a session; `None` if there are none.
    fn applications(&self, session: &SessionView) -> Option<String> {
        self.list(&session.applications)
    }

    fn list(&self, words: &[String]) -> Option<String> {
        let join = |before: String, next: &String| {
            self.layout.t_args("list", &[("before", before.as_str()), ("next", next.as_str())])
        };
        let (first, others) = words.split_first()?;
        Some(others.iter().fold(first.clone(), join))
    }
}

/// A session as the page shows it to its owner.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// Its handle in the form.
    pub handle: String,
    /// The device.
    pub device: Device,
    /// The address of the last sign-in.
    pub address: Option<String>,
    /// How its person has signed in: keys of the texts.
    pub factors: Vec<&'static str>,
    /// The names of the applications that were used in it.
    pub applications: Vec<String>,
    /// When it began.
    pub began_at: Moment,
    /// When it was last used.
    pub active_at: Moment,
    /// Whether it is the current session.
    pub is_this: bool,
}

/// A device by what its browser says it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// The browser, if its name is known.
    pub browser: Option<&'static str>,
    /// The system that it runs on, if that is known.
    pub system: Option<&'static str>,
}

impl Device {
    /// The device of a `User-Agent`.
    pub(super) fn of(user_agent: Option<&str>) -> Self {
        let user_agent = user_agent.unwrap_or_default();
        Self { browser: device::browser(user_agent), system: device::system(user_agent) }
    }

    /// Its name on a page.
    pub(super) fn name(&self, layout: &Layout<'_>) -> String {
        match (self.browser, self.system) {
            (Some(browser), Some(system)) => {
                layout.t_args("account-session-device", &[("browser", browser), ("system", system)])
            }
            (Some(name), None) | (None, Some(name)) => name.to_owned(),
            (None, None) => layout.t("account-session-unknown"),
        }
    }
}

/// Shows where the account is signed in.
pub async fn get(State(app): State<App>, query: Query, holder: AccountHolder) -> Result<Response, Error> {
    let mut conn = app.db.read().await?;
    let done = match (query.get("done"), query.get("ended")) {
        (Some("others"), _) => Some(Done::Others),
        (_, Some(ended)) => {
            let lately = session::ended_of_user(&mut conn, &holder.session.user_id, app.now() - LATELY).await?;
            let found = lately.into_iter().find(|one| handle(&app, &holder.session, one.id.as_str()) == ended);
            found.map(|one| Done::One(Device::of(one.user_agent.as_deref())))
        }
        _ => None,
    };
    let listed = session::list_of_user(&mut conn, &holder.session.user_id, app.now()).await?;
    let clients = grant::clients_by_session(&mut conn, &holder.session.user_id, app.now()).await?;
    drop(conn);
    let mut sessions: Vec<_> = listed.into_iter().map(|session| view(&app, &holder, session, &clients)).collect();
    sessions.sort_by_key(|session| !session.is_this);
    let layout = holder.layout(&app);
    page::show_with(&app, &holder.visitor, StatusCode::OK, &AccountSessionsPage { layout, sessions, done })
}

/// Ends one session, all others, or all.
pub async fn post(State(app): State<App>, form: AccountForm) -> Result<Response, Error> {
    let AccountForm { holder, params } = form;
    let wanted = params.get("end").unwrap_or_default();
    if wanted == "others" {
        devices::sign_out_others(&app, &holder.session).await?;
        return redirect::to_page_with(&app, Page::AccountSessions, "done", "others");
    }
    if wanted == "all" {
        login::session::end_all(&app, &holder.session.user_id, true).await?;
        return redirect::to_page(&app, Page::SignedOut);
    }
    let mut conn = app.db.read().await?;
    let listed = session::list_of_user(&mut conn, &holder.session.user_id, app.now()).await?;
    let chosen = listed.iter().find(|one| handle(&app, &holder.session, one.id.as_str()) == wanted);
    let chosen = match chosen {
        Some(chosen) => session::find(&mut conn, &chosen.id, app.now()).await?,
        None => None,
    };
    drop(conn);
    let Some(chosen) = chosen else {
        // The session has already ended, or belongs to another person.
        return redirect::to_page(&app, Page::AccountSessions);
    };
    devices::sign_out(&app, &chosen).await?;
    redirect::to_page_with(&app, Page::AccountSessions, "ended", wanted)
}

fn view(app: &App, holder: &AccountHolder, session: OfUser, clients: &[OfSession]) -> SessionView {
    let mut factors: Vec<_> = Method::of_names(&session.amr).into_iter().map(word).collect();
    factors.dedup();
    let own = clients.iter().filter(|client| client.session_id == session.id);
    SessionView {
        factors,
        applications: own.map(|client| client.name.clone()).collect(),
        handle: handle(app, &holder.session, session.id.as_str()),
        device: Device::of(session.user_agent.as_deref()),
        is_this: session.id == holder.session.id,
        began_at: Moment::new(session.created_at, app.now()),
        active_at: Moment::new(session.active_at(), app.now()),
        address: session.address,
    }
}

/// The word for a method: a key of the texts.
const fn word(method: Method) -> &'static str {
    match method {
        Method::Password => "password",
        Method::Totp | Method::RecoveryCode => "account-session-by-code",
        Method::Mail => "account-session-by-mail",
        Method::Federated => "account-session-by-upstream",
        Method::HardwareKey | Method::SoftwareKey => "passkey",
    }
}
