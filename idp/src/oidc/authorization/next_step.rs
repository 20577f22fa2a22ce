//! What has to happen before an authorization request can be answered.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::oidc::authorization::request::AuthorizationRequest;
use crate::oidc::authorization::session::Session;
use crate::oidc::claims::acr::{Acr, Method};
use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::error::{Error, ErrorCode};
use crate::oidc::scope::{OFFLINE_ACCESS, ScopeSet};

/// A version of the terms of service, and where people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The operator's name for the version, such as its date.
    pub version: String,
    /// Where it is.
    pub uri: String,
}

/// What the person has done since the request came, sealed and kept with the request. All of it was done in one
/// session, and counts only for that session and only while it lives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The session that the person chose, began by signing in or up, or gave or refused consent in.
    pub session: Option<Id>,
    /// Whether that session was a visitor's then. It goes on when somebody signs up in it, who may be another person.
    pub of_visitor: bool,
    /// When the person signed in or up to that session, if that was part of it.
    pub authenticated_at: Option<Timestamp>,
    /// What the person consented to.
    pub consented: Option<ScopeSet>,
    /// The row that remembers that consent; if it is gone, the consent was withdrawn.
    pub consent: Option<Id>,
    /// Whether the person refused.
    pub denied: bool,
    /// The terms that the person is asked to accept. Every server asks for these until the request is answered, whichever version its own
    /// configuration names: while a new version is rolled out, the servers differ.
    pub terms: Option<Terms>,
    /// The first factor of a sign-in that needs a second one.
    pub first_factor: Option<FirstFactor>,
}

impl Facts {
    /// Notes whose they are.
    pub fn choose(&mut self, session: &Session) {
        (self.session, self.of_visitor) = (Some(session.id.clone()), session.is_of_visitor());
    }

    /// Whether they are those of the person whose session this is now.
    pub fn are_of(&self, session: &Session) -> bool {
        self.session.as_ref() == Some(&session.id) && self.of_visitor == session.is_of_visitor()
    }
}

/// Half a sign-in: the first factor is proven, the second is still needed. It gives no access; a session begins when
/// both are proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstFactor {
    /// What tells this sign-in from others, for the count of its tries.
    #[serde(default)]
    pub id: String,
    /// Who has proven it.
    pub user: Id,
    /// The generation of the user that was verified; compared when the sign-in is completed.
    pub generation: i64,
    /// How it was proven.
    pub methods: Vec<Method>,
    /// When it was proven. The code that completes the sign-in decides for how long that counts.
    pub proven_at: Timestamp,
    /// Whether the person wants to be kept signed in.
    #[serde(default)]
    pub keep: bool,
    /// The hash of a cookie that the browser forgets when it is closed, and that the next sign-in takes away: whoever comes then
    /// finds half of nobody's sign-in.
    #[serde(default)]
    pub cookie: Option<String>,
    /// The account at another provider by which it was proven; it has to be linked still when the sign-in is completed.
    #[serde(default)]
    pub upstream: Option<Id>,
}

/// What a person has allowed a client before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The row. A consent that is given again after it was withdrawn has a new row.
    pub id: Id,
    /// What is allowed.
    pub scope: ScopeSet,
}

/// What the next step depends on besides the request.
#[derive(Clone, Debug)]
pub struct Situation<'a> {
    /// The present time.
    pub now: Timestamp,
    /// The browser's live sessions, the most recently used first.
    pub sessions: &'a [Session],
    /// The person that the verified `id_token_hint` names.
    pub hinted_sub: Option<&'a str>,
    /// What the person whose session `session_for` finds has consented to before.
    pub remembered: Option<&'a Remembered>,
    /// The strongest class that this person can reach.
    pub reachable: Acr,
    /// Whether the session of this person is too weak here, whatever the request asks for: it has not proven the second factor that
    /// the operator requires, it is that of a visitor, whose account is somebody's now, or only applications have used that of
    /// an administrator lately.
    pub is_too_weak: bool,
    /// Whether this person has not accepted the terms of service.
    pub lacks_terms: bool,
    /// What has happened since the request came.
    pub facts: &'a Facts,
    /// Whether people can sign up by themselves.
    pub sign_up_offered: bool,
}

/// Why someone has to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInReason {
    /// Nobody is signed in.
    NoSession,
    /// The client asks for it: `prompt=login`, `max_age=0`.
    Requested,
    /// The sign-in of the session is older than `max_age`.
    TooOld,
    /// The client (`acr_values`) or the operator wants a stronger class than the sign-in of the session has.
    TooWeak,
    /// The client wants a passkey (`acr_values`), which the person has and the session was not begun with.
    NeedsPasskey,
    /// `id_token_hint` names someone who is not signed in here.
    SomeoneElse,
}

/// What an answer may grant, and which consent allows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Who is signed in.
    pub session: Id,
    /// What is granted; `offline_access` only if it was consented to or needs no consent.
    pub scope: ScopeSet,
    /// The remembered consent that allows it; a client of the operator needs none.
    pub consent: Option<Id>,
}

/// What has to happen next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Show the sign-in page.
    SignIn(SignInReason),
    /// Show the page of the second factor: the first one is proven.
    SecondFactor {
        /// Who has proven it.
        user: Id,
    },
    /// Show the sign-up page.
    SignUp,
    /// Show the choice of account.
    SelectAccount,
    /// Show the terms of service.
    Terms {
        /// Who is asked.
        session: Id,
    },
    /// Show the consent page.
    Consent {
        /// Whose consent is wanted.
        session: Id,
        /// The scopes; exactly this set goes into `Facts::consented` if the person agrees.
        scopes: ScopeSet,
    },
    /// Ask whether to go on, so that a program on the person's device gets nothing without the person's knowledge.
    Continue {
        /// Whose account it is.
        session: Id,
    },
    /// Answer with an error.
    Fail(Error),
    /// Answer with a code.
    Proceed(Allowed),
}

/// Decides what has to happen before the request can be answered: Core §3.1.2.3 to §3.1.2.6.
///
/// `prompt=none` never gets a page, only an answer.
pub fn next_step(request: &AuthorizationRequest, client: &Client, situation: &Situation<'_>) -> NextStep {
    let step = decide(request, client, situation);
    if !request.prompt.none {
        return step;
    }
    match step {
        NextStep::SignIn(_) | NextStep::SecondFactor { .. } | NextStep::SignUp => {
            NextStep::Fail(ErrorCode::LoginRequired.into())
        }
        NextStep::SelectAccount => NextStep::Fail(ErrorCode::AccountSelectionRequired.into()),
        NextStep::Consent { .. } => NextStep::Fail(ErrorCode::ConsentRequired.into()),
        NextStep::Terms { .. } | NextStep::Continue { .. } => NextStep::Fail(ErrorCode::InteractionRequired.into()),
        answer => answer,
    }
}

/// What is missing for a request that was answered with an error, because nothing may be shown (`prompt=none`) or because the person
/// has refused it; for the operator.
pub fn what_is_missing(
    request: &AuthorizationRequest,
    client: &Client,
    situation: &Situation<'_>,
) -> Option<Difference> {
    let session = situation.session();
    let reason = match decide(request, client, situation) {
        NextStep::SignIn(reason) => reason,
        NextStep::Fail(error) if error.code == ErrorCode::UnmetAuthenticationRequirements => {
            return session.map(|session| missing_factor(request, situation, session));
        }
        NextStep::Fail(error) if error.code == ErrorCode::AccessDenied => {
            return Some(Difference::new(what_was_refused(request, client, situation), "a no by the person", "a yes"));
        }
        NextStep::SelectAccount => {
            let came = format!("{} accounts that are signed in", situation.sessions.len());
            return Some(Difference::new("session", came, "a choice by the person"));
        }
        NextStep::Terms { .. } => {
            return Some(Difference::new("terms", "somebody who has not accepted them", "somebody who has"));
        }
        NextStep::Consent { scopes, .. } => {
            let earlier = situation.remembered.map(|remembered| remembered.scope.to_string());
            let came = earlier.unwrap_or_else(|| "none that is remembered".to_owned());
            return Some(Difference::new("consent", came, format!("a consent to {scopes}")));
        }
        _ => return None,
    };
    Some(match (reason, session) {
        (SignInReason::SomeoneElse, _) => {
            Difference::new("id_token_hint", "somebody who is not signed in with this browser", "somebody who is")
        }
        (SignInReason::TooOld, Some(session)) => {
            let (age, most) = (situation.now.since(session.auth_time).as_secs(), request.max_age.unwrap_or_default());
            let place = format!("The sign-in is {} s too old.", age.saturating_sub(most));
            Difference::new("max_age", format!("a sign-in {age} s ago"), format!("one within {most} s")).at(place)
        }
        (SignInReason::TooWeak, Some(session)) if session.is_of_visitor() => {
            Difference::new("session", "that of a visitor", "a sign-in")
        }
        (SignInReason::TooWeak, Some(session)) if session.is_unattended() => {
            let came = "an administrator's, which only applications have used for longer than login.administrator_idle";
            Difference::new("session", came, "one that its person has used")
        }
        (SignInReason::TooWeak, Some(session)) if situation.is_too_weak => {
            let came = format!("a sign-in by {} ({})", session.amr.join(" and "), session.acr);
            Difference::new("second factor", came, "a second factor, which the client or the configuration requires")
        }
        (SignInReason::TooWeak | SignInReason::NeedsPasskey, Some(session)) => {
            missing_factor(request, situation, session)
        }
        (SignInReason::Requested, _) => {
            Difference::new("max_age", "a sign-in from before this request", "a new one (max_age=0)")
        }
        _ => Difference::new("session", "a browser in which nobody is signed in", "somebody who is"),
    })
}

/// What the person was asked who has refused it.
fn what_was_refused(request: &AuthorizationRequest, client: &Client, situation: &Situation<'_>) -> &'static str {
    let facts = Facts { denied: false, ..situation.facts.clone() };
    match decide(request, client, &Situation { facts: &facts, ..situation.clone() }) {
        NextStep::Terms { .. } => "terms",
        NextStep::Continue { .. } => "continuing to a program on the device",
        _ => "consent",
    }
}

/// The sessions that can answer a request: that of an anonymous account is no sign-in where the request does not admit one.
pub fn usable(request: &AuthorizationRequest, sessions: Vec<Session>) -> Vec<Session> {
    sessions.into_iter().filter(|session| request.admits_anonymous || !session.is_of_visitor()).collect()
}

/// Which class the client wants, and which factor is missing for it.
fn missing_factor(request: &AuthorizationRequest, situation: &Situation<'_>, session: &Session) -> Difference {
    let wanted: Vec<_> = request.acr_values.iter().map(|class| class.as_str()).collect();
    let came = format!("a sign-in by {} ({})", session.amr.join(" and "), session.acr);
    let place = match class_wanted(request, situation.reachable) {
        None => "The account has no passkey.",
        Some(Acr::PhishingResistant) => "The account has a passkey, by which nobody has signed in for this.",
        Some(class) if class <= situation.reachable => {
            "The account has a second factor, which was not proven for this sign-in."
        }
        Some(_) => "The account has no second factor; the sign-in page would have one set up.",
    };
    Difference::new("acr_values", came, wanted.join(" or ")).at(place)
}

impl<'a> Situation<'a> {
    /// The session that the request is about, if that is known yet.
    pub fn session(&self) -> Option<&'a Session> {
        session_for(self.sessions, self.facts, self.hinted_sub)
    }
}

/// The session that a request is about, if that is known yet: the one chosen or begun since it came, else the hinted
/// person's, else the most recently used. The caller looks up what this person consented to before.
pub fn session_for<'a>(sessions: &'a [Session], facts: &Facts, hinted_sub: Option<&str>) -> Option<&'a Session> {
    sessions.iter().find(|session| facts.are_of(session)).or_else(|| match hinted_sub {
        Some(sub) => sessions.iter().find(|session| session.sub == sub),
        None => sessions.first(),
    })
}

/// The answer to a person's no. Consent is asked for once the terms are accepted: who lacks them has refused them.
fn refusal(situation: &Situation<'_>) -> Error {
    let error = Error::from(ErrorCode::AccessDenied);
    match &situation.facts.terms {
        Some(terms) if situation.lacks_terms => {
            let came = format!("a no to version {} of the terms of service", terms.version);
            error.because(Difference::new("terms", came, "a yes"))
        }
        _ => error,
    }
}

fn decide(request: &AuthorizationRequest, client: &Client, situation: &Situation<'_>) -> NextStep {
    let (prompt, facts) = (request.prompt, situation.facts);
    let session = situation.session();
    // The facts count only while their session lives and is the same person's: they say nothing about the next one in this browser.
    let chosen = session.is_some_and(|session| facts.are_of(session));
    if facts.denied && chosen {
        return NextStep::Fail(refusal(situation));
    }
    let fresh = chosen && facts.authenticated_at.is_some();
    if let Some(first) = facts.first_factor.as_ref().filter(|_| !fresh) {
        // A sign-in has begun, so it continues, even if others are signed in here.
        return NextStep::SecondFactor { user: first.user.clone() };
    }
    let wanted = prompt.login || request.max_age == Some(0);

    if prompt.create && situation.sign_up_offered && !fresh {
        return NextStep::SignUp;
    }
    if prompt.select_account && !chosen && !situation.sessions.is_empty() {
        return NextStep::SelectAccount;
    }
    let Some(session) = session else {
        let nobody = situation.sessions.is_empty();
        return NextStep::SignIn(if nobody { SignInReason::NoSession } else { SignInReason::SomeoneElse });
    };
    if situation.hinted_sub.is_some_and(|sub| sub != session.sub) {
        // Another person signed in than the one asked for: Core §3.1.2.1 requires an error to the client.
        return if fresh {
            NextStep::Fail(Error::new(ErrorCode::LoginRequired, "Someone else signed in than id_token_hint names."))
        } else {
            NextStep::SignIn(SignInReason::SomeoneElse)
        };
    }
    let undecided = !chosen && situation.hinted_sub.is_none() && situation.sessions.len() > 1;
    if undecided && !prompt.none && !wanted {
        return NextStep::SelectAccount;
    }
    if wanted && !fresh {
        return NextStep::SignIn(SignInReason::Requested);
    }
    let age = situation.now.since(session.auth_time);
    // A sign-in that the request has caused is new enough, however long the pages behind it are read: Core §3.1.2.1.
    if !fresh && request.max_age.is_some_and(|max_age| age > Duration::from_secs(max_age)) {
        return NextStep::SignIn(SignInReason::TooOld);
    }
    if situation.is_too_weak {
        return NextStep::SignIn(SignInReason::TooWeak);
    }
    // No error tells a client that was allowed nothing yet which factors somebody has. Without a page, the consent that is missing,
    // too, is the answer; with one, the person signs in before the client hears of it.
    let is_stranger = !client.first_party && situation.remembered.is_none_or(|it| it.scope.is_empty());
    let is_unmet = match for_class(request, situation, session, fresh) {
        Some(_) if is_stranger && request.prompt.none => true,
        Some(NextStep::Fail(_)) if is_stranger && !fresh => return NextStep::SignIn(SignInReason::NeedsPasskey),
        Some(step) => return step,
        None => false,
    };
    if situation.lacks_terms {
        return NextStep::Terms { session: session.id.clone() };
    }
    match consent(request, client, situation, session, chosen) {
        NextStep::Proceed(Allowed { session, .. }) if !chosen && client.could_be_another(&request.redirect_uri) => {
            NextStep::Continue { session }
        }
        // A consent to nothing covers a request for nothing, but gives no code below the class that was asked for: RFC 9470 §5.
        NextStep::Proceed(Allowed { session, .. }) if is_unmet => {
            NextStep::Consent { session, scopes: request.scope.clone() }
        }
        step => step,
    }
}

/// The class for which somebody signs in: the first requested one that they can reach, or that a second factor reaches which is
/// set up on the way.
fn class_wanted(request: &AuthorizationRequest, reachable: Acr) -> Option<Acr> {
    let can = request.acr_values.iter().find(|class| **class <= reachable).copied();
    can.or_else(|| request.requires_second_factor().then_some(Acr::TwoFactors))
}

/// The step that is needed before the session is in a class of `acr_values`. A client that names classes gets one of them or an error,
/// so that who asks for an API is not sent round without a page: RFC 9470 §5.
fn for_class(
    request: &AuthorizationRequest,
    situation: &Situation<'_>,
    session: &Session,
    fresh: bool,
) -> Option<NextStep> {
    if request.acr_values.is_empty() {
        return None;
    }
    let unmet = || Some(NextStep::Fail(ErrorCode::UnmetAuthenticationRequirements.into()));
    let Some(wanted) = class_wanted(request, situation.reachable) else { return unmet() };
    let reached = |class: &Acr| Acr::from_name(&session.acr) >= Some(*class);
    // Without a page, or after the sign-in, a class that the client likes less will do.
    let is_enough = request.prompt.none || fresh;
    if reached(&wanted) || is_enough && request.acr_values.iter().any(reached) {
        return None;
    }
    if fresh && wanted <= situation.reachable {
        // They have what it takes and did not use it; the same page would ask them again and again.
        return unmet();
    }
    Some(NextStep::SignIn(match wanted {
        Acr::PhishingResistant => SignInReason::NeedsPasskey,
        _ => SignInReason::TooWeak,
    }))
}

fn consent(
    request: &AuthorizationRequest,
    client: &Client,
    situation: &Situation<'_>,
    session: &Session,
    chosen: bool,
) -> NextStep {
    let (facts, remembered) = (situation.facts, situation.remembered);
    let earlier = remembered.filter(|_| !request.prompt.consent);
    // Core §11: offline access needs consent. It is ignored if consent cannot be asked for and was not given before.
    let silent = request.prompt.none && !earlier.is_some_and(|earlier| earlier.scope.contains(OFFLINE_ACCESS));
    let wanted = if silent { request.scope.without(OFFLINE_ACCESS) } else { request.scope.clone() };
    let proceed = |granted: &ScopeSet, consent: Option<&Remembered>| {
        NextStep::Proceed(Allowed {
            session: session.id.clone(),
            scope: request.scope.intersection(granted),
            consent: consent.map(|consent| consent.id.clone()),
        })
    };
    // What was taken out of the remembered consent since is asked for again.
    let stands = |(consented, remembered): &(&ScopeSet, &Remembered)| {
        chosen && facts.consent.as_ref() == Some(&remembered.id) && consented.is_subset(&remembered.scope)
    };
    if let Some((consented, remembered)) = facts.consented.as_ref().zip(remembered).filter(stands) {
        return proceed(consented, Some(remembered));
    }
    if client.first_party && !request.prompt.consent {
        return proceed(&request.scope, None);
    }
    if let Some(earlier) = earlier.filter(|earlier| wanted.is_subset(&earlier.scope)) {
        return proceed(&earlier.scope, Some(earlier));
    }
    NextStep::Consent { session: session.id.clone(), scopes: wanted }
}

#[cfg(test)]
mod tests;
