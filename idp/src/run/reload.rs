//! SIGHUP: reads again what can be read while people are served.
//!
//! That is certificates, the level of the log, the declared clients and resources, and the settings of the pages. Other
//! changes wait for a restart; the log names them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::signal::unix::Signal;

use super::log::Logging;
use crate::app::App;
use crate::cli::environment;
use crate::clients;
use crate::config::{Config, Loaded, LogLevel, Section};
use crate::serve::tls::Tls;
use crate::site::Site;

/// What was read at the start, to compare with.
pub(super) struct Source {
    file: Option<PathBuf>,
    level: LogLevel,
    values: BTreeMap<String, String>,
}

impl Source {
    /// What this configuration came from.
    pub(super) fn of(loaded: &Loaded) -> Self {
        Self { file: loaded.file.clone(), level: loaded.config.log.level, values: values(&loaded.sections) }
    }
}

fn values(sections: &[Section]) -> BTreeMap<String, String> {
    let entries = sections.iter().flat_map(|section| &section.entries);
    entries.map(|entry| (entry.key.clone(), entry.value.clone())).collect()
}

/// Whether a change of this key is in force at once.
fn is_read_again(key: &str) -> bool {
    key == "log.level"
        || key == "edition"
        || ["pages.", "clients.", "resources."].iter().any(|section| key.starts_with(section))
}

/// Reads again at each SIGHUP, until the process ends.
pub(super) async fn at_each(
    mut hangup: Signal,
    app: App,
    tls: Option<Arc<Tls>>,
    log: Arc<Logging>,
    mut source: Source,
) {
    while hangup.recv().await.is_some() {
        tracing::info!("told to read the configuration again");
        if let Some(tls) = &tls {
            tls.read_again();
        }
        match Config::load(source.file.as_deref(), environment()) {
            Ok(loaded) => take(&app, &log, &mut source, &loaded).await,
            Err(problems) => {
                for problem in problems.0 {
                    tracing::error!("the configuration was not read again, what was in force stays: {problem}");
                }
            }
        }
    }
}

async fn take(app: &App, log: &Logging, source: &mut Source, loaded: &Loaded) {
    for warning in &loaded.warnings {
        tracing::warn!("configuration: {warning}");
    }
    let (config, present) = (&loaded.config, values(&loaded.sections));
    if config.log.level != source.level {
        source.level = config.log.level;
        log.set_level(source.level);
        tracing::info!("log.level is {} from now on", source.level.as_str());
    }
    let shown = app.site.get();
    match Site::new(&app.config.issuer, &config.pages, Arc::clone(&shown.messages)) {
        Ok(site) if (&site.pages, &site.logo) == (&shown.pages, &shown.logo) => {}
        Ok(site) => {
            app.site.replace(site);
            tracing::info!("the settings of the pages have changed");
        }
        Err(error) => tracing::error!("the settings of the pages were not read again: {error:#}"),
    }
    match clients::declare(app, config).await {
        Ok(declared) => declared.log(),
        Err(error) => tracing::error!("the clients and resources were not declared again: {error}"),
    }
    let keys: BTreeSet<&String> = source.values.keys().chain(present.keys()).collect();
    let changed = keys.into_iter().filter(|key| !is_read_again(key) && source.values.get(*key) != present.get(*key));
    let waiting = changed.map(String::as_str).collect::<Vec<_>>().join(" ");
    if !waiting.is_empty() {
        tracing::warn!(keys = waiting, "settings have changed that are in force only after a restart");
    }
    tracing::info!("the configuration was read again");
}
