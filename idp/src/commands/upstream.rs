//! `latchkey upstream`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::commands::finding::{Finding, report};
use crate::commands::output::{Failure, Outcome, Output, details, failed, harmless, table, yes_no};
use crate::config::Upstream;
use crate::config::preset::Preset;
use crate::federation;
use crate::federation::changes::{self, Changes, Refused};
use crate::federation::probe::{Verdict, probe};
use crate::federation::remembered::Offered;
use crate::federation::tokens::revoke;
use crate::store::people::upstream_account;

/// What can be done about other providers.
#[derive(Clone, Debug, Subcommand)]
pub enum UpstreamCommand {
    /// Add a provider; its keys are those of [[upstreams]] in the configuration
    Add {
        /// Name in addresses, which cannot be changed: /upstream/NAME/callback is the redirect URI to register there
        name: String,
        /// What it is
        #[command(flatten)]
        settings: Settings,
    },
    /// Change a provider; what is not given stays as it is
    Edit {
        /// Name
        name: String,
        /// What is to change
        #[command(flatten)]
        settings: Settings,
        /// Key to set back to its default; can be given several times
        #[arg(long, value_name = "KEY")]
        unset: Vec<String>,
    },
    /// List all providers, those of the configuration first
    List,
    /// Show a provider
    Show {
        /// Name
        name: String,
    },
    /// List the well-known providers, with the keys that each of them sets
    Presets,
    /// Ask a provider whether it takes the secret, the redirect URI and the scopes
    Test {
        /// Name
        name: String,
    },
    /// Disable a provider: nobody comes in by it until it is enabled; who is signed in stays signed in
    Disable {
        /// Name
        name: String,
    },
    /// Enable a provider that is disabled
    Enable {
        /// Name
        name: String,
    },
    /// Revoke the tokens of people there that are kept for clients: token_clients
    RevokeTokens {
        /// Name
        name: String,
    },
    /// Remove a provider; accounts that are linked by it let nobody in until it is added again
    Remove {
        /// Name
        name: String,
    },
}

/// Keys and values.
#[derive(Args, Clone, Debug, Default)]
pub struct Settings {
    /// Well-known provider that it is: latchkey upstream presets
    #[arg(long, value_name = "PRESET")]
    preset: Option<String>,
    /// Issuer, exactly as the provider writes it
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Client ID there
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// File with the client secret; - reads it from standard input
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// Another key of [[upstreams]] and its value, written as in an environment variable; of a key that is secret, KEY_file=FILE; can be
    /// given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Settings {
    /// What is to change. Secrets come from files, since a command line is kept in histories and shown to others.
    fn changes(&self, unset: Vec<String>) -> Result<Changes, Failure> {
        let keys = Upstream::keys();
        let find = |name: &str| keys.iter().find(|(key, ..)| *key == name);
        let unknown = |name: &str| {
            let near = keys.iter().map(|(key, ..)| *key).min_by_key(|key| strsim::levenshtein(key, name));
            let near = near.unwrap_or_default();
            Failure::Usage(format!("There is no key {} of [[upstreams]]; did you mean {near}?", harmless(name)))
        };
        let mut changes = Changes::default();
        let named = [("preset", &self.preset), ("issuer", &self.issuer), ("client_id", &self.client_id)];
        for (key, value) in named {
            if let Some(value) = value {
                changes.set.insert(key.to_owned(), value.clone());
            }
        }
        if let Some(path) = &self.client_secret_file {
            changes.secrets.insert("client_secret".to_owned(), read(path)?);
        }
        for pair in &self.set {
            let (key, value) = pair
                .split_once('=')
                .ok_or_else(|| Failure::Usage(format!("--set takes a key, = and a value, not {}.", harmless(pair))))?;
            let of_file = key.strip_suffix("_file").and_then(find).filter(|(.., secret)| *secret);
            match (find(key), of_file) {
                (_, Some((key, ..))) => {
                    changes.secrets.insert((*key).to_owned(), read(value.as_ref())?);
                }
                (Some((key, _, true)), None) => {
                    let why = "a command line is kept in histories and shown to others";
                    return Err(Failure::Usage(format!("{key} is secret, and {why}: --set {key}_file=FILE")));
                }
                (Some(("name", ..)), None) => return Err(Failure::Usage("The name cannot be changed.".to_owned())),
                (Some((key, ..)), None) => {
                    changes.set.insert((*key).to_owned(), value.to_owned());
                }
                (None, None) => return Err(unknown(key)),
            }
        }
        if let Some(wrong) = unset.iter().find(|key| find(key).is_none()) {
            return Err(unknown(wrong));
        }
        changes.unset = unset;
        Ok(changes)
    }
}

fn read(path: &std::path::Path) -> Result<String, Failure> {
    let text = match path.as_os_str() == "-" {
        true => std::io::read_to_string(std::io::stdin().lock()),
        false => std::fs::read_to_string(path),
    };
    let shown = harmless(&path.display().to_string());
    let text = text.map_err(|error| Failure::Usage(format!("{shown} cannot be read: {error}")))?;
    // Editors end a file with a line break that is not part of the secret.
    let text = text.trim_end_matches(['\r', '\n']).to_owned();
    if text.is_empty() { Err(Failure::Usage(format!("{shown} is empty."))) } else { Ok(text) }
}

/// A provider as it is listed and shown.
#[derive(Clone, Debug, Serialize)]
pub struct UpstreamRow {
    /// The name in addresses.
    pub name: String,
    /// The name that people see.
    pub label: String,
    /// The well-known provider that it is.
    pub preset: Option<&'static str>,
    /// The issuer.
    pub issuer: String,
    /// The client there.
    pub client_id: String,
    /// The scopes that are asked for.
    pub scope: String,
    /// The address to register there.
    pub redirect_uri: String,
    /// Whether it is in the configuration file, and can only be changed there.
    pub declared: bool,
    /// Since when it is disabled; RFC 3339 in JSON.
    #[serde(serialize_with = "since")]
    pub disabled_at: Option<Timestamp>,
    /// How many accounts there are linked to accounts here.
    pub accounts: i64,
}

fn since<S: serde::Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => crate::commands::values::rfc3339(at, serializer),
        None => serializer.serialize_none(),
    }
}

impl UpstreamRow {
    fn state(&self) -> String {
        let words = [(self.declared, "declared"), (self.disabled_at.is_some(), "disabled")];
        words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect::<Vec<_>>().join(", ")
    }
}

/// The well-known providers.
pub fn presets() -> Output {
    let text = Preset::ALL.map(|preset| format!("[{}]\n{}", preset.as_str(), preset.document().trim()));
    Output::new(text.join("\n\n"), &Preset::ALL.map(Preset::as_str))
}

fn list(rows: &[UpstreamRow]) -> Output {
    let cells = |one: &UpstreamRow| {
        [one.name.clone(), one.label.clone(), one.issuer.clone(), one.accounts.to_string(), one.state()]
    };
    let rows_of_text: Vec<_> = rows.iter().map(cells).collect();
    let none = "There are no other providers. Add one: latchkey upstream add google --preset google --client-id … \
                --client-secret-file …";
    Output::new(table(["NAME", "LABEL", "ISSUER", "ACCOUNTS", ""], &rows_of_text, none), &rows)
}

fn show(one: &UpstreamRow) -> Output {
    let text = details(&[
        ("name", one.name.clone()),
        ("label", one.label.clone()),
        ("preset", one.preset.unwrap_or_default().to_owned()),
        ("issuer", one.issuer.clone()),
        ("client_id", one.client_id.clone()),
        ("scope", one.scope.clone()),
        ("redirect_uri", one.redirect_uri.clone()),
        ("accounts", one.accounts.to_string()),
        ("declared", yes_no(one.declared)),
        ("disabled_at", one.disabled_at.map(|at| at.to_string()).unwrap_or_default()),
    ]);
    Output::new(text, one)
}

fn with_head(head: &str, one: &UpstreamRow) -> Output {
    let mut output = show(one);
    output.text = format!("{head}\n\n{}", output.text);
    output
}

/// Runs a command on other providers.
pub(super) async fn command(app: &App, command: UpstreamCommand) -> Outcome {
    match command {
        UpstreamCommand::Add { name, settings } => {
            let added = changes::add(app, &name, settings.changes(Vec::new())?).await.map_err(failed)?;
            added.map_err(|refused| failure(refused, &name))?;
            let head = format!(
                "Added provider {}. Register its redirect_uri there; then: latchkey upstream test {}",
                harmless(&name),
                harmless(&name)
            );
            Ok(with_head(&head, &row(app, &name).await?))
        }
        UpstreamCommand::Edit { name, settings, unset } => {
            let changed = changes::edit(app, &name, settings.changes(unset)?).await.map_err(failed)?;
            changed.map_err(|refused| failure(refused, &name))?;
            Ok(with_head(&format!("Changed provider {}.", harmless(&name)), &row(app, &name).await?))
        }
        UpstreamCommand::List => Ok(list(&rows(app).await?)),
        UpstreamCommand::Show { name } => Ok(show(&row(app, &name).await?)),
        UpstreamCommand::Presets => Ok(presets()),
        UpstreamCommand::Test { name } => {
            let all = federation::read(app).await.map_err(failed)?;
            let found = all.into_iter().find(|one| one.settings.name == name);
            test(app, &found.ok_or_else(|| not_found(&name))?).await
        }
        UpstreamCommand::Disable { name } => switch(app, &name, true).await,
        UpstreamCommand::Enable { name } => switch(app, &name, false).await,
        UpstreamCommand::RevokeTokens { name } => {
            let ended = revoke::end_all(app, &name).await.map_err(failed)?;
            let text = match ended {
                0 => format!("No tokens of {} are kept.", harmless(&name)),
                1 => format!("1 token of {} is revoked within minutes, by the servers.", harmless(&name)),
                many => format!("{many} tokens of {} are revoked within minutes, by the servers.", harmless(&name)),
            };
            Ok(Output::new(text, &json!({ "name": name, "ended": ended })))
        }
        UpstreamCommand::Remove { name } => {
            let removed = changes::remove(app, &name).await.map_err(failed)?;
            removed.map_err(|refused| failure(refused, &name))?;
            let text = format!("Removed provider {}. Accounts that were linked by it let nobody in.", harmless(&name));
            Ok(Output::new(text, &json!({ "name": name, "removed": true })))
        }
    }
}

async fn switch(app: &App, name: &str, disabled: bool) -> Outcome {
    let switched = changes::set_disabled(app, name, disabled).await.map_err(failed)?;
    switched.map_err(|refused| failure(refused, name))?;
    let head = format!("{} provider {}.", if disabled { "Disabled" } else { "Enabled" }, harmless(name));
    Ok(with_head(&head, &row(app, name).await?))
}

async fn test(app: &App, one: &Offered) -> Outcome {
    if federation::is_by_bot(one) {
        let why = "People come by a bot here ([[channels]]), which has no secret and no redirect URI to test.";
        return Err(Failure::Usage(why.to_owned()));
    }
    let probed = probe(app, &one.settings).await;
    let finding = |subject, verdict: Verdict| match verdict {
        Verdict::Right(what) => Finding::ok(subject, what),
        Verdict::Unclear(what) => Finding::advice(subject, what),
        Verdict::Wrong(what) => Finding::problem(subject, what),
    };
    let mut found: Vec<Finding> = probed.metadata.map(|verdict| finding("metadata", verdict)).into_iter().collect();
    found.push(finding("secret", probed.secret));
    let uri = federation::redirect_uri(app, &one.settings);
    found.push(finding("request", probed.request).fix(format!("The redirect URI is {uri}")));
    if one.disabled_at.is_some() {
        found.push(
            Finding::advice("state", "it is disabled").fix(format!("latchkey upstream enable {}", one.settings.name)),
        );
    }
    report(&found)
}

fn not_found(name: &str) -> Failure {
    Failure::NotFound(format!("No provider found with the name {}.", harmless(name)))
}

fn failure(refused: Refused, name: &str) -> Failure {
    let shown = harmless(name);
    match refused {
        Refused::Unknown => not_found(name),
        Refused::Exists => Failure::Conflict(format!("There is already a provider {shown}.")),
        Refused::Declared => Failure::Conflict(format!(
            "Provider {shown} is declared in the configuration file; change it there, under [[upstreams]] with name = {name:?}."
        )),
        Refused::Unreadable => Failure::Failed(format!(
            "The secrets of provider {shown} cannot be opened: they were sealed with another key."
        )),
        Refused::Faults(problems) => {
            let lines = problems.0.iter().map(|problem| {
                let key = problem.key.rsplit('.').next().unwrap_or_default();
                let found = problem.found.as_ref().map(|found| format!("found {found}; ")).unwrap_or_default();
                harmless(&format!("{key}: {found}{}", problem.wanted))
            });
            Failure::Usage(lines.collect::<Vec<_>>().join("\n"))
        }
    }
}

async fn rows(app: &App) -> Result<Vec<UpstreamRow>, Failure> {
    let all = federation::read(app).await.map_err(failed)?;
    let counts = upstream_account::counts(&mut *app.db.read().await.map_err(failed)?).await.map_err(failed)?;
    let row = |one: &Offered| UpstreamRow {
        name: one.settings.name.clone(),
        label: one.settings.label().to_owned(),
        preset: one.settings.preset.map(Preset::as_str),
        issuer: one.settings.issuer.clone(),
        client_id: one.settings.client_id.clone(),
        scope: one.settings.scope.to_string(),
        redirect_uri: federation::redirect_uri(app, &one.settings),
        declared: one.is_declared,
        disabled_at: one.disabled_at,
        accounts: counts.iter().find(|(name, _)| *name == one.settings.name).map_or(0, |(_, count)| *count),
    };
    Ok(all.iter().map(row).collect())
}

async fn row(app: &App, name: &str) -> Result<UpstreamRow, Failure> {
    rows(app).await?.into_iter().find(|one| one.name == name).ok_or_else(|| not_found(name))
}
