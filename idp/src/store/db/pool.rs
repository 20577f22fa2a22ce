//! Connections that are kept for the next request.
//!
//! sqlx has a pool of its own, which asks the server whether it is there before each use and again after it: three
//! round trips for one statement. Here a connection is asked once a second while it is used, so that one that died with
//! a restarted server costs a refusal or two and is replaced. If a statement fails in a way that means that the server
//! has gone or is read-only, its connection is dropped at once, and so are all kept ones: they lead to that server.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{AnyConnection, Connection, Executor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a connection counts as there after it has been asked.
const FRESH: Duration = Duration::from_secs(1);

/// How long a connection to a server is kept, so that one that stands for others (a proxy, a name) can move them.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// What connections are made by, and how many.
#[derive(Clone, Debug)]
pub(super) struct Options {
    /// The address.
    pub(super) url: String,
    /// The most connections that are open at once.
    pub(super) connections: u32,
    /// Whether the other end can go away by itself.
    pub(super) remote: bool,
    /// What may change while the process runs.
    pub(super) terms: Terms,
}

/// The terms on which connections are given out.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    /// Statements that each new connection begins with.
    pub(super) setup: String,
    /// How long one waits for a connection, be it a kept or a new one.
    pub(super) timeout: Duration,
}

/// Connections that are kept.
#[derive(Clone)]
pub(super) struct Pool(Arc<Inner>);

struct Inner {
    options: Options,
    slots: Arc<Semaphore>,
    terms: Mutex<Terms>,
    idle: Mutex<Vec<Kept>>,
    /// Connections of an earlier era are not used again.
    era: AtomicU64,
    acquired: AtomicU64,
    timeouts: AtomicU64,
    waited_micros: AtomicU64,
}

/// How busy the connections are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// How many are in use.
    pub in_use: u32,
    /// How many may be.
    pub most: u32,
    /// How many were given out since the start.
    pub acquired: u64,
    /// How often there was none in time.
    pub timeouts: u64,
    /// How long requests have waited for them, all together.
    pub waited: Duration,
}

struct Kept {
    conn: AnyConnection,
    made: Instant,
    /// When it was last known to be there.
    asked: Instant,
    era: u64,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("connections", &self.0.options.connections).finish_non_exhaustive()
    }
}

impl Inner {
    fn idle(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn terms(&self) -> MutexGuard<'_, Terms> {
        self.terms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an era: kept connections are dropped now, those in use when they are given back.
    fn begin_era(&self) {
        let mut idle = self.idle();
        self.era.fetch_add(1, Ordering::AcqRel);
        idle.clear();
    }

    async fn kept_or_new(&self) -> Result<Kept, sqlx::Error> {
        loop {
            // The one that was used last is the likeliest to be there, and the others may age and go.
            let Some(mut kept) = self.idle().pop() else { return self.kept().await };
            if !self.options.remote || kept.asked.elapsed() < FRESH {
                return Ok(kept);
            }
            if kept.made.elapsed() < LIFETIME && kept.conn.ping().await.is_ok() {
                kept.asked = Instant::now();
                return Ok(kept);
            }
        }
    }

    async fn kept(&self) -> Result<Kept, sqlx::Error> {
        // Read before the terms, so that a connection made on the old terms never counts as one of the new era.
        let era = self.era.load(Ordering::Acquire);
        let mut conn = AnyConnection::connect(&self.options.url).await?;
        let setup = self.terms().setup.clone();
        conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(setup))).await?;
        let now = Instant::now();
        Ok(Kept { conn, made: now, asked: now, era })
    }
}

impl Pool {
    pub(super) fn new(options: Options) -> Self {
        let slots = Arc::new(Semaphore::new(options.connections as usize));
        Self(Arc::new(Inner {
            terms: Mutex::new(options.terms.clone()),
            options,
            slots,
            era: AtomicU64::default(),
            idle: Mutex::default(),
            acquired: AtomicU64::default(),
            timeouts: AtomicU64::default(),
            waited_micros: AtomicU64::default(),
        }))
    }

    /// A connection, kept or new; an error if there is none to be had in time.
    pub(super) async fn acquire(&self) -> Result<PooledConnection, sqlx::Error> {
        let inner = &self.0;
        let acquire = async {
            let permit = Arc::clone(&inner.slots).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
            let kept = inner.kept_or_new().await?;
            Ok(PooledConnection { kept: Some(kept), pool: Arc::clone(inner), _permit: permit })
        };
        let began = Instant::now();
        let acquired = tokio::time::timeout(self.timeout(), acquire).await;
        let waited = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        inner.waited_micros.fetch_add(waited, Ordering::Relaxed);
        match acquired {
            Ok(acquired) => {
                inner.acquired.fetch_add(1, Ordering::Relaxed);
                acquired
            }
            Err(_) => {
                inner.timeouts.fetch_add(1, Ordering::Relaxed);
                Err(sqlx::Error::PoolTimedOut)
            }
        }
    }

    /// How long one waits for a connection.
    pub(super) fn timeout(&self) -> Duration {
        self.0.terms().timeout
    }

    /// Gives out connections on other terms from now on.
    pub(super) fn change(&self, terms: Terms) {
        *self.0.terms() = terms;
        self.0.begin_era();
    }

    /// A connection beside those that are kept, without what they begin with.
    pub(super) async fn connect(&self) -> Result<AnyConnection, sqlx::Error> {
        AnyConnection::connect(&self.0.options.url).await
    }

    /// How busy the connections are.
    pub(super) fn usage(&self) -> Usage {
        let most = self.0.options.connections;
        Usage {
            in_use: most.saturating_sub(u32::try_from(self.0.slots.available_permits()).unwrap_or(most)),
            most,
            acquired: self.0.acquired.load(Ordering::Relaxed),
            timeouts: self.0.timeouts.load(Ordering::Relaxed),
            waited: Duration::from_micros(self.0.waited_micros.load(Ordering::Relaxed)),
        }
    }

    /// Closes the connections that nobody uses, and gives out no more.
    pub(super) async fn close(&self) {
        self.0.slots.close();
        let idle = std::mem::take(&mut *self.0.idle());
        for kept in idle {
            // It goes in any case.
            let _ = kept.conn.close().await;
        }
    }
}

/// A connection that goes back to where it is kept.
pub struct PooledConnection {
    kept: Option<Kept>,
    pool: Arc<Inner>,
    _permit: OwnedSemaphorePermit,
}

impl PooledConnection {
    /// Drops this connection and all that were made before: they would fail in the same way.
    pub(super) fn give_up(mut self) {
        self.kept = None;
        self.pool.begin_era();
    }
}

impl Deref for PooledConnection {
    type Target = AnyConnection;
    #[allow(clippy::unreachable)] // It is taken out when it is dropped, and not before.
    fn deref(&self) -> &AnyConnection {
        match &self.kept {
            Some(kept) => &kept.conn,
            None => unreachable!("a connection that was given back"),
        }
    }
}

impl DerefMut for PooledConnection {
    #[allow(clippy::unreachable)]
    fn deref_mut(&mut self) -> &mut AnyConnection {
        match &mut self.kept {
            Some(kept) => &mut kept.conn,
            None => unreachable!("a connection that was given back"),
        }
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        // What panicked may have left a transaction open: the connection goes, and its locks with it.
        let usable = !self.pool.slots.is_closed() && !std::thread::panicking();
        if let Some(kept) = self.kept.take().filter(|_| usable) {
            let mut idle = self.pool.idle();
            if kept.era == self.pool.era.load(Ordering::Acquire) {
                idle.push(kept);
            }
        }
    }
}
