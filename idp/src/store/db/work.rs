//! Work on a connection.

use std::future::Future;
use std::pin::Pin;

use sqlx::{AnyConnection, Connection};

use super::error::Result;

/// One connection, in a transaction or not.
pub type Conn = AnyConnection;

/// A piece of work on a connection, as [`Db::write`](super::Db::write) takes it.
pub type Work<'c, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'c>>;

pub(super) async fn in_transaction<T, F>(conn: &mut Conn, work: F) -> Result<T>
where
    F: for<'c> FnOnce(&'c mut Conn) -> Work<'c, T>,
{
    let mut transaction = conn.begin().await?;
    let outcome = work(&mut transaction).await;
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
