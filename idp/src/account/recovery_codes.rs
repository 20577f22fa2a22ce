//! The recovery codes of an account, and how they are replaced.

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::letters::kind::Notice;
use crate::letters::notice::notify;
use crate::login::factor_age::has_older;
use crate::login::recovery_code::{RecoveryCode, hashes, new_set, sets_password_of};
use crate::login::second_factor::Enrolled;
use crate::login::step_up::SteppedUp;
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::session::Session;
use crate::store::people::{recovery_code, user};

/// Replaces the recovery codes that a user got at this moment. `None` if they have others by now, as when the form is sent
/// twice, or nothing that they are for any more.
pub async fn renew(app: &App, session: &Session, made_at: Option<Timestamp>) -> Result<Option<Vec<RecoveryCode>>> {
    let codes = new_set(&app.random);
    let (user, step_up) = (session.user_id.clone(), SteppedUp::of(app, session));
    let renew = Renew { user, step_up, made_at, hashes: hashes(&codes) };
    Ok(app.db.write(renew).await?.then_some(codes))
}

#[derive(Clone)]
struct Renew {
    user: Id,
    step_up: SteppedUp,
    made_at: Option<Timestamp>,
    hashes: Vec<TokenHash>,
}

impl Change for Renew {
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
        replace(tx, &user, &hashes).await?;
        notify(tx, &user, Notice::RecoveryCodesRenewed).await?;
        tx.record(&Event::RecoveryCodesMade { user }).await?;
        Ok(true)
    }
}

/// Replaces the recovery codes of a user. Where one of them sets the password, and nobody has proven a factor that is no recent one, the old ones
/// do so for a while longer: a thief of the password may have made the new ones.
pub(super) async fn replace(tx: &mut Tx<'_>, user: &Id, hashes: &[TokenHash]) -> Result<()> {
    let (now, sends_letters) = (tx.now(), tx.letters().is_some());
    if sets_password_of(tx, user, sends_letters, now).await? && !has_older(tx, user, now).await? {
        recovery_code::keep(tx, user, now).await?;
    }
    recovery_code::replace(tx, user, hashes, now).await
}
