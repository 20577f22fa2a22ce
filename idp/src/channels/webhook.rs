//! Updates that Telegram sends to an address of ours, with a secret by which they are known.

use std::time::Duration;

use tokio::time::Instant;

use crate::app::App;
use crate::base::secret::Secret;
use crate::channels::report::{Failure, Report};
use crate::channels::speak::api;
use crate::config::DeclaredChannel;
use crate::telegram::api::{BotApi, Error};

/// How often Telegram is asked whether it still sends them here.
const LOOK: Duration = Duration::from_secs(10 * 60);

/// The same at first, and for how long. Where polling gives way to a webhook, one server after the other, those of before take the webhook away
/// as long as they run: they are answered with a conflict. The bot hears nothing until somebody looks.
const LOOK_AT_FIRST: Duration = Duration::from_secs(15);
const AT_FIRST: Duration = Duration::from_secs(10 * 60);

/// How long after a failure it is asked again.
const AGAIN: Duration = Duration::from_secs(30);

/// The path of the address below the issuer, for the router.
pub const PATH: &str = "/channels/{channel}/webhook";

/// Where the updates of a channel are sent.
pub fn address(app: &App, channel: &DeclaredChannel) -> String {
    app.config.issuer.url(&PATH.replace("{channel}", &channel.name))
}

/// The secret that comes with them: that of the configuration, or one that all replicas derive.
pub fn secret(app: &App, channel: &DeclaredChannel) -> Secret {
    let derived = || Secret::from(app.vault.derive("channel webhook").fingerprint(&channel.name));
    channel.webhook_secret.clone().unwrap_or_else(derived)
}

/// Has updates sent here, at the start and whenever they are sent elsewhere.
pub(super) async fn keep(app: &App, channel: &DeclaredChannel) {
    let Some(api) = api(app, channel) else { return };
    let (mut report, mut is_set, began) = (Report::default(), false, Instant::now());
    loop {
        match set(app, channel, &api, is_set).await {
            Ok(()) => {
                report.worked(channel);
                is_set = true;
                tokio::time::sleep(until_next_look(began.elapsed())).await;
            }
            Err(error) => {
                report.failed(channel, &Failure::Telegram(error));
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// How long Telegram is not asked, by how long the process has had updates sent here.
fn until_next_look(since: Duration) -> Duration {
    if since < AT_FIRST { LOOK_AT_FIRST } else { LOOK }
}

/// Has updates sent here, unless they are, with the secret of this process.
pub async fn set(app: &App, channel: &DeclaredChannel, api: &BotApi, is_set: bool) -> Result<(), Error> {
    let address = address(app, channel);
    if is_set && api.get_webhook_info().await?.url == address {
        return Ok(());
    }
    api.set_webhook(&address, &secret(app, channel)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_that_a_server_of_before_takes_away_is_missed_within_seconds() {
        let mut looks = vec![Duration::ZERO];
        while looks[looks.len() - 1] < Duration::from_secs(60 * 60) {
            let last = looks[looks.len() - 1];
            looks.push(last + until_next_look(last));
        }
        let early = looks.iter().filter(|at| **at <= Duration::from_secs(10 * 60)).count();
        assert_eq!((early, looks.len() - early), (41, 5), "each 15 seconds for ten minutes, then each ten minutes");
    }
}
