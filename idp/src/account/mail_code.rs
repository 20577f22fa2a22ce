//! Codes and links that prove that somebody reads a mailbox: made, sent and judged.

use std::time::Duration;

use crate::account::address_change::{self, WayBack};
use crate::app::App;
use crate::base::id::Id;
use crate::base::token::{Token, TokenHash, TokenKind};
use crate::letters::kind::Kind;
use crate::letters::proof::{Tried, attempt, digits, hash, is_code, new_code};
use crate::letters::written::{Sealed, Secrets};
use crate::login::identifier;
use crate::login::step_up::SteppedUp;
use crate::store::db::{Change, Error, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::mail_proof::{self, NewProof, Proof, Purpose};
use crate::store::people::outbox;
use crate::store::people::session::Session;
use crate::store::people::user::{self, Identifier, IdentifierKind};

/// What a code or a link was good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// It is right, and what it allows is done.
    Right,
    /// It is wrong.
    Wrong,
    /// It is used up, too old, or there was none: another letter is needed.
    Over,
    /// Somebody else has the address.
    Taken,
}

/// Sends a letter with a link and a code that verify an address of a user.
pub async fn send_verification(app: &App, user: &Id, address: &Identifier, language: &str) -> Result<()> {
    let token = Token::new(TokenKind::OneTimeLink, &app.random);
    let send = Send::new(app, (Purpose::Verify, Kind::Verify), user, address, Some(&token));
    app.db.write(send.working_for(app, app.config.mail.verification, language)).await
}

/// Sends a letter with a code to an address that a user wants to have.
pub async fn send_change(app: &App, user: &Id, address: &Identifier, language: &str) -> Result<()> {
    let send = Send::new(app, (Purpose::Change, Kind::ChangeAddress), user, address, None);
    app.db.write(send.working_for(app, app.config.mail.code, language)).await
}

/// What a letter is made of, before it has a language.
struct Send {
    proof: NewProof,
    kind: Kind,
    recipient: String,
    secrets: Secrets,
}

impl Send {
    fn new(app: &App, what: (Purpose, Kind), user: &Id, address: &Identifier, token: Option<&Token>) -> Self {
        let ((purpose, kind), id, code) = (what, app.id(), new_code(app));
        let proof = NewProof {
            purpose,
            user: Some(user.clone()),
            browser_hash: None,
            sealed: None,
            address: address.as_written.clone(),
            link_hash: token.map(Token::hash),
            code_hash: hash(app, &id, &code),
            lifetime: Duration::ZERO,
            id,
        };
        let secrets =
            Secrets { code: Some(code.into()), token: token.map(|token| token.expose().into()), ..Secrets::default() };
        Self { proof, kind, recipient: address.as_written.clone(), secrets }
    }

    fn working_for(self, app: &App, lifetime: Duration, language: &str) -> SendProof {
        let letter = Sealed::new(app, self.kind, &self.recipient, language, &self.secrets).working_for(lifetime);
        SendProof { proof: NewProof { lifetime, ..self.proof }, letter }
    }
}

/// Keeps a proof in place of earlier ones, and writes the letter with it.
#[derive(Clone)]
struct SendProof {
    proof: NewProof,
    letter: Sealed,
}

impl Change for SendProof {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let Self { proof, letter } = self;
        let Some(user) = &proof.user else { return Ok(()) };
        if user::hold(tx, user).await?.is_none_or(|held| held.disabled_at.is_some()) {
            return Ok(());
        }
        let now = tx.now();
        let server = mail_proof::replace(tx, &proof, now).await?;
        let row = letter.row(Some(user), now, tx.origin(), server);
        outbox::write(tx, &row).await
    }
}

/// What a person has brought from a letter.
#[derive(Clone)]
enum Brought {
    /// The hash of the code that was typed.
    Code(String),
    /// The link, which was found by its hash.
    Link,
}

/// What a right code or link is good for.
#[derive(Clone)]
enum Allowed {
    /// To verify an address.
    Verify,
    /// To have the address in place of the one before, for who has stepped up. The old one gets a way back.
    Change(SteppedUp, WayBack),
}

/// Judges a code that a user has typed to verify an address.
pub async fn judge_verification(app: &App, user: &Id, typed: &str) -> Result<Judged> {
    let proof = mail_proof::find(&mut *app.db.read().await?, user, Purpose::Verify, app.now()).await?;
    let Some(proof) = proof else { return Ok(Judged::Over) };
    let brought = Brought::Code(hash(app, &proof.id, &digits(typed)));
    Ok(judge(app, Allowed::Verify, proof, brought).await?.unwrap_or(Judged::Over))
}

/// Judges a link that a user has opened to verify an address.
pub async fn judge_link(app: &App, user: &Id, link: &TokenHash) -> Result<Judged> {
    let proof = mail_proof::find_by_link(&mut *app.db.read().await?, link, Purpose::Verify, None, app.now()).await?;
    match proof.filter(|proof| proof.user_id.as_ref() == Some(user)) {
        Some(proof) => Ok(judge(app, Allowed::Verify, proof, Brought::Link).await?.unwrap_or(Judged::Over)),
        None => Ok(Judged::Over),
    }
}

/// Judges a code that the person of a session has typed to change their address. `None`, and the code is as good as before, if
/// the session has ended, or its person has to prove again who they are.
pub async fn judge_change(app: &App, session: &Session, typed: &str) -> Result<Option<Judged>> {
    let proof = mail_proof::find(&mut *app.db.read().await?, &session.user_id, Purpose::Change, app.now()).await?;
    let Some(proof) = proof else { return Ok(Some(Judged::Over)) };
    let brought = Brought::Code(hash(app, &proof.id, &digits(typed)));
    let way_back = WayBack::new(app, &session.user_id).await?;
    judge(app, Allowed::Change(SteppedUp::of(app, session), way_back), proof, brought).await
}

async fn judge(app: &App, allowed: Allowed, proof: Proof, brought: Brought) -> Result<Option<Judged>> {
    match app.db.write(Judge { allowed, proof, brought }).await {
        // Somebody else was faster.
        Err(Error::Conflict) => Ok(Some(Judged::Taken)),
        judged => judged,
    }
}

/// Counts the try, compares, and does what is allowed, in one transaction.
#[derive(Clone)]
struct Judge {
    allowed: Allowed,
    proof: Proof,
    brought: Brought,
}

impl Change for Judge {
    type Outcome = Option<Judged>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<Judged>> {
        let Some(user) = self.proof.user_id.clone() else { return Ok(Some(Judged::Over)) };
        if user::hold(tx, &user).await?.is_none_or(|held| held.disabled_at.is_some()) {
            return Ok(Some(Judged::Over));
        }
        if let Allowed::Change(step_up, _) = &self.allowed
            && !step_up.holds(tx).await?
        {
            return Ok(None);
        }
        self.judge(tx, user).await.map(Some)
    }
}

impl Judge {
    async fn judge(self, tx: &mut Tx<'_>, user: Id) -> Result<Judged> {
        let (Self { allowed, proof, brought }, now) = (self, tx.now());
        if let Brought::Code(typed) = brought {
            match attempt(tx, &proof.id, |counted| is_code(counted, &typed)).await? {
                Tried::Right(_) => {}
                Tried::Wrong => return Ok(Judged::Wrong),
                Tried::WrongAtLast | Tried::Over => return Ok(Judged::Over),
            }
        }
        if !mail_proof::consume(tx, &proof.id, now).await? {
            return Ok(Judged::Over);
        }
        match allowed {
            Allowed::Verify => {
                let is_theirs = note_owner(tx, &user, &identifier::normalise(&proof.address)).await?;
                Ok(if is_theirs { Judged::Right } else { Judged::Over })
            }
            Allowed::Change(_, way_back) => change(tx, user, &proof.address, way_back).await,
        }
    }
}

/// Notes that a user owns an address, by its normal form, if the user still has it; returns whether they do.
pub(super) async fn note_owner(tx: &mut Tx<'_>, user: &Id, address: &str) -> Result<bool> {
    let now = tx.now();
    let own = user::identifiers(tx, user).await?;
    let Some(address) = own.iter().find(|it| it.is_email() && it.normalised == address) else { return Ok(false) };
    if user::verify_identifier(tx, user, address, now).await? {
        user::set_updated(tx, user, now).await?;
        tx.record(&Event::IdentifierVerified { user: user.clone(), identifier: IdentifierKind::Email }).await?;
    }
    Ok(true)
}

/// Gives a user an address that was proven, in place of the one before; both are told, and the old one can take it back.
async fn change(tx: &mut Tx<'_>, user: Id, address: &str, way_back: WayBack) -> Result<Judged> {
    let now = tx.now();
    let Ok(new) = identifier::parse_email(address, Some(now)) else { return Ok(Judged::Over) };
    let own = user::identifiers(tx, &user).await?;
    let old = identifier::main(&own, &IdentifierKind::Email).filter(|old| old.normalised != new.normalised).cloned();
    let since = user::address_since(tx, &user).await?;
    // It may be another address of the same person.
    let present = own.iter().find(|it| it.is_email() && it.normalised == new.normalised);
    if let Some(present) = present {
        user::delete_identifier(tx, &user, present).await?;
    }
    let was_own = present.is_some_and(|it| it.verified_at.is_some());
    if let Some(old) = &old {
        user::delete_identifier(tx, &user, old).await?;
        tx.record(&Event::IdentifierRemoved { user: user.clone(), identifier: IdentifierKind::Email }).await?;
    }
    let id = tx.id();
    user::insert_identifier(tx, &id, &user, &new, now).await?;
    if let Some(since) = since {
        user::note_address_since(tx, &user, since).await?;
    }
    tx.record(&Event::IdentifierAdded { user: user.clone(), identifier: IdentifierKind::Email }).await?;
    user::set_updated(tx, &user, now).await?;
    // What waits in the old mailbox must not open the account any more.
    super::password_link::end_what_was_sent(tx, &user, now).await?;
    address_change::note(tx, &user, way_back, (old.as_ref(), &new), was_own).await?;
    Ok(Judged::Right)
}
