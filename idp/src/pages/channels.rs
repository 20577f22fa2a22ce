//! Bots, as pages show them, and the links to them.

use crate::app::App;
use crate::config::{DeclaredChannel, Updates};

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

/// The channels in whose chat people can approve a sign-in.
pub(super) fn approving(app: &App) -> impl Iterator<Item = &DeclaredChannel> {
    app.config.channels.iter().filter(|channel| channel.approvals && has_link(channel))
}
