//! The chats with bots that are bound to the account.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::base::id::Id;
use crate::channels::bind::{self, Bound, Unbound};
use crate::channels::code::{self, Typed};
use crate::channels::{self, bot, speak};
use crate::config::{DeclaredChannel, Updates};
use crate::federation::ways_in::{Leaving, WaysIn};
use crate::flow::account_holder::{AccountForm, AccountHolder, handle};
use crate::http::error::Error;
use crate::http::request::query::Query;
use crate::http::{page, redirect};
use crate::pages::channels::{BotView, has_link, link};
use crate::pages::{Layout, Moment, Wording};
use crate::site::page::Page;
use crate::store::people::channel_binding;
use crate::store::people::channel_request::ChannelRequest;
use crate::store::people::session::Session;

/// What the sealed name of something that waits is for.
const SEALED: &str = "channel binding";

/// Shows the chats. Posts `connect=<channel>`, `code`, `confirm`, `cancel` or `disconnect=<handle>` to `/account/channels`.
#[derive(Template)]
#[template(path = "pages/account/channels.html")]
pub struct AccountChannelsPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The chats that are bound.
    pub chats: Vec<ChatView>,
    /// The bots that a link leads to.
    pub bots: Vec<BotView>,
    /// Whether a code can be typed.
    pub takes_codes: bool,
    /// The chat that somebody has come by the link of.
    pub named: Option<NamedChat>,
    /// What was just done, or why not.
    pub done: Option<ChannelsDone>,
}

/// Leads to a bot, and waits until somebody has come there; then asks whether it was the person.
#[derive(Template)]
#[template(path = "pages/account/channel.html")]
pub struct AccountChannelPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The name of the bot that people see.
    pub label: String,
    /// The application that can then act for the person.
    pub client: Option<String>,
    /// What waits.
    pub waits: Waits,
    /// The sealed name of what waits.
    pub request: String,
}

/// What waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waits {
    /// For somebody who opens the link, and says yes there.
    ForChat {
        /// The link.
        link: String,
    },
    /// For the person, who says whether it was them.
    ForPerson {
        /// Who has come.
        shown_as: String,
    },
}

impl AccountChannelPage<'_> {
    /// The link to the bot, while it waits for the chat.
    fn link(&self) -> Option<&str> {
        match &self.waits {
            Waits::ForChat { link } => Some(link),
            Waits::ForPerson { .. } => None,
        }
    }

    /// Who has come, once somebody has.
    fn came_text(&self) -> String {
        let chat = match &self.waits {
            Waits::ForChat { .. } => "",
            Waits::ForPerson { shown_as } => shown_as,
        };
        self.layout.t_args("account-channel-came", &[("chat", chat), ("bot", self.label.as_str())])
    }
}

/// A chat as the page shows it.
#[derive(Clone, Debug)]
pub struct ChatView {
    /// Its handle in the form.
    pub handle: String,
    /// The name of the bot.
    pub label: String,
    /// What its person calls themselves there.
    pub shown_as: Option<String>,
    /// Since when it is bound.
    pub since: Moment,
    /// When it was last used.
    pub used: Option<Moment>,
    /// Whether it is the only way in, and stays.
    pub is_last: bool,
}

/// A chat that a link names.
#[derive(Clone, Debug)]
pub struct NamedChat {
    /// What the link carries.
    pub handle: String,
    /// The name of the bot.
    pub label: String,
    /// What its person calls themselves there.
    pub shown_as: String,
}

/// What was just done, or why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelsDone {
    /// A chat was bound.
    Connected,
    /// A chat was unbound.
    Disconnected,
    /// Nothing was bound, as the person wanted.
    Cancelled,
    /// The code is wrong, too old or used.
    WrongCode,
    /// Too many codes were typed.
    TooMany,
    /// The chat, or its person, belongs to another account here.
    Taken,
    /// The account has another chat of this bot.
    Another,
    /// It is the only way in.
    Last,
    /// It took too long.
    Over,
}

impl ChannelsDone {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Connected,
        Self::Disconnected,
        Self::Cancelled,
        Self::WrongCode,
        Self::TooMany,
        Self::Taken,
        Self::Another,
        Self::Last,
        Self::Over,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Cancelled => "cancelled",
            Self::WrongCode => "wrong-code",
            Self::TooMany => "too-many",
            Self::Taken => "taken",
            Self::Another => "another",
            Self::Last => "last",
            Self::Over => "over",
        }
    }

    fn wording(self) -> Wording {
        Wording::new(match self {
            Self::Connected => "account-channel-connected",
            Self::Disconnected => "account-channel-disconnected",
            Self::Cancelled => "account-channel-cancelled",
            Self::WrongCode => "account-channel-wrong-code",
            Self::TooMany => "account-channel-too-many",
            Self::Taken => "account-channel-taken",
            Self::Another => "account-channel-another",
            Self::Last => "account-channel-last",
            Self::Over => "account-channel-over",
        })
    }

    const fn is_problem(self) -> bool {
        !matches!(self, Self::Connected | Self::Disconnected | Self::Cancelled)
    }
}

impl AccountChannelsPage<'_> {
    fn done_text(&self) -> Option<String> {
        self.done.filter(|done| !done.is_problem()).map(|done| self.layout.say(done.wording()))
    }

    fn problem_text(&self) -> Option<String> {
        self.done.filter(|done| done.is_problem()).map(|done| self.layout.say(done.wording()))
    }
}

/// Something that waits, as the address of the page names it.
#[derive(Serialize, Deserialize)]
struct Named {
    id: Id,
    session: Id,
    /// What the link to the bot carries.
    payload: Option<String>,
}

impl Named {
    fn seal(&self, app: &App) -> String {
        app.interactions.seal_value(&app.random, SEALED, self)
    }

    /// What waits for this session under a sealed name.
    fn open(app: &App, session: &Session, sealed: &str) -> Option<Self> {
        let named: Self = app.interactions.open_value(SEALED, sealed)?;
        (named.session == session.id).then_some(named)
    }
}

/// Shows the page.
pub async fn get(State(app): State<App>, query: Query, holder: AccountHolder) -> Result<Response, Error> {
    if let Some(sealed) = query.get("request") {
        return waiting(&app, &holder, sealed).await;
    }
    let (user, now) = (&holder.session.user_id, app.now());
    let (mut chats, ways) = (Vec::new(), WaysIn::of(&app).await?);
    let mut conn = app.db.read().await?;
    let bound = channel_binding::of_user(&mut conn, user).await?;
    for one in &bound {
        let label = channels::find(&app, &one.channel).map_or(one.channel.clone(), |it| it.label().to_owned());
        chats.push(ChatView {
            handle: handle(&app, &holder.session, one.id.as_str()),
            label,
            shown_as: one.shown_as.clone(),
            since: Moment::new(one.bound_at, now),
            used: one.last_used_at.map(|at| Moment::new(at, now)),
            is_last: ways.is_last(&mut conn, user, Leaving::Chat(&one.id)).await?,
        });
    }
    drop(conn);
    let named = match query.get("chat") {
        Some(chat) => code::named(&app, chat).await?.and_then(|request| view(&app, chat, request)),
        None => None,
    };
    // An account has one chat of each bot.
    let is_free = |channel: &&DeclaredChannel| !bound.iter().any(|one| one.channel == channel.name);
    let bots = app.config.channels.iter().filter(|channel| has_link(channel)).filter(is_free);
    let done = query.get("done");
    let shown = AccountChannelsPage {
        layout: holder.layout(&app),
        chats,
        bots: bots.map(BotView::of).collect(),
        takes_codes: !app.config.channels.is_empty(),
        named,
        done: ChannelsDone::ALL.into_iter().find(|one| Some(one.as_str()) == done),
    };
    page::show_with(&app, &holder.visitor, StatusCode::OK, &shown)
}

/// The chat that a link names.
fn view(app: &App, handle: &str, request: ChannelRequest) -> Option<NamedChat> {
    let label = channels::find(app, &request.channel)?.label().to_owned();
    let shown_as = request.shown_as.or(request.sender)?;
    Some(NamedChat { handle: handle.to_owned(), label, shown_as })
}

/// Shows what waits, for the chat or for the person.
async fn waiting(app: &App, holder: &AccountHolder, sealed: &str) -> Result<Response, Error> {
    let over = || redirect::to_page_with(app, Page::AccountChannels, "done", ChannelsDone::Over.as_str());
    let Some(named) = Named::open(app, &holder.session, sealed) else { return over() };
    let Some(request) = bind::waiting(app, &holder.session, &named.id).await? else { return over() };
    let Some(channel) = channels::find(app, &request.channel) else { return over() };
    let place = format!("{}{}?request={sealed}", app.config.issuer.path(), Page::AccountChannels.path());
    let waits = match (bind::is_to_be_confirmed(&request), named.payload) {
        (true, _) => Waits::ForPerson { shown_as: request.shown_as.or(request.sender).unwrap_or_default() },
        (false, Some(payload)) => Waits::ForChat { link: link(channel, &payload) },
        (false, None) => return over(),
    };
    let client = match &channel.client {
        Some(id) => crate::clients::find(app, id).await?.map(|found| found.client.name.clone()),
        None => None,
    };
    let shown = AccountChannelPage {
        layout: Layout { address: Some(place), ..holder.layout(app) },
        label: channel.label().to_owned(),
        client,
        waits,
        request: sealed.to_owned(),
    };
    page::show_with(app, &holder.visitor, StatusCode::OK, &shown)
}

/// Begins to bind a chat, judges a code, binds what was confirmed, or unbinds a chat.
pub async fn post(State(app): State<App>, form: AccountForm) -> Result<Response, Error> {
    let AccountForm { holder, params } = form;
    let session = &holder.session;
    let tell = |done: ChannelsDone| redirect::to_page_with(&app, Page::AccountChannels, "done", done.as_str());
    let wait = |id: Id, payload: Option<String>| {
        let named = Named { id, session: session.id.clone(), payload };
        redirect::to_page_with(&app, Page::AccountChannels, "request", &named.seal(&app))
    };
    if let Some(channel) = params.get("connect").and_then(|name| channels::find(&app, name)).filter(|it| has_link(it)) {
        let (payload, id) = bind::begin(&app, channel, session, &holder.visitor.browser.hash()).await?;
        return wait(id, Some(payload));
    }
    if let Some(typed) = params.get("code") {
        return match code::judge(&app, session, typed, params.get("chat")).await? {
            Typed::Right(request) => wait(request.id, None),
            Typed::Wrong => tell(ChannelsDone::WrongCode),
            Typed::TooMany => tell(ChannelsDone::TooMany),
        };
    }
    if let Some(sealed) = params.get("confirm") {
        return tell(confirm(&app, session, sealed).await?);
    }
    if let Some(sealed) = params.get("cancel") {
        if let Some(named) = Named::open(&app, session, sealed) {
            bind::cancel(&app, session, &named.id).await?;
        }
        return tell(ChannelsDone::Cancelled);
    }
    let wanted = params.get("disconnect").unwrap_or_default();
    let there = channel_binding::of_user(&mut *app.db.read().await?, &session.user_id).await?;
    let chosen = there.iter().find(|one| handle(&app, session, one.id.as_str()) == wanted);
    let Some(chosen) = chosen else { return redirect::to_page(&app, Page::AccountChannels) };
    match bind::unbind(&app, session, &chosen.id).await? {
        Unbound::Done => tell(ChannelsDone::Disconnected),
        Unbound::Last => tell(ChannelsDone::Last),
        Unbound::NotThere => redirect::to_page(&app, Page::AccountChannels),
    }
}

/// Binds what the person has confirmed, and tells the chat.
async fn confirm(app: &App, session: &Session, sealed: &str) -> Result<ChannelsDone, Error> {
    let Some(named) = Named::open(app, session, sealed) else { return Ok(ChannelsDone::Over) };
    let Some(request) = bind::waiting(app, session, &named.id).await? else { return Ok(ChannelsDone::Over) };
    let Some(channel) = channels::find(app, &request.channel) else { return Ok(ChannelsDone::Over) };
    let bound = bind::confirm(app, session, channel, &named.id).await?;
    let sender = request.sender.unwrap_or_default();
    // The bot of a product tells its people itself.
    if channel.updates != Updates::None {
        speak::later(app, channel, bot::tell(app, &sender, &session.user_id, bound).await?);
    }
    Ok(match bound {
        Bound::Done | Bound::Already => ChannelsDone::Connected,
        Bound::Taken => ChannelsDone::Taken,
        Bound::Another => ChannelsDone::Another,
        Bound::Over => ChannelsDone::Over,
    })
}
