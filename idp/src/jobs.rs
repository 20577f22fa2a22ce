//! What is done from time to time, beside requests. Every job may run on several replicas at once.

use std::time::Duration;

use crate::app::App;
use crate::login;
use crate::store::db::Result;
use crate::store::signing_key::SigningKey;
use crate::store::sweep::{self, Swept};
use crate::store::{
    authorization_code, event, known_device, one_time_link, password, revoked_access_token, session, signing_key,
};
use crate::tokens::keys::When;

/// How many rows a statement looks at or removes at most, so that none holds the writer for long.
const BATCH: i64 = 1000;

/// How many ranges of each table are swept in a minute: a million rows in less than an hour.
const RANGES: usize = 20;

/// How long memory for hashing is kept that nobody uses.
const UNUSED: Duration = Duration::from_secs(60);

const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Reads the keys again and makes the next ones when they are due.
pub async fn rotate_keys(app: &App) -> Result<Vec<SigningKey>> {
    app.keys.rotate(&app.db, &app.vault, &app.pen, When::Due).await
}

/// Removes all that has expired; how many rows went.
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

/// Removes what an index finds, batch by batch; how many rows went.
async fn remove_listed(app: &App) -> Result<u64> {
    let now = app.now();
    let dead = dead(app);
    let events = now - app.config.log.events_kept;
    let mut gone = 0;
    macro_rules! batches {
        ($($delete:path, $before:expr;)+) => { $(
            loop {
                let before = $before;
                let removed = app.db.write_one(move |conn| Box::pin($delete(conn, before, BATCH))).await?;
                gone += removed;
                if removed < BATCH.unsigned_abs() {
                    break;
                }
            }
        )+ };
    }
    batches! {
        authorization_code::delete_expired, dead;
        revoked_access_token::delete_expired, dead;
        one_time_link::delete_expired, dead;
        password::delete_failures, dead;
        session::delete_browsers, now - A_YEAR;
        known_device::delete_unseen, now - app.config.login.known_device;
        event::delete_before, events;
    }
    gone += login::password::tell_unknown_names(app).await?;
    gone += app.db.write_one(move |conn| Box::pin(signing_key::delete_removed(conn, dead))).await?;
    Ok(gone)
}

/// Codes and access tokens live an hour at most; a day later nobody asks for them any more, whatever the clocks say.
fn dead(app: &App) -> crate::base::clock::Timestamp {
    app.now() - Duration::from_secs(26 * 60 * 60)
}

/// How far the tables have been swept that no index helps with.
#[derive(Debug, Default)]
pub struct Sweep {
    table: usize,
    after: String,
}

impl Sweep {
    /// Sweeps the next range, and goes on to the next table at the end of one; how many rows went.
    pub async fn next(&mut self, app: &App) -> Result<u64> {
        let swept = Swept::ALL.get(self.table).copied().unwrap_or(Swept::RefreshFamily);
        let until = sweep::range_end(&mut *app.db.read().await?, swept, &self.after, BATCH).await?;
        let (after, end, dead) = (std::mem::take(&mut self.after), until.clone(), dead(app));
        let removed = app
            .db
            .write_one(move |conn| {
                Box::pin(async move { sweep::delete(conn, swept, &after, end.as_deref(), dead).await })
            })
            .await;
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

/// Runs the jobs until the process ends.
pub async fn run(app: App) {
    let mut minutes = tokio::time::interval(Duration::from_secs(60));
    minutes.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut sweep = Sweep::default();
    loop {
        minutes.tick().await;
        app.hashing.rest(UNUSED);
        match rotate_keys(&app).await {
            Ok(made) => {
                made.iter().for_each(|key| tracing::info!(kid = key.kid, "a new signing key is published"));
                app.metrics.job("keys", true, 0, seconds(&app));
            }
            Err(error) => {
                tracing::warn!("the signing keys could not be looked after: {error}");
                app.metrics.job("keys", false, 0, seconds(&app));
            }
        }
        match clean(&app, &mut sweep).await {
            Ok(removed) => app.metrics.job("clean", true, removed, seconds(&app)),
            Err(error) => {
                tracing::warn!("what has expired could not be removed: {error}");
                app.metrics.job("clean", false, 0, seconds(&app));
            }
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
