//! Makes checkpoints, and removes those whose events have been kept for long enough.

use std::fmt;
use std::time::Duration;

use crate::app::App;
use crate::audit::key::{AuditKey, PublicKey};
use crate::base::clock::{SKEW, Timestamp};
use crate::store::db::{Change, Conn, Error, Result, Tx};
use crate::store::installation;
use crate::store::installation::audit_checkpoint::{self, Beginning, Checkpoint, End, GENESIS, line};
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

/// Why no checkpoint was signed.
#[derive(Debug)]
pub enum Unsigned {
    /// The database did not do it.
    Store(Error),
    /// What the next one would follow on was changed: its name.
    Forged(String),
}

impl From<Error> for Unsigned {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for Unsigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Forged(what) => write!(f, "{what} was changed, or was not signed by this installation"),
        }
    }
}

/// Makes checkpoints over the events that have none; returns them. Several replicas may do it at once: they take turns, and whoever
/// comes second finds nothing left.
pub async fn make(app: &App) -> std::result::Result<Vec<Checkpoint>, Unsigned> {
    let (key, public) = keys(app)?;
    let mut made = Vec::new();
    while made.len() < AT_ONCE {
        let kept_since = app.now() - app.config.log.events_kept;
        let change = Make { key: key.clone(), public: public.clone(), kept_since, remembered: app.audit.end() };
        let Some(new) = app.db.write(change).await? else { break };
        let new = new.map_err(Unsigned::Forged)?;
        if let Some(number) = new.lost {
            tell_lost(app, number);
        }
        app.audit.set(new.end);
        made.push(new.checkpoint);
    }
    if made.is_empty() {
        look(app, &public).await?;
    }
    Ok(made)
}

/// Looks whether the log has what this process remembers, also while nothing happens, and remembers what other replicas have signed.
async fn look(app: &App, key: &PublicKey) -> Result<()> {
    let mut conn = app.db.read().await?;
    let seen = Seen::find(&mut conn, key, app.audit.end()).await?;
    drop(conn);
    if let Some(number) = seen.lost
        && app.audit.is_news(number)
    {
        tell_lost(app, number);
    }
    // What is lost stays remembered, and the next checkpoint goes on from there.
    if let Some(end) = seen.after {
        app.audit.set(end);
    }
    Ok(())
}

fn tell_lost(app: &App, number: i64) {
    tracing::error!(number, "an audit checkpoint that was signed is not in the database any more, or is another one");
    app.metrics.audit_lost();
}

fn keys(app: &App) -> Result<(AuditKey, PublicKey)> {
    let key = AuditKey::of(&app.vault).ok_or_else(unsigned)?;
    let public = key.public().ok_or_else(unsigned)?;
    Ok((key, public))
}

fn unsigned() -> Error {
    Error::Corrupt("the audit log cannot be signed".into())
}

#[derive(Clone)]
struct Make {
    key: AuditKey,
    public: PublicKey,
    /// Earlier events are removed soon.
    kept_since: Timestamp,
    /// Where the log ended when this process last looked.
    remembered: Option<End>,
}

/// A checkpoint that was made.
struct Made {
    checkpoint: Checkpoint,
    /// Where the log ends with it.
    end: End,
    /// The number of the checkpoint that should have been there.
    lost: Option<i64>,
}

impl Change for Make {
    type Outcome = Option<std::result::Result<Made, String>>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Outcome> {
        let (now, settled) = (tx.now(), tx.now() - SETTLED);
        // Most often there is nothing to do, and nobody has to wait for that.
        if earliest_settled(tx, self.kept_since, settled).await?.is_none() {
            return Ok(None);
        }
        installation::in_turn(tx, TURN).await?;
        let Some(earliest) = earliest_settled(tx, self.kept_since, settled).await? else { return Ok(None) };
        let seen = Seen::find(tx, &self.public, self.remembered).await?;
        let lost = seen.lost;
        let Place { number, previous, from_at } = match seen.next(tx, &self.public).await? {
            Ok(place) => place,
            Err(forged) => return Ok(Some(Err(forged))),
        };
        let from_at = from_at.unwrap_or(earliest);
        let until = settled.min(earliest + SPAN);
        let mut events = event::cover(tx, number, earliest, until, EVENTS).await?;
        events.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
        let Some(latest) = events.last().map(|event| event.at) else { return Ok(None) };
        let is_full = events.len() as i64 >= EVENTS;
        let mut new = Checkpoint {
            number,
            made_at: now,
            from_at,
            // Not the end of the span, which a server whose clock is ahead puts into the future: every event of the others would be late.
            until_at: from_at.max(if is_full { latest } else { until.min(latest + SETTLED) }),
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
        let (hash, until_at) = (new.hash.clone(), new.until_at);
        let mut end = End { number, hash, until_at, signature: String::new() };
        end.signature = self.key.sign(&end.signed_text()).ok_or_else(unsigned)?;
        end.keep(tx).await?;
        Ok(Some(Ok(Made { checkpoint: new, end, lost })))
    }
}

/// Where the next checkpoint belongs.
struct Place {
    number: i64,
    /// The hash of the one before it.
    previous: String,
    /// Where the one before it ended; `None` if it is not there any more.
    from_at: Option<Timestamp>,
}

/// The end of the log as the database has it, and as it is known from elsewhere.
struct Seen {
    /// After which checkpoint the next one belongs; `None` if there was none yet, or all were removed.
    after: Option<End>,
    /// The number of the newest checkpoint if that is not as this installation has signed it.
    forged: Option<i64>,
    /// The number of a checkpoint that was signed, and is not there or is another one.
    lost: Option<i64>,
}

impl Seen {
    /// Who can write to the database can change or remove checkpoints, too. What they say decides which event is late, so they are believed
    /// only as this installation has signed them; and the log ends nowhere before what this process remembers, or what the mark of its
    /// end says.
    async fn find(conn: &mut Conn, key: &PublicKey, remembered: Option<End>) -> Result<Self> {
        let newest = audit_checkpoint::newest(conn).await?;
        let (newest, forged) = match newest {
            Some(newest) if !key.has_signed_checkpoint(&newest) => (None, Some(newest.number)),
            newest => (newest, None),
        };
        let mark = End::find(conn).await?.filter(|end| key.has_signed_end(end));
        let Some(known) = [remembered, mark].into_iter().flatten().max_by_key(|end| end.number) else {
            return Ok(Self { after: newest.map(end_of), forged, lost: None });
        };
        let is_there = audit_checkpoint::hash_of(conn, known.number).await?.is_some_and(|hash| hash == known.hash);
        // Retention may have removed it.
        let may_be_gone = Beginning::find(conn)
            .await?
            .is_some_and(|beginning| beginning.removed >= known.number && key.has_signed_beginning(&beginning));
        let lost = (!is_there && !may_be_gone).then_some(known.number);
        let after = match newest {
            Some(newest) if newest.number > known.number => end_of(newest),
            _ => known,
        };
        Ok(Self { after: Some(after), forged, lost })
    }

    /// Where the next checkpoint belongs, or the name of what was forged.
    async fn next(self, tx: &mut Tx<'_>, key: &PublicKey) -> Result<std::result::Result<Place, String>> {
        match (self.after, self.forged) {
            // It stands where the next one belongs, or beyond.
            (Some(end), Some(number)) if number > end.number => {
                return Ok(Err(format!("the newest audit checkpoint, {number},")));
            }
            (Some(end), _) => {
                return Ok(Ok(Place { number: end.number + 1, previous: end.hash, from_at: Some(end.until_at) }));
            }
            (None, Some(number)) => return Ok(Err(format!("the newest audit checkpoint, {number},"))),
            (None, None) => {}
        }
        let Some(beginning) = Beginning::find(tx).await? else {
            return Ok(Ok(Place { number: 1, previous: GENESIS.to_owned(), from_at: None }));
        };
        if !key.has_signed_beginning(&beginning) {
            return Ok(Err("the mark of where the audit log begins".to_owned()));
        }
        Ok(Ok(Place { number: beginning.removed + 1, previous: beginning.hash, from_at: None }))
    }
}

/// The end that a checkpoint is; the mark in the database is signed when it is made.
fn end_of(checkpoint: Checkpoint) -> End {
    let Checkpoint { number, hash, until_at, .. } = checkpoint;
    End { number, hash, until_at, signature: String::new() }
}

/// The time of the earliest event since a moment that no checkpoint covers, if it has settled.
async fn earliest_settled(tx: &mut Tx<'_>, since: Timestamp, settled: Timestamp) -> Result<Option<Timestamp>> {
    Ok(event::earliest_uncovered(tx, since).await?.map(|(at, _)| at).filter(|at| *at < settled))
}

/// Removes checkpoints whose events are all from before a moment, with these events, and signs where the log begins now; returns
/// how many rows went.
pub async fn remove_old(app: &App, before: Timestamp) -> Result<u64> {
    let ((key, public), mut gone) = (keys(app)?, 0);
    while let Some(removed) = app.db.write(RemoveOldest { key: key.clone(), public: public.clone(), before }).await? {
        gone += removed.rows;
        if !removed.was_whole {
            tracing::error!(
                number = removed.number,
                "an audit checkpoint that was changed, or was not signed by this installation, was removed with its events"
            );
        }
    }
    Ok(gone)
}

/// A checkpoint that was removed with its events.
struct Removed {
    number: i64,
    /// Whether it was as this installation has signed it.
    was_whole: bool,
    /// How many rows there were.
    rows: u64,
}

#[derive(Clone)]
struct RemoveOldest {
    key: AuditKey,
    public: PublicKey,
    before: Timestamp,
}

impl Change for RemoveOldest {
    type Outcome = Option<Removed>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<Removed>> {
        // Most often there is nothing to do, and nobody has to wait for that.
        if !audit_checkpoint::is_oldest_before(tx, self.before).await? {
            return Ok(None);
        }
        installation::in_turn(tx, TURN).await?;
        let oldest = audit_checkpoint::after(tx, i64::MIN, 1).await?.into_iter().next();
        let Some(oldest) = oldest.filter(|oldest| oldest.latest_at < self.before) else { return Ok(None) };
        let was_whole = self.public.has_signed_checkpoint(&oldest);
        let (removed, hash, at) = (oldest.number, oldest.hash, tx.now());
        let mut beginning = Beginning { removed, hash, at, signature: String::new() };
        // A forged one goes, too, since nothing may be kept for longer. That the log may begin after it is not signed: it is missing then until
        // the one after it is old enough.
        if was_whole {
            beginning.signature = self.key.sign(&beginning.signed_text()).ok_or_else(unsigned)?;
            beginning.keep(tx).await?;
        }
        let rows = audit_checkpoint::delete(tx, removed).await?;
        Ok(Some(Removed { number: removed, was_whole, rows }))
    }
}
