//! Binding a chat to an account. Its person confirms it on a page of their account, where they have just signed in, and where they see who
//! writes in the chat.

use crate::app::App;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::channels::answer::Answered;
use crate::channels::code::LIFETIME;
use crate::channels::sender::Sender;
use crate::channels::{key, names, payload};
use crate::config::DeclaredChannel;
use crate::federation::link::MOST;
use crate::federation::ways_back::WaysBack;
use crate::federation::ways_in::{Leaving, WaysIn};
use crate::federation::{binding, link};
use crate::letters::kind::Notice;
use crate::letters::notice::notify;
use crate::login::devices;
use crate::login::identifier;
use crate::login::step_up::SteppedUp;
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::channel_binding::{self, NewBinding};
use crate::store::people::channel_request::{self, ChannelRequest, NewRequest, Purpose};
use crate::store::people::session::{self, Session};
use crate::store::people::upstream_account::{self, NewUpstreamAccount};
use crate::store::people::user::{self, IdentifierKind, User};

/// What becomes of a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// It is there.
    Done,
    /// It was there already.
    Already,
    /// The chat, or the account at the messenger, belongs to somebody else here.
    Taken,
    /// The account has another chat of this channel.
    Another,
    /// What was confirmed is too old, was used, or is another session's.
    Over,
}

/// Begins to bind a chat to the account of a session; returns what the link to the bot carries, and the row.
pub async fn begin(
    app: &App,
    channel: &DeclaredChannel,
    session: &Session,
    browser: &TokenHash,
) -> Result<(String, Id)> {
    let payload = payload::new(app);
    let waits = NewRequest::new(app.id(), Purpose::Bind, &channel.name, &payload, app.now() + LIFETIME);
    let id = waits.id.clone();
    let request = NewRequest {
        browser_hash: Some(browser.clone()),
        session_id: Some(session.id.clone()),
        user_id: Some(session.user_id.clone()),
        ..waits
    };
    app.db.write(request).await?;
    Ok((payload, id))
}

/// What the sender is asked who has come by a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What an answer names.
    pub name: String,
    /// What the account is called that the chat is to be bound to.
    pub account: String,
}

/// Asks the first sender who comes by a link whether their chat is to be bound to that account; `None` to anybody after them.
pub async fn ask(app: &App, request: &ChannelRequest, sender: &Sender) -> Result<Option<Question>> {
    let Some(of) = &request.user_id else { return Ok(None) };
    let found = user::find_with_identifiers(&mut *app.db.read().await?, of).await?;
    let Some((user, identifiers)) = found.filter(|(user, _)| user.disabled_at.is_none()) else { return Ok(None) };
    if !app.db.write(Ask { request: request.id.clone(), sender: sender.clone() }).await? {
        return Ok(None);
    }
    Ok(Some(Question { name: names(app).name(&request.id), account: shown(&user, &identifiers) }))
}

/// What an account is called to whoever has a link: its person knows it by that, and a stranger learns no address.
pub fn shown(user: &User, identifiers: &[user::Identifier]) -> String {
    let name = user.profile.get("name").and_then(|name| name.as_str()).map(str::to_owned);
    let email = identifier::main(identifiers, &IdentifierKind::Email).map(|address| masked(&address.as_written));
    match (name, email) {
        (Some(name), Some(email)) => format!("{name} ({email})"),
        (Some(name), None) => name,
        (None, Some(email)) => email,
        (None, None) => identifier::shown(identifiers).unwrap_or(&user.sub).to_owned(),
    }
}

/// The first letter of an address, and its domain.
fn masked(address: &str) -> String {
    match (address.chars().next(), address.rsplit_once('@')) {
        (Some(first), Some((_, domain))) => format!("{first}…@{domain}"),
        _ => address.to_owned(),
    }
}

#[derive(Clone)]
struct Ask {
    request: Id,
    sender: Sender,
}

impl Change for Ask {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let (Self { request, sender }, now) = (self, tx.now());
        channel_request::claim(tx, &request, (&sender.id, sender.shown_as.as_deref()), now).await
    }
}

/// Takes the answer of the sender who was asked.
pub(super) async fn answer(app: &App, request: ChannelRequest, says_yes: bool) -> Result<Answered> {
    app.db.write(Answer { request, says_yes }).await
}

#[derive(Clone)]
struct Answer {
    request: ChannelRequest,
    says_yes: bool,
}

impl Change for Answer {
    type Outcome = Answered;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Answered> {
        let (Self { request, says_yes }, now) = (self, tx.now());
        let Some(sender) = &request.sender else { return Ok(Answered::Over) };
        if !channel_request::answer(tx, &request.id, sender, says_yes, now).await? {
            return Ok(Answered::Over);
        }
        Ok(if says_yes { Answered::ToBeConfirmed } else { Answered::BindingRefused })
    }
}

/// What waits for a session: a chat that has come by its link, or whose code was typed in it.
pub async fn waiting(app: &App, session: &Session, id: &Id) -> Result<Option<ChannelRequest>> {
    let found = channel_request::find_waiting(&mut *app.db.read().await?, id, app.now()).await?;
    Ok(found.filter(|request| is_of(request, session)))
}

fn is_of(request: &ChannelRequest, session: &Session) -> bool {
    request.session_id.as_ref() == Some(&session.id) && request.user_id.as_ref() == Some(&session.user_id)
}

/// Whether the person of a session only has to confirm it: the other side has said yes, or has shown its code.
pub fn is_to_be_confirmed(request: &ChannelRequest) -> bool {
    match request.is_for(Purpose::Bind) {
        true => request.answered_at.is_some(),
        false => request.is_for(Purpose::Code) && request.claimed_at.is_some(),
    }
}

/// Ends what waits for a session, whose person does not want it.
pub async fn cancel(app: &App, session: &Session, id: &Id) -> Result<()> {
    match waiting(app, session, id).await? {
        Some(request) => app.db.write(Cancel { request: request.id }).await,
        None => Ok(()),
    }
}

#[derive(Clone)]
struct Cancel {
    request: Id,
}

impl Change for Cancel {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let now = tx.now();
        channel_request::consume(tx, &self.request, now).await.map(drop)
    }
}

/// Binds the chat that waits for a session, whose person has confirmed it.
pub async fn confirm(app: &App, session: &Session, channel: &DeclaredChannel, id: &Id) -> Result<Bound> {
    let confirm = Confirm {
        session: session.clone(),
        step_up: SteppedUp::of(app, session),
        request: id.clone(),
        channel: channel.clone(),
        ids: (app.id(), app.id()),
        ways_back: WaysBack::new(app, &session.user_id, true).await?,
    };
    app.db.write(confirm).await
}

#[derive(Clone)]
struct Confirm {
    session: Session,
    step_up: SteppedUp,
    request: Id,
    channel: DeclaredChannel,
    /// The rows of the binding and of the link.
    ids: (Id, Id),
    /// The letters that undo the link, and the binding with it.
    ways_back: WaysBack,
}

impl Change for Confirm {
    type Outcome = Bound;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Bound> {
        let (Self { session, step_up, request, channel, ids, ways_back }, now) = (self, tx.now());
        user::hold(tx, &session.user_id).await?;
        if !step_up.holds(tx).await? {
            return Ok(Bound::Over);
        }
        let found = channel_request::find_waiting(tx, &request, now).await?;
        let good = |request: &ChannelRequest| {
            request.channel == channel.name && is_of(request, &session) && is_to_be_confirmed(request)
        };
        let Some(request) = found.filter(good) else { return Ok(Bound::Over) };
        let Some(sender) = request.sender.clone() else { return Ok(Bound::Over) };
        if !channel_request::consume(tx, &request.id, now).await? {
            return Ok(Bound::Over);
        }
        let chat = new_chat(ids, &channel, &Sender { id: sender, shown_as: request.shown_as }, false);
        bind(tx, &session.user_id, &chat, ways_back).await
    }
}

/// A chat to be bound, with the account at the messenger that is linked with it.
#[derive(Clone, Debug)]
pub struct NewChat {
    /// The chat.
    pub binding: NewBinding,
    /// The account at the messenger, where there is one.
    pub link: Option<NewUpstreamAccount>,
}

/// What is written of a chat; `joins` if an account is made by it.
pub fn new_chat((binding, link): (Id, Id), channel: &DeclaredChannel, sender: &Sender, joins: bool) -> NewChat {
    let shown_as = sender.shown_as.clone();
    let key = key(channel, &sender.id);
    let link = key.map(|key| NewUpstreamAccount {
        id: link,
        key,
        shown_as: shown_as.clone(),
        joins,
        taken: None,
        tokens: None,
    });
    let (channel, kind) = (channel.name.clone(), channel.kind.as_str().to_owned());
    let binding = NewBinding { id: binding, channel, kind, sender: sender.id.clone(), shown_as, joins };
    NewChat { binding, link }
}

/// Binds a chat to a user, and tells them. The caller holds the user's row.
async fn bind(tx: &mut Tx<'_>, user: &Id, chat: &NewChat, ways_back: WaysBack) -> Result<Bound> {
    let NewChat { binding: new, link } = chat;
    if let Some(there) = channel_binding::find(tx, &new.channel, &new.sender).await? {
        return Ok(if there.user_id == *user { Bound::Already } else { Bound::Taken });
    }
    if channel_binding::of_user(tx, user).await?.iter().any(|one| one.channel == new.channel) {
        return Ok(Bound::Another);
    }
    let mut linked = None;
    if let Some(link) = link {
        let there = upstream_account::find(tx, &link.key).await?;
        if there.as_ref().is_some_and(|there| there.user_id != *user) {
            return Ok(Bound::Taken);
        }
        if there.is_none() {
            if upstream_account::of_user(tx, user).await?.len() >= MOST {
                return Ok(Bound::Over);
            }
            // Somebody else may have linked it since it was looked for, in a transaction that was not seen then.
            if !link::write(tx, user, link).await? {
                return Ok(Bound::Taken);
            }
            linked = upstream_account::whole(tx, user, &link.id).await?;
        }
    }
    if !binding::write(tx, user, new).await? {
        return Ok(Bound::Taken);
    }
    notify(tx, user, Notice::ChannelBound).await?;
    if let Some(account) = linked {
        ways_back.note(tx, user, account).await?;
    }
    Ok(Bound::Done)
}

/// What becomes of a binding that is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unbound {
    /// It is gone.
    Done,
    /// It was gone already, or the session has ended.
    NotThere,
    /// It is the only way in.
    Last,
}

/// Takes a chat from the account of a session, unless it is the only way in.
pub async fn unbind(app: &App, session: &Session, id: &Id) -> Result<Unbound> {
    let (user, step_up) = (session.user_id.clone(), SteppedUp::of(app, session));
    app.db.write(Unbind { user, step_up, id: id.clone(), ways_in: WaysIn::of(app).await? }).await
}

#[derive(Clone)]
struct Unbind {
    user: Id,
    step_up: SteppedUp,
    id: Id,
    ways_in: WaysIn,
}

impl Change for Unbind {
    type Outcome = Unbound;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Unbound> {
        let Self { user, step_up, id, ways_in } = self;
        user::hold(tx, &user).await?;
        if !step_up.holds(tx).await? {
            return Ok(Unbound::NotThere);
        }
        let found = channel_binding::of_user(tx, &user).await?.into_iter().find(|one| one.id == id);
        let Some(found) = found else { return Ok(Unbound::NotThere) };
        if ways_in.is_last(tx, &user, Leaving::Chat(&id)).await? {
            return Ok(Unbound::Last);
        }
        binding::remove(tx, &user, &[found]).await?;
        // Whoever holds the chat may be signed in by it here, and could bind it again.
        for session in session::by_federation(tx, &user, step_up.session()).await? {
            devices::end(tx, &user, &session).await?;
            tx.record(&Event::SignedOut { user: user.clone(), session }).await?;
        }
        Ok(Unbound::Done)
    }
}
