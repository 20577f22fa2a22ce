//! How many letters may be asked for: nobody's mailbox is filled, and nobody sends letters to the whole world.
//!
//! A browser that the owner of an address has signed in with is counted by itself, and so is an account in which somebody is signed in:
//! strangers who ask for letters, and neighbours behind the same address, do not keep the owner from getting one. What goes to addresses that are not the account's own is counted for the
//! network, too, also where an owner wants to change theirs.

use std::time::Duration;

use crate::app::App;
use crate::base::encoding::sha256_text;
use crate::base::id::Id;
use crate::base::token::CookieSecret;
use crate::store::db::Result;
use crate::store::ephemeral::Rate;
use crate::store::people::known_device;

/// How many letters an address, or whatever somebody types in its place, may be sent: three in a quarter of an hour.
const OF_ADDRESS: Rate = Rate { burst: 3, period: Duration::from_secs(5 * 60) };

/// The same for a day: twelve, and one more in two hours. Each letter has a code, and each code five tries.
const OF_ADDRESS_A_DAY: Rate = Rate { burst: 12, period: Duration::from_secs(2 * 60 * 60) };

/// The same for links that set a password, of which the newest works for so long. Whoever is told that there were too many finds a link
/// that works: an owner is never kept out by strangers who ask in their name. What the other limit needs is taken off.
fn of_resets_a_day(works: Duration) -> Rate {
    let period = works.saturating_sub(OF_ADDRESS.period).min(OF_ADDRESS_A_DAY.period);
    Rate { period: period.max(OF_ADDRESS.period), ..OF_ADDRESS_A_DAY }
}

/// How many letters may be asked for from one place, whomever they go to: ten in an hour.
const OF_PLACE: Rate = Rate { burst: 10, period: Duration::from_secs(6 * 60) };

/// How many letters the people of a network who are signed in may have sent to addresses that are not theirs yet: sixty in an hour.
pub const TO_STRANGERS: Rate = Rate { burst: 60, period: Duration::from_secs(60) };

/// What the letters are for that are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Links that set a password. Whoever asks for one helps the owner of the address, who can use it; so letters of other kinds must not
    /// use these up.
    Resets,
    /// All others, of which a stranger's may be of no use to the owner.
    Others,
}

/// Who asks for letters: the browser, if whoever has the address has signed in with it, or anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    browser: Option<String>,
    counted: Counted,
    /// Where all letters are counted that are asked for from the same place: a network, a known browser, or an account.
    place: String,
}

impl Asker {
    /// Who asks for a letter to a normalised address, or to whoever has the name that was typed in its place. It costs the same
    /// whether anybody has it.
    pub async fn of(
        app: &App,
        typed: &str,
        (browser, network): (&CookieSecret, &str),
        counted: Counted,
    ) -> Result<Self> {
        let (browser, since) = (browser.hash(), app.now() - app.config.login.known_device);
        let is_known = known_device::is_of_identifier(&mut *app.db.read().await?, &browser, typed, since).await?;
        let browser = is_known.then(|| browser.as_str().to_owned());
        let place = match &browser {
            Some(browser) => format!("mail-browser:{browser}"),
            None => format!("mail-network:{network}"),
        };
        Ok(Self { browser, counted, place })
    }

    /// The same if they are signed in.
    pub fn signed_in(self, user: &Id) -> Self {
        Self { place: format!("mail-account:{user}"), ..self }
    }

    /// Counts a letter from their place, whomever it goes to; `Err` says how long to wait.
    pub async fn count_place(&self, app: &App) -> std::result::Result<(), Duration> {
        app.ephemeral.limit(&self.place, OF_PLACE).await
    }

    async fn count(&self, app: &App, what: &str, typed: &str) -> std::result::Result<(), Duration> {
        let browser = self.browser.as_deref().unwrap_or_default();
        let counted = sha256_text(format!("{typed} {browser}").as_bytes());
        let (what, a_day) = match self.counted {
            Counted::Resets => (format!("{what}-reset"), of_resets_a_day(app.config.mail.reset_link)),
            Counted::Others => (what.to_owned(), OF_ADDRESS_A_DAY),
        };
        app.ephemeral.limit(&format!("{what}:{counted}"), OF_ADDRESS).await?;
        app.ephemeral.limit(&format!("{what}-day:{counted}"), a_day).await
    }

    /// Counts a letter to a normalised address, or to whatever else was typed; `Err` says how long to wait. It counts the same
    /// whether anybody has the address.
    pub async fn ask(&self, app: &App, typed: &str) -> std::result::Result<(), Duration> {
        self.count(app, "mail", typed).await
    }

    /// Counts a letter to the address of an account, whatever name of it was typed; whether it may be sent. Nobody is told: by that,
    /// they would learn which names are of one account.
    pub async fn may_send(&self, app: &App, address: &str) -> bool {
        self.count(app, "mailbox", address).await.is_ok()
    }
}
