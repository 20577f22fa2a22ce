//! The second factors of an account: the authenticator app, the recovery codes, and the browsers that spare them.

use crate::account::factor_age::{note_old, note_removed};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::letters::kind::Notice;
use crate::letters::notice::notify;
use crate::login::recovery_code::{RecoveryCode, hashes, new_set, sets_password_of};
use crate::login::second_factor::{self, Enrolled, Required};
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
                step_up.holds(tx).await? && code_try::close(tx, &format!("enrolment:{form}"), user, now).await?
            }
            Because::Half { name, .. } => code_try::close(tx, &second_factor::of_sign_in(name), user, now).await?,
        };
        if !counts || !totp::insert(tx, user, &self.sealed_secret, self.step, self.beginning.begins_at()).await? {
            return Ok(None);
        }
        if let Because::Half { is_required: true, .. } = self.because {
            // No sign-in could go on without it: no letter may take it away, however recent it is.
            note_old(tx, user, now.max(self.beginning.begins_at())).await?;
        }
        recovery_code::replace(tx, user, &self.hashes, now).await?;
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
        let needs_codes = enrolled.has_codes() || sets_password_of(tx, &user).await?;
        if !step_up.holds(tx).await? || !needs_codes || enrolled.recovery_codes.created_at != made_at {
            return Ok(false);
        }
        recovery_code::replace(tx, &user, &hashes, now).await?;
        notify(tx, &user, Notice::RecoveryCodesRenewed).await?;
        tx.record(&Event::RecoveryCodesMade { user }).await?;
        Ok(true)
    }
}

/// Removes the authenticator app of a user with what depends on it: the trust in browsers, and the recovery codes, unless they set a
/// new password, too. Returns whether there was one; where the operator requires a second factor it stays, even beside a passkey.
pub async fn remove(app: &App, session: &Session) -> Result<bool> {
    let by_person = (SteppedUp::of(app, session), Required::of(app));
    app.db.write(Remove { user: session.user_id.clone(), by_person: Some(by_person) }).await
}

/// Removes the second factors of a user for an operator, passkeys included, and ends the sessions and grants of the user: whoever
/// asks the operator for it may not be the user. Returns whether there was anything to remove.
pub async fn reset(app: &App, user: &Id) -> Result<bool> {
    app.db.write(Remove { user: user.clone(), by_person: None }).await
}

#[derive(Clone)]
struct Remove {
    user: Id,
    /// What lets its person do it, and who needs a second factor; `None` for an operator.
    by_person: Option<(SteppedUp, Required)>,
}

impl Change for Remove {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let Self { user, by_person } = self;
        user::hold(tx, &user).await?;
        let by_operator = by_person.is_none();
        if let Some((step_up, required)) = by_person
            && (!step_up.holds(tx).await? || required.holds(tx, &user).await?)
        {
            return Ok(false);
        }
        if !by_operator {
            let app = totp::find(tx, &user).await?;
            note_removed(tx, &user, app.as_ref(), None).await?;
        }
        let there = remove_factors(tx, &user, by_operator).await?;
        if by_operator && there {
            user::end_all(tx, &user).await?;
            known_device::forget(tx, &user, None).await?;
            tx.record(&Event::FactorsReset { user }).await?;
        } else if there {
            tx.record(&Event::AuthenticatorRemoved { user }).await?;
        }
        Ok(there)
    }
}

/// Removes the authenticator app of a user with what depends on it, and if wanted the passkeys, and tells the user; returns
/// whether there was anything.
pub(super) async fn remove_factors(tx: &mut Tx<'_>, user: &Id, with_passkeys: bool) -> Result<bool> {
    if with_passkeys {
        user::forget_protection(tx, user).await?;
    }
    let had_app = totp::delete(tx, user).await?;
    let had_passkeys = with_passkeys && passkey::delete_all(tx, user).await? > 0;
    // Who has no address would have no way back without them. An operator's reset is that way, and whoever asks for it may know the codes.
    if with_passkeys || !sets_password_of(tx, user).await? {
        recovery_code::delete(tx, user).await?;
    }
    trusted_browser::delete_all(tx, user).await?;
    code_try::clear_of_user(tx, user).await?;
    if had_app {
        notify(tx, user, Notice::AuthenticatorRemoved).await?;
    }
    if had_passkeys {
        notify(tx, user, Notice::PasskeyRemoved).await?;
    }
    Ok(had_app || had_passkeys)
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
