//! What Telegram tells our bot: asked for by one process at a time (long polling), or sent here (`webhook`). An update that comes twice
//! counts once.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::app::App;
use crate::channels::report::{Failure, Report};
use crate::channels::speak::{self, api};
use crate::channels::{bot, webhook};
use crate::config::{DeclaredChannel, Updates};
use crate::login;
use crate::store::db::{self, Change, Tx};
use crate::store::installation::channel_receiver::{self, GiveUp, Hold, Noted};
use crate::telegram::api::{BotApi, Error};
use crate::telegram::update::Update;

/// For how long a process has the place of the one that asks.
const HELD: Duration = Duration::from_secs(15);

/// For how long something is being done about one update, at most.
const TAKES: Duration = Duration::from_secs(30);

/// How often it says that it still does.
const RENEWED: Duration = Duration::from_secs(5);

/// How often the others look whether the place is free.
const LOOK: Duration = Duration::from_secs(1);

/// How long a question waits for updates, at most: less than any answer of another server may take.
const LONG: Duration = Duration::from_secs(25);

/// How long an answer may take besides.
const ANSWER: Duration = Duration::from_secs(3);

/// How long nobody asks after a failure, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Does something about an update, unless something was done about it before. While another process does, or was killed a moment ago while it
/// did, the update is not confirmed, so that it comes again: whatever is done about one can be done twice without harm.
pub async fn take(app: &App, channel: &DeclaredChannel, update: &Update) -> Result<Noted, login::Error> {
    let note = |ends| Note { channel: channel.name.clone(), update: update.update_id, ends };
    let noted = app.db.write(note(None)).await?;
    if noted != Noted::Begun {
        app.metrics.channel_update("repeated");
        return Ok(noted);
    }
    match bot::hear(app, channel, update).await {
        Ok(says) => {
            app.metrics.channel_update("done");
            speak::later(app, channel, says);
            app.db.write(note(Some(Ends::Done))).await?;
            Ok(Noted::Done)
        }
        Err(error) => {
            app.metrics.channel_update("failed");
            // It comes again, and counts then.
            app.db.write(note(Some(Ends::Forgotten))).await?;
            Err(error)
        }
    }
}

/// How it ends that something is done about an update.
#[derive(Clone, Copy)]
enum Ends {
    Done,
    Forgotten,
}

/// Notes that something is being done about an update, or that this has ended.
#[derive(Clone)]
struct Note {
    channel: String,
    update: i64,
    ends: Option<Ends>,
}

impl Change for Note {
    type Outcome = Noted;

    async fn apply(self, tx: &mut Tx<'_>) -> db::Result<Noted> {
        let (Self { channel, update, ends }, now) = (self, tx.now());
        match ends {
            None => return channel_receiver::begin_update(tx, (&channel, update), now, now + TAKES).await,
            Some(Ends::Done) => channel_receiver::end_update(tx, &channel, update).await?,
            Some(Ends::Forgotten) => channel_receiver::forget_update(tx, &channel, update).await?,
        }
        Ok(Noted::Done)
    }
}

/// Takes or keeps the place of the one process that asks for the updates of a bot; returns whether this one has it.
pub async fn hold(app: &App, channel: &DeclaredChannel) -> db::Result<bool> {
    app.db.write(Hold { channel: channel.name.clone(), process: app.process.clone(), time: HELD }).await
}

/// Leaves all places to other processes, at once.
pub async fn leave(app: &App) -> db::Result<()> {
    app.db.write(GiveUp { process: app.process.clone() }).await
}

/// Asks for updates, and does something about each. `from` is the first one that is asked for.
pub async fn ask(
    app: &App,
    channel: &DeclaredChannel,
    api: &BotApi,
    from: &mut Option<i64>,
    wait: Duration,
) -> Result<(), Failure> {
    let told = api.get_updates(*from, wait).await.map_err(Failure::Telegram)?;
    for update in told {
        let next = update.update_id + 1;
        // To its end, even if the place is lost meanwhile: an update that was noted and dropped would not count again.
        let (taking, to) = (app.clone(), channel.clone());
        let taken = app.requests.spawn(async move { take(&taking, &to, &update).await });
        if let Ok(taken) = taken.await
            && taken.map_err(Failure::Ours)? == Noted::Busy
        {
            // It stays unconfirmed, and is told again.
            tokio::time::sleep(LOOK).await;
            return Ok(());
        }
        // Asking for what comes after it confirms it.
        *from = Some(next);
    }
    Ok(())
}

/// Receives the updates of all bots until the process ends.
pub async fn run(app: &App) {
    let mut all = JoinSet::new();
    for channel in &app.config.channels {
        let (app, channel) = (app.clone(), channel.clone());
        match channel.updates {
            Updates::None => {}
            Updates::Polling => drop(all.spawn(async move { poll(&app, &channel).await })),
            Updates::Webhook => drop(all.spawn(async move { webhook::keep(&app, &channel).await })),
        }
    }
    for channel in app.config.channels.iter().filter(|channel| channel.updates != Updates::None) {
        check_name(app, channel).await;
    }
    while all.join_next().await.is_some() {}
}

/// Tells the operator if links to a bot lead to another one.
async fn check_name(app: &App, channel: &DeclaredChannel) {
    let Some(api) = api(app, channel) else { return };
    let Ok(bot) = api.get_me().await else { return };
    if channel.username.is_some() && channel.username != bot.username {
        let username = bot.username.unwrap_or_default();
        tracing::warn!(channel = channel.name, username, "a bot has another username than its channel says");
    }
}

/// Asks for the updates of a bot whenever no other process does.
async fn poll(app: &App, channel: &DeclaredChannel) {
    let Some(api) = api(app, channel) else { return };
    let mut report = Report::default();
    loop {
        match hold(app, channel).await {
            Ok(true) => tokio::select! {
                () = ask_on(app, channel, &api, &mut report) => {}
                () = stay(app, channel) => {}
            },
            Ok(false) => {}
            Err(error) => report.failed(channel, &error.into()),
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Keeps the place until it is lost.
async fn stay(app: &App, channel: &DeclaredChannel) {
    loop {
        tokio::time::sleep(RENEWED).await;
        if !hold(app, channel).await.unwrap_or(false) {
            return;
        }
    }
}

/// Asks on and on.
async fn ask_on(app: &App, channel: &DeclaredChannel, api: &BotApi, report: &mut Report) {
    let (mut from, mut pause) = (None, PAUSE.0);
    let wait = LONG.min(app.config.outbound.timeout.saturating_sub(ANSWER));
    loop {
        match ask(app, channel, api, &mut from, wait).await {
            Ok(()) => {
                report.worked(channel);
                pause = PAUSE.0;
            }
            Err(failure) => {
                report.failed(channel, &failure);
                // A webhook of before: the configuration wants none.
                if let Failure::Telegram(Error::Conflict(_)) = failure {
                    let _ = api.delete_webhook().await;
                }
                let flood = match failure {
                    Failure::Telegram(Error::Flood(wait)) => wait,
                    _ => Duration::ZERO,
                };
                tokio::time::sleep(pause.max(flood)).await;
                pause = (pause * 2).min(PAUSE.1);
            }
        }
    }
}
