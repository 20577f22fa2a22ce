//! The epoch of the database: the moment of its last restore. What was used after the backup looks unused in it, so that
//! nothing that was made before the epoch is good any more.

use super::db::{Conn, Result};
use super::installation;
use crate::base::clock::Timestamp;

const NAME: &str = "epoch";

/// When the database was last restored; long ago if it never was.
pub async fn find(conn: &mut Conn) -> Result<Timestamp> {
    let written = installation::find(conn, NAME).await?;
    Ok(Timestamp::from_micros(written.and_then(|text| text.parse().ok()).unwrap_or(i64::MIN)))
}

/// Begins an epoch: ends all sessions and grants, codes and links. Passwords, clients, consents and keys stay.
pub async fn begin(conn: &mut Conn, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE user_account SET generation = generation + 1").execute(&mut *conn).await?;
    sqlx::query("DELETE FROM authorization_code").execute(&mut *conn).await?;
    sqlx::query("DELETE FROM one_time_link").execute(&mut *conn).await?;
    installation::set(conn, NAME, &now.micros().to_string()).await
}
