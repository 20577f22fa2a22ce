use proptest::prelude::*;

use super::*;
use crate::oidc::authorization::prompt::Prompt;
use crate::oidc::client::metadata::ClientKind;
use crate::oidc::params::Params;

const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

/// A request and what is known when it comes.
#[derive(Clone)]
struct Case {
    prompt: &'static str,
    scope: &'static str,
    max_age: Option<u64>,
    sessions: Vec<Session>,
    hint: Option<&'static str>,
    remembered: Option<Remembered>,
    first_party: bool,
    facts: Facts,
    kind: ClientKind,
    redirect_uri: &'static str,
    acr_values: Vec<Acr>,
    reachable: Acr,
    is_too_weak: bool,
    lacks_terms: bool,
}

/// Alice signed in a minute ago, and consented long ago to the scope that is asked for.
fn case() -> Case {
    Case {
        prompt: "",
        scope: "openid email",
        max_age: None,
        sessions: vec![session("alice", 60)],
        hint: None,
        remembered: remembered("openid email"),
        first_party: false,
        facts: Facts::default(),
        kind: ClientKind::Web,
        redirect_uri: "https://rp.example/cb",
        acr_values: Vec::new(),
        reachable: Acr::TwoFactors,
        is_too_weak: false,
        lacks_terms: false,
    }
}

impl Case {
    fn prompt(self, prompt: &'static str) -> Self {
        Self { prompt, ..self }
    }

    fn scope(self, scope: &'static str) -> Self {
        Self { scope, ..self }
    }

    fn max_age(self, seconds: u64) -> Self {
        Self { max_age: Some(seconds), ..self }
    }

    /// Each session's person, and how many seconds ago that person signed in.
    fn sessions<const N: usize>(self, sessions: [(&str, i64); N]) -> Self {
        Self { sessions: sessions.map(|(sub, age)| session(sub, age)).into(), ..self }
    }

    fn hint(self, sub: &'static str) -> Self {
        Self { hint: Some(sub), ..self }
    }

    fn remembered(self, scope: &str) -> Self {
        Self { remembered: remembered(scope), ..self }
    }

    fn first_party(self) -> Self {
        Self { first_party: true, ..self }
    }

    fn chose(self, sub: &str) -> Self {
        Self { facts: Facts { session: Some(id(sub)), ..self.facts }, ..self }
    }

    fn signed_in(self, sub: &str) -> Self {
        let chosen = self.chose(sub);
        Self { facts: Facts { authenticated_at: Some(NOW), ..chosen.facts }, ..chosen }
    }

    /// Alice allowed this a moment ago; it is remembered together with what she allowed before.
    fn agreed(self, scope: &str) -> Self {
        let before = self.remembered.clone().map(|before| before.scope).unwrap_or_default();
        let remembered = remembered(&before.union(&scopes(scope)).to_string());
        let consent = remembered.as_ref().map(|remembered| remembered.id.clone());
        let chosen = self.chose("alice");
        let facts = Facts { consented: Some(scopes(scope)), consent, ..chosen.facts };
        Self { facts, remembered, ..chosen }
    }

    /// The client prefers these classes, the best first.
    fn wishes<const N: usize>(self, classes: [Acr; N]) -> Self {
        Self { acr_values: classes.into(), ..self }
    }

    /// Somebody has proven the first factor of a sign-in that needs a second.
    fn half_signed_in(self) -> Self {
        let facts = Facts { first_factor: Some(first_factor()), ..self.facts };
        Self { facts, ..self }
    }

    /// The same client on a person's device, where another program could receive its answer.
    fn on_the_device(self, redirect_uri: &'static str) -> Self {
        Self { kind: ClientKind::Native, redirect_uri, ..self }
    }

    fn denied(self) -> Self {
        let facts = Facts { session: Some(id("alice")), denied: true, ..self.facts };
        Self { facts, ..self }
    }

    fn step(&self) -> NextStep {
        let request = AuthorizationRequest {
            client_id: "rp".to_owned(),
            redirect_uri: self.redirect_uri.to_owned(),
            response_mode: Default::default(),
            scope: scopes(self.scope),
            resources: Vec::new(),
            state: None,
            nonce: None,
            code_challenge: None,
            prompt: Prompt::parse(&Params::from_pairs([("prompt", self.prompt)]), true).unwrap(),
            max_age: self.max_age,
            acr_values: self.acr_values.clone(),
            admits_anonymous: false,
            login_hint: None,
            idp_hint: None,
            id_token_hint: None,
            ui_locales: Vec::new(),
        };
        let situation = Situation {
            now: NOW,
            sessions: &self.sessions,
            hinted_sub: self.hint,
            remembered: self.remembered.as_ref(),
            reachable: self.reachable,
            is_too_weak: self.is_too_weak,
            lacks_terms: self.lacks_terms,
            facts: &self.facts,
            sign_up_offered: true,
        };
        let client = Client { first_party: self.first_party, ..Client::sample(self.kind) };
        next_step(&request, &client, &situation)
    }
}

fn session(sub: &str, age: i64) -> Session {
    let auth_time = Timestamp::from_seconds(NOW.seconds() - age);
    Session {
        id: id(sub),
        sid: format!("sid of {sub}"),
        browser_id: "browser".into(),
        user_id: format!("user {sub}").into(),
        sub: sub.to_owned(),
        generation: 1,
        auth_time,
        amr: vec!["pwd".to_owned()],
        acr: Acr::OneFactor.as_str().to_owned(),
        created_at: auth_time,
        last_active_at: auth_time,
        expires_at: NOW + Duration::from_secs(1),
        kept_at: None,
        unattended_since: None,
    }
}

fn first_factor() -> FirstFactor {
    FirstFactor {
        id: "s".to_owned(),
        user: "user alice".into(),
        generation: 1,
        methods: vec![Method::Password],
        proven_at: NOW,
        keep: false,
        cookie: None,
        upstream: None,
    }
}

fn id(sub: &str) -> Id {
    format!("session of {sub}").into()
}

fn scopes(text: &str) -> ScopeSet {
    ScopeSet::parse(text).unwrap()
}

fn remembered(scope: &str) -> Option<Remembered> {
    (!scope.is_empty()).then(|| Remembered { id: "consent".into(), scope: scopes(scope) })
}

fn proceed(sub: &str, scope: &str) -> NextStep {
    NextStep::Proceed(Allowed { session: id(sub), scope: scopes(scope), consent: Some("consent".into()) })
}

/// What a client of the operator gets without consent.
fn proceed_unasked(sub: &str, scope: &str) -> NextStep {
    NextStep::Proceed(Allowed { session: id(sub), scope: scopes(scope), consent: None })
}

fn consent(scope: &str) -> NextStep {
    NextStep::Consent { session: id("alice"), scopes: scopes(scope) }
}

fn fail(code: ErrorCode) -> NextStep {
    NextStep::Fail(code.into())
}

fn check<const N: usize>(table: [(&str, Case, NextStep); N]) {
    for (name, case, step) in table {
        assert_eq!(case.step(), step, "{name}");
    }
}

#[test]
fn a_session_serves_if_it_is_the_right_one() {
    let sign_in = NextStep::SignIn;
    let two = || case().sessions([("alice", 1), ("bob", 2)]);
    let alice = || proceed("alice", "openid email");
    let bob = || proceed("bob", "openid email");
    check([
        ("it is there", case(), alice()),
        ("nobody is there", case().sessions([]), sign_in(SignInReason::NoSession)),
        ("two: who is it?", two(), NextStep::SelectAccount),
        ("two, one chosen", two().chose("bob"), bob()),
        ("two, one hinted", two().hint("bob"), bob()),
        ("another is hinted", case().hint("bob"), sign_in(SignInReason::SomeoneElse)),
        ("another is hinted, nobody is there", case().hint("bob").sessions([]), sign_in(SignInReason::NoSession)),
        ("another is hinted than was chosen", case().hint("bob").chose("alice"), sign_in(SignInReason::SomeoneElse)),
        ("what was chosen has ended", case().chose("alice").sessions([]), sign_in(SignInReason::NoSession)),
        ("select_account", case().prompt("select_account"), NextStep::SelectAccount),
        ("select_account, chosen", case().prompt("select_account").chose("alice"), alice()),
        ("select_account, signed in", case().prompt("select_account").signed_in("alice"), alice()),
        ("select_account, nobody", case().prompt("select_account").sessions([]), sign_in(SignInReason::NoSession)),
        ("create", case().prompt("create"), NextStep::SignUp),
        ("create, nobody is there", case().prompt("create").sessions([]), NextStep::SignUp),
        ("create, done", case().prompt("create").signed_in("alice"), alice()),
    ]);
    let other = case().hint("bob").signed_in("alice").step();
    assert!(matches!(other, NextStep::Fail(error) if error.code == ErrorCode::LoginRequired));
}

#[test]
fn a13_a_fresh_sign_in_is_one_of_this_very_request() {
    let wanted = || NextStep::SignIn(SignInReason::Requested);
    let too_old = || NextStep::SignIn(SignInReason::TooOld);
    let good = || proceed("alice", "openid email");
    let two = || case().sessions([("alice", 1), ("bob", 2)]);
    check([
        ("login", case().prompt("login"), wanted()),
        ("login, chosen", case().prompt("login").chose("alice"), wanted()),
        ("login, signed in", case().prompt("login").signed_in("alice"), good()),
        ("login, as someone who has gone", case().prompt("login").signed_in("bob"), wanted()),
        ("login, of two", two().prompt("login"), wanted()),
        ("login after a choice", case().prompt("select_account login").chose("alice"), wanted()),
        ("max_age=0", case().max_age(0).sessions([("alice", 0)]), wanted()),
        ("max_age=0, chosen", case().max_age(0).chose("alice"), wanted()),
        ("max_age=0, signed in", case().max_age(0).signed_in("alice"), good()),
        ("max_age met to the second", case().max_age(60), good()),
        ("max_age missed by a second", case().max_age(59), too_old()),
        ("max_age missed while consenting", case().max_age(59).signed_in("alice"), good()),
        ("max_age missed while consenting, chosen", case().max_age(59).chose("alice"), too_old()),
        ("max_age missed, refused", case().max_age(59).denied(), fail(ErrorCode::AccessDenied)),
        ("max_age of a clock that jumped", case().max_age(1).sessions([("alice", -9)]), good()),
    ]);
}

#[test]
fn who_has_not_accepted_the_terms_is_asked_after_the_sign_in_and_before_anything_is_given() {
    let lacks = || Case { lacks_terms: true, ..case() };
    let asked = |sub: &str| NextStep::Terms { session: id(sub) };
    check([
        ("signed in and consented", lacks(), asked("alice")),
        ("just signed in", lacks().signed_in("alice"), asked("alice")),
        ("before consent", lacks().remembered(""), asked("alice")),
        ("first party", lacks().first_party(), asked("alice")),
        ("a program on the device", lacks().on_the_device("http://127.0.0.1/cb"), asked("alice")),
        ("nobody is there", lacks().sessions([]), NextStep::SignIn(SignInReason::NoSession)),
        ("too old", lacks().max_age(59), NextStep::SignIn(SignInReason::TooOld)),
        ("two: who is it?", lacks().sessions([("alice", 1), ("bob", 2)]), NextStep::SelectAccount),
        ("refused", lacks().denied(), fail(ErrorCode::AccessDenied)),
        ("refused, and gone", lacks().denied().sessions([("bob", 1)]), asked("bob")),
        ("prompt=none", lacks().prompt("none"), fail(ErrorCode::InteractionRequired)),
        ("prompt=none, nobody is there", lacks().prompt("none").sessions([]), fail(ErrorCode::LoginRequired)),
    ]);
}

#[test]
fn who_has_to_consent_and_to_what() {
    const OFFLINE: &str = "openid email offline_access";
    let offline = || case().scope(OFFLINE);
    check([
        ("nothing is remembered", case().remembered(""), consent("openid email")),
        ("less is remembered", case().remembered("openid"), consent("openid email")),
        ("more is remembered", case().remembered("openid email phone"), proceed("alice", "openid email")),
        ("first party", case().remembered("").first_party(), proceed_unasked("alice", "openid email")),
        ("asked for", case().prompt("consent"), consent("openid email")),
        ("asked for by a first party", case().prompt("consent").first_party(), consent("openid email")),
        ("agreed", case().prompt("consent").chose("alice").agreed("openid email"), proceed("alice", "openid email")),
        ("agreed to less", case().remembered("").agreed("openid"), proceed("alice", "openid")),
        ("agreed to more", case().remembered("").agreed("openid email phone"), proceed("alice", "openid email")),
        ("refused", case().agreed("openid").denied(), fail(ErrorCode::AccessDenied)),
        ("refused, and gone", case().denied().sessions([("bob", 1)]), proceed("bob", "openid email")),
        ("offline, not remembered", offline(), consent(OFFLINE)),
        ("offline, nothing remembered", offline().remembered(""), consent(OFFLINE)),
        ("offline, asked", offline().prompt("consent"), consent(OFFLINE)),
        ("offline, agreed", offline().prompt("consent").agreed(OFFLINE), proceed("alice", OFFLINE)),
        ("offline, left out", offline().prompt("consent").agreed("openid"), proceed("alice", "openid")),
        ("offline, remembered", offline().remembered(OFFLINE), proceed("alice", OFFLINE)),
        ("offline, alone remembered", offline().remembered("offline_access"), consent(OFFLINE)),
        ("offline, first party", offline().remembered("").first_party(), proceed_unasked("alice", OFFLINE)),
    ]);
}

#[test]
fn a12_prompt_none_gets_an_answer_and_never_a_page() {
    let none = || case().prompt("none");
    let two = || none().sessions([("bob", 1), ("alice", 2)]);
    check([
        ("signed in and consented", none(), proceed("alice", "openid email")),
        ("nobody is there", none().sessions([]), fail(ErrorCode::LoginRequired)),
        ("the most recent of two", two(), proceed("bob", "openid email")),
        ("the hinted of two", two().hint("alice"), proceed("alice", "openid email")),
        ("another is hinted", none().hint("carol"), fail(ErrorCode::LoginRequired)),
        ("too old", none().max_age(59), fail(ErrorCode::LoginRequired)),
        ("max_age=0", none().max_age(0), fail(ErrorCode::LoginRequired)),
        ("no consent", none().remembered(""), fail(ErrorCode::ConsentRequired)),
        ("offline access is ignored", none().scope("openid offline_access"), proceed("alice", "openid")),
        (
            "offline access that was allowed before",
            none().scope("openid offline_access").remembered("openid offline_access"),
            proceed("alice", "openid offline_access"),
        ),
        (
            "offline access of a first party",
            none().scope("openid offline_access").remembered("").first_party(),
            proceed_unasked("alice", "openid offline_access"),
        ),
    ]);
}

#[test]
fn a_sign_in_is_in_a_class_that_the_client_asks_for_or_fails() {
    use Acr::{Anonymous, OneFactor, PhishingResistant, TwoFactors};
    let alice = || proceed("alice", "openid email");
    let two = || case().wishes([TwoFactors]);
    let by = |class: &str, case: Case| {
        let session = Session { acr: class.to_owned(), ..session("alice", 60) };
        Case { sessions: vec![session], ..case }
    };
    let has = |reachable, case: Case| Case { reachable, ..case };
    let again = || NextStep::SignIn(SignInReason::TooWeak);
    let by_passkey = || NextStep::SignIn(SignInReason::NeedsPasskey);
    let unmet = || fail(ErrorCode::UnmetAuthenticationRequirements);
    let login = || fail(ErrorCode::LoginRequired);
    let phr = || case().wishes([PhishingResistant]);
    let phr_or_two = || case().wishes([PhishingResistant, TwoFactors]);
    check([
        ("two factors", two(), again()),
        ("one factor", case().wishes([OneFactor]), alice()),
        ("one rather than two", case().wishes([OneFactor, TwoFactors]), alice()),
        ("two rather than one", case().wishes([TwoFactors, OneFactor]), again()),
        ("two rather than one, of one", has(OneFactor, case().wishes([TwoFactors, OneFactor])), alice()),
        ("two rather than one, just signed in", case().wishes([TwoFactors, OneFactor]).signed_in("alice"), alice()),
        ("two rather than one, silently", case().wishes([TwoFactors, OneFactor]).prompt("none"), alice()),
        ("anybody, a visitor, too", case().wishes([Anonymous]), alice()),
        ("two, or a visitor", has(OneFactor, case().wishes([TwoFactors, Anonymous])), alice()),
        ("both are proven", by(TwoFactors.as_str(), two()), alice()),
        ("more is proven", by(PhishingResistant.as_str(), two()), alice()),
        ("a class that is not known", by("phrh", two()), again()),
        ("a second factor is set up on the way", has(OneFactor, two()), again()),
        ("so it is after a sign-up", has(OneFactor, two()).signed_in("alice"), again()),
        ("so it is rather than a passkey", has(OneFactor, phr_or_two()), again()),
        ("just signed in, with less than there is", two().signed_in("alice"), unmet()),
        ("silently", two().prompt("none"), login()),
        ("silently, of one", has(OneFactor, two()).prompt("none"), login()),
        ("a passkey that is there", has(PhishingResistant, phr()), by_passkey()),
        ("a passkey that is not there", phr(), unmet()),
        ("a passkey that is not there, just signed in", phr().signed_in("alice"), unmet()),
        ("a passkey that is not there, silently", phr().prompt("none"), unmet()),
        ("a passkey that was not used", has(PhishingResistant, phr()).signed_in("alice"), unmet()),
        ("a passkey, silently", has(PhishingResistant, phr()).prompt("none"), login()),
        ("a passkey or two, without a passkey", phr_or_two(), again()),
        ("a passkey rather than two", by(TwoFactors.as_str(), has(PhishingResistant, phr_or_two())), by_passkey()),
        (
            "a passkey rather than two, just signed in",
            by(TwoFactors.as_str(), has(PhishingResistant, phr_or_two())).signed_in("alice"),
            alice(),
        ),
    ]);
}

#[test]
fn a12_no_error_tells_a_client_without_consent_which_factors_somebody_has() {
    let stranger = || case().wishes([Acr::PhishingResistant]).remembered("");
    // A consent whose scopes were taken back one by one is a row without any.
    let none_left = || Some(Remembered { id: "consent".into(), scope: scopes("") });
    let taken_back = || Case { remembered: none_left(), ..stranger() };
    let by_passkey = || NextStep::SignIn(SignInReason::NeedsPasskey);
    let proven = Session { acr: Acr::PhishingResistant.as_str().to_owned(), ..session("alice", 60) };
    let unmet = || fail(ErrorCode::UnmetAuthenticationRequirements);
    for reachable in [Acr::OneFactor, Acr::TwoFactors, Acr::PhishingResistant] {
        let can = |case: Case| Case { reachable, ..case };
        check([
            ("silently", can(stranger().prompt("none")), fail(ErrorCode::ConsentRequired)),
            (
                "silently, for two factors",
                can(case().wishes([Acr::TwoFactors]).remembered("").prompt("none")),
                fail(ErrorCode::ConsentRequired),
            ),
            ("with a page", can(stranger()), by_passkey()),
            ("with a page, and chosen", can(stranger().chose("alice")), by_passkey()),
            ("just signed in", can(stranger().signed_in("alice")), unmet()),
        ]);
    }
    check([
        (
            "who has signed in by one",
            Case { sessions: vec![proven], reachable: Acr::PhishingResistant, ..stranger().prompt("none") },
            fail(ErrorCode::ConsentRequired),
        ),
        (
            "lacks the terms",
            Case { lacks_terms: true, ..stranger().prompt("none") },
            fail(ErrorCode::InteractionRequired),
        ),
        ("all taken back", taken_back().prompt("none"), fail(ErrorCode::ConsentRequired)),
        ("all taken back, with a page", taken_back(), by_passkey()),
        (
            "all taken back, and asks for nothing",
            taken_back().scope("offline_access").prompt("none"),
            fail(ErrorCode::ConsentRequired),
        ),
        ("first party", stranger().first_party(), unmet()),
        ("first party, silently", stranger().first_party().prompt("none"), unmet()),
    ]);
}

#[test]
fn a_second_factor_that_the_operator_requires_is_no_wish() {
    let lacks = || Case { is_too_weak: true, ..case() };
    let again = || NextStep::SignIn(SignInReason::TooWeak);
    check([
        ("one factor", lacks(), again()),
        ("just signed in", lacks().signed_in("alice"), again()),
        ("the client would take less", lacks().wishes([Acr::OneFactor]), again()),
        ("nobody has anything to prove it with", Case { reachable: Acr::OneFactor, ..lacks() }, again()),
        ("consent was given", lacks().agreed("openid email"), again()),
        ("silently", lacks().prompt("none"), NextStep::Fail(ErrorCode::LoginRequired.into())),
    ]);
}

#[test]
fn half_a_sign_in_opens_nothing_but_the_page_of_the_second_factor() {
    let second = || NextStep::SecondFactor { user: "user alice".into() };
    check([
        ("nobody is there", case().sessions([]).half_signed_in(), second()),
        ("login", case().prompt("login").half_signed_in(), second()),
        ("stronger", case().wishes([Acr::TwoFactors]).half_signed_in(), second()),
        ("somebody else", case().hint("bob").half_signed_in(), second()),
        ("somebody is signed in", case().half_signed_in(), second()),
        ("one account more", case().sessions([("alice", 1), ("bob", 2)]).half_signed_in(), second()),
        ("select_account", case().prompt("select_account").half_signed_in(), second()),
        ("create", case().prompt("create").half_signed_in(), second()),
        ("silently", case().sessions([]).prompt("none").half_signed_in(), fail(ErrorCode::LoginRequired)),
        ("done", case().half_signed_in().signed_in("alice"), proceed("alice", "openid email")),
    ]);
}

#[test]
fn e6_what_was_allowed_is_the_persons_who_allowed_it_and_ends_when_it_is_withdrawn() {
    let agreed = || case().prompt("consent").agreed("openid email");
    let bob = || agreed().sessions([("bob", 1)]);
    let ask = |sub: &str| NextStep::Consent { session: id(sub), scopes: scopes("openid email") };
    let given_again = Some(Remembered { id: "another".into(), ..remembered("openid email").unwrap() });
    check([
        ("it stands", agreed(), proceed("alice", "openid email")),
        ("another sits there", bob(), ask("bob")),
        ("another, who allowed nothing yet", bob().prompt("").remembered(""), ask("bob")),
        ("withdrawn", agreed().remembered(""), ask("alice")),
        ("withdrawn and given again", Case { remembered: given_again, ..agreed() }, ask("alice")),
        ("withdrawn in part", Case { remembered: remembered("openid"), ..agreed() }, ask("alice")),
        ("a visitor allowed it, who has signed up", as_visitor(agreed()), ask("alice")),
    ]);
}

/// The same done by a visitor, in the session in which Alice has signed up since.
fn as_visitor(case: Case) -> Case {
    Case { facts: Facts { of_visitor: true, ..case.facts }, ..case }
}

#[test]
fn e7_a_program_on_the_device_gets_no_code_without_an_interaction() {
    let ask = || NextStep::Continue { session: id("alice") };
    let good = || proceed("alice", "openid email");
    for uri in ["http://127.0.0.1:4711/callback", "com.example.app:/callback"] {
        let native = || case().on_the_device(uri);
        let refused = fail(ErrorCode::InteractionRequired);
        check([
            ("signed in and consented before", native(), ask()),
            ("first party", native().remembered("").first_party(), ask()),
            ("prompt=none", native().prompt("none"), refused),
            ("nobody is there", native().sessions([]), NextStep::SignIn(SignInReason::NoSession)),
            ("nothing is remembered", native().remembered(""), consent("openid email")),
            ("signed in", native().signed_in("alice"), good()),
            ("agreed", native().remembered("").agreed("openid email"), good()),
            ("chosen, or asked whether to go on", native().chose("alice"), good()),
            ("somebody else was asked", native().chose("bob"), ask()),
            ("a visitor was asked, who has signed up", as_visitor(native().chose("alice")), ask()),
            ("a visitor was asked, and said no", as_visitor(native().denied()), ask()),
        ]);
    }
    let claimed = case().on_the_device("https://app.example/callback");
    check([("claimed by https", claimed.clone(), good()), ("silently", claimed.prompt("none"), good())]);
}

proptest! {
    #[test]
    fn whatever_happened_none_is_silent_and_login_is_fresh(
        prompt in prop::sample::select(vec!["", "none", "login", "consent", "select_account", "create", "login consent"]),
        max_age in prop::option::of(0u64..120),
        ages in prop::collection::vec(0i64..120, 0..3),
        hint in prop::option::of(prop::sample::select(vec!["0", "1", "9"])),
        remembered in any::<bool>(),
        first_party in any::<bool>(),
        chosen in prop::option::of(0usize..3),
        authenticated in any::<bool>(),
        consented in any::<bool>(),
        half in any::<bool>(),
    ) {
        let facts = Facts {
            session: chosen.map(|i| id(&i.to_string())),
            of_visitor: false,
            authenticated_at: authenticated.then_some(NOW),
            consented: consented.then(|| scopes("openid email")),
            consent: consented.then(|| "consent".into()),
            denied: false,
            terms: None,
            first_factor: half.then(first_factor),
        };
        let case = Case {
            prompt,
            scope: "openid email offline_access",
            max_age,
            sessions: ages.iter().enumerate().map(|(i, age)| session(&i.to_string(), *age)).collect(),
            hint,
            remembered: remembered.then(|| super::tests::remembered("openid email").unwrap()),
            first_party,
            facts,
            ..super::tests::case()
        };
        let step = case.step();
        let answered = matches!(step, NextStep::Fail(_) | NextStep::Proceed(_));
        prop_assert!(prompt != "none" || answered);
        if let NextStep::Proceed(Allowed { session, scope, .. }) = step {
            let session = case.sessions.iter().find(|s| s.id == session).unwrap();
            prop_assert!(hint.is_none_or(|sub| session.sub == sub));
            let fresh = case.facts.session.as_ref() == Some(&session.id) && authenticated;
            let is_new = |max| max > 0 && NOW.since(session.auth_time).as_secs() <= max;
            prop_assert!(fresh || max_age.is_none_or(is_new) && !prompt.contains("login"));
            let agreed = consented && remembered && case.facts.session.as_ref() == Some(&session.id);
            prop_assert!(!prompt.contains("consent") || agreed);
            prop_assert!(agreed || first_party || (remembered && !scope.contains(OFFLINE_ACCESS)));
        }
    }
}
