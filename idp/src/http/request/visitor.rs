//! The browser that opens a page, known by its cookies.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::Response;

use crate::app::App;
use crate::base::language::Language;
use crate::base::secret::Secret;
use crate::base::token::CookieSecret;
use crate::http::cookies::{A_YEAR, Jar, Name};
use crate::http::error::Error;
use crate::http::request::client_ip;
use crate::http::request::id::RequestId;
use crate::login::interaction::{Interaction, NotOpened};
use crate::login::limits::Caller;
use crate::login::password::Try;
use crate::login::session::{SignIn, is_outgrown};
use crate::oidc::claims::acr::Method;
use crate::oidc::difference::Difference;
use crate::site::Site;
use crate::store::ephemeral::Rate;
use crate::store::people::session::{self, Session};
use crate::store::people::user::User;

/// How a browser can make a passkey, by what the script of a page has found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MakesPasskeys {
    /// It cannot, or has no scripts.
    #[default]
    No,
    /// It asks its person.
    Asked,
    /// It can make one by itself, too: conditional create, WebAuthn §5.1.3.
    Automatic,
}

impl MakesPasskeys {
    /// The hidden field of a form.
    pub fn of_field(field: Option<&str>) -> Self {
        match field {
            Some("asked") => Self::Asked,
            Some("automatic") => Self::Automatic,
            _ => Self::No,
        }
    }
}

/// A browser, and what its request says about it.
#[derive(Clone)]
pub struct Visitor {
    /// The browser's secret; a new one if the request had none.
    pub browser: CookieSecret,
    /// Whether the request had none.
    pub is_new: bool,
    /// The session cookie, or, once the browser was closed, the cookie of the accounts that are kept signed in.
    pub sid: Option<CookieSecret>,
    /// The cookie of the accounts that are kept signed in, if only some are.
    pub kept: Option<CookieSecret>,
    /// Where it comes from.
    pub address: IpAddr,
    /// The same for rules by network; `None` if it may be that of a proxy.
    pub certain_address: Option<IpAddr>,
    /// The secret of half a sign-in.
    pub half: Option<CookieSecret>,
    /// What was made on a page before a sign-in that its form had to wait for.
    pub carried: Option<String>,
    /// The name of the provider by which somebody has signed in last.
    pub provider: Option<String>,
    /// Whether it can make a passkey, as a form has said.
    pub passkeys: MakesPasskeys,
    /// The bucket in which limits count its requests.
    pub bucket: String,
    /// The `User-Agent`, cut to 256 bytes.
    pub user_agent: Option<String>,
    /// The language for its pages.
    pub language: Language,
    /// The settings of the pages when the request arrived.
    pub site: Arc<Site>,
    /// The id of the request.
    pub request: RequestId,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        Ok(Self::of(parts, app))
    }
}

impl Visitor {
    /// Reads the headers of a request.
    pub fn of(parts: &Parts, app: &App) -> Self {
        let jar = Jar::of(app);
        let cookie = |name| jar.get(&parts.headers, name).and_then(CookieSecret::parse);
        let browser = cookie(Name::Browser);
        let source = client_ip::of(parts, app);
        let site = app.site.get();
        Self {
            is_new: browser.is_none(),
            browser: browser.unwrap_or_else(|| CookieSecret::new(&app.random)),
            half: cookie(Name::Half),
            carried: jar.get(&parts.headers, Name::Carried).map(str::to_owned),
            provider: jar.get(&parts.headers, Name::Provider).map(str::to_owned),
            sid: cookie(Name::Sid).or_else(|| cookie(Name::Kept)),
            kept: cookie(Name::Kept),
            passkeys: MakesPasskeys::No,
            address: source.address,
            certain_address: source.certain(),
            bucket: source.bucket,
            user_agent: user_agent(&parts.headers),
            language: site.languages().negotiate::<&str>(
                &[],
                jar.get(&parts.headers, Name::Language),
                text(&parts.headers, header::ACCEPT_LANGUAGE),
                &site.language,
            ),
            site,
            request: parts.extensions.get::<RequestId>().cloned().unwrap_or_default(),
        }
    }

    /// A sign-in of this user by these methods, in this browser.
    pub fn sign_in<'a>(&'a self, user: &'a User, methods: &'a [Method]) -> SignIn<'a> {
        SignIn {
            user,
            methods,
            keep: false,
            browser: &self.browser,
            sid: self.sid.as_ref(),
            user_agent: self.user_agent.as_deref(),
            address: self.address,
            proof: None,
            second: None,
            passkey: None,
            upstream: None,
            proven_at: None,
        }
    }

    /// The renewal of a session of this user, to which something was added that the methods name: it is as old as it was, and kept as it was.
    pub fn renewal<'a>(&'a self, session: &Session, user: &'a User, methods: &'a [Method]) -> SignIn<'a> {
        let (keep, proven_at) = (session.kept_at.is_some(), Some(session.auth_time));
        SignIn { keep, proven_at, ..self.sign_in(user, methods) }
    }

    /// Opens the interaction that a URL or a form carries. If it does not open, the error says why: it is too old, it
    /// belongs to another browser, or the browser keeps no cookies.
    pub fn open(&self, app: &App, sealed: &str) -> Result<Interaction, Error> {
        if let Some(interaction) = Interaction::open(app, &self.browser, sealed) {
            return Ok(interaction);
        }
        let (error, came) = match Interaction::why_not(app, sealed) {
            NotOpened::Unreadable => {
                (Error::InteractionExpired, "one that was cut or changed, or is another provider's")
            }
            NotOpened::Over => (Error::InteractionExpired, "one that began too long ago"),
            NotOpened::OfAnotherBrowser if self.is_new => {
                (Error::InteractionWithoutCookie, "one without the browser's cookie")
            }
            NotOpened::OfAnotherBrowser => (Error::InteractionExpired, "one of another browser"),
        };
        Err(error.because(Difference::new("interaction", came, "one that this browser began (login.interaction)")))
    }

    /// Counts one action of this network against a rate; `Err` says how long to wait if the rate is exceeded.
    pub async fn limit(&self, app: &App, what: &str, rate: Rate) -> Result<(), Duration> {
        app.ephemeral.limit(&format!("{what}:{}", self.bucket), rate).await
    }

    /// Who tries to sign in.
    pub fn caller(&self) -> Caller<'_> {
        Caller { browser: &self.browser, network: &self.bucket }
    }

    /// Counts one change by the person of a session, such as a form of their account or a refusal: each leaves an event. Beginning an
    /// anonymous account costs nothing, so that all changes by the visitors of a network count together, too.
    pub async fn hold_changes(&self, app: &App, key: &str, session: &Session) -> Result<(), Error> {
        if session.is_of_visitor() {
            self.limit(app, "visitors", CHANGES).await.map_err(Error::TooMany)?;
        }
        hold_session(app, key).await
    }

    /// A try to sign in from this browser.
    pub fn tries<'a>(&'a self, typed: &'a str, secret: &'a Secret) -> Try<'a> {
        Try { typed, secret, browser: &self.browser, network: client_ip::network(self.address) }
    }

    /// The live sessions of this browser, the last used first. That of a visitor who has signed up since is none of them before a sign-in
    /// in it: whoever has a copy of its cookie sees nothing of the person whose account it is now.
    pub async fn sessions(&self, app: &App) -> Result<Vec<Session>, Error> {
        let all = self.sessions_with_outgrown(app).await?;
        if !all.iter().any(Session::is_of_visitor) {
            return Ok(all);
        }
        let (mut conn, mut sessions) = (app.db.read().await?, Vec::new());
        for session in all {
            if !is_outgrown(&mut conn, &session).await? {
                sessions.push(session);
            }
        }
        Ok(sessions)
    }

    /// The same with such a session, for the request of a client, which is to be answered by a sign-in and not by another visitor.
    pub async fn sessions_with_outgrown(&self, app: &App) -> Result<Vec<Session>, Error> {
        match &self.sid {
            Some(sid) => Ok(session::list(&mut *app.db.read().await?, &sid.hash(), app.now()).await?),
            None => Ok(Vec::new()),
        }
    }

    /// Sets the cookie again by which the session of an anonymous account is found, so that it ends as long after this use as the account
    /// does. A cookie that was replaced meanwhile stays as it is.
    pub async fn keep_visitor(&self, app: &App, session: &Session, response: &mut Response) -> Result<(), Error> {
        let Some(hashes) = session::cookies(&mut *app.db.read().await?, &session.browser_id).await? else {
            return Ok(());
        };
        let (name, cookie, hash) = match hashes.kept_sid_hash {
            Some(kept) => (Name::Kept, self.kept.as_ref(), kept),
            None => (Name::Sid, self.sid.as_ref(), hashes.sid_hash),
        };
        let Some(cookie) = cookie.filter(|cookie| cookie.hash() == hash) else { return Ok(()) };
        let age = app.config.login.anonymous_kept;
        if let Some(line) = Jar::of(app).set(name, cookie.expose(), Some(age)) {
            response.headers_mut().append(header::SET_COOKIE, line);
        }
        Ok(())
    }

    /// Sets the cookie with the secret to which forms are bound, if the browser had none.
    pub fn remember(&self, app: &App, response: &mut Response) {
        if self.is_new {
            self.set_browser(app, response);
        }
    }

    /// Sets that cookie again, so that it ends a year after the last sign-in: a known device and a trusted browser are known by it.
    pub fn remember_again(&self, app: &App, response: &mut Response) {
        if !self.is_new {
            self.set_browser(app, response);
        }
    }

    fn set_browser(&self, app: &App, response: &mut Response) {
        if let Some(cookie) = Jar::of(app).set(Name::Browser, self.browser.expose(), Some(A_YEAR)) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}

/// Counts one change within a session, whoever else is behind its address.
pub async fn hold_session(app: &App, key: &str) -> Result<(), Error> {
    app.ephemeral.limit(key, CHANGES).await.map_err(Error::TooMany)
}

/// How often a person may change something.
const CHANGES: Rate = Rate { burst: 60, period: Duration::from_secs(10) };

/// The `User-Agent`, cut to 256 characters.
pub fn user_agent(headers: &HeaderMap) -> Option<String> {
    text(headers, header::USER_AGENT).map(|text| text.chars().take(256).collect())
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
