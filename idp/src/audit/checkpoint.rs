//! Makes checkpoints, and removes those whose events have been kept for long enough.

use std::time::Duration;

use crate::app::App;
use crate::audit::key::AuditKey;
use crate::base::clock::{SKEW, Timestamp};
use crate::store::db::{Change, Error, Result, Tx};
use crate::store::installation;
use crate::store::installation::audit_checkpoint::{self, Beginning, Checkpoint, GENESIS, line};
use crate::store::installation::event;

/// How many events a checkpoint covers at most, so that making one holds the writer for milliseconds.
const EVENTS: i64 = 1000;

/// How much time they are from at most: a checkpoint goes as a whole, so its first events are kept for longer by as much.
const SPAN: Duration = Duration::from_secs(24 * 60 * 60);

/// How old an event is before a checkpoint covers it. It has the time at which it was written, and is seen once its transaction
/// is committed. Nothing is lost if that takes longer: the next checkpoint covers whatever has none.
const SETTLED: Duration = Duration::from_secs(10);

/// How much later than that an event may be seen before [`verify`](super::verify) takes it for one that was put in afterwards: the clocks
/// of replicas may differ by [`SKEW`], and a transaction of many statements may wait at each for as long as one may take.
pub const LATE: Duration = Duration::from_secs(10 * 60 + SKEW.as_secs());

/// How many checkpoints are made at once at most; the next minute goes on.
const AT_ONCE: usize = 200;

/// The name by which those who make and remove checkpoints take turns.
const TURN: &str = "audit";

/// Makes checkpoints over the events that have none; returns them. Several replicas may do it at once: they take turns, and whoever
/// comes second finds nothing left.
pub async fn make(app: &App) -> Result<Vec<Checkpoint>> {
    let key = key(app)?;
    let mut made = Vec::new();
    while made.len() < AT_ONCE {
        let kept_since = app.now() - app.config.log.events_kept;
        let Some(new) = app.db.write(Make { key: key.clone(), kept_since }).await? else { break };
        made.push(new);
    }
    Ok(made)
}

fn key(app: &App) -> Result<AuditKey> {
    AuditKey::of(&app.vault).ok_or_else(unsigned)
}

fn unsigned() -> Error {
    Error::Corrupt("the audit log cannot be signed".into())
}

#[derive(Clone)]
struct Make {
    key: AuditKey,
    /// Earlier events are removed soon.
    kept_since: Timestamp,
}

impl Change for Make {
    type Outcome = Option<Checkpoint>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<Checkpoint>> {
        let (now, settled) = (tx.now(), tx.now() - SETTLED);
        // Most often there is nothing to do, and nobody has to wait for that.
        if earliest_settled(tx, self.kept_since, settled).await?.is_none() {
            return Ok(None);
        }
        installation::in_turn(tx, TURN).await?;
        let Some(earliest) = earliest_settled(tx, self.kept_since, settled).await? else { return Ok(None) };
        let before = audit_checkpoint::newest(tx).await?;
        let beginning = Beginning::find(tx).await?;
        let (number, previous, from_at) = match (&before, beginning) {
            (Some(before), _) => (before.number + 1, before.hash.clone(), before.until_at),
            (None, Some(beginning)) => (beginning.removed + 1, beginning.hash, earliest),
            (None, None) => (1, GENESIS.to_owned(), earliest),
        };
        let until = settled.min(earliest + SPAN);
        let mut events = event::cover(tx, number, earliest, until, EVENTS).await?;
        events.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
        let Some(latest) = events.last().map(|event| event.at) else { return Ok(None) };
        let is_full = events.len() as i64 >= EVENTS;
        let mut new = Checkpoint {
            number,
            made_at: now,
            from_at,
            until_at: from_at.max(if is_full { latest } else { until }),
            earliest_at: earliest,
            latest_at: latest,
            events: events.iter().map(line).collect(),
            previous,
            hash: String::new(),
            signature: String::new(),
        };
        new.hash = new.computed_hash();
        new.signature = self.key.sign(&new.signed_text()).ok_or_else(unsigned)?;
        audit_checkpoint::insert(tx, &new).await?;
        Ok(Some(new))
    }
}

/// The time of the earliest event since a moment that no checkpoint covers, if it has settled.
async fn earliest_settled(tx: &mut Tx<'_>, since: Timestamp, settled: Timestamp) -> Result<Option<Timestamp>> {
    Ok(event::earliest_uncovered(tx, since).await?.filter(|at| *at < settled))
}

/// Removes checkpoints whose events are all from before a moment, with these events, and signs where the log begins now; returns
/// how many rows went.
pub async fn remove_old(app: &App, before: Timestamp) -> Result<u64> {
    let (key, mut gone) = (key(app)?, 0);
    loop {
        let removed = app.db.write(RemoveOldest { key: key.clone(), before }).await?;
        gone += removed;
        if removed == 0 {
            return Ok(gone);
        }
    }
}

#[derive(Clone)]
struct RemoveOldest {
    key: AuditKey,
    before: Timestamp,
}

impl Change for RemoveOldest {
    type Outcome = u64;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<u64> {
        // Most often there is nothing to do, and nobody has to wait for that.
        if !audit_checkpoint::is_oldest_before(tx, self.before).await? {
            return Ok(0);
        }
        installation::in_turn(tx, TURN).await?;
        let oldest = audit_checkpoint::after(tx, i64::MIN, 1).await?.into_iter().next();
        let Some(oldest) = oldest.filter(|oldest| oldest.latest_at < self.before) else { return Ok(0) };
        let (removed, hash, at) = (oldest.number, oldest.hash, tx.now());
        let mut beginning = Beginning { removed, hash, at, signature: String::new() };
        beginning.signature = self.key.sign(&beginning.signed_text()).ok_or_else(unsigned)?;
        beginning.keep(tx).await?;
        audit_checkpoint::delete(tx, removed).await
    }
}
