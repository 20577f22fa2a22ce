//! Invitations to make an account.

use std::time::Duration;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::language::Language;
use crate::base::written_code::WrittenCode;
use crate::letters::kind::Kind;
use crate::letters::written::{Sealed, Secrets};
use crate::login::identifier;
use crate::site::page::Page;
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::invitation::{self, Invitation, NewInvitation};
use crate::store::people::outbox;
use crate::store::people::user::Identifier;

/// What is invited to.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The address that it is for, as written; anybody's if there is none. With mail, the code goes there and to nobody else.
    pub address: Option<String>,
    /// How many accounts can be made with it.
    pub uses: i64,
    /// How long it works.
    pub lifetime: Duration,
    /// The roles that come with it.
    pub roles: Vec<String>,
    /// The language of the letter; that of the pages by default.
    pub language: Option<Language>,
}

/// An invitation that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its row.
    pub id: Id,
    /// The code and the address of the page that it is typed on; `None` if they were sent by letter. Only a hash is stored, so
    /// they cannot be shown again.
    pub shown: Option<(String, String)>,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Makes an invitation, and writes the letter with it if it is for an address and letters are sent.
pub async fn make(app: &App, wanted: Wanted) -> Result<Made> {
    let (id, code, now) = (app.id(), WrittenCode::new(&app.random), app.now());
    let expires_at = now + wanted.lifetime;
    let recipient = wanted.address.clone().filter(|_| app.mailer.is_on());
    let letter = recipient.map(|recipient| {
        let secrets = Secrets { token: Some(code.written().into()), ..Secrets::default() };
        let language = wanted.language.unwrap_or_else(|| app.site.get().language.clone());
        Sealed::new(app, Kind::Invitation, &recipient, language.tag(), &secrets).working_for(wanted.lifetime)
    });
    let shown = letter.is_none().then(|| (code.written(), address(app, &code)));
    let new = NewInvitation {
        id: id.clone(),
        code_hash: code.hash(),
        address: wanted.address,
        is_mailed: letter.is_some(),
        roles: wanted.roles,
        uses: wanted.uses,
        expires_at,
    };
    app.db.write(Make { new, letter }).await?;
    Ok(Made { id, shown, expires_at })
}

/// The page of the sign-up, with the code filled in.
fn address(app: &App, code: &WrittenCode) -> String {
    format!("{}?invitation={}", app.url(Page::SignUp), code.written())
}

#[derive(Clone)]
struct Make {
    new: NewInvitation,
    letter: Option<Sealed>,
}

impl Change for Make {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let (Self { new, letter }, now) = (self, tx.now());
        let created_by = tx.actor().map(str::to_owned);
        invitation::insert(tx, &new, created_by.as_deref(), now).await?;
        if let Some(letter) = letter {
            let mut row = letter.row(None, now, None, 0);
            row.about = Some(about(&new.id));
            outbox::write(tx, &row).await?;
        }
        let (invitation, roles) = (new.id.handle(), new.roles);
        tx.record(&Event::InvitationCreated { invitation, uses: new.uses, roles }).await
    }
}

/// What the letter with an invitation is about.
fn about(invitation: &Id) -> String {
    format!("{}:{invitation}", Kind::Invitation.as_str())
}

/// Revokes an invitation, and withdraws its letter if that waits; returns whether it still worked.
pub async fn revoke(app: &App, invitation: &Id) -> Result<bool> {
    app.db.write(Revoke { invitation: invitation.clone() }).await
}

#[derive(Clone)]
struct Revoke {
    invitation: Id,
}

impl Change for Revoke {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let (Self { invitation: id }, now) = (self, tx.now());
        if !invitation::revoke(tx, &id, now).await? {
            return Ok(false);
        }
        outbox::withdraw_about(tx, &about(&id)).await?;
        tx.record(&Event::InvitationRevoked { invitation: id.handle() }).await?;
        Ok(true)
    }
}

/// The invitation with a code as it was typed, if it works; nothing is used up.
pub async fn find(app: &App, typed: &str) -> Result<Option<Invitation>> {
    let Some(code) = WrittenCode::parse(typed) else { return Ok(None) };
    invitation::find_by_code(&mut *app.db.read().await?, &code.hash(), app.now()).await
}

/// Whether an invitation is for these identifiers: for anybody's, or for an address that is one of them.
pub fn is_for(invitation: &Invitation, identifiers: &[Identifier]) -> bool {
    invitation.address.is_none() || is_bound_to(invitation, identifiers)
}

/// Whether it is for an address that is one of these identifiers.
pub fn is_bound_to(invitation: &Invitation, identifiers: &[Identifier]) -> bool {
    let Some(address) = &invitation.address else { return false };
    let normalised = identifier::normalise(address);
    identifiers.iter().any(|it| it.is_email() && it.normalised == normalised)
}

/// Whether who has the code of an invitation has proven these identifiers with it: it came by letter to that address.
pub fn proves(invitation: &Invitation, identifiers: &[Identifier]) -> bool {
    invitation.mailed_at.is_some() && is_bound_to(invitation, identifiers)
}
