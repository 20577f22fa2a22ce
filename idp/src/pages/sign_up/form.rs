//! What was typed into the form of a sign-up, and what is made of it.

use std::time::Duration;

use serde_json::{Map, Value};

use super::kept::Kept;
use super::problem::{SignUpProblem, refused};
use crate::account::invitation;
use crate::account::own_words::OwnWords;
use crate::account::profile::LONGEST;
use crate::account::sign_up::Rules;
use crate::account::terms;
use crate::app::App;
use crate::base::id::Id;
use crate::base::secret::Secret;
use crate::config::{SignUp, SignUpIdentifier};
use crate::flow::authorization::Step;
use crate::http::error::Error;
use crate::http::request::visitor::Visitor;
use crate::login::challenge::Puzzle;
use crate::login::identifier;
use crate::oidc::params::Params;
use crate::pages::new_password::check_password;
use crate::site::page::Page;
use crate::store::ephemeral::Rate;
use crate::store::people::invitation::Invitation;
use crate::store::people::user::Identifier;

/// How many invitations that do not work a network may try: ten at once, then one in a minute.
const WRONG_INVITATIONS: Rate = Rate { burst: 10, period: Duration::from_secs(60) };

/// What was typed, and what is wrong with it. It is shown again, other than the password.
#[derive(Clone, Default)]
pub(super) struct Typed {
    /// The code of an invitation.
    pub(super) invitation: String,
    /// The mail address.
    pub(super) email: String,
    /// The username, where that is asked for in its place.
    pub(super) username: String,
    /// The name.
    pub(super) name: String,
    /// Whether the terms are accepted.
    pub(super) accepts_terms: bool,
    /// The version of the terms that the form showed, sealed.
    pub(super) shown_terms: String,
    /// The errors.
    pub(super) problems: Vec<SignUpProblem>,
    /// The work that has to be proven, if any.
    pub(super) challenge: Option<Puzzle>,
    /// The anonymous account in this browser.
    pub(super) kept: Option<Kept>,
    /// The page from which somebody came to sign in.
    pub(super) return_to: Option<Page>,
}

impl Typed {
    /// What the form says.
    pub(super) fn of(params: &Params) -> Self {
        let text = |name| params.get(name).unwrap_or_default().trim().to_owned();
        Self {
            invitation: text("invitation"),
            email: text("email"),
            username: text("username"),
            name: text("name"),
            accepts_terms: params.get("terms") == Some("yes"),
            shown_terms: text("terms_shown"),
            return_to: params.get("return").and_then(Page::by_return_name),
            ..Self::default()
        }
    }
}

/// What an account can be made of.
pub(super) struct Checked {
    /// What its person signs in with.
    pub(super) identifier: Identifier,
    /// The profile.
    pub(super) profile: Map<String, Value>,
    /// The password.
    pub(super) password: Secret,
    /// The invitation by which it is made.
    pub(super) invitation: Option<Invitation>,
    /// The version of the terms that was accepted.
    pub(super) terms: Option<String>,
    /// The session of the anonymous account that is kept.
    pub(super) kept: Option<Id>,
}

/// Checks what was typed; the errors are in the order of the fields.
pub(super) async fn check(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    typed: &Typed,
    password: Secret,
) -> Result<Result<Checked, Vec<SignUpProblem>>, Error> {
    let mut problems = Vec::new();
    let invitation = match invited(app, visitor, &typed.invitation).await? {
        Ok(invitation) => invitation,
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    let identifier = identifier_of(app, typed);
    match &identifier {
        Err(problem) => problems.push(*problem),
        // Who has no invitation is told that, and no more.
        Ok(identifier) if problems.is_empty() => {
            let verdict = Rules::of(app).may_join(std::slice::from_ref(identifier), invitation.as_ref());
            problems.extend(verdict.err().map(refused).transpose()?);
        }
        Ok(_) => {}
    }
    if typed.name.chars().count() > LONGEST {
        problems.push(SignUpProblem::NameTooLong);
    }
    let client = step.map_or("", |step| step.proven.client.name.as_str());
    let own = OwnWords::of_provider(app).and(&typed.email).and(&typed.username).and(&typed.name).and(client);
    problems.extend(check_password(app, &password, own).await?.map(SignUpProblem::Password));
    // The version that the person could read, which may be another one than that of this server.
    let accepted = terms::shown(app, &typed.shown_terms).filter(|_| typed.accepts_terms);
    if visitor.site.terms.is_some() && accepted.is_none() {
        problems.push(SignUpProblem::TermsNotAccepted);
    }
    let Some(identifier) = identifier.ok().filter(|_| problems.is_empty()) else { return Ok(Err(problems)) };
    let mut profile = Map::new();
    if !typed.name.is_empty() {
        profile.insert("name".to_owned(), typed.name.clone().into());
    }
    profile.insert("locale".to_owned(), visitor.language.tag().into());
    let kept = typed.kept.as_ref().filter(|kept| kept.view.is_chosen).map(|kept| kept.session.clone());
    Ok(Ok(Checked { identifier, profile, password, invitation, terms: accepted, kept }))
}

/// What the person wants to sign in with.
fn identifier_of(app: &App, typed: &Typed) -> Result<Identifier, SignUpProblem> {
    match (app.config.login.sign_up_identifier, typed.email.as_str(), typed.username.as_str()) {
        (SignUpIdentifier::Email, "", _) => Err(SignUpProblem::EmailMissing),
        (SignUpIdentifier::Email, email, _) => {
            identifier::parse_email(email, None).map_err(|_| SignUpProblem::EmailMalformed)
        }
        (SignUpIdentifier::Username, _, "") => Err(SignUpProblem::UsernameMissing),
        (SignUpIdentifier::Username, _, name) => {
            identifier::parse_username(name).map_err(|_| SignUpProblem::UsernameMalformed)
        }
    }
}

/// The invitation with the code that was typed; `None` if there is none and none is needed.
pub(super) async fn invited(
    app: &App,
    visitor: &Visitor,
    typed: &str,
) -> Result<Result<Option<Invitation>, SignUpProblem>, Error> {
    if typed.is_empty() {
        let is_needed = app.config.login.sign_up == SignUp::Invitation;
        return Ok(if is_needed { Err(SignUpProblem::InvitationMissing) } else { Ok(None) });
    }
    if let Some(invitation) = invitation::find(app, typed).await? {
        return Ok(Ok(Some(invitation)));
    }
    // Those that work are not counted: a school may share an address, and nobody guesses a code.
    let counted = visitor.limit(app, "invitation", WRONG_INVITATIONS).await;
    Ok(Err(counted.map_or_else(SignUpProblem::too_many, |()| SignUpProblem::InvitationInvalid)))
}
