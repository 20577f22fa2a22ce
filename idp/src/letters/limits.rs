//! How many letters may be asked for: nobody's mailbox is filled, and nobody sends letters to the whole world.

use std::time::Duration;

use crate::app::App;
use crate::base::encoding::sha256_text;
use crate::store::ephemeral::Rate;

/// How many letters an address, or whatever somebody types in its place, may be sent: three in a quarter of an hour.
const OF_ADDRESS: Rate = Rate { burst: 3, period: Duration::from_secs(5 * 60) };

/// How many letters a network may ask for: ten in an hour.
pub const OF_NETWORK: Rate = Rate { burst: 10, period: Duration::from_secs(6 * 60) };

/// Counts a letter to a normalised address, or to whatever else was typed; `Err` says how long to wait. It counts the same
/// whether anybody has the address.
pub async fn count(app: &App, typed: &str) -> Result<(), Duration> {
    app.ephemeral.limit(&format!("mail:{}", sha256_text(typed.as_bytes())), OF_ADDRESS).await
}
