//! The one writer of SQLite: all waiting changes are made in one transaction, each in a savepoint, and committed with
//! one wait for the disk. Their callers get the outcomes after that.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Poll;

use sqlx::Executor;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::change::{Change, Conn, Source, Tx};
use super::error::{Error, Result, plain, unavailable};
use super::pool::Pool;

/// How many changes may wait; further ones are refused.
const WAITING: usize = 4096;

/// How many are committed together at most, so that the first does not wait long for the last.
const TOGETHER: usize = 256;

/// The size of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// One statement, which is atomic by itself.
    One,
    /// Several statements, which are undone together.
    Several,
}

/// The queue of changes for the writer.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    sender: mpsc::Sender<Box<dyn QueuedChange>>,
    writer: Pool,
    source: Source,
}

impl Queue {
    /// Starts a writer on this pool's connection; a change that has not begun within the pool's timeout is given up.
    pub(super) fn new(writer: Pool, source: Source) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(write_together(writer.clone(), receiver));
        Self { sender, writer, source }
    }

    pub(super) async fn write<C: Change>(
        &self,
        extent: Extent,
        token: TaskTrackerToken,
        change: C,
    ) -> Result<C::Outcome> {
        let (done, mut outcome) = oneshot::channel();
        let state = Arc::new(AtomicU8::new(QUEUED));
        let change = Typed {
            change: Some(change),
            source: self.source.of_this_task(),
            outcome: None,
            done,
            extent,
            state: Arc::clone(&state),
            _token: token,
        };
        self.sender.try_send(Box::new(change)).map_err(|_| unavailable("too many changes wait for the database"))?;
        let outcome = match tokio::time::timeout(self.writer.timeout(), &mut outcome).await {
            Ok(outcome) => outcome,
            Err(_) if state.compare_exchange(QUEUED, GIVEN_UP, Ordering::AcqRel, Ordering::Acquire).is_ok() => {
                return Err(unavailable("the database is busy"));
            }
            // The change has begun, and will complete or fail.
            Err(_) => outcome.await,
        };
        outcome.unwrap_or_else(|stopped| Err(unavailable(stopped)))
    }
}

const QUEUED: u8 = 0;
const BEGUN: u8 = 1;
const GIVEN_UP: u8 = 2;

/// A waiting change of any type.
trait QueuedChange: Send {
    /// Whether the change is still wanted; if so, it can no longer be given up.
    fn begin(&self) -> bool;
    fn extent(&self) -> Extent;
    /// Makes the change and keeps its outcome; an `Err` says how much has to be undone.
    fn run<'c>(
        &'c mut self,
        conn: &'c mut Conn,
    ) -> Pin<Box<dyn Future<Output = std::result::Result<(), Undo>> + Send + 'c>>;
    /// Sends the outcome to the caller; `failed` is the reason if nothing was committed.
    fn tell(self: Box<Self>, failed: Option<&str>);
}

/// How much has to be undone after a failure.
enum Undo {
    /// This change.
    This,
    /// Everything: the database may have rolled back by itself.
    All(String),
}

struct Typed<C: Change> {
    change: Option<C>,
    source: Source,
    outcome: Option<Result<C::Outcome>>,
    done: oneshot::Sender<Result<C::Outcome>>,
    extent: Extent,
    state: Arc<AtomicU8>,
    /// Keeps the database open until the change is made.
    _token: TaskTrackerToken,
}

impl<C: Change> QueuedChange for Typed<C> {
    fn begin(&self) -> bool {
        self.state.compare_exchange(QUEUED, BEGUN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    fn extent(&self) -> Extent {
        self.extent
    }

    fn run<'c>(
        &'c mut self,
        conn: &'c mut Conn,
    ) -> Pin<Box<dyn Future<Output = std::result::Result<(), Undo>> + Send + 'c>> {
        Box::pin(async move {
            let Some(change) = self.change.take() else { return Err(Undo::This) };
            let mut tx = Tx::new(conn, &self.source);
            let mut change = pin!(change.apply(&mut tx));
            // A change that panics must not stop the writer.
            let outcome = std::future::poll_fn(|context| {
                match catch_unwind(AssertUnwindSafe(|| change.as_mut().poll(context))) {
                    Ok(poll) => poll,
                    Err(_) => Poll::Ready(Err(Error::Corrupt("a change stopped".into()))),
                }
            })
            .await;
            let verdict = match &outcome {
                Ok(_) => Ok(()),
                Err(Error::Unavailable(error)) => Err(Undo::All(plain(error))),
                // A single statement has no savepoint to undo it alone, and SQLite may have undone more than the
                // statement.
                Err(Error::Failed(error @ sqlx::Error::Database(_))) if self.extent == Extent::One => {
                    Err(Undo::All(plain(error)))
                }
                Err(_) => Err(Undo::This),
            };
            self.outcome = Some(outcome);
            verdict
        })
    }

    fn tell(self: Box<Self>, failed: Option<&str>) {
        let outcome = match (failed, self.outcome) {
            (None, Some(outcome)) => outcome,
            // A change that failed itself returns its own error.
            (Some(_), Some(Err(error))) => Err(error),
            (why, _) => Err(unavailable(why.unwrap_or("the change was not made").to_owned())),
        };
        // The caller may be gone.
        let _ = self.done.send(outcome);
    }
}

async fn write_together(writer: Pool, mut queue: mpsc::Receiver<Box<dyn QueuedChange>>) {
    while let Some(first) = queue.recv().await {
        // Under load, other tasks that are ready add their changes here instead of needing another commit; otherwise
        // there is no delay.
        tokio::task::yield_now().await;
        let mut changes = Vec::new();
        let failed = transaction(&writer, first, &mut queue, &mut changes).await.err();
        for change in changes {
            change.tell(failed.as_deref());
        }
    }
}

/// Makes the first change and all that wait behind it; an error means that nothing was committed.
async fn transaction(
    writer: &Pool,
    first: Box<dyn QueuedChange>,
    queue: &mut mpsc::Receiver<Box<dyn QueuedChange>>,
    changes: &mut Vec<Box<dyn QueuedChange>>,
) -> std::result::Result<(), String> {
    let mut next = Some(first);
    let mut conn = match writer.acquire().await {
        Ok(conn) => conn,
        Err(error) => {
            changes.extend(next);
            return Err(plain(&error));
        }
    };
    let (mut outcome, mut open) = (Ok(()), Open::Nothing);
    while let Some(mut change) = next.take() {
        if change.begin() {
            outcome = in_savepoint(&mut conn, &mut *change, &mut open).await;
        }
        changes.push(change);
        if outcome.is_err() {
            break;
        }
        next = if changes.len() < TOGETHER { queue.try_recv().ok() } else { None };
    }
    if outcome.is_ok() && open != Open::Nothing {
        outcome = conn.execute("COMMIT").await.map(drop).map_err(|error| plain(&error));
    }
    if outcome.is_err() {
        // There may be nothing left to roll back.
        let _ = conn.execute("ROLLBACK").await;
    }
    outcome
}

/// The open scope between two changes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Transaction,
    /// The savepoint of a completed change: the next savepoint, or COMMIT, releases it.
    Savepoint,
}

async fn in_savepoint(
    conn: &mut Conn,
    change: &mut dyn QueuedChange,
    open: &mut Open,
) -> std::result::Result<(), String> {
    let text = |error: sqlx::Error| plain(&error);
    let guarded = change.extent() == Extent::Several;
    // The end of one change and the beginning of the next are sent together: each turn of the connection's thread costs
    // as much as a short statement.
    let begins = match (*open, guarded) {
        (Open::Nothing, true) => Some(("BEGIN IMMEDIATE; SAVEPOINT change", Open::Savepoint)),
        (Open::Nothing, false) => Some(("BEGIN IMMEDIATE", Open::Transaction)),
        (Open::Transaction, true) => Some(("SAVEPOINT change", Open::Savepoint)),
        (Open::Savepoint, true) => Some(("RELEASE change; SAVEPOINT change", Open::Savepoint)),
        // A single statement is atomic wherever it stands.
        (Open::Transaction | Open::Savepoint, false) => None,
    };
    if let Some((sql, opened)) = begins {
        conn.execute(sql).await.map_err(text)?;
        *open = opened;
    }
    match change.run(conn).await {
        Err(Undo::All(why)) => return Err(why),
        Err(Undo::This) if guarded => {
            conn.execute("ROLLBACK TO change").await.map_err(text)?;
        }
        Ok(()) | Err(Undo::This) => {}
    }
    Ok(())
}
