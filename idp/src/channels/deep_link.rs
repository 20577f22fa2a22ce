//! What a link to a bot leads to (`t.me/<bot>?start=<payload>`).

use crate::app::App;
use crate::base::token::TokenHash;
use crate::channels::sender::Sender;
use crate::channels::{approval, bind, payload};
use crate::config::DeclaredChannel;
use crate::store::db::Result;
use crate::store::people::channel_request::{self, Purpose};

/// What a link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// To the question whether the chat is to be bound.
    Bind(bind::Question),
    /// To the question whether a sign-in is approved.
    SignIn(approval::Question),
    /// To a sign-in that this sender cannot approve: their chat is bound to nobody, or it is somebody else's.
    NotBound,
    /// To nothing: it is too old, was used, or somebody else has come by it.
    Nothing,
}

/// Opens a link for a sender. Of several senders, the first one alone is asked.
pub async fn open(app: &App, channel: &DeclaredChannel, payload: &str, sender: &Sender) -> Result<Opened> {
    if !payload::is_ours(payload) {
        return Ok(Opened::Nothing);
    }
    let hash = TokenHash::of(payload);
    let found = channel_request::find_by_handle(&mut *app.db.read().await?, &hash, app.now()).await?;
    let Some(request) = found.filter(|request| request.channel == channel.name) else { return Ok(Opened::Nothing) };
    if request.is_for(Purpose::SignIn) {
        return Ok(approval::ask(app, channel, &request, sender).await?.map_or(Opened::NotBound, Opened::SignIn));
    }
    if request.is_for(Purpose::Bind) {
        return Ok(bind::ask(app, &request, sender).await?.map_or(Opened::Nothing, Opened::Bind));
    }
    Ok(Opened::Nothing)
}
