//! Follows what commands have ordered: another log level, a maintenance.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::config::LogLevel;
use crate::server::log::Logging;
use crate::store::db::Result;
use crate::store::installation::order::{self, Orders};

/// How often orders are read.
const LOOK: Duration = Duration::from_secs(1);

// What the commands promise: within two seconds.
const _: () = assert!(LOOK.as_millis() <= 1000);

/// Reads the orders, and begins or ends a maintenance.
pub async fn look(app: &App) -> Result<Orders> {
    let orders = order::find(&mut *app.db.read().await?, app.now()).await?;
    if app.maintenance.replace(orders.maintenance.clone()) {
        match &orders.maintenance {
            Some(_) => tracing::info!("maintenance: people get a page that says so"),
            None => tracing::info!("maintenance has ended"),
        }
    }
    Ok(orders)
}

/// Follows the orders until the process ends.
pub(super) async fn follow(app: App, log: Arc<Logging>) {
    let mut seconds = tokio::time::interval(LOOK);
    seconds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut orders, mut failing) = (Orders::default(), false);
    loop {
        seconds.tick().await;
        orders = match look(&app).await {
            Ok(orders) => {
                failing = false;
                orders
            }
            Err(error) => {
                // Reported once, not each second.
                if !failing {
                    tracing::warn!("the orders of the command line could not be read: {error}");
                }
                failing = true;
                // What was ordered for some time ends without the database, too.
                orders.at(app.now())
            }
        };
        let level = orders.log_level.as_ref().and_then(|order| LogLevel::from_name(&order.level));
        if log.order(level) {
            tracing::info!("log.level is {} from now on", log.level().as_str());
        }
    }
}
