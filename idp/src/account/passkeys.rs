//! The passkeys of an account: adding, renaming and removing them.

use crate::app::App;
use crate::base::id::Id;
use crate::letters::kind::Notice;
use crate::letters::notice::notify;
use crate::login::session::{Beginning, SignIn, SignedIn};
use crate::login::step_up::SteppedUp;
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::passkey::{self, Passkey};
use crate::store::people::session::Session;
use crate::store::people::{password, user};

/// How many passkeys a user can have.
pub const MOST: usize = 20;

/// How long the name of a passkey can be, in characters.
pub const LONGEST_NAME: usize = 64;

/// Adds a passkey that was made just now, and renews the session. `None` if the credential is somebody's already, if the user has
/// too many, or has changed since their session was read.
pub async fn add(app: &App, session: &Session, new: &Passkey, sign_in: &SignIn<'_>) -> Result<Option<SignedIn>> {
    let (new, beginning, step_up) = (new.clone(), Beginning::of(app, sign_in), SteppedUp::of(app, session));
    app.db.write(Add { new, step_up, generation: sign_in.user.generation, beginning }).await
}

#[derive(Clone)]
struct Add {
    new: Passkey,
    step_up: SteppedUp,
    generation: i64,
    beginning: Beginning,
}

impl Change for Add {
    type Outcome = Option<SignedIn>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<SignedIn>> {
        let (user, passkey) = (&self.new.user_id, self.new.id.handle());
        if !user::hold(tx, user).await?.is_some_and(|held| held.may_still(self.generation))
            || !self.step_up.holds(tx).await?
            || passkey::of_user(tx, user).await?.len() >= MOST
            || !passkey::insert(tx, &self.new).await?
        {
            return Ok(None);
        }
        tx.record(&Event::PasskeyAdded { user: user.clone(), passkey }).await?;
        notify(tx, user, Notice::PasskeyAdded).await?;
        self.beginning.write(tx, self.generation).await.map(Some)
    }
}

/// Gives a passkey of a user another name, or none; returns whether it is there.
pub async fn rename(app: &App, user: &Id, passkey: &Id, name: &str) -> Result<bool> {
    let printed: String = name.chars().filter(|c| !c.is_control()).collect();
    let name: String = printed.trim().chars().take(LONGEST_NAME).collect();
    let name = Some(name).filter(|name| !name.is_empty());
    app.db.write(Rename { user: user.clone(), passkey: passkey.clone(), name }).await
}

#[derive(Clone)]
struct Rename {
    user: Id,
    passkey: Id,
    name: Option<String>,
}

impl Change for Rename {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let Self { user, passkey, name } = self;
        user::hold(tx, &user).await?;
        let there = passkey::rename(tx, &user, &passkey, name.as_deref()).await?;
        if there {
            tx.record(&Event::PasskeyRenamed { user, passkey: passkey.handle() }).await?;
        }
        Ok(there)
    }
}

/// Why a passkey stays, or that it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Done,
    /// It was gone already, or the session has ended.
    NotThere,
    /// It is the only way in.
    LastWayIn,
}

/// Removes a passkey of a user, unless nothing else lets the user in.
pub async fn remove(app: &App, session: &Session, passkey: &Id) -> Result<Removed> {
    let (user, step_up) = (session.user_id.clone(), SteppedUp::of(app, session));
    app.db.write(Remove { user, step_up, passkey: passkey.clone() }).await
}

#[derive(Clone)]
struct Remove {
    user: Id,
    step_up: SteppedUp,
    passkey: Id,
}

impl Change for Remove {
    type Outcome = Removed;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Removed> {
        let Self { user, step_up, passkey } = self;
        user::hold(tx, &user).await?;
        let there = passkey::of_user(tx, &user).await?;
        if !step_up.holds(tx).await? || !there.iter().any(|one| one.id == passkey) {
            return Ok(Removed::NotThere);
        }
        if there.len() == 1 && !password::exists(tx, &user).await? {
            return Ok(Removed::LastWayIn);
        }
        passkey::delete(tx, &user, &passkey).await?;
        notify(tx, &user, Notice::PasskeyRemoved).await?;
        tx.record(&Event::PasskeyRemoved { user, passkey: passkey.handle() }).await?;
        Ok(Removed::Done)
    }
}
