//! Making an account oneself. Every way in asks the same rules before anything else, and the change that writes the account asks
//! them again. What operators create is no sign-up.

use crate::account::users::{self, NewUser};
use crate::app::App;
use crate::config::SignUp;
use crate::login::Error;
use crate::mail::domain::DomainRule;
use crate::store;
use crate::store::db::{Change, Tx};
use crate::store::people::user::{Identifier, IdentifierKind, User};

/// Why somebody may not make an account. Nothing of it depends on who has an account already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody may.
    Closed,
    /// The domain of the address is not among those that may.
    Domain,
}

/// Who may make an account.
#[derive(Clone, Debug)]
pub struct Rules {
    who: SignUp,
    domains: Vec<DomainRule>,
}

impl Rules {
    /// The rules of this provider.
    pub fn of(app: &App) -> Self {
        let login = &app.config.login;
        Self { who: login.sign_up, domains: login.sign_up_domains.clone() }
    }

    /// Whether somebody may make an account with these identifiers.
    pub fn may_join(&self, identifiers: &[Identifier]) -> Result<(), Refusal> {
        if !self.who.is_offered() {
            return Err(Refusal::Closed);
        }
        let is_admitted = |address: &str| self.domains.iter().any(|rule| rule.admits(address));
        let mut addresses = identifiers.iter().filter(|it| it.kind == IdentifierKind::Email.as_str()).peekable();
        if self.domains.is_empty() || addresses.peek().is_some() && addresses.all(|it| is_admitted(&it.as_written)) {
            Ok(())
        } else {
            Err(Refusal::Domain)
        }
    }
}

/// What came of a sign-up.
#[derive(Clone, Debug)]
pub enum Joined {
    /// The account is there.
    Done(Box<User>),
    /// The person may not make one.
    Refused(Refusal),
    /// Somebody has the identifier.
    Taken,
}

/// Makes the account of somebody who signs up, with a password that was hashed before.
pub async fn join(app: &App, new: NewUser, phc: Option<String>) -> Result<Joined, Error> {
    let (rules, identifiers) = (Rules::of(app), new.identifiers.clone());
    match app.db.write(Join { rules, identifiers, add: users::prepare(app, new, phc) }).await {
        Ok(joined) => Ok(joined),
        Err(store::db::Error::Conflict) => Ok(Joined::Taken),
        Err(error) => Err(error.into()),
    }
}

/// Adds a user, if the rules allow it.
#[derive(Clone)]
struct Join {
    rules: Rules,
    identifiers: Vec<Identifier>,
    add: users::Add,
}

impl Change for Join {
    type Outcome = Joined;

    async fn apply(self, tx: &mut Tx<'_>) -> store::db::Result<Joined> {
        if let Err(refusal) = self.rules.may_join(&self.identifiers) {
            return Ok(Joined::Refused(refusal));
        }
        Ok(Joined::Done(Box::new(self.add.apply(tx).await?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::identifier;

    fn rules(who: SignUp, domains: &[&str]) -> Rules {
        Rules { who, domains: domains.iter().map(|text| DomainRule::parse(text).unwrap()).collect() }
    }

    #[test]
    fn who_may_join_is_decided_by_the_mode_and_by_the_domain_of_each_address() {
        let of = |texts: &[&str]| texts.iter().map(|text| identifier::parse(text, None).unwrap()).collect::<Vec<_>>();
        let (own, other) = (of(&["a@northwind.example"]), of(&["a@elsewhere.example"]));
        let both = of(&["a@northwind.example", "a@elsewhere.example"]);
        let (name, nothing) = (of(&["alice"]), Vec::new());
        let domains = ["northwind.example"];
        for (rules, who, verdict) in [
            (rules(SignUp::Open, &[]), &own, Ok(())),
            (rules(SignUp::Open, &[]), &name, Ok(())),
            (rules(SignUp::Open, &[]), &nothing, Ok(())),
            (rules(SignUp::Open, &domains), &own, Ok(())),
            (rules(SignUp::Open, &domains), &other, Err(Refusal::Domain)),
            (rules(SignUp::Open, &domains), &both, Err(Refusal::Domain)),
            (rules(SignUp::Open, &domains), &name, Err(Refusal::Domain)),
            (rules(SignUp::Open, &domains), &nothing, Err(Refusal::Domain)),
            (rules(SignUp::Closed, &[]), &own, Err(Refusal::Closed)),
            (rules(SignUp::Closed, &domains), &own, Err(Refusal::Closed)),
            (rules(SignUp::Closed, &domains), &other, Err(Refusal::Closed)),
        ] {
            assert_eq!(rules.may_join(who), verdict, "{rules:?} {who:?}");
        }
    }
}
