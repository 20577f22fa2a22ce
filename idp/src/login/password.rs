//! Signing in by password.

use std::time::Duration;

use tokio::time::Instant;

use crate::app::App;
use crate::base::clock::{SKEW, Timestamp};
use crate::base::encoding::sha256_text;
use crate::base::id::Id;
use crate::base::secret::Secret;
use crate::base::token::{CookieSecret, TokenHash};
use crate::explanations::{self, Counted};
use crate::oidc::difference::Difference;
use crate::oidc::reason::Reason;
use crate::oidc::steps::Step;
use crate::store::db::{self, Change, Tx};
use crate::store::installation::event::Event;
use crate::store::origin::Origin;
use crate::store::people::user::{self, Candidate, Identifier, User};
use crate::store::people::{code_try, failed_sign_in, password};

use crate::hashing::{LONGEST, PasswordVerdict};
use crate::login::Error;
use crate::login::identifier;
use crate::login::suspicion::{self, Failure};

/// An attempt to sign in.
pub struct Try<'a> {
    /// The identifier that was typed.
    pub typed: &'a str,
    /// The password.
    pub secret: &'a Secret,
    /// The browser's secret.
    pub browser: &'a CookieSecret,
    /// The network that it comes from.
    pub network: String,
}

/// The result of a try.
#[derive(Debug)]
pub enum Outcome {
    /// The user is who they say.
    Right(Box<Proof>),
    /// The identifier or the password is wrong, or one user's names were tried too often; the answer does not say
    /// which.
    Wrong(Wrong),
    /// Too soon after earlier failures with this name; the attempt does not count.
    TooSoon {
        /// When the next attempt counts.
        until: Timestamp,
    },
    /// The password is longer than any can be.
    TooLong,
}

/// Why a try was refused: for the log alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// No user has the name.
    UnknownName,
    /// The password does not match.
    Password,
    /// The user has no password.
    NoPassword,
    /// The user is disabled.
    Disabled,
    /// There were too many tries with this user's names.
    TooManyTries,
    /// After too many failures, the password is verified only on known devices.
    DoorClosed,
    /// The password was changed, or the user disabled, while it was being verified.
    ChangedMeanwhile,
}

/// What a try has whose identifier or password is longer than any can be.
pub const TOO_LONG: &str = "more than any name or password can have";

/// What came with a try that is refused, and what was expected.
pub fn expected(came: &str) -> Difference {
    Difference::new("password", came, "the password of a user that may sign in")
}

impl Wrong {
    /// In words, for an operator.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownName => "a name that nobody has",
            Self::Password => "another password",
            Self::NoPassword => "a user without a password",
            Self::Disabled => "a disabled user",
            Self::TooManyTries => "too many tries with this user's names",
            Self::DoorClosed => "a password that is closed after too many failures",
            Self::ChangedMeanwhile => "a user that changed meanwhile",
        }
    }
}

/// Proof that a user's password was typed. Code that writes something because of it first checks that generation and
/// hash are still those that were verified.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The user, of the generation that was verified.
    pub user: User,
    /// The hash that was verified.
    pub(crate) phc: String,
    /// The same password hashed at the configured cost, if the verified hash is weaker.
    stronger: Option<String>,
    /// The buckets of failures that a success clears.
    buckets: Vec<String>,
}

/// Checks a password. Known and unknown identifiers get the same answers, and every refusal takes the same time,
/// however much work it needed.
pub async fn check(app: &App, attempt: &Try<'_>) -> Result<Outcome, Error> {
    let began = Instant::now();
    let outcome = decide(app, attempt, began).await?;
    if matches!(outcome, Outcome::TooLong) {
        explain(app, Reason::SignInRefused, Some(TOO_LONG)).await;
    }
    if !matches!(outcome, Outcome::Right(_)) {
        app.hashing.deadline().reach(began).await;
    }
    Ok(outcome)
}

async fn decide(app: &App, attempt: &Try<'_>, began: Instant) -> Result<Outcome, Error> {
    if attempt.secret.expose().len() > LONGEST || attempt.typed.len() > LONGEST {
        return Ok(Outcome::TooLong);
    }
    let normalised = identifier::normalise(attempt.typed);
    let (browser, known_since) = (attempt.browser.hash(), app.now() - app.config.login.known_device);
    let candidate = {
        let mut conn = app.db.read().await?;
        user::find_candidate(&mut conn, &normalised, &browser, known_since).await?
    };
    let buckets = Buckets::of(&normalised, candidate.as_ref(), &browser);

    app.hashing.measure().await?;
    // The turn first: a try that cannot be verified must not count.
    let turn = app.hashing.turn().await?;
    let looked_at = match admit(app, buckets.clone()).await? {
        Admission::Admitted { failures } => Some(failures),
        Admission::InSilence => None,
        Admission::Refused { until } => {
            let says = format!("There were too many tries with this name; the next one counts from {until} on.");
            Origin::note(Step::failed("identifier", says));
            explain(app, Reason::SignInTooManyTries, None).await;
            return Ok(Outcome::TooSoon { until });
        }
    };
    let is_open = looked_at.is_some_and(|failures| buckets.is_open(failures, app.config.login.throttle_close));
    let usable = candidate.as_ref().filter(|found| is_open && found.user.disabled_at.is_none());
    let stored = usable.and_then(|found| found.phc.as_deref());
    let verdict = app.hashing.verify(turn, attempt.secret, stored).await?;

    Ok(match (usable, stored, verdict) {
        (Some(found), Some(phc), PasswordVerdict::Right | PasswordVerdict::RightButWeak) => {
            app.hashing.note(Some(phc), began.elapsed());
            let weak = verdict == PasswordVerdict::RightButWeak;
            // A failure here does not refuse the sign-in: the next sign-in hashes again.
            let stronger = if weak { app.hashing.hash(attempt.secret).await.ok() } else { None };
            let (user, phc, buckets) = (found.user.clone(), phc.to_owned(), buckets.all());
            Outcome::Right(Box::new(Proof { user, phc, stronger, buckets }))
        }
        _ => {
            match (&candidate, looked_at) {
                (Some(found), Some(failures)) => record_failure(app, &found.user, failures, buckets.known).await?,
                // A silent refusal follows failures that are already recorded.
                (Some(_), None) => {}
                (None, _) => app.db.write(failed_sign_in::Count { network: attempt.network.clone() }).await?,
            }
            let wrong = match &candidate {
                None => Wrong::UnknownName,
                Some(_) if looked_at.is_none() => Wrong::TooManyTries,
                Some(found) if found.user.disabled_at.is_some() => Wrong::Disabled,
                Some(found) if found.phc.is_none() => Wrong::NoPassword,
                Some(_) if !is_open => Wrong::DoorClosed,
                Some(_) => Wrong::Password,
            };
            // Before the time is noted, so that the deadline of refusals covers this write as well.
            explain(app, Reason::SignInRefused, Some(wrong.as_str())).await;
            app.hashing.note(stored, began.elapsed());
            let user = candidate.as_ref().map(|found| &found.user.id);
            let (password, network) = (attempt.secret, attempt.network.as_str());
            suspicion::note(app, &Failure { name: &normalised, password, network, user });
            Outcome::Wrong(wrong)
        }
    })
}

/// Keeps why a try is refused, if it is one to sign in. Known and unknown names write the same row.
async fn explain(app: &App, reason: Reason, came: Option<&str>) {
    let last = || Step::refused(reason.sentence(), came.map(expected).as_ref());
    explanations::keep(app, Counted::Refusal, last).await;
}

/// Forgets the failures before a right password, and keeps its stronger hash: for a sign-in that goes on with a second factor,
/// whose session begins later or never. Returns whether the user is still as verified.
pub async fn settle(app: &App, proof: &Proof) -> Result<bool, db::Error> {
    app.db.write(Settle(proof.clone())).await
}

#[derive(Clone)]
struct Settle(Proof);

impl Change for Settle {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> db::Result<bool> {
        let user = &self.0.user;
        if !user::hold(tx, &user.id).await?.is_some_and(|held| held.may_still(user.generation)) {
            return Ok(false);
        }
        self.0.settle(tx).await.map(|()| true)
    }
}

impl Proof {
    /// The same in a transaction that holds the user's row.
    pub(super) async fn settle(&self, tx: &mut Tx<'_>) -> db::Result<()> {
        for bucket in &self.buckets {
            password::clear_failures(tx, bucket).await?;
        }
        if let Some(stronger) = &self.stronger {
            password::rehash(tx, &self.user.id, &self.phc, stronger).await?;
        }
        Ok(())
    }
}

/// The buckets in which attempts to sign in are counted: one for the name and one for the user. A known device has two
/// separate ones, so that strangers' attempts do not lock the user out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Buckets {
    /// The bucket of the typed name, which exists whether or not a user has the name. It determines how long to wait.
    name: String,
    /// The bucket of all names of the user. It refuses silently: otherwise it would reveal which names belong to one
    /// person.
    user: Option<String>,
    /// Whether these are of a known device of the user.
    known: bool,
}

/// The bucket of a name.
fn of_name(normalised: &str) -> String {
    format!("name:{}", sha256_text(normalised.as_bytes()))
}

/// The bucket of a user.
fn of_user(user: &Id) -> String {
    format!("user:{user}")
}

impl Buckets {
    fn of(normalised: &str, candidate: Option<&Candidate>, browser: &TokenHash) -> Self {
        let known = candidate.is_some_and(|found| found.device_seen_at.is_some());
        let place = if known { format!(":{}", browser.as_str()) } else { String::new() };
        Self {
            name: format!("{}{place}", of_name(normalised)),
            user: candidate.map(|found| format!("{}{place}", of_user(&found.user.id))),
            known,
        }
    }

    fn all(self) -> Vec<String> {
        [Some(self.name), self.user].into_iter().flatten().collect()
    }

    /// Whether the password is still verified. Too many failures in a row end that, except on known devices.
    fn is_open(&self, failures: i64, close: u32) -> bool {
        self.known || failures <= i64::from(close)
    }
}

/// What earlier failures mean for a user's next sign-in with a browser that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Throttled {
    /// Until when tries are refused, if they are.
    pub until: Option<Timestamp>,
    /// Whether the password is no longer verified, after too many failures.
    pub closed: bool,
}

/// How a user with these identifiers is throttled.
pub async fn throttled(app: &App, user: &Id, identifiers: &[Identifier]) -> Result<Throttled, db::Error> {
    let (now, limits) = (app.now(), &app.config.login);
    let mut conn = app.db.read().await?;
    let mut throttled = Throttled::default();
    if let Some(found) = password::failures(&mut conn, &of_user(user), now).await? {
        throttled.closed = found.failures >= i64::from(limits.throttle_close);
        throttled.until = Some(found.next_try_at);
    }
    for identifier in identifiers {
        let found = password::failures(&mut conn, &of_name(&identifier.normalised), now).await?;
        throttled.until = throttled.until.max(found.map(|found| found.next_try_at));
    }
    // A longer wait was written before the clock was set back.
    throttled.until = throttled.until.filter(|until| *until > now && *until <= now + limits.throttle_longest + SKEW);
    Ok(throttled)
}

/// Forgets the failures of a user and of these identifiers, on known devices, too; returns whether there were any.
pub async fn forget_failures(tx: &mut Tx<'_>, user: &Id, identifiers: &[Identifier]) -> db::Result<bool> {
    let mut forgotten = password::clear_all_failures(tx, &of_user(user), user).await?;
    for identifier in identifiers {
        forgotten += password::clear_all_failures(tx, &of_name(&identifier.normalised), user).await?;
    }
    Ok(forgotten > 0)
}

/// Lets a user try again at once, whatever failed before; returns whether anything had.
pub async fn unlock(app: &App, user: &Id) -> Result<bool, db::Error> {
    app.db.write(Unlock { user: user.clone() }).await
}

/// Forgets the failures of a user.
#[derive(Clone)]
struct Unlock {
    user: Id,
}

impl Change for Unlock {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> db::Result<bool> {
        let Self { user } = self;
        user::hold(tx, &user).await?;
        let identifiers = user::identifiers(tx, &user).await?;
        let forgotten =
            forget_failures(tx, &user, &identifiers).await? | (code_try::clear_of_user(tx, &user).await? > 0);
        if forgotten {
            tx.record(&Event::UserUnlocked { user }).await?;
        }
        Ok(forgotten)
    }
}

/// Whether a try is verified.
enum Admission {
    /// The password is verified.
    Admitted {
        /// Tries of this user, or of this name if nobody has it, without a success, this one included.
        failures: i64,
    },
    /// The password is not verified, and the answer does not reveal it.
    InSilence,
    /// Too soon after tries with this name.
    Refused {
        /// When the next one counts.
        until: Timestamp,
    },
}

/// Counts a try before its outcome is known.
async fn admit(app: &App, buckets: Buckets) -> Result<Admission, db::Error> {
    let limits = &app.config.login;
    let (free, longest) = (i64::from(limits.throttle_free), limits.throttle_longest);
    app.db.write(Admit { buckets, free, longest }).await
}

/// Counts a try in its buckets, if they admit it.
#[derive(Clone)]
struct Admit {
    buckets: Buckets,
    /// How many failures in a row cost no wait.
    free: i64,
    /// The longest wait.
    longest: Duration,
}

impl Change for Admit {
    type Outcome = Admission;

    async fn apply(self, tx: &mut Tx<'_>) -> db::Result<Admission> {
        let (Self { buckets, free, longest }, now) = (self, tx.now());
        let failures = match password::admit(tx, &buckets.name, free, longest, now).await? {
            password::Admission::Admitted { failures } => failures,
            password::Admission::Refused { until } => return Ok(Admission::Refused { until }),
        };
        let Some(silent) = &buckets.user else { return Ok(Admission::Admitted { failures }) };
        Ok(match password::admit(tx, silent, free, longest, now).await? {
            password::Admission::Admitted { failures } => Admission::Admitted { failures },
            password::Admission::Refused { .. } => Admission::InSilence,
        })
    }
}

/// Records a failed sign-in of a user, in fewer and fewer events.
async fn record_failure(app: &App, user: &User, failures: i64, known: bool) -> Result<(), db::Error> {
    let closes = !known && failures == i64::from(app.config.login.throttle_close);
    if !closes && !is_told(failures) {
        return Ok(());
    }
    app.db.write(RecordFailure { user: user.id.clone(), failures, closes }).await
}

/// Writes down a failure of a user.
#[derive(Clone)]
struct RecordFailure {
    user: Id,
    /// How many there were in a row.
    failures: i64,
    /// Whether this failure stops the verification of the password.
    closes: bool,
}

impl Change for RecordFailure {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> db::Result<()> {
        let Self { user, failures, closes } = self;
        // The user was read before the password was hashed. The events of a deleted user say no more from where they came.
        if user::hold(tx, &user).await?.is_none() {
            return Ok(());
        }
        if closes {
            tx.record(&Event::PasswordDoorClosed { user: user.clone() }).await?;
        }
        if is_told(failures) {
            tx.record(&Event::SignInFailed { user, failures }).await?;
        }
        Ok(())
    }
}

/// Whether a failure is recorded as an event: the first ten are, then each tenth, then each hundredth, so that an
/// attack over months does not flood the table.
fn is_told(failures: i64) -> bool {
    match failures {
        ..=10 => true,
        11..=100 => failures % 10 == 0,
        _ => failures % 100 == 0,
    }
}

/// How many rows of counts one event covers.
const COUNTS: i64 = 1000;

/// How many networks an event names: those with the most tries.
const LOUDEST: usize = 10;

/// Writes events about the attempts with unknown names, for the time ranges that are over. Returns how many rows of
/// counts it removed.
pub async fn tell_unknown_names(app: &App) -> Result<u64, db::Error> {
    let (before, mut gone) = (app.now() - failed_sign_in::RANGE, 0);
    loop {
        let taken = app.db.write(TellUnknownNames { before }).await?;
        gone += taken;
        if taken < COUNTS.unsigned_abs() {
            return Ok(gone);
        }
    }
}

/// Writes one event about some of the ranges that began before a moment; how many rows of counts it removed.
#[derive(Clone)]
struct TellUnknownNames {
    before: Timestamp,
}

impl Change for TellUnknownNames {
    type Outcome = u64;

    async fn apply(self, tx: &mut Tx<'_>) -> db::Result<u64> {
        let mut counts = failed_sign_in::take(tx, self.before, COUNTS).await?;
        if counts.is_empty() {
            return Ok(0);
        }
        counts.sort_by(|a, b| b.tries.cmp(&a.tries).then_with(|| a.network.cmp(&b.network)));
        let networks = counts.len();
        let tries = counts.iter().map(|count| count.tries).sum();
        let loudest = counts.into_iter().take(LOUDEST).map(|count| (count.network, count.tries)).collect();
        tx.record(&Event::UnknownNamesTried { tries, networks, loudest }).await?;
        Ok(networks as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_of_tries_at_one_user_writes_few_events() {
        assert!((1..=10).all(is_told));
        assert_eq!((11..=100).filter(|&n| is_told(n)).count(), 9);
        assert_eq!((101..=43_200).filter(|&n| is_told(n)).count(), 431);
    }
}
