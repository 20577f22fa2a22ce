//! `latchkey maintenance`.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::commands::output::{Failure, Outcome, Output, failed, harmless};
use crate::commands::values::{duration, moment};
use crate::store::installation::order::{self, Maintenance, OrderMaintenance};

/// The longest message, in characters.
const LONGEST_MESSAGE: usize = 500;

/// What can be done about a maintenance.
#[derive(Clone, Debug, Subcommand)]
pub enum MaintenanceCommand {
    /// Show people a maintenance page instead of all other pages; applications can still use their tokens
    On(On),
    /// Show people the pages again
    Off,
    /// Show whether maintenance is on
    Status,
}

/// What people are told.
#[derive(Args, Clone, Debug)]
pub struct On {
    /// What the page says besides that, as plain text
    #[arg(long, value_name = "TEXT", value_parser = message)]
    pub message: Option<String>,
    /// When maintenance ends by itself, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "time")]
    pub until: Option<Timestamp>,
    /// How long until maintenance ends by itself, such as 30m
    #[arg(long = "for", id = "time", value_name = "DURATION", value_parser = duration)]
    pub time: Option<Duration>,
}

fn message(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_MESSAGE || harmless(text) != text {
        return Err(format!("a message has 1 to {LONGEST_MESSAGE} characters on one line"));
    }
    Ok(text.to_owned())
}

/// Begins or ends a maintenance, or tells whether there is one.
pub(super) async fn command(app: &App, command: MaintenanceCommand) -> Outcome {
    let now = app.now();
    match command {
        MaintenanceCommand::On(on) => {
            let until = on.until.or_else(|| on.time.map(|time| now + time));
            if until.is_some_and(|until| until <= now) {
                return Err(Failure::Usage("Maintenance can only end in the future.".to_owned()));
            }
            let order = Maintenance { since: now, until, message: on.message };
            app.db.write(OrderMaintenance(Some(order))).await.map_err(failed)?;
            let present = present(app).await?;
            let text = "Within 2 seconds, every server shows people a maintenance page. Applications can still use and check their \
                        tokens.";
            Ok(answer(present.as_ref(), format!("{text} {}", end(present.as_ref()))))
        }
        MaintenanceCommand::Off => {
            let before = app.db.write(OrderMaintenance(None)).await.map_err(failed)?;
            let text = match before {
                Some(_) => "Maintenance is off: within 2 seconds, every server shows its pages again.",
                None => "Maintenance is off, as before.",
            };
            Ok(answer(None, text.to_owned()))
        }
        MaintenanceCommand::Status => {
            let present = present(app).await?;
            let text = match &present {
                Some(maintenance) => {
                    let message =
                        maintenance.message.as_ref().map(|text| format!(" It says: {text}")).unwrap_or_default();
                    format!("Maintenance is on since {}. {}{message}", maintenance.since, end(present.as_ref()))
                }
                None => "Maintenance is off.".to_owned(),
            };
            Ok(answer(present.as_ref(), harmless(&text)))
        }
    }
}

async fn present(app: &App) -> Result<Option<Maintenance>, Failure> {
    let mut conn = app.db.read().await.map_err(failed)?;
    Ok(order::find(&mut conn, app.now()).await.map_err(failed)?.maintenance)
}

fn end(maintenance: Option<&Maintenance>) -> String {
    match maintenance.and_then(|maintenance| maintenance.until) {
        Some(until) => format!("It ends by itself at {until}; latchkey maintenance off ends it earlier."),
        None => "End it with latchkey maintenance off.".to_owned(),
    }
}

fn answer(maintenance: Option<&Maintenance>, text: String) -> Output {
    let data = json!({
        "maintenance": maintenance.is_some(),
        "since": maintenance.map(|it| it.since.to_string()),
        "until": maintenance.and_then(|it| it.until).map(|until| until.to_string()),
        "message": maintenance.and_then(|it| it.message.clone()),
    });
    Output { text, json: data }
}
