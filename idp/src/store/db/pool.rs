//! A pool of connections.
//!
//! The pool of sqlx pings the server before each use of a connection and again after it: three round trips for one
//! statement. This pool pings a connection at most once a second, so a connection that died with a restarted server
//! fails a request or two and is replaced. If a statement fails because the server is gone or is read-only, its
//! connection is dropped at once, and so are all idle ones: they lead to that server.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{AnyConnection, Connection, Executor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a connection counts as alive after a ping.
const FRESH: Duration = Duration::from_secs(1);

/// How long a connection to a server is kept, so that a proxy or a DNS name can move clients to another server.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// How connections are made, and how many.
#[derive(Clone, Debug)]
pub(super) struct Options {
    /// The address.
    pub(super) url: String,
    /// The most connections that are open at once.
    pub(super) connections: u32,
    /// Whether the server can go away independently of this process.
    pub(super) remote: bool,
    /// The settings that may change while the process runs.
    pub(super) terms: Terms,
}

/// The settings of connections.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    /// The statements that each new connection runs first.
    pub(super) setup: String,
    /// How long a caller waits for a connection, kept or new.
    pub(super) timeout: Duration,
}

/// A pool of kept connections.
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
    /// How many may be in use at once.
    pub most: u32,
    /// How many were given out since the start.
    pub acquired: u64,
    /// How often no connection was available in time.
    pub timeouts: u64,
    /// How long requests have waited for connections, in total.
    pub waited: Duration,
}

struct Kept {
    conn: AnyConnection,
    made: Instant,
    /// When it was last known to be alive.
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

    /// Begins an era: idle connections are dropped now, and those in use when they are returned.
    fn begin_era(&self) {
        let mut idle = self.idle();
        self.era.fetch_add(1, Ordering::AcqRel);
        idle.clear();
    }

    async fn kept_or_new(&self) -> Result<Kept, sqlx::Error> {
        loop {
            // The connection that was used last is the most likely to be alive, and the others may age and be dropped.
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

    /// A connection, kept or new; an error if none is available in time.
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

    /// How long a caller waits for a connection.
    pub(super) fn timeout(&self) -> Duration {
        self.0.terms().timeout
    }

    /// Uses other terms for connections from now on.
    pub(super) fn change(&self, terms: Terms) {
        *self.0.terms() = terms;
        self.0.begin_era();
    }

    /// A connection outside the pool, without the setup statements.
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

    /// Closes the idle connections, and gives out no more.
    pub(super) async fn close(&self) {
        self.0.slots.close();
        let idle = std::mem::take(&mut *self.0.idle());
        for kept in idle {
            // The connection is dropped in any case.
            let _ = kept.conn.close().await;
        }
    }
}

/// A connection that returns to the pool when it is dropped.
pub struct PooledConnection {
    kept: Option<Kept>,
    pool: Arc<Inner>,
    _permit: OwnedSemaphorePermit,
}

impl PooledConnection {
    /// Drops this connection and all that were made before it: they would fail in the same way.
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
        // A panic may have left a transaction open: the connection is dropped, and its locks with it.
        let usable = !self.pool.slots.is_closed() && !std::thread::panicking();
        if let Some(kept) = self.kept.take().filter(|_| usable) {
            let mut idle = self.pool.idle();
            if kept.era == self.pool.era.load(Ordering::Acquire) {
                idle.push(kept);
            }
        }
    }
}
