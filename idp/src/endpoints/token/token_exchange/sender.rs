//! For the sender of a channel: a bot acts for a person who has bound their chat with it.

use std::time::Duration;

use crate::account::terms;
use crate::app::App;
use crate::channels::sender::Sender;
use crate::channels::{self, came};
use crate::config::DeclaredChannel;
use crate::http::error::Error;
use crate::login::networks::{self, Rule};
use crate::login::second_factor::{self, Demand, Rigour};
use crate::login::session::InApp;
use crate::oidc;
use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::error::ErrorCode;
use crate::oidc::resource;
use crate::oidc::scope::ScopeSet;
use crate::oidc::steps::Step;
use crate::oidc::token::request::TokenExchange;
use crate::oidc::token::response::{ACCESS_TOKEN, TokenResponse};
use crate::resources;
use crate::store::origin::Origin;
use crate::store::people::channel_binding::{ChannelBinding, NoteUse};
use crate::store::people::user::User;
use crate::tokens::issue;

/// How often the use of a binding is noted.
const NOTED: Duration = Duration::from_secs(60);

/// An access token for the sender of a channel, who has bound the chat with it. Anybody else's subject_token is `invalid_request`: RFC 8693 §2.2.2.
pub(super) async fn exchange(app: &App, client: &Client, wanted: &TokenExchange) -> Result<TokenResponse, Error> {
    if wanted.audience.is_some() {
        let why = "audience is not taken: name resources by their URI, with resource.";
        return Err(oidc::error::Error::new(ErrorCode::InvalidTarget, why).into());
    }
    let channel = channel_of(app, client, wanted.channel.as_deref())?;
    let refused = |came: &str| {
        let expected = "a sender who has bound the chat with this bot to an account that can be used";
        let error = oidc::error::Error::invalid_request("No account is bound to this sender of the channel.");
        Error::from(error.because(Difference::new("subject_token", came, expected)))
    };
    // The number of a group is none of a sender.
    let sender = Sender::parse(channel.kind, &wanted.subject_token, None)
        .ok_or_else(|| refused("what can be nobody's, such as the number of a group"))?;
    let bound = came::bound(app, channel, &sender.id).await?;
    let (binding, user) =
        bound.ok_or_else(|| refused("one who has not, whose account is disabled, or whose messenger is"))?;
    Origin::note(Step::passed("subject_token", "The sender has bound the chat with this bot."));
    if client.metadata.require_second_factor {
        let error = oidc::error::Error::invalid_request("The client requires a second factor, and a chat proves none.");
        return Err(error.into());
    }
    admit(app, client, &user).await?;
    let known = resources::known(app).await?;
    resource::requested(&wanted.resources, client, &known.resources, app.issuer())?;
    let scope = scope(client, wanted.scope.as_ref())?;
    let scope = match !scope.is_empty() && wanted.scope.is_some() {
        true => resource::scopes(&scope, &wanted.resources, client, &known.resources, app.issuer())?,
        false => scope,
    };
    let what = (&scope, &wanted.resources[..]);
    let mut response = issue::for_bound(app, client, &known, what, (&user.sub, &binding.id))?;
    response.issued_token_type = Some(ACCESS_TOKEN);
    note_use(app, &binding).await?;
    Ok(response)
}

/// Refuses if the person has to sign in first. Somebody with a second factor has proven it when they bound the chat; somebody who needs one and has
/// none has not. Nobody knows where the person is, so that a rule by network refuses.
async fn admit(app: &App, client: &Client, user: &User) -> Result<(), Error> {
    let needs = |what: &str| {
        let error = oidc::error::Error::new(ErrorCode::InteractionRequired, "The person has to sign in first.");
        Error::from(error.because(Difference::new("person", format!("one without {what}"), format!("one with {what}"))))
    };
    if !networks::admit(app, &user.id, None).await? {
        return Err(Rule::OfRole.refusal(None).into());
    }
    let in_app = InApp::of(app, &user.id, &client.id);
    if second_factor::demand(app, &user.id, Some(client), in_app.browser(), Rigour::Usual).await? == Demand::SetUp {
        return Err(needs("a second factor"));
    }
    match terms::is_due(app, &user.id, app.site.get().terms.as_ref()).await? {
        true => Err(needs("the terms of service accepted")),
        false => Ok(()),
    }
}

/// The channel that is meant, of those whose bots the client runs.
fn channel_of<'a>(app: &'a App, client: &'a Client, named: Option<&str>) -> Result<&'a DeclaredChannel, Error> {
    let own: Vec<_> = channels::of_client(app, &client.client_id).collect();
    let found = match named {
        Some(name) => own.iter().find(|channel| channel.name == name),
        None => own.first().filter(|_| own.len() == 1),
    };
    found.copied().ok_or_else(|| {
        let difference =
            Difference::one_of("channel", named.unwrap_or("none"), own.iter().map(|one| one.name.as_str()));
        oidc::error::Error::invalid_request("The client runs no such channel, or several.").because(difference).into()
    })
}

/// What the client gets of what it asks for: what it may have, without what is about the person's claims and sign-in here.
fn scope(client: &Client, asked: Option<&ScopeSet>) -> Result<ScopeSet, Error> {
    let allowed = ScopeSet::standard().iter().fold(client.metadata.scope.clone(), |scope, word| scope.without(word));
    let granted = asked.map_or_else(|| allowed.clone(), |asked| asked.intersection(&allowed));
    if granted.is_empty() && asked.is_some_and(|asked| !asked.is_empty()) {
        let came = asked.map(ToString::to_string).unwrap_or_default();
        let error = oidc::error::Error::new(ErrorCode::InvalidScope, "The client may have none of these scopes.");
        return Err(error.because(Difference::one_of("scope", came, allowed.iter())).into());
    }
    Ok(granted)
}

/// Notes that the bot has acted, at most once a minute.
async fn note_use(app: &App, binding: &ChannelBinding) -> Result<(), Error> {
    if binding.last_used_at.is_none_or(|used| app.now().since(used) >= NOTED) {
        app.db.write_one(NoteUse { binding: binding.id.clone() }).await?;
    }
    Ok(())
}
