//! Signing in, and making an account, by a letter: asked for in one browser, with the same answer whether or not anybody has the
//! address.
//!
//! Each of these writes a row, with a user or without, so that known and unknown addresses cost the same, and are counted the
//! same.

use serde::{Deserialize, Serialize};

use crate::account::mail_code::{code, digits, hash};
use crate::app::App;
use crate::base::id::Id;
use crate::base::secret::Secret;
use crate::base::token::{CookieSecret, Token, TokenHash, TokenKind};
use crate::letters::kind::Kind;
use crate::letters::written::{Sealed, Secrets};
use crate::store::db::{Change, Result, Tx};
use crate::store::people::mail_proof::{self, NewProof, Proof, Purpose, TRIES};
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
}

/// Where what goes on with a proof is sealed.
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

/// Asks for a letter to sign in with, for a browser, on the way to what the sealed interaction leads to.
pub async fn ask_to_sign_in(
    app: &App,
    address: &Identifier,
    browser: &CookieSecret,
    language: &str,
    interaction: Option<String>,
) -> Result<Asked> {
    let mut conn = app.db.read().await?;
    let mut owner = user::find_by_identifier(&mut conn, &address.normalised).await?;
    if let Some(user) = &owner {
        // Whoever has made an account with an address that is not theirs must not share it with its owner.
        let own = user::identifiers(&mut conn, &user.id).await?;
        let proven = own.iter().any(|it| it.normalised == address.normalised && it.verified_at.is_some());
        owner = owner.filter(|user| proven && user.disabled_at.is_none());
    }
    drop(conn);
    let goes_on = interaction.map(String::into_bytes);
    ask(app, (Purpose::SignIn, owner.as_ref(), goes_on), address, browser, language).await
}

/// Asks for a letter to make an account with, for a browser. Whoever has the address already is told so by letter.
pub async fn ask_to_sign_up(
    app: &App,
    address: &Identifier,
    newcomer: &Newcomer,
    browser: &CookieSecret,
    language: &str,
) -> Result<Asked> {
    let owner = user::find_by_identifier(&mut *app.db.read().await?, &address.normalised).await?;
    let goes_on = serde_json::to_vec(newcomer).unwrap_or_default();
    ask(app, (Purpose::SignUp, owner.as_ref(), Some(goes_on)), address, browser, language).await
}

async fn ask(
    app: &App,
    (purpose, owner, goes_on): (Purpose, Option<&User>, Option<Vec<u8>>),
    address: &Identifier,
    browser: &CookieSecret,
    language: &str,
) -> Result<Asked> {
    let (id, code, lifetime) = (Id::from(app.random.name::<16>()), code(app), app.config.mail.code);
    let token = Token::new(TokenKind::OneTimeLink, &app.random);
    let sealed = goes_on.map(|plain| app.vault.seal(&app.random, &place(&id), &plain));
    let proof = NewProof {
        purpose,
        user: owner.map(|user| user.id.clone()),
        browser_hash: Some(browser.hash()),
        sealed,
        address: address.normalised.clone(),
        link_hash: (purpose == Purpose::SignIn).then(|| token.hash()),
        code_hash: hash(app, &id, &code),
        lifetime,
        id: id.clone(),
    };
    let with_code = Secrets { code: Some(code.into()), token: None };
    let (kind, secrets) = match (purpose, owner) {
        (Purpose::SignIn, _) => (Kind::SignIn, Secrets { token: Some(token.expose().into()), ..with_code }),
        (_, None) => (Kind::SignUp, with_code),
        (_, Some(_)) => (Kind::Registered, Secrets::default()),
    };
    // Made whether or not it is sent: the time must not tell.
    let letter = Sealed::new(app, kind, &address.as_written, language, &secrets).working_for(lifetime);
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
        let owner = match (&proof.user, proof.purpose) {
            (Some(user), _) if user::hold(tx, user).await?.is_none() => return Ok(()),
            (Some(user), _) => Some(user.clone()),
            (None, Purpose::SignUp) => None,
            // Nobody has the address: no letter, and a row that no code fits.
            (None, _) => return mail_proof::replace(tx, &proof, now).await.map(drop),
        };
        if proof.purpose == Purpose::SignUp && owner.is_some() {
            // The account is there: no code makes another one.
            proof.code_hash = String::new();
            proof.sealed = None;
        }
        let server = mail_proof::replace(tx, &proof, now).await?;
        let row = letter.row(owner.as_ref(), now, tx.origin(), server);
        outbox::write(tx, &row).await
    }
}

/// What a code, a link or a number was good for.
#[derive(Debug)]
pub enum Judged {
    /// It is right.
    Right(Box<Proof>),
    /// It is wrong.
    Wrong,
    /// It is used up, too old, or there was none.
    Over,
}

/// Judges a code that was typed in the browser that asked for it, and uses it up if it is right.
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
    let expected = Expected { typed: hash(app, &proof.id, &digits(typed)), right: None };
    app.db.write(Judge { proof: proof.id, browser, expected: Some(expected) }).await
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
    let expected = (!same).then(|| Expected { typed: digits(number), right: Some(number_of(app, &proof.id)) });
    app.db.write(Judge { proof: proof.id, browser: browser.hash(), expected }).await
}

/// What was typed, and what is right, if that is not the code.
#[derive(Clone)]
struct Expected {
    typed: String,
    right: Option<String>,
}

/// Counts the try, compares, and uses the proof up, in one transaction.
#[derive(Clone)]
struct Judge {
    proof: Id,
    browser: TokenHash,
    expected: Option<Expected>,
}

impl Change for Judge {
    type Outcome = Judged;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Judged> {
        let (Self { proof, browser, expected }, now) = (self, tx.now());
        let Some(counted) = mail_proof::count_try(tx, &proof, now).await? else { return Ok(Judged::Over) };
        if let Some(Expected { typed, right }) = expected {
            let right = right.unwrap_or_else(|| counted.code_hash.clone());
            if !Secret::from(right).same_as(&typed) {
                return Ok(if counted.tries < TRIES { Judged::Wrong } else { Judged::Over });
            }
        }
        match mail_proof::consume_asked(tx, &proof, &browser, now).await? {
            true => Ok(Judged::Right(Box::new(counted))),
            false => Ok(Judged::Over),
        }
    }
}

/// The sealed interaction that a letter was asked for on the way of.
pub fn interaction(app: &App, proof: &Proof) -> Option<String> {
    let plain = app.vault.unseal(&place(&proof.id), proof.sealed.as_deref()?)?;
    String::from_utf8(plain.to_vec()).ok()
}

/// Who is about to make an account with this proof; `None` if that cannot be opened.
pub fn newcomer(app: &App, proof: &Proof) -> Option<Newcomer> {
    let plain = app.vault.unseal(&place(&proof.id), proof.sealed.as_deref()?)?;
    serde_json::from_slice(&plain).ok()
}
