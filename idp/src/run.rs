//! Doing what the command line asks for, once the configuration is read.

mod backup;
mod client;
mod health;
mod keys;
mod log;
mod reload;
mod resource;
mod user;
mod welcome;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use serde_json::{Map, json};
use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;
use crate::boot::{self, Purpose, Surroundings};
use crate::cli::{Failure, Outcome, Output, Work};
use crate::config::{Config, DEFAULT_FILE, DatabaseUrl, Loaded};
use crate::login::identifier;
use crate::login::users::{self, ADMINISTRATOR, NewUser};
use crate::serve::tls::Tls;
use crate::store;
use crate::store::ephemeral::Ephemeral;
use crate::store::user::User;
use crate::{jobs, router, serve};

/// How long the link works by which the first administrator sets a password.
const FIRST_LINK: Duration = Duration::from_secs(60 * 60);

/// How long the database may take to close, after its last request.
const CLOSE: Duration = Duration::from_secs(5);

use log::Logging;
pub(crate) use log::start as start_log;

/// Does the work, on a runtime of its own.
pub fn work(work: Work, loaded: Loaded) -> Outcome {
    if let Work::Health(health) = work {
        // No log: this is asked every few seconds, and who asks wants the answer alone.
        return runtime()?.block_on(health::ask(&loaded.config, health.timeout));
    }
    let place = configured_in(&loaded);
    let log = Arc::new(log::start(&loaded.config));
    for warning in &loaded.warnings {
        tracing::warn!("configuration: {warning}");
    }
    let outcome = runtime()?.block_on(async move {
        match work {
            Work::Serve => serve(loaded, log).await,
            Work::Migrate => {
                let app = open(Purpose::Migrate, loaded.config).await?;
                app.db.close().await;
                Ok(Output::new("The database is in the form that this version needs.", &json!({ "migrated": true })))
            }
            Work::Restore(restore) => backup::restore(loaded.config, &restore).await,
            other => {
                let app = open(Purpose::Command, loaded.config).await?;
                let outcome = match other {
                    Work::Backup(backup) => backup::backup(&app, &backup).await,
                    Work::Client(command) => client::command(&app, command).await,
                    Work::Resource(command) => resource::command(&app, command).await,
                    Work::User(command) => user::command(&app, command).await,
                    Work::Keys(command) => keys::command(&app, command).await,
                    Work::Serve | Work::Migrate | Work::Restore(_) | Work::Health(_) => {
                        Err(Failure::Failed("done above".to_owned()))
                    }
                };
                app.db.close().await;
                outcome
            }
        }
    });
    outcome.map_err(|failure| match failure {
        Failure::NoDatabase(why) => Failure::NoDatabase(format!("{why} {place}")),
        failure => failure,
    })
}

/// Says which configuration was read, for whoever looks for a database in the wrong place.
fn configured_in(loaded: &Loaded) -> String {
    let name = "Name another configuration with --config FILE or LATCHKEY_CONFIG";
    let shown = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string();
    let read = match &loaded.file {
        Some(file) => format!("The configuration is {}.", shown(file)),
        None => format!("There is no configuration file {}.", shown(Path::new(DEFAULT_FILE))),
    };
    format!("{read} {name}; only latchkey serve and latchkey migrate make a database.")
}

/// What asynchronous work runs on.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    Ok(runtime.context("the runtime cannot be started")?)
}

/// Opens everything, and stays as patient as a start or a command is.
async fn open(purpose: Purpose, config: Config) -> Result<App, Failure> {
    Ok(boot::open_patiently(purpose, config, Surroundings::real()).await?)
}

async fn serve(loaded: Loaded, log: Arc<Logging>) -> Outcome {
    let log_format = loaded.config.log.format;
    let began = std::time::Instant::now();
    // Before anything else: SIGHUP ends a process that does not listen to it.
    let hangup = signal(SignalKind::hangup()).context("SIGHUP cannot be listened to")?;
    let source = reload::Source::of(&loaded);
    let mut config = loaded.config;
    serve::fit(&mut config);
    let hold = boot::take_hold(&config)?;
    if let DatabaseUrl::Sqlite(path) = config.database_url() {
        backup::forget_unfinished(&path).context("what an earlier restore has left cannot be removed")?;
    }
    let address = config.listen();
    let listener = serve::listen(address).with_context(|| format!("http.listen: {address} cannot be listened on"))?;
    let watching = match config.metrics.listen {
        Some(address) => {
            let bound = serve::listen(address);
            Some(bound.with_context(|| format!("metrics.listen: {address} cannot be listened on"))?)
        }
        None => None,
    };
    let tls = Tls::open(&config.tls)?;
    let app = open(Purpose::Serve, config).await?;
    boot::warn_of_open_folders(&app.config);
    welcome(&app, began.elapsed()).await?;
    if let (DatabaseUrl::Postgres(_), Ephemeral::Memory(_)) = (app.config.database_url(), &app.ephemeral) {
        tracing::warn!(
            "there is no Redis (ephemeral.redis_url): rates are counted by each replica alone, and a proof that one replica \
             has seen is new to another. Fine for one replica; for several, give them one Redis"
        );
    }
    boot::serve_requests(&app);
    let jobs = tokio::spawn(jobs::run(app.clone()));
    let watching = watching.map(|listener| tokio::spawn(serve::watch(app.clone(), listener)));
    let watching_tls = tls.clone().map(|tls| tokio::spawn(tls.watch()));
    let reading_again = tokio::spawn(reload::at_each(hangup, app.clone(), tls.clone(), log, source));
    serve::serve(&app, router::router(&app), listener, tls, stop_signal()).await;
    if let Some(watching) = watching_tls {
        watching.abort();
    }
    reading_again.abort();
    jobs.abort();
    // Otherwise they may still report that this process lives.
    let _ = jobs.await;
    if let Err(error) = jobs::leave(&app).await {
        tracing::warn!("the row of this process could not be removed: {error}");
    }
    if tokio::time::timeout(CLOSE, app.db.close()).await.is_err() {
        tracing::warn!("the database did not close in time");
    }
    if let Some(watching) = watching {
        watching.abort();
    }
    drop(hold);
    Ok(welcome::line(log_format, "Stopped.", &json!({ "stopped": true })))
}

/// Ready when the process is told to stop.
pub(crate) async fn stop_signal() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => tracing::info!("told to stop"),
        _ = interrupt.recv() => tracing::info!("interrupted"),
    }
}

/// Tells a person what comes next. It goes to standard output and not to the log: a link that sets a password is a secret.
async fn welcome(app: &App, took: Duration) -> Result<(), Failure> {
    let mut conn = app.db.read().await.map_err(failed)?;
    let administrators = store::user::any_with_password(&mut conn, ADMINISTRATOR).await.map_err(failed)?;
    drop(conn);
    let mut first = None;
    if !administrators {
        let administrator = first_administrator(app).await?;
        first = Some(users::first_password_link(app, &administrator.id, FIRST_LINK).await.map_err(failed)?);
    }
    welcome::tell(app, took, first.as_ref());
    Ok(())
}

/// The first administrator, made at the first start.
async fn first_administrator(app: &App) -> Result<User, Failure> {
    let found = async || store::user::find_by_identifier(&mut *app.db.read().await?, "admin").await;
    if let Some(found) = found().await.map_err(failed)? {
        return Ok(found);
    }
    let name = identifier::parse("admin", None).map_err(|_| anyhow!("admin is no user name"))?;
    let new = NewUser {
        sub: None,
        profile: Map::new(),
        identifiers: vec![name],
        password: None,
        roles: vec![ADMINISTRATOR.to_owned()],
    };
    match users::add(app, new).await {
        // Another replica was faster.
        Err(crate::login::Error::Store(store::db::Error::Conflict)) => {
            Ok(found().await.map_err(failed)?.context("the user admin was there, and is not")?)
        }
        added => Ok(added.map_err(failed)?),
    }
}

/// An error of the store or of a sign-in, for the command line.
pub(crate) fn failed(error: impl std::error::Error + Send + Sync + 'static) -> anyhow::Error {
    anyhow::Error::new(error)
}
