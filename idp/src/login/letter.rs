//! Signing in, and making an account, by a letter: asked for in one browser, with the same answer whether or not anybody has the
//! address.
//!
//! Each of these writes a row, with a user or without, so that known and unknown addresses cost the same, and are counted the
//! same.

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::base::id::Id;
use crate::base::secret::Secret;
use crate::base::token::{CookieSecret, Token, TokenHash, TokenKind};
use crate::letters::kind::Kind;
use crate::letters::limits::Asker;
use crate::letters::proof::{Tried, attempt, digits, hash, is_code, new_code};
use crate::letters::written::{Sealed, Secrets};
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::mail_proof::{self, NewProof, Proof, Purpose};
use crate::store::people::outbox;
use crate::store::people::user::{self, Identifier, User};

/// Somebody who is about to make an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Newcomer {
    /// The address, as written.
    pub email: String,
    /// The profile.
    pub profile: serde_json::Map<String, serde_json::Value>,
    /// The hash of the password.
    pub phc: String,
    /// The invitation by which it is made. The release before has written none.
    #[serde(default)]
    pub invitation: Option<Id>,
    /// The version of the terms that was accepted.
    #[serde(default)]
    pub terms: Option<String>,
    /// The session of the anonymous account that becomes theirs.
    #[serde(default)]
    pub kept: Option<Id>,
}

/// What a sign-in by letter goes on with, in the browser that asked for it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GoesOn {
    /// The sealed interaction on whose way the letter was asked for.
    pub interaction: Option<String>,
    /// Whether the person asked to be kept signed in.
    pub keep: bool,
    /// The name of the page to which the sign-in returns.
    pub return_to: Option<String>,
}

/// The place for which the continuation of a proof is sealed: the interaction, or who signs up.
fn place(proof: &Id) -> String {
    format!("mail_proof.sealed.{proof}")
}

/// What the browser that asked keeps: the name of its proof.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The name, in a form of that browser.
    pub name: String,
}

impl Asked {
    /// The number that the browser shows, for whoever opens the link in another one.
    pub fn number(&self, app: &App) -> String {
        number_of(app, &Id::from(self.name.as_str()))
    }
}

fn number_of(app: &App, proof: &Id) -> String {
    let print = app.vault.derive("mail number").fingerprint(proof.as_str());
    let sum = print.bytes().fold(0_u64, |sum, byte| (sum * 131 + u64::from(byte)) % 1_000_000);
    format!("{sum:06}")
}

/// Who asks for a letter, and where.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// The address, as typed.
    pub address: &'a Identifier,
    /// As whose request it was counted.
    pub asker: &'a Asker,
    /// The browser.
    pub browser: &'a CookieSecret,
    /// The tag of the language of its page.
    pub language: &'a str,
}

/// Asks for a letter to sign in with.
pub async fn ask_to_sign_in(app: &App, asking: Asking<'_>, goes_on: &GoesOn) -> Result<Asked> {
    let owner = owner_of(app, asking.address).await?;
    // Whoever has made an account with an address that is not theirs must not share it with its owner.
    let owner = owner.filter(|owner| owner.address.verified_at.is_some() && owner.user.disabled_at.is_none());
    let goes_on = serde_json::to_vec(goes_on).unwrap_or_default();
    ask(app, asking, (Purpose::SignIn, owner, Some(goes_on))).await
}

/// Asks for a letter to make an account with. Whoever has the address already is told so by letter.
pub async fn ask_to_sign_up(app: &App, asking: Asking<'_>, newcomer: &Newcomer) -> Result<Asked> {
    let owner = owner_of(app, asking.address).await?;
    let continuation = serde_json::to_vec(newcomer).unwrap_or_default();
    ask(app, asking, (Purpose::SignUp, owner, Some(continuation))).await
}

/// Whoever has an address, and how it is stored: letters go there, however it was typed.
struct Owner {
    user: User,
    address: Identifier,
}

async fn owner_of(app: &App, address: &Identifier) -> Result<Option<Owner>> {
    let mut conn = app.db.read().await?;
    let Some(user) = user::find_by_identifier(&mut conn, &address.normalised).await? else { return Ok(None) };
    let own = user::identifiers(&mut conn, &user.id).await?;
    let stored = own.into_iter().find(|it| it.normalised == address.normalised);
    Ok(stored.map(|address| Owner { user, address }))
}

async fn ask(
    app: &App,
    asking: Asking<'_>,
    (purpose, owner, continuation): (Purpose, Option<Owner>, Option<Vec<u8>>),
) -> Result<Asked> {
    let Asking { address, asker, browser, language } = asking;
    // Counted for known and unknown addresses alike. One to which too many letters go is treated as one that nobody has.
    let may_send = asker.may_send(app, &address.normalised).await;
    let owner = owner.filter(|_| may_send || purpose == Purpose::SignUp);
    let (id, code, lifetime) = (Id::from(app.random.name::<16>()), new_code(app), app.config.mail.code);
    let token = Token::new(TokenKind::OneTimeLink, &app.random);
    let sealed = continuation.map(|plain| app.vault.seal(&app.random, &place(&id), &plain));
    let proof = NewProof {
        purpose,
        user: owner.as_ref().map(|owner| owner.user.id.clone()),
        browser_hash: Some(browser.hash()),
        sealed,
        address: address.normalised.clone(),
        link_hash: (purpose == Purpose::SignIn).then(|| token.hash()),
        code_hash: hash(app, &id, &code),
        lifetime,
        id: id.clone(),
    };
    let with_code = Secrets { code: Some(code.into()), ..Secrets::default() };
    let (kind, secrets) = match (purpose, &owner) {
        (Purpose::SignIn, _) => (Kind::SignIn, Secrets { token: Some(token.expose().into()), ..with_code }),
        (_, None) => (Kind::SignUp, with_code),
        (_, Some(_)) => (Kind::Registered, Secrets::default()),
    };
    // Made whether or not it is sent: the time must not tell.
    let recipient = owner.as_ref().map_or(&address.as_written, |owner| &owner.address.as_written);
    let letter = Sealed::new(app, kind, recipient, language, &secrets).working_for(lifetime);
    app.db.write(Ask { proof, letter }).await?;
    Ok(Asked { name: id.to_string() })
}

/// Keeps a proof, and writes its letter if anybody is to get one.
#[derive(Clone)]
struct Ask {
    proof: NewProof,
    letter: Sealed,
}

impl Change for Ask {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let (Self { mut proof, letter }, now) = (self, tx.now());
        let owner = match (proof.user.take(), proof.purpose) {
            (Some(user), purpose) => match user::hold(tx, &user).await? {
                None => return Ok(()),
                // The address may have been taken from the user meanwhile.
                Some(_) if purpose == Purpose::SignIn && !signs_in(tx, &user, &proof.address).await? => {
                    return mail_proof::replace(tx, &proof, now).await.map(drop);
                }
                Some(_) => Some(user),
            },
            (None, Purpose::SignUp) => None,
            // Nobody has the address: no letter, and a row that no code fits.
            (None, _) => return mail_proof::replace(tx, &proof, now).await.map(drop),
        };
        proof.user.clone_from(&owner);
        if proof.purpose == Purpose::SignUp && owner.is_some() {
            // The account is there: no code makes another one.
            proof.code_hash = String::new();
            proof.sealed = None;
        }
        let server = mail_proof::replace(tx, &proof, now).await?;
        let mut row = letter.row(owner.as_ref(), now, tx.origin(), server);
        // Of each browser the newest alone counts: what strangers ask for takes nothing from the owner.
        if let (Some(about), Some(browser)) = (&mut row.about, &proof.browser_hash) {
            *about = format!("{about}:{}", browser.as_str());
        }
        outbox::write(tx, &row).await
    }
}

/// Whether a letter to an address signs a user in, for whoever holds the user's row: it is a verified one of theirs.
async fn signs_in(tx: &mut Tx<'_>, user: &Id, address: &str) -> Result<bool> {
    let own = user::identifiers(tx, user).await?;
    Ok(own.iter().any(|it| it.normalised == address && it.verified_at.is_some()))
}

/// What a code, a link or a number was good for.
#[derive(Debug)]
pub enum Judged {
    /// It is right.
    Right {
        /// What is proven.
        proof: Box<Proof>,
        /// The generation of the user who signs in by it, at that moment.
        generation: Option<i64>,
    },
    /// It is wrong.
    Wrong,
    /// It is used up, too old, or there was none.
    Over,
}

/// Judges a code that was typed in the browser that asked for it, and uses it up if it is right; one that makes an account is used
/// up by the change that makes it.
pub async fn judge_code(
    app: &App,
    purpose: Purpose,
    asked: &str,
    typed: &str,
    browser: &CookieSecret,
) -> Result<Judged> {
    let (id, browser) = (Id::from(asked), browser.hash());
    let mut conn = app.db.read().await?;
    let proof = mail_proof::find_asked(&mut conn, &id, purpose, &browser, app.now()).await?;
    drop(conn);
    let Some(proof) = proof else { return Ok(Judged::Over) };
    let brought = Brought::Code { hash: hash(app, &proof.id, &digits(typed)) };
    app.db.write(Judge { purpose, proof, browser, brought }).await
}

/// A link that was opened: its proof, and whether it is the browser that asked for it.
pub async fn opened(app: &App, link: &TokenHash, browser: &CookieSecret) -> Result<Option<(Proof, bool)>> {
    let mut conn = app.db.read().await?;
    let proof = mail_proof::find_by_link(&mut conn, link, Purpose::SignIn, Some(&browser.hash()), app.now()).await?;
    Ok(proof.map(|proof| {
        let same = proof.browser_hash.as_ref() == Some(&browser.hash());
        (proof, same)
    }))
}

/// Judges a link, in another browser than the one that asked for it only with the number that is shown there, and uses it up.
pub async fn judge_link(app: &App, link: &TokenHash, number: &str, browser: &CookieSecret) -> Result<Judged> {
    let Some((proof, same)) = opened(app, link, browser).await? else { return Ok(Judged::Over) };
    let brought = match same {
        true => Brought::Link,
        false => Brought::LinkAndNumber { typed: digits(number), right: number_of(app, &proof.id) },
    };
    app.db.write(Judge { purpose: Purpose::SignIn, proof, browser: browser.hash(), brought }).await
}

/// What a person has brought from a letter.
#[derive(Clone)]
enum Brought {
    /// The code that was typed, by its hash.
    Code { hash: String },
    /// The link, in the browser that asked for it.
    Link,
    /// The link in another browser, with the number that was typed, and the one that the first browser shows.
    LinkAndNumber { typed: String, right: String },
}

/// Counts the try, compares, and uses the proof up, in one transaction.
#[derive(Clone)]
struct Judge {
    purpose: Purpose,
    proof: Proof,
    browser: TokenHash,
    brought: Brought,
}

impl Change for Judge {
    type Outcome = Judged;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Judged> {
        let (Self { purpose, proof, browser, brought }, now) = (self, tx.now());
        let generation = match &proof.user_id {
            None => None,
            // The user is locked before the proof, as everywhere.
            Some(user) => match user::hold(tx, user).await? {
                Some(held) if held.disabled_at.is_none() => Some(held.generation),
                _ => return Ok(Judged::Over),
            },
        };
        let is_right = |counted: &Proof| match &brought {
            Brought::Code { hash } => is_code(counted, hash),
            Brought::Link => true,
            Brought::LinkAndNumber { typed, right } => Secret::from(right.as_str()).same_as(typed),
        };
        let counted = match attempt(tx, &proof.id, is_right).await? {
            Tried::Right(counted) => counted,
            Tried::Wrong => return Ok(Judged::Wrong),
            Tried::Over => return Ok(Judged::Over),
            Tried::WrongAtLast => {
                if let Some(user) = proof.user_id {
                    tx.record(&Event::MailCodeFailed { user }).await?;
                }
                return Ok(Judged::Over);
            }
        };
        // A letter in the mailbox of an address that is the user's no more opens nothing.
        if let (Purpose::SignIn, Some(user)) = (purpose, &proof.user_id)
            && !signs_in(tx, user, &proof.address).await?
        {
            return Ok(Judged::Over);
        }
        let is_good = purpose == Purpose::SignUp || mail_proof::consume_asked(tx, &proof.id, &browser, now).await?;
        match is_good {
            true => Ok(Judged::Right { proof: counted, generation }),
            false => Ok(Judged::Over),
        }
    }
}

/// What a sign-in by this proof goes on with.
pub fn goes_on(app: &App, proof: &Proof) -> GoesOn {
    let sealed = proof.sealed.as_deref();
    let Some(plain) = sealed.and_then(|sealed| app.vault.unseal(&place(&proof.id), sealed)) else {
        return GoesOn::default();
    };
    // The release before has written the interaction alone.
    let interaction = || GoesOn { interaction: String::from_utf8(plain.to_vec()).ok(), ..GoesOn::default() };
    serde_json::from_slice(&plain).unwrap_or_else(|_| interaction())
}

/// What was asked for in this browser and still waits for its code.
pub async fn waiting(app: &App, purpose: Purpose, asked: &str, browser: &CookieSecret) -> Result<Option<Proof>> {
    let mut conn = app.db.read().await?;
    mail_proof::find_asked(&mut conn, &Id::from(asked), purpose, &browser.hash(), app.now()).await
}

/// Who is about to make an account with this proof; `None` if that cannot be opened.
pub fn newcomer(app: &App, proof: &Proof) -> Option<Newcomer> {
    let plain = app.vault.unseal(&place(&proof.id), proof.sealed.as_deref()?)?;
    serde_json::from_slice(&plain).ok()
}
