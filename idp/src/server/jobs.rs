//! What is done from time to time, beside requests. Every job may run on several replicas at once.

use std::time::Duration;

use crate::account;
use crate::app::App;
use crate::audit;
use crate::audit::checkpoint::Unsigned;
use crate::base::clock::Timestamp;
use crate::channels::receive;
use crate::config::DatabaseUrl;
use crate::federation::tokens::revoke;
use crate::keys::signing::When;
use crate::letters::delivery;
use crate::login;
use crate::login::factor_age::RECENT;
use crate::store::db::{Change, Result, Tx};
use crate::store::grants::refresh_family::ClearSealedSuccessors;
use crate::store::grants::{authorization_code, revoked_access_token};
use crate::store::installation::signing_key::SigningKey;
use crate::store::installation::sweep::{self, Swept};
use crate::store::installation::{channel_receiver, event, explanation, former_signing_key, process, signing_key};
use crate::store::people::{
    address_change, channel_request, code_try, invitation, known_device, mail_proof, one_time_link, outbox, password,
    recovery_code, session, trusted_browser, upstream_change, user,
};

/// How many rows a statement looks at or removes at most, so that none holds the writer for long.
const BATCH: i64 = 1000;

/// How many ranges of each table are swept in a minute: a million rows in less than an hour.
const RANGES: usize = 20;

/// How long unused memory for hashing is kept.
const UNUSED: Duration = Duration::from_secs(60);

/// How often a process reports that it is alive, in rounds of a second.
const ROUNDS: u32 = 20;

/// How long a process counts as alive after it was last seen.
pub const PROCESS_SEEN: Duration = Duration::from_secs(2 * 60);

/// How long the row of a process is kept after it was last seen.
const PROCESS_FORGOTTEN: Duration = Duration::from_secs(60 * 60);

/// The most that `tokens.refresh_grace` may be.
const LONGEST_GRACE: Duration = Duration::from_secs(60);

/// How long letters that no mail server took are kept after they are of no use any more.
const A_MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How often the outbox is looked at for letters of commands and other processes, and for those that are due again.
const OUTBOX: Duration = Duration::from_secs(1);

/// Telegram sends an update again for a day.
const TWO_DAYS: Duration = Duration::from_secs(2 * 24 * 60 * 60);

const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Reads the keys again and makes the next ones when they are due.
pub async fn rotate_keys(app: &App) -> Result<Vec<SigningKey>> {
    app.keys.rotate(&app.db, &app.vault, When::Due).await
}

/// Removes everything that has expired; returns the number of rows removed.
pub async fn remove_expired(app: &App) -> Result<u64> {
    let (mut gone, mut sweep) = (0, Sweep::default());
    loop {
        gone += sweep.next(app).await?;
        if sweep.is_at_the_beginning() {
            break;
        }
    }
    Ok(gone + remove_listed(app).await?)
}

/// Removes the rows that an index finds, batch by batch; returns their number.
async fn remove_listed(app: &App) -> Result<u64> {
    let (now, dead) = (app.now(), dead(app));
    let mut gone = 0;
    for (old, before) in [
        (Old::AuthorizationCodes, dead),
        (Old::RevokedAccessTokens, dead),
        (Old::OneTimeLinks, dead),
        (Old::AddressChanges, dead),
        (Old::UpstreamChanges, dead),
        (Old::ChannelRequests, dead),
        (Old::ChannelUpdates, now - TWO_DAYS),
        (Old::ReplacedRecoveryCodes, now - RECENT),
        (Old::Invitations, now - A_MONTH),
        (Old::Letters, now - A_MONTH),
        (Old::MailProofs, dead),
        (Old::PasswordFailures, dead),
        (Old::CodeTries, dead),
        (Old::TrustedBrowsers, now),
        (Old::FormerWords, now),
        (Old::Browsers, now - A_YEAR),
        (Old::KnownDevices, now - app.config.login.known_device),
        (Old::Events, now - app.config.log.events_kept),
        (Old::Explanations { kept: app.config.log.explanations_kept }, now),
        (Old::SurplusExplanations, now),
    ] {
        loop {
            let removed = app.db.write_one(DeleteOld { old, before }).await?;
            gone += removed;
            if removed < BATCH.unsigned_abs() {
                break;
            }
        }
    }
    gone += audit::checkpoint::remove_old(app, now - app.config.log.events_kept).await?;
    gone += login::password::tell_unknown_names(app).await?;
    gone += app.db.write(DeleteKeysAndProcesses { now, dead }).await?;
    // Last, since it takes longest: accounts go one by one.
    gone += account::delete::delete_due(app).await?;
    Ok(gone)
}

/// The kinds of rows that are removed when they are old.
#[derive(Clone, Copy)]
enum Old {
    AuthorizationCodes,
    RevokedAccessTokens,
    OneTimeLinks,
    AddressChanges,
    UpstreamChanges,
    ChannelRequests,
    ChannelUpdates,
    ReplacedRecoveryCodes,
    Invitations,
    Letters,
    MailProofs,
    PasswordFailures,
    CodeTries,
    TrustedBrowsers,
    FormerWords,
    Browsers,
    KnownDevices,
    Events,
    /// Rows of earlier releases do not say for how long they are kept.
    Explanations {
        kept: Duration,
    },
    SurplusExplanations,
}

/// Removes a batch of what ended before a moment: one statement. How many rows went.
#[derive(Clone)]
struct DeleteOld {
    old: Old,
    before: Timestamp,
}

impl Change for DeleteOld {
    type Outcome = u64;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<u64> {
        let Self { old, before } = self;
        match old {
            Old::AuthorizationCodes => authorization_code::delete_expired(tx, before, BATCH).await,
            Old::RevokedAccessTokens => revoked_access_token::delete_expired(tx, before, BATCH).await,
            Old::OneTimeLinks => one_time_link::delete_expired(tx, before, BATCH).await,
            Old::AddressChanges => address_change::delete_expired(tx, before, BATCH).await,
            Old::UpstreamChanges => upstream_change::delete_expired(tx, before, BATCH).await,
            Old::ChannelRequests => channel_request::delete_expired(tx, before, BATCH).await,
            Old::ChannelUpdates => channel_receiver::delete_updates(tx, before, BATCH).await,
            Old::ReplacedRecoveryCodes => recovery_code::delete_replaced_before(tx, before, BATCH).await,
            Old::Invitations => invitation::delete_expired(tx, before, BATCH).await,
            Old::Letters => outbox::delete_expired(tx, before, BATCH).await,
            Old::MailProofs => mail_proof::delete_expired(tx, before, BATCH).await,
            Old::PasswordFailures => password::delete_failures(tx, before, BATCH).await,
            Old::CodeTries => code_try::delete_old(tx, before, BATCH).await,
            Old::TrustedBrowsers => trusted_browser::delete_expired(tx, before, BATCH).await,
            Old::FormerWords => user::forget_expired_former(tx, before, BATCH).await,
            Old::Browsers => session::delete_browsers(tx, before, BATCH).await,
            Old::KnownDevices => known_device::delete_unseen(tx, before, BATCH).await,
            Old::Events => event::delete_before(tx, before, BATCH).await,
            Old::Explanations { kept } => explanation::delete_over(tx, before, kept, BATCH).await,
            Old::SurplusExplanations => explanation::delete_surplus(tx, BATCH).await,
        }
    }
}

/// Removes signing keys that are no longer published, whose public halves are kept for a year, and processes that are
/// no longer seen; returns the number of rows removed.
#[derive(Clone)]
struct DeleteKeysAndProcesses {
    now: Timestamp,
    /// Keys that stopped being published before this moment are removed.
    dead: Timestamp,
}

impl Change for DeleteKeysAndProcesses {
    type Outcome = u64;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<u64> {
        let Self { now, dead } = self;
        former_signing_key::keep(tx, now).await?;
        Ok(signing_key::delete_removed(tx, dead).await?
            + former_signing_key::delete_removed(tx, now - A_YEAR).await?
            + process::delete_unseen(tx, now - PROCESS_FORGOTTEN).await?)
    }
}

/// Codes and access tokens live an hour at most; a day later they are not needed any more, whatever the clocks say.
fn dead(app: &App) -> Timestamp {
    app.now() - Duration::from_secs(26 * 60 * 60)
}

/// The progress of the sweep through tables that have no index for it.
#[derive(Debug, Default)]
pub struct Sweep {
    table: usize,
    after: String,
}

impl Sweep {
    /// Sweeps the next range, and continues with the next table at the end of one; returns the number of rows removed.
    pub async fn next(&mut self, app: &App) -> Result<u64> {
        let swept = Swept::ALL.get(self.table).copied().unwrap_or(Swept::RefreshFamily);
        let until = sweep::range_end(&mut *app.db.read().await?, swept, &self.after, BATCH).await?;
        let (after, end, dead) = (std::mem::take(&mut self.after), until.clone(), dead(app));
        if swept == Swept::RefreshFamily {
            clear_range(app, after.clone(), end.clone()).await?;
        }
        let removed = app.db.write_one(sweep::Delete { swept, after, until: end, before: dead }).await;
        match until {
            Some(until) => self.after = until,
            None => self.table = (self.table + 1) % Swept::ALL.len(),
        }
        removed
    }

    fn is_at_the_beginning(&self) -> bool {
        self.table == 0 && self.after.is_empty()
    }
}

/// Clears the successors that the previous release sealed, range by range, as soon as no retry can need them: their key
/// can be derived from a copy of the database. While that release still serves, the sweep clears what it writes.
pub async fn clear_sealed_successors(app: &App) -> Result<()> {
    let mut after = String::new();
    loop {
        let until = sweep::range_end(&mut *app.db.read().await?, Swept::RefreshFamily, &after, BATCH).await?;
        clear_range(app, after, until.clone()).await?;
        match until {
            Some(until) => after = until,
            None => return Ok(()),
        }
    }
}

async fn clear_range(app: &App, after: String, until: Option<String>) -> Result<u64> {
    let before = app.now() - LONGEST_GRACE;
    app.db.write_one(ClearSealedSuccessors { after, until, before }).await
}

/// Runs the jobs until the process ends.
pub async fn run(app: App) {
    tokio::join!(every_minute(&app), every_second(&app), send_letters(&app), receive::run(&app), revoke::run(&app));
}

/// Sends letters: those of this process at once, others within a second.
pub async fn send_letters(app: &App) {
    let Some(letters) = app.db.letters().filter(|_| app.mailer.is_on()) else { return };
    let mut failing = false;
    loop {
        match delivery::deliver(app).await {
            Ok(_) => failing = false,
            // Reported once, not each second.
            Err(_) if failing => {}
            Err(error) => {
                tracing::warn!("the outbox could not be read, letters wait: {error}");
                failing = true;
            }
        }
        tokio::select! {
            () = letters.written() => {}
            () = tokio::time::sleep(OUTBOX) => {}
        }
    }
}

/// Reports that this process ends, so that no command waits for it, and others receive the updates of bots at once.
pub async fn leave(app: &App) -> Result<()> {
    receive::leave(app).await?;
    app.db.write_one(process::Delete { process: app.process.clone() }).await
}

/// Follows changes of the signing keys by commands and other processes, and reports that it has: a revoked key must
/// stop working everywhere within seconds.
async fn every_second(app: &App) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut reported, mut round, mut failing) = (None, 0, false);
    loop {
        seconds.tick().await;
        let due = round % ROUNDS == 0;
        match follow_keys(app, reported.filter(|_| !due), round == 0).await {
            Ok(generation) => {
                reported = Some(generation);
                round += 1;
                failing = false;
            }
            // Reported once, not each second.
            Err(_) if failing => {}
            Err(error) => {
                tracing::warn!("the signing keys could not be updated: {error}");
                failing = true;
            }
        }
    }
}

/// Reads the keys again if they were changed, and reports which generation of them this process has followed, unless it
/// is the same as `reported`. Returns the generation.
async fn follow_keys(app: &App, reported: Option<i64>, first: bool) -> Result<i64> {
    app.keys.follow(&app.db, &app.vault).await?;
    let generation = app.keys.ring().followed(app.now());
    if reported == Some(generation) {
        return Ok(generation);
    }
    // An SQLite file has one server.
    let alone = first && matches!(app.config.database_url(), DatabaseUrl::Sqlite(_));
    let (process, name) = (app.process.clone(), process_name(app));
    app.db.write(process::Report { process, name, keys_generation: generation, alone }).await?;
    Ok(generation)
}

/// The name of this process in messages.
fn process_name(app: &App) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.trim().is_empty() { "this machine" } else { host.trim() };
    format!("process {} on {host}, which listens on {}", std::process::id(), app.config.listen())
}

async fn every_minute(app: &App) {
    let mut minutes = tokio::time::interval(Duration::from_secs(60));
    minutes.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut sweep, mut cleared, mut round) = (Sweep::default(), false, 0_u64);
    loop {
        minutes.tick().await;
        // One minute after the start, no retry from before the start can arrive any more.
        if round > 0 && !cleared {
            match clear_sealed_successors(app).await {
                Ok(()) => cleared = true,
                Err(error) => tracing::warn!("expired rows could not be removed: {error}"),
            }
        }
        round += 1;
        app.hashing.rest(UNUSED);
        sign_events(app).await;
        match rotate_keys(app).await {
            Ok(made) => {
                made.iter().for_each(|key| tracing::info!(kid = key.kid, "a new signing key is published"));
                app.metrics.job("keys", true, 0, seconds(app));
            }
            Err(error) => {
                tracing::warn!("the signing keys could not be updated: {error}");
                app.metrics.job("keys", false, 0, seconds(app));
            }
        }
        match clean(app, &mut sweep).await {
            Ok(removed) => app.metrics.job("clean", true, removed, seconds(app)),
            Err(error) => {
                tracing::warn!("expired rows could not be removed: {error}");
                app.metrics.job("clean", false, 0, seconds(app));
            }
        }
    }
}

/// Makes checkpoints over what has happened. The log has their numbers and hashes, for `latchkey audit verify --expect`.
async fn sign_events(app: &App) {
    match audit::checkpoint::make(app).await {
        Ok(made) => {
            for new in &made {
                tracing::info!(number = new.number, hash = new.hash, "an audit checkpoint was signed");
            }
            app.metrics.job("audit", true, 0, seconds(app));
        }
        Err(error) => {
            match &error {
                Unsigned::Store(_) => tracing::warn!("no audit checkpoint could be signed: {error}"),
                Unsigned::Forged(_) => tracing::error!("no audit checkpoint is signed: {error}"),
            }
            app.metrics.job("audit", false, 0, seconds(app));
        }
    }
}

fn seconds(app: &App) -> f64 {
    app.now().micros() as f64 / 1e6
}

/// A minute's share of cleaning; how many rows went.
async fn clean(app: &App, sweep: &mut Sweep) -> Result<u64> {
    let mut gone = remove_listed(app).await?;
    for _ in 0..RANGES * Swept::ALL.len() {
        gone += sweep.next(app).await?;
        if sweep.is_at_the_beginning() {
            break;
        }
    }
    Ok(gone)
}
