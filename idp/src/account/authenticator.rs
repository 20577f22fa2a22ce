//! The second factors of an account: the authenticator app, the recovery codes, and the browsers that spare them.

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::letters::kind::Notice;
use crate::letters::notice::notify;
use crate::login::factor_age::{has_older, note_old, note_removed, vouched_since};
use crate::login::recovery_code::{RecoveryCode, hashes, new_set, sets_password_of};
use crate::login::second_factor::{Enrolled, Place, Required};
use crate::login::session::{Beginning, SignIn, SignedIn};
use crate::login::step_up::SteppedUp;
use crate::login::totp::TotpSecret;
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::session::Session;
use crate::store::people::{code_try, known_device, passkey, recovery_code, totp, trusted_browser, user};

/// An authenticator app that was added.
#[derive(Debug)]
pub struct Added {
    /// The session, in which both factors are proven now.
    pub signed_in: SignedIn,
    /// The recovery codes, which are shown once.
    pub codes: Vec<RecoveryCode>,
}

/// What lets a person set up an app.
#[derive(Clone, Debug)]
pub enum Because {
    /// A step-up on the pages of the account, and what tells the form from others: it counts once.
    SteppedUp(SteppedUp, String),
    /// Half a sign-in, which this completes.
    Half {
        /// Its name.
        name: String,
        /// Whether the operator requires a second factor there. A request that asks for two factors (`acr_values`) is no such rule:
        /// anybody can send one.
        is_required: bool,
    },
}

/// Adds an authenticator app whose code of this step was right, with recovery codes, and renews the session. `None` if the
/// user has an app already, or has changed since their session was read.
pub async fn add(
    app: &App,
    secret: &TotpSecret,
    step: i64,
    sign_in: &SignIn<'_>,
    because: Because,
) -> Result<Option<Added>> {
    let codes = new_set(&app.random);
    let add = Add {
        because,
        sealed_secret: secret.seal(&app.vault, &app.random, &sign_in.user.id),
        step,
        user: sign_in.user.id.clone(),
        generation: sign_in.user.generation,
        hashes: hashes(&codes),
        beginning: Beginning::of(app, sign_in),
    };
    Ok(app.db.write(add).await?.map(|signed_in| Added { signed_in, codes }))
}

#[derive(Clone)]
struct Add {
    because: Because,
    user: Id,
    generation: i64,
    sealed_secret: String,
    step: i64,
    hashes: Vec<TokenHash>,
    beginning: Beginning,
}

impl Change for Add {
    type Outcome = Option<SignedIn>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<SignedIn>> {
        let (user, now) = (&self.user, tx.now());
        if !user::hold(tx, user).await?.is_some_and(|held| held.may_still(self.generation)) {
            return Ok(None);
        }
        let counts = match &self.because {
            Because::SteppedUp(step_up, form) => {
                step_up.holds(tx).await? && code_try::close(tx, &Place::Enrolment(form).bucket(), user, now).await?
            }
            Because::Half { name, .. } => code_try::close(tx, &Place::SignIn(name).bucket(), user, now).await?,
        };
        let since = match &self.because {
            Because::SteppedUp(step_up, _) => vouched_since(tx, user, step_up.session(), now).await?,
            Because::Half { .. } => None,
        };
        if !counts || !totp::insert(tx, user, &self.sealed_secret, self.step, self.beginning.begins_at()).await? {
            return Ok(None);
        }
        if let Some(since) = since {
            totp::note_since(tx, user, since).await?;
        }
        if let Because::Half { is_required: true, .. } = self.because {
            // No sign-in could go on without it: no letter may take it away, however recent it is.
            note_old(tx, user, now.max(self.beginning.begins_at())).await?;
        }
        replace_codes(tx, user, &self.hashes).await?;
        tx.record(&Event::AuthenticatorAdded { user: user.clone() }).await?;
        tx.record(&Event::RecoveryCodesMade { user: user.clone() }).await?;
        notify(tx, user, Notice::AuthenticatorAdded).await?;
        self.beginning.write(tx, self.generation).await.map(Some)
    }
}

/// Replaces the recovery codes that a user got at this moment. `None` if they have others by now, as when the form is sent
/// twice, or nothing that they are for any more.
pub async fn renew_codes(
    app: &App,
    session: &Session,
    made_at: Option<Timestamp>,
) -> Result<Option<Vec<RecoveryCode>>> {
    let codes = new_set(&app.random);
    let (user, step_up) = (session.user_id.clone(), SteppedUp::of(app, session));
    let renew = RenewCodes { user, step_up, made_at, hashes: hashes(&codes) };
    Ok(app.db.write(renew).await?.then_some(codes))
}

#[derive(Clone)]
struct RenewCodes {
    user: Id,
    step_up: SteppedUp,
    made_at: Option<Timestamp>,
    hashes: Vec<TokenHash>,
}

impl Change for RenewCodes {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let (Self { user, step_up, made_at, hashes }, now) = (self, tx.now());
        user::hold(tx, &user).await?;
        let enrolled = Enrolled::of(tx, &user).await?;
        let sends_letters = tx.letters().is_some();
        let needs_codes = enrolled.has_codes() || sets_password_of(tx, &user, sends_letters, now).await?;
        if !step_up.holds(tx).await? || !needs_codes || enrolled.recovery_codes.created_at != made_at {
            return Ok(false);
        }
        replace_codes(tx, &user, &hashes).await?;
        notify(tx, &user, Notice::RecoveryCodesRenewed).await?;
        tx.record(&Event::RecoveryCodesMade { user }).await?;
        Ok(true)
    }
}

/// Replaces the recovery codes of a user. Where one of them sets the password, and nobody has proven a factor that is no recent one, the old ones
/// do so for a while longer: a thief of the password may have made the new ones.
async fn replace_codes(tx: &mut Tx<'_>, user: &Id, hashes: &[TokenHash]) -> Result<()> {
    let (now, sends_letters) = (tx.now(), tx.letters().is_some());
    if sets_password_of(tx, user, sends_letters, now).await? && !has_older(tx, user, now).await? {
        recovery_code::keep(tx, user, now).await?;
    }
    recovery_code::replace(tx, user, hashes, now).await
}

/// Removes the authenticator app of a user with what depends on it: the trust in browsers, and the recovery codes, unless they set a
/// new password, too. Returns whether there was one; where the operator requires a second factor it stays, even beside a passkey.
pub async fn remove(app: &App, session: &Session) -> Result<bool> {
    let by_person = (SteppedUp::of(app, session), Required::of(app));
    Ok(app.db.write(Remove { user: session.user_id.clone(), by_person: Some(by_person) }).await?.app)
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// The authenticator app.
    pub app: bool,
    /// Passkeys.
    pub passkeys: bool,
    /// Recovery codes, without an app, too.
    pub codes: bool,
}

impl Gone {
    /// Whether anything was.
    pub const fn is_any(self) -> bool {
        self.app || self.passkeys || self.codes
    }
}

/// Removes the second factors of a user for an operator, passkeys and all recovery codes included, and ends the sessions and grants of
/// the user: whoever asks the operator for it may not be the user.
pub async fn reset(app: &App, user: &Id) -> Result<Gone> {
    app.db.write(Remove { user: user.clone(), by_person: None }).await
}

#[derive(Clone)]
struct Remove {
    user: Id,
    /// What lets its person do it, and who needs a second factor; `None` for an operator.
    by_person: Option<(SteppedUp, Required)>,
}

impl Change for Remove {
    type Outcome = Gone;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Gone> {
        let Self { user, by_person } = self;
        user::hold(tx, &user).await?;
        let by_operator = by_person.is_none();
        if let Some((step_up, required)) = by_person {
            if !step_up.holds(tx).await? || required.holds(tx, &user).await? {
                return Ok(Gone::default());
            }
            let app = totp::find(tx, &user).await?;
            note_removed(tx, &user, (app.as_ref(), None), step_up.session()).await?;
        }
        let gone = remove_factors(tx, &user, by_operator).await?;
        if by_operator && gone.is_any() {
            user::end_all(tx, &user).await?;
            known_device::forget(tx, &user, None).await?;
            tx.record(&Event::FactorsReset { user }).await?;
        } else if gone.app {
            tx.record(&Event::AuthenticatorRemoved { user }).await?;
        }
        Ok(gone)
    }
}

/// Removes the authenticator app of a user with what depends on it, and tells the user; for an operator the passkeys and all recovery codes,
/// too.
pub(super) async fn remove_factors(tx: &mut Tx<'_>, user: &Id, by_operator: bool) -> Result<Gone> {
    if by_operator {
        user::forget_protection(tx, user).await?;
    }
    let mut gone = Gone { app: totp::delete(tx, user).await?, ..Gone::default() };
    let (now, sends_letters) = (tx.now(), tx.letters().is_some());
    if by_operator {
        gone.passkeys = passkey::delete_all(tx, user).await? > 0;
        // Whoever asks an operator for it may know the codes.
        gone.codes = recovery_code::delete(tx, user).await? + recovery_code::delete_replaced(tx, user).await? > 0;
    } else if !sets_password_of(tx, user, sends_letters, now).await? {
        // Else their person would have no way back without them.
        gone.codes = recovery_code::delete(tx, user).await? > 0;
    }
    trusted_browser::delete_all(tx, user).await?;
    code_try::clear_of_user(tx, user).await?;
    if gone.app {
        notify(tx, user, Notice::AuthenticatorRemoved).await?;
    }
    if gone.passkeys {
        notify(tx, user, Notice::PasskeyRemoved).await?;
    }
    Ok(gone)
}

/// Ends the trust of a user in a browser; returns whether there was any.
pub async fn forget_browser(app: &App, user: &Id, trust: &Id) -> Result<bool> {
    app.db.write(ForgetBrowser { user: user.clone(), trust: trust.clone() }).await
}

#[derive(Clone)]
struct ForgetBrowser {
    user: Id,
    trust: Id,
}

impl Change for ForgetBrowser {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let Self { user, trust } = self;
        user::hold(tx, &user).await?;
        let there = trusted_browser::delete(tx, &user, &trust).await?;
        if there {
            tx.record(&Event::BrowserForgotten { user }).await?;
        }
        Ok(there)
    }
}
