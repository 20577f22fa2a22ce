//! Channels: bots of instant messengers. People bind their chat with one to their account, so that it can act for them, and that they can
//! sign in by it.
//!
//! What a messenger calls a sender is all that counts: never the chat, in which others may write, and never a name or a number that can be
//! given to somebody else. The bot of a product asks by the API (`endpoints::bots`), ours hears from Telegram itself (`bot`); both come
//! here.

pub mod answer;
pub mod approval;
pub mod bind;
pub mod bot;
pub mod came;
pub mod code;
pub mod deep_link;
pub mod payload;
pub mod person;
pub mod question;
pub mod receive;
pub mod report;
pub mod sender;
pub mod speak;
pub mod ticket;
pub mod webhook;

use crate::app::App;
use crate::base::veil::Veil;
use crate::config::DeclaredChannel;
use crate::federation::telegram;
use crate::store::people::upstream_account::Key;

/// The channel of this name, if there is one.
pub fn find<'a>(app: &'a App, name: &str) -> Option<&'a DeclaredChannel> {
    app.config.channels.iter().find(|channel| channel.name == name)
}

/// The channels whose bots a client runs.
pub fn of_client<'a>(app: &'a App, client_id: &'a str) -> impl Iterator<Item = &'a DeclaredChannel> {
    app.config.channels.iter().filter(move |channel| channel.client.as_deref() == Some(client_id))
}

/// What the account of a sender at the messenger is known by, where it can be linked: however its person comes, they are the same.
pub fn key(channel: &DeclaredChannel, sender: &str) -> Option<Key> {
    sender.parse().ok().filter(|_| telegram::is_bot(channel)).map(|id| telegram::key(channel, id))
}

/// What the rows of requests are called outside.
pub fn names(app: &App) -> Veil {
    Veil::new(&app.vault.derive("channel request"))
}
