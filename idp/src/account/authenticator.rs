//! The authenticator app of an account: adding and removing it.

use crate::account::factors::remove_app;
use crate::account::recovery_codes::replace;
use crate::app::App;
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
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::session::Session;
use crate::store::people::{code_try, totp, user};

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
        replace(tx, user, &self.hashes).await?;
        tx.record(&Event::AuthenticatorAdded { user: user.clone() }).await?;
        tx.record(&Event::RecoveryCodesMade { user: user.clone() }).await?;
        notify(tx, user, Notice::AuthenticatorAdded).await?;
        self.beginning.write(tx, self.generation).await.map(Some)
    }
}

/// Removes the authenticator app of a user; returns whether there was one. Where the operator requires a second factor it stays, even
/// beside a passkey.
pub async fn remove(app: &App, session: &Session) -> Result<bool> {
    let (user, step_up, required) = (session.user_id.clone(), SteppedUp::of(app, session), Required::of(app));
    app.db.write(Remove { user, step_up, required }).await
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
        if !step_up.holds(tx).await? || required.holds(tx, &user).await? {
            return Ok(false);
        }
        let app = totp::find(tx, &user).await?;
        note_removed(tx, &user, (app.as_ref(), None), step_up.session()).await?;
        remove_app(tx, &user).await
    }
}
