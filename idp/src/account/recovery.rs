//! A forgotten password of somebody who gets no letters: a recovery code sets a new one, and removes what was added lately.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::account::password::end_what_was_before;
use crate::account::password_link;
use crate::account::recent_factors::{RecentFactors, Unwanted};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::secret::Secret;
use crate::base::token::{CookieSecret, TokenHash};
use crate::login::Error;
use crate::login::factor_age::{RECENT, has_older};
use crate::login::identifier;
use crate::login::password::Try;
use crate::login::recovery_code::{NO_CODE, OF_NOBODY, RecoveryCode, USED, is_good, sets_password_of};
use crate::login::second_factor::Required;
use crate::login::suspicion::{self, Failure};
use crate::oidc::steps::Step;
use crate::store;
use crate::store::db::{Change, Conn, Tx};
use crate::store::installation::event::Event;
use crate::store::origin::Origin;
use crate::store::people::user::{self, Identifier, User};
use crate::store::people::{known_device, password, recovery_code};

/// For how long a code that was right can be followed by the new password.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// What a code that was right is sealed for.
const PURPOSE: &str = "recovery";

/// A recovery code that was right. It is sealed into the page that asks for the new password, and used up with that; it belongs to
/// one browser.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RightCode {
    user: Id,
    /// The name as it was typed.
    pub typed: String,
    code: TokenHash,
    browser: TokenHash,
    checked_at: Timestamp,
}

impl RightCode {
    /// Whose it is.
    pub const fn user(&self) -> &Id {
        &self.user
    }

    /// The hash of the code.
    pub const fn code(&self) -> &TokenHash {
        &self.code
    }

    /// The sealed form.
    pub fn seal(&self, app: &App) -> String {
        app.interactions.seal_value(&app.random, PURPOSE, self)
    }

    /// Opens a sealed form; `None` unless it belongs to this browser and has not expired.
    pub fn open(app: &App, browser: &CookieSecret, sealed: &str) -> Option<Self> {
        let right: Self = app.interactions.open_value(PURPOSE, sealed)?;
        (app.now() < right.checked_at + LIFETIME && right.browser == browser.hash()).then_some(right)
    }
}

/// Checks a recovery code of whoever has this name, and uses nothing up. `None` if they do not belong together, for whatever reason;
/// that is answered at the time at which a wrong password is, and counts like one for what looks like an attack.
pub async fn check(app: &App, attempt: &Try<'_>) -> Result<Option<RightCode>, Error> {
    let began = Instant::now();
    // Else the time of a refusal is not known yet in a process that has not hashed a password.
    app.hashing.measure().await?;
    let (right, user) = find(app, attempt).await?;
    if right.is_none() {
        let (name, network) = (identifier::normalise(attempt.typed), attempt.network.as_str());
        suspicion::note(app, &Failure { name: &name, password: attempt.secret, network, user: user.as_ref() });
        app.hashing.deadline().reach(began).await;
    }
    Ok(right)
}

/// The code, if it is right, and who has the name.
async fn find(app: &App, attempt: &Try<'_>) -> Result<(Option<RightCode>, Option<Id>), Error> {
    let (mut conn, now) = (app.db.read().await?, app.now());
    let Some(user) = named(&mut conn, attempt.typed).await? else {
        Origin::note(Wrong::UnknownName.step());
        return Ok((None, None));
    };
    let code = RecoveryCode::parse(attempt.secret.expose()).map(|code| code.hash());
    let wrong = match &code {
        _ if user.disabled_at.is_some() => Some(Wrong::Disabled),
        None => Some(Wrong::NoCode),
        Some(_) if !sets_password_of(&mut conn, &user.id, app.mailer.is_on(), now).await? => Some(Wrong::HasAddress),
        Some(code) if is_good(&mut conn, &user.id, code, now).await? => None,
        Some(code) if recovery_code::is_used(&mut conn, &user.id, code).await? => Some(Wrong::Used),
        Some(_) => Some(Wrong::OfNobody),
    };
    let (user, browser, typed) = (user.id, attempt.browser.hash(), attempt.typed.to_owned());
    Ok(match (code, wrong) {
        (Some(code), None) => {
            let right = RightCode { user: user.clone(), typed, code, browser, checked_at: now };
            (Some(right), Some(user))
        }
        (_, wrong) => {
            wrong.iter().for_each(|wrong| Origin::note(wrong.step()));
            (None, Some(user))
        }
    })
}

/// Who has this name. People without an address and a username have their subject for one, as the page with their codes says.
async fn named(conn: &mut Conn, typed: &str) -> store::db::Result<Option<User>> {
    if let Some(user) = user::find_by_identifier(conn, &identifier::normalise(typed)).await? {
        return Ok(Some(user));
    }
    let Some(user) = user::find_by_sub(conn, typed.trim()).await? else { return Ok(None) };
    let is_nameless = user::identifiers(conn, &user.id).await?.is_empty();
    Ok(is_nameless.then_some(user))
}

/// Why a recovery code sets no password, for the operator alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    UnknownName,
    Disabled,
    NoCode,
    HasAddress,
    Used,
    OfNobody,
}

impl Wrong {
    /// The step of the explanation.
    fn step(self) -> Step {
        match self {
            Self::UnknownName => Step::failed("identifier", "Nobody has this name here."),
            Self::Disabled => Step::failed("user", "The account is disabled."),
            Self::NoCode => Step::failed("recovery_code", NO_CODE),
            Self::HasAddress => Step::failed(
                "recovery_code",
                "The account has had an email address for more than seven days, so that letters set its password, and no recovery code.",
            ),
            Self::Used => Step::failed("recovery_code", USED),
            Self::OfNobody => Step::failed("recovery_code", OF_NOBODY),
        }
    }
}

/// What a code can remove from its account.
#[derive(Clone, Debug, Default)]
pub struct AddedLately {
    /// The factors.
    pub factors: RecentFactors,
    /// The addresses.
    pub addresses: Vec<Identifier>,
}

/// What a code that was right can remove.
pub async fn added_lately(app: &App, right: &RightCode) -> Result<AddedLately, Error> {
    let (mut conn, now, required) = (app.db.read().await?, app.now(), Required::of(app));
    let factors = RecentFactors::of(&mut conn, &right.user, &required, now).await?;
    Ok(AddedLately { factors, addresses: addresses_of(&mut conn, &right.user, now).await? })
}

/// The addresses that a code can remove: those that came lately. None of who has a factor that is older: they have proven it when
/// they added the address.
async fn addresses_of(conn: &mut Conn, user: &Id, now: Timestamp) -> store::db::Result<Vec<Identifier>> {
    if has_older(&mut *conn, user, now).await? {
        return Ok(Vec::new());
    }
    user::recent_addresses(conn, user, now - RECENT).await
}

/// What somebody wants whose code was right.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    /// The new password.
    pub password: &'a Secret,
    /// The factors that somebody else has added.
    pub unwanted: Unwanted,
    /// The addresses that somebody else has added, as they are written.
    pub addresses: Vec<String>,
}

/// Sets the password, uses the code up, removes what is not wanted, and ends all sessions. `None` if the code does not count any more.
pub async fn recover(app: &App, right: &RightCode, wish: Wish<'_>) -> Result<Option<User>, Error> {
    let Some(user) = user::find(&mut *app.db.read().await?, &right.user).await? else { return Ok(None) };
    let phc = app.hashing.hash(wish.password).await?;
    let (unwanted, addresses, required) = (wish.unwanted, wish.addresses, Required::of(app));
    let generation = app.db.write(Recover { right: right.clone(), phc, unwanted, addresses, required }).await?;
    Ok(generation.map(|generation| User { generation, ..user }))
}

/// Uses a recovery code up, and sets a password; returns the generation of the user from then on.
#[derive(Clone)]
struct Recover {
    right: RightCode,
    phc: String,
    unwanted: Unwanted,
    addresses: Vec<String>,
    required: Required,
}

impl Change for Recover {
    type Outcome = Option<i64>;

    async fn apply(self, tx: &mut Tx<'_>) -> store::db::Result<Option<i64>> {
        let Self { right: RightCode { user, code, browser, .. }, phc, unwanted, addresses, required } = self;
        let (now, sends_letters) = (tx.now(), tx.letters().is_some());
        let held = user::hold(tx, &user).await?.filter(|held| held.disabled_at.is_none());
        let Some(held) = held else {
            tx.note(Wrong::Disabled.step());
            return Ok(None);
        };
        let before = recovery_code::use_in(tx, &user, &code, &browser).await?;
        // Not over a password that was set since.
        let is_again = before.is_some_and(|it| it.used_for == held.generation && it.used_at.is_just_before(now));
        if !is_again {
            if !sets_password_of(tx, &user, sends_letters, now).await? {
                tx.note(Wrong::HasAddress.step());
                return Ok(None);
            }
            if !use_up(tx, &user, &code, &browser).await? {
                tx.note(Wrong::Used.step());
                return Ok(None);
            }
            let left = recovery_code::of_user(tx, &user).await?.unused;
            tx.record(&Event::RecoveryCodeUsed { user: user.clone(), left }).await?;
            remove_addresses(tx, &user, &addresses).await?;
            unwanted.remove(tx, &user, &required).await?;
        }
        end_what_was_before(tx, &user, now).await?;
        known_device::forget(tx, &user, Some(&browser)).await?;
        password::recover(tx, &user, &phc, now).await?;
        recovery_code::note_used_for(tx, &user, &code, held.generation + 1).await?;
        Ok(Some(held.generation + 1))
    }
}

/// Uses a code up in a browser. One that was replaced lately puts those back that it was among: whoever made the others may be a
/// thief of the password, and must not set it with them.
async fn use_up(tx: &mut Tx<'_>, user: &Id, code: &TokenHash, browser: &TokenHash) -> store::db::Result<bool> {
    let now = tx.now();
    if recovery_code::consume_in(tx, user, code, browser, now).await? {
        return Ok(true);
    }
    if !recovery_code::put_back(tx, user, code, now - RECENT).await? {
        return Ok(false);
    }
    tx.record(&Event::RecoveryCodesPutBack { user: user.clone() }).await?;
    recovery_code::consume_in(tx, user, code, browser, now).await
}

/// Takes addresses from a user that were added lately, with the links that would put them back.
async fn remove_addresses(tx: &mut Tx<'_>, user: &Id, unwanted: &[String]) -> store::db::Result<()> {
    let now = tx.now();
    let there = addresses_of(tx, user, now).await?;
    let mut left = user::identifiers(tx, user).await?.len();
    for address in there.iter().filter(|address| unwanted.contains(&address.as_written)) {
        // Without any, nobody could sign in.
        if left == 1 {
            break;
        }
        left -= 1;
        user::delete_identifier(tx, user, address).await?;
        tx.record(&Event::IdentifierRemoved { user: user.clone(), identifier: address.kind.clone() }).await?;
        user::set_updated(tx, user, now).await?;
        password_link::end_ways_back(tx, user, now).await?;
    }
    Ok(())
}
