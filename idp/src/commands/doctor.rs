//! `latchkey doctor`: what is wrong in this configuration and around it.

mod clock;
mod files;
mod issuer;
mod mail;
mod networks;
mod stores;
mod upstreams;

use std::time::Duration;

use clap::Args;

use crate::base::clock::Clock;
use crate::commands::finding::{Finding, report};
use crate::commands::output::Outcome;
use crate::commands::values::duration;
use crate::config::Loaded;

/// How the surroundings are examined.
#[derive(Args, Clone, Debug)]
pub struct Doctor {
    /// Where to ask the running server, if not at its issuer
    #[arg(long, value_name = "URL", value_parser = issuer::url)]
    pub url: Option<url::Url>,
    /// How long to wait for the server, the database, Redis and each answer of another provider
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    pub timeout: Duration,
}

/// Examines everything, and reports what it has found.
pub(super) async fn examine(doctor: &Doctor, loaded: &Loaded) -> Outcome {
    let mut config = loaded.config.clone();
    config.outbound.timeout = config.outbound.timeout.min(doctor.timeout);
    let config = &config;
    let mut found: Vec<Finding> = loaded.warnings.iter().map(warning).collect();
    // The rights come first: opening a database makes those of its files narrower.
    found.extend(files::rights(loaded));
    found.extend(files::named(config));
    found.extend(files::certificate(config, Clock::System.now()));
    found.extend(files::space(config));
    let (app, of_database) = stores::database(config, doctor.timeout).await;
    found.extend(of_database);
    if let Some(app) = &app {
        found.extend(stores::signable(app).await);
        found.extend(networks::of_administrators(app).await);
        found.extend(upstreams::asked(app).await);
        found.extend(upstreams::loose_ends(app).await);
    }
    let (mut redis, of_redis) = stores::redis(config, doctor.timeout).await;
    found.extend(of_redis);
    found.extend(mail::servers(config, doctor.timeout).await);
    if let Some(app) = &app {
        found.extend(mail::outbox(app).await);
    }
    found.extend(clock::agrees(config, app.as_ref(), redis.as_mut()).await);
    found.extend(issuer::arrives(doctor.url.as_ref(), doctor.timeout, config, app.as_ref()).await);
    if let Some(app) = &app {
        app.db.close().await;
    }
    report(&found)
}

/// Tries what the configuration names: files, certificates, folders, the database, Redis.
pub(super) async fn tried(loaded: &Loaded, patience: Duration) -> Vec<Finding> {
    let config = &loaded.config;
    let mut found = files::named(config);
    found.extend(files::certificate(config, Clock::System.now()));
    found.extend(stores::reached(config, patience).await);
    found.extend(mail::servers(config, patience).await);
    found
}

fn warning(problem: &crate::config::Problem) -> Finding {
    Finding::advice("configuration", problem.to_string())
}
