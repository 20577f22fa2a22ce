//! Links by which a user sets a password, and the end of whatever was sent to a user and opens something.

use std::time::Duration;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::{Token, TokenHash, TokenKind};
use crate::letters::kind::{Kind, Notice};
use crate::letters::notice::notify;
use crate::letters::written::{Sealed, Secrets};
use crate::login::Error;
use crate::site::page::Page;
use crate::store;
use crate::store::db::{Change, Tx};
use crate::store::installation::event::Event;
use crate::store::people::mail_proof;
use crate::store::people::one_time_link::{self, NewLink, Purpose};
use crate::store::people::outbox;
use crate::store::people::role::{self, ADMINISTRATOR};
use crate::store::people::upstream_change;
use crate::store::people::user::{self, Identifier};

/// Makes a link by which the user sets a password, and ends the user's earlier links.
pub async fn make(app: &App, user: &Id, lifetime: Duration) -> Result<String, Error> {
    let (token, link) = PasswordLink::new(app, user, lifetime);
    app.db.write(ReplaceLink(link)).await?;
    Ok(address(app, &token))
}

/// Makes a link by which an administrator who has lost every way in sets a password, and ends the user's earlier links. The second
/// factors go when it is used. `None` if the user is disabled, or no administrator.
pub async fn make_for_recovery(app: &App, user: &Id, lifetime: Duration) -> Result<Option<String>, Error> {
    let (token, link) = PasswordLink::new(app, user, lifetime);
    let link = PasswordLink { purpose: Purpose::Recover, ..link };
    Ok(app.db.write(KeepRecoveryLink(link)).await?.then(|| address(app, &token)))
}

/// Stores a link that recovers an administrator, and ends the earlier ones; returns whether the user is one and may sign in.
#[derive(Clone)]
struct KeepRecoveryLink(PasswordLink);

impl Change for KeepRecoveryLink {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> store::db::Result<bool> {
        let (user, now) = (&self.0.user, tx.now());
        let may = user::hold(tx, user).await?.is_some_and(|held| held.disabled_at.is_none());
        if !may || !role::of_user(tx, user).await?.iter().any(|role| role == ADMINISTRATOR) {
            return Ok(false);
        }
        end_links(tx, user, now).await?;
        end_ways_back(tx, user, now).await?;
        self.0.keep(tx, now).await?;
        notify(tx, user, Notice::RecoveryBegun).await?;
        tx.record(&Event::RecoveryBegun { user: user.clone() }).await?;
        Ok(true)
    }
}

/// The link by which a user without a password sets the first one.
#[derive(Debug)]
pub enum FirstLink {
    /// It was made just now. Only its hash is stored, so it cannot be shown again.
    Made(String),
    /// An earlier link exists, and works until this moment.
    MadeBefore(Timestamp),
}

/// Makes a link by which the user sets a password, unless a working one exists, which was shown when it was made. If
/// several processes start at once, exactly one makes the link.
pub async fn make_first(app: &App, user: &Id, lifetime: Duration) -> Result<FirstLink, Error> {
    let (token, link) = PasswordLink::new(app, user, lifetime);
    let before = app.db.write(KeepFirstLink(link)).await?;
    Ok(before.map_or_else(|| FirstLink::Made(address(app, &token)), FirstLink::MadeBefore))
}

/// A link by which a user sets a password.
#[derive(Clone)]
struct PasswordLink {
    hash: TokenHash,
    purpose: Purpose,
    user: Id,
    /// The normal form of the address that it is sent to.
    address: Option<String>,
    lifetime: Duration,
}

impl PasswordLink {
    fn new(app: &App, user: &Id, lifetime: Duration) -> (Token, Self) {
        let token = Token::new(TokenKind::OneTimeLink, &app.random);
        let (hash, purpose) = (token.hash(), Purpose::SetPassword);
        let link = Self { hash, purpose, user: user.clone(), address: None, lifetime };
        (token, link)
    }

    async fn keep(&self, tx: &mut Tx<'_>, now: Timestamp) -> store::db::Result<()> {
        let (hash, user, expires_at) = (&self.hash, &self.user, now + self.lifetime);
        let address = self.address.as_deref();
        let link = NewLink { hash, purpose: self.purpose, user, address, created_at: now, expires_at };
        one_time_link::insert(tx, &link).await
    }
}

/// Stores a link that sets a password, and ends the earlier ones.
#[derive(Clone)]
struct ReplaceLink(PasswordLink);

impl Change for ReplaceLink {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> store::db::Result<()> {
        user::hold(tx, &self.0.user).await?;
        let now = tx.now();
        end_links(tx, &self.0.user, now).await?;
        end_ways_back(tx, &self.0.user, now).await?;
        self.0.keep(tx, now).await?;
        tx.record(&Event::PasswordLinkMade { user: self.0.user }).await
    }
}

/// Stores a link that sets a password unless a working one exists; returns until when that one works.
#[derive(Clone)]
struct KeepFirstLink(PasswordLink);

impl Change for KeepFirstLink {
    type Outcome = Option<Timestamp>;

    async fn apply(self, tx: &mut Tx<'_>) -> store::db::Result<Option<Timestamp>> {
        user::hold(tx, &self.0.user).await?;
        let now = tx.now();
        let before = one_time_link::works_until(tx, Purpose::SetPassword, &self.0.user, now).await?;
        if before.is_none() {
            self.0.keep(tx, now).await?;
            tx.record(&Event::PasswordLinkMade { user: self.0.user }).await?;
        }
        Ok(before)
    }
}

/// Ends the links by which a user can set a password, and withdraws the letters with them that wait.
async fn end_links(tx: &mut Tx<'_>, user: &Id, now: Timestamp) -> store::db::Result<()> {
    for purpose in [Purpose::SetPassword, Purpose::Recover] {
        one_time_link::end_all(tx, purpose, user, now).await?;
    }
    outbox::withdraw(tx, user, Kind::Reset.as_str()).await
}

/// Ends the links that take a change of the address back, or undo that an account elsewhere was linked or unlinked, for an operator, who
/// decides whose the account is. Nothing else ends them: whoever has made the change could do it, too.
pub(super) async fn end_ways_back(tx: &mut Tx<'_>, user: &Id, now: Timestamp) -> store::db::Result<()> {
    upstream_change::forget_all(tx, user).await?;
    one_time_link::end_all(tx, Purpose::TakeBack, user, now).await
}

/// Ends all that was sent to a user and opens something: links that set a password, and codes and links that sign in, or prove an
/// address. What waits to be sent is withdrawn. A link that takes a change of the address back stays.
pub(super) async fn end_what_was_sent(tx: &mut Tx<'_>, user: &Id, now: Timestamp) -> store::db::Result<()> {
    end_links(tx, user, now).await?;
    mail_proof::delete_of_user(tx, user).await?;
    for kind in [Kind::SignIn, Kind::Verify, Kind::ChangeAddress] {
        outbox::withdraw(tx, user, kind.as_str()).await?;
    }
    Ok(())
}

/// Sends a letter with a link by which a user sets a password to one of the user's own addresses, and ends the earlier
/// links. The address is looked at again: it may have been taken from the user meanwhile.
pub async fn mail(app: &App, user: &Id, address: &Identifier, language: &str) -> Result<(), Error> {
    let lifetime = app.config.mail.reset_link;
    let (token, link) = PasswordLink::new(app, user, lifetime);
    let link = PasswordLink { address: Some(address.normalised.clone()), ..link };
    let secrets = Secrets { token: Some(token.expose().into()), ..Secrets::default() };
    let letter = Sealed::new(app, Kind::Reset, &address.as_written, language, &secrets).working_for(lifetime);
    Ok(app.db.write(MailLink { link, letter }).await?)
}

/// Stores a link that sets a password, ends the earlier ones, and writes the letter with it.
#[derive(Clone)]
struct MailLink {
    link: PasswordLink,
    letter: Sealed,
}

impl Change for MailLink {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> store::db::Result<()> {
        let Self { link, letter } = self;
        let user = link.user.clone();
        let may = user::hold(tx, &user).await?.is_some_and(|held| held.disabled_at.is_none());
        let own = user::identifiers(tx, &user).await?;
        if !may || own.iter().all(|identifier| identifier.as_written != letter.recipient) {
            return Ok(());
        }
        let now = tx.now();
        // Who asks again begins with the next mail server: perhaps the one before has lost the letter.
        let asked = one_time_link::count_since(tx, Purpose::SetPassword, &user, now - ASKS_AGAIN).await?;
        // Not one that works for longer: an operator has made it, and a stranger who asks for a letter must not end it.
        one_time_link::end_until(tx, Purpose::SetPassword, &user, (now, now + link.lifetime)).await?;
        link.keep(tx, now).await?;
        let row = letter.row(Some(&user), now, tx.origin(), asked);
        outbox::write(tx, &row).await?;
        tx.record(&Event::PasswordLinkSent { user }).await
    }
}

/// How long after a letter another one of the same is the answer to its not having arrived.
const ASKS_AGAIN: Duration = Duration::from_secs(60 * 60);

fn address(app: &App, token: &Token) -> String {
    // In the fragment the token would need a script; in the query, it is kept out of logs and, by referrer policy, out
    // of referrers.
    format!("{}?token={}", app.url(Page::SetPassword), token.expose())
}
