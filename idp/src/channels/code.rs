//! A code that a bot shows, and that its person types on a page of their account to bind the chat. A link that the bot sends along names
//! the chat on that page, and nothing more: whoever is sent the link of somebody else has no code.

use std::time::Duration;

use crate::app::App;
use crate::base::base32;
use crate::base::token::TokenHash;
use crate::channels::sender::Sender;
use crate::config::DeclaredChannel;
use crate::site::page::Page;
use crate::store::db::{Change, Result, Tx};
use crate::store::ephemeral::Rate;
use crate::store::people::channel_request::{self, ChannelRequest, NewRequest, Purpose};
use crate::store::people::code_try::{self, Admission, Limit};
use crate::store::people::session::Session;
use crate::store::people::user;

/// How many letters a code has: 40 random bits.
const LETTERS: usize = 8;

/// How many of them are written together.
const GROUP: usize = 4;

/// How long a code works.
pub const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// How many codes a person may type.
const TRIES: Limit = Limit { most: 5, period: LIFETIME };

/// How often a sender gets another code.
const BEGUN: Rate = Rate { burst: 5, period: Duration::from_secs(60) };

/// A code for a chat.
#[derive(Clone, Debug)]
pub struct Begun {
    /// What the person types.
    pub code: String,
    /// The page where they do so, which names the chat.
    pub url: String,
}

/// Makes a code for a chat, in the place of one that it had before; the inner `Err` says how long to wait.
pub async fn begin(
    app: &App,
    channel: &DeclaredChannel,
    sender: &Sender,
) -> Result<std::result::Result<Begun, Duration>> {
    let bucket = format!("channel-code:{}:{}", channel.name, sender.id);
    if let Err(wait) = app.ephemeral.limit(&bucket, BEGUN).await {
        return Ok(Err(wait));
    }
    let (code, handle) = (base32::random::<LETTERS>(&app.random), app.random.name::<16>());
    let waits = NewRequest::new(app.id(), Purpose::Code, &channel.name, &handle, app.now() + LIFETIME);
    let (sender, shown_as) = (Some(sender.id.clone()), sender.shown_as.clone());
    app.db.write(NewRequest { code_hash: Some(hash(app, &code)), sender, shown_as, ..waits }).await?;
    let url = format!("{}?chat={handle}", app.url(Page::AccountChannels));
    Ok(Ok(Begun { code: base32::grouped(&code, GROUP), url }))
}

/// The keyed hash under which a code is kept.
fn hash(app: &App, code: &str) -> String {
    app.vault.derive("channel code").fingerprint(code)
}

/// The chat that a link names.
pub async fn named(app: &App, handle: &str) -> Result<Option<ChannelRequest>> {
    let found = channel_request::find_by_handle(&mut *app.db.read().await?, &TokenHash::of(handle), app.now()).await?;
    Ok(found.filter(|request| request.is_for(Purpose::Code)))
}

/// What a code was worth that somebody has typed.
#[derive(Clone, Debug)]
pub enum Typed {
    /// It is that of a chat, which this session alone can bind now.
    Right(Box<ChannelRequest>),
    /// It is unknown, used or too old, or belongs to another chat than the page names.
    Wrong,
    /// There were too many tries before.
    TooMany,
}

/// Judges a code that the person of a session has typed; `chat` is the link that names a chat, if they came by one.
pub async fn judge(app: &App, session: &Session, typed: &str, chat: Option<&str>) -> Result<Typed> {
    let code = base32::read(typed, LETTERS).map(|code| hash(app, &code));
    let chat = match chat {
        Some(handle) => Some(named(app, handle).await?.map(|request| request.id.to_string()).unwrap_or_default()),
        None => None,
    };
    app.db.write(Judge { session: session.clone(), code, chat }).await
}

/// Counts the try, then looks whether the code is right.
#[derive(Clone)]
struct Judge {
    session: Session,
    code: Option<String>,
    chat: Option<String>,
}

impl Change for Judge {
    type Outcome = Typed;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Typed> {
        let (Self { session, code, chat }, now) = (self, tx.now());
        let user = &session.user_id;
        user::hold(tx, user).await?;
        let bucket = format!("channel-code:{user}");
        if let Admission::Full { .. } = code_try::admit(tx, &bucket, user, TRIES, now).await? {
            return Ok(Typed::TooMany);
        }
        let Some(code) = code else { return Ok(Typed::Wrong) };
        let Some(request) = channel_request::find_by_code(tx, &code, now).await? else { return Ok(Typed::Wrong) };
        let is_of_chat = chat.is_none_or(|chat| request.id.as_str() == chat);
        if !is_of_chat || !channel_request::claim_in(tx, &request.id, (user, &session.id), now).await? {
            return Ok(Typed::Wrong);
        }
        Ok(Typed::Right(Box::new(request)))
    }
}
