//! What commands have ordered the running servers to do: to log at another level, to show a maintenance page. Each server reads
//! it every second.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::store::db::{Change, Conn, Result, Tx};
use crate::store::installation;
use crate::store::installation::event::Event;

const LOG_LEVEL: &str = "order.log_level";
const MAINTENANCE: &str = "order.maintenance";

/// The orders that are in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// The level of the log, in place of the configured one.
    pub log_level: Option<LogLevel>,
    /// The maintenance that is under way.
    pub maintenance: Option<Maintenance>,
}

/// Another level of the log, for some time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLevel {
    /// The word for it, as in the configuration.
    pub level: String,
    /// When the configured level is in force again.
    pub until: Timestamp,
}

/// A time in which people cannot use the pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintenance {
    /// When it began.
    pub since: Timestamp,
    /// When it ends by itself; `None` if a command ends it.
    pub until: Option<Timestamp>,
    /// What the operator tells people.
    pub message: Option<String>,
}

impl Orders {
    /// Those of them that are still in force at this moment.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        Self {
            log_level: self.log_level.filter(|order| order.until > now),
            maintenance: self.maintenance.filter(|order| order.until.is_none_or(|until| until > now)),
        }
    }
}

/// The orders that are in force at this moment.
pub async fn find(conn: &mut Conn, now: Timestamp) -> Result<Orders> {
    let rows: Vec<(String, String)> = sqlx::query_as("SELECT name, value FROM installation WHERE name IN ($1, $2)")
        .bind(LOG_LEVEL)
        .bind(MAINTENANCE)
        .fetch_all(conn)
        .await?;
    Ok(Orders { log_level: read(&rows, LOG_LEVEL), maintenance: read(&rows, MAINTENANCE) }.at(now))
}

/// An order that cannot be read is none: a newer release may have written it, and it must not keep this one from starting.
fn read<T: DeserializeOwned>(rows: &[(String, String)], name: &'static str) -> Option<T> {
    let (_, text) = rows.iter().find(|row| row.0 == name)?;
    serde_json::from_str(text).ok()
}

/// Removes all orders: those in a backup were given before it was made.
pub async fn forget(tx: &mut Tx<'_>) -> Result<()> {
    installation::remove(tx, LOG_LEVEL).await?;
    installation::remove(tx, MAINTENANCE).await
}

async fn write(tx: &mut Tx<'_>, name: &str, order: Option<&impl Serialize>) -> Result<()> {
    match order {
        Some(order) => installation::set(tx, name, &serde_json::to_string(order).unwrap_or_default()).await,
        None => installation::remove(tx, name).await,
    }
}

/// Orders a level of the log; `None` for the configured one.
#[derive(Clone, Debug)]
pub struct OrderLogLevel(pub Option<LogLevel>);

impl Change for OrderLogLevel {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let level = self.0.as_ref().map_or("as configured", |order| order.level.as_str()).to_owned();
        write(tx, LOG_LEVEL, self.0.as_ref()).await?;
        tx.record(&Event::LogLevelChanged { level }).await
    }
}

/// Orders a maintenance, or its end. Returns what was in force before.
#[derive(Clone, Debug)]
pub struct OrderMaintenance(pub Option<Maintenance>);

impl Change for OrderMaintenance {
    type Outcome = Option<Maintenance>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<Maintenance>> {
        installation::in_turn(tx, MAINTENANCE).await?;
        let now = tx.now();
        let before = find(tx, now).await?.maintenance;
        let mut order = self.0;
        if let (Some(order), Some(before)) = (&mut order, &before) {
            // Another message or end is no other maintenance.
            order.since = before.since;
        }
        write(tx, MAINTENANCE, order.as_ref()).await?;
        match (&before, &order) {
            (None, Some(_)) => tx.record(&Event::MaintenanceBegan).await?,
            (Some(_), None) => tx.record(&Event::MaintenanceEnded).await?,
            _ => {}
        }
        Ok(before)
    }
}
