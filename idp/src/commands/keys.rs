//! `latchkey keys`.

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::commands::output::{Failure, Outcome, Output, failed, harmless, table};
use crate::keys::signing::When;
use crate::server::jobs::PROCESS_SEEN;
use crate::store::db::Result;
use crate::store::installation::process;
use crate::store::installation::signing_key::{self, SigningKey};
use anyhow::anyhow;
use clap::Subcommand;
use serde::Serialize;
use std::time::Duration;

/// What can be done about signing keys.
#[derive(Clone, Debug, Subcommand)]
pub enum KeysCommand {
    /// List the signing keys and their states
    List,
    /// Create the next signing key; it signs once it has been published long enough
    Rotate {
        /// Sign with it within seconds, and wait until every server does; clients refuse its tokens until they fetch the
        /// key set again
        #[arg(long)]
        now: bool,
    },
    /// Revoke a leaked key, and wait until no server trusts it
    ///
    /// Tokens that it has signed are refused: by Latchkey at once, by APIs when they fetch the key set again. If it is
    /// the key that signs, a new one signs in its place.
    Revoke {
        /// The key's identifier, as in `latchkey keys list`
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
}

/// The state of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It is published and does not sign yet.
    Published,
    /// It signs.
    Signs,
    /// It no longer signs, and stays in the key set until its last token has expired.
    Retired,
    /// It is no longer in the key set, and no token that it signed is valid.
    Revoked,
}

/// A signing key as it is listed.
#[derive(Clone, Debug, Serialize)]
pub struct KeyRow {
    /// The identifier in tokens and in the key set: RFC 7517 §4.5.
    pub kid: String,
    /// The algorithm.
    pub algorithm: String,
    /// Its state.
    pub state: KeyState,
    /// From when it signs; RFC 3339 in JSON.
    #[serde(serialize_with = "crate::commands::values::rfc3339")]
    pub active_at: Timestamp,
    /// When it leaves the key set, if that is known.
    #[serde(serialize_with = "rfc3339_if_known")]
    pub leaves_at: Option<Timestamp>,
}

fn rfc3339_if_known<S: serde::Serializer>(
    time: &Option<Timestamp>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}

impl KeyRow {
    fn words(&self) -> String {
        match (self.state, self.leaves_at) {
            (KeyState::Signs, _) => "signs".to_owned(),
            (KeyState::Published, _) => format!("published, signs from {}", self.active_at),
            (KeyState::Retired, Some(at)) => format!("retired, leaves on {at}"),
            (KeyState::Retired, None) => "retired".to_owned(),
            (KeyState::Revoked, _) => "revoked".to_owned(),
        }
    }
}

/// The answer to `keys list`.
pub fn list(keys: &[KeyRow]) -> Output {
    let row = |key: &KeyRow| [key.kid.clone(), key.algorithm.clone(), key.words()];
    let rows: Vec<_> = keys.iter().map(row).collect();
    Output::new(table(["KEY", "ALGORITHM", "STATE"], &rows, "No keys."), &keys)
}

fn made(keys: &[KeyRow]) -> String {
    let line = |key: &KeyRow| {
        format!("Created the {} key {}, which signs from {}.", key.algorithm, harmless(&key.kid), key.active_at)
    };
    keys.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The answer to `keys rotate`; with `--now`, `behind` are the servers that have not followed.
pub fn rotated(keys: &[KeyRow], behind: Option<&[String]>) -> Outcome {
    let text = made(keys);
    match behind {
        None => Ok(Output::new(text, &keys)),
        Some([]) => Ok(Output::new(format!("{text} Every server uses it."), &keys)),
        Some(behind) => Err(late(&text, "do not sign with it", behind)),
    }
}

/// The answer to `keys revoke`.
pub fn revoked(kid: &str, keys: &[KeyRow], behind: &[String]) -> Outcome {
    let text = format!("Revoked the key {}. {}", harmless(kid), made(keys)).trim_end().to_owned();
    if !behind.is_empty() {
        return Err(late(&text, "trust it", behind));
    }
    let caches = "No server trusts it any more. APIs that cache the key set trust it until they fetch the set again, which \
                  max-age asks them to do within 15 minutes. Restart those that cannot wait.";
    Ok(Output::new(format!("{text} {caches}"), &serde_json::json!({ "revoked": kid, "made": keys })))
}

fn late(text: &str, what: &str, behind: &[String]) -> Failure {
    let behind: Vec<String> = behind.iter().map(|name| format!("\n  {}", harmless(name))).collect();
    Failure::Failed(format!(
        "{text}\nAfter 10 seconds, these servers still {what}. Stop them, or make sure that they reach the database. A server \
         that was killed is listed for two minutes.{}",
        behind.concat()
    ))
}

/// How long a command waits until all servers use the new keys.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it checks whether they do.
const LOOK: Duration = Duration::from_millis(200);

/// Runs a command on signing keys.
pub(super) async fn command(app: &App, command: KeysCommand) -> Outcome {
    match command {
        KeysCommand::List => {
            let keys = keys(app).await.map_err(failed)?;
            let listed = keys.iter().filter(|key| key.revoked_at.is_some() || key.is_published(app.now()));
            Ok(list(&listed.map(|key| key_row(app, &keys, key)).collect::<Vec<_>>()))
        }
        KeysCommand::Rotate { now } => {
            let when = if now { When::Now } else { When::Next };
            let made = app.keys.rotate(&app.db, &app.vault, when).await.map_err(failed)?;
            let from = made.iter().map(|key| key.active_at).max();
            let from = from.ok_or_else(|| anyhow!("another process has just created the next key"))?;
            let rows = rows(app, &made).await.map_err(failed)?;
            if !now {
                return rotated(&rows, None);
            }
            let behind = followed(app, || app.now() >= from).await.map_err(failed)?;
            rotated(&rows, Some(&behind))
        }
        KeysCommand::Revoke { kid } => {
            let done = app.keys.revoke(&app.db, &app.vault, &kid).await.map_err(failed)?;
            let made = match done {
                Some(done) => done.made,
                // Run again, the command checks whether every server has followed by now.
                None if keys(app)
                    .await
                    .map_err(failed)?
                    .iter()
                    .any(|key| key.kid == kid && key.revoked_at.is_some()) =>
                {
                    Vec::new()
                }
                None => return Err(Failure::NotFound(format!("No key found for {kid:?}."))),
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

/// Waits until every server uses the present keys and `so` holds. Returns the servers that have not followed in time.
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
