//! Disables and deletes users, but not the last administrator by mistake.

use crate::account::users::write_disabled;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::crash_point::crash_point;
use crate::base::id::Id;
use crate::login::password::forget_failures;
use crate::store::db::{Change, Error, Result, Tx};
use crate::store::installation;
use crate::store::installation::event::{self, Event};
use crate::store::people::user::{self, ADMINISTRATOR, Disabled};

/// How many rows of a user are removed at once.
const BATCH: i64 = 500;

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

/// Deletes a user with everything that belongs to them; what they are granted ends at once. `Conflict` if the user is
/// enabled again meanwhile. A deletion that was interrupted leaves a disabled user, and can be repeated.
pub async fn delete(app: &App, user: &Id, even_last: bool) -> Result<Outcome> {
    // The user is disabled first: everything ends with that, and can be removed in batches while the server runs.
    match app.db.write(Doom { user: user.clone(), even_last }).await? {
        Ok(since) => delete_disabled(app, user, since).await,
        Err(outcome) => Ok(outcome),
    }
}

/// Disables a user who is to be deleted, unless that is the last administrator; returns since when the user is disabled.
#[derive(Clone)]
struct Doom {
    user: Id,
    even_last: bool,
}

impl Change for Doom {
    type Outcome = std::result::Result<Timestamp, Outcome>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Outcome> {
        let Self { user, even_last } = self;
        if is_last(tx, &user).await? && !even_last {
            return Ok(Err(Outcome::LastAdministrator));
        }
        write_disabled(tx, user.clone(), true).await?;
        let held = user::hold(tx, &user).await?;
        Ok(held.and_then(|held| held.disabled_at).ok_or(Outcome::Unchanged))
    }
}

/// Deletes a user who has been disabled since this moment, batch by batch. `Conflict` if the user is enabled again.
pub async fn delete_disabled(app: &App, user: &Id, since: Timestamp) -> Result<Outcome> {
    let disabled = Disabled { user: user.clone(), since };
    for table in user::LARGE {
        while app.db.write(user::DeletePart { of: disabled.clone(), table, rows: BATCH }).await? {
            crash_point("user_deleted.in_part");
        }
    }
    let mut after = Some(Timestamp::from_micros(0));
    while let Some(moment) = after {
        after = app.db.write(event::ForgetOrigins { of: disabled.clone(), after: moment, rows: BATCH }).await?;
    }
    app.db.write(Delete(disabled)).await
}

/// Deletes a user who has been disabled since a moment.
#[derive(Clone)]
struct Delete(Disabled);

impl Change for Delete {
    type Outcome = Outcome;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Outcome> {
        let Disabled { user, since } = self.0;
        match user::hold(tx, &user).await? {
            // Another command was faster.
            None => return Ok(Outcome::Unchanged),
            Some(held) if held.disabled_at != Some(since) => return Err(Error::Conflict),
            Some(_) => {}
        }
        // The failures have no foreign key, since most are of names that nobody has.
        let identifiers = user::identifiers(tx, &user).await?;
        forget_failures(tx, &user, &identifiers).await?;
        user::delete(tx, &user).await?;
        // What stays is that something happened, and not from where. Few events have come since the batches.
        event::forget_origins(tx, &user).await?;
        tx.record(&Event::UserDeleted { user }).await?;
        Ok(Outcome::Done)
    }
}
