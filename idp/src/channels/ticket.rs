//! A link by which a bot signs in whoever is bound: once, for five minutes, and not before its page was confirmed.

use std::time::Duration;

use crate::app::App;
use crate::base::token::TokenHash;
use crate::channels::came::{self, Came};
use crate::channels::find;
use crate::channels::sender::Sender;
use crate::config::DeclaredChannel;
use crate::site::page::Page;
use crate::store::db::{Change, Result, Tx};
use crate::store::people::channel_request::{self, ChannelRequest, NewRequest, Purpose};
use crate::store::people::user::{self, User};

/// How long a link works.
pub const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// Makes a link for a sender, in the place of one that they had before; `None` if their chat is bound to nobody.
pub async fn begin(app: &App, channel: &DeclaredChannel, sender: &Sender) -> Result<Option<String>> {
    let Some((binding, _)) = came::bound(app, channel, &sender.id).await? else { return Ok(None) };
    let ticket = app.random.name::<32>();
    let request = NewRequest {
        id: app.id(),
        purpose: Purpose::Ticket,
        channel: channel.name.clone(),
        handle_hash: TokenHash::of(&ticket),
        code_hash: None,
        browser_hash: None,
        session_id: None,
        user_id: Some(binding.user_id),
        sender: Some(sender.id.clone()),
        shown_as: None,
        sealed: None,
        expires_at: app.now() + LIFETIME,
    };
    app.db.write(Begin { request }).await?;
    Ok(Some(format!("{}?ticket={ticket}", app.url(Page::SignInTicket))))
}

#[derive(Clone)]
struct Begin {
    request: NewRequest,
}

impl Change for Begin {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let (Self { request }, now) = (self, tx.now());
        if let Some(sender) = &request.sender {
            channel_request::delete_begun(tx, request.purpose, &request.channel, sender).await?;
        }
        channel_request::insert(tx, &request, now).await
    }
}

/// What a link leads to, and consumes nothing: its request, and whose account it is.
pub async fn look(app: &App, ticket: &str) -> Result<Option<(ChannelRequest, User)>> {
    let mut conn = app.db.read().await?;
    let found = channel_request::find_by_handle(&mut conn, &TokenHash::of(ticket), app.now()).await?;
    let Some(request) = found.filter(|request| request.is_for(Purpose::Ticket)) else { return Ok(None) };
    let Some(of) = &request.user_id else { return Ok(None) };
    let user = user::find(&mut conn, of).await?.filter(|user| user.disabled_at.is_none());
    Ok(user.map(|user| (request, user)))
}

/// Uses a link up; of several callers one gets who signs in.
pub async fn redeem(app: &App, ticket: &str) -> Result<Option<Came>> {
    let Some((request, _)) = look(app, ticket).await? else { return Ok(None) };
    let Some(channel) = find(app, &request.channel) else { return Ok(None) };
    app.db.write(Redeem { request, channel: channel.clone() }).await
}

#[derive(Clone)]
struct Redeem {
    request: ChannelRequest,
    channel: DeclaredChannel,
}

impl Change for Redeem {
    type Outcome = Option<Came>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<Came>> {
        came::come(tx, &self.request, &self.channel).await
    }
}
