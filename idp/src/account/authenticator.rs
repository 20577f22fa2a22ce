//! The authenticator app of an account: adding and removing it.

use crate::account::factors::remove_app;
use crate::account::recovery_codes::replace;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::encoding::sha256_text;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::letters::kind::Notice;
use crate::letters::notice::notify;
use crate::login::factor_age::{note_old, note_removed, vouched_since};
use crate::login::recovery_code::{RecoveryCode, hashes, new_set};
use crate::login::second_factor::{Place, Required};
use crate::login::session::{Beginning, SignIn, SignedIn};
use crate::login::step_up::SteppedUp;
use crate::login::totp::TotpSecret;
use crate::store::db::{Change, Conn, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::session::Session;
use crate::store::people::{code_try, passkey, totp, trusted_browser, user};

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
    /// A step-up on the pages of the account.
    SteppedUp(SteppedUp),
    /// Half a sign-in, which this completes.
    Half {
        /// Its name.
        name: String,
        /// Whether the operator requires a second factor there. A request that asks for two factors (`acr_values`) is no such rule:
        /// anybody can send one.
        is_required: bool,
    },
}

/// An authenticator app that has proven that it has its secret.
#[derive(Clone, Copy)]
pub struct NewApp<'a> {
    /// Its secret.
    pub secret: &'a TotpSecret,
    /// The time step of its code.
    pub step: i64,
    /// When the app was set up in whose place it comes; `None` if there is none.
    pub replaces: Option<Timestamp>,
}

/// Adds an authenticator app, with recovery codes, and renews the session. `None` if the user has another app by now than the one in
/// whose place it comes, or has changed since their session was read.
pub async fn add(app: &App, new: NewApp<'_>, sign_in: &SignIn<'_>, because: Because) -> Result<Option<Added>> {
    let codes = new_set(&app.random);
    let add = Add {
        because,
        sealed_secret: new.secret.seal(&app.vault, &app.random, &sign_in.user.id),
        of_secret: of_secret(new.secret),
        step: new.step,
        replaces: new.replaces,
        user: sign_in.user.id.clone(),
        generation: sign_in.user.generation,
        hashes: hashes(&codes),
        beginning: Beginning::of(app, sign_in),
    };
    Ok(app.db.write(add).await?.map(|signed_in| Added { signed_in, codes }))
}

/// The bucket that is closed when an app is set up with a secret. Its hash says nothing of the secret.
fn of_secret(secret: &TotpSecret) -> String {
    Place::Enrolment(&sha256_text(secret.text().expose().as_bytes())).bucket()
}

/// Whether an app was set up with a secret that a page has shown.
pub async fn was_used(app: &App, secret: &TotpSecret) -> Result<bool> {
    code_try::is_closed(&mut *app.db.read().await?, &of_secret(secret)).await
}

#[derive(Clone)]
struct Add {
    because: Because,
    user: Id,
    generation: i64,
    sealed_secret: String,
    of_secret: String,
    step: i64,
    replaces: Option<Timestamp>,
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
            Because::SteppedUp(step_up) => step_up.holds(tx).await?,
            Because::Half { name, .. } => {
                let is_first = code_try::close(tx, &Place::SignIn(name).bucket(), user, now).await?;
                is_first && self.beginning.is_linked(tx).await?
            }
        };
        let since = match &self.because {
            Because::SteppedUp(step_up) => vouched_since(tx, user, step_up.session(), now).await?,
            Because::Half { .. } => None,
        };
        // A form counts once, and so does what it has shown.
        if !counts || !code_try::close(tx, &self.of_secret, user, now).await? || !self.put(tx).await? {
            return Ok(None);
        }
        if let Some(since) = since {
            totp::note_since(tx, user, since).await?;
        }
        if let Because::Half { is_required: true, .. } = self.because {
            // No sign-in could go on without it: no letter may take it away, however recent it is.
            note_old(tx, user, now.max(self.beginning.begins_at())).await?;
        }
        replace(tx, user, &self.hashes).await?;
        let (event, notice) = match self.replaces {
            None => (Event::AuthenticatorAdded { user: user.clone() }, Notice::AuthenticatorAdded),
            Some(_) => (Event::AuthenticatorReplaced { user: user.clone() }, Notice::AuthenticatorReplaced),
        };
        tx.record(&event).await?;
        tx.record(&Event::RecoveryCodesMade { user: user.clone() }).await?;
        notify(tx, user, notice).await?;
        self.beginning.write(tx, self.generation).await.map(Some)
    }
}

impl Add {
    /// Stores the app, in place of the one before if there is one; returns whether it is there.
    async fn put(&self, tx: &mut Tx<'_>) -> Result<bool> {
        let (user, secret, step, begins_at) = (&self.user, &self.sealed_secret, self.step, self.beginning.begins_at());
        let Some(before) = self.replaces else { return totp::insert(tx, user, secret, step, begins_at).await };
        if !totp::replace(tx, user, secret, step, (before, begins_at)).await? {
            return Ok(false);
        }
        // The app before was proven there, perhaps by somebody who has found the old phone.
        trusted_browser::delete_all(tx, user).await?;
        Ok(true)
    }
}

/// Removes the authenticator app of a user; returns whether there was one. Where the operator requires a second factor it stays, unless
/// there is a passkey, which is one.
pub async fn remove(app: &App, session: &Session) -> Result<bool> {
    let (user, step_up, required) = (session.user_id.clone(), SteppedUp::of(app, session), Required::of(app));
    app.db.write(Remove { user, step_up, required }).await
}

/// Whether the app of a user stays: the operator requires a second factor, and there is no other.
pub async fn is_bound(conn: &mut Conn, user: &Id, required: &Required) -> Result<bool> {
    Ok(passkey::count(&mut *conn, user).await?.proven == 0 && required.holds(conn, user).await?)
}

#[derive(Clone)]
struct Remove {
    user: Id,
    step_up: SteppedUp,
    required: Required,
}

impl Change for Remove {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let Self { user, step_up, required } = self;
        user::hold(tx, &user).await?;
        if !step_up.holds(tx).await? || is_bound(tx, &user, &required).await? {
            return Ok(false);
        }
        let app = totp::find(tx, &user).await?;
        note_removed(tx, &user, (app.as_ref(), None), step_up.session()).await?;
        remove_app(tx, &user).await
    }
}
