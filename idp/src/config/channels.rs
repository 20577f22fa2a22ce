//! `[[channels]]`: the bots of instant messengers by which people come here.

use super::pages::link;
use super::reader::{Reader, between, if_set, rule, section};
use super::source::Sources;
use super::upstreams::is_name;
use super::value::named;
use crate::base::secret::Secret;

/// The messenger that a bot belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelKind {
    /// Telegram, whose data are verified here.
    Telegram,
    /// Slack.
    Slack,
    /// Discord.
    Discord,
    /// Any other.
    Other,
}

impl ChannelKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Telegram, Self::Slack, Self::Discord, Self::Other];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Telegram => "telegram",
            Self::Slack => "slack",
            Self::Discord => "discord",
            Self::Other => "other",
        }
    }
}

/// How what people write to a bot arrives here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Updates {
    /// Not at all: a program of the operator receives it.
    None,
    /// One server asks for it again and again.
    Polling,
    /// Telegram sends it.
    Webhook,
}

impl Updates {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::Polling, Self::Webhook];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Polling => "polling",
            Self::Webhook => "webhook",
        }
    }
}

/// Which of Telegram's environments a bot lives in. Accounts and keys of one are not those of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TelegramEnvironment {
    /// The one that everybody uses.
    Production,
    /// The one for tests.
    Test,
}

impl TelegramEnvironment {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Production, Self::Test];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Test => "test",
        }
    }
}

/// The Bot API server of Telegram itself.
const TELEGRAM_API: &str = "https://api.telegram.org";

/// The largest identifier that Telegram gives: Bot API, type `User`.
pub const LARGEST_TELEGRAM_ID: u64 = (1 << 52) - 1;

section! {
    /// A bot of an instant messenger, by which people come here: they bind their account there to the one here, or sign in by it.
    pub struct DeclaredChannel("channels") {
        /// Its name in addresses and in the database. What people have bound belongs to it, so it stays as it is.
        name: String = String::new(), required(),
            must(rule("1 to 32 lower-case letters, digits and hyphens", |name: &String| is_name(name)));
        /// The name that people see.
        label: Option<String> = None, otherwise("the `name`");
        /// The messenger.
        kind: ChannelKind = ChannelKind::Telegram, required();
        /// The confidential client that runs the bot, and acts for people who have bound it.
        client: Option<String> = None;
        /// Whether people who have no account here can get one by it, where `login.sign_up` lets them.
        sign_up: bool = false;
        /// The identifier of the bot at Telegram: needed where its token is not here.
        bot_id: Option<u64> = None, otherwise("the number that `bot_token` begins with"), must(if_set(between(1, LARGEST_TELEGRAM_ID)));
        /// The token of the bot at Telegram. Whoever has it can sign in as anybody who comes by Telegram.
        bot_token: Option<Secret> = None,
            must(if_set(rule("a token as BotFather writes it, such as \"1234567890:AAF…\"", |token: &Secret| id_of(token).is_some())));
        /// The username of the bot at Telegram, without `@`, for links to it.
        username: Option<String> = None,
            must(if_set(rule("5 to 32 letters, digits and underscores, without @", |name: &String| is_username(name))));
        /// How what people write to the bot arrives here.
        updates: Updates = Updates::None;
        /// What Telegram proves by that it is Telegram that calls the webhook.
        webhook_secret: Option<Secret> = None, otherwise("made from the master key"),
            must(if_set(rule("16 to 256 letters, digits, hyphens and underscores", |secret: &Secret| is_webhook_secret(secret))));
        /// The identifiers of the clients that are Mini Apps of the bot: they exchange what Telegram gives them (`initData`) for tokens.
        mini_apps: Vec<String> = vec![];
        /// Whether people sign in by what Telegram signs for this bot: by buttons in its messages (`login_url`), and by a button of the sign-in
        /// page, the login widget. That is by the first of several such channels, and by none where `[[upstreams]]` has Telegram's own provider.
        sign_in: bool = false;
        /// Whether the sign-in page has a button that leads to the chat with the bot, where people who have bound it approve the sign-in.
        approvals: bool = false;
        /// The Bot API server.
        api: String = TELEGRAM_API.to_owned(), must(link(&["https", "http"]));
        /// The environment of Telegram in which the bot lives.
        environment: TelegramEnvironment = TelegramEnvironment::Production;
    }
}

named!(ChannelKind, Updates, TelegramEnvironment);

impl Default for DeclaredChannel {
    /// One of Telegram without a name and a bot, with the defaults for all else.
    fn default() -> Self {
        Self::read(&mut Reader::new(Sources::default()))
    }
}

impl DeclaredChannel {
    /// The name that people see.
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }

    /// The identifier of the bot at Telegram.
    pub fn bot_id(&self) -> Option<u64> {
        self.bot_id.or_else(|| id_of(self.bot_token.as_ref()?))
    }

    /// Notes with `refuse` what is not valid together.
    pub(super) fn contradictions(&self, refuse: &mut dyn FnMut(bool, &str, &str)) {
        let nobody =
            self.client.is_none() && self.mini_apps.is_empty() && !self.sign_in && self.updates == Updates::None;
        refuse(
            self.sign_up && nobody,
            "sign_up",
            "allowed with what people come by: client, updates, mini_apps or sign_in",
        );
        if self.kind != ChannelKind::Telegram {
            let alone = "allowed with kind = \"telegram\" alone";
            refuse(self.bot_id.is_some(), "bot_id", alone);
            refuse(self.bot_token.is_some(), "bot_token", alone);
            refuse(self.username.is_some(), "username", alone);
            refuse(self.updates != Updates::None, "updates", alone);
            refuse(self.webhook_secret.is_some(), "webhook_secret", alone);
            refuse(!self.mini_apps.is_empty(), "mini_apps", alone);
            refuse(self.sign_in, "sign_in", alone);
            refuse(self.approvals, "approvals", alone);
            refuse(self.api != TELEGRAM_API, "api", alone);
            refuse(self.environment != TelegramEnvironment::Production, "environment", alone);
            return;
        }
        let of_token = self.bot_token.as_ref().and_then(id_of);
        let differ = self.bot_id.zip(of_token).is_some_and(|(written, found)| written != found);
        refuse(differ, "bot_id", "allowed: the number that bot_token begins with, or nothing");
        let has_token = self.bot_token.is_some();
        refuse(self.sign_in && !has_token, "bot_token", "required with sign_in: what Telegram signs is verified by it");
        refuse(self.updates != Updates::None && !has_token, "bot_token", "required with updates");
        refuse(
            self.approvals && self.username.is_none(),
            "username",
            "required with approvals, for the link to the bot",
        );
        let nobody_hears = self.client.is_none() && self.updates == Updates::None;
        refuse(
            self.approvals && nobody_hears,
            "client",
            "required with approvals, or updates: somebody has to hear the answer",
        );
        let verifies = "required with mini_apps, unless there is bot_token: what Telegram signs names the bot";
        refuse(!self.mini_apps.is_empty() && self.bot_id().is_none(), "bot_id", verifies);
        let no_webhook = self.webhook_secret.is_some() && self.updates != Updates::Webhook;
        refuse(no_webhook, "webhook_secret", "allowed with updates = \"webhook\" alone");
    }
}

/// The identifier that a bot's token begins with; `None` if that is no token.
fn id_of(token: &Secret) -> Option<u64> {
    let (id, secret) = token.expose().split_once(':')?;
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if secret.len() < 16
        || !secret.bytes().all(is_word)
        || id.starts_with('0')
        || !id.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    id.parse().ok().filter(|id| *id <= LARGEST_TELEGRAM_ID)
}

fn is_username(name: &str) -> bool {
    (5..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Bot API, `setWebhook`; a short one can be guessed.
fn is_webhook_secret(secret: &Secret) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (16..=256).contains(&secret.expose().len()) && secret.expose().bytes().all(is_word)
}
