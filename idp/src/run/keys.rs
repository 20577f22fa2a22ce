//! `latchkey keys`.

use anyhow::anyhow;

use super::failed;
use crate::app::App;
use crate::cli::Outcome;
use crate::cli::keys::{KeyRow, KeysCommand, list, rotated};
use crate::store::signing_key;
use crate::tokens::keys::When;

/// Does what is asked about signing keys.
pub(super) async fn command(app: &App, command: KeysCommand) -> Outcome {
    let now = app.now();
    match command {
        KeysCommand::List => {
            let keys = signing_key::list(&mut *app.db.read().await.map_err(failed)?, now).await.map_err(failed)?;
            let rows: Vec<_> = keys.iter().map(|key| key_row(app, key)).collect();
            Ok(list(&rows))
        }
        KeysCommand::Rotate { now: at_once } => {
            let when = if at_once { When::Now } else { When::Next };
            let made = app.keys.rotate(&app.db, &app.vault, &app.pen, when).await.map_err(failed)?;
            let key = made.first().ok_or_else(|| anyhow!("another process made the next key at this moment"))?;
            Ok(rotated(&key_row(app, key)))
        }
    }
}

fn key_row(app: &App, key: &signing_key::SigningKey) -> KeyRow {
    let now = app.now();
    let state = match key.retired_at {
        Some(retired_at) if retired_at <= now => "retired",
        _ if key.active_at > now => "published",
        _ => "in use",
    };
    KeyRow { kid: key.kid.clone(), algorithm: key.algorithm.clone(), state, active_at: key.active_at }
}
