//! What is done from time to time, beside requests.

use std::time::Duration;

use crate::app::App;
use crate::store::db::Result;
use crate::store::signing_key::SigningKey;
use crate::store::{authorization_code, grant, one_time_link, password, refresh_family, revoked_access_token, session};
use crate::tokens::keys::When;

/// How many rows a job removes at once, so that it never holds the writer for long.
const BATCH: i64 = 500;

/// Reads the keys again and makes the next ones when they are due.
pub async fn rotate_keys(app: &App) -> Result<Vec<SigningKey>> {
    app.keys.rotate(&app.db, &app.vault, &app.pen, When::Due).await
}

/// Removes what has expired, a batch of each kind; how many rows went.
pub async fn remove_expired(app: &App) -> Result<u64> {
    let now = app.now();
    // Codes and access tokens live an hour at most; a day later nobody asks for them any more.
    let dead = now - Duration::from_secs(26 * 60 * 60);
    app.db
        .write(move |conn| {
            Box::pin(async move {
                let mut gone = authorization_code::delete_expired(conn, dead, BATCH).await?;
                gone += refresh_family::delete_expired(conn, now, BATCH).await?;
                gone += grant::delete_dead(conn, dead, BATCH).await?;
                gone += session::delete_ended(conn, dead, BATCH).await?;
                gone += session::delete_browsers(conn, now - A_YEAR, BATCH).await?;
                gone += revoked_access_token::delete_expired(conn, dead).await?;
                gone += one_time_link::delete_expired(conn, dead).await?;
                gone += password::delete_failures_before(conn, dead).await?;
                Ok(gone)
            })
        })
        .await
}

const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long memory for hashing is kept that nobody uses.
const UNUSED: Duration = Duration::from_secs(60);

/// Runs the jobs until the process ends.
pub async fn run(app: App) {
    let mut minutes = tokio::time::interval(Duration::from_secs(60));
    minutes.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        minutes.tick().await;
        app.hashing.rest(UNUSED);
        match rotate_keys(&app).await {
            Ok(made) => made.iter().for_each(|key| tracing::info!(kid = key.kid, "a new signing key is published")),
            Err(error) => tracing::warn!("the signing keys could not be looked after: {error}"),
        }
        loop {
            match remove_expired(&app).await {
                Ok(gone) if gone >= BATCH.unsigned_abs() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!("what has expired could not be removed: {error}");
                    break;
                }
            }
        }
    }
}
