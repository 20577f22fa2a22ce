//! Attempts to sign in with unknown names: they are only counted, because an attacker may make millions.

use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::store::db::{Change, Conn, Result, Tx};

/// How long a range is in which the attempts of one network are counted together.
pub const RANGE: Duration = Duration::from_secs(600);

/// The attempts of one network in one range.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Tried {
    /// The network that the tries came from.
    pub network: String,
    /// How many there were.
    pub tries: i64,
}

/// Counts an attempt with an unknown name.
#[derive(Clone, Debug)]
pub struct Count {
    /// The network that it came from.
    pub network: String,
}

impl Change for Count {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let (range, now) = (i64::try_from(RANGE.as_micros()).unwrap_or(i64::MAX), tx.now().micros());
        sqlx::query(
            "INSERT INTO failed_sign_in (network, began_at, tries) VALUES ($1, $2, 1)
             ON CONFLICT (began_at, network) DO UPDATE SET tries = failed_sign_in.tries + 1",
        )
        .bind(self.network)
        .bind(now - now.rem_euclid(range))
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// Removes and returns the counts of ranges that began before a moment, at most `limit` rows. Exactly one of several
/// callers gets each row.
pub async fn take(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<Vec<Tried>> {
    Ok(sqlx::query_as(
        "DELETE FROM failed_sign_in WHERE (began_at, network) IN (
            SELECT began_at, network FROM failed_sign_in WHERE began_at < $1 ORDER BY began_at, network LIMIT $2)
         RETURNING network, tries",
    )
    .bind(before)
    .bind(limit)
    .fetch_all(conn)
    .await?)
}
