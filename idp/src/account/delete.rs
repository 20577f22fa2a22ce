//! Disables and deletes users, but not the last administrator by mistake.

use crate::account::users::write_disabled;
use crate::app::App;
use crate::base::id::Id;
use crate::login::password::forget_failures;
use crate::store::db::{Change, Result, Tx};
use crate::store::installation;
use crate::store::installation::event::{self, Event};
use crate::store::people::user::{self, ADMINISTRATOR};

/// The name by which changes of administrators take turns.
const TURN: &str = "administrators";

/// The outcome of a change that may be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was made.
    Done,
    /// There was nothing to change.
    Unchanged,
    /// Refused: no other enabled administrator could sign in.
    LastAdministrator,
}

/// Whether nobody could administer this provider without a user. Changes that ask take turns, so that of two
/// administrators not each is let go because of the other.
async fn is_last(tx: &mut Tx<'_>, user: &Id) -> Result<bool> {
    installation::in_turn(tx, TURN).await?;
    let enabled = user::hold(tx, user).await?.is_some_and(|held| held.disabled_at.is_none());
    let administers = enabled && user::roles(tx, user).await?.iter().any(|role| role == ADMINISTRATOR);
    Ok(administers && !user::another_with_password(tx, ADMINISTRATOR, user).await?)
}

/// Disables a user, and ends the user's sessions, tokens and links.
pub async fn disable(app: &App, user: &Id, even_last: bool) -> Result<Outcome> {
    app.db.write(Disable { user: user.clone(), even_last }).await
}

/// Disables a user unless that is the last administrator.
#[derive(Clone)]
struct Disable {
    user: Id,
    even_last: bool,
}

impl Change for Disable {
    type Outcome = Outcome;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Outcome> {
        if is_last(tx, &self.user).await? && !self.even_last {
            return Ok(Outcome::LastAdministrator);
        }
        Ok(if write_disabled(tx, self.user, true).await? { Outcome::Done } else { Outcome::Unchanged })
    }
}

/// Deletes a user with everything that belongs to them; what they are granted ends at once.
pub async fn delete(app: &App, user: &Id, even_last: bool) -> Result<Outcome> {
    app.db.write(Delete { user: user.clone(), even_last }).await
}

/// Deletes a user unless that is the last administrator.
#[derive(Clone)]
struct Delete {
    user: Id,
    even_last: bool,
}

impl Change for Delete {
    type Outcome = Outcome;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Outcome> {
        let Self { user, even_last } = self;
        if is_last(tx, &user).await? && !even_last {
            return Ok(Outcome::LastAdministrator);
        }
        // The failures have no foreign key, since most are of names that nobody has.
        let identifiers = user::identifiers(tx, &user).await?;
        forget_failures(tx, &user, &identifiers).await?;
        if !user::delete(tx, &user).await? {
            return Ok(Outcome::Unchanged);
        }
        // What stays is that something happened, and not from where.
        event::forget_origins(tx, &user).await?;
        tx.record(&Event::UserDeleted { user }).await?;
        Ok(Outcome::Done)
    }
}
