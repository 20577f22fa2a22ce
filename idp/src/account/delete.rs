//! Disables and deletes users, but not the last administrator by mistake.

use std::time::Duration;

use crate::account::users::write_disabled;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::crash_point::crash_point;
use crate::base::id::Id;
use crate::letters::notice::notify_of_deletion;
use crate::login::password::forget_failures;
use crate::login::step_up::SteppedUp;
use crate::store::db::{Change, Error, Result, Tx};
use crate::store::installation::event::{self, Event};
use crate::store::people::account_deletion;
use crate::store::people::anonymous_account::{self, Unused};
use crate::store::people::role::is_last_administrator;
use crate::store::people::session::Session;
use crate::store::people::user::{self, Disabled};

/// How many rows of a user are removed at once.
const BATCH: i64 = 500;

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
        if is_last_administrator(tx, &self.user).await? && !self.even_last {
            return Ok(Outcome::LastAdministrator);
        }
        Ok(if write_disabled(tx, self.user, true).await? { Outcome::Done } else { Outcome::Unchanged })
    }
}

/// Deletes a user with everything that belongs to them; what they are granted ends at once. `Conflict` if the user is
/// enabled again meanwhile. A deletion that was interrupted leaves a disabled user, and can be repeated.
pub async fn delete(app: &App, user: &Id, even_last: bool) -> Result<Outcome> {
    // The user is disabled first: everything ends with that, and can be removed in batches while the server runs.
    match app.db.write(Doom { user: user.clone(), even_last, only: None }).await? {
        Ok(since) => delete_disabled(app, user, since).await,
        Err(outcome) => Ok(outcome),
    }
}

/// Disables a user who is to be deleted, unless that is the last administrator; returns since when the user is disabled.
#[derive(Clone)]
struct Doom {
    user: Id,
    even_last: bool,
    only: Option<Only>,
}

/// What a deletion that nobody orders needs.
#[derive(Clone, Copy)]
enum Only {
    /// The person has asked for it, and has not taken it back.
    IfDue,
    /// The account is anonymous, and is kept no longer.
    IfUnused(Unused),
}

impl Only {
    /// Whether it is given. The caller holds the user's row.
    async fn holds(self, tx: &mut Tx<'_>, user: &Id) -> Result<bool> {
        match self {
            Self::IfDue => {
                let now = tx.now();
                Ok(account_deletion::due_at(tx, user).await?.is_some_and(|due_at| due_at <= now))
            }
            Self::IfUnused(unused) => anonymous_account::is_unused(tx, user, unused).await,
        }
    }
}

impl Change for Doom {
    type Outcome = std::result::Result<Timestamp, Outcome>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Outcome> {
        let Self { user, even_last, only } = self;
        let is_last = is_last_administrator(tx, &user).await?;
        // The user's row is locked: a sign-in that takes the deletion back came before, or finds a disabled user.
        if let Some(only) = only
            && !only.holds(tx, &user).await?
        {
            return Ok(Err(Outcome::Unchanged));
        }
        if is_last && !even_last {
            return Ok(Err(Outcome::LastAdministrator));
        }
        write_disabled(tx, user.clone(), true).await?;
        let Some(since) = user::hold(tx, &user).await?.and_then(|held| held.disabled_at) else {
            return Ok(Err(Outcome::Unchanged));
        };
        // From here on, the events of the user lose where they came from; the log says so before the first one does.
        tx.record(&Event::DeletionBegun { user }).await?;
        Ok(Ok(since))
    }
}

/// The outcome of a person's wish to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// The account is deleted at this moment, unless its person signs in before.
    At(Timestamp),
    /// Refused: no other enabled administrator could sign in.
    LastAdministrator,
    /// Refused: the session has ended, or its person has to prove again who they are.
    StepUpNeeded,
}

/// How long after its person has asked for it the account of a session is deleted. Nobody can sign in to an anonymous one and take that back.
pub fn grace(app: &App, session: &Session) -> Duration {
    if session.is_of_visitor() { Duration::ZERO } else { app.config.login.deletion_grace }
}

/// Notes that the person of a session wants their account deleted, and ends all sessions and grants. The account is deleted
/// after `login.deletion_grace`.
pub async fn leave(app: &App, session: &Session) -> Result<Leaving> {
    let due_at = app.now() + grace(app, session);
    let (user, step_up) = (session.user_id.clone(), SteppedUp::of(app, session).or_anonymous());
    app.db.write(Leave { user, step_up, due_at }).await
}

#[derive(Clone)]
struct Leave {
    user: Id,
    step_up: SteppedUp,
    due_at: Timestamp,
}

impl Change for Leave {
    type Outcome = Leaving;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Leaving> {
        let (Self { user, step_up, due_at }, now) = (self, tx.now());
        // This holds the user's row.
        let is_last = is_last_administrator(tx, &user).await?;
        if !step_up.holds(tx).await? {
            return Ok(Leaving::StepUpNeeded);
        }
        if is_last {
            return Ok(Leaving::LastAdministrator);
        }
        account_deletion::insert(tx, &user, due_at, now).await?;
        user::end_all(tx, &user).await?;
        notify_of_deletion(tx, &user, due_at).await?;
        tx.record(&Event::DeletionAsked { user, due_at: due_at.to_string() }).await?;
        Ok(Leaving::At(due_at))
    }
}

/// How many due deletions are read at once.
const DUE: i64 = 100;

/// Deletes the accounts whose deletion is due, and anonymous ones that are not used; returns how many. Several replicas may do it at once.
pub async fn delete_due(app: &App) -> Result<u64> {
    let now = app.now();
    let unused = Unused { now, before: now - app.config.login.anonymous_kept - anonymous_account::NOTED };
    Ok(delete_all(app, Only::IfDue).await? + delete_all(app, Only::IfUnused(unused)).await?)
}

async fn delete_all(app: &App, only: Only) -> Result<u64> {
    let (mut since, mut after, mut gone) = (Timestamp::from_micros(0), String::new(), 0);
    loop {
        let mut conn = app.db.read().await?;
        let due: Vec<_> = match only {
            Only::IfDue => {
                let due = account_deletion::due(&mut conn, &after, app.now(), DUE).await?;
                due.into_iter().map(|user| (since, user)).collect()
            }
            Only::IfUnused(unused) => anonymous_account::unused(&mut conn, (since, &after), unused, DUE).await?,
        };
        drop(conn);
        let Some((time, last)) = due.last() else { return Ok(gone) };
        since = *time;
        last.as_str().clone_into(&mut after);
        for (_, user) in due {
            let doom = Doom { user: user.clone(), even_last: false, only: Some(only) };
            let since = match app.db.write(doom).await? {
                Ok(since) => since,
                Err(outcome) => {
                    if outcome == Outcome::LastAdministrator && app.notices.first("last administrator leaves") {
                        tracing::warn!(
                            "the last administrator has asked to be deleted, and stays until there is another one"
                        );
                    }
                    // Otherwise the person has signed in, or another replica was faster.
                    continue;
                }
            };
            match delete_disabled(app, &user, since).await {
                Ok(outcome) => gone += u64::from(outcome == Outcome::Done),
                // An operator has enabled the account in between. It is due again in the next round.
                Err(Error::Conflict) => {}
                Err(error @ Error::Unavailable(_)) => return Err(error),
                // One that cannot be deleted must not keep those behind it.
                Err(error) => tracing::error!("an account that is due could not be deleted: {error}"),
            }
        }
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
        crash_point("user_deleted.origins_forgotten");
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
