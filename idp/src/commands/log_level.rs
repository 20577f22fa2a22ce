//! `latchkey log-level`.

use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::json;

use crate::app::App;
use crate::commands::output::{Failure, Outcome, Output, failed};
use crate::commands::values::duration;
use crate::config;
use crate::config::units::{days, minutes, render_duration};
use crate::store::installation::order::{self, LogLevel, OrderLogLevel};

/// The word for the configured level.
const CONFIGURED: &str = "default";

/// For how long another level is in force unless something else is said.
const A_WHILE: Duration = minutes(15);

/// For how long at most: a forgotten `trace` fills disks.
const LONGEST: Duration = days(7);

/// Which level, and for how long.
#[derive(Args, Clone, Debug)]
pub struct LogLevelCommand {
    /// The level, or "default" for the one in the configuration; without it, print the level in force
    #[arg(value_name = "LEVEL", value_parser = level())]
    pub level: Option<String>,
    /// How long it is in force; afterwards the configured one is again [default: 15m]
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, requires = "level")]
    pub time: Option<Duration>,
}

fn level() -> impl TypedValueParser<Value = String> {
    let levels = config::LogLevel::ALL.map(config::LogLevel::as_str);
    PossibleValuesParser::new(levels.into_iter().chain([CONFIGURED]))
}

/// Orders a level, or tells which one is in force.
pub(super) async fn command(app: &App, command: &LogLevelCommand) -> Outcome {
    let configured = app.config.log.level.as_str();
    let order = match command.level.as_deref() {
        None => {
            let mut conn = app.db.read().await.map_err(failed)?;
            let order = order::find(&mut conn, app.now()).await.map_err(failed)?.log_level;
            return Ok(answer(configured, order.as_ref(), "The log level is"));
        }
        Some(CONFIGURED) if command.time.is_some() => {
            return Err(Failure::Usage("--for needs a level: the configured one stays in force.".to_owned()));
        }
        Some(CONFIGURED) => None,
        Some(level) => {
            let time = command.time.unwrap_or(A_WHILE);
            if time.is_zero() || time > LONGEST {
                let most = render_duration(LONGEST);
                return Err(Failure::Usage(format!("--for takes a duration of up to {most}, such as 15m.")));
            }
            Some(LogLevel { level: level.to_owned(), until: app.now() + time })
        }
    };
    app.db.write(OrderLogLevel(order.clone())).await.map_err(failed)?;
    Ok(answer(configured, order.as_ref(), "Within 2 seconds, the log level of every running server is"))
}

fn answer(configured: &str, order: Option<&LogLevel>, begins: &str) -> Output {
    let text = match order {
        None => format!("{begins} {configured}, as configured (log.level)."),
        Some(order) => format!("{begins} {} until {}, then {configured} again (log.level).", order.level, order.until),
    };
    let data = json!({
        "level": order.map_or(configured, |order| order.level.as_str()),
        "until": order.map(|order| order.until.to_string()),
        "configured": configured,
    });
    Output { text, json: data }
}
