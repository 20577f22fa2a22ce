//! Runs the work once the configuration is read.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::doctor::Doctor;
use super::line::Health;
use super::mail::MailTest;
use super::output::{Failure, Outcome, Output};
use super::work::{AppCommand, Work};
use super::{
    audit, backup, client, config, doctor, events, explain, health, invitation, keys, log_level, mail, maintenance,
    recover_admin, resource, stats, upstream, user,
};
use crate::app::App;
use crate::config::{DEFAULT_FILE, Loaded};
use crate::server::boot::{self, Purpose, Surroundings};
use crate::server::{self, log, process};

/// How long `config check` waits for the database and for Redis.
const TRY: Duration = Duration::from_secs(5);

/// Runs the work on a new runtime.
pub fn run(work: Work, loaded: Loaded) -> Outcome {
    let place = configured_in(&loaded);
    let log = Arc::new(log::start(&loaded.config));
    for warning in &loaded.warnings {
        tracing::warn!("configuration: {warning}");
    }
    let outcome = process::runtime()?.block_on(async move {
        match work {
            Work::Serve => server::serve(loaded, log).await,
            Work::Migrate => {
                let app = boot::open_patiently(Purpose::Migrate, loaded.config, Surroundings::real()).await?;
                app.db.close().await;
                Ok(Output::new("The database schema is up to date.", &json!({ "migrated": true })))
            }
            Work::Restore(restore) => backup::restore(loaded.config, &restore).await,
            Work::VerifyAudit(expected, key) => audit::verify_with(loaded.config, expected, key).await,
            Work::Command(command) => {
                let app = boot::open_patiently(Purpose::Command, loaded.config, Surroundings::real()).await?;
                let outcome = answer(&app, command).await;
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

/// Asks the server whether it is ready. Nothing is logged: this runs every few seconds, and only the output is wanted.
pub fn ask(health: Health, loaded: &Loaded) -> Outcome {
    process::runtime()?.block_on(health::ask(&loaded.config, health.timeout))
}

/// Examines the surroundings. Nothing is logged: what is found is the output.
pub fn examine(doctor: &Doctor, loaded: &Loaded) -> Outcome {
    process::runtime()?.block_on(doctor::examine(doctor, loaded))
}

/// Sends test letters. Nothing is logged: the results are the output.
pub fn test_mail(test: &MailTest, loaded: &Loaded) -> Outcome {
    process::runtime()?.block_on(mail::test(test, loaded))
}

/// Tries what the configuration names, and prints it.
pub fn check(loaded: &Loaded) -> Outcome {
    let found = process::runtime()?.block_on(doctor::tried(loaded, TRY));
    config::checked(loaded, &found)
}

async fn answer(app: &App, command: AppCommand) -> Outcome {
    match command {
        AppCommand::Backup(backup) => backup::backup(app, &backup).await,
        AppCommand::Client(command) => client::command(app, command).await,
        AppCommand::Resource(command) => resource::command(app, command).await,
        AppCommand::Upstream(command) => upstream::command(app, command).await,
        AppCommand::User(command) => user::command(app, command).await,
        AppCommand::Invitation(command) => invitation::command(app, command).await,
        AppCommand::RecoverAdmin(wanted) => recover_admin::command(app, &wanted).await,
        AppCommand::Mail(command) => mail::command(app, command).await,
        AppCommand::Keys(command) => keys::command(app, command).await,
        AppCommand::Events(events, as_json) => events::command(app, &events, as_json).await,
        AppCommand::Audit(command, as_json) => audit::command(app, command, as_json).await,
        AppCommand::Explain(wanted) => explain::command(app, &wanted).await,
        AppCommand::Stats => stats::command(app).await,
        AppCommand::LogLevel(command) => log_level::command(app, &command).await,
        AppCommand::Maintenance(command) => maintenance::command(app, command).await,
    }
}

/// Says which configuration was read, in case the operator expects another database.
fn configured_in(loaded: &Loaded) -> String {
    let name = "Name another configuration with --config FILE or LATCHKEY_CONFIG";
    let shown = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string();
    let read = match &loaded.file {
        Some(file) => format!("The configuration is {}.", shown(file)),
        None => format!("There is no configuration file {}.", shown(Path::new(DEFAULT_FILE))),
    };
    format!("{read} {name}; only latchkey serve and latchkey migrate make a database.")
}
