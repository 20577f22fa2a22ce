//! Changes, and what they work on.

use std::future::Future;
use std::ops::{Deref, DerefMut};

use sqlx::{AnyConnection, Connection};

use super::error::Result;
use crate::base::clock::{Clock, Timestamp};
use crate::base::id::Id;
use crate::base::random::Random;

/// One connection, in a transaction or not.
pub type Conn = AnyConnection;

/// Something that is changed in one transaction, with the values that it needs. [`Db::write`](super::Db::write) makes it.
pub trait Change: Clone + Send + 'static {
    /// What the caller learns.
    type Outcome: Send + 'static;

    /// Makes the change; an `Err` undoes it. Nothing slow is in here: on SQLite all other changes wait meanwhile.
    fn apply(self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Self::Outcome>> + Send;
}

/// What a change works on: the connection, and where new rows get their times and ids from.
pub struct Tx<'c> {
    conn: &'c mut Conn,
    source: &'c Source,
}

/// Where new rows get their times and ids from.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) clock: Clock,
    pub(super) random: Random,
}

impl<'c> Tx<'c> {
    pub(super) fn new(conn: &'c mut Conn, source: &'c Source) -> Self {
        Self { conn, source }
    }

    /// The present moment. It goes on while the change waits for other transactions.
    pub fn now(&self) -> Timestamp {
        self.source.clock.now()
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

/// Makes a change in a transaction of its own.
pub(super) async fn in_transaction<C: Change>(conn: &mut Conn, source: &Source, change: C) -> Result<C::Outcome> {
    let mut transaction = conn.begin().await?;
    let outcome = change.apply(&mut Tx::new(&mut transaction, source)).await;
    match outcome {
        Ok(done) => {
            transaction.commit().await?;
            Ok(done)
        }
        Err(error) => {
            // Now, and not when the connection is used next: until then others would wait for its locks. Where this fails
            // the connection has gone, and what says why is the error from before.
            let _ = transaction.rollback().await;
            Err(error)
        }
    }
}
