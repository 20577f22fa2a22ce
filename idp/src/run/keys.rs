//! `latchkey keys`.

use std::time::Duration;

use anyhow::anyhow;

use super::failed;
use crate::app::App;
use crate::cli::keys::{KeyRow, KeyState, KeysCommand, list, revoked, rotated};
use crate::cli::{Failure, Outcome};
use crate::jobs::PROCESS_SEEN;
use crate::store::db::Result;
use crate::store::process;
use crate::store::signing_key::{self, SigningKey};
use crate::tokens::keys::When;

/// How long a command waits for the servers to follow.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it looks whether they have.
const LOOK: Duration = Duration::from_millis(200);

/// Does what is asked about signing keys.
pub(super) async fn command(app: &App, command: KeysCommand) -> Outcome {
    match command {
        KeysCommand::List => {
            let keys = keys(app).await.map_err(failed)?;
            let listed = keys.iter().filter(|key| key.revoked_at.is_some() || key.is_published(app.now()));
            Ok(list(&listed.map(|key| key_row(app, &keys, key)).collect::<Vec<_>>()))
        }
        KeysCommand::Rotate { now } => {
            let when = if now { When::Now } else { When::Next };
            let made = app.keys.rotate(&app.db, &app.vault, &app.pen, when).await.map_err(failed)?;
            let from = made.iter().map(|key| key.active_at).max();
            let from = from.ok_or_else(|| anyhow!("another process made the next key at this moment"))?;
            let rows = rows(app, &made).await.map_err(failed)?;
            if !now {
                return rotated(&rows, None);
            }
            let behind = followed(app, || app.now() >= from).await.map_err(failed)?;
            rotated(&rows, Some(&behind))
        }
        KeysCommand::Revoke { kid } => {
            let done = app.keys.revoke(&app.db, &app.vault, &app.pen, &kid).await.map_err(failed)?;
            let made = match done {
                Some(done) => done.made,
                // Again, to see whether every server has followed by now.
                None if keys(app)
                    .await
                    .map_err(failed)?
                    .iter()
                    .any(|key| key.kid == kid && key.revoked_at.is_some()) =>
                {
                    Vec::new()
                }
                None => return Err(Failure::NotFound(format!("There is no key {kid:?} that could be revoked."))),
            };
            let rows = rows(app, &made).await.map_err(failed)?;
            let behind = followed(app, || true).await.map_err(failed)?;
            revoked(&kid, &rows, &behind)
        }
    }
}

async fn keys(app: &App) -> Result<Vec<SigningKey>> {
    signing_key::list(&mut *app.db.read().await?).await
}

/// Waits until every server works with the present keys and `so` holds. Returns the servers that have not followed in time.
async fn followed(app: &App, so: impl Fn() -> bool) -> Result<Vec<String>> {
    let generation = app.keys.ring().generation;
    let behind = async || process::behind(&mut *app.db.read().await?, generation, app.now() - PROCESS_SEEN).await;
    let all = async {
        while !behind().await?.is_empty() || !so() {
            tokio::time::sleep(LOOK).await;
        }
        Ok(Vec::new())
    };
    match tokio::time::timeout(PATIENCE, all).await {
        Ok(none) => none,
        Err(_) => behind().await,
    }
}

async fn rows(app: &App, some: &[SigningKey]) -> Result<Vec<KeyRow>> {
    let keys = keys(app).await?;
    let kept = some.iter().map(|key| keys.iter().find(|kept| kept.kid == key.kid).unwrap_or(key));
    Ok(kept.map(|key| key_row(app, &keys, key)).collect())
}

fn key_row(app: &App, keys: &[SigningKey], key: &SigningKey) -> KeyRow {
    let now = app.now();
    let offered = app.config.tokens.signing_algorithms.iter().any(|algorithm| algorithm.as_str() == key.algorithm);
    let signs = offered && signing_key::signer(keys, &key.algorithm, now).is_some_and(|signer| signer.kid == key.kid);
    let state = match key.revoked_at {
        Some(_) => KeyState::Revoked,
        None if signs => KeyState::Signs,
        None if offered && key.active_at > now => KeyState::Published,
        None => KeyState::Retired,
    };
    KeyRow {
        kid: key.kid.clone(),
        algorithm: key.algorithm.clone(),
        state,
        active_at: key.active_at,
        leaves_at: key.removed_at,
    }
}
