//! `latchkey upstream`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::commands::config::value;
use crate::commands::finding::{Finding, report};
use crate::commands::output::{Failure, Outcome, Output, details, failed, harmless, table, yes_no};
use crate::config::Upstream;
use crate::config::preset::Preset;
use crate::federation;
use crate::federation::changes::{self, Changes, Refused};
use crate::federation::probe::{Verdict, probe};
use crate::federation::remembered::Offered;
use crate::federation::tokens::revoke;
use crate::server::loose_ends;
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
            let near = keys.iter().map(|(key, ..)| (strsim::levenshtein(key, name), *key));
            let near = near.filter(|(distance, key)| *distance <= 2.max(name.len() / 5) && *key != "name").min();
            let advice = match near {
                Some((_, key)) => format!("; did you mean {key}?"),
                None => ". docs/configuration.md lists them.".to_owned(),
            };
            Failure::Usage(format!("There is no key {} of [[upstreams]]{advice}", harmless(name)))
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
    pub issuer: Option<String>,
    /// The client there; `None` where people come by a bot alone.
    pub client_id: Option<String>,
    /// The scopes that are asked for.
    pub scope: Option<String>,
    /// The address to register there.
    pub redirect_uri: Option<String>,
    /// The keys that were set, each with its value; a secret is `set`.
    pub settings: Map<String, Value>,
    /// The same as they are written in the configuration.
    #[serde(skip)]
    pub written: Vec<(&'static str, String)>,
    /// Whether it has no secret there.
    pub public_client: bool,
    /// Whether there is such a provider. Of one that there is not any more, accounts may be linked.
    pub configured: bool,
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
        let words = [
            (!self.configured, "not configured"),
            (self.declared, "declared"),
            (self.configured && self.client_id.is_none(), "by a bot"),
            (self.disabled_at.is_some(), "disabled"),
        ];
        words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect::<Vec<_>>().join(", ")
    }
}

/// The well-known providers.
pub fn presets() -> Output {
    let text = Preset::ALL.map(|preset| format!("[{}]\n{}", preset.as_str(), preset.document().trim()));
    let data = Preset::ALL.map(|preset| json!({ "preset": preset.as_str(), "keys": preset.keys() }));
    Output::new(text.join("\n\n"), &data)
}

fn of(value: &Option<String>) -> String {
    value.clone().unwrap_or_default()
}

fn list(rows: &[UpstreamRow]) -> Output {
    let cells = |one: &UpstreamRow| {
        [one.name.clone(), one.label.clone(), of(&one.issuer), one.accounts.to_string(), one.state()]
    };
    let rows_of_text: Vec<_> = rows.iter().map(cells).collect();
    let none = "There are no other providers. Add one: latchkey upstream add google --preset google --client-id … \
                --client-secret-file …";
    Output::new(table(["NAME", "LABEL", "ISSUER", "ACCOUNTS", ""], &rows_of_text, none), &rows)
}

/// What stands in lines of its own, whether it was set or not.
const ALWAYS: [&str; 5] = ["preset", "label", "issuer", "client_id", "scope"];

fn show(one: &UpstreamRow) -> Output {
    let mut lines = vec![
        ("name", one.name.clone()),
        ("label", one.label.clone()),
        ("preset", one.preset.unwrap_or_default().to_owned()),
        ("issuer", of(&one.issuer)),
        ("client_id", of(&one.client_id)),
    ];
    if one.public_client {
        lines.push(("client_secret", "none: it is a public client there".to_owned()));
    }
    lines.push(("scope", of(&one.scope)));
    lines.extend(one.written.iter().filter(|(key, _)| !ALWAYS.contains(key)).cloned());
    lines.extend([
        ("redirect_uri", of(&one.redirect_uri)),
        ("accounts", one.accounts.to_string()),
        ("configured", if one.configured { String::new() } else { yes_no(false) }),
        ("declared", yes_no(one.declared)),
        ("disabled_at", one.disabled_at.map(|at| at.to_string()).unwrap_or_default()),
    ]);
    Output::new(details(&lines), one)
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
            let added = added.map_err(|refused| failure(refused, &name))?;
            let head = format!(
                "Added provider {}. Register its redirect_uri there; then: latchkey upstream test {}",
                harmless(&name),
                harmless(&name)
            );
            written(app, head, &added).await
        }
        UpstreamCommand::Edit { name, settings, unset } => {
            let wanted = settings.changes(unset)?;
            if wanted.is_empty() {
                let how = "Nothing is to change: give a key, such as --set label=Northwind, or --unset KEY.";
                return Err(Failure::Usage(how.to_owned()));
            }
            let changed = changes::edit(app, &name, wanted).await.map_err(failed)?;
            let changed = changed.map_err(|refused| failure(refused, &name))?;
            written(app, format!("Changed provider {}.", harmless(&name)), &changed).await
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
            let accounts = removed.map_err(|refused| failure(refused, &name))?;
            let left = match accounts {
                0 => "No account was linked by it.".to_owned(),
                1 => "1 account is linked by it, and lets nobody in until a provider of this name and issuer is there."
                    .to_owned(),
                _ => format!(
                    "{accounts} accounts are linked by it, and let nobody in until a provider of this name and issuer is there."
                ),
            };
            let text = format!("Removed provider {}. {left}", harmless(&name));
            Ok(Output::new(text, &json!({ "name": name, "removed": true, "accounts": accounts })))
        }
    }
}

/// A provider that was just written, with what about it is probably not meant.
async fn written(app: &App, mut head: String, upstream: &Upstream) -> Outcome {
    for one in loose_ends::of_upstream(app, upstream).await.map_err(failed)? {
        let end = if one.what.ends_with('?') { "" } else { "." };
        head += &format!("\nNote: {}{end} {}", harmless(&one.what), one.so);
    }
    Ok(with_head(&head, &row(app, &upstream.name).await?))
}

async fn switch(app: &App, name: &str, disabled: bool) -> Outcome {
    let switched = changes::set_disabled(app, name, disabled).await.map_err(failed)?;
    let has_changed = switched.map_err(|refused| failure(refused, name))?;
    let head = match (has_changed, disabled) {
        (true, true) => format!("Disabled provider {}.", harmless(name)),
        (true, false) => format!("Enabled provider {}.", harmless(name)),
        (false, true) => format!("Provider {} was disabled already.", harmless(name)),
        (false, false) => format!("Provider {} was enabled already.", harmless(name)),
    };
    Ok(with_head(&head, &row(app, name).await?))
}

async fn test(app: &App, one: &Offered) -> Outcome {
    if federation::is_by_bot(one) {
        let why = "People come by a bot here ([[channels]]), which has no secret and no redirect URI to test.";
        return Err(Failure::Usage(why.to_owned()));
    }
    let probed = probe(app, &one.settings).await;
    let uri = federation::redirect_uri(app, &one.settings);
    let finding = |(subject, verdict): (&'static str, &Verdict)| {
        let finding = match verdict {
            Verdict::Right(what) => Finding::ok(subject, what),
            Verdict::Unclear(what) => Finding::advice(subject, what),
            Verdict::Wrong(what) => Finding::problem(subject, what),
        };
        if subject == "request" { finding.fix(format!("The redirect URI is {uri}")) } else { finding }
    };
    let mut found: Vec<Finding> = probed.verdicts().map(finding).collect();
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
                match key {
                    "issuer" if problem.wanted.starts_with("required:") => {
                        return "issuer: required: --issuer URL, or --preset PRESET (latchkey upstream presets)"
                            .to_owned();
                    }
                    "client_id" if problem.wanted.starts_with("required:") => {
                        return "client_id: required: --client-id ID".to_owned();
                    }
                    _ => {}
                }
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
    let count = |name: &str| counts.iter().find(|(one, _)| one == name).map_or(0, |(_, count)| *count);
    let there = all.iter().map(|one| UpstreamRow { accounts: count(&one.settings.name), ..of_one(app, one) });
    let missing = federation::missing(app).await.map_err(failed)?;
    Ok(there.chain(missing.into_iter().map(|(name, accounts)| not_there(name, accounts))).collect())
}

fn of_one(app: &App, one: &Offered) -> UpstreamRow {
    let settings = &one.settings;
    let by_bot = federation::is_by_bot(one);
    let of_client = |value: String| (!by_bot).then_some(value);
    // A bot has no settings as a provider.
    let set = if by_bot { Vec::new() } else { settings.set_keys() };
    let as_data = |text: &Option<String>| text.as_ref().map_or_else(|| json!("set"), |text| value(text));
    UpstreamRow {
        name: settings.name.clone(),
        label: settings.label().to_owned(),
        preset: settings.preset.map(Preset::as_str),
        issuer: Some(settings.issuer.clone()),
        client_id: of_client(settings.client_id.clone()),
        scope: of_client(settings.scope.to_string()),
        redirect_uri: of_client(federation::redirect_uri(app, settings)),
        settings: set.iter().map(|(key, value)| ((*key).to_owned(), as_data(value))).collect(),
        written: set.into_iter().map(|(key, value)| (key, value.unwrap_or_else(|| "set".to_owned()))).collect(),
        public_client: !by_bot && settings.is_public(),
        configured: true,
        declared: one.is_declared,
        disabled_at: one.disabled_at,
        accounts: 0,
    }
}

/// A provider by which accounts are linked, and which there is no more.
fn not_there(name: String, accounts: i64) -> UpstreamRow {
    UpstreamRow {
        label: name.clone(),
        name,
        preset: None,
        issuer: None,
        client_id: None,
        scope: None,
        redirect_uri: None,
        settings: Map::new(),
        written: Vec::new(),
        public_client: false,
        configured: false,
        declared: false,
        disabled_at: None,
        accounts,
    }
}

async fn row(app: &App, name: &str) -> Result<UpstreamRow, Failure> {
    rows(app).await?.into_iter().find(|one| one.name == name).ok_or_else(|| not_found(name))
}
