//! What our bot says is sent to Telegram, at a pace that it takes: one message a second to a chat, and thirty in all.

use std::time::Duration;

use crate::app::App;
use crate::channels::bot::{Say, What};
use crate::config::{DeclaredChannel, TelegramEnvironment};
use crate::store::ephemeral::Rate;
use crate::telegram::api::{BotApi, Error};

/// How often the bot writes to one chat: short bursts are let pass.
const CHAT: Rate = Rate { burst: 3, period: Duration::from_secs(1) };

/// How often it writes in all.
const ALL: Rate = Rate { burst: 30, period: Duration::from_millis(34) };

/// How often a message waits for its turn.
const TURNS: usize = 5;

/// How long it waits at most if Telegram says for how long.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The bot of a channel at the Bot API, if there is a token.
pub fn api(app: &App, channel: &DeclaredChannel) -> Option<BotApi> {
    let token = channel.bot_token.as_ref()?;
    let is_test = channel.environment == TelegramEnvironment::Test;
    Some(BotApi::new(&app.outbound, &channel.api, token, is_test))
}

/// Sends what the bot says, one after the other, while its caller goes on.
pub fn later(app: &App, channel: &DeclaredChannel, says: Vec<Say>) {
    if says.is_empty() {
        return;
    }
    let (app, channel, requests) = (app.clone(), channel.clone(), app.requests.clone());
    requests.spawn(async move {
        for say in says {
            speak(&app, &channel, &say).await;
        }
    });
}

/// Sends something. What cannot be sent is counted, and lost: its reader asks again.
async fn speak(app: &App, channel: &DeclaredChannel, say: &Say) {
    let Some(api) = api(app, channel) else { return };
    let mut sent = send(app, channel, &api, say).await;
    if let Err(Error::Flood(wait)) = &sent
        && *wait <= LONGEST_WAIT
    {
        tokio::time::sleep(*wait).await;
        sent = send(app, channel, &api, say).await;
    }
    app.metrics.channel_message(sent.as_ref().map_or_else(Error::outcome, |()| "sent"));
    match sent {
        Ok(()) => {}
        // Whoever has blocked the bot is no concern of the operator.
        Err(Error::Refused(why)) => tracing::debug!(channel = channel.name, why, "a bot may not write to somebody"),
        Err(error) => tracing::warn!(channel = channel.name, why = %error, "a bot could not write to somebody"),
    }
}

async fn send(app: &App, channel: &DeclaredChannel, api: &BotApi, say: &Say) -> Result<(), Error> {
    match &say.what {
        What::Write(text, buttons) => {
            turn(app, channel, say.chat).await;
            api.send_message(say.chat, text, buttons).await.map(drop)
        }
        What::Edit(message, text) => {
            turn(app, channel, say.chat).await;
            api.edit_message_text(say.chat, *message, text).await
        }
        What::Note(query) => api.answer_callback_query(query, None).await,
    }
}

/// Waits until the bot may write to a chat. Whatever waits too long is sent nevertheless: Telegram says then for how long to wait.
async fn turn(app: &App, channel: &DeclaredChannel, chat: i64) {
    for (bucket, rate) in
        [(format!("channel-chat:{}:{chat}", channel.name), CHAT), (format!("channel-all:{}", channel.name), ALL)]
    {
        for _ in 0..TURNS {
            match app.ephemeral.limit(&bucket, rate).await {
                Ok(()) => break,
                Err(wait) => tokio::time::sleep(wait.min(LONGEST_WAIT)).await,
            }
        }
    }
}
