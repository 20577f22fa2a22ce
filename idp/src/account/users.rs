//! Making users, and changing what they sign in with.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::{Id, uuid_v4};
use crate::base::secret::Secret;
use crate::base::token::{Token, TokenHash, TokenKind};
use crate::login::Error;
use crate::login::password::Proof;
use crate::login::session::{Beginning, SignIn, SignedIn};
use crate::oidc::claims::Person;
use crate::store;
use crate::store::db::Conn;
use crate::store::event::{Event, Pen};
use crate::store::one_time_link::{self, NewLink, Purpose};
use crate::store::user::{self, Identifier, IdentifierKind, User};
use crate::store::{password, user as users};

/// Somebody to be made a user.
pub struct NewUser {
    /// The subject; random if none is given.
    pub sub: Option<String>,
    /// The standard claims that are kept as they are: OIDC Core §5.1.
    pub profile: Map<String, Value>,
    /// What the user can be found by.
    pub identifiers: Vec<Identifier>,
    /// The password, if the user has one from the start.
    pub password: Option<Secret>,
    /// The roles.
    pub roles: Vec<String>,
}

/// Makes a user; `Conflict` if the subject or an identifier is taken.
pub async fn add(app: &App, new: NewUser) -> Result<User, Error> {
    let phc = match &new.password {
        Some(password) => Some(app.hashing.hash(password).await?),
        None => None,
    };
    let (now, pen) = (app.now(), app.pen.clone());
    let user = User {
        id: app.id(),
        sub: new.sub.unwrap_or_else(|| app.pen.random.name::<16>()),
        profile: Value::Object(new.profile).to_string(),
        created_at: now,
        updated_at: now,
        disabled_at: None,
        generation: 1,
    };
    let (made, handle) = (user.clone(), uuid_v4(&app.pen.random));
    app.db
        .write(move |conn| {
            Box::pin(async move {
                user::insert(conn, &made, &handle).await?;
                for identifier in &new.identifiers {
                    user::insert_identifier(conn, &pen.id(), &made.id, identifier, now).await?;
                }
                if let Some(phc) = &phc {
                    password::set(conn, &made.id, phc, now).await?;
                }
                for role in &new.roles {
                    user::give_role(conn, &made.id, role, &pen.id(), now).await?;
                }
                pen.record(conn, &Event::UserCreated { user: made.id }).await
            })
        })
        .await?;
    Ok(user)
}

/// Sets a password. All sessions and grants that began before end.
pub async fn set_password(app: &App, user: &Id, password: &Secret) -> Result<(), Error> {
    let phc = app.hashing.hash(password).await?;
    let (now, pen, user) = (app.now(), app.pen.clone(), user.clone());
    app.db
        .write(move |conn| {
            Box::pin(async move {
                // The user's row first, as everywhere: who waits for it has locked nothing else.
                end_what_was_before(conn, &pen, &user, now).await?;
                password::set(conn, &user, &phc, now).await
            })
        })
        .await?;
    Ok(())
}

/// Sets the password of the user that a link belongs to, uses the link up, and begins a session. `None` if the link
/// does not work.
pub async fn set_password_by_link(
    app: &App,
    link: &TokenHash,
    password: &Secret,
    sign_in: &SignIn<'_>,
) -> Result<Option<SignedIn>, Error> {
    let phc = app.hashing.hash(password).await?;
    let (now, pen, link, user) = (app.now(), app.pen.clone(), link.clone(), sign_in.user.id.clone());
    let beginning = Beginning::of(app, sign_in);
    let signed_in = app
        .db
        .write(move |conn| {
            Box::pin(async move {
                // The user before the link: of two links of one user that are used at once, one waits for the other here.
                let held = users::hold(conn, &user).await?;
                let Some(held) = held.filter(|held| held.disabled_at.is_none()) else { return Ok(None) };
                let owner = one_time_link::consume(conn, &link, Purpose::SetPassword, now).await?;
                if owner.as_ref() != Some(&user) {
                    return Ok(None);
                }
                password::set(conn, &user, &phc, now).await?;
                end_what_was_before(conn, &pen, &user, now).await?;
                beginning.write(conn, held.generation + 1).await.map(Some)
            })
        })
        .await?;
    Ok(signed_in)
}

/// Changes the password of somebody who has typed the present one, and begins a session. `None` if it was changed in
/// the meantime: that change stays.
pub async fn change_password(
    app: &App,
    proof: &Proof,
    password: &Secret,
    sign_in: &SignIn<'_>,
) -> Result<Option<SignedIn>, Error> {
    let phc = app.hashing.hash(password).await?;
    let (now, pen, proof) = (app.now(), app.pen.clone(), proof.clone());
    let beginning = Beginning::of(app, sign_in);
    let signed_in = app
        .db
        .write(move |conn| {
            Box::pin(async move {
                let (user, generation) = (&proof.user.id, proof.user.generation);
                if !users::hold(conn, user).await?.is_some_and(|held| held.may_still(generation))
                    || !password::replace(conn, user, &proof.phc, &phc, now).await?
                {
                    return Ok(None);
                }
                end_what_was_before(conn, &pen, user, now).await?;
                beginning.write(conn, generation + 1).await.map(Some)
            })
        })
        .await?;
    Ok(signed_in)
}

/// Ends all that the old password has opened: sessions, grants, links.
async fn end_what_was_before(conn: &mut Conn, pen: &Pen, user: &Id, now: Timestamp) -> store::db::Result<()> {
    users::end_all(conn, user).await?;
    password::clear_failures(conn, &format!("user:{user}")).await?;
    // A link that was made for the password before must not set the next one.
    one_time_link::end_all(conn, Purpose::SetPassword, user, now).await?;
    pen.record(conn, &Event::PasswordChanged { user: user.clone() }).await
}

fn to_set_password<'a>(hash: &'a TokenHash, user: &'a Id, now: Timestamp, lifetime: Duration) -> NewLink<'a> {
    NewLink { hash, purpose: Purpose::SetPassword, user, created_at: now, expires_at: now + lifetime }
}

/// A link by which the user sets a password; links made for it before die.
pub async fn password_link(app: &App, user: &Id, lifetime: Duration) -> Result<String, Error> {
    let token = Token::new(TokenKind::OneTimeLink, &app.pen.random);
    let (hash, now, user) = (token.hash(), app.now(), user.clone());
    app.db
        .write(move |conn| {
            Box::pin(async move {
                users::hold(conn, &user).await?;
                one_time_link::end_all(conn, Purpose::SetPassword, &user, now).await?;
                one_time_link::insert(conn, &to_set_password(&hash, &user, now, lifetime)).await
            })
        })
        .await?;
    Ok(address(app, &token))
}

/// The link by which a user without a password sets the first one.
#[derive(Debug)]
pub enum FirstLink {
    /// It was made just now. Only its hash is stored, so it cannot be shown again.
    Made(String),
    /// One was made before, and works until this moment.
    MadeBefore(Timestamp),
}

/// A link by which the user sets a password, unless there is one that works: it was shown when it was made. Of several
/// processes that begin at once, one makes it.
pub async fn first_password_link(app: &App, user: &Id, lifetime: Duration) -> Result<FirstLink, Error> {
    let token = Token::new(TokenKind::OneTimeLink, &app.pen.random);
    let (hash, now, user) = (token.hash(), app.now(), user.clone());
    let before = app
        .db
        .write(move |conn| {
            Box::pin(async move {
                users::hold(conn, &user).await?;
                let before = one_time_link::works_until(conn, Purpose::SetPassword, &user, now).await?;
                if before.is_none() {
                    one_time_link::insert(conn, &to_set_password(&hash, &user, now, lifetime)).await?;
                }
                Ok(before)
            })
        })
        .await?;
    Ok(before.map_or_else(|| FirstLink::Made(address(app, &token)), FirstLink::MadeBefore))
}

fn address(app: &App, token: &Token) -> String {
    // In the fragment it would need a script; in the query it is kept out of logs and, by policy, out of referrers.
    format!("{}?token={}", app.config.issuer.url("/set-password"), token.expose())
}

/// Disables a user, whose sessions, tokens and links end, or enables them again; whether that changed anything.
pub async fn set_disabled(app: &App, user: &Id, disabled: bool) -> Result<bool, Error> {
    let (now, pen, user) = (app.now(), app.pen.clone(), user.clone());
    let changed = app
        .db
        .write(move |conn| {
            Box::pin(async move {
                let changed = users::set_disabled(conn, &user, disabled.then_some(now), now).await?;
                // A link that was made before must not open the account once it is enabled again.
                one_time_link::end_all(conn, Purpose::SetPassword, &user, now).await?;
                let event = if disabled { Event::UserDisabled { user } } else { Event::UserEnabled { user } };
                if changed {
                    pen.record(conn, &event).await?;
                }
                Ok(changed)
            })
        })
        .await?;
    Ok(changed)
}

/// A user as relying parties may come to know them, as far as the scope allows.
pub async fn person(app: &App, id: &Id) -> store::db::Result<Option<Person>> {
    let found = users::find_with_identifiers(&mut *app.db.read().await?, id).await?;
    Ok(found.map(|(user, identifiers)| person_of(user, &identifiers)))
}

/// The same of a user who is at hand.
pub fn person_of(user: User, identifiers: &[Identifier]) -> Person {
    // Of several, a verified one is the one to tell.
    let of_kind = |kind: IdentifierKind| {
        let mut own: Vec<&Identifier> = identifiers.iter().filter(|it| it.kind == kind.as_str()).collect();
        own.sort_by_key(|it| it.verified_at.is_none());
        own.first().map(|it| (it.as_written.clone(), it.verified_at.is_some()))
    };
    let (email, phone) = (of_kind(IdentifierKind::Email), of_kind(IdentifierKind::Phone));
    Person {
        sub: user.sub,
        profile: serde_json::from_str(&user.profile).unwrap_or_default(),
        email_verified: email.as_ref().is_some_and(|(_, verified)| *verified),
        email: email.map(|(text, _)| text),
        phone_number_verified: phone.as_ref().is_some_and(|(_, verified)| *verified),
        phone_number: phone.map(|(text, _)| text),
        preferred_username: of_kind(IdentifierKind::Username).map(|(text, _)| text),
        updated_at: Some(user.updated_at),
    }
}
