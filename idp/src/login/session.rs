//! Beginning and ending sessions.

use std::net::IpAddr;
use std::time::Duration;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::{CookieSecret, TokenHash};
use crate::letters::kind::Notice;
use crate::letters::notice::notify;
use crate::oidc::claims::acr::{Acr, Method};
use crate::store::db::{Change, Conn, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::role::{self, ADMINISTRATOR};
use crate::store::people::session::{self, Cookies, Device, Session, Touch};
use crate::store::people::trusted_browser::{self, NewTrust};
use crate::store::people::upstream_account;
use crate::store::people::user::{self, User};
use crate::store::people::{account_deletion, anonymous_account, known_device, mail_proof, recovery_code};

use crate::login::passkey;
use crate::login::password::Proof;
use crate::login::second_factor::Second;
use crate::login::told_profile;

/// A user who has just authenticated, and the browser.
pub struct SignIn<'a> {
    /// The user.
    pub user: &'a User,
    /// The authentication methods.
    pub methods: &'a [Method],
    /// Whether the user asked to be kept signed in.
    pub keep: bool,
    /// The browser's secret.
    pub browser: &'a CookieSecret,
    /// The session cookie that the browser showed.
    pub sid: Option<&'a CookieSecret>,
    /// The browser's User-Agent.
    pub user_agent: Option<&'a str>,
    /// Where it comes from.
    pub address: IpAddr,
    /// The password that was typed for it.
    pub proof: Option<&'a Proof>,
    /// The second factor that was proven for it.
    pub second: Option<&'a Second>,
    /// The passkey that has signed for it.
    pub passkey: Option<&'a passkey::Proof>,
    /// The account at another provider by which it is; it has to be linked to the user still.
    pub upstream: Option<&'a Id>,
    /// When the methods were proven that are taken over from the session before; `None` if all are proven now.
    pub proven_at: Option<Timestamp>,
}

/// A session that has begun or was renewed.
#[derive(Debug)]
pub struct SignedIn {
    /// Who has signed in.
    pub user: Id,
    /// The session's row.
    pub session: Id,
    /// Whether it is that of an anonymous account.
    pub is_visitor: bool,
    /// The browser's new session cookie; the previous one expires shortly after.
    pub sid: CookieSecret,
    /// Whether it outlives the browser's closing, because all accounts in the browser are to be kept signed in.
    pub keep: bool,
    /// A second cookie that outlives it and opens the accounts to be kept, if only some are.
    pub kept: Option<CookieSecret>,
    /// How long the cookies last that outlive it.
    pub remembered: Duration,
    /// The name of the provider by which somebody has signed in.
    pub provider: Option<String>,
}

/// Whether a session is still that of a visitor, and its account is somebody's by now.
pub async fn is_outgrown(conn: &mut Conn, session: &Session) -> Result<bool> {
    Ok(session.is_of_visitor() && !has_anonymous_account(conn, session).await?)
}

/// Begins a session, or renews the one that the user has in this browser. `None` if the password was changed or the
/// user disabled after the sign-in was verified, or if the code of the second factor, or the passkey, was used meanwhile.
pub async fn begin(app: &App, sign_in: &SignIn<'_>) -> Result<Option<SignedIn>> {
    app.db.write(Begin(Beginning::of(app, sign_in))).await
}

/// What stands in the place of a browser for an application without cookies. It is the same for one user at one client, so that all its
/// windows share one session. Nobody is given what it is made of.
pub struct InApp {
    browser: CookieSecret,
    sid: CookieSecret,
}

impl InApp {
    /// That of a user at a client.
    pub fn of(app: &App, user: &Id, client: &Id) -> Self {
        let purpose = |what: &str| format!("{what} of {user} at {client} without cookies");
        let secret = |what: &str| CookieSecret::derived(&app.vault.derive(&purpose(what)));
        Self { browser: secret("browser"), sid: secret("session") }
    }

    /// The secret of the browser.
    pub const fn browser(&self) -> &CookieSecret {
        &self.browser
    }

    /// Begins a session there, or renews the one that there is, as `begin` does.
    pub async fn begin(&self, app: &App, sign_in: SignIn<'_>) -> Result<Option<SignedIn>> {
        let sign_in = SignIn { browser: &self.browser, sid: Some(&self.sid), ..sign_in };
        // The cookie that nobody has stays, or the next sign-in would take the browser for one that was closed.
        let beginning = Beginning { sid: self.sid.clone(), ..Beginning::of(app, &sign_in) };
        app.db.write(Begin(beginning)).await
    }
}

/// The user of a session, unless they have changed since it was read, as with a new password.
pub async fn unchanged_user(app: &App, session: &Session) -> Result<Option<User>> {
    let user = user::find(&mut *app.db.read().await?, &session.user_id).await?;
    Ok(user.filter(|user| user.generation == session.generation))
}

/// Whether the account of a session is anonymous still: the session is all that there is of it. Once there is a way to sign in, the
/// session is no proof any more.
pub async fn has_anonymous_account(conn: &mut Conn, session: &Session) -> Result<bool> {
    Ok(session.is_of_visitor() && anonymous_account::is_anonymous(conn, &session.user_id).await?)
}

/// Begins a session unless the user has changed since the sign-in was verified.
#[derive(Clone)]
struct Begin(Beginning);

impl Change for Begin {
    type Outcome = Option<SignedIn>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<SignedIn>> {
        let generation = self.0.new.generation;
        if !user::hold(tx, &self.0.new.user_id).await?.is_some_and(|held| held.may_still(generation)) {
            return Ok(None);
        }
        if !self.0.prove(tx).await? {
            return Ok(None);
        }
        self.0.write(tx, generation).await.map(Some)
    }
}

/// A session that is about to begin, to be written in the transaction of a sign-in or of a change of the password.
#[derive(Clone)]
pub(crate) struct Beginning {
    new: Session,
    sid: CookieSecret,
    kept: CookieSecret,
    presented: Option<TokenHash>,
    browser: TokenHash,
    idle_seconds: i64,
    of_administrators: Limits,
    user_agent: Option<String>,
    address: String,
    proof: Option<Proof>,
    second: Option<Second>,
    passkey: Option<passkey::Proof>,
    upstream: Option<Id>,
    remembered: Duration,
    of_visitors: Duration,
}

/// When the session of an anonymous account ends at the latest: its idle time, `login.anonymous_kept`, ends it before. A century.
const OF_VISITORS: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// How long sessions of administrators last: their power outweighs the convenience of staying signed in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    idle_seconds: i64,
    absolute: Duration,
}

impl Limits {
    /// As the configuration says.
    pub(crate) fn of_administrators(app: &App) -> Self {
        let login = &app.config.login;
        Self { idle_seconds: seconds(login.administrator_idle), absolute: login.administrator_absolute }
    }

    /// Lets no session of a user last longer. The caller holds the user's row.
    pub(crate) async fn hold(self, tx: &mut Tx<'_>, user: &Id, now: Timestamp) -> Result<()> {
        session::limit_of_user(tx, user, self.idle_seconds, now + self.absolute).await
    }
}

impl Beginning {
    pub(crate) fn of(app: &App, sign_in: &SignIn<'_>) -> Self {
        let (now, login) = (app.now(), &app.config.login);
        let (idle, absolute) = match (sign_in.methods.is_empty(), sign_in.keep) {
            // It is all that a visitor has of the account: it lasts as long as that, which ends for want of use alone.
            (true, _) => (login.anonymous_kept, OF_VISITORS),
            (false, true) => (login.session_remembered, login.session_remembered),
            (false, false) => (login.session_idle, login.session_absolute),
        };
        let new = Session {
            id: app.id(),
            sid: app.random.name::<16>(),
            browser_id: app.id(),
            user_id: sign_in.user.id.clone(),
            sub: sign_in.user.sub.clone(),
            generation: sign_in.user.generation,
            // What a session has proven before is as old as it was: Core §2.
            auth_time: sign_in.proven_at.map_or(now, |proven_at| proven_at.min(now)),
            amr: Method::names(sign_in.methods),
            acr: Acr::of(sign_in.methods).as_str().to_owned(),
            created_at: now,
            last_active_at: now,
            expires_at: now + absolute,
            kept_at: sign_in.keep.then_some(now),
            unattended_since: None,
        };
        Self {
            new,
            sid: CookieSecret::new(&app.random),
            kept: CookieSecret::new(&app.random),
            presented: sign_in.sid.map(CookieSecret::hash),
            browser: sign_in.browser.hash(),
            idle_seconds: seconds(idle),
            of_administrators: Limits::of_administrators(app),
            user_agent: sign_in.user_agent.map(str::to_owned),
            address: sign_in.address.to_string(),
            proof: sign_in.proof.cloned(),
            second: sign_in.second.cloned(),
            passkey: sign_in.passkey.cloned(),
            upstream: sign_in.upstream.cloned(),
            remembered: login.session_remembered,
            of_visitors: login.anonymous_kept,
        }
    }

    /// Gives the browser of a visitor a new cookie for the session that has begun there, without another one. The cookie of before, which may
    /// be on its way, opens it for a short while. The caller holds the rows of the user and of the browser, which has no other session.
    pub(crate) async fn hand_on(self, tx: &mut Tx<'_>, session: Session, before: &TokenHash) -> Result<SignedIn> {
        let Self { new, sid, remembered, of_visitors, .. } = self;
        let sid_hash = sid.hash();
        let Session { id, browser_id, user_id: user, .. } = session;
        let cookies = Cookies { sid_hash: &sid_hash, kept_hash: None, presented: Some(before), user: &user };
        session::renew_browser(tx, &browser_id, &cookies, new.created_at).await?;
        let remembered = remembered.max(of_visitors);
        Ok(SignedIn { user, session: id, is_visitor: true, sid, keep: true, kept: None, remembered, provider: None })
    }

    /// Locks the row of the browser, which is made if it is missing.
    pub(crate) async fn hold_browser(&self, tx: &mut Tx<'_>) -> Result<Id> {
        session::hold_browser(tx, &self.new.browser_id, &self.browser, &self.sid.hash(), self.new.created_at).await
    }

    /// When it begins.
    pub(crate) const fn begins_at(&self) -> Timestamp {
        self.new.created_at
    }

    /// The hash of the browser's secret.
    pub(crate) const fn browser(&self) -> &TokenHash {
        &self.browser
    }

    /// Whether a code of a second factor was typed for it.
    pub(crate) const fn has_second(&self) -> bool {
        self.second.is_some()
    }

    /// Uses up the code of the second factor, or the passkey's signature, if there is one; returns `false` if it was used before.
    /// The caller holds the user's row, and writes nothing after a `false`.
    pub(crate) async fn prove(&self, tx: &mut Tx<'_>) -> Result<bool> {
        if let Some(passkey) = &self.passkey
            && !passkey.use_up(tx).await?
        {
            return Ok(false);
        }
        if !self.is_linked(tx).await? {
            return Ok(false);
        }
        match &self.second {
            Some(second) => second.proof.use_up(tx, &self.new.user_id).await,
            None => Ok(true),
        }
    }

    /// Whether the account elsewhere by which it is, if it is by one, is linked to the user still; its use is noted.
    pub(crate) async fn is_linked(&self, tx: &mut Tx<'_>) -> Result<bool> {
        let now = tx.now();
        match &self.upstream {
            Some(upstream) => upstream_account::note_use(tx, &self.new.user_id, upstream, now).await,
            None => Ok(true),
        }
    }

    /// Writes the session. The caller holds the user's row, and the user is of this generation.
    pub(crate) async fn write(self, tx: &mut Tx<'_>, generation: i64) -> Result<SignedIn> {
        let Self { mut new, sid, kept, browser, mut idle_seconds, .. } = self;
        let now = new.created_at;
        new.generation = generation;
        let is_administrator = role::of_user(tx, &new.user_id).await?.iter().any(|role| role == ADMINISTRATOR);
        if is_administrator {
            // Those of before, too: the role may have come since.
            self.of_administrators.hold(tx, &new.user_id, now).await?;
            new.kept_at = None;
            new.expires_at = new.expires_at.min(now + self.of_administrators.absolute);
            idle_seconds = idle_seconds.min(self.of_administrators.idle_seconds);
        }
        let (sid_hash, kept_hash, mut presented) = (sid.hash(), kept.hash(), self.presented.as_ref());
        new.browser_id = session::hold_browser(tx, &new.browser_id, &browser, &sid_hash, now).await?;
        if let Some(cookie) = presented
            && !session::goes_on(tx, &new.browser_id, cookie, &new.user_id, now).await?
        {
            presented = None;
        }
        // A browser without its session cookie was closed, which ends its sessions: the next person who signs in there
        // must not find them open.
        session::end_unopened(tx, &new.browser_id, presented, &new.user_id, now).await?;
        let open = session::list_of_browser(tx, &new.browser_id, now).await?;
        let (own, others): (Vec<_>, Vec<_>) = open.into_iter().partition(|one| one.user_id == new.user_id);
        let own = own.into_iter().next();
        // Each account has its own choice to stay signed in: the others end when the browser is closed.
        let kept_at = new.kept_at.or(own.as_ref().and_then(|own| own.kept_at));
        let choices = || others.iter().map(|other| other.kept_at).chain([kept_at]);
        let is_visitor = new.is_of_visitor();
        let has_visitor = is_visitor || others.iter().any(Session::is_of_visitor);
        let remembered = if has_visitor { self.remembered.max(self.of_visitors) } else { self.remembered };
        let (all, some) = (choices().all(|kept| kept.is_some()), choices().any(|kept| kept.is_some()));
        let kept_hash = (some && !all).then_some(&kept_hash);
        let cookies = Cookies { sid_hash: &sid_hash, kept_hash, presented, user: &new.user_id };
        session::renew_browser(tx, &new.browser_id, &cookies, now).await?;
        // Asked only where somebody is told.
        let is_new_device = tx.letters().is_some() && known_device::is_another(tx, &browser, &new.user_id).await?;
        known_device::note(tx, &browser, &new.user_id, now).await?;
        if account_deletion::delete(tx, &new.user_id).await? {
            notify(tx, &new.user_id, Notice::DeletionTakenBack).await?;
            tx.record(&Event::DeletionTakenBack { user: new.user_id.clone() }).await?;
        }
        if let Some(expires_at) = self.second.as_ref().and_then(|second| second.trust_until) {
            let trust = NewTrust { id: tx.id(), browser, generation, expires_at, user_agent: self.user_agent.clone() };
            trusted_browser::insert(tx, &new.user_id, &trust, now).await?;
            tx.record(&Event::BrowserTrusted { user: new.user_id.clone() }).await?;
        }
        let (user_agent, address) = (self.user_agent.as_deref(), Some(self.address.as_str()));
        let passkey = self.passkey.as_ref().map(passkey::Proof::passkey);
        let device = Device { idle_seconds, user_agent, address, passkey };
        let session = match own {
            Some(own) if session::reauthenticate(tx, &own.id, &new, &device).await? => {
                if Acr::from_name(&new.acr) < Some(Acr::TwoFactors) {
                    // Who has proven the password alone may be somebody else than who removed a factor in this session before: that vouches
                    // for nothing any more.
                    user::forget_removed_in(tx, &new.user_id, &own.id).await?;
                }
                own.id
            }
            _ => {
                session::insert(tx, &new, &device).await?;
                new.id
            }
        };
        if let Some(proof) = &self.proof {
            proof.settle(tx).await?;
        }
        if is_new_device {
            notify(tx, &new.user_id, Notice::NewDevice).await?;
        }
        let user = new.user_id.clone();
        // Whoever begins an anonymous account has not signed in: an event of its own tells of that.
        if !new.amr.is_empty() {
            let event = Event::SignedIn { user: new.user_id, session: session.clone(), amr: new.amr };
            tx.record(&event).await?;
        }
        let kept = (some && !all).then_some(kept);
        let provider = match &self.upstream {
            Some(upstream) => {
                told_profile::take(tx, &user, upstream).await?;
                upstream_account::provider(tx, upstream).await?
            }
            None => None,
        };
        Ok(SignedIn { user, session, is_visitor, sid, keep: all, kept, remembered, provider })
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// Ends a session and the grants that depend on it, except offline ones, because its person signs out.
pub async fn end(app: &App, session: &Session) -> Result<()> {
    let (user, session) = (session.user_id.clone(), session.id.clone());
    let event = Event::SignedOut { user: user.clone(), session: session.clone() };
    app.db.write(End { user, session, event, ends_trust: false }).await.map(drop)
}

/// Ends a session for an operator, and the trust in its browser, which may be in other hands; returns whether it had not ended before.
pub async fn end_one(app: &App, user: &Id, session: &Id) -> Result<bool> {
    let (user, session) = (user.clone(), session.clone());
    let event = Event::SessionEnded { user: user.clone(), session: session.clone() };
    app.db.write(End { user, session, event, ends_trust: true }).await
}

/// Ends a session, with this event; returns whether it had not ended before.
#[derive(Clone)]
struct End {
    user: Id,
    session: Id,
    event: Event,
    /// Whether the browser is asked for the second factor again.
    ends_trust: bool,
}

impl Change for End {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let now = tx.now();
        if self.ends_trust {
            trusted_browser::delete_of_session(tx, &self.user, &self.session).await?;
        }
        let ended = session::end(tx, &self.session, now).await?;
        if ended {
            end_repetitions(tx, &self.user).await?;
            tx.record(&self.event).await?;
        }
        Ok(ended)
    }
}

/// Ends that a form which has signed a user in does so again when it is sent again: after a sign-out nobody goes back to it.
pub(crate) async fn end_repetitions(tx: &mut Tx<'_>, user: &Id) -> Result<()> {
    mail_proof::delete_used(tx, user).await?;
    recovery_code::forget_uses(tx, user).await
}

/// Notes that a session was used, at most once a minute. The use itself has already succeeded, so a failure here is
/// only logged.
pub async fn touch(app: &App, session: &Session) {
    let is_due = app.now().since(session.last_active_at) >= Duration::from_secs(60);
    let Some(touch) = Touch::of(session).filter(|_| is_due) else { return };
    if let Err(error) = app.db.write_one(touch).await {
        tracing::warn!("the last use of a session could not be stored: {error}");
    }
    if session.is_of_visitor() {
        touch_anonymous(app, &session.user_id).await;
    }
}

/// Notes that an anonymous account was used, so that it is kept; a failure is only logged, too.
pub async fn touch_anonymous(app: &App, user: &Id) {
    let touch = anonymous_account::Touch { user: user.clone(), kept: app.config.login.anonymous_kept };
    if let Err(error) = app.db.write_one(touch).await {
        tracing::warn!("the last use of an anonymous account could not be stored: {error}");
    }
}

/// Ends all sessions of a user, with the grants that depend on them, and, if asked to, those with offline
/// access, too; returns the sessions that were live.
pub async fn end_all(app: &App, user: &Id, offline_access: bool) -> Result<Vec<Id>> {
    app.db.write(EndAll { user: user.clone(), offline_access }).await
}

/// Ends all sessions of a user.
#[derive(Clone)]
struct EndAll {
    user: Id,
    offline_access: bool,
}

impl Change for EndAll {
    type Outcome = Vec<Id>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Vec<Id>> {
        let (Self { user, offline_access }, now) = (self, tx.now());
        user::hold(tx, &user).await?;
        let live = session::list_of_user(tx, &user, now).await?;
        session::end_of_user(tx, &user, now).await?;
        trusted_browser::delete_all(tx, &user).await?;
        end_repetitions(tx, &user).await?;
        if offline_access {
            user::end_all(tx, &user).await?;
        }
        tx.record(&Event::AllSessionsEnded { user, offline_access }).await?;
        Ok(live.into_iter().map(|one| one.id).collect())
    }
}
