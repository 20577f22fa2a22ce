//! The passkeys of an account: adding, renaming and removing them.

use crate::app::App;
use crate::base::id::Id;
use crate::federation::ways_in::{Leaving, WaysIn};
use crate::letters::kind::Notice;
use crate::letters::notice::notify;
use crate::login::factor_age::{note_old, note_removed, vouched_since};
use crate::login::second_factor::Required;
use crate::login::session::{Beginning, SignIn, SignedIn};
use crate::login::step_up::SteppedUp;
use crate::login::{self, devices};
use crate::store::db::{Change, Conn, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::passkey::{self, Passkey};
use crate::store::people::session::{self, Session};
use crate::store::people::{passkey_offer, totp, user};

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

/// Holds the row of a user; returns whether they may still do what they could in this generation.
async fn holds(tx: &mut Tx<'_>, user: &Id, generation: i64) -> Result<bool> {
    Ok(user::hold(tx, user).await?.is_some_and(|held| held.may_still(generation)))
}

/// Stores a passkey of a user who may have one more; returns whether it is there now. The caller holds the user's row.
async fn put(tx: &mut Tx<'_>, new: &Passkey, step_up: &SteppedUp) -> Result<bool> {
    let (user, now) = (&new.user_id, tx.now());
    let may =
        step_up.holds(tx).await? && passkey::of_user(tx, user).await?.len() < MOST && passkey::insert(tx, new).await?;
    if may {
        passkey_offer::answer(tx, user, now).await?;
    }
    Ok(may)
}

impl Change for Add {
    type Outcome = Option<SignedIn>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<SignedIn>> {
        let (user, passkey, now) = (&self.new.user_id, self.new.id.handle(), tx.now());
        if !holds(tx, user, self.generation).await? {
            return Ok(None);
        }
        let since = vouched_since(tx, user, self.step_up.session(), now).await?;
        if !put(tx, &Passkey { since, ..self.new.clone() }, &self.step_up).await? {
            return Ok(None);
        }
        tx.record(&Event::PasskeyAdded { user: user.clone(), passkey }).await?;
        notify(tx, user, Notice::PasskeyAdded).await?;
        self.beginning.write(tx, self.generation).await.map(Some)
    }
}

/// Adds a passkey that the browser has made by itself, for a user who has none. The session stays as it is, since nobody was
/// verified. Returns whether the passkey is there now.
pub async fn add_automatic(app: &App, session: &Session, new: &Passkey) -> Result<bool> {
    let step_up = SteppedUp::of(app, session);
    app.db.write(AddAutomatic { new: new.clone(), step_up, generation: session.generation }).await
}

#[derive(Clone)]
struct AddAutomatic {
    new: Passkey,
    step_up: SteppedUp,
    generation: i64,
}

impl Change for AddAutomatic {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let Self { new, step_up, generation } = self;
        let may = holds(tx, &new.user_id, generation).await? && is_offer_open(tx, &new.user_id).await?;
        if !may || !put(tx, &new, &step_up).await? {
            return Ok(false);
        }
        notify(tx, &new.user_id, Notice::PasskeyCreatedAutomatically).await?;
        let event = Event::PasskeyCreatedAutomatically { user: new.user_id, passkey: new.id.handle() };
        tx.record(&event).await?;
        Ok(true)
    }
}

/// Whether a user may still be offered a first passkey: there is none, and the offer was not answered.
async fn is_offer_open(conn: &mut Conn, user: &Id) -> Result<bool> {
    Ok(!passkey_offer::is_answered(conn, user).await? && passkey::of_user(conn, user).await?.is_empty())
}

/// Whether a user is to be offered a passkey after a sign-in: once, as long as they have none.
pub async fn is_offer_due(app: &App, user: &Id) -> Result<bool> {
    let settings = &app.config.passkeys;
    if !(settings.offer || settings.conditional_create) || login::passkey::rp_id(app).is_none() {
        return Ok(false);
    }
    is_offer_open(&mut *app.db.read().await?, user).await
}

/// Notes that a user wants no passkey for now.
pub async fn decline_offer(app: &App, user: &Id) -> Result<()> {
    app.db.write(DeclineOffer { user: user.clone() }).await
}

#[derive(Clone)]
struct DeclineOffer {
    user: Id,
}

impl Change for DeclineOffer {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let now = tx.now();
        if user::hold(tx, &self.user).await?.is_some() {
            passkey_offer::answer(tx, &self.user, now).await?;
        }
        Ok(())
    }
}

/// Gives a passkey of a user another name, or none; returns whether it is there.
pub async fn rename(app: &App, user: &Id, passkey: &Id, name: &str) -> Result<bool> {
    app.db.write(Rename { user: user.clone(), passkey: passkey.clone(), name: name_of(name) }).await
}

/// A name as it is kept; `None` if nothing is left of it.
fn name_of(typed: &str) -> Option<String> {
    let printed: String = typed.chars().filter(|c| !c.is_control()).collect();
    let name: String = printed.trim().chars().take(LONGEST_NAME).collect();
    Some(name).filter(|name| !name.is_empty())
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

/// Whether a passkey of another system was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imported {
    /// It is there.
    Done,
    /// Somebody has this credential already, perhaps this user.
    Taken,
    /// The user has as many passkeys as can be.
    TooMany,
    /// The user is gone.
    NoUser,
}

/// Adds a passkey of another system to its user, for an operator. `tells` is whether a letter tells the user.
pub async fn import(app: &App, new: Passkey, name: Option<&str>, tells: bool) -> Result<Imported> {
    app.db.write(Import { new: Passkey { name: name.and_then(name_of), ..new }, tells }).await
}

#[derive(Clone)]
struct Import {
    new: Passkey,
    tells: bool,
}

impl Change for Import {
    type Outcome = Imported;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Imported> {
        let (Self { new, tells }, now) = (self, tx.now());
        let user = new.user_id.clone();
        if user::hold(tx, &user).await?.is_none() {
            return Ok(Imported::NoUser);
        }
        if passkey::of_user(tx, &user).await?.len() >= MOST {
            return Ok(Imported::TooMany);
        }
        if !passkey::insert(tx, &new).await? {
            return Ok(Imported::Taken);
        }
        passkey_offer::answer(tx, &user, now).await?;
        // Nobody knows since when its person has had it: it is no recent one.
        note_old(tx, &user, now.max(new.created_at)).await?;
        if tells {
            notify(tx, &user, Notice::PasskeyAdded).await?;
        }
        tx.record(&Event::PasskeyAdded { user, passkey: new.id.handle() }).await?;
        Ok(Imported::Done)
    }
}

/// Why a passkey stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastPasskey {
    /// It is the only way in.
    WayIn,
    /// It is the only second factor, and the operator requires one.
    SecondFactor,
}

/// Why a passkey cannot be removed, of these that its user has. An operator, who names no rule, can remove the only second factor: its
/// person has lost it, and sets up another one at the next sign-in.
pub async fn last(
    conn: &mut Conn,
    passkey: &Passkey,
    there: &[Passkey],
    required: Option<&Required>,
    ways_in: &WaysIn,
) -> Result<Option<LastPasskey>> {
    let user = &passkey.user_id;
    if ways_in.is_last(conn, user, Leaving::Passkey(&passkey.id)).await? {
        return Ok(Some(LastPasskey::WayIn));
    }
    // One that has never signed is no second factor: neither does it need to stay, nor does it stand in for the one that goes.
    let stands_in = |one: &Passkey| one.id != passkey.id && one.is_proven();
    let is_only_factor =
        passkey.is_proven() && !there.iter().any(stands_in) && totp::find(&mut *conn, user).await?.is_none();
    Ok(match required {
        Some(required) if is_only_factor && required.holds(conn, user).await? => Some(LastPasskey::SecondFactor),
        _ => None,
    })
}

/// Whether a passkey was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Done,
    /// It was gone already, or the session has ended.
    NotThere,
    /// It stays.
    Last(LastPasskey),
}

/// Removes a passkey of a user, and ends the sessions elsewhere that it has begun, unless nothing else lets the user in, or nothing else
/// is the second factor that is required.
pub async fn remove(app: &App, session: &Session, passkey: &Id) -> Result<Removed> {
    let by_person = Some((SteppedUp::of(app, session), Required::of(app)));
    let ways_in = WaysIn::of(app).await?;
    app.db.write(Remove { user: session.user_id.clone(), by_person, passkey: passkey.clone(), ways_in }).await
}

/// Removes a passkey for an operator, even if it is the only second factor of somebody who needs one.
pub async fn remove_of(app: &App, user: &Id, passkey: &Id) -> Result<Removed> {
    let ways_in = WaysIn::of(app).await?;
    app.db.write(Remove { user: user.clone(), by_person: None, passkey: passkey.clone(), ways_in }).await
}

#[derive(Clone)]
struct Remove {
    user: Id,
    /// What lets its person do it, and who needs a second factor; `None` for an operator.
    by_person: Option<(SteppedUp, Required)>,
    passkey: Id,
    ways_in: WaysIn,
}

impl Change for Remove {
    type Outcome = Removed;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Removed> {
        let Self { user, by_person, passkey, ways_in } = self;
        user::hold(tx, &user).await?;
        if let Some((step_up, _)) = &by_person
            && !step_up.holds(tx).await?
        {
            return Ok(Removed::NotThere);
        }
        let there = passkey::of_user(tx, &user).await?;
        let Some(found) = there.iter().find(|one| one.id == passkey) else { return Ok(Removed::NotThere) };
        if let Some(why) = last(tx, found, &there, by_person.as_ref().map(|(_, required)| required), &ways_in).await? {
            return Ok(Removed::Last(why));
        }
        if let Some((step_up, _)) = &by_person {
            note_removed(tx, &user, (None, Some(found)), step_up.session()).await?;
        }
        passkey::delete(tx, &user, &passkey).await?;
        // Whoever has the device with the passkey may be signed in by it, and could make another one.
        let here = by_person.as_ref().map(|(step_up, _)| step_up.session());
        for session in session::of_passkey(tx, &user, &passkey, here).await? {
            devices::end(tx, &user, &session).await?;
            tx.record(&match here {
                Some(_) => Event::SignedOut { user: user.clone(), session },
                None => Event::SessionEnded { user: user.clone(), session },
            })
            .await?;
        }
        notify(tx, &user, Notice::PasskeyRemoved).await?;
        tx.record(&Event::PasskeyRemoved { user, passkey: passkey.handle() }).await?;
        Ok(Removed::Done)
    }
}
