//! Changes, and the transaction that they work on.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::{AnyConnection, Connection};

use super::error::Result;
use crate::base::clock::{Clock, Timestamp};
use crate::base::id::Id;
use crate::base::random::Random;
use crate::oidc::steps::Step;
use crate::store::letters::Letters;
use crate::store::origin::Origin;

/// One connection, in a transaction or not.
pub type Conn = AnyConnection;

/// A change made in one transaction, with the values that it needs. [`Db::write`](super::Db::write) makes it.
pub trait Change: Clone + Send + 'static {
    /// The result for the caller.
    type Outcome: Send + 'static;

    /// Makes the change; an `Err` undoes it. It must not be slow: on SQLite all other changes wait meanwhile.
    fn apply(self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Self::Outcome>> + Send;
}

/// The context of a change: the connection, and the source of times and ids for new rows.
pub struct Tx<'c> {
    conn: &'c mut Conn,
    source: &'c Source,
}

/// The source of times and ids for new rows, and of the change itself.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) clock: Clock,
    pub(super) random: Random,
    /// Who makes the changes that no request causes.
    pub(super) actor: Arc<str>,
    /// The request that causes the change.
    pub(super) origin: Option<Arc<Origin>>,
    /// Tells of letters that are written; `None` if none are sent here.
    pub(super) letters: Option<Arc<Letters>>,
}

impl Source {
    /// The same for a change that the present task makes.
    pub(super) fn of_this_task(&self) -> Self {
        Self { origin: Origin::current(), ..self.clone() }
    }
}

impl<'c> Tx<'c> {
    pub(super) fn new(conn: &'c mut Conn, source: &'c Source) -> Self {
        Self { conn, source }
    }

    /// The present moment. It advances while the change waits for other transactions.
    pub fn now(&self) -> Timestamp {
        self.source.clock.now()
    }

    /// The request that causes the change; `None` for what a command or a job does.
    pub fn origin(&self) -> Option<&'c Origin> {
        self.source.origin.as_deref()
    }

    /// Notes a step by which the request is judged that the change is made for.
    pub fn note(&self, step: Step) {
        if let Some(origin) = self.origin() {
            origin.also_note(step);
        }
    }

    /// Who makes the change, if no request causes it: `server`, or `command` with the name of whoever has run it.
    pub fn actor(&self) -> Option<&'c str> {
        self.source.origin.is_none().then_some(&*self.source.actor)
    }

    /// The source of randomness.
    pub fn random(&self) -> &'c Random {
        &self.source.random
    }

    /// Tells of letters that the change writes; `None` if this provider sends none.
    pub fn letters(&self) -> Option<&Letters> {
        self.source.letters.as_deref()
    }

    /// A new row's id.
    pub fn id(&self) -> Id {
        Id::new(&self.source.clock, &self.source.random)
    }
}

impl Deref for Tx<'_> {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        self.conn
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn
    }
}

/// Makes a change in a separate transaction.
pub(super) async fn in_transaction<C: Change>(conn: &mut Conn, source: &Source, change: C) -> Result<C::Outcome> {
    let mut transaction = conn.begin().await?;
    let outcome = change.apply(&mut Tx::new(&mut transaction, source)).await;
    match outcome {
        Ok(done) => {
            transaction.commit().await?;
            Ok(done)
        }
        Err(error) => {
            // Rolled back now, not on the next use of the connection: until then other transactions would wait for its
            // locks. If this fails, the connection is lost, and the earlier error has the cause.
            let _ = transaction.rollback().await;
            Err(error)
        }
    }
}
