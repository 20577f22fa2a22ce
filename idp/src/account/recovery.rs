//! A forgotten password of somebody without an address: a recovery code sets a new one.

use tokio::time::Instant;

use crate::account::identifier;
use crate::account::users::end_what_was_before;
use crate::app::App;
use crate::base::id::Id;
use crate::base::secret::Secret;
use crate::base::token::{CookieSecret, TokenHash};
use crate::login::Error;
use crate::login::recovery_code::{RecoveryCode, sets_password_of};
use crate::store;
use crate::store::db::{Change, Tx};
use crate::store::installation::event::Event;
use crate::store::people::user::{self, User};
use crate::store::people::{known_device, password, recovery_code};

/// What somebody has typed who has forgotten the password, and where.
pub struct Recovery<'a> {
    /// The username.
    pub typed: &'a str,
    /// The recovery code.
    pub code: &'a str,
    /// The new password.
    pub password: &'a Secret,
    /// The browser's secret.
    pub browser: &'a CookieSecret,
}

/// Sets the password of whoever has a username and this recovery code, uses the code up, and ends all sessions. `None` if they do
/// not belong together, for whatever reason; that is answered at the time at which a wrong password is.
pub async fn recover(app: &App, recovery: &Recovery<'_>) -> Result<Option<User>, Error> {
    let began = Instant::now();
    let recovered = decide(app, recovery).await?;
    if recovered.is_none() {
        app.hashing.deadline().reach(began).await;
    }
    Ok(recovered)
}

async fn decide(app: &App, recovery: &Recovery<'_>) -> Result<Option<User>, Error> {
    let Recovery { typed, code, password, browser } = recovery;
    // Whether or not anybody has the name.
    let phc = app.hashing.hash(password).await?;
    let found = user::find_by_identifier(&mut *app.db.read().await?, &identifier::normalise(typed)).await?;
    let (Some(user), Some(code)) = (found, RecoveryCode::parse(code)) else { return Ok(None) };
    let recover = Recover { user: user.id.clone(), code: code.hash(), phc, browser: browser.hash() };
    let generation = app.db.write(recover).await?;
    Ok(generation.map(|generation| User { generation, ..user }))
}

/// Uses a recovery code up, and sets a password; returns the generation of the user from then on.
#[derive(Clone)]
struct Recover {
    user: Id,
    code: TokenHash,
    phc: String,
    browser: TokenHash,
}

impl Change for Recover {
    type Outcome = Option<i64>;

    async fn apply(self, tx: &mut Tx<'_>) -> store::db::Result<Option<i64>> {
        let (Self { user, code, phc, browser }, now) = (self, tx.now());
        let held = user::hold(tx, &user).await?.filter(|held| held.disabled_at.is_none());
        let Some(held) = held else { return Ok(None) };
        if !sets_password_of(tx, &user).await? || !recovery_code::consume(tx, &user, &code, now).await? {
            return Ok(None);
        }
        let left = recovery_code::of_user(tx, &user).await?.unused;
        tx.record(&Event::RecoveryCodeUsed { user: user.clone(), left }).await?;
        end_what_was_before(tx, &user, now).await?;
        known_device::forget(tx, &user, Some(&browser)).await?;
        password::set(tx, &user, &phc, now).await?;
        Ok(Some(held.generation + 1))
    }
}
