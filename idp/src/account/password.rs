//! The password of an account: set by an operator or by a link, or changed by its owner.

use crate::account::address_change;
use crate::account::factors;
use crate::account::mail_code;
use crate::account::password_link;
use crate::account::recent_factors::Unwanted;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::secret::Secret;
use crate::base::token::TokenHash;
use crate::letters::kind::Notice;
use crate::letters::notice::notify;
use crate::login::Error;
use crate::login::factor_age::RECENT;
use crate::login::password::Proof;
use crate::login::second_factor::{Enrolled, Required};
use crate::login::session::{Beginning, SignIn, SignedIn};
use crate::store;
use crate::store::db::{Change, Tx};
use crate::store::grants::grant;
use crate::store::installation::event::Event;
use crate::store::people::known_device;
use crate::store::people::one_time_link::{self, Purpose};
use crate::store::people::password;
use crate::store::people::session::{self, Session};
use crate::store::people::trusted_browser;
use crate::store::people::user;

/// Sets a password. All sessions and grants that began before it end.
pub async fn set(app: &App, user: &Id, password: &Secret) -> Result<(), Error> {
    let phc = app.hashing.hash(password).await?;
    Ok(app.db.write(SetPassword { user: user.clone(), phc }).await?)
}

/// Sets a password, whatever it was before.
#[derive(Clone)]
struct SetPassword {
    user: Id,
    phc: String,
}

impl Change for SetPassword {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> store::db::Result<()> {
        let now = tx.now();
        // The user's row is locked first, as everywhere: a transaction that waits for it holds no other lock.
        end_what_was_before(tx, &self.user, now).await?;
        password_link::end_ways_back(tx, &self.user, now).await?;
        password::set(tx, &self.user, &self.phc, now).await
    }
}

/// A link that somebody has followed.
#[derive(Clone, Debug)]
pub struct ProvenLink {
    /// The hash of its token.
    pub hash: TokenHash,
    /// What it is for.
    pub purpose: Purpose,
}

/// The outcome of using a link that sets a password.
#[derive(Debug)]
pub enum ByLink {
    /// The password is set, and the user is signed in.
    SignedIn(SignedIn),
    /// The password is set; the user is of this generation now, and the sign-in goes on with a second factor.
    Half(i64),
    /// The link is not valid.
    Spent,
    /// Somebody else has the address that the link puts back; the link works as before.
    AddressTaken,
}

/// What a person asks for who has a link that sets a password.
#[derive(Debug)]
pub struct LinkWish<'a> {
    /// The new password.
    pub password: &'a Secret,
    /// The factors that somebody else has added.
    pub unwanted: Unwanted,
    /// Whether the sign-in needs a second factor in any case.
    pub is_half: bool,
}

/// Sets the password of the user that a link belongs to, consumes the link, takes back the change of the address that it is for,
/// removes the factors that are not wanted, and begins a session, unless the user has a second factor or the sign-in needs one: a link proves
/// one factor.
pub async fn set_by_link(
    app: &App,
    link: &ProvenLink,
    wish: LinkWish<'_>,
    sign_in: &SignIn<'_>,
) -> Result<ByLink, Error> {
    let phc = app.hashing.hash(wish.password).await?;
    let (link, user, beginning) = (link.clone(), sign_in.user.id.clone(), Beginning::of(app, sign_in));
    let LinkWish { unwanted, is_half, .. } = wish;
    let required = Required::of(app);
    let takes_back = link.purpose == Purpose::TakeBack;
    match app.db.write(SetPasswordByLink { link, user, phc, beginning, unwanted, required, is_half }).await {
        Err(store::db::Error::Conflict) if takes_back => Ok(ByLink::AddressTaken),
        done => Ok(done?),
    }
}

/// Consumes a link, sets the password that it is for, and begins a session.
#[derive(Clone)]
struct SetPasswordByLink {
    link: ProvenLink,
    user: Id,
    phc: String,
    beginning: Beginning,
    unwanted: Unwanted,
    required: Required,
    is_half: bool,
}

impl Change for SetPasswordByLink {
    type Outcome = ByLink;

    async fn apply(self, tx: &mut Tx<'_>) -> store::db::Result<ByLink> {
        // The user is locked before the link: if two links of one user are used at once, one waits for the other here.
        let held = user::hold(tx, &self.user).await?;
        let Some(held) = held.filter(|held| held.disabled_at.is_none()) else { return Ok(ByLink::Spent) };
        let now = tx.now();
        let ProvenLink { hash, purpose } = &self.link;
        let used = one_time_link::consume(tx, hash, *purpose, now).await?;
        let Some(used) = used.filter(|used| used.user_id == self.user) else { return Ok(ByLink::Spent) };
        if let Some(address) = &used.address {
            // It was in a letter to that address, and nowhere else. This comes first: what follows is told to addresses that are proven.
            mail_code::note_owner(tx, &self.user, address).await?;
        }
        if *purpose == Purpose::TakeBack {
            address_change::take_back(tx, &self.user, hash).await?;
        }
        if *purpose == Purpose::Recover && factors::remove_all(tx, &self.user).await?.is_any() {
            tx.record(&Event::FactorsReset { user: self.user.clone() }).await?;
        }
        self.unwanted.remove(tx, &self.user, &self.required).await?;
        let since = (*purpose != Purpose::Recover).then(|| now - RECENT);
        factors::forget_links(tx, &self.user, since).await?;
        password::set(tx, &self.user, &self.phc, now).await?;
        end_what_was_before(tx, &self.user, now).await?;
        known_device::forget(tx, &self.user, Some(self.beginning.browser())).await?;
        let generation = held.generation + 1;
        if self.is_half || Enrolled::of(tx, &self.user).await?.has_codes() {
            return Ok(ByLink::Half(generation));
        }
        self.beginning.write(tx, generation).await.map(ByLink::SignedIn)
    }
}

/// A new password that its owner has chosen.
pub struct NewPassword<'a> {
    /// The password.
    pub password: &'a Secret,
    /// Whether other sessions and grants go on, because nobody else knows the old password.
    pub keeps_others: bool,
}

/// Changes the password of a user who has typed the current one, and begins a session. `None` if the password was
/// changed, or the code of the second factor used, in the meantime.
pub async fn change(
    app: &App,
    session: &Session,
    proof: &Proof,
    new: NewPassword<'_>,
    sign_in: &SignIn<'_>,
) -> Result<Option<SignedIn>, Error> {
    let phc = app.hashing.hash(new.password).await?;
    let (session, keeps_others) = (session.id.clone(), new.keeps_others);
    let beginning = Beginning::of(app, sign_in);
    Ok(app.db.write(ChangePassword { session, proof: proof.clone(), phc, keeps_others, beginning }).await?)
}

/// Replaces the password that was verified, and begins a session.
#[derive(Clone)]
struct ChangePassword {
    /// The session in which it is changed, and which may have ended meanwhile.
    session: Id,
    proof: Proof,
    phc: String,
    keeps_others: bool,
    beginning: Beginning,
}

impl Change for ChangePassword {
    type Outcome = Option<SignedIn>;

    async fn apply(self, tx: &mut Tx<'_>) -> store::db::Result<Option<SignedIn>> {
        let (user, generation) = (&self.proof.user.id, self.proof.user.generation);
        let held = user::hold(tx, user).await?;
        let now = tx.now();
        // The form asked for a code only if there was an app.
        let is_proven = self.beginning.has_second() || !Enrolled::of(tx, user).await?.has_codes();
        if !held.is_some_and(|held| held.may_still(generation))
            || !is_proven
            || session::find(tx, &self.session, now).await?.is_none()
            || !self.beginning.prove(tx).await?
            || !password::replace(tx, user, &self.proof.phc, &self.phc, now).await?
        {
            return Ok(None);
        }
        replace(tx, user, self.keeps_others, now).await?;
        if self.keeps_others {
            // What the old password has proven and nothing was made of yet, such as half a sign-in, is over all the same.
            session::carry_over(tx, user, generation).await?;
            grant::carry_over(tx, user, generation).await?;
            trusted_browser::carry_over(tx, user, generation).await?;
        }
        self.beginning.write(tx, generation + 1).await.map(Some)
    }
}

/// Ends everything that the old password gave access to: sessions, grants, links.
pub(super) async fn end_what_was_before(tx: &mut Tx<'_>, user: &Id, now: Timestamp) -> store::db::Result<()> {
    replace(tx, user, false, now).await
}

/// The same; `keeps_others` says whether the caller carries sessions and grants over into the new generation.
async fn replace(tx: &mut Tx<'_>, user: &Id, keeps_others: bool, now: Timestamp) -> store::db::Result<()> {
    user::end_all(tx, user).await?;
    password::clear_failures(tx, &format!("user:{user}")).await?;
    // A link made for the previous password must not set the next one, nor a letter open what it protects.
    password_link::end_what_was_sent(tx, user, now).await?;
    let notice = if keeps_others { Notice::PasswordChangedAlone } else { Notice::PasswordChanged };
    notify(tx, user, notice).await?;
    tx.record(&Event::PasswordChanged { user: user.clone(), keeps_others }).await
}
