//! A link by which a bot signs in whoever is bound: once, for five minutes, and not before its page was confirmed.

use std::time::Duration;

use crate::app::App;
use crate::base::token::TokenHash;
use crate::channels::came::{self, Came};
use crate::channels::sender::Sender;
use crate::config::DeclaredChannel;
use crate::site::page::Page;
use crate::store::db::Result;
use crate::store::people::channel_request::{self, ChannelRequest, NewRequest, Purpose};
use crate::store::people::user::{self, User};

/// How long a link works.
pub const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// Makes a link for a sender, in the place of one that they had before; `None` if their chat is bound to nobody.
pub async fn begin(app: &App, channel: &DeclaredChannel, sender: &Sender) -> Result<Option<String>> {
    let Some((binding, _)) = came::bound(app, channel, &sender.id).await? else { return Ok(None) };
    let ticket = app.random.name::<32>();
    let waits = NewRequest::new(app.id(), Purpose::Ticket, &channel.name, &ticket, app.now() + LIFETIME);
    let (user_id, sender) = (Some(binding.user_id), Some(sender.id.clone()));
    app.db.write(NewRequest { user_id, sender, ..waits }).await?;
    Ok(Some(format!("{}?ticket={ticket}", app.url(Page::SignInTicket))))
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
    came::finish(app, request).await
}
