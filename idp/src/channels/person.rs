//! Making an account by a bot alone: without an address and a password, which its person can add on the pages of their account.

use serde_json::Map;

use crate::account::sign_up::{Applicant, Joined, Rules, join};
use crate::account::users::NewUser;
use crate::app::App;
use crate::channels::bind::{NewChat, new_chat};
use crate::channels::came;
use crate::channels::sender::Sender;
use crate::config::DeclaredChannel;
use crate::login::Error;

/// What becomes of a registration.
#[derive(Clone, Debug)]
pub enum Registered {
    /// There is an account, and the chat is bound to it.
    Here {
        /// Its subject.
        sub: String,
        /// Whether it was made now.
        is_new: bool,
    },
    /// The account at the messenger is linked to an account that is there: its person binds the chat by a code.
    Known,
    /// Nobody is registered by this bot, or nobody can make an account without an address or an invitation.
    Closed,
}

/// Whether somebody can be registered by this bot at all.
pub fn is_offered(app: &App, channel: &DeclaredChannel) -> bool {
    channel.sign_up && Rules::of(app).may_join(&[], None).is_ok()
}

/// Makes an account for a sender, unless they have one.
pub async fn register(
    app: &App,
    channel: &DeclaredChannel,
    sender: &Sender,
    language: Option<&str>,
) -> Result<Registered, Error> {
    if let Some((_, user)) = came::bound(app, channel, &sender.id).await? {
        return Ok(Registered::Here { sub: user.sub, is_new: false });
    }
    if !is_offered(app, channel) {
        return Ok(Registered::Closed);
    }
    let NewChat { binding, link } = new_chat((app.id(), app.id()), channel, sender, true);
    let mut profile = Map::new();
    if let Some(name) = &sender.shown_as {
        profile.insert("name".to_owned(), name.clone().into());
    }
    let language = app.site.get().language_of(language);
    profile.insert("locale".to_owned(), language.tag().into());
    let applicant = Applicant {
        new: NewUser { sub: None, profile, identifiers: Vec::new(), password: None, roles: Vec::new() },
        phc: None,
        invitation: None,
        kept: None,
        recovery_codes: Vec::new(),
        terms: None,
        letter: None,
        upstream: link,
        channel: Some(binding),
    };
    Ok(match join(app, applicant).await? {
        Joined::Done(user) => Registered::Here { sub: user.sub, is_new: true },
        // Somebody was faster with the same chat, or is known by the account at the messenger.
        Joined::Taken => match came::bound(app, channel, &sender.id).await? {
            Some((_, user)) => Registered::Here { sub: user.sub, is_new: false },
            None => Registered::Known,
        },
        Joined::Refused(_) | Joined::NothingToKeep => Registered::Closed,
    })
}
