//! `latchkey config`.

use std::path::Path;

use clap::Subcommand;
use serde_json::{Map, Value, json};

use crate::commands::finding::{Finding, summary, told};
use crate::commands::output::{Outcome, Output, problem};
use crate::config::{Config, Loaded, in_force, reference};

/// What can be asked about the configuration.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration, try what it names, and print all values with secrets masked
    Check {
        /// Check the configuration alone: open no database, Redis, certificate or folder
        #[arg(long)]
        offline: bool,
    },
    /// Print the reference of all configuration keys in Markdown
    Reference,
}

/// Answers a question about the configuration.
pub fn answer(command: ConfigCommand, path: Option<&Path>, env: impl Iterator<Item = (String, String)>) -> Outcome {
    match command {
        ConfigCommand::Check { .. } => Ok(check(&Config::load(path, env)?, &[])),
        ConfigCommand::Reference => {
            let text = reference();
            Ok(Output { json: json!({ "markdown": text }), text })
        }
    }
}

/// The configuration in force, with what was found by trying what it names.
pub(super) fn checked(loaded: &Loaded, found: &[Finding]) -> Outcome {
    told(found, check(loaded, found))
}

fn check(loaded: &Loaded, found: &[Finding]) -> Output {
    let from = loaded.file.as_ref().map_or("no file".to_owned(), |file| file.display().to_string());
    let mut text = format!("# The configuration in force, from {from} and the environment.\n");
    for warning in &loaded.warnings {
        text.push_str(&format!("# Warning: {warning}\n"));
    }
    for finding in found {
        text.push_str(&finding.lines("# "));
        text.push('\n');
    }
    if !found.is_empty() {
        text.push_str(&format!("# {}\n", summary(found)));
    }
    text.push('\n');
    text.push_str(&in_force(&loaded.sections));

    let entries = loaded.sections.iter().flat_map(|section| &section.entries);
    let values: Map<String, Value> = entries
        .map(|entry| (entry.key.clone(), json!({ "value": value(&entry.value), "place": entry.place.to_string() })))
        .collect();
    let warnings: Vec<Value> = loaded.warnings.iter().map(problem).collect();
    Output { text, json: json!({ "file": loaded.file, "warnings": warnings, "findings": found, "values": values }) }
}

/// A value as data, parsed from its form in the file.
pub(super) fn value(text: &str) -> Value {
    let table = format!("value = {text}").parse::<toml::Table>().ok();
    table.and_then(|table| serde_json::to_value(table.get("value")?).ok()).unwrap_or_default()
}
