//! By what somebody comes in: whatever they take away, something stays that lets them in.

use super::{offered, telegram};
use crate::app::App;
use crate::base::id::Id;
use crate::config::{DeclaredChannel, Updates};
use crate::store::db::{Conn, Result};
use crate::store::installation::upstream;
use crate::store::people::upstream_account::{self, Providers};
use crate::store::people::{channel_binding, passkey, password};

/// The providers and the bots by which people come in. They may come in by keys and passwords besides.
#[derive(Clone, Debug)]
pub struct WaysIn {
    providers: Providers,
    channels: Vec<String>,
}

/// What is about to go.
#[derive(Clone, Copy, Debug)]
pub enum Leaving<'a> {
    /// An account at another provider. The chats of the same person at that messenger go along.
    Link(&'a Id),
    /// A chat with a bot. An account at the messenger stays linked.
    Chat(&'a Id),
    /// A passkey.
    Passkey(&'a Id),
}

impl WaysIn {
    /// What there is of them at present.
    pub async fn of(app: &App) -> Result<Self> {
        let providers = offered::providers(app).await?;
        let is_off = upstream::is_disabled(&mut *app.db.read().await?, telegram::PROVIDER).await?;
        // A bot that nobody runs signs nobody in.
        let is_run = |one: &&DeclaredChannel| one.client.is_some() || one.updates != Updates::None;
        let channels = app.config.channels.iter().filter(is_run).filter(|one| !is_off || !telegram::is_bot(one));
        Ok(Self { providers, channels: channels.map(|channel| channel.name.clone()).collect() })
    }

    /// Whether nothing but what is about to go lets a user in.
    pub async fn is_last(&self, conn: &mut Conn, user: &Id, leaving: Leaving<'_>) -> Result<bool> {
        if password::exists(&mut *conn, user).await? {
            return Ok(false);
        }
        let stays = |id: &Id| match leaving {
            Leaving::Link(gone) | Leaving::Chat(gone) | Leaving::Passkey(gone) => id != gone,
        };
        let links = upstream_account::of_user(conn, user).await?;
        let by_link = links.iter().any(|one| stays(&one.id) && self.providers.have(one));
        let by_passkey = passkey::of_user(conn, user).await?.iter().any(|one| stays(&one.id));
        if by_link || by_passkey {
            return Ok(false);
        }
        let along = match links.iter().find(|one| !stays(&one.id)) {
            Some(link) => channel_binding::of_link(conn, &link.id, &link.provider).await?,
            None => Vec::new(),
        };
        let chats = channel_binding::of_user(conn, user).await?;
        let lets_in = |id: &Id, channel: &String| {
            stays(id) && !along.iter().any(|gone| gone.id == *id) && self.channels.contains(channel)
        };
        Ok(!chats.iter().any(|one| lets_in(&one.id, &one.channel)))
    }
}
