//! Somebody who has come by another provider and is not known here yet: sealed into the pages on which they decide what they want.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::identity::Identity;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::token::CookieSecret;
use crate::store::ephemeral::Unavailable;

const PURPOSE: &str = "arrival";

/// What the word begins with by which a cookie finds one that waits for a sign-in.
const WAITS: &str = "connect.";

/// How long one waits for a sign-in: somebody else may come to the same browser.
const A_SIGN_IN: Duration = Duration::from_secs(10 * 60);

fn waiting(id: &str) -> String {
    format!("arrival:waits:{id}")
}

/// Somebody who has come by another provider, in one browser. It can be used once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Arrival {
    id: String,
    /// Who they are there.
    pub identity: Identity,
    /// Whether they want to be kept signed in.
    pub keep: bool,
    /// Whether it may be linked to the account of whoever signs in next: only what the browser has set out for itself. Anything else may be
    /// a link that somebody has sent, signed for an account of theirs.
    pub may_connect: bool,
    /// The hash of the browser's secret.
    browser: String,
    came_at: Timestamp,
}

impl Arrival {
    /// Of somebody who has come just now.
    pub fn new(app: &App, browser: &CookieSecret, identity: Identity, keep: bool) -> Self {
        let (id, browser) = (app.random.name::<16>(), browser.hash().as_str().to_owned());
        Self { id, identity, keep, may_connect: true, browser, came_at: app.now() }
    }

    /// Of somebody who has come by a link, without having set out here.
    pub fn by_link(app: &App, browser: &CookieSecret, identity: Identity) -> Self {
        Self { may_connect: false, ..Self::new(app, browser, identity, false) }
    }

    /// The same, which can be used once more: nothing was made of it.
    pub fn renew(&self, app: &App) -> Self {
        Self { id: app.random.name::<16>(), ..self.clone() }
    }

    /// The sealed form.
    pub fn seal(&self, app: &App) -> String {
        app.interactions.seal_value(&app.random, PURPOSE, self)
    }

    /// Opens a sealed form; `None` unless it belongs to this browser, and somebody came not too long ago.
    pub fn open(app: &App, browser: &CookieSecret, sealed: &str) -> Option<Self> {
        let arrival: Self = app.interactions.open_value(PURPOSE, sealed)?;
        let lives = app.now() < arrival.came_at + app.config.login.interaction;
        (lives && arrival.browser == browser.hash().as_str()).then_some(arrival)
    }

    /// Keeps it until somebody has signed in in this browser to whose account it is to be linked; returns by which word a cookie finds it.
    pub async fn wait(&self, app: &App) -> Result<String, Unavailable> {
        let kept = self.seal(app);
        app.ephemeral.put(&waiting(&self.id), kept.as_bytes(), app.now() + A_SIGN_IN).await?;
        Ok(format!("{WAITS}{}", self.id))
    }

    /// Whether the cookie of a browser has such a word.
    pub fn waits(word: Option<&str>) -> bool {
        word.is_some_and(|word| word.starts_with(WAITS))
    }

    /// What waits, sealed, if the cookie of this browser has such a word. It is found once.
    pub async fn found(app: &App, browser: &CookieSecret, word: Option<&str>) -> Option<String> {
        let id = word?.strip_prefix(WAITS)?;
        let kept = app.ephemeral.take(&waiting(id)).await.ok()??;
        let sealed = String::from_utf8(kept).ok()?;
        Self::open(app, browser, &sealed).map(|_| sealed)
    }

    /// Uses it up; `false` if that is not certain to be the first time.
    pub async fn use_up(&self, app: &App) -> Result<bool, Unavailable> {
        let expires_at = self.came_at + app.config.login.interaction;
        app.ephemeral.once(&format!("arrival:{}", self.id), self.came_at, expires_at).await
    }
}
