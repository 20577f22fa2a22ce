//! Somebody comes in by a chat that is bound to their account.

use crate::app::App;
use crate::base::id::Id;
use crate::channels::{find, key};
use crate::config::DeclaredChannel;
use crate::federation::telegram::{self, PROVIDER};
use crate::store::db::{Change, Conn, Result, Tx};
use crate::store::installation::upstream;
use crate::store::people::channel_binding::{self, ChannelBinding};
use crate::store::people::channel_request::{self, ChannelRequest};
use crate::store::people::upstream_account;
use crate::store::people::user::{self, User};

/// Somebody who has come by a chat.
#[derive(Clone, Debug)]
pub struct Came {
    /// Who it is.
    pub user: User,
    /// The account at the messenger by which they may sign in, where there is one: a sign-in ends with it.
    pub link: Option<Id>,
}

/// The binding of a sender. `None` if they have bound nothing, if the user is disabled, or if the operator has disabled Telegram, whose
/// bot it is.
pub async fn bound(app: &App, channel: &DeclaredChannel, sender: &str) -> Result<Option<(ChannelBinding, User)>> {
    let mut conn = app.db.read().await?;
    if is_off(&mut conn, channel).await? {
        return Ok(None);
    }
    let Some(binding) = channel_binding::find(&mut conn, &channel.name, sender).await? else { return Ok(None) };
    let user = user::find(&mut conn, &binding.user_id).await?.filter(|user| user.disabled_at.is_none());
    Ok(user.map(|user| (binding, user)))
}

/// Whether nobody comes by Telegram: the operator has disabled it.
async fn is_off(conn: &mut Conn, channel: &DeclaredChannel) -> Result<bool> {
    Ok(telegram::is_bot(channel) && upstream::is_disabled(conn, PROVIDER).await?)
}

/// Uses up what has waited for a sender, and notes that their chat was used, if it is bound to the account that it was about still.
pub(super) async fn finish(app: &App, request: ChannelRequest) -> Result<Option<Came>> {
    let Some(channel) = find(app, &request.channel) else { return Ok(None) };
    app.db.write(Come { request, channel: channel.clone() }).await
}

#[derive(Clone)]
struct Come {
    request: ChannelRequest,
    channel: DeclaredChannel,
}

impl Change for Come {
    type Outcome = Option<Came>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<Came>> {
        let (Self { request, channel }, now) = (self, tx.now());
        if is_off(tx, &channel).await? {
            return Ok(None);
        }
        let (Some(sender), Some(of)) = (&request.sender, &request.user_id) else { return Ok(None) };
        let Some(held) = user::hold(tx, of).await? else { return Ok(None) };
        let binding = channel_binding::find(tx, &request.channel, sender).await?;
        let Some(binding) = binding.filter(|binding| binding.user_id == *of && held.disabled_at.is_none()) else {
            return Ok(None);
        };
        let (key, mut link) = (key(&channel, &binding.sender), None);
        if let Some(key) = &key {
            let found = upstream_account::find(tx, key).await?;
            link = found.filter(|link| link.user_id == binding.user_id).map(|link| link.id);
        }
        // Whoever has bound their chat at Telegram is known by it, or has unlinked it since.
        if key.is_some() && link.is_none() || !channel_request::consume(tx, &request.id, now).await? {
            return Ok(None);
        }
        channel_binding::note_use(tx, &binding.id, now).await?;
        Ok(user::find(tx, of).await?.map(|user| Came { user, link }))
    }
}
