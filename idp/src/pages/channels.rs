//! Bots, as pages show them, and the links to them.

use crate::app::App;
use crate::config::{DeclaredChannel, Updates};
use crate::federation::telegram;
use crate::http::error::Error;
use crate::store::installation::upstream;

/// A bot as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotView {
    /// Its name in the form.
    pub name: String,
    /// The name that people see.
    pub label: String,
}

impl BotView {
    /// That of a channel.
    pub fn of(channel: &DeclaredChannel) -> Self {
        Self { name: channel.name.clone(), label: channel.label().to_owned() }
    }
}

/// Whether a link leads to the bot, and somebody hears there of what it carries.
pub(super) fn has_link(channel: &DeclaredChannel) -> bool {
    channel.username.is_some() && (channel.updates != Updates::None || channel.client.is_some())
}

/// The link to a bot.
pub(super) fn link(channel: &DeclaredChannel, payload: &str) -> String {
    format!("https://t.me/{}?start={payload}", channel.username.as_deref().unwrap_or_default())
}

/// The channels in whose chat people can approve a sign-in; none where the operator has disabled the messenger.
pub(super) async fn approving(app: &App) -> Result<Vec<&DeclaredChannel>, Error> {
    let all: Vec<_> = app.config.channels.iter().filter(|channel| channel.approvals && has_link(channel)).collect();
    if all.is_empty() || !upstream::is_disabled(&mut *app.db.read().await?, telegram::PROVIDER).await? {
        return Ok(all);
    }
    Ok(all.into_iter().filter(|channel| !telegram::is_bot(channel)).collect())
}
