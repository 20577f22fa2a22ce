//! Signing in with an identifier and a password.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::account::anonymous::may_begin;
use crate::app::App;
use crate::base::clock::seconds_up;
use crate::base::secret::Secret;
use crate::flow::authorization::{Step, layout_of};
use crate::flow::first_factor::{self, ProvenFactor};
use crate::http::diagnosis::Diagnosis;
use crate::http::error::Error;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::http::{page, redirect};
use crate::login;
use crate::login::limits;
use crate::login::passkey::{self, Offer};
use crate::login::password::{self, Outcome, Wrong};
use crate::oidc::authorization::next_step::{NextStep, SignInReason};
use crate::oidc::claims::acr::Method;
use crate::oidc::difference::Difference;
use crate::oidc::reason::Reason;
use crate::oidc::steps;
use crate::pages::channels::{BotView, approving};
use crate::pages::upstreams::UpstreamView;
use crate::pages::{FormProblems, Layout, Wording};
use crate::site::page::Page;
use crate::store::origin::Origin;
use crate::store::people::user;

/// Asks a person to sign in. Posts `identifier`, `password` and, if ticked, `keep_signed_in=yes` to `/sign-in`.
#[derive(Template)]
#[template(path = "pages/sign_in/password.html")]
pub struct SignInPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// What was typed before, or the client's `login_hint`.
    pub identifier: String,
    /// The notice above the form.
    pub notice: Option<SignInNotice>,
    /// Why the last try failed: fields that are empty, or one problem of the whole form.
    pub problems: Vec<SignInProblem>,
    /// Whether "keep me signed in" was ticked.
    pub keep_signed_in: bool,
    /// Whether a person may make an account.
    pub offers_sign_up: bool,
    /// Whether a person may go on to the client with an anonymous account.
    pub offers_anonymous: bool,
    /// Whether that account is there already, in this browser.
    pub has_visitor: bool,
    /// Whether people can sign in by a letter.
    pub offers_mail: bool,
    /// Whether a letter can lead to a new password.
    pub offers_reset: bool,
    /// Whether this browser has accounts to choose from.
    pub offers_accounts: bool,
    /// How to sign in with a passkey; `None` where there can be none.
    pub passkey: Option<Offer>,
    /// The other providers by which people can sign in.
    pub upstreams: Vec<UpstreamView>,
    /// The bots in whose chat people can approve a sign-in.
    pub channels: Vec<BotView>,
    /// A passkey that the browser has and nobody has here: JSON for the Signal API.
    pub unknown_passkey: Option<String>,
}

/// A notice above the sign-in form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInNotice {
    /// The client wants the person to prove again who they are (`prompt=login`, `max_age`).
    Again,
    /// The client expects another account than the one that is signed in (`id_token_hint`).
    OtherAccount,
    /// The client wants the person's passkey (`acr_values`).
    Passkey,
}

/// Why a try to sign in failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInProblem {
    /// No identifier was typed.
    IdentifierMissing,
    /// No password was typed.
    PasswordMissing,
    /// Identifier and password do not match. Also for accounts that do not exist, are disabled or have no password.
    Refused,
    /// Too many tries.
    TooManyTries {
        /// How long to wait until the next try.
        seconds: u64,
    },
    /// The page was shown for too long before a passkey was used.
    PasskeyTooLate,
    /// Nobody has the passkey here.
    PasskeyUnknown,
    /// The passkey is not accepted.
    PasskeyRefused,
    /// Nobody may go on with an anonymous account.
    AnonymousRefused,
    /// Another provider did not sign the person in, or they did not want to.
    UpstreamDenied,
    /// Another provider has signed the person in, who is none of those that may come by it.
    UpstreamNotAllowed,
    /// Another provider is disabled.
    UpstreamOff,
    /// Another provider cannot be reached.
    UpstreamUnreachable,
    /// What another provider answered is not accepted.
    UpstreamFailed,
    /// The account that is linked may not be used.
    UpstreamRefused,
    /// Nobody has confirmed the sign-in in a chat, or it was used.
    ChannelRefused,
}

impl SignInProblem {
    /// The problem if a try is not looked at because of its network.
    pub(super) fn limited(app: &App, method: &'static str, wait: Duration) -> Self {
        app.metrics.sign_in(method, "limited");
        Origin::note(steps::Step::failed("address", limits::OF_ADDRESS));
        Self::TooManyTries { seconds: seconds_up(wait) }
    }

    /// The message on the page.
    pub fn wording(self) -> Wording {
        match self {
            Self::IdentifierMissing => Wording::new("sign-in-identifier-missing"),
            Self::PasswordMissing => Wording::new("password-missing"),
            Self::Refused => Wording::new("sign-in-refused"),
            Self::TooManyTries { seconds } => Wording::counted("sign-in-too-many-tries", "seconds", seconds),
            Self::PasskeyTooLate => Wording::new("passkey-too-late"),
            Self::PasskeyUnknown => Wording::new("passkey-unknown"),
            Self::PasskeyRefused => Wording::new("passkey-refused"),
            Self::AnonymousRefused => Wording::new("sign-in-anonymous-refused"),
            Self::UpstreamDenied => Wording::new("sign-in-upstream-denied"),
            Self::UpstreamNotAllowed => Wording::new("sign-in-upstream-not-allowed"),
            Self::UpstreamOff => Wording::new("sign-in-upstream-off"),
            Self::UpstreamUnreachable => Wording::new("sign-in-upstream-unreachable"),
            Self::UpstreamFailed => Wording::new("sign-in-upstream-failed"),
            Self::UpstreamRefused => Wording::new("sign-in-upstream-refused"),
            Self::ChannelRefused => Wording::new("sign-in-channel-not-confirmed"),
        }
    }

    fn wait(self) -> Option<Duration> {
        match self {
            Self::TooManyTries { seconds } => Some(Duration::from_secs(seconds)),
            _ => None,
        }
    }

    /// The same as a reason, for the log.
    pub const fn reason(self) -> Reason {
        match self {
            Self::IdentifierMissing => Reason::SignInIdentifierMissing,
            Self::PasswordMissing => Reason::PasswordMissing,
            Self::Refused => Reason::SignInRefused,
            Self::TooManyTries { .. } => Reason::SignInTooManyTries,
            Self::PasskeyTooLate => Reason::PasskeyTooLate,
            Self::PasskeyUnknown => Reason::PasskeyUnknown,
            Self::PasskeyRefused => Reason::PasskeyRefused,
            Self::AnonymousRefused => Reason::SignInAnonymousRefused,
            Self::UpstreamDenied => Reason::SignInUpstreamDenied,
            Self::UpstreamNotAllowed => Reason::SignInUpstreamNotAllowed,
            Self::UpstreamOff => Reason::SignInUpstreamOff,
            Self::UpstreamUnreachable => Reason::SignInUpstreamUnreachable,
            Self::UpstreamFailed => Reason::SignInUpstreamFailed,
            Self::UpstreamRefused => Reason::SignInUpstreamRefused,
            Self::ChannelRefused => Reason::SignInChannelRefused,
        }
    }

    /// What the operator is told about it. How the try was judged is kept, unless there is nothing to judge.
    async fn diagnosis(self, app: &App, why: Option<Difference>) -> Diagnosis {
        let diagnosis = Diagnosis::new(self.reason(), why);
        match self {
            Self::IdentifierMissing | Self::PasswordMissing => diagnosis,
            _ => diagnosis.explained(app).await,
        }
    }

    /// The field that it is about; `None` if it is the whole form.
    fn field(self) -> Option<&'static str> {
        match self {
            Self::IdentifierMissing => Some("identifier"),
            Self::PasswordMissing => Some("password"),
            Self::Refused
            | Self::TooManyTries { .. }
            | Self::PasskeyTooLate
            | Self::PasskeyUnknown
            | Self::PasskeyRefused
            | Self::AnonymousRefused
            | Self::UpstreamDenied
            | Self::UpstreamNotAllowed
            | Self::UpstreamOff
            | Self::UpstreamUnreachable
            | Self::UpstreamFailed
            | Self::UpstreamRefused
            | Self::ChannelRefused => None,
        }
    }
}

impl SignInPage<'_> {
    fn problems(&self) -> FormProblems {
        let of_field = |one: &SignInProblem| Some((one.field()?, self.layout.say(one.wording())));
        FormProblems::new(self.problems.iter().filter_map(of_field))
    }

    /// What is wrong with the form as a whole.
    fn problem_of_all(&self) -> Option<String> {
        let of_all = self.problems.iter().find(|one| one.field().is_none());
        of_all.map(|one| self.layout.say(one.wording()))
    }

    /// Whether identifier and password do not match.
    fn is_refused(&self) -> bool {
        self.problems.contains(&SignInProblem::Refused)
    }

    /// The notice above the form, in words.
    fn notice_text(&self) -> Option<String> {
        let client = self.layout.client.as_ref().map(|client| client.name.as_str());
        Some(match self.notice? {
            SignInNotice::Again => self.layout.t("sign-in-again"),
            SignInNotice::OtherAccount => {
                self.layout.t_args("sign-in-other-account", &[("client", client.unwrap_or_default())])
            }
            SignInNotice::Passkey => {
                self.layout.t_args("sign-in-wants-passkey", &[("client", client.unwrap_or_default())])
            }
        })
    }
}

/// Shows the page.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    let Some(sealed) = query.get("interaction") else {
        let return_to = query.get("return").and_then(Page::by_return_name);
        let mut shown = Shown { return_to, ..Shown::default() };
        // Who is signed in is shown who they are, unless they have chosen to use another account, or have to prove again who
        // they are.
        if query.get("account") != Some("another")
            && let Some(session) = visitor.sessions(&app).await?.first()
        {
            let page = return_to.unwrap_or(Page::Home);
            if login::step_up::lets_in(&app, session, page).await? {
                return redirect::to_page(&app, page);
            }
            // The holder of an anonymous account has never signed in.
            if !session.is_of_visitor() {
                shown.identifier = page::account(&app, &visitor, session).await?.identifier;
                shown.notice = Some(SignInNotice::Again);
            }
        }
        return show(&app, &visitor, None, shown, StatusCode::OK).await;
    };
    let step = Step::open(&app, &visitor, sealed).await?;
    let mut shown = Shown::default();
    if let NextStep::SignIn(reason) = step.next(&app, &visitor).await? {
        shown.notice = match reason {
            SignInReason::Requested | SignInReason::TooOld | SignInReason::TooWeak => Some(SignInNotice::Again),
            SignInReason::SomeoneElse => Some(SignInNotice::OtherAccount),
            SignInReason::NeedsPasskey => Some(SignInNotice::Passkey),
            SignInReason::NoSession => None,
        };
        if let Some(user) = step.expected(&app, &visitor).await? {
            let identifiers = user::identifiers(&mut *app.db.read().await?, &user.id).await?;
            shown.identifier = page::account_of(&user, &identifiers).identifier;
        }
    }
    if let Some(hint) = &step.proven.request.login_hint {
        shown.identifier = hint.clone();
    }
    show(&app, &visitor, Some(&step), shown, StatusCode::OK).await
}

/// Signs in with the typed identifier and password.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let step = Step::open_if_any(&app, &visitor, params.get("interaction")).await?;
    let identifier = params.get("identifier").unwrap_or_default().to_owned();
    let password = Secret::from(params.get("password").unwrap_or_default());
    let keep = params.get("keep_signed_in").is_some();
    let return_to = params.get("return").and_then(Page::by_return_name);
    let again = |problems, why, status| {
        let shown = Shown { identifier: identifier.clone(), problems, why, keep, return_to, ..Shown::default() };
        show(&app, &visitor, step.as_ref(), shown, status)
    };
    // The response is the same for all of these; only the operator sees the difference.
    let refused = |came: &str| {
        app.metrics.sign_in("password", "refused");
        again(vec![SignInProblem::Refused], Some(password::expected(came)), StatusCode::BAD_REQUEST)
    };
    let nameless = identifier.trim().is_empty().then_some(SignInProblem::IdentifierMissing);
    let missing = nameless.into_iter().chain(password.expose().is_empty().then_some(SignInProblem::PasswordMissing));
    let missing: Vec<_> = missing.collect();
    if !missing.is_empty() {
        return again(missing, None, StatusCode::BAD_REQUEST).await;
    }
    let counted = match limits::password(&app, visitor.caller(), &identifier).await? {
        Ok(counted) => counted,
        Err(wait) => {
            let problems = vec![SignInProblem::limited(&app, "password", wait)];
            return again(problems, None, StatusCode::TOO_MANY_REQUESTS).await;
        }
    };
    let proof = match password::check(&app, &visitor.tries(&identifier, &password)).await? {
        Outcome::Right(proof) => {
            counted.was_right(&app).await;
            proof
        }
        Outcome::Wrong(why) => return refused(why.as_str()).await,
        Outcome::TooLong => return refused(password::TOO_LONG).await,
        Outcome::TooSoon { until } => {
            app.metrics.sign_in("password", "throttled");
            let seconds = seconds_up(until.since(app.now()));
            return again(vec![SignInProblem::TooManyTries { seconds }], None, StatusCode::TOO_MANY_REQUESTS).await;
        }
    };
    let first = ProvenFactor {
        user: &proof.user,
        method: Method::Password,
        metric: "password",
        keep,
        proof: Some(&proof),
        upstream: None,
    };
    match first_factor::complete(&app, &visitor, step.as_ref(), return_to, first).await? {
        Some(response) => Ok(response),
        None => refused(Wrong::ChangedMeanwhile.as_str()).await,
    }
}

/// Whether the anonymous account of this browser answers the request: its holder has come back to this page.
async fn leads_visitor_on(app: &App, visitor: &Visitor, step: &Step) -> Result<bool, Error> {
    let [session] = step.sessions.as_slice() else { return Ok(false) };
    let goes_on = |next| {
        matches!(
            next,
            NextStep::Terms { .. } | NextStep::Consent { .. } | NextStep::Continue { .. } | NextStep::Proceed(_)
        )
    };
    Ok(session.is_of_visitor() && goes_on(step.next(app, visitor).await?))
}

/// What the page shows.
#[derive(Default)]
pub(super) struct Shown {
    pub identifier: String,
    pub notice: Option<SignInNotice>,
    pub problems: Vec<SignInProblem>,
    /// What came and what was expected, for the operator.
    pub why: Option<Difference>,
    pub keep: bool,
    pub return_to: Option<Page>,
    pub unknown: Option<String>,
}

/// The page, also for other ways to sign in that lead back to it.
pub(super) async fn show(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    shown: Shown,
    status: StatusCode,
) -> Result<Response, Error> {
    // The language switch returns to the page with where it leads.
    let returned = shown.return_to.and_then(Page::return_name);
    let address = returned.map(|name| format!("{}{}?return={name}", app.config.issuer.path(), Page::SignIn.path()));
    let wait = shown.problems.iter().find_map(|problem| problem.wait());
    let refusal = match shown.problems.first() {
        Some(problem) => Some(problem.diagnosis(app, shown.why).await),
        None => None,
    };
    let reference = refusal.as_ref().and_then(|refusal| refusal.reference.as_ref());
    let layout = layout_of(app, visitor, step).of(Page::SignIn).waiting(wait, app.now()).explained_by(reference);
    let has_visitor = match step {
        Some(step) => leads_visitor_on(app, visitor, step).await?,
        None => false,
    };
    let page = SignInPage {
        layout: page::Layout { return_to: shown.return_to, address, ..layout },
        identifier: shown.identifier,
        notice: shown.notice,
        problems: shown.problems,
        keep_signed_in: shown.keep,
        offers_sign_up: app.config.login.sign_up.is_offered(),
        offers_anonymous: has_visitor
            || step.is_some_and(|step| {
                step.sessions.is_empty() && may_begin(app, &step.proven.client, &step.proven.request)
            }),
        has_visitor,
        offers_mail: app.offers_mail_sign_in(),
        offers_reset: app.mailer.is_on(),
        // Elsewhere the page that asks for a letter leads to it.
        offers_accounts: step.is_some_and(|step| !step.sessions.is_empty()),
        passkey: passkey::offer_sign_in(app, &visitor.browser),
        upstreams: UpstreamView::ways_in(app, visitor).await?,
        channels: approving(app).await?.into_iter().map(BotView::of).collect(),
        unknown_passkey: shown.unknown,
    };
    let mut response = page::show_waiting(app, visitor, (status, wait), &page)?;
    if let Some(refusal) = refusal {
        refusal.ride_on(&mut response);
    }
    Ok(response)
}
