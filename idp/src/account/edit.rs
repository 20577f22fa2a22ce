//! Changes an account for an operator: its profile, and what it is found by.

use crate::account::password_link;
use crate::account::profile::Claim;
use crate::app::App;
use crate::base::id::Id;
use crate::login::identifier;
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::user::{self, Identifier, IdentifierKind};

/// Sets claims of a user's profile, or removes those without a value; returns whether that changed anything.
pub async fn set_profile(app: &App, user: &Id, claims: Vec<(Claim, Option<String>)>) -> Result<bool> {
    app.db.write(SetProfile { user: user.clone(), claims }).await
}

/// Changes a profile.
#[derive(Clone)]
struct SetProfile {
    user: Id,
    claims: Vec<(Claim, Option<String>)>,
}

impl Change for SetProfile {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let Self { user, claims } = self;
        user::hold(tx, &user).await?;
        let Some(found) = user::find(tx, &user).await? else { return Ok(false) };
        let mut profile = found.profile.clone();
        for (claim, value) in &claims {
            claim.put(&mut profile, value.as_deref());
        }
        let changed = profile != found.profile;
        if changed {
            let now = tx.now();
            user::set_profile(tx, &user, &profile, now).await?;
            tx.record(&Event::ProfileChanged { user }).await?;
        }
        Ok(changed)
    }
}

/// Gives a user more identifiers, all or none; `Conflict` if another user has one of them, or one that looks like it.
pub async fn add_identifiers(
    app: &App,
    user: &Id,
    identifiers: Vec<Identifier>,
) -> Result<std::result::Result<(), Refused>> {
    app.db.write(AddIdentifiers { user: user.clone(), identifiers }).await
}

/// Adds identifiers.
#[derive(Clone)]
struct AddIdentifiers {
    user: Id,
    identifiers: Vec<Identifier>,
}

impl Change for AddIdentifiers {
    type Outcome = std::result::Result<(), Refused>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Outcome> {
        let Self { user, identifiers } = self;
        user::hold(tx, &user).await?;
        let own = user::identifiers(tx, &user).await?;
        let taken = |one: &Identifier, new: &Identifier| one.kind == new.kind && one.skeleton == new.skeleton;
        if let Some(had) = own.iter().find(|one| identifiers.iter().any(|new| taken(one, new))) {
            return Ok(Err(Refused::HasAlready(had.as_written.clone())));
        }
        let now = tx.now();
        for identifier in identifiers {
            let id = tx.id();
            user::insert_identifier(tx, &id, &user, &identifier, now).await?;
            tx.record(&Event::IdentifierAdded { user: user.clone(), identifier: identifier.kind }).await?;
        }
        user::set_updated(tx, &user, now).await.map(Ok)
    }
}

/// Why a change of an identifier is refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// The user has no such identifier, but these.
    Unknown(Vec<String>),
    /// The user has this identifier already, which is the new one or looks like it.
    HasAlready(String),
    /// Only what can be proven can be verified, and a username cannot.
    Username,
    /// It is the last one: nobody could find the user by anything else.
    Last,
}

/// Finds an identifier among a user's own, by any spelling.
fn find(own: &[Identifier], text: &str) -> std::result::Result<Identifier, Refused> {
    let normalised = identifier::normalise(text);
    let found = own.iter().find(|one| one.normalised == normalised).cloned();
    found.ok_or_else(|| Refused::Unknown(own.iter().map(|one| one.as_written.clone()).collect()))
}

/// Notes that a user owns an identifier; returns whether that was not known.
pub async fn verify_identifier(app: &App, user: &Id, text: &str) -> Result<std::result::Result<bool, Refused>> {
    app.db.write(VerifyIdentifier { user: user.clone(), text: text.to_owned() }).await
}

/// Marks an identifier as verified.
#[derive(Clone)]
struct VerifyIdentifier {
    user: Id,
    text: String,
}

impl Change for VerifyIdentifier {
    type Outcome = std::result::Result<bool, Refused>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Outcome> {
        let Self { user, text } = self;
        user::hold(tx, &user).await?;
        let found = match find(&user::identifiers(tx, &user).await?, &text) {
            Ok(found) if found.kind == IdentifierKind::Username => return Ok(Err(Refused::Username)),
            Ok(found) => found,
            Err(refused) => return Ok(Err(refused)),
        };
        let now = tx.now();
        let verified = user::verify_identifier(tx, &user, &found, now).await?;
        if verified {
            user::set_updated(tx, &user, now).await?;
            tx.record(&Event::IdentifierVerified { user, identifier: found.kind }).await?;
        }
        Ok(Ok(verified))
    }
}

/// Takes an identifier from a user, and ends the links that may have been sent there.
pub async fn remove_identifier(app: &App, user: &Id, text: &str) -> Result<std::result::Result<(), Refused>> {
    app.db.write(RemoveIdentifier { user: user.clone(), text: text.to_owned() }).await
}

/// Removes an identifier, unless it is the last one.
#[derive(Clone)]
struct RemoveIdentifier {
    user: Id,
    text: String,
}

impl Change for RemoveIdentifier {
    type Outcome = std::result::Result<(), Refused>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Outcome> {
        let Self { user, text } = self;
        user::hold(tx, &user).await?;
        let own = user::identifiers(tx, &user).await?;
        let found = match find(&own, &text) {
            Ok(_) if own.len() == 1 => return Ok(Err(Refused::Last)),
            Ok(found) => found,
            Err(refused) => return Ok(Err(refused)),
        };
        let (now, since) = (tx.now(), user::address_since(tx, &user).await?);
        user::delete_identifier(tx, &user, &found).await?;
        if let Some(since) = since {
            // If it was an address, those that are left stand in for it.
            user::note_address_since(tx, &user, since).await?;
        }
        password_link::end_what_was_sent(tx, &user, now).await?;
        user::set_updated(tx, &user, now).await?;
        tx.record(&Event::IdentifierRemoved { user, identifier: found.kind }).await?;
        Ok(Ok(()))
    }
}
