//! How many letters may be asked for: nobody's mailbox is filled, and nobody sends letters to the whole world.

use std::time::Duration;

use crate::app::App;
use crate::base::encoding::sha256_text;
use crate::store::ephemeral::Rate;

/// How many letters an address, or whatever somebody types in its place, may be sent: three in a quarter of an hour.
const OF_ADDRESS: Rate = Rate { burst: 3, period: Duration::from_secs(5 * 60) };

/// The same for a day: twelve, and one more in two hours. Each letter has a code, and each code five tries.
const OF_ADDRESS_A_DAY: Rate = Rate { burst: 12, period: Duration::from_secs(2 * 60 * 60) };

/// How many letters a network may ask for: ten in an hour.
pub const OF_NETWORK: Rate = Rate { burst: 10, period: Duration::from_secs(6 * 60) };

/// Counts a letter to a normalised address, or to whatever else was typed; `Err` says how long to wait. It counts the same
/// whether anybody has the address.
pub async fn count(app: &App, typed: &str) -> Result<(), Duration> {
    let typed = sha256_text(typed.as_bytes());
    app.ephemeral.limit(&format!("mail:{typed}"), OF_ADDRESS).await?;
    app.ephemeral.limit(&format!("mail-day:{typed}"), OF_ADDRESS_A_DAY).await
}
