//! Ring 7: the process that serves, from its start to its end.

pub mod accept;
pub mod boot;
pub mod jobs;
pub(crate) mod log;
pub(crate) mod loose_ends;
pub mod orders;
pub(crate) mod process;
mod reload;
pub mod router;
mod welcome;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use accept::tls::Tls;
use boot::{Purpose, Surroundings};
use log::Logging;
use process::stop_signal;

use crate::account::{administrators, password_link};
use crate::app::App;
use crate::commands::output::{Failure, Outcome, failed};
use crate::config::{DatabaseUrl, Loaded};
use crate::store;
use crate::store::ephemeral::Ephemeral;
use crate::store::people::role::ADMINISTRATOR;

/// How long the link for the first administrator's password works.
const FIRST_LINK: Duration = Duration::from_secs(60 * 60);

/// How long the database may take to close, after its last request.
const CLOSE: Duration = Duration::from_secs(5);

/// Serves until told to stop.
pub(crate) async fn serve(loaded: Loaded, log: Arc<Logging>) -> Outcome {
    let log_format = loaded.config.log.format;
    let began = std::time::Instant::now();
    // Before anything else: SIGHUP ends a process that has no handler for it.
    let hangup = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
    let source = reload::Source::of(&loaded);
    let mut config = loaded.config;
    accept::fit(&mut config);
    let hold = boot::take_hold(&config)?;
    if let DatabaseUrl::Sqlite(path) = config.database_url() {
        boot::forget_unfinished_restore(&path).context("what an earlier restore has left cannot be removed")?;
    }
    let address = config.listen();
    // A loopback issuer names the port itself: another one alone would serve at an address that no link leads to.
    let follows_issuer = config.http.listen.is_none() && !config.issuer.is_https();
    let setting = if follows_issuer { "issuer, such as issuer = \"http://localhost:8090\"" } else { "http.listen" };
    let listener = accept::listen(address).map_err(|error| not_listening(address, setting, &error))?;
    let watching = match config.metrics.listen {
        Some(address) => {
            let bound = accept::listen(address);
            Some(bound.map_err(|error| not_listening(address, "metrics.listen", &error))?)
        }
        None => None,
    };
    let tls = Tls::open(&config.tls)?;
    let app = boot::open_patiently(Purpose::Serve, config, Surroundings::real()).await?;
    boot::warn_of_open_folders(&app.config);
    for one in loose_ends::find(&app).await.map_err(failed)? {
        let warning = format!("{}: {}", one.section, one.what);
        tracing::warn!("configuration: {warning}");
    }
    orders::look(&app).await.map_err(failed)?;
    welcome(&app, began.elapsed()).await?;
    if let (DatabaseUrl::Postgres(_), Ephemeral::Memory(_)) = (app.config.database_url(), &app.ephemeral) {
        tracing::warn!(
            "there is no Redis (ephemeral.redis_url): each replica counts rates for itself, and a form that is sent twice may count twice. That is fine for one replica; give several one Redis"
        );
    }
    boot::serve_requests(&app);
    let jobs = tokio::spawn(jobs::run(app.clone()));
    let following = tokio::spawn(orders::follow(app.clone(), Arc::clone(&log)));
    let watching = watching.map(|listener| tokio::spawn(accept::watch(app.clone(), listener)));
    let watching_tls = tls.clone().map(|tls| tokio::spawn(tls.watch()));
    let reading_again = tokio::spawn(reload::at_each(hangup, app.clone(), tls.clone(), log, source));
    accept::serve(&app, router::router(&app), listener, tls, stop_signal()).await;
    if let Some(watching) = watching_tls {
        watching.abort();
    }
    reading_again.abort();
    following.abort();
    jobs.abort();
    // Otherwise the jobs might still report that this process is alive.
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

/// Why a server cannot listen, and which setting changes that.
pub(crate) fn not_listening(address: SocketAddr, setting: &str, error: &std::io::Error) -> Failure {
    let advice = match error.kind() {
        ErrorKind::AddrInUse => format!("already in use. Choose another port with {setting}."),
        ErrorKind::PermissionDenied => {
            format!(
                "permission denied. Choose a port above 1023 with {setting}, or give the process CAP_NET_BIND_SERVICE."
            )
        }
        ErrorKind::AddrNotAvailable => {
            format!("this machine does not have that address. Choose another one with {setting}.")
        }
        _ => format!("{error} ({setting})."),
    };
    Failure::Failed(format!("Cannot listen on {address}: {advice}"))
}

/// Prints the next step for the operator. It goes to standard output, not to the log: a link that sets a password is a
/// secret.
async fn welcome(app: &App, took: Duration) -> Result<(), Failure> {
    let mut conn = app.db.read().await.map_err(failed)?;
    let administrators = store::people::role::any_with_password(&mut conn, ADMINISTRATOR).await.map_err(failed)?;
    drop(conn);
    let mut first = None;
    if !administrators {
        let administrator = administrators::first(app).await?;
        first = Some(password_link::make_first(app, &administrator.id, FIRST_LINK).await.map_err(failed)?);
    }
    welcome::tell(app, took, first.as_ref());
    Ok(())
}
