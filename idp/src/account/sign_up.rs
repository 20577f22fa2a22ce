//! Making an account oneself. Every way in asks the same rules before anything else, and the change that writes the account asks
//! them again. What operators create is no sign-up.

use std::time::Duration;

use serde_json::Map;

use crate::account::invitation::{is_bound_to, is_for, proves};
use crate::account::terms;
use crate::account::upgrade::Upgrade;
use crate::account::users::{self, NewUser};
use crate::app::App;
use crate::base::id::Id;
use crate::base::language::Language;
use crate::base::token::TokenHash;
use crate::config::SignUp;
use crate::federation::identity::Identity;
use crate::federation::{binding, link};
use crate::login::Error;
use crate::mail::domain::DomainRule;
use crate::store;
use crate::store::db::{Change, Tx};
use crate::store::ephemeral::Rate;
use crate::store::installation::event::Event;
use crate::store::people::channel_binding::NewBinding;
use crate::store::people::invitation::{self, Invitation};
use crate::store::people::mail_proof;
use crate::store::people::recovery_code;
use crate::store::people::upstream_account::NewUpstreamAccount;
use crate::store::people::user::{Identifier, User};

/// How often a network may sign up.
pub const SIGN_UPS: Rate = Rate { burst: 10, period: Duration::from_secs(60) };

/// Why somebody may not make an account. Nothing of it depends on who has an account already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody may.
    Closed,
    /// An invitation is needed and there is none, or there is one that does not work or is for another address.
    Invitation,
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

    /// Whether somebody may begin an account without telling who they are: where everybody may make one, with whatever address.
    pub fn admits_anonymous(&self) -> bool {
        self.may_join(&[], None).is_ok()
    }

    /// Whether somebody may make an account with these identifiers, by an invitation that works, if there is one.
    pub fn may_join(&self, identifiers: &[Identifier], invitation: Option<&Invitation>) -> Result<(), Refusal> {
        match (self.who, invitation) {
            (SignUp::Closed, _) => return Err(Refusal::Closed),
            (SignUp::Invitation, None) => return Err(Refusal::Invitation),
            (_, Some(invitation)) if !is_for(invitation, identifiers) => return Err(Refusal::Invitation),
            // Whoever has written the address knows its domain.
            (_, Some(invitation)) if is_bound_to(invitation, identifiers) => return Ok(()),
            _ => {}
        }
        let is_admitted = |address: &str| self.domains.iter().any(|rule| rule.admits(address));
        let mut addresses = identifiers.iter().filter(|it| it.is_email()).peekable();
        if self.domains.is_empty() || addresses.peek().is_some() && addresses.all(|it| is_admitted(&it.as_written)) {
            Ok(())
        } else {
            Err(Refusal::Domain)
        }
    }
}

/// The outcome of a sign-up.
#[derive(Clone, Debug)]
pub enum Joined {
    /// The account is there.
    Done(Box<User>),
    /// The person may not make one.
    Refused(Refusal),
    /// Somebody has the identifier.
    Taken,
    /// The anonymous account that was to be kept is there no more, or somebody's already.
    NothingToKeep,
}

/// Somebody who signs up.
pub struct Applicant {
    /// The user.
    pub new: NewUser,
    /// The password, which was hashed before.
    pub phc: Option<String>,
    /// The invitation, if there is one.
    pub invitation: Option<Id>,
    /// The session of the anonymous account that becomes theirs, if there is one.
    pub kept: Option<Id>,
    /// The hashes of the recovery codes that they get.
    pub recovery_codes: Vec<TokenHash>,
    /// The version of the terms that they accept.
    pub terms: Option<String>,
    /// The letter that has proven their address, and the browser that asked for it; it is used up.
    pub letter: Option<(Id, TokenHash)>,
    /// The account at another provider by which they have come.
    pub upstream: Option<NewUpstreamAccount>,
    /// The chat with a bot by which they have come.
    pub channel: Option<NewBinding>,
}

impl Applicant {
    /// Somebody who makes an account by one that they have elsewhere.
    pub fn by_upstream(new: NewUser, upstream: NewUpstreamAccount) -> Self {
        Self {
            new,
            phc: None,
            invitation: None,
            kept: None,
            recovery_codes: Vec::new(),
            terms: None,
            letter: None,
            upstream: Some(upstream),
            channel: None,
        }
    }
}

/// The user that is made of what another provider says of somebody.
pub fn user_of(identity: &Identity, language: &Language, identifiers: Vec<Identifier>) -> NewUser {
    let mut profile = Map::new();
    if let Some(name) = &identity.name {
        profile.insert("name".to_owned(), name.clone().into());
    }
    profile.insert("locale".to_owned(), language.tag().into());
    NewUser { sub: None, profile, identifiers, password: None, roles: Vec::new() }
}

/// Makes the account of somebody who signs up.
pub async fn join(app: &App, applicant: Applicant) -> Result<Joined, Error> {
    let Applicant { new, phc, invitation, kept, recovery_codes, terms, letter, upstream, channel } = applicant;
    let kept = kept.map(|session| Upgrade::of(app, session));
    let with = With { recovery_codes, terms, upstream, channel };
    let add = users::prepare(app, new, phc);
    match app.db.write(Join { rules: Rules::of(app), invitation, kept, letter, with, add }).await {
        Ok(joined) => Ok(joined),
        Err(store::db::Error::Conflict) => Ok(Joined::Taken),
        Err(error) => Err(error.into()),
    }
}

/// Adds a user, or makes an anonymous one a person's, if the rules allow it, and uses the invitation.
#[derive(Clone)]
struct Join {
    rules: Rules,
    invitation: Option<Id>,
    kept: Option<Upgrade>,
    letter: Option<(Id, TokenHash)>,
    with: With,
    add: users::Add,
}

/// What comes with a new account.
#[derive(Clone)]
struct With {
    recovery_codes: Vec<TokenHash>,
    terms: Option<String>,
    upstream: Option<NewUpstreamAccount>,
    channel: Option<NewBinding>,
}

impl With {
    /// Adds the user, or makes the one of an anonymous account theirs, with what belongs to them.
    async fn write(self, kept: Option<(Upgrade, User)>, add: users::Add, tx: &mut Tx<'_>) -> store::db::Result<User> {
        let now = tx.now();
        let user = match kept {
            None => add.apply(tx).await?,
            Some((upgrade, user)) => upgrade.write(tx, user, &add).await?,
        };
        if let Some(upstream) = &self.upstream
            && !link::write(tx, &user.id, upstream).await?
        {
            return Err(store::db::Error::Conflict);
        }
        if let Some(chat) = &self.channel
            && !binding::write(tx, &user.id, chat).await?
        {
            return Err(store::db::Error::Conflict);
        }
        if let Some(version) = &self.terms {
            terms::note(tx, &user.id, version).await?;
        }
        if !self.recovery_codes.is_empty() {
            recovery_code::replace(tx, &user.id, &self.recovery_codes, now).await?;
            tx.record(&Event::RecoveryCodesMade { user: user.id.clone() }).await?;
        }
        Ok(user)
    }
}

impl Change for Join {
    type Outcome = Joined;

    async fn apply(self, tx: &mut Tx<'_>) -> store::db::Result<Joined> {
        let (letter, now) = (self.letter.clone(), tx.now());
        let joined = self.join(tx).await?;
        // Account and letter in one change: whoever sends the form again finds the account, or can still make it.
        if let (Joined::Done(user), Some((proof, browser))) = (&joined, letter) {
            if !mail_proof::consume_asked(tx, &proof, &browser, now).await? {
                return Err(store::db::Error::Conflict);
            }
            mail_proof::note_user(tx, &proof, &user.id).await?;
        }
        Ok(joined)
    }
}

impl Join {
    async fn join(self, tx: &mut Tx<'_>) -> store::db::Result<Joined> {
        let (Self { rules, invitation, kept, with, mut add, .. }, now) = (self, tx.now());
        // The user is locked first, as everywhere.
        let kept = match kept {
            None => None,
            Some(upgrade) => match upgrade.hold(tx).await? {
                Some(user) => Some((upgrade, user)),
                None => return Ok(Joined::NothingToKeep),
            },
        };
        let invitation = match invitation {
            None => None,
            Some(id) => match invitation::find(tx, &id).await? {
                Some(found) => Some(found),
                None => return Ok(Joined::Refused(Refusal::Invitation)),
            },
        };
        if let Err(refusal) = rules.may_join(&add.identifiers, invitation.as_ref()) {
            return Ok(Joined::Refused(refusal));
        }
        let Some(invitation) = invitation else {
            return Ok(Joined::Done(Box::new(with.write(kept, add, tx).await?)));
        };
        // Whether it still works is judged by the statement that uses it: of many at once, none gets more than there are.
        if !invitation::consume(tx, &invitation.id, now).await? {
            return Ok(Joined::Refused(Refusal::Invitation));
        }
        if proves(&invitation, &add.identifiers) {
            add.identifiers.iter_mut().for_each(|it| it.verified_at = Some(now));
        }
        add.roles.clone_from(&invitation.roles);
        let user = with.write(kept, add, tx).await?;
        invitation::insert_use(tx, &user.id, &invitation.id, now).await?;
        tx.record(&Event::InvitationUsed { user: user.id.clone(), invitation: invitation.id.handle() }).await?;
        Ok(Joined::Done(Box::new(user)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Timestamp;
    use crate::login::identifier;

    fn rules(who: SignUp, domains: &[&str]) -> Rules {
        Rules { who, domains: domains.iter().map(|text| DomainRule::parse(text).unwrap()).collect() }
    }

    fn invited(address: Option<&str>) -> Invitation {
        let at = Timestamp::from_seconds(1_767_225_600);
        Invitation {
            id: Id::from("an invitation"),
            address: address.map(str::to_owned),
            mailed_at: None,
            roles: Vec::new(),
            uses: 1,
            uses_left: 1,
            created_at: at,
            created_by: None,
            expires_at: at,
            revoked_at: None,
        }
    }

    #[test]
    fn who_may_join_is_decided_by_the_mode_the_invitation_and_the_domain_of_each_address() {
        let of = |texts: &[&str]| texts.iter().map(|text| identifier::parse(text, None).unwrap()).collect::<Vec<_>>();
        let (own, other) = (of(&["a@northwind.example"]), of(&["a@elsewhere.example"]));
        let both = of(&["a@northwind.example", "a@elsewhere.example"]);
        let (name, nothing) = (of(&["alice"]), Vec::new());
        let domains = ["northwind.example"];
        let (anybody, bound) = (invited(None), invited(Some("A@Elsewhere.example")));
        for (rules, who, invitation, verdict) in [
            (rules(SignUp::Open, &[]), &own, None, Ok(())),
            (rules(SignUp::Open, &[]), &name, None, Ok(())),
            (rules(SignUp::Open, &[]), &nothing, None, Ok(())),
            (rules(SignUp::Open, &domains), &own, None, Ok(())),
            (rules(SignUp::Open, &domains), &other, None, Err(Refusal::Domain)),
            (rules(SignUp::Open, &domains), &both, None, Err(Refusal::Domain)),
            (rules(SignUp::Open, &domains), &name, None, Err(Refusal::Domain)),
            (rules(SignUp::Open, &domains), &nothing, None, Err(Refusal::Domain)),
            (rules(SignUp::Open, &domains), &other, Some(&anybody), Err(Refusal::Domain)),
            (rules(SignUp::Open, &domains), &other, Some(&bound), Ok(())),
            (rules(SignUp::Open, &[]), &own, Some(&bound), Err(Refusal::Invitation)),
            (rules(SignUp::Invitation, &[]), &own, None, Err(Refusal::Invitation)),
            (rules(SignUp::Invitation, &domains), &own, None, Err(Refusal::Invitation)),
            (rules(SignUp::Invitation, &[]), &own, Some(&anybody), Ok(())),
            (rules(SignUp::Invitation, &[]), &name, Some(&anybody), Ok(())),
            (rules(SignUp::Invitation, &[]), &nothing, Some(&bound), Err(Refusal::Invitation)),
            (rules(SignUp::Invitation, &domains), &other, Some(&anybody), Err(Refusal::Domain)),
            (rules(SignUp::Invitation, &domains), &other, Some(&bound), Ok(())),
            (rules(SignUp::Invitation, &domains), &own, Some(&bound), Err(Refusal::Invitation)),
            (rules(SignUp::Closed, &[]), &own, None, Err(Refusal::Closed)),
            (rules(SignUp::Closed, &domains), &own, Some(&anybody), Err(Refusal::Closed)),
            (rules(SignUp::Closed, &domains), &other, Some(&bound), Err(Refusal::Closed)),
        ] {
            assert_eq!(rules.may_join(who, invitation), verdict, "{rules:?} {who:?} {invitation:?}");
        }
    }
}
