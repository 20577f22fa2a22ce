//! A sign-in in progress: the authorization request and the facts established for it so far, sealed into forms and
//! URLs, so that a million anonymous starts leave no row. It belongs to one browser, lives half an hour and ends once.

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::CookieSecret;
use crate::oidc::authorization::next_step::Facts;
use crate::oidc::authorization::session::Session;
use crate::oidc::params::Params;
use crate::oidc::scope::ScopeSet;
use crate::site::page::Page;
use crate::store::ephemeral::Unavailable;

const PURPOSE: &str = "interaction";

/// A sign-in in progress.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Interaction {
    id: String,
    /// When it began.
    pub began_at: Timestamp,
    /// The hash of the browser's secret.
    browser: String,
    /// The request, as it was sent; empty if the person signs in for the pages of this provider.
    request: String,
    /// The name of the page to which such a sign-in returns.
    #[serde(default)]
    return_to: Option<String>,
    /// The facts established for it so far.
    pub facts: Facts,
    /// The language that the person chose on the way.
    #[serde(default)]
    pub language: Option<String>,
    /// What the page that carries it asks.
    #[serde(default)]
    pub question: Option<Question>,
}

/// The question on a page. The answer counts only in the same session, while that is the same person's, and for the same scopes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The session of the person who is asked.
    session: Id,
    /// Whether that was a visitor.
    #[serde(default)]
    of_visitor: bool,
    /// The scopes that the page showed.
    scopes: ScopeSet,
}

impl Question {
    /// The question to the person of this session, about these scopes.
    pub fn to(session: &Session, scopes: ScopeSet) -> Self {
        Self { session: session.id.clone(), of_visitor: session.is_of_visitor(), scopes }
    }
}

/// Why a sealed interaction cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// It was not sealed by this provider, or it was altered.
    Unreadable,
    /// It has expired.
    Over,
    /// Another browser began it, or this one has lost its cookie.
    OfAnotherBrowser,
}

impl Interaction {
    /// Begins an interaction of this browser.
    pub fn begin(app: &App, browser: &CookieSecret, request: &Params) -> Self {
        Self {
            id: app.random.name::<16>(),
            began_at: app.now(),
            browser: browser.hash().as_str().to_owned(),
            request: request.encode(),
            return_to: None,
            facts: Facts::default(),
            language: None,
            question: None,
        }
    }

    /// Begins a sign-in for the pages of this provider, which returns to this page.
    pub fn begin_here(app: &App, browser: &CookieSecret, return_to: Option<Page>) -> Self {
        let return_to = return_to.and_then(Page::return_name).map(str::to_owned);
        Self { return_to, ..Self::begin(app, browser, &Params::from_pairs([("", ""); 0])) }
    }

    /// What it is known by; the same in every sealed form of it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it is on the way to a client.
    pub fn has_request(&self) -> bool {
        !self.request.is_empty()
    }

    /// The page of this provider to which the sign-in returns.
    pub fn return_to(&self) -> Option<Page> {
        self.return_to.as_deref().and_then(Page::by_return_name)
    }

    /// The sealed form.
    pub fn seal(&self, app: &App) -> String {
        app.interactions.seal_value(&app.random, PURPOSE, self)
    }

    /// Opens a sealed form; `None` unless it belongs to this browser and has not expired.
    pub fn open(app: &App, browser: &CookieSecret, sealed: &str) -> Option<Self> {
        let interaction: Self = app.interactions.open_value(PURPOSE, sealed)?;
        let lives = app.now() < interaction.began_at + app.config.login.interaction;
        (lives && interaction.browser == browser.hash().as_str()).then_some(interaction)
    }

    /// Why `open` does not open this.
    pub fn why_not(app: &App, sealed: &str) -> NotOpened {
        let Some(interaction) = app.interactions.open_value::<Self>(PURPOSE, sealed) else {
            return NotOpened::Unreadable;
        };
        let lives = app.now() < interaction.began_at + app.config.login.interaction;
        if lives { NotOpened::OfAnotherBrowser } else { NotOpened::Over }
    }

    /// The request of an interaction that need not belong to this browser, nor be alive: only to link to the client that
    /// it came from.
    pub fn request_of(app: &App, sealed: &str) -> Option<Params> {
        app.interactions.open_value::<Self>(PURPOSE, sealed).map(|interaction| interaction.params())
    }

    /// The request for authorization.
    pub fn params(&self) -> Params {
        Params::parse(self.request.as_bytes()).unwrap_or_else(|_| Params::from_pairs([("", ""); 0]))
    }

    /// Ends the interaction. Returns `true` only if it is certain that it had not ended before, so that going back in
    /// the browser's history does not allow a second use of what was proven for it.
    pub async fn finish(&self, app: &App) -> Result<bool, Unavailable> {
        let expires_at = self.began_at + app.config.login.interaction;
        app.ephemeral.once(&format!("interaction:{}", self.id), self.began_at, expires_at).await
    }
}
