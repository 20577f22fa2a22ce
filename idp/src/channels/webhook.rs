//! Updates that Telegram sends to an address of ours, with a secret by which they are known.

use std::time::Duration;

use crate::app::App;
use crate::base::secret::Secret;
use crate::channels::report::{Failure, Report};
use crate::channels::speak::api;
use crate::config::DeclaredChannel;
use crate::telegram::api::{BotApi, Error};

/// How often Telegram is asked whether it still sends them here.
const LOOK: Duration = Duration::from_secs(10 * 60);

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
    let (mut report, mut is_set) = (Report::default(), false);
    loop {
        match set(app, channel, &api, is_set).await {
            Ok(()) => {
                report.worked(channel);
                is_set = true;
                tokio::time::sleep(LOOK).await;
            }
            Err(error) => {
                report.failed(channel, &Failure::Telegram(error));
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// Has updates sent here, unless they are, with the secret of this process.
pub async fn set(app: &App, channel: &DeclaredChannel, api: &BotApi, is_set: bool) -> Result<(), Error> {
    let address = address(app, channel);
    if is_set && api.get_webhook_info().await?.url == address {
        return Ok(());
    }
    api.set_webhook(&address, &secret(app, channel)).await
}
