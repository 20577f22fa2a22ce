//! Gives roles to users and takes them away, for an operator.

use crate::account::delete::Outcome;
use crate::app::App;
use crate::base::id::Id;
use crate::login::session::Limits;
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::role::{self, ADMINISTRATOR};
use crate::store::people::{anonymous_account, user};

/// The longest name of a role, in bytes.
pub const LONGEST: usize = 100;

/// The name of a role that was typed, or what is wrong with it.
pub fn parse(text: &str) -> std::result::Result<String, &'static str> {
    let is_name = !text.is_empty()
        && text.len() <= LONGEST
        && !text.chars().any(|letter| letter.is_control() || letter.is_whitespace());
    if !is_name {
        return Err("a role is a name of 1 to 100 bytes, without spaces");
    }
    // It would be another role, which opens nothing.
    if text != ADMINISTRATOR && text.eq_ignore_ascii_case(ADMINISTRATOR) {
        return Err("the role of those who administer Latchkey is written administrator");
    }
    Ok(text.to_owned())
}

/// What became of a role that was to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Giving {
    /// The user has it now.
    Done,
    /// The user had it already, or is there no more.
    Unchanged,
    /// Refused: the account is anonymous, and nobody knows whose it is.
    Anonymous,
}

/// Gives a user a role. It counts from the next request on.
pub async fn give(app: &App, user: &Id, role: &str) -> Result<Giving> {
    let limits = (role == ADMINISTRATOR).then(|| Limits::of_administrators(app));
    app.db.write(Give { user: user.clone(), role: role.to_owned(), limits }).await
}

#[derive(Clone)]
struct Give {
    user: Id,
    role: String,
    /// What the user's sessions are held to from now on.
    limits: Option<Limits>,
}

impl Change for Give {
    type Outcome = Giving;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Giving> {
        let (Self { user, role, limits }, now, id) = (self, tx.now(), tx.id());
        let is_there = user::hold(tx, &user).await?.is_some();
        if is_there && anonymous_account::is_anonymous(tx, &user).await? {
            return Ok(Giving::Anonymous);
        }
        if !is_there || !role::give(tx, &user, &role, &id, now).await? {
            return Ok(Giving::Unchanged);
        }
        if let Some(limits) = limits {
            limits.hold(tx, &user, now).await?;
        }
        tx.record(&Event::RoleGiven { user, role }).await?;
        Ok(Giving::Done)
    }
}

/// Takes a role from a user, unless that leaves nobody who can administer.
pub async fn take(app: &App, user: &Id, role: &str, even_last: bool) -> Result<Outcome> {
    app.db.write(Take { user: user.clone(), role: role.to_owned(), even_last }).await
}

#[derive(Clone)]
struct Take {
    user: Id,
    role: String,
    even_last: bool,
}

impl Change for Take {
    type Outcome = Outcome;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Outcome> {
        let Self { user, role, even_last } = self;
        // This holds the user's row.
        if role == ADMINISTRATOR && role::is_last_administrator(tx, &user).await? && !even_last {
            return Ok(Outcome::LastAdministrator);
        }
        if !role::take(tx, &user, &role).await? {
            return Ok(Outcome::Unchanged);
        }
        tx.record(&Event::RoleTaken { user, role }).await?;
        Ok(Outcome::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_a_word_and_the_administrator_is_written_in_one_way() {
        for good in ["editor", "administrator", "Редактор", "shop:admin", &"x".repeat(100)] {
            assert_eq!(parse(good).as_deref(), Ok(good));
        }
        for bad in ["", " ", "x y", "editor\n", "Administrator", "ADMINISTRATOR", &"x".repeat(101)] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
