//! Calls of the Bot API. The bot's token is a part of every address there, so no address is ever shown.

use std::fmt;
use std::time::Duration;

use http::{Request, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::update::{Message, Update, User};
use crate::base::secret::Secret;
use crate::oidc::difference::shown;
use crate::outbound::failure::Failure;
use crate::outbound::{Outbound, Purpose};

/// The longest message, in characters of UTF-16: `sendMessage`.
const LONGEST_TEXT: usize = 4096;

/// The longest notice above a chat: `answerCallbackQuery`.
const LONGEST_NOTICE: usize = 200;

/// What a bot hears of: nothing else is sent here.
const ALLOWED_UPDATES: [&str; 2] = ["message", "callback_query"];

/// A bot at a Bot API server.
#[derive(Clone)]
pub struct BotApi {
    outbound: Outbound,
    /// The address of every method, without its name.
    base: Secret,
}

/// Why a call has come to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The server cannot be asked, or does not answer.
    Unreachable(Failure),
    /// The bot has written too much; for how long it has to wait.
    Flood(Duration),
    /// Somebody else receives the updates: a webhook, or another program with the same token.
    Conflict(String),
    /// There is no bot with this token.
    NoBot,
    /// Anything else that the server does not do, such as to write to somebody who has blocked the bot.
    Refused(String),
    /// The answer is none of the Bot API.
    Unreadable,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(failure) => failure.fmt(f),
            Self::Flood(wait) => write!(f, "the bot has to wait for {} s", wait.as_secs()),
            Self::Conflict(why) => write!(f, "somebody else receives the updates: {why}"),
            Self::NoBot => f.write_str("there is no bot with this token"),
            Self::Refused(why) => write!(f, "refused: {why}"),
            Self::Unreadable => f.write_str("the answer is none of the Bot API"),
        }
    }
}

impl std::error::Error for Error {}

impl Error {
    /// The name of the outcome in metrics.
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::Unreachable(_) | Self::Unreadable => "failed",
            Self::Flood(_) => "flood",
            Self::Conflict(_) => "conflict",
            Self::NoBot | Self::Refused(_) => "refused",
        }
    }
}

/// The answer of every method.
#[derive(Deserialize)]
struct Answer {
    ok: bool,
    result: Option<Value>,
    error_code: Option<u16>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
}

/// What the server says about the address that updates are sent to.
#[derive(Clone, Debug, Deserialize)]
pub struct WebhookInfo {
    /// The address; empty if there is none.
    pub url: String,
}

/// Buttons below a message, row by row.
#[derive(Clone, Debug, Default)]
pub struct Buttons(pub Vec<Vec<Button>>);

/// A button.
#[derive(Clone, Debug)]
pub struct Button {
    /// What is on it.
    pub text: String,
    /// What it does.
    pub does: Does,
}

/// What a button does.
#[derive(Clone, Debug)]
pub enum Does {
    /// It tells the bot this, in 1 to 64 bytes.
    Tells(String),
    /// It opens an address.
    Opens(String),
}

impl Buttons {
    fn json(&self) -> Value {
        let button = |button: &Button| match &button.does {
            Does::Tells(data) => json!({ "text": button.text, "callback_data": data }),
            Does::Opens(url) => json!({ "text": button.text, "url": url }),
        };
        let rows: Vec<Vec<Value>> = self.0.iter().map(|row| row.iter().map(button).collect()).collect();
        json!({ "inline_keyboard": rows })
    }
}

impl BotApi {
    /// The bot with this token at this server, or in the test environment of it.
    pub fn new(outbound: &Outbound, server: &str, token: &Secret, is_test: bool) -> Self {
        let test = if is_test { "/test" } else { "" };
        let base = format!("{}/bot{}{test}", server.trim_end_matches('/'), token.expose());
        Self { outbound: outbound.clone(), base: base.into() }
    }

    /// Who the bot is.
    pub async fn get_me(&self) -> Result<User, Error> {
        self.call("getMe", json!({})).await
    }

    /// The updates from this number on, which confirms those before; waits so long if there are none.
    pub async fn get_updates(&self, from: Option<i64>, wait: Duration) -> Result<Vec<Update>, Error> {
        let mut asked = json!({ "timeout": wait.as_secs(), "limit": 100, "allowed_updates": ALLOWED_UPDATES });
        if let Some(from) = from {
            asked["offset"] = from.into();
        }
        let told: Vec<Value> = self.call("getUpdates", asked).await?;
        Ok(told.into_iter().filter_map(Update::read).collect())
    }

    /// Has updates sent to an address, with a secret by which they are known.
    pub async fn set_webhook(&self, url: &str, secret: &Secret) -> Result<(), Error> {
        let asked = json!({ "url": url, "secret_token": secret.expose(), "allowed_updates": ALLOWED_UPDATES });
        self.call::<bool>("setWebhook", asked).await.map(drop)
    }

    /// Where updates are sent.
    pub async fn get_webhook_info(&self) -> Result<WebhookInfo, Error> {
        self.call("getWebhookInfo", json!({})).await
    }

    /// Has updates sent nowhere.
    pub async fn delete_webhook(&self) -> Result<(), Error> {
        self.call::<bool>("deleteWebhook", json!({})).await.map(drop)
    }

    /// Writes to a chat.
    pub async fn send_message(&self, chat: i64, text: &str, buttons: &Buttons) -> Result<Message, Error> {
        let text = cut(text, LONGEST_TEXT);
        // What it says is for its reader alone.
        let mut asked = json!({ "chat_id": chat, "text": text, "protect_content": true });
        if !buttons.0.is_empty() {
            asked["reply_markup"] = buttons.json();
        }
        self.call("sendMessage", asked).await
    }

    /// Ends that a button is shown as busy, and tells whoever has pressed it something.
    pub async fn answer_callback_query(&self, query: &str, text: Option<&str>) -> Result<(), Error> {
        let mut asked = json!({ "callback_query_id": query });
        if let Some(text) = text {
            asked["text"] = cut(text, LONGEST_NOTICE).into();
        }
        self.call::<bool>("answerCallbackQuery", asked).await.map(drop)
    }

    /// Puts another text in the place of a message, which has no buttons then.
    pub async fn edit_message_text(&self, chat: i64, message: i64, text: &str) -> Result<(), Error> {
        let asked = json!({ "chat_id": chat, "message_id": message, "text": cut(text, LONGEST_TEXT) });
        self.call::<Value>("editMessageText", asked).await.map(drop)
    }

    async fn call<T: DeserializeOwned>(&self, method: &str, asked: Value) -> Result<T, Error> {
        let request = Request::post(format!("{}/{method}", self.base.expose()))
            .header(header::CONTENT_TYPE, "application/json")
            .body(asked.to_string().into_bytes());
        // The token may hold what no address can.
        let request = request.map_err(|_| Error::NoBot)?;
        let answer = self.outbound.fetch_quietly(Purpose::TelegramBot, request).await.map_err(Error::Unreachable)?;
        read(answer.body())
    }
}

/// Reads an answer. What the server says about an error is short and made safe, since it is logged.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_| Error::Unreadable)?;
    if answer.ok {
        return serde_json::from_value(answer.result.unwrap_or_default()).map_err(|_| Error::Unreadable);
    }
    let why = shown(&answer.description.unwrap_or_default());
    Err(match answer.error_code {
        Some(429) => {
            let wait = answer.parameters.and_then(|it| it.retry_after).unwrap_or(1);
            Error::Flood(Duration::from_secs(wait))
        }
        Some(401 | 404) => Error::NoBot,
        Some(409) => Error::Conflict(why),
        _ => Error::Refused(why),
    })
}

/// The beginning of a text that is too long.
fn cut(text: &str, most: usize) -> String {
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units <= most
    };
    text.chars().take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_the_result_or_says_why_there_is_none() {
        assert_eq!(read::<bool>(br#"{"ok":true,"result":true}"#), Ok(true));
        let flood =
            br#"{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":7}}"#;
        assert_eq!(read::<bool>(flood), Err(Error::Flood(Duration::from_secs(7))));
        for (body, expected) in [
            (r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#, Error::NoBot),
            (r#"{"ok":false,"error_code":409,"description":"Conflict"}"#, Error::Conflict("Conflict".to_owned())),
            (r#"{"ok":false,"error_code":403,"description":"blocked"}"#, Error::Refused("blocked".to_owned())),
            (r#"{"ok":true,"result":"yes"}"#, Error::Unreadable),
            (r#"<html>"#, Error::Unreadable),
        ] {
            assert_eq!(read::<bool>(body.as_bytes()), Err(expected), "{body}");
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_between_two_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("a\u{1f600}b", 2), "a");
        assert_eq!(cut("a\u{1f600}b", 3), "a\u{1f600}");
    }
}
