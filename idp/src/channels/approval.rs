//! A sign-in that its person approves in a chat. The page shows a number, and the chat three of them: whoever cannot see the page does not
//! know which is right, and a wrong one ends it. Only the browser that has begun it is signed in.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::device;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::channels::answer::Answered;
use crate::channels::came::{self, Came};
use crate::channels::sender::Sender;
use crate::channels::{names, payload};
use crate::config::DeclaredChannel;
use crate::store::db::{Change, Result, Tx};
use crate::store::ephemeral::Rate;
use crate::store::installation::event::Event;
use crate::store::people::channel_request::{self, ChannelRequest, NewRequest, Purpose};

/// How long a sign-in waits to be approved.
const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// How often a person is asked by a message that they have not asked for.
const ASKED: Rate = Rate { burst: 3, period: Duration::from_secs(5 * 60) };

/// For how long nobody is asked by a message who has refused a sign-in: whoever has begun it goes on trying.
const LEFT_ALONE: Duration = Duration::from_secs(60 * 60);

/// What the sealed part of a request is for.
const SEALED: &str = "channel_request.sealed";

/// Where a sign-in was begun.
pub struct Begins<'a> {
    /// The browser.
    pub browser: &'a TokenHash,
    /// Its `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// Where it comes from.
    pub address: IpAddr,
}

/// What a person is asked, and where the sign-in was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    /// The number on the page.
    number: u8,
    /// The numbers in the chat, of which it is one.
    numbers: [u8; 3],
    user_agent: Option<String>,
    address: String,
}

/// A sign-in that waits.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The row.
    pub id: Id,
    /// What a link to the bot carries.
    pub payload: String,
}

/// Begins a sign-in in a browser.
pub async fn begin(app: &App, channel: &DeclaredChannel, begins: &Begins<'_>) -> Result<Begun> {
    let numbers = three(app);
    let [first, ..] = app.random.bytes::<1>();
    let asked = Asked {
        number: numbers[usize::from(first) % numbers.len()],
        numbers,
        user_agent: begins.user_agent.map(str::to_owned),
        address: begins.address.to_string(),
    };
    let (id, payload) = (app.id(), payload::new(app));
    let waits = NewRequest::new(id.clone(), Purpose::SignIn, &channel.name, &payload, app.now() + LIFETIME);
    let sealed = Some(app.interactions.seal_value(&app.random, SEALED, &asked));
    app.db.write(NewRequest { browser_hash: Some(begins.browser.clone()), sealed, ..waits }).await?;
    Ok(Begun { id, payload })
}

/// Three different numbers of two digits.
fn three(app: &App) -> [u8; 3] {
    let mut numbers = [0; 3];
    let mut found = 0;
    while found < numbers.len() {
        let [byte] = app.random.bytes::<1>();
        // 90 numbers divide the first 180 values of a byte evenly.
        let number = 10 + byte % 90;
        if byte < 180 && !numbers.contains(&number) {
            numbers[found] = number;
            found += 1;
        }
    }
    numbers
}

/// How a sign-in stands, for the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The name of the channel.
    pub channel: String,
    /// The number.
    pub number: u8,
    /// Whether it was approved.
    pub is_approved: bool,
    /// Whether it was refused.
    pub is_refused: bool,
    /// Until when it waits.
    pub expires_at: Timestamp,
}

/// How a sign-in stands that this browser has begun; `None` if it is over.
pub async fn standing(app: &App, id: &Id, browser: &TokenHash) -> Result<Option<Standing>> {
    let request = channel_request::find_begun(&mut *app.db.read().await?, id, browser, app.now()).await?;
    Ok(request.and_then(|request| {
        let asked = asked(app, &request)?;
        Some(Standing {
            channel: request.channel,
            number: asked.number,
            is_approved: request.answered_at.is_some(),
            is_refused: request.refused_at.is_some(),
            expires_at: request.expires_at,
        })
    }))
}

fn asked(app: &App, request: &ChannelRequest) -> Option<Asked> {
    app.interactions.open_value(SEALED, request.sealed.as_deref()?)
}

/// What a person is asked in the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What an answer names.
    pub name: String,
    /// The numbers.
    pub numbers: [u8; 3],
    /// The browser, if its name is known.
    pub browser: Option<&'static str>,
    /// The system that it runs on.
    pub system: Option<&'static str>,
    /// Where it comes from.
    pub address: String,
}

/// Asks the sender who has come, if their chat is bound, and the sign-in is of nobody else.
pub async fn ask(
    app: &App,
    channel: &DeclaredChannel,
    request: &ChannelRequest,
    sender: &Sender,
) -> Result<Option<Question>> {
    let Some((binding, _)) = came::bound(app, channel, &sender.id).await? else { return Ok(None) };
    if !app.db.write(Ask { request: request.id.clone(), sender: sender.clone(), user: binding.user_id }).await? {
        return Ok(None);
    }
    Ok(asked(app, request).map(|asked| {
        let user_agent = asked.user_agent.unwrap_or_default();
        Question {
            name: names(app).name(&request.id),
            numbers: asked.numbers,
            browser: device::browser(&user_agent),
            system: device::system(&user_agent),
            address: asked.address,
        }
    }))
}

/// The request that a browser has begun, if its person may be asked by a message: they are not flooded by whoever knows their name.
pub async fn may_be_called(app: &App, id: &Id, user: &Id) -> Result<Option<ChannelRequest>> {
    let mut conn = app.db.read().await?;
    let waiting = channel_request::find_waiting(&mut conn, id, app.now()).await?;
    if waiting.is_none() || channel_request::has_refused(&mut conn, user, app.now() - LEFT_ALONE).await? {
        return Ok(None);
    }
    drop(conn);
    let may = app.ephemeral.limit(&format!("channel-asked:{user}"), ASKED).await;
    Ok(waiting.filter(|_| may.is_ok()))
}

#[derive(Clone)]
struct Ask {
    request: Id,
    sender: Sender,
    user: Id,
}

impl Change for Ask {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let (Self { request, sender, user }, now) = (self, tx.now());
        if !channel_request::claim(tx, &request, (&sender.id, sender.shown_as.as_deref()), now).await? {
            return Ok(false);
        }
        channel_request::note_user(tx, &request, &user).await?;
        Ok(true)
    }
}

/// Takes the answer of the sender who was asked: the number that they have chosen, or `None` if they refuse.
pub(super) async fn answer(app: &App, request: ChannelRequest, number: Option<u8>) -> Result<Answered> {
    let Some(asked) = asked(app, &request) else { return Ok(Answered::Over) };
    let is_right = number == Some(asked.number);
    app.db.write(Answer { request, is_right }).await
}

#[derive(Clone)]
struct Answer {
    request: ChannelRequest,
    is_right: bool,
}

impl Change for Answer {
    type Outcome = Answered;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Answered> {
        let (Self { request, is_right }, now) = (self, tx.now());
        let Some(sender) = &request.sender else { return Ok(Answered::Over) };
        if !channel_request::answer(tx, &request.id, sender, is_right, now).await? {
            return Ok(Answered::Over);
        }
        if is_right {
            return Ok(Answered::Approved);
        }
        if let Some(user) = request.user_id {
            tx.record(&Event::ChannelSignInRefused { user, channel: request.channel }).await?;
        }
        Ok(Answered::SignInRefused)
    }
}

/// Who signs in, in the browser that has begun it, once it was approved.
pub async fn finish(app: &App, id: &Id, browser: &TokenHash) -> Result<Option<Came>> {
    let request = channel_request::find_begun(&mut *app.db.read().await?, id, browser, app.now()).await?;
    let Some(request) = request.filter(|request| request.answered_at.is_some()) else { return Ok(None) };
    came::finish(app, request).await
}
