//! Samples of every page in all its states, which `latchkey pages preview` and the tests of pages render.

use std::time::Duration;

use askama::DynTemplate;

use super::account::activity::{AccountActivityPage, EventView};
use super::account::applications::{AccountApplicationsPage, ApplicationView};
use super::account::authenticator::{AccountAuthenticatorPage, AuthenticatorState, LeftWithout};
use super::account::channels::{AccountChannelPage, AccountChannelsPage, ChannelsDone, ChatView, NamedChat, Waits};
use super::account::connections::{AccountConnectionsPage, ConnectionView, ConnectionsDone};
use super::account::data::{AccountDataPage, AccountLeavingPage, DeleteProblem};
use super::account::email::{AccountEmailPage, EmailProblem};
use super::account::passkeys::{AccountPasskeysPage, PasskeyProblem, PasskeyView, PasskeysDone};
use super::account::password::{AccountPasswordPage, ChangeProblem, PasswordDone};
use super::account::profile::{AccountProfilePage, IdentifierView, ProfileDone};
use super::account::recovery_codes::{AccountRecoveryCodesPage, CameWith, RecoveryCodesState};
use super::account::security::{AccountSecurityPage, SecurityDone, TrustedBrowserView};
use super::account::sessions::{AccountSessionsPage, Device, Done, SessionView};
use super::account::verify::AccountVerifyPage;
use super::account_choice::AccountChoice;
use super::channels::BotView;
use super::consent::{ConsentPage, ScopeView};
use super::continue_as::ContinueAsPage;
use super::factor_problem::FactorProblem;
use super::forgot_password::{ForgotPasswordPage, ForgotPasswordProblem};
use super::home::HomePage;
use super::mail_code::CodeProblem;
use super::new_codes::CodesView;
use super::new_password::PasswordProblem;
use super::present_password::PresentPasswordProblem;
use super::recent_factors::RecentFactor;
use super::recovery_code::{RecoveryCodePage, RecoveryPasswordPage, RecoveryProblem};
use super::set_password::SetPasswordPage;
use super::set_up::SetUp;
use super::sign_in::channel::{SignInChannelPage, SignInState};
use super::sign_in::connect_upstream::ConnectUpstreamPage;
use super::sign_in::mail::{SignInByMailPage, SignInByMailProblem};
use super::sign_in::passkey_offer::PasskeyOfferPage;
use super::sign_in::password::{SignInNotice, SignInPage, SignInProblem};
use super::sign_in::second_factor::SecondFactorPage;
use super::sign_in::select_account::SelectAccountPage;
use super::sign_in::set_up_second_factor::{NewRecoveryCodesPage, SetUpSecondFactorPage};
use super::sign_in::telegram::{TelegramConfirmPage, TelegramPage};
use super::sign_in::ticket::TicketPage;
use super::sign_out::end_session::EndSessionPage;
use super::sign_out::signed_out::SignedOutPage;
use super::sign_up::new_here::NewHerePage;
use super::sign_up::{
    ChallengeProblem, KeptView, SignUpAgainPage, SignUpCodePage, SignUpDonePage, SignUpPage, SignUpProblem, TermsView,
};
use super::terms::TermsPage;
use super::undo_connection::{UndoConnectionPage, UndoOutcome};
use super::upstreams::{UpstreamState, UpstreamView};
use super::{AccountView, ClientView, Layout, Moment};
use crate::account::address_change::TakingBack;
use crate::account::passkeys::LastPasskey;
use crate::base::clock::Timestamp;
use crate::base::language::Language;
use crate::config::ProviderMark;
use crate::http::page::error::{ErrorPage, Problem};
use crate::http::page::form_post::FormPostPage;
use crate::http::page::leaving::LeavingPage;
use crate::login::challenge::Puzzle;
use crate::login::passkey::Offer;
use crate::login::totp;
use crate::oidc::authorization::next_step::Terms;
use crate::site::Site;
use crate::site::page::Page;

/// What people and developers have chosen in the samples.
#[derive(Clone, Debug)]
pub struct Names {
    /// The name of the application.
    pub client: String,
    /// The name of the person.
    pub person: String,
    /// What the person signs in with.
    pub identifier: String,
    /// The mail address of the person.
    pub email: String,
    /// A scope of the application.
    pub scope: String,
    /// What the operator says about a maintenance.
    pub note: String,
}

/// A rendered page: its name and its HTML.
pub struct Sample {
    /// The name, which no other sample has; it can be the name of a file.
    pub name: String,
    /// The document.
    pub html: String,
}

/// Every page in a language, with these names in the places that strangers control.
#[expect(clippy::too_many_lines, reason = "a list of pages, one after the other")]
pub fn all(site: &Site, language: &Language, names: &Names) -> askama::Result<Vec<Sample>> {
    let layout = || {
        let client = ClientView { name: names.client.clone(), logo: Some(format!("{}/client-logo/1", site.base_path)) };
        Layout::new(site, language.clone(), "csrf-token")
            .of(Page::SignIn)
            .with_interaction("v1.k1.sealed")
            .with_client(client)
    };
    let bare = || Layout::new(site, language.clone(), "csrf-token");
    let account =
        || AccountView { name: Some(names.person.clone()), identifier: names.email.clone(), is_anonymous: false };
    let nameless = || AccountView { identifier: "alice".to_owned(), ..AccountView::default() };
    let mut samples = Vec::new();
    let mut add =
        |name: String, page: &dyn DynTemplate| samples.push(page.dyn_render().map(|html| Sample { name, html }));

    let upstream = || UpstreamView {
        name: "google".to_owned(),
        label: "Google".to_owned(),
        mark: ProviderMark::Google,
        is_last: false,
        state: UpstreamState::Open,
    };
    let offer = || Offer { options: r#"{"challenge":"a"}"#.to_owned(), ceremony: "v1.k1.sealed".to_owned() };
    let sign_in = |layout| SignInPage {
        layout,
        identifier: String::new(),
        notice: None,
        problems: Vec::new(),
        keep_signed_in: false,
        offers_sign_up: true,
        offers_anonymous: false,
        has_visitor: false,
        offers_mail: true,
        offers_reset: true,
        offers_accounts: true,
        passkey: Some(offer()),
        channels: vec![BotView { name: "main".to_owned(), label: "Northwind bot".to_owned() }],
        upstreams: vec![
            UpstreamView { is_last: true, ..upstream() },
            UpstreamView { name: "silent".to_owned(), state: UpstreamState::Silent, ..upstream() },
            UpstreamView { name: "off".to_owned(), state: UpstreamState::Off, ..upstream() },
            UpstreamView {
                name: "work".to_owned(),
                label: names.client.clone(),
                mark: ProviderMark::Other,
                ..upstream()
            },
        ],
        unknown_passkey: None,
    };
    add("sign_in".to_owned(), &sign_in(layout()));
    let with_mark = |mark: ProviderMark| UpstreamView {
        name: mark.as_str().to_owned(),
        label: mark.as_str().to_owned(),
        mark,
        is_last: false,
        state: UpstreamState::Open,
    };
    let upstreams = ProviderMark::ALL.map(with_mark).into();
    add("sign_in-providers".to_owned(), &SignInPage { upstreams, ..sign_in(layout()) });
    add(
        "sign_in-bare".to_owned(),
        &SignInPage {
            offers_sign_up: false,
            offers_mail: false,
            offers_reset: false,
            offers_accounts: false,
            passkey: None,
            ..sign_in(bare())
        },
    );
    add("sign_in-anonymous".to_owned(), &SignInPage { offers_anonymous: true, ..sign_in(layout()) });
    let again = SignInPage { offers_anonymous: true, has_visitor: true, ..sign_in(layout()) };
    add("sign_in-visitor".to_owned(), &again);
    let refused = vec![SignInProblem::AnonymousRefused];
    add("sign_in-anonymous_refused".to_owned(), &SignInPage { problems: refused, ..sign_in(layout()) });
    for notice in [SignInNotice::Again, SignInNotice::OtherAccount, SignInNotice::Passkey] {
        let page = SignInPage { notice: Some(notice), keep_signed_in: true, ..sign_in(layout()) };
        add(format!("sign_in-{notice:?}"), &page);
    }
    let page = SignInPage {
        problems: vec![SignInProblem::IdentifierMissing, SignInProblem::PasswordMissing],
        ..sign_in(layout())
    };
    add("sign_in-missing".to_owned(), &page);
    for problem in [
        SignInProblem::PasswordMissing,
        SignInProblem::Refused,
        SignInProblem::TooManyTries { seconds: 42 },
        SignInProblem::PasskeyTooLate,
        SignInProblem::PasskeyUnknown,
        SignInProblem::PasskeyRefused,
        SignInProblem::UpstreamDenied,
        SignInProblem::UpstreamNotAllowed,
        SignInProblem::UpstreamOff,
        SignInProblem::UpstreamUnreachable,
        SignInProblem::UpstreamFailed,
        SignInProblem::UpstreamRefused,
        SignInProblem::ChannelRefused,
    ] {
        let layout = Layout { reference: Some(REFERENCE.to_owned()), ..layout() };
        let page = SignInPage { problems: vec![problem], identifier: names.identifier.clone(), ..sign_in(layout) };
        add(format!("sign_in-{}", word(&problem)), &page);
    }

    let second_factor = |layout, problem, recovery_codes| SecondFactorPage {
        layout,
        account: account(),
        problem,
        recovery_codes,
        trust_days: Some(30),
        trusts: problem.is_some(),
        again: format!("{}/sign-in", site.base_path),
        has_codes: true,
        passkey: None,
        offers_reset: false,
    };
    for (title, asks, is_refused) in [
        ("passkey_offer", true, false),
        ("passkey_offer-refused", true, true),
        ("passkey_offer-automatic", false, false),
    ] {
        let page = PasskeyOfferPage {
            layout: layout().of(Page::PasskeyOffer),
            account: account(),
            asked: asks.then(offer),
            automatic: Some(offer()),
            onward: format!("{}/", site.base_path),
            is_refused,
        };
        add(title.to_owned(), &page);
    }
    for (title, has_codes) in [("second_factor-passkey", false), ("second_factor-either", true)] {
        let layout = layout().of(Page::SecondFactor);
        let page = SecondFactorPage {
            has_codes,
            passkey: Some(offer()),
            offers_reset: !has_codes,
            ..second_factor(layout, None, 8)
        };
        add(title.to_owned(), &page);
    }
    let bare_second_factor =
        SecondFactorPage { trust_days: None, ..second_factor(bare().of(Page::SecondFactor), None, 0) };
    add("second_factor".to_owned(), &second_factor(layout().of(Page::SecondFactor), None, 8));
    add("second_factor-bare".to_owned(), &bare_second_factor);
    for problem in [
        FactorProblem::Missing,
        FactorProblem::Wrong,
        FactorProblem::RecoveryCodeWrong,
        FactorProblem::TooManyTries { minutes: 31 },
        FactorProblem::SignInOver,
    ] {
        let page = second_factor(layout().of(Page::SecondFactor), Some(problem), 1);
        add(format!("second_factor-{}", word(&problem)), &page);
    }
    let asked = || Some(("asked".to_owned(), "482913".to_owned()));
    let link = |same: bool| Some(("lk_link".to_owned(), same));
    for (title, asked, token, problem) in [
        ("sign_in_by_mail", None, None, None),
        ("sign_in_by_mail-malformed", None, None, Some(SignInByMailProblem::EmailMalformed)),
        ("sign_in_by_mail-code", asked(), None, None),
        ("sign_in_by_mail-wrong", asked(), None, Some(SignInByMailProblem::Code(CodeProblem::Wrong))),
        ("sign_in_by_mail-link", None, link(true), None),
        ("sign_in_by_mail-other", None, link(false), Some(SignInByMailProblem::NumberWrong)),
    ] {
        let email = names.email.clone();
        let page = SignInByMailPage { layout: layout(), email, keep_signed_in: true, asked, token, problem };
        add(title.to_owned(), &page);
    }
    for (title, problem) in [("sign_up_code", None), ("sign_up_code-wrong", Some(CodeProblem::Wrong))] {
        let (email, asked) = (names.email.clone(), "asked".to_owned());
        add(title.to_owned(), &SignUpCodePage { layout: layout(), email, asked, problem, ended: None });
    }

    for (title, problem, ended) in [
        ("sign_up_code-limited", Some(CodeProblem::TooMany { minutes: 5 }), None),
        ("sign_up_code-taken", None, Some(SignUpProblem::EmailTaken)),
    ] {
        let (email, asked) = (names.email.clone(), String::new());
        add(title.to_owned(), &SignUpCodePage { layout: layout(), email, asked, problem, ended });
    }
    let sign_up = |layout, problems| SignUpPage {
        layout,
        invitation: None,
        kept: None,
        email: names.email.clone(),
        username: None,
        name: names.person.clone(),
        terms: None,
        least_password: 15,
        problems,
        challenge: None,
        upstreams: vec![upstream()],
    };
    add("sign_up".to_owned(), &sign_up(layout(), vec![]));
    let puzzle = Puzzle { sealed: "sealed".to_owned(), seed: "abcdefghijklmnopqrstuv".to_owned(), bits: 8 };
    for (title, problems) in [
        ("challenge", vec![]),
        ("unproven", vec![SignUpProblem::Challenge(ChallengeProblem::Unproven)]),
        ("early", vec![SignUpProblem::Challenge(ChallengeProblem::TooEarly { seconds: 17 })]),
    ] {
        let page = SignUpPage { challenge: Some(puzzle.clone()), ..sign_up(layout(), problems) };
        add(format!("sign_up-{title}"), &page);
    }
    for (title, problems) in [
        (
            "missing",
            vec![
                SignUpProblem::EmailMissing,
                SignUpProblem::NameTooLong,
                SignUpProblem::Password(PasswordProblem::Missing),
            ],
        ),
        ("malformed", vec![SignUpProblem::EmailMalformed, SignUpProblem::Password(PasswordProblem::TooCommon)]),
        ("domain", vec![SignUpProblem::EmailDomain]),
        ("nothing_to_keep", vec![SignUpProblem::NothingToKeep]),
        ("taken", vec![SignUpProblem::EmailTaken, SignUpProblem::Password(PasswordProblem::TooShort { least: 15 })]),
    ] {
        add(format!("sign_up-{title}"), &sign_up(layout(), problems));
    }

    let kept = KeptView { handle: "a".to_owned(), is_chosen: true };
    add("sign_up-anonymous".to_owned(), &SignUpPage { kept: Some(kept), ..sign_up(layout(), vec![]) });
    for (title, problems) in [
        ("username", vec![]),
        ("username-missing", vec![SignUpProblem::UsernameMissing]),
        ("username-malformed", vec![SignUpProblem::UsernameMalformed]),
        ("username-taken", vec![SignUpProblem::UsernameTaken]),
    ] {
        let page = SignUpPage { username: Some(names.identifier.clone()), ..sign_up(layout(), problems) };
        add(format!("sign_up-{title}"), &page);
    }
    for (title, problems) in [
        ("recovery_code", vec![]),
        ("recovery_code-refused", vec![RecoveryProblem::Refused]),
        ("recovery_code-missing", vec![RecoveryProblem::IdentifierMissing, RecoveryProblem::CodeMissing]),
        ("recovery_code-over", vec![RecoveryProblem::Over]),
    ] {
        let identifier = names.identifier.clone();
        add(title.to_owned(), &RecoveryCodePage { layout: layout(), identifier, problems });
    }

    for (title, accepts, problems) in
        [("terms", false, vec![]), ("terms-missing", false, vec![SignUpProblem::TermsNotAccepted])]
    {
        let terms = Some(TermsView { sealed: "sealed".to_owned(), are_accepted: accepts });
        let page = SignUpPage { terms, ..sign_up(layout(), problems) };
        add(format!("sign_up-{title}"), &page);
    }
    let terms = Terms { version: "2026-01".to_owned(), uri: "https://northwind.example/terms".to_owned() };
    for (title, has_changed) in [("terms", false), ("terms-changed", true)] {
        add(title.to_owned(), &TermsPage { layout: layout(), account: account(), terms: terms.clone(), has_changed });
    }
    for (title, invitation, problems) in [
        ("invitation", "", vec![]),
        ("invited", "7K3PD-0Q9XW-M4T2Z-H8RBC-51VNE", vec![]),
        ("uninvited", "", vec![SignUpProblem::InvitationMissing]),
        ("invitation-over", "7K3PD-0Q9XW-M4T2Z-H8RBC-51VNE", vec![SignUpProblem::InvitationInvalid]),
    ] {
        let page = SignUpPage { invitation: Some(invitation.to_owned()), ..sign_up(layout(), problems) };
        add(format!("sign_up-{title}"), &page);
    }

    let problems = [
        PasswordProblem::TooShort { least: 15 },
        PasswordProblem::TooLong,
        PasswordProblem::OwnWords,
        PasswordProblem::Stolen,
    ];
    for problem in [None].into_iter().chain(problems.map(Some)) {
        let page = SetPasswordPage {
            layout: bare(),
            token: "lk_link".to_owned(),
            identifier: names.identifier.clone(),
            least_password: 15,
            resets_factors: false,
            taking_back: None,
            recent: vec![],
            problem,
        };
        add(problem.map_or("set_password".to_owned(), |problem| format!("set_password-{}", word(&problem))), &page);
    }
    let ago = |minutes: u64| {
        let now = Timestamp::from_seconds(1_767_225_600);
        Moment::new(now - Duration::from_secs(60 * minutes), now)
    };
    let recent = |handle: &str, name: Option<&str>| RecentFactor {
        handle: handle.to_owned(),
        name: name.map(str::to_owned),
        added: (handle != "b@example.com").then(|| ago(3 * 60)),
        is_chosen: name.is_none(),
    };
    let page = SetPasswordPage {
        layout: bare(),
        token: "lk_link".to_owned(),
        identifier: names.identifier.clone(),
        least_password: 15,
        resets_factors: false,
        taking_back: None,
        recent: vec![recent("app", None), recent("a", Some("iCloud Keychain"))],
        problem: None,
    };
    add("set_password-recent".to_owned(), &page);
    for (title, problem) in [("recovery_password", None), ("recovery_password-missing", Some(PasswordProblem::Missing))]
    {
        let address = "b@example.com";
        let page = RecoveryPasswordPage {
            layout: layout(),
            recovery: "sealed".to_owned(),
            identifier: names.identifier.clone(),
            least_password: 15,
            recent: vec![recent("app", None), recent(address, Some(address))],
            problem,
        };
        add(title.to_owned(), &page);
    }
    let taking_back =
        TakingBack { old: names.email.clone(), gone: vec!["somebody@elsewhere.example".to_owned()], is_taken: false };
    let page = SetPasswordPage { taking_back: Some(taking_back), ..page };
    add("set_password-take_back".to_owned(), &page);
    let page = SetPasswordPage { taking_back: None, resets_factors: true, recent: vec![], ..page };
    add("set_password-recover".to_owned(), &page);

    for (title, problem, sent) in [
        ("forgot_password", None, None),
        ("forgot_password-missing", Some(ForgotPasswordProblem::Missing), None),
        ("forgot_password-limited", Some(ForgotPasswordProblem::TooMany { minutes: 5, is_of_address: true }), None),
        ("forgot_password-sent", None, Some(30)),
    ] {
        let wait =
            problem.filter(|problem| *problem != ForgotPasswordProblem::Missing).map(|_| Duration::from_secs(300));
        let layout = layout().waiting(wait, Timestamp::from_seconds(1_767_225_600));
        let page = ForgotPasswordPage { layout, identifier: names.identifier.clone(), problem, sent };
        add(title.to_owned(), &page);
    }

    let scopes = ["openid", "profile", "email", "address", "phone", "offline_access", &names.scope];
    let consent = ConsentPage {
        layout: layout(),
        account: account(),
        scopes: scopes.map(|scope| ScopeView::new(&layout(), scope, None)).to_vec(),
        destination: "notes.tidepool.example".to_owned(),
        policy_uri: Some("https://tidepool.example/privacy".to_owned()),
        tos_uri: Some("https://tidepool.example/terms".to_owned()),
    };
    add("consent".to_owned(), &consent);
    let consent = ConsentPage { layout: layout(), policy_uri: None, tos_uri: None, ..consent };
    add("consent-without-papers".to_owned(), &consent);

    let continue_as = |account| ContinueAsPage { layout: layout(), account, destination: "127.0.0.1".to_owned() };
    add("continue_as".to_owned(), &continue_as(account()));
    add("continue_as-nameless".to_owned(), &continue_as(nameless()));

    let choice = |handle: &str, account| AccountChoice { handle: handle.to_owned(), account };
    let accounts = vec![choice("a", account()), choice("b", nameless())];
    add("select_account".to_owned(), &SelectAccountPage { layout: layout(), accounts });

    let handle = || "a".to_owned();
    let end_session = |layout, accounts| EndSessionPage { layout, accounts, handle: handle(), offers_sign_up: true };
    add("end_session".to_owned(), &end_session(layout(), vec![account()]));
    add("end_session-several".to_owned(), &end_session(bare(), vec![account(), nameless()]));
    let visiting =
        || AccountView { name: Some(bare().t("anonymous-name")), is_anonymous: true, ..AccountView::default() };
    add("end_session-anonymous".to_owned(), &end_session(layout(), vec![visiting()]));
    let back = || Some((names.client.clone(), "https://tidepool.example/".to_owned()));
    add("signed_out".to_owned(), &SignedOutPage { layout: layout(), back: back(), others: false });
    add("signed_out-bare".to_owned(), &SignedOutPage { layout: bare(), back: None, others: true });
    for (title, accounts) in [
        ("home", vec![account()]),
        ("home-several", vec![account(), nameless()]),
        ("home-anonymous", vec![visiting()]),
        ("home-bare", vec![]),
    ] {
        let page = HomePage { layout: bare(), accounts, handle: handle(), offers_sign_up: true, signals: Vec::new() };
        add(title.to_owned(), &page);
    }
    let own = |page| Layout { holder: Some("alices".to_owned()), account: Some(account()), ..bare().of(page) };
    let profile = |wrong: bool| AccountProfilePage {
        layout: own(Page::AccountProfile),
        handle: handle(),
        name: names.person.clone(),
        locale: language.tag().to_owned(),
        identifiers: vec![
            IdentifierView { text: names.identifier.clone(), verified: None, which: None },
            IdentifierView { text: names.email.clone(), verified: Some(false), which: Some("a".to_owned()) },
        ],
        others: vec![choice("b", nameless())],
        mail_word: Some(names.person.clone()),
        offers_email: true,
        offers_keeping: false,
        done: (!wrong).then_some(ProfileDone::Saved),
        name_is_wrong: wrong,
        signal: None,
    };
    add("account".to_owned(), &profile(false));
    add("account-wrong".to_owned(), &profile(true));
    let again = AccountProfilePage { done: Some(ProfileDone::SteppedUp), ..profile(false) };
    add("account-again".to_owned(), &again);
    let visitor = |page| {
        let name = Some(bare().t("anonymous-name"));
        Layout { account: Some(AccountView { name, is_anonymous: true, ..account() }), ..own(page) }
    };
    let page = AccountProfilePage {
        layout: visitor(Page::AccountProfile),
        identifiers: vec![],
        others: vec![],
        mail_word: None,
        offers_email: false,
        offers_keeping: true,
        ..profile(false)
    };
    add("account-anonymous".to_owned(), &page);
    for (title, token, problem) in [
        ("account_verify", None, None),
        ("account_verify-link", Some("lk_link"), None),
        ("account_verify-wrong", None, Some(CodeProblem::Wrong)),
        ("account_verify-limited", None, Some(CodeProblem::TooMany { minutes: 5 })),
    ] {
        let page = AccountVerifyPage {
            layout: own(Page::AccountVerify),
            address: names.email.clone(),
            which: handle(),
            token: token.map(str::to_owned),
            problem,
        };
        add(title.to_owned(), &page);
    }
    for (title, sent, problems) in [
        ("account_email", false, vec![]),
        (
            "account_email-missing",
            false,
            vec![EmailProblem::Malformed, EmailProblem::Current(PresentPasswordProblem::Missing)],
        ),
        ("account_email-same", false, vec![EmailProblem::Same]),
        ("account_email-code", true, vec![]),
        ("account_email-over", false, vec![EmailProblem::Code(CodeProblem::Over)]),
        ("account_email-wrong", true, vec![EmailProblem::Code(CodeProblem::Wrong)]),
    ] {
        let page = AccountEmailPage {
            layout: own(Page::AccountEmail),
            present: Some(names.email.clone()),
            has_way_back: true,
            email: String::new(),
            identifier: names.identifier.clone(),
            has_password: true,
            sent_to: sent.then(|| names.email.clone()),
            problems,
        };
        add(title.to_owned(), &page);
    }
    let too_short = ChangeProblem::New(PasswordProblem::TooShort { least: 15 });
    for (title, problems, has_password) in [
        ("account_password", vec![], true),
        ("account_password-alone", vec![], true),
        ("account_password-none", vec![], false),
        ("account_password-missing", vec![ChangeProblem::Current(PresentPasswordProblem::Missing), too_short], true),
        ("account_password-wrong", vec![ChangeProblem::Current(PresentPasswordProblem::Wrong)], true),
        (
            "account_password-throttled",
            vec![ChangeProblem::Current(PresentPasswordProblem::TooManyTries { seconds: 3 })],
            true,
        ),
        ("account_password-new", vec![too_short], true),
        ("account_password-code", vec![ChangeProblem::Code(FactorProblem::Missing), too_short], true),
    ] {
        let page = AccountPasswordPage {
            layout: own(Page::AccountPassword),
            identifier: names.identifier.clone(),
            has_password,
            offers_reset: true,
            recovery_codes: title.ends_with("code").then_some(10),
            least_password: 15,
            ends_others: title != "account_password-alone",
            done: match title {
                "account_password" => Some(PasswordDone::Changed),
                "account_password-alone" => Some(PasswordDone::ChangedAlone),
                _ => None,
            },
            problems,
        };
        add(title.to_owned(), &page);
    }
    let session = |handle: &str, browser, system| SessionView {
        handle: handle.to_owned(),
        device: Device { browser, system },
        address: Some("203.0.113.7".to_owned()),
        factors: if handle == "a" { vec!["password", "account-session-by-code"] } else { vec!["passkey"] },
        applications: vec![names.client.clone(), "Notes".to_owned()],
        began_at: ago(3 * 24 * 60),
        active_at: ago(12),
        is_this: handle == "a",
    };
    let sessions = vec![
        session("a", Some("Firefox"), Some("Linux")),
        session("b", None, None),
        session("c", Some("Safari"), None),
    ];
    let device = Device { browser: Some("Firefox"), system: Some("Linux") };
    for (title, done) in [
        ("account_sessions", None),
        ("account_sessions-ended", Some(Done::One(device))),
        ("account_sessions-ended-unknown", Some(Done::One(Device::default()))),
        ("account_sessions-others", Some(Done::Others)),
    ] {
        let page = AccountSessionsPage { layout: own(Page::AccountSessions), sessions: sessions.clone(), done };
        add(title.to_owned(), &page);
    }
    let event = |key, client: Option<&str>, device, by_operator| EventView {
        key,
        client: client.map(str::to_owned),
        device,
        address: (key == "activity-signed-in").then(|| "203.0.113.7".to_owned()),
        by_operator,
        at: ago(12),
    };
    let events = vec![
        event("activity-signed-in", None, Some(device), false),
        event("activity-sign-in-failed", None, Some(Device::default()), false),
        event("activity-consent-given", Some(&names.client), Some(device), false),
        event("activity-consent-withdrawn", None, Some(device), false),
        event("activity-factors-reset", None, None, true),
    ];
    for (title, events, older) in [("account_activity", events, Some(1)), ("account_activity-none", vec![], None)] {
        let (layout, is_older) = (own(Page::AccountActivity), events.is_empty());
        let days = if is_older { 1 } else { 90 };
        add(title.to_owned(), &AccountActivityPage { layout, days, events, older, is_older });
    }
    for (title, problem, grace_days) in [
        ("account_data", None, 7),
        ("account_data-not-sure", Some(DeleteProblem::NotSure), 1),
        ("account_data-last", Some(DeleteProblem::LastAdministrator), 0),
    ] {
        add(title.to_owned(), &AccountDataPage { layout: own(Page::AccountData), grace_days, problem });
    }
    add("account_leaving".to_owned(), &AccountLeavingPage { layout: bare(), at: Some(ago(0)) });
    add("account_leaving-gone".to_owned(), &AccountLeavingPage { layout: bare(), at: None });
    let trusted = |handle: &str, browser| TrustedBrowserView {
        handle: handle.to_owned(),
        device: Device { browser, system: Some("Linux") },
        since: ago(3 * 24 * 60),
    };
    for (title, authenticator, browsers, done) in [
        ("account_security", None, vec![], None),
        (
            "account_security-on",
            Some(ago(400 * 24 * 60)),
            vec![trusted("a", Some("Firefox")), trusted("b", None)],
            None,
        ),
        ("account_security-removed", None, vec![], Some(SecurityDone::AuthenticatorRemoved)),
        ("account_security-forgotten", Some(ago(5)), vec![], Some(SecurityDone::BrowserForgotten)),
    ] {
        let layout = own(Page::AccountSecurity);
        let password = (title != "account_security-removed").then(|| ago(90));
        let passkeys = if title == "account_security" { 0 } else { 2 };
        let page = AccountSecurityPage {
            has_recovery_codes: authenticator.is_some(),
            layout,
            password,
            authenticator,
            recovery_codes: 8,
            codes_made: Some(ago(3 * 24 * 60)),
            passkeys,
            has_upstreams: passkeys > 0,
            connections: 1,
            has_channels: passkeys > 0,
            chats: 2,
            browsers,
            done,
        };
        add(title.to_owned(), &page);
    }
    for (title, is_known, may_create, is_whole) in [
        ("sign_up_new_here", false, true, false),
        ("sign_up_new_here-whole", false, true, true),
        ("sign_up_new_here-known", true, false, false),
        ("sign_up_new_here-closed", false, false, false),
    ] {
        let page = NewHerePage {
            layout: layout().of(Page::NewHere),
            upstream: upstream(),
            shown_as: Some(names.email.clone()),
            arrival: "v1.k1.sealed".to_owned(),
            is_known,
            may_create,
            invitation: is_whole.then(String::new),
            terms: is_whole.then(|| TermsView { sealed: "v1.k1.sealed".to_owned(), are_accepted: false }),
            kept: is_whole.then(|| KeptView { handle: "a".to_owned(), is_chosen: true }),
            problems: if is_whole { vec![SignUpProblem::TermsNotAccepted] } else { Vec::new() },
        };
        add(title.to_owned(), &page);
    }
    let connect = ConnectUpstreamPage {
        layout: layout().of(Page::ConnectUpstream),
        account: account(),
        upstream: upstream(),
        shown_as: Some(names.email.clone()),
        arrival: "v1.k1.sealed".to_owned(),
    };
    add("connect_upstream".to_owned(), &connect);
    for (title, was_linked, outcome) in [
        ("undo_connection", true, None),
        ("undo_connection-unlinked", false, None),
        ("undo_connection-done", true, Some(UndoOutcome::Done)),
        ("undo_connection-again", false, Some(UndoOutcome::Done)),
        ("undo_connection-taken", false, Some(UndoOutcome::Taken)),
    ] {
        let page = UndoConnectionPage {
            layout: bare().of(Page::UndoConnection),
            token: "lk_link".to_owned(),
            was_linked,
            label: if was_linked { "Google".to_owned() } else { names.client.clone() },
            mark: if was_linked { ProviderMark::Google } else { ProviderMark::Other },
            shown_as: Some(names.email.clone()),
            changed: ago(2 * 24 * 60),
            outcome,
            offers_reset: was_linked,
        };
        add(title.to_owned(), &page);
    }
    let bot = || BotView { name: "main".to_owned(), label: "Northwind bot".to_owned() };
    let chat = |is_last: bool| ChatView {
        handle: "a".to_owned(),
        label: bot().label,
        shown_as: Some(names.person.clone()),
        since: ago(90 * 24 * 60),
        used: (!is_last).then(|| ago(30)),
        is_last,
    };
    for done in [None].into_iter().chain(ChannelsDone::ALL.map(Some)) {
        let page = AccountChannelsPage {
            layout: own(Page::AccountChannels),
            chats: match done {
                Some(ChannelsDone::Disconnected) => Vec::new(),
                _ => vec![chat(done == Some(ChannelsDone::Last))],
            },
            bots: vec![bot()],
            takes_codes: true,
            named: (done == Some(ChannelsDone::WrongCode)).then(|| NamedChat {
                handle: "a".to_owned(),
                label: bot().label,
                shown_as: names.person.clone(),
            }),
            done,
        };
        add(done.map_or("account_channels".to_owned(), |done| format!("account_channels-{done:?}")), &page);
    }
    let link = || "https://t.me/northwind_bot?start=lk-AAAAAAAAAAAAAAAAAAAAAA".to_owned();
    for (title, waits) in [
        ("account_channel", Waits::ForChat { link: link() }),
        ("account_channel-came", Waits::ForPerson { shown_as: names.person.clone() }),
    ] {
        let page = AccountChannelPage {
            layout: own(Page::AccountChannels),
            label: bot().label,
            client: Some(names.client.clone()),
            waits,
            request: "v1.k1.sealed".to_owned(),
        };
        add(title.to_owned(), &page);
    }
    for (title, state, is_called) in [
        ("sign_in_channel", SignInState::Waits(42), false),
        ("sign_in_channel-called", SignInState::Waits(42), true),
        ("sign_in_channel-approved", SignInState::Approved, true),
        ("sign_in_channel-refused", SignInState::Refused, true),
        ("sign_in_channel-over", SignInState::Over, false),
    ] {
        let page = SignInChannelPage {
            layout: layout().of(Page::SignInChannel),
            label: bot().label,
            state,
            link: link(),
            query: "request=v1.k1.sealed".to_owned(),
            can_call: true,
            is_called,
            request: "v1.k1.sealed".to_owned(),
        };
        add(title.to_owned(), &page);
    }
    let ticket = TicketPage {
        layout: layout().of(Page::SignInTicket),
        account: account(),
        ticket: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
    };
    add("sign_in_ticket".to_owned(), &ticket);
    let telegram = TelegramPage {
        layout: layout(),
        path: Page::TelegramCallback.path().to_owned(),
        state: "a".to_owned(),
        result: String::new(),
    };
    add("telegram".to_owned(), &telegram);
    add("telegram-in_query".to_owned(), &TelegramPage { result: "eyJpZCI6MX0".to_owned(), ..telegram });
    let confirm = TelegramConfirmPage {
        layout: layout(),
        path: Page::TelegramCallback.path().to_owned(),
        bot: names.client.clone(),
        person: names.person.clone(),
        username: Some("ann_ex".to_owned()),
        signed: "id=1".to_owned(),
    };
    add("telegram_confirm".to_owned(), &confirm);
    let connection = |label: &str, is_last: bool| ConnectionView {
        handle: label.to_owned(),
        label: label.to_owned(),
        mark: if label == "Google" { ProviderMark::Google } else { ProviderMark::Other },
        shown_as: Some(names.email.clone()),
        since: ago(90 * 24 * 60),
        used: (!is_last).then(|| ago(30)),
        is_last,
        clients: if is_last { Vec::new() } else { vec![names.client.clone()] },
    };
    for done in [None].into_iter().chain(ConnectionsDone::ALL.map(Some)) {
        let page = AccountConnectionsPage {
            layout: Layout {
                reference: (done == Some(ConnectionsDone::Failed)).then(|| REFERENCE.to_owned()),
                ..own(Page::AccountConnections)
            },
            connections: match done {
                Some(ConnectionsDone::Disconnected) => Vec::new(),
                Some(ConnectionsDone::Last) => vec![connection("Google", true)],
                _ => vec![connection("Google", false), connection(&names.client, false)],
            },
            upstreams: vec![upstream()],
            done,
        };
        add(done.map_or("account_connections".to_owned(), |done| format!("account_connections-{done:?}")), &page);
    }
    let passkey = |handle: &str, name: Option<&str>, provider, is_synced| PasskeyView {
        is_automatic: handle == "c",
        handle: handle.to_owned(),
        name: name.map(str::to_owned),
        provider,
        is_synced,
        added: ago(50_000),
        used: (handle == "a").then(|| ago(3)),
        stays: None,
    };
    let several = vec![
        passkey("a", Some(&names.person), Some("1Password"), Some(true)),
        passkey("b", None, Some("YubiKey"), Some(false)),
        passkey("c", None, None, None),
    ];
    let last = |one: &PasskeyView, why| vec![PasskeyView { stays: Some(why), ..one.clone() }];
    let (way_in, factor) = (last(&several[0], LastPasskey::WayIn), last(&several[1], LastPasskey::SecondFactor));
    for (title, passkeys, done, problem) in [
        ("account_passkeys-none", vec![], None, None),
        ("account_passkeys", several.clone(), Some(PasskeysDone::Added), None),
        ("account_passkeys-renamed", several.clone(), Some(PasskeysDone::Renamed), None),
        ("account_passkeys-removed", several.clone(), Some(PasskeysDone::Removed), None),
        ("account_passkeys-last", way_in, None, Some(PasskeyProblem::TooLate)),
        ("account_passkeys-required", factor, None, Some(PasskeyProblem::Refused)),
        ("account_passkeys-not_added", vec![], None, Some(PasskeyProblem::NotAdded)),
    ] {
        let page = AccountPasskeysPage {
            layout: own(Page::AccountPasskeys),
            offer: (title != "account_passkeys-removed").then(offer),
            signal: Some("{}".to_owned()),
            longest_name: 64,
            passkeys,
            done,
            problem,
        };
        add(title.to_owned(), &page);
    }
    let set_up = SetUp {
        drawing: totp::draw(
            &"otpauth://totp/Northwind:alice@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".into(),
        ),
        groups: ["GEZD", "GNBV", "GY3T", "QOJQ", "GEZD", "GNBV", "GY3T", "QOJQ"].map(str::to_owned).to_vec(),
        uri: "otpauth://totp/Northwind:alice?secret=GEZDGNBV".to_owned(),
        enrolment: "v1.k1.sealed".to_owned(),
    };
    for (title, state, problem) in [
        ("account_authenticator", AuthenticatorState::None(set_up.clone()), None),
        ("account_authenticator-wrong", AuthenticatorState::None(set_up.clone()), Some(FactorProblem::Wrong)),
        ("account_authenticator-undrawn", AuthenticatorState::None(SetUp { drawing: None, ..set_up.clone() }), None),
        (
            "account_authenticator-on",
            AuthenticatorState::There {
                since: ago(50_000),
                used: Some(ago(3)),
                left: LeftWithout::Password,
                keeps_codes: false,
            },
            None,
        ),
        (
            "account_authenticator-unused",
            AuthenticatorState::There { since: ago(3), used: None, left: LeftWithout::Nothing, keeps_codes: true },
            None,
        ),
        (
            "account_authenticator-passkey",
            AuthenticatorState::There { since: ago(3), used: None, left: LeftWithout::Passkey, keeps_codes: false },
            None,
        ),
        ("account_authenticator-another", AuthenticatorState::Another(set_up.clone()), None),
        (
            "account_authenticator-another-wrong",
            AuthenticatorState::Another(set_up.clone()),
            Some(FactorProblem::Wrong),
        ),
    ] {
        let at = match state {
            AuthenticatorState::Another(_) => Page::AccountOtherAuthenticator,
            AuthenticatorState::None(_) | AuthenticatorState::There { .. } => Page::AccountAuthenticator,
        };
        let page = AccountAuthenticatorPage { layout: own(at), state, problem };
        add(title.to_owned(), &page);
    }
    for (title, problem, is_required) in [
        ("set_up_second_factor", None, true),
        ("set_up_second_factor-asked_for", None, false),
        ("set_up_second_factor-missing", Some(FactorProblem::Missing), true),
    ] {
        let page = SetUpSecondFactorPage {
            layout: layout().of(Page::SetUpSecondFactor),
            account: account(),
            set_up: set_up.clone(),
            problem,
            again: format!("{}/sign-in", site.base_path),
            is_required,
        };
        add(title.to_owned(), &page);
    }
    let codes = || {
        let codes = (0..10).map(|number| format!("{number}QW3E-RT7YP-4SDFG-HJK2X-CVBN9")).collect();
        let address = "https://id.northwind.example/forgot-password/recovery-code".to_owned();
        CodesView::of(&bare(), names.identifier.clone(), codes, address, "2026-01-01T00:00:00Z")
    };
    let page = NewRecoveryCodesPage {
        layout: Layout { interaction: None, ..layout() },
        view: codes(),
        onward: format!("{}/account", site.base_path),
        sets_password: true,
    };
    add("new_recovery_codes".to_owned(), &page);
    let page = SignUpDonePage {
        layout: Layout { interaction: None, ..layout() },
        view: codes(),
        onward: format!("{}/account", site.base_path),
    };
    add("sign_up_done".to_owned(), &page);
    for (title, onward) in
        [("sign_up_again", Some(format!("{}/account", site.base_path))), ("sign_up_again-signed-out", None)]
    {
        let page = SignUpAgainPage { layout: layout(), account: names.identifier.clone(), onward };
        add(title.to_owned(), &page);
    }
    let new = |came_with, sets_password: bool| RecoveryCodesState::New {
        view: codes(),
        came_with,
        is_factor: came_with != CameWith::Nothing || !sets_password,
        sets_password,
    };
    let left = |count, made: Option<Moment>, sets_password| RecoveryCodesState::Left {
        count,
        sets_password,
        is_factor: !sets_password || count > 0,
        keeps_old: sets_password,
        made_at: made.as_ref().map_or_else(String::new, |_| "1".to_owned()),
        made,
    };
    for (title, state) in [
        ("account_recovery_codes", left(8, Some(ago(700)), false)),
        ("account_recovery_codes-none", left(0, None, false)),
        ("account_recovery_codes-password", left(8, Some(ago(700)), true)),
        ("account_recovery_codes-password-none", left(0, None, true)),
        ("account_recovery_codes-new", new(CameWith::Nothing, false)),
        ("account_recovery_codes-new-password", new(CameWith::Nothing, true)),
        ("account_recovery_codes-first", new(CameWith::App, false)),
        ("account_recovery_codes-first-password", new(CameWith::App, true)),
        ("account_recovery_codes-another", new(CameWith::AnotherApp, false)),
        ("account_recovery_codes-not-needed", RecoveryCodesState::NotNeeded),
    ] {
        add(title.to_owned(), &AccountRecoveryCodesPage { layout: own(Page::AccountRecoveryCodes), state });
    }
    let application = ApplicationView {
        handle: "a".to_owned(),
        client: ClientView { name: names.client.clone(), logo: Some(format!("{}/client-logo/1", site.base_path)) },
        scopes: ["openid", "profile", &names.scope].map(|scope| ScopeView::new(&bare(), scope, None)).to_vec(),
        since: Some(ago(400 * 24 * 60)),
        used_at: Some(ago(0)),
    };
    for (title, applications) in [("account_applications-none", vec![]), ("account_applications", vec![application])] {
        add(
            title.to_owned(),
            &AccountApplicationsPage { layout: own(Page::AccountApplications), applications, done: true },
        );
    }
    add(
        "leaving".to_owned(),
        &LeavingPage { layout: bare(), url: format!("https://rp.example/cb?state={}", names.client) },
    );
    add("leaving-code".to_owned(), &LeavingPage { layout: bare(), url: "https://rp.example/cb?code=1".to_owned() });
    add(
        "form_post".to_owned(),
        &FormPostPage {
            layout: bare(),
            action: "https://rp.example/cb".to_owned(),
            params: vec![("state".to_owned(), names.client.clone()), ("code".to_owned(), "lk_ac_1".to_owned())],
        },
    );
    for problem in PROBLEMS {
        let of_client = matches!(problem, Problem::UnregisteredRedirectUri | Problem::InteractionExpired);
        let layout = if of_client { layout() } else { bare() };
        let page = ErrorPage {
            layout: Layout {
                interaction: None,
                reference: of_client.then(|| REFERENCE.to_owned()),
                ..layout.at(format!("{}/sign-in", site.base_path))
            },
            reset: (problem == Problem::SpentLink).then(|| format!("{}/forgot-password", site.base_path)),
            recovery_code: (problem == Problem::SpentLink)
                .then(|| format!("{}/forgot-password/recovery-code", site.base_path)),
            back: of_client.then(back).flatten(),
            another: (problem == Problem::OutsideNetworks)
                .then(|| format!("{}/sign-in?account=another", site.base_path)),
            account: (problem == Problem::SpentLink).then(|| "https://northwind.example/auth/account".to_owned()),
            problem,
            status: 400,
            note: matches!(problem, Problem::Maintenance { .. }).then(|| names.note.clone()),
            request_id: "019a9f2c-7d41-7c3e-9b0a-3f5be21c77aa".to_owned(),
            home: "https://northwind.example/auth/".to_owned(),
        };
        add(format!("error-{}", problem.code()), &page);
    }
    samples.into_iter().collect()
}

/// A code for why something was refused.
const REFERENCE: &str = "AB3D-9KQX";

const PROBLEMS: [Problem; 26] = [
    Problem::MissingClientId,
    Problem::UnknownClient,
    Problem::DisabledClient,
    Problem::MissingRedirectUri,
    Problem::UnregisteredRedirectUri,
    Problem::RepeatedParameter("state"),
    Problem::BadRequest,
    Problem::UnregisteredPostLogoutRedirectUri,
    Problem::InvalidHint,
    Problem::InteractionExpired,
    Problem::ForeignForm,
    Problem::CookiesOff,
    Problem::SpentLink,
    Problem::AddressTaken,
    Problem::SignUpOff,
    Problem::MailOff,
    Problem::OutsideNetworks,
    Problem::NotFound,
    Problem::MethodNotAllowed,
    Problem::TooLarge,
    Problem::TooSlow,
    Problem::Misdirected,
    Problem::TooManyRequests { seconds: 31 },
    Problem::Maintenance { minutes: Some(31) },
    Problem::Busy,
    Problem::Internal,
];

/// The first word of a variant, as the name of a file.
fn word(value: &dyn std::fmt::Debug) -> String {
    format!("{value:?}").split([' ', '(']).next().unwrap_or_default().to_owned()
}
