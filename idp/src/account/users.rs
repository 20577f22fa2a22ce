//! Creates users, and enables them again.

use serde_json::{Map, Value};

use crate::account::password_link;
use crate::app::App;
use crate::base::id::{Id, uuid_v4};
use crate::base::secret::Secret;
use crate::login::Error;
use crate::store;
use crate::store::db::{Change, Tx};
use crate::store::installation::event::Event;
use crate::store::people::account_deletion;
use crate::store::people::channel_request;
use crate::store::people::password;
use crate::store::people::role;
use crate::store::people::user::{self, Identifier, User};

/// A user to be created.
pub struct NewUser {
    /// The subject; random if none is given.
    pub sub: Option<String>,
    /// The standard claims, stored unchanged: OIDC Core §5.1.
    pub profile: Map<String, Value>,
    /// What the user can be found by.
    pub identifiers: Vec<Identifier>,
    /// The password, if the user has one from the start.
    pub password: Option<Secret>,
    /// The roles.
    pub roles: Vec<String>,
}

/// Creates a user; `Conflict` if the subject or an identifier is taken.
pub async fn add(app: &App, new: NewUser) -> Result<User, Error> {
    let phc = match &new.password {
        Some(password) => Some(app.hashing.hash(password).await?),
        None => None,
    };
    Ok(app.db.write(prepare(app, new, phc)).await?)
}

/// The change that creates a user.
pub(super) fn prepare(app: &App, new: NewUser, phc: Option<String>) -> Add {
    let now = app.now();
    let user = User {
        id: app.id(),
        sub: new.sub.unwrap_or_else(|| app.random.name::<16>()),
        profile: new.profile,
        created_at: now,
        updated_at: now,
        disabled_at: None,
        generation: 1,
    };
    let (identifiers, roles) = (new.identifiers, new.roles);
    Add { user, passkey_handle: uuid_v4(&app.random), identifiers, phc, roles }
}

/// Adds a user with all that belongs to them.
#[derive(Clone)]
pub(super) struct Add {
    pub(super) user: User,
    passkey_handle: String,
    pub(super) identifiers: Vec<Identifier>,
    phc: Option<String>,
    pub(super) roles: Vec<String>,
}

impl Change for Add {
    type Outcome = User;

    async fn apply(self, tx: &mut Tx<'_>) -> store::db::Result<User> {
        user::insert(tx, &self.user, &self.passkey_handle).await?;
        self.write_ways_in(tx, &self.user.id).await?;
        tx.record(&Event::UserCreated { user: self.user.id.clone() }).await?;
        Ok(self.user)
    }
}

impl Add {
    /// Gives a user what this one was to have besides the profile.
    pub(super) async fn write_ways_in(&self, tx: &mut Tx<'_>, user: &Id) -> store::db::Result<()> {
        let now = self.user.created_at;
        for identifier in &self.identifiers {
            let id = tx.id();
            user::insert_identifier(tx, &id, user, identifier, now).await?;
        }
        if let Some(phc) = &self.phc {
            password::set(tx, user, phc, now).await?;
        }
        for role in &self.roles {
            let id = tx.id();
            role::give(tx, user, role, &id, now).await?;
        }
        Ok(())
    }
}

/// Enables a user who was disabled; returns whether that changed anything. `account::delete::disable` disables.
pub async fn enable(app: &App, user: &Id) -> Result<bool, Error> {
    Ok(app.db.write(Enable { user: user.clone() }).await?)
}

/// Enables a user, which takes back a deletion that the user has asked for; whether that changed anything.
#[derive(Clone)]
struct Enable {
    user: Id,
}

impl Change for Enable {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> store::db::Result<bool> {
        let Self { user } = self;
        let changed = write_disabled(tx, user.clone(), false).await?;
        // Otherwise a deletion that became due meanwhile would follow within a minute.
        if changed && account_deletion::delete(tx, &user).await? {
            tx.record(&Event::DeletionTakenBack { user }).await?;
        }
        Ok(changed)
    }
}

/// Disables or enables a user within a change; returns whether that changed anything.
pub(super) async fn write_disabled(tx: &mut Tx<'_>, user: Id, disabled: bool) -> store::db::Result<bool> {
    let now = tx.now();
    let changed = user::set_disabled(tx, &user, disabled.then_some(now), now).await?;
    // What was sent earlier must not open the account once the user is enabled again.
    password_link::end_what_was_sent(tx, &user, now).await?;
    password_link::end_ways_back(tx, &user, now).await?;
    channel_request::delete_of_user(tx, &user).await?;
    let event = if disabled { Event::UserDisabled { user } } else { Event::UserEnabled { user } };
    if changed {
        tx.record(&event).await?;
    }
    Ok(changed)
}
