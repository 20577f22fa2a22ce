//! Chats with bots that are bound to accounts here: written and removed in one place.

use crate::base::id::Id;
use crate::letters::kind::Notice;
use crate::letters::notice::notify;
use crate::store::db::{Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::channel_binding::{self, ChannelBinding, NewBinding};

/// Binds a chat to a user; returns `false` if it is bound already. The caller holds the user's row.
pub(crate) async fn write(tx: &mut Tx<'_>, user: &Id, new: &NewBinding) -> Result<bool> {
    let now = tx.now();
    if !channel_binding::insert(tx, user, new, now).await? {
        return Ok(false);
    }
    tx.record(&Event::ChannelBound { user: user.clone(), channel: new.channel.clone() }).await?;
    Ok(true)
}

/// Removes bindings of a user, and tells them; returns whether there were any. The caller holds the user's row.
pub(crate) async fn remove(tx: &mut Tx<'_>, user: &Id, bindings: &[ChannelBinding]) -> Result<bool> {
    for one in bindings {
        channel_binding::delete(tx, user, &one.id).await?;
        tx.record(&Event::ChannelUnbound { user: user.clone(), channel: one.channel.clone() }).await?;
    }
    if !bindings.is_empty() {
        notify(tx, user, Notice::ChannelUnbound).await?;
    }
    Ok(!bindings.is_empty())
}
