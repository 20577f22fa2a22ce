//! Beginning and ending sessions.

use std::net::IpAddr;
use std::time::Duration;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::{CookieSecret, TokenHash};
use crate::store::db::{Conn, Result};
use crate::store::event::{Event, Pen};
use crate::store::session::{self, Cookies, Device, Session};
use crate::store::user::{self, ADMINISTRATOR, User};
use crate::store::{known_device, password};

use crate::login::password::Proof;

/// A user who has just authenticated, and in which browser.
pub struct SignIn<'a> {
    /// The user.
    pub user: &'a User,
    /// By which methods: RFC 8176.
    pub amr: &'a [&'a str],
    /// How strongly.
    pub acr: &'a str,
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
}

/// A session that has begun or was renewed.
#[derive(Debug)]
pub struct SignedIn {
    /// The session's row.
    pub session: Id,
    /// The browser's new session cookie; the one before it dies in a moment.
    pub sid: CookieSecret,
    /// Whether it outlives the browser's closing, because all accounts in the browser are to be kept signed in.
    pub keep: bool,
    /// A second cookie that outlives it and opens the accounts to be kept, if only some are.
    pub kept: Option<CookieSecret>,
}

/// Begins a session, or renews the one that the user has in this browser. `None` if the password was changed or the
/// user disabled after the sign-in was verified.
pub async fn begin(app: &App, sign_in: &SignIn<'_>) -> Result<Option<SignedIn>> {
    let (beginning, user, generation) = (Beginning::of(app, sign_in), sign_in.user.id.clone(), sign_in.user.generation);
    app.db
        .write(move |conn| {
            Box::pin(async move {
                if !user::hold(conn, &user).await?.is_some_and(|held| held.may_still(generation)) {
                    return Ok(None);
                }
                beginning.write(conn, generation).await.map(Some)
            })
        })
        .await
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
    amr: Vec<String>,
    proof: Option<Proof>,
    pen: Pen,
    now: Timestamp,
}

/// How long sessions of administrators last: what they can do is worth more than the comfort of not signing in again.
#[derive(Clone, Copy)]
struct Limits {
    idle_seconds: i64,
    absolute: Duration,
}

impl Beginning {
    pub(crate) fn of(app: &App, sign_in: &SignIn<'_>) -> Self {
        let (now, login) = (app.now(), &app.config.login);
        let absolute = if sign_in.keep { login.session_remembered } else { login.session_absolute };
        let idle = if sign_in.keep { login.session_remembered } else { login.session_idle };
        let new = Session {
            id: app.id(),
            sid: app.pen.random.name::<16>(),
            browser_id: app.id(),
            user_id: sign_in.user.id.clone(),
            sub: sign_in.user.sub.clone(),
            generation: sign_in.user.generation,
            auth_time: now,
            amr: serde_json::to_string(sign_in.amr).unwrap_or_default(),
            acr: sign_in.acr.to_owned(),
            created_at: now,
            last_active_at: now,
            expires_at: now + absolute,
            kept_at: sign_in.keep.then_some(now),
        };
        Self {
            new,
            sid: CookieSecret::new(&app.pen.random),
            kept: CookieSecret::new(&app.pen.random),
            presented: sign_in.sid.map(CookieSecret::hash),
            browser: sign_in.browser.hash(),
            idle_seconds: seconds(idle),
            of_administrators: Limits {
                idle_seconds: seconds(login.administrator_idle),
                absolute: login.administrator_absolute,
            },
            user_agent: sign_in.user_agent.map(str::to_owned),
            address: sign_in.address.to_string(),
            amr: sign_in.amr.iter().map(|&method| method.to_owned()).collect(),
            proof: sign_in.proof.cloned(),
            pen: app.pen.clone(),
            now,
        }
    }

    /// Writes the session. The caller holds the user's row, and the user is of this generation.
    pub(crate) async fn write(self, conn: &mut Conn, generation: i64) -> Result<SignedIn> {
        let Self { mut new, sid, kept, browser, now, mut idle_seconds, .. } = self;
        new.generation = generation;
        if user::roles(conn, &new.user_id).await?.iter().any(|role| role == ADMINISTRATOR) {
            new.kept_at = None;
            new.expires_at = new.expires_at.min(now + self.of_administrators.absolute);
            idle_seconds = idle_seconds.min(self.of_administrators.idle_seconds);
        }
        let (sid_hash, kept_hash, mut presented) = (sid.hash(), kept.hash(), self.presented.as_ref());
        new.browser_id = session::hold_browser(conn, &new.browser_id, &browser, &sid_hash, now).await?;
        if let Some(cookie) = presented
            && !session::goes_on(conn, &new.browser_id, cookie, &new.user_id, now).await?
        {
            presented = None;
        }
        // A browser that lost its session cookie, by being closed, has ended its sessions: nobody who signs in
        // in it later may find them open.
        session::end_unopened(conn, &new.browser_id, presented, &new.user_id, now).await?;
        let open = session::list_of_browser(conn, &new.browser_id, now).await?;
        let (own, others): (Vec<_>, Vec<_>) = open.into_iter().partition(|one| one.user_id == new.user_id);
        let own = own.into_iter().next();
        // The choice to stay signed in is each account's own: the others go when the browser is closed.
        let kept_at = new.kept_at.or(own.as_ref().and_then(|own| own.kept_at));
        let choices = || others.iter().map(|other| other.kept_at).chain([kept_at]);
        let (all, some) = (choices().all(|kept| kept.is_some()), choices().any(|kept| kept.is_some()));
        let kept_hash = (some && !all).then_some(&kept_hash);
        let cookies = Cookies { sid_hash: &sid_hash, kept_hash, presented, user: &new.user_id };
        session::renew_browser(conn, &new.browser_id, &cookies, now).await?;
        known_device::note(conn, &browser, &new.user_id, now).await?;
        let session = match own {
            Some(own) if session::reauthenticate(conn, &own.id, &new, idle_seconds).await? => own.id,
            _ => {
                let (user_agent, address) = (self.user_agent.as_deref(), Some(self.address.as_str()));
                session::insert(conn, &new, &Device { idle_seconds, user_agent, address }).await?;
                new.id
            }
        };
        if let Some(proof) = &self.proof {
            for bucket in &proof.buckets {
                password::clear_failures(conn, bucket).await?;
            }
            if let Some(stronger) = &proof.stronger {
                password::rehash(conn, &new.user_id, &proof.phc, stronger).await?;
            }
        }
        let event = Event::SignedIn { user: new.user_id, session: session.clone(), amr: self.amr };
        self.pen.record(conn, &event).await?;
        Ok(SignedIn { session, sid, keep: all, kept: (some && !all).then_some(kept) })
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// Ends a session, and with it what hangs on it and is not offline.
pub async fn end(app: &App, session: &Session) -> Result<()> {
    let (now, pen) = (app.now(), app.pen.clone());
    let (id, user) = (session.id.clone(), session.user_id.clone());
    app.db
        .write(move |conn| {
            Box::pin(async move {
                if session::end(conn, &id, now).await? {
                    pen.record(conn, &Event::SignedOut { user, session: id }).await?;
                }
                Ok(())
            })
        })
        .await
}

/// Notes that a session was used, at most once a minute. What it was used for is already done, so a failure here is only
/// logged.
pub async fn touch(app: &App, session: &Session) {
    let now = app.now();
    if now.since(session.last_active_at) < std::time::Duration::from_secs(60) {
        return;
    }
    let id = session.id.clone();
    let noted = app.db.write_one(move |conn| Box::pin(async move { session::touch(conn, &id, now).await })).await;
    if let Err(error) = noted {
        tracing::warn!("it could not be noted that a session was used: {error}");
    }
}

/// Ends all sessions of this one's user but this one.
pub async fn end_others(app: &App, session: &Session) -> Result<()> {
    let (now, pen) = (app.now(), app.pen.clone());
    let (id, user) = (session.id.clone(), session.user_id.clone());
    app.db
        .write(move |conn| {
            Box::pin(async move {
                if session::end_others(conn, &user, &id, now).await? > 0 {
                    pen.record(conn, &Event::SignedOutElsewhere { user, session: id }).await?;
                }
                Ok(())
            })
        })
        .await
}
