//! A Bot API server, made of Telegram's public documentation (<https://core.telegram.org/bots/api>), and people who write to its bot.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use latchkey::base::network::Network;
use latchkey::channels::{self, receive, speak};
use latchkey::config::{ChannelKind, Config, DeclaredChannel, Updates};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::app::TestApp;
use super::browser::Page;

/// The token of the bot.
pub const TOKEN: &str = "1234567890:LATCHKEY-made-up-for-tests";

/// How long a test waits for a message, at most: the bot answers at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// A message as its reader sees it.
#[derive(Clone, Debug)]
pub struct Said {
    pub chat: i64,
    pub id: i64,
    pub text: String,
    /// Each button: what is on it, and the `callback_data` or the address.
    pub buttons: Vec<(String, String)>,
}

impl Said {
    /// What the button with this text stands for.
    #[track_caller]
    pub fn button(&self, text: &str) -> &str {
        let found = self.buttons.iter().find(|(label, _)| label == text);
        &found.unwrap_or_else(|| panic!("no button {text:?} below {self:?}")).1
    }
}

#[derive(Default)]
struct Parts {
    /// Updates that were not confirmed yet.
    queue: VecDeque<Value>,
    next_update: i64,
    next_message: i64,
    /// The address and the secret of the webhook.
    webhook: Option<(String, String)>,
    /// What was said, as it reads now.
    said: Vec<Said>,
    /// How many messages were read by tests, of each chat.
    read: std::collections::HashMap<i64, usize>,
    /// The methods that were called.
    calls: Vec<String>,
    /// How often the bot is told to wait, and for how many seconds.
    flood: (usize, u64),
    /// Whether no method answers.
    is_down: bool,
    /// How many questions for updates wait, and how many did so at once at most.
    polls: (usize, usize),
}

/// A Bot API server with one bot.
#[derive(Clone)]
pub struct BotApi {
    pub url: String,
    parts: Arc<Mutex<Parts>>,
    changed: Arc<Notify>,
}

impl BotApi {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let parts = Parts { next_update: 734_000_001, next_message: 1, ..Parts::default() };
        let server = Self { url, parts: Arc::new(Mutex::new(parts)), changed: Arc::default() };
        let router = Router::new()
            .route("/{bot}/{method}", post(call))
            .route("/{bot}/test/{method}", post(call_in_test))
            .with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    /// A channel of this bot, called "main".
    pub fn declared(&self) -> DeclaredChannel {
        DeclaredChannel {
            name: "main".to_owned(),
            label: Some("Northwind bot".to_owned()),
            kind: ChannelKind::Telegram,
            bot_token: Some(TOKEN.into()),
            username: Some("northwind_bot".to_owned()),
            api: self.url.clone(),
            ..DeclaredChannel::default()
        }
    }

    /// Has Latchkey receive the updates of the bot in this way.
    pub fn declare(&self, config: &mut Config, updates: Updates) {
        config.outbound.allowed_networks = vec![Network::parse("127.0.0.0/8").unwrap()];
        config.channels.push(DeclaredChannel { updates, ..self.declared() });
    }

    fn change<T>(&self, change: impl FnOnce(&mut Parts) -> T) -> T {
        let changed = change(&mut self.parts.lock().unwrap());
        self.changed.notify_waiters();
        changed
    }

    /// Something has happened; returns the number of the update.
    pub fn happens(&self, mut update: Value) -> i64 {
        self.change(|parts| {
            let id = parts.next_update;
            parts.next_update += 1;
            update["update_id"] = id.into();
            parts.queue.push_back(update);
            id
        })
    }

    /// The updates that nobody has confirmed.
    pub fn waiting(&self) -> Vec<Value> {
        self.parts.lock().unwrap().queue.iter().cloned().collect()
    }

    /// Something is told again that was confirmed, as if the confirmation had not arrived.
    pub fn again(&self, id: i64, mut update: Value) {
        update["update_id"] = id.into();
        self.change(|parts| parts.queue.push_front(update));
    }

    /// How many asked for updates at once, at most.
    pub fn most_polls(&self) -> usize {
        self.parts.lock().unwrap().polls.1
    }

    /// Tells the bot so often to wait for so many seconds.
    pub fn flood(&self, times: usize, seconds: u64) {
        self.change(|parts| parts.flood = (times, seconds));
    }

    /// Answers nothing any more, or again.
    pub fn set_down(&self, is_down: bool) {
        self.change(|parts| parts.is_down = is_down);
    }

    /// The methods that were called, in their order.
    pub fn calls(&self) -> Vec<String> {
        self.parts.lock().unwrap().calls.clone()
    }

    /// How many messages there are in a chat.
    pub fn count(&self, chat: i64) -> usize {
        self.parts.lock().unwrap().said.iter().filter(|said| said.chat == chat).count()
    }

    /// The address and the secret to which updates are sent.
    pub fn webhook(&self) -> Option<(String, String)> {
        self.parts.lock().unwrap().webhook.clone()
    }

    /// Waits until something is there.
    pub async fn until<T>(&self, what: &str, found: impl Fn(&Self) -> Option<T>) -> T {
        let wait = async {
            loop {
                let changed = self.changed.notified();
                if let Some(found) = found(self) {
                    return found;
                }
                changed.await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, wait).await;
        found.unwrap_or_else(|_| panic!("{what} did not happen; said: {:?}", self.parts.lock().unwrap().said))
    }

    /// The next message in a chat that no test has read.
    pub async fn next(&self, chat: i64) -> Said {
        self.until("a message", |server| {
            let mut parts = server.parts.lock().unwrap();
            let read = parts.read.get(&chat).copied().unwrap_or_default();
            let found = parts.said.iter().filter(|said| said.chat == chat).nth(read).cloned()?;
            parts.read.insert(chat, read + 1);
            Some(found)
        })
        .await
    }

    /// What a message reads once it was edited.
    pub async fn edited(&self, before: &Said) -> String {
        self.until("an edit", |server| {
            let parts = server.parts.lock().unwrap();
            let now = parts.said.iter().find(|said| said.chat == before.chat && said.id == before.id)?;
            (now.text != before.text).then(|| now.text.clone())
        })
        .await
    }
}

fn done(result: Value) -> Response {
    axum::Json(json!({ "ok": true, "result": result })).into_response()
}

fn failed(code: u16, description: &str, parameters: Value) -> Response {
    let body = json!({ "ok": false, "error_code": code, "description": description, "parameters": parameters });
    (StatusCode::from_u16(code).unwrap(), axum::Json(body)).into_response()
}

async fn call_in_test(server: State<BotApi>, path: Path<(String, String)>, body: String) -> Response {
    call(server, path, body).await
}

async fn call(State(server): State<BotApi>, Path((bot, method)): Path<(String, String)>, body: String) -> Response {
    if bot != format!("bot{TOKEN}") {
        return failed(401, "Unauthorized", Value::Null);
    }
    let Ok(asked) = serde_json::from_str::<Value>(&body) else {
        return failed(400, "Bad Request: object expected", Value::Null);
    };
    let is_down = server.change(|parts| {
        parts.calls.push(method.clone());
        parts.is_down
    });
    if is_down {
        return (StatusCode::BAD_GATEWAY, "<html>down</html>").into_response();
    }
    match method.as_str() {
        "getMe" => {
            done(json!({ "id": 1_234_567_890, "is_bot": true, "first_name": "Northwind", "username": "northwind_bot" }))
        }
        "getUpdates" => get_updates(&server, &asked).await,
        "setWebhook" => {
            let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
            let secret = text("secret_token");
            if secret.len() > 256 || !secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
                return failed(400, "Bad Request: secret token contains unallowed characters", Value::Null);
            }
            server.change(|parts| parts.webhook = Some((text("url"), secret)).filter(|(url, _)| !url.is_empty()));
            done(true.into())
        }
        "deleteWebhook" => {
            server.change(|parts| parts.webhook = None);
            done(true.into())
        }
        "getWebhookInfo" => {
            done(json!({ "url": server.webhook().map(|(url, _)| url).unwrap_or_default(), "pending_update_count": 0 }))
        }
        "sendMessage" | "editMessageText" => write(&server, &method, &asked),
        "answerCallbackQuery" => {
            let fits = asked["text"].as_str().unwrap_or_default().chars().count() <= 200;
            if asked["callback_query_id"].is_string() && fits {
                done(true.into())
            } else {
                failed(400, "Bad Request: query is invalid", Value::Null)
            }
        }
        _ => failed(404, "Not Found", Value::Null),
    }
}

/// Somebody asks for updates.
struct Asking(BotApi);

impl Asking {
    fn new(server: &BotApi) -> Self {
        let mut parts = server.parts.lock().unwrap();
        parts.polls.0 += 1;
        parts.polls.1 = parts.polls.1.max(parts.polls.0);
        Self(server.clone())
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.parts.lock().unwrap().polls.0 -= 1;
    }
}

async fn get_updates(server: &BotApi, asked: &Value) -> Response {
    let wait = Duration::from_secs(asked["timeout"].as_u64().unwrap_or_default());
    let _asking = Asking::new(server);
    let look = |parts: &mut Parts| {
        if parts.webhook.is_some() {
            return Err(
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            );
        }
        if let Some(offset) = asked["offset"].as_i64() {
            parts.queue.retain(|update| update["update_id"].as_i64() >= Some(offset));
        }
        let limit = asked["limit"].as_u64().unwrap_or(100).clamp(1, 100);
        Ok(parts.queue.iter().take(usize::try_from(limit).unwrap()).cloned().collect::<Vec<_>>())
    };
    let poll = async {
        loop {
            let changed = server.changed.notified();
            match look(&mut server.parts.lock().unwrap()) {
                Ok(found) if found.is_empty() => {}
                found => return found,
            }
            changed.await;
        }
    };
    let found = match wait {
        Duration::ZERO => look(&mut server.parts.lock().unwrap()),
        wait => tokio::time::timeout(wait, poll).await.unwrap_or(Ok(Vec::new())),
    };
    match found {
        Ok(found) => done(found.into()),
        Err(why) => failed(409, why, Value::Null),
    }
}

fn write(server: &BotApi, method: &str, asked: &Value) -> Response {
    let Some(chat) = asked["chat_id"].as_i64() else {
        return failed(400, "Bad Request: chat_id is empty", Value::Null);
    };
    let text = asked["text"].as_str().unwrap_or_default().to_owned();
    if !(1..=4096).contains(&text.encode_utf16().count()) {
        return failed(400, "Bad Request: message text is empty or too long", Value::Null);
    }
    let rows = asked["reply_markup"]["inline_keyboard"].as_array().cloned().unwrap_or_default();
    let mut buttons = Vec::new();
    for button in rows.iter().flat_map(|row| row.as_array().unwrap()) {
        let what = button["callback_data"].as_str().or(button["url"].as_str()).unwrap_or_default();
        if button["callback_data"].is_string() && !(1..=64).contains(&what.len()) {
            return failed(400, "Bad Request: BUTTON_DATA_INVALID", Value::Null);
        }
        buttons.push((button["text"].as_str().unwrap().to_owned(), what.to_owned()));
    }
    server.change(|parts| {
        if parts.flood.0 > 0 {
            parts.flood.0 -= 1;
            let wait = parts.flood.1;
            let why = format!("Too Many Requests: retry after {wait}");
            return failed(429, &why, json!({ "retry_after": wait }));
        }
        if method == "editMessageText" {
            let id = asked["message_id"].as_i64();
            let found = parts.said.iter_mut().find(|said| said.chat == chat && Some(said.id) == id);
            let Some(said) = found else {
                return failed(400, "Bad Request: message to edit not found", Value::Null);
            };
            (said.text, said.buttons) = (text, buttons);
            return done(message(said.chat, said.id, &said.text));
        }
        let id = parts.next_message;
        parts.next_message += 1;
        parts.said.push(Said { chat, id, text: text.clone(), buttons });
        done(message(chat, id, &text))
    })
}

fn message(chat: i64, id: i64, text: &str) -> Value {
    let bot = json!({ "id": 1_234_567_890, "is_bot": true, "first_name": "Northwind" });
    json!({ "message_id": id, "date": 1_767_225_600, "chat": { "id": chat, "type": "private" }, "from": bot, "text": text })
}

/// The number on the page of a sign-in.
#[track_caller]
pub fn number_on(page: &Page) -> String {
    let rest = page.reply.body.split("id=\"waits\"").nth(1).unwrap_or_else(|| panic!("no number: {}", page.text()));
    rest.split(['>', '<']).nth(1).unwrap().to_owned()
}

/// Somebody at Telegram, with the bot that they write to.
#[derive(Clone)]
pub struct Person {
    server: BotApi,
    pub id: i64,
    pub name: &'static str,
    pub language: &'static str,
}

impl Person {
    pub fn new(server: &BotApi, id: i64, name: &'static str) -> Self {
        Self { server: server.clone(), id, name, language: "en" }
    }

    /// The same with a program in another language.
    pub fn speaking(self, language: &'static str) -> Self {
        Self { language, ..self }
    }

    fn user(&self) -> Value {
        json!({ "id": self.id, "is_bot": false, "first_name": self.name, "language_code": self.language })
    }

    /// What is told if they write to the bot.
    pub fn writes(&self, text: &str) -> Value {
        let chat = json!({ "id": self.id, "type": "private" });
        json!({ "message": { "message_id": 7, "date": 1_767_225_600, "chat": chat, "from": self.user(), "text": text } })
    }

    /// What is told if they press a button with this data below a message.
    pub fn presses(&self, below: &Said, data: &str) -> Value {
        let message = message(below.chat, below.id, &below.text);
        json!({ "callback_query": { "id": "4382bfdwdsb323b2d9", "from": self.user(), "message": message, "data": data } })
    }

    /// Writes to the bot, which polls, and reads its answer.
    pub async fn says(&self, app: &TestApp, text: &str) -> Said {
        self.server.happens(self.writes(text));
        poll(app).await;
        self.server.next(self.id).await
    }

    /// Presses the button with this text, and reads what the message says then.
    pub async fn chooses(&self, app: &TestApp, below: &Said, text: &str) -> String {
        self.server.happens(self.presses(below, below.button(text)));
        poll(app).await;
        self.server.edited(below).await
    }
}

/// Has the provider ask for what has happened, and do something about it.
pub async fn poll(app: &TestApp) {
    let channel = channels::find(&app.app, "main").unwrap();
    let api = speak::api(&app.app, channel).unwrap();
    let mut from = None;
    receive::ask(&app.app, channel, &api, &mut from, Duration::ZERO).await.unwrap();
    // The next question confirms what was told.
    receive::ask(&app.app, channel, &api, &mut from, Duration::ZERO).await.unwrap();
}
