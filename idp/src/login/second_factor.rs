//! The second factor of a sign-in, after the first one is proven.

use std::time::Duration;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::{CookieSecret, TokenHash};
use crate::config::SecondFactor;
use crate::letters::kind::Notice;
use crate::letters::notice::notify;
use crate::login::recovery_code::{NO_CODE, OF_NOBODY, RecoveryCode, USED};
use crate::login::totp::TotpSecret;
use crate::oidc::authorization::next_step::FirstFactor;
use crate::oidc::authorization::session::Session;
use crate::oidc::claims::acr::{Acr, Method};
use crate::oidc::client::metadata::Client;
use crate::oidc::steps::Step;
use crate::store::db::{Change, Conn, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::origin::Origin;
use crate::store::people::code_try::{self, Admission, Limit};
use crate::store::people::recovery_code::{self, RecoveryCodes};
use crate::store::people::role::{self, ADMINISTRATOR};
use crate::store::people::totp::{self, Totp};
use crate::store::people::user::User;
use crate::store::people::{known_device, passkey, password, trusted_browser, user};

/// For how long the first factor counts until the second one is proven.
pub const HALF: Duration = Duration::from_secs(10 * 60);

const AN_HOUR: Duration = Duration::from_secs(60 * 60);

/// How many codes a person may try in one sign-in, or in one form of the account, of either kind.
const MOST_IN_PLACE: Limit = Limit { most: 5, period: AN_HOUR };

/// How many codes of an app may be tried in an hour at one account, in all sign-ins together: a thief of the password
/// could begin any number of them. Recovery codes are too long to be guessed.
const MOST_OF_USER: Limit = Limit { most: 20, period: AN_HOUR };

/// What a user can prove a second factor with.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// The authenticator app.
    pub totp: Option<Totp>,
    /// The recovery codes.
    pub recovery_codes: RecoveryCodes,
    /// How many passkeys count: those that the person made, or has signed in with.
    pub passkeys: i64,
    /// How many passkeys were made without the person and have never signed. They are a way in, and no more: their person may not even
    /// know of them, and must not need them to change what protects the account.
    pub unproven_passkeys: i64,
}

impl Enrolled {
    /// What a user has.
    pub async fn of(conn: &mut Conn, user: &Id) -> Result<Self> {
        let totp = totp::find(&mut *conn, user).await?;
        let passkeys = passkey::count(&mut *conn, user).await?;
        let recovery_codes = recovery_code::of_user(conn, user).await?;
        Ok(Self { totp, recovery_codes, passkeys: passkeys.proven, unproven_passkeys: passkeys.unproven })
    }

    /// Whether there is a second factor. Recovery codes alone are none: they stand in for one that is lost.
    pub const fn is_any(&self) -> bool {
        self.has_codes() || self.passkeys > 0
    }

    /// Whether a code can be typed after the password.
    pub const fn has_codes(&self) -> bool {
        self.totp.is_some()
    }

    /// Whether a passkey is the only second factor.
    pub const fn is_passkey_alone(&self) -> bool {
        self.totp.is_none() && self.passkeys > 0
    }

    /// The strongest class that the user can reach. A passkey that has never signed can do so now.
    pub fn reachable(&self) -> Acr {
        let has_passkey = self.passkeys + self.unproven_passkeys > 0;
        if has_passkey { Acr::of(&[Method::SoftwareKey]) } else { self.needed() }
    }

    /// The class that the user needs to change what protects the account. Who has both an app and a passkey needs only two factors:
    /// the app is there for browsers that have no passkey, and to lose the last passkey must not shut its person out.
    pub fn needed(&self) -> Acr {
        match (self.has_codes(), self.is_passkey_alone()) {
            (true, _) => Acr::of(&[Method::Password, Method::Totp]),
            (false, true) => Acr::of(&[Method::SoftwareKey]),
            (false, false) => Acr::of(&[Method::Password]),
        }
    }
}

/// What a user who has proven the first factor still has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Nothing: the sign-in is complete.
    Nothing,
    /// To prove the second factor.
    Proof,
    /// To set one up.
    SetUp,
}

/// How much a sign-in has to prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rigour {
    /// Who somebody is; a trusted browser spares the second factor.
    Usual,
    /// As much as can be, for a client that asks for it.
    Strict,
    /// Two factors, for a client that takes no less: who has no second one sets it up.
    TwoFactors,
    /// As much as the pages need that change what protects the account.
    StepUp,
}

/// What a user still has to do after the password. Who has passkeys and no app can still sign in with the password alone, as in a
/// browser that has none of them, unless the operator, the client, or the pages that protect the account want more.
pub async fn demand(
    app: &App,
    user: &Id,
    client: Option<&Client>,
    browser: &CookieSecret,
    rigour: Rigour,
) -> Result<Demand> {
    let mut conn = app.db.read().await?;
    let enrolled = Enrolled::of(&mut conn, user).await?;
    if enrolled.is_passkey_alone() {
        let is_wanted = rigour != Rigour::Usual || is_required_at(app, &mut conn, user, client).await?;
        return Ok(if is_wanted { Demand::Proof } else { Demand::Nothing });
    }
    if !enrolled.is_any() {
        let is_wanted = rigour == Rigour::TwoFactors || is_required_at(app, &mut conn, user, client).await?;
        return Ok(if is_wanted { Demand::SetUp } else { Demand::Nothing });
    }
    // A shorter time in the configuration holds for trust that was given before, too.
    let (now, since) = (app.now(), app.now() - app.config.login.trusted_browser);
    let is_spared =
        rigour == Rigour::Usual && trusted_browser::is_trusted(&mut conn, user, &browser.hash(), since, now).await?;
    Ok(if is_spared { Demand::Nothing } else { Demand::Proof })
}

/// Whether a user needs a second factor wherever they sign in, by the configuration.
pub async fn is_required(app: &App, conn: &mut Conn, user: &Id) -> Result<bool> {
    Required::of(app).holds(conn, user).await
}

/// Who needs a second factor wherever they sign in, for a change, which judges it where it writes.
#[derive(Clone, Debug)]
pub struct Required {
    setting: SecondFactor,
    roles: Vec<String>,
}

impl Required {
    /// By the configuration.
    pub fn of(app: &App) -> Self {
        let login = &app.config.login;
        Self { setting: login.second_factor, roles: login.second_factor_roles.clone() }
    }

    /// Whether nobody needs one.
    fn of_nobody(&self) -> bool {
        self.setting == SecondFactor::Optional && self.roles.is_empty()
    }

    /// Whether a user needs one.
    pub(crate) async fn holds(&self, conn: &mut Conn, user: &Id) -> Result<bool> {
        let needs = |role: &String| {
            let is_administrator = self.setting == SecondFactor::Administrators && role == ADMINISTRATOR;
            is_administrator || self.roles.contains(role)
        };
        Ok(match self.setting {
            SecondFactor::Everybody => true,
            // Nobody's roles are read where no role needs a second factor.
            SecondFactor::Optional if self.of_nobody() => false,
            SecondFactor::Optional | SecondFactor::Administrators => role::of_user(conn, user).await?.iter().any(needs),
        })
    }
}

/// Whether a user needs a second factor to sign in to this client, or, without a client, to the pages of this provider.
pub async fn is_required_at(app: &App, conn: &mut Conn, user: &Id, client: Option<&Client>) -> Result<bool> {
    let by_client = client.is_some_and(|client| client.metadata.require_second_factor);
    Ok(by_client || is_required(app, conn, user).await?)
}

/// Whether somebody who makes an account needs a second factor at this client, whoever they are: nobody has a role from the start.
pub fn is_required_of_new(app: &App, client: &Client) -> bool {
    client.metadata.require_second_factor || app.config.login.second_factor == SecondFactor::Everybody
}

/// Whether the sign-in of an open session is too weak for this client: a second factor is required, the session has proven
/// one factor, and a sign-in in this browser would ask for more.
pub async fn is_lacking(app: &App, session: &Session, client: &Client, browser: &CookieSecret) -> Result<bool> {
    let by_client = client.metadata.require_second_factor;
    // Nothing is read where nobody requires one.
    if Acr::from_name(&session.acr) >= Some(Acr::TwoFactors) || !by_client && Required::of(app).of_nobody() {
        return Ok(false);
    }
    if !is_required_at(app, &mut *app.db.read().await?, &session.user_id, Some(client)).await? {
        return Ok(false);
    }
    Ok(demand(app, &session.user_id, Some(client), browser, Rigour::Usual).await? != Demand::Nothing)
}

/// The first half of a sign-in, to be kept with it.
pub fn half(app: &App, user: &User, methods: &[Method], keep: bool) -> FirstFactor {
    FirstFactor {
        id: app.random.name::<16>(),
        user: user.id.clone(),
        generation: user.generation,
        methods: methods.to_vec(),
        proven_at: app.now(),
        keep,
        cookie: None,
        upstream: None,
    }
}

/// What a person has typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed<'a> {
    /// The code of the app.
    Code(&'a str),
    /// A recovery code.
    RecoveryCode(&'a str),
}

impl<'a> Typed<'a> {
    /// The method, if the code is right.
    pub const fn method(self) -> Method {
        match self {
            Self::Code(_) => Method::Totp,
            Self::RecoveryCode(_) => Method::RecoveryCode,
        }
    }

    /// What the fields of a form hold; `None` if both are empty.
    pub fn of(code: &'a str, recovery_code: &'a str) -> Option<Self> {
        match (code.trim(), recovery_code.trim()) {
            ("", "") => None,
            ("", recovery_code) => Some(Self::RecoveryCode(recovery_code)),
            (code, _) => Some(Self::Code(code)),
        }
    }
}

/// Whether what is typed proves another factor than these methods: a recovery code does not beside a password that a recovery code has
/// set, since one sheet of paper would be both.
pub async fn is_another_factor(conn: &mut Conn, user: &Id, methods: &[Method], typed: Typed<'_>) -> Result<bool> {
    let of_one_sheet = matches!(typed, Typed::RecoveryCode(_)) && methods.contains(&Method::Password);
    Ok(!of_one_sheet || !password::is_recovered(conn, user).await?)
}

/// The result of a try.
#[derive(Debug)]
pub enum Outcome {
    /// The code is right. It counts when it is used up, in the transaction that relies on it.
    Right(Proof),
    /// It is wrong, or was used before.
    Wrong,
    /// There were too many in this sign-in, which is over.
    SignInOver,
    /// There were too many in this form, or at this account.
    TooMany {
        /// When the next one counts.
        until: Timestamp,
    },
    /// The user has no app any more.
    NoApp,
}

/// A right code that is not used up yet.
#[derive(Clone, Debug)]
pub struct Proof {
    what: Code,
    /// The bucket of the sign-in, which a success closes: half a sign-in is completed once.
    closes: Option<String>,
    /// The buckets of tries that a success clears.
    clears: Vec<String>,
}

#[derive(Clone, Debug)]
enum Code {
    Totp { sealed_secret: String, step: i64 },
    Recovery(TokenHash),
}

impl Proof {
    /// Uses the code up, for this user, whose row the caller holds. Of several callers with one code exactly one gets `true`.
    pub(super) async fn use_up(&self, tx: &mut Tx<'_>, user: &Id) -> Result<bool> {
        let now = tx.now();
        let used = match &self.what {
            Code::Totp { sealed_secret, step } => totp::use_step(tx, user, sealed_secret, *step, now).await?,
            Code::Recovery(hash) => recovery_code::consume(tx, user, hash, now).await?,
        };
        if !used {
            let step = match &self.what {
                Code::Totp { .. } => {
                    Step::failed("totp", "The code is right, and it, or a later one, was used before.")
                }
                Code::Recovery(hash) => {
                    let is_used = recovery_code::is_used(tx, user, hash).await?;
                    Step::failed("recovery_code", if is_used { USED } else { OF_NOBODY })
                }
            };
            tx.note(step);
            return Ok(false);
        }
        if let Some(bucket) = &self.closes
            && !code_try::close(tx, bucket, user, now).await?
        {
            return Ok(false);
        }
        for bucket in &self.clears {
            code_try::clear(tx, bucket).await?;
        }
        if let Code::Recovery(_) = &self.what {
            let left = recovery_code::of_user(tx, user).await?.unused;
            tx.record(&Event::RecoveryCodeUsed { user: user.clone(), left }).await?;
            notify(tx, user, Notice::RecoveryCodeUsed).await?;
        }
        Ok(true)
    }
}

/// A second factor that was proven for a sign-in.
#[derive(Clone, Debug)]
pub struct Second {
    /// The code.
    pub proof: Proof,
    /// Until when the browser is trusted from now on, if the person wants that.
    pub trust_until: Option<Timestamp>,
}

/// Where a code is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// In the second half of a sign-in, by the name of the first one.
    SignIn(&'a str),
    /// In a form of the account, by its session.
    Form(&'a Id),
    /// In the form that sets up an app, by its name.
    Enrolment(&'a str),
}

impl Place<'_> {
    /// The bucket in which its codes are counted. What can be done once closes it.
    pub(crate) fn bucket(self) -> String {
        match self {
            Self::SignIn(half) => format!("sign-in:{half}"),
            Self::Form(session) => format!("form:{session}"),
            Self::Enrolment(form) => format!("enrolment:{form}"),
        }
    }
}

/// A try to prove the second factor.
pub struct Attempt<'a> {
    /// The user.
    pub user: &'a Id,
    /// Where.
    pub place: Place<'a>,
    /// The browser's secret.
    pub browser: &'a CookieSecret,
    /// What was typed.
    pub typed: Typed<'a>,
}

/// Checks a code.
pub async fn check(app: &App, attempt: &Attempt<'_>) -> Result<Outcome> {
    let Attempt { user, place, browser, typed } = *attempt;
    let (totp, is_known) = {
        let mut conn = app.db.read().await?;
        let Some(totp) = totp::find(&mut conn, user).await? else { return Ok(Outcome::NoApp) };
        // A sign-in before the app was set up has proven one factor only; the setting up itself is one of both.
        let set_up = totp.created_at - Duration::from_micros(1);
        let since = set_up.max(app.now() - app.config.login.known_device);
        (totp, known_device::is_known(&mut conn, &browser.hash(), user, since).await?)
    };
    // A browser that the user has signed in with has a bucket of its own, so that nobody else's tries shut the user out.
    let device = if is_known { format!(":{}", browser.hash().as_str()) } else { String::new() };
    let (of_place, is_sign_in) = (place.bucket(), matches!(place, Place::SignIn(_)));
    let of_user = matches!(typed, Typed::Code(_)).then(|| format!("totp:{user}{device}"));
    let count = CountTry { user: user.clone(), of_place: of_place.clone(), of_user: of_user.clone() };
    let is_last = match app.db.write(count).await? {
        Counted::Admitted { is_last } => is_last,
        Counted::NoUser => return Ok(Outcome::NoApp),
        Counted::TooManyHere { .. } if is_sign_in => return Ok(Outcome::SignInOver),
        Counted::TooManyHere { until } => return Ok(Outcome::TooMany { until }),
        Counted::TooMany { until } => {
            let says = format!("There were too many wrong codes at this account; the next one counts from {until} on.");
            Origin::note(Step::failed("code", says));
            return Ok(Outcome::TooMany { until });
        }
    };
    let right = match typed {
        Typed::Code(code) => of_app(app, user, totp, code),
        Typed::RecoveryCode(code) => match RecoveryCode::parse(code) {
            Some(code) => Some(Code::Recovery(code.hash())),
            None => {
                Origin::note(Step::failed("recovery_code", NO_CODE));
                None
            }
        },
    };
    Ok(match right {
        Some(what) => {
            let (closes, clears) = if is_sign_in { (Some(of_place), None) } else { (None, Some(of_place)) };
            Outcome::Right(Proof { what, closes, clears: clears.into_iter().chain(of_user).collect() })
        }
        None => {
            if is_last.is_some() {
                app.db.write(Event::SecondFactorFailed { user: user.clone() }).await?;
            }
            if is_sign_in && is_last == Some(Last::OfPlace) { Outcome::SignInOver } else { Outcome::Wrong }
        }
    })
}

/// The step of the app of which this is the code.
fn of_app(app: &App, user: &Id, totp: Totp, code: &str) -> Option<Code> {
    let Some(secret) = TotpSecret::open(&app.vault, user, &totp.sealed_secret) else {
        Origin::note(Step::failed("totp", "The secret of the app cannot be opened with this master key."));
        return None;
    };
    match secret.step_of(code, app.now()) {
        Some(step) => Some(Code::Totp { sealed_secret: totp.sealed_secret, step }),
        None => {
            secret.note_clock(code, app.now());
            None
        }
    }
}

/// The last try that counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    OfPlace,
    /// For this hour.
    OfUser,
}

/// Whether a try counts.
enum Counted {
    Admitted {
        /// Whether it is the last one that counts.
        is_last: Option<Last>,
    },
    TooManyHere {
        until: Timestamp,
    },
    TooMany {
        until: Timestamp,
    },
    NoUser,
}

/// Counts a try in its buckets.
#[derive(Clone)]
struct CountTry {
    user: Id,
    of_place: String,
    of_user: Option<String>,
}

impl Change for CountTry {
    type Outcome = Counted;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Counted> {
        let (Self { user, of_place, of_user }, now) = (self, tx.now());
        if user::hold(tx, &user).await?.is_none() {
            return Ok(Counted::NoUser);
        }
        let left = match code_try::admit(tx, &of_place, &user, MOST_IN_PLACE, now).await? {
            Admission::Full { until } => return Ok(Counted::TooManyHere { until }),
            Admission::Admitted { left } => left,
        };
        let mut is_last = (left == 0).then_some(Last::OfPlace);
        if let Some(of_user) = of_user {
            match code_try::admit(tx, &of_user, &user, MOST_OF_USER, now).await? {
                Admission::Full { until } => return Ok(Counted::TooMany { until }),
                Admission::Admitted { left: 0 } => is_last = is_last.or(Some(Last::OfUser)),
                Admission::Admitted { .. } => {}
            }
        }
        Ok(Counted::Admitted { is_last })
    }
}
