//! A forgotten password: who gets a letter with a link to set a new one.

use crate::account::password_link;
use crate::app::App;
use crate::letters::limits::Asker;
use crate::login::Error;
use crate::login::identifier;
use crate::store::people::user::{self, Identifier, IdentifierKind};

/// Sends a letter to whoever has this identifier in its normal form, if anybody does. Nothing tells the caller whether that is so.
pub async fn send_link(app: &App, normalised: &str, asker: &Asker, language: &str) -> Result<(), Error> {
    let mut conn = app.db.read().await?;
    let Some(user) = user::find_by_identifier(&mut conn, normalised).await? else { return Ok(()) };
    let own = user::identifiers(&mut conn, &user.id).await?;
    drop(conn);
    let Some(address) = address_of(&own, normalised) else { return Ok(()) };
    // What was typed has been counted; whoever types a username sends letters to an address all the same.
    if user.disabled_at.is_some() || !asker.may_send(app, &address.normalised).await {
        return Ok(());
    }
    password_link::mail(app, &user.id, address, language).await
}

/// The stored address that was typed or, for a username, the main one of its user.
fn address_of<'a>(own: &'a [Identifier], typed: &str) -> Option<&'a Identifier> {
    let same = own.iter().find(|it| it.is_email() && it.normalised == typed);
    same.or_else(|| identifier::main(own, &IdentifierKind::Email))
}
