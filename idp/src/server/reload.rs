//! SIGHUP: reloads the settings that can change while the server runs.
//!
//! These are certificates, the log level, the declared clients and resources, and the settings and languages of the pages with
//! the version of the terms. Other changes wait for a restart; the log names them. A reload takes effect as a whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::signal::unix::Signal;

use crate::app::App;
use crate::base::messages::Messages;
use crate::clients;
use crate::commands::environment;
use crate::config::{Config, Loaded, LogLevel, Section};
use crate::oidc::resource::Known;
use crate::server::accept::tls::Tls;
use crate::server::log::Logging;
use crate::site::Site;

/// The configuration as read at the start, for comparison.
pub(super) struct Source {
    file: Option<PathBuf>,
    level: LogLevel,
    values: BTreeMap<String, String>,
}

impl Source {
    /// The source of this configuration.
    pub(super) fn of(loaded: &Loaded) -> Self {
        Self { file: loaded.file.clone(), level: loaded.config.log.level, values: values(&loaded.sections) }
    }
}

fn values(sections: &[Section]) -> BTreeMap<String, String> {
    let entries = sections.iter().flat_map(|section| &section.entries);
    entries.map(|entry| (entry.key.clone(), entry.value.clone())).collect()
}

/// Whether a change of this key takes effect on a reload.
fn is_read_again(key: &str) -> bool {
    key == "log.level"
        || key == "edition"
        || ["pages.", "terms.", "clients.", "resources."].iter().any(|section| key.starts_with(section))
}

/// Reloads at each SIGHUP, until the process ends.
pub(super) async fn at_each(
    mut hangup: Signal,
    app: App,
    tls: Option<Arc<Tls>>,
    log: Arc<Logging>,
    mut source: Source,
) {
    while hangup.recv().await.is_some() {
        tracing::info!("reloading the configuration");
        match read_again(&app, tls.as_deref(), &log, &mut source).await {
            Ok(()) => tracing::info!("the configuration was reloaded"),
            Err(problems) => {
                for problem in problems {
                    tracing::error!("the configuration was not reloaded, the previous one stays in force: {problem}");
                }
            }
        }
    }
}

/// Checks everything, then puts all of it in force; on an error, reports it and changes nothing.
async fn read_again(
    app: &App,
    tls: Option<&Tls>,
    log: &Logging,
    source: &mut Source,
) -> std::result::Result<(), Vec<String>> {
    let loaded = Config::load(source.file.as_deref(), environment());
    let loaded = loaded.map_err(|problems| problems.0.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let (config, present) = (&loaded.config, app.site.get());
    let mut problems = not_served(&app.config, config);
    let messages = messages(&present, config).map_err(|error| vec![format!("pages.languages_dir: {error:#}")])?;
    let site = Site::new(&app.config.issuer, &config.pages, messages);
    let site = site.map(|site| site.with_terms(&config.terms));
    let site = site.map_err(|error| problems.push(format!("pages.logo: {error:#}")));
    let certificate = tls.map(|tls| tls.read().map(|read| (tls, read))).transpose();
    let certificate = certificate.map_err(|error| problems.push(format!("{error:#}")));
    let (Ok(site), Ok(certificate), true) = (site, certificate, problems.is_empty()) else { return Err(problems) };
    let declared = clients::declare::declare(app, config).await;
    let declared = declared.map_err(|error| vec![format!("clients and resources cannot be declared: {error}")])?;
    if !declared.unsignable.is_empty() {
        return Err(declared.unsignable);
    }
    // From here on nothing can fail.
    for warning in &loaded.warnings {
        tracing::warn!("configuration: {warning}");
    }
    if let Some((tls, read)) = certificate {
        tls.take(read);
    }
    if config.log.level != source.level {
        source.level = config.log.level;
        log.set_level(source.level);
        tracing::info!("log.level is {} from now on", log.level().as_str());
    }
    let texts_are_same = Arc::ptr_eq(&site.messages, &present.messages);
    if !texts_are_same || (&site.pages, &site.logo, &site.terms) != (&present.pages, &present.logo, &present.terms) {
        app.site.replace(site);
        tracing::info!("the settings of the pages have changed");
    }
    declared.log();
    let read = values(&loaded.sections);
    let keys: BTreeSet<&String> = source.values.keys().chain(read.keys()).collect();
    let changed = keys.into_iter().filter(|key| !is_read_again(key) && source.values.get(*key) != read.get(*key));
    let waiting = changed.map(String::as_str).collect::<Vec<_>>().join(" ");
    if !waiting.is_empty() {
        tracing::warn!(keys = waiting, "settings have changed that need a restart");
    }
    Ok(())
}

/// The messages of this configuration: the present ones if its language files are the same.
fn messages(present: &Site, config: &Config) -> anyhow::Result<Arc<Messages>> {
    if present.messages.are_of(&config.languages) {
        return Ok(Arc::clone(&present.messages));
    }
    Messages::new(&config.languages).map(Arc::new)
}

/// The settings that new clients and resources need but that wait for a restart: the new configuration is consistent,
/// but clients would be served with the settings in force.
fn not_served(in_force: &Config, new: &Config) -> Vec<String> {
    let mut problems = Vec::new();
    let mut wait = |section: &str, index: usize, member: &str, value: &str, key: &str| {
        problems.push(format!(
            "{section}.{index}.{member}: {value} needs the change of {key}, which is in force only after a restart"
        ));
    };
    let algorithms = &in_force.tokens.signing_algorithms;
    let known = Known::new(in_force.own_scopes(), new.known().resources);
    for (index, client) in new.clients.iter().enumerate() {
        let metadata = client.to_new().metadata;
        for scope in metadata.scope.iter().filter(|scope| !known.scopes.contains(scope)) {
            wait("clients", index, "scope", scope, "[[scopes]]");
        }
        if let Some(wanted) = metadata.id_token_signed_response_alg.filter(|it| !algorithms.contains(it)) {
            let member = "id_token_signed_response_alg";
            wait("clients", index, member, &wanted.to_string(), "tokens.signing_algorithms");
        }
    }
    for (index, resource) in known.resources.iter().enumerate() {
        if let Some(wanted) = resource.algorithm.filter(|it| !algorithms.contains(it)) {
            wait("resources", index, "signing_algorithm", &wanted.to_string(), "tokens.signing_algorithms");
        }
        if resource.identifier == in_force.issuer.as_str() {
            wait("resources", index, "identifier", &resource.identifier, "issuer");
        }
    }
    problems
}
