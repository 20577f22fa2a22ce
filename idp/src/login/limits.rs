//! How often a sign-in may be tried: whoever guesses keeps nobody else out who is behind the same address.
//!
//! Passwords can be guessed, so a network gets few tries at them. A browser that whoever has the name has signed in with is counted by
//! itself, and a right password gives back what it took. What nobody guesses (a signature, a code of 125 bits) has a wide limit
//! of its own, which protects the processor alone. What only one sign-in, link or session can send is counted for that one.

use std::time::Duration;

use crate::app::App;
use crate::base::token::CookieSecret;
use crate::hashing::LONGEST;
use crate::login::identifier;
use crate::store::db::Result;
use crate::store::ephemeral::Rate;
use crate::store::people::known_device;

/// How much more at once than passwords may come of what nobody guesses.
const WIDER_BURST: u32 = 15;

/// How much more in a minute.
const WIDER_RATE: u32 = 12;

/// What an operator reads about a try that was not looked at because of its network.
pub const OF_ADDRESS: &str = "There were too many tries from this network (login.address_per_minute).";

/// Who tries something.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The browser's secret.
    pub browser: &'a CookieSecret,
    /// The bucket of its network.
    pub network: &'a str,
}

impl Caller<'_> {
    /// Whose tries at a name are counted together: those of a browser that whoever has the name has signed in with, or those of the network.
    /// It costs the same whether anybody has the name.
    async fn of_name(self, app: &App, what: &str, typed: &str) -> Result<String> {
        let (browser, since) = (self.browser.hash(), app.now() - app.config.login.known_device);
        // Longer than any name is.
        let name = if typed.len() > LONGEST { String::new() } else { identifier::normalise(typed) };
        let is_known = known_device::is_of_identifier(&mut *app.db.read().await?, &browser, &name, since).await?;
        Ok(self.key(what, is_known))
    }

    /// Whose tries without a name are counted together: those of a browser that anybody has signed in with, or those of the network.
    async fn of_nobody(self, app: &App, what: &str) -> Result<String> {
        let (browser, since) = (self.browser.hash(), app.now() - app.config.login.known_device);
        let is_known = known_device::is_of_anybody(&mut *app.db.read().await?, &browser, since).await?;
        Ok(self.key(what, is_known))
    }

    fn key(self, what: &str, is_known: bool) -> String {
        match is_known {
            true => format!("{what}-known:{}", self.browser.hash().as_str()),
            false => format!("{what}:{}", self.network),
        }
    }
}

/// How often passwords may be tried.
fn narrow(app: &App) -> Rate {
    let login = &app.config.login;
    Rate { burst: login.address_burst, period: Duration::from_secs(60) / login.address_per_minute.max(1) }
}

/// How often may be sent what nobody guesses.
fn wide(app: &App) -> Rate {
    let narrow = narrow(app);
    Rate { burst: narrow.burst.saturating_mul(WIDER_BURST), period: narrow.period / WIDER_RATE }
}

/// A try of a password that was counted.
#[derive(Debug)]
pub struct Counted {
    key: String,
    /// Where right passwords are counted.
    right: String,
}

impl Counted {
    /// Gives back what a right password took, unless there are so many of them that they keep the processor busy.
    pub async fn was_right(self, app: &App) {
        if app.ephemeral.limit(&self.right, wide(app)).await.is_ok() {
            app.ephemeral.give_back(&self.key, narrow(app)).await;
        }
    }
}

/// Counts a try of a password with the name that was typed; the inner `Err` says how long to wait.
pub async fn password(app: &App, caller: Caller<'_>, typed: &str) -> Result<std::result::Result<Counted, Duration>> {
    let (key, right) = (caller.of_name(app, "sign-in", typed).await?, caller.key("signed-in", false));
    Ok(app.ephemeral.limit(&key, narrow(app)).await.map(|()| Counted { key, right }))
}

/// Counts a try of a passkey, which says by itself whose it is.
pub async fn passkey(app: &App, caller: Caller<'_>) -> Result<std::result::Result<(), Duration>> {
    let key = caller.of_nobody(app, "passkey").await?;
    Ok(app.ephemeral.limit(&key, wide(app)).await)
}

/// Counts what a Mini App sends, for the network of its person.
pub async fn mini_app(app: &App, network: &str) -> std::result::Result<(), Duration> {
    app.ephemeral.limit(&format!("mini-app:{network}"), wide(app)).await
}

/// Counts a try of a recovery code with the name that was typed.
pub async fn recovery_code(app: &App, caller: Caller<'_>, typed: &str) -> Result<std::result::Result<(), Duration>> {
    let key = caller.of_name(app, "recovery-code", typed).await?;
    Ok(app.ephemeral.limit(&key, wide(app)).await)
}

/// Counts what is sent to complete a half sign-in. Its codes have tries of their own, so this only slows down what sends nothing.
pub async fn second_factor(app: &App, half: &str) -> std::result::Result<(), Duration> {
    app.ephemeral.limit(&format!("second-factor:{half}"), wide(app)).await
}

/// Counts a new password that is looked at and hashed, for the link, the code or the session that it comes with.
pub async fn new_password(app: &App, of: &str) -> std::result::Result<(), Duration> {
    app.ephemeral.limit(&format!("set-password:{of}"), narrow(app)).await
}
