//! Signing in by Telegram, in each of the forms that it has. Whichever it is, an account there is known by one key.
//!
//! What Telegram signs is a bearer value: it counts for five minutes, and once.

mod fields;
pub mod init_data;
mod person;
mod signature;
pub mod widget;
mod wrong;

pub use person::Person;
pub use wrong::Wrong;

use fields::COUNTS_FOR;

use crate::app::App;
use crate::base::clock::{SKEW, Timestamp};
use crate::base::encoding::sha256_text;
use crate::config::{ChannelKind, DeclaredChannel, ProviderMark, TelegramEnvironment, Upstream};
use crate::federation::identity::Identity;
use crate::store::ephemeral::Unavailable;
use crate::store::people::upstream_account::Key;

/// The name of the provider in the database.
pub const PROVIDER: &str = "telegram";

/// Who says who somebody is. The accounts of the test environment are others, with numbers of their own.
pub const fn issuer(environment: TelegramEnvironment) -> &'static str {
    match environment {
        TelegramEnvironment::Production => "https://oauth.telegram.org",
        TelegramEnvironment::Test => "https://oauth.telegram.org/test",
    }
}

/// What a person of Telegram is known by, whichever bot they come by.
pub fn key(channel: &DeclaredChannel, id: u64) -> Key {
    Key { provider: PROVIDER.to_owned(), issuer: issuer(channel.environment).to_owned(), subject: id.to_string() }
}

/// Whether an account at Telegram lets its person in by this bot, without a chat that is bound.
pub fn lets_in(channel: &DeclaredChannel) -> bool {
    channel.kind == ChannelKind::Telegram && (channel.sign_in || !channel.mini_apps.is_empty())
}

/// Whether it is a bot of Telegram.
pub fn is_bot(channel: &DeclaredChannel) -> bool {
    channel.kind == ChannelKind::Telegram
}

/// The bot by whose login widget the sign-in page offers Telegram, unless that is a provider itself.
pub fn widget_channel(app: &App) -> Option<&DeclaredChannel> {
    app.config.channels.iter().find(|channel| channel.sign_in)
}

/// A bot as a provider like any other, for the pages.
pub fn as_upstream(channel: &DeclaredChannel) -> Upstream {
    Upstream {
        name: PROVIDER.to_owned(),
        label: Some("Telegram".to_owned()),
        issuer: issuer(channel.environment).to_owned(),
        sign_up: channel.sign_up,
        mark: Some(ProviderMark::Telegram),
        ..Upstream::default()
    }
}

/// The bot whose login widget this provider is; `None` for one that is a provider itself, such as Telegram's own by OpenID Connect.
pub fn widget_of<'a>(app: &'a App, upstream: &Upstream) -> Option<&'a DeclaredChannel> {
    // A provider that is declared has a client.
    widget_channel(app).filter(|_| upstream.name == PROVIDER && upstream.client_id.is_empty())
}

/// A person, and when Telegram has said that it is they.
#[derive(Clone)]
pub struct Signed {
    /// Who.
    pub person: Person,
    /// When.
    pub at: Timestamp,
    /// What was signed, written in the one way that there is.
    text: String,
}

impl Signed {
    /// Who it is, as any other provider would say it.
    pub fn identity(&self, channel: &DeclaredChannel) -> Identity {
        let Key { provider, issuer, subject } = key(channel, self.person.id);
        Identity {
            upstream: provider,
            issuer,
            subject,
            name: self.person.name(),
            email: None,
            email_is_proven: false,
            locale: self.person.language.clone(),
            roles: Vec::new(),
            tokens: None,
        }
    }

    /// Uses it up; `false` if that is not certain to be the first time.
    pub async fn use_up(&self, app: &App, channel: &DeclaredChannel) -> Result<bool, Unavailable> {
        let bot = channel.bot_id().unwrap_or_default();
        let key = format!("telegram:{bot}:{}", sha256_text(self.text.as_bytes()));
        app.ephemeral.once(&key, self.at, self.at + COUNTS_FOR + SKEW).await
    }
}

#[cfg(test)]
mod tests;
